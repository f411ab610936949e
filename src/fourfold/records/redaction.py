"""Redaction: words taken out of texts, and lines out of files as they were received.

A kept original is rewritten so that its account still holds: a record that is erased leaves a line that says so, and each
further line of it an empty one, so that every other line keeps its number and its bytes. A row of a workbook and an
element of JSON leave the same words. What may be packed (gzip, zip) is unpacked, rewritten and packed again.
"""

from __future__ import annotations

import copy
import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import numpy as np
import polars as pl

from fourfold.records.delimited import MAX_RECORD_LINES, Layout, layout_of

ERASED = "[erased]"
"""What stands where something was."""
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_PIECE = 1 << 26


@dataclass(frozen=True)
class OneField:
    """A field of a record whose value goes: what its column may be called (small letters), and how the value may be written.

    Where no column is called so, the cells go that hold the value and nothing else. With `words` the field stays and loses
    them alone; where no column is called so, every cell does.
    """

    names: frozenset[str]
    values: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Edits:
    """What is taken out of one table of a file.

    `gone` are records, by their first line (row, element); `fields` what single records lose; `blanked` single lines that
    are no record.
    """

    gone: frozenset[int] = frozenset()
    blanked: frozenset[int] = frozenset()
    fields: Mapping[int, tuple[OneField, ...]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is taken out."""
        return not (self.gone or self.blanked or self.fields)

    @property
    def kept(self) -> set[int]:
        """The records that stay, less something."""
        return set(self.fields) - self.gone - self.blanked


@dataclass(frozen=True)
class Rewritten:
    """A file's content as it stands after, and for each record gone how many lines it took, by table and line."""

    content: bytes
    lines: Mapping[str, Mapping[int, int]]


def pattern(words: Iterable[str]) -> str:
    """A regular expression that meets each of some words, whole, in any case, however their spaces are written.

    A telephone number is met however its figures are parted, with and without the country's code.
    """
    found: dict[str, None] = {}
    for word in sorted({w for w in words if w.strip()}, key=len, reverse=True):
        middle = r"\s+".join(re.escape(part) for part in word.split())
        word = word.strip()
        whole = ("\\b" if word[0].isalnum() else "") + middle + ("\\b" if word[-1].isalnum() else "")
        found[_telephone(word) or whole] = None
    return f"(?i)(?:{'|'.join(found)})"


_PARTED = r"[\s().-]*"


def _telephone(word: str) -> str:
    """A regular expression of a telephone number, empty for what is none. Polars' kind: nothing is looked for behind."""
    bare = national(word) if re.fullmatch(r"\(?[+0][0-9\s().-]+", word.strip()) else ""
    if re.fullmatch("0[0-9]{9,10}", bare):
        code = rf"(?:(?:\+44|\b0044|\b44){_PARTED}(?:0{_PARTED})?|\(?\b0{_PARTED})"
        return code + _PARTED.join(bare[1:]) + r"\b"
    return r"\+" + _PARTED.join(bare[1:]) + r"\b" if re.fullmatch(r"\+[0-9]{8,15}", bare) else ""


def national(number: str) -> str:
    """A telephone number as it compares: without marks, and with 0 where it had the country's code."""
    return re.sub(r"^(?:\+|00)440?", "0", re.sub(r"[\s().-]", "", number))


def stands_in(text: pl.Expr, words: Iterable[str]) -> pl.Expr:
    """Whether one of some words may stand in a column of text: no column in which one stands is missed."""
    single = {w for w in words if len(w.split()) == 1 and not _telephone(w)}
    others = set(words) - single
    found = text.str.contains_any(cases(single), ascii_case_insensitive=True) if single else pl.lit(False)
    return found | text.str.contains(pattern(others)) if others else found


def taken_out(text: pl.Expr, words: Sequence[str]) -> pl.Expr:
    """A column of text with some words taken out."""
    return text.str.replace_all(pattern(words), ERASED) if words else text


def cases(words: Iterable[str]) -> list[str]:
    """Words in their usual cases, where a search without regard to case knows those of unaccented letters alone."""
    found = set()
    for word in words:
        found |= {word.lower()} if word.isascii() else {word, word.lower(), word.upper(), word.title()}
    return sorted(found)


def spellings(word: str, encoding: str = "utf-8") -> set[bytes]:
    """The bytes by which a word may stand in a file: its cases, its encodings, quotes doubled, and as XML and JSON have it."""
    written: set[str] = set()
    for case in {word, word.upper(), word.lower(), word.title()}:
        written |= {case, case.replace('"', '""'), escape(case), json.dumps(case)[1:-1]}
    found = set()
    for text in written:
        for name in {"utf-8", "cp1252", encoding.partition(" ")[0]}:
            try:
                found.add(text.encode(name))
            except (UnicodeEncodeError, LookupError):
                continue
    return found - {b""}


def where_found(content: bytes, words: Iterable[str], encoding: str = "utf-8") -> dict[str, list[int]]:
    """Where words stand whole in bytes: their offsets, by word; words that do not stand there are left out.

    The spaces of a word, and the figures of a telephone number, may be parted as `pattern` has it, but not over two lines.
    """
    found: dict[str, list[int]] = {}
    for word in words:
        said = spellings(word, encoding)
        spans = [at for spelling in said for at in _offsets(content, spelling)] + list(_numbers(content, word))
        if spans:
            found[word] = sorted(set(spans))
    return found


_SPACE = rb"(?:[ \t]|\\[nrt])+"
"""Between the words of a phrase in a file; a line's end is not: what stands before it may be another record's."""


def _offsets(content: bytes, spelling: bytes) -> Iterator[int]:
    parts = spelling.split()
    longest = max(parts, key=len, default=b"")
    whole = re.compile(_SPACE.join(map(re.escape, parts)))
    reach = 2 * len(spelling) + 16 if len(parts) > 1 else 0
    at = content.find(longest) if longest else -1
    while at >= 0:
        for met in whole.finditer(content, max(at - reach, 0), at + len(longest) + reach):
            start, end = met.span()
            before, after = content[start - 1 : start] if start else b"", content[end : end + 1]
            is_cut = (spelling[:1].isalnum() and before.isalnum()) or (spelling[-1:].isalnum() and after.isalnum())
            if not is_cut:
                yield start
        at = content.find(longest, at + 1)


_BEFORE = b"0123456789 ().-\t\r\n"


def _numbers(content: bytes, word: str) -> Iterator[int]:
    """Where a telephone number begins, however it is parted: its last two figures are looked for, and then what is before."""
    met = _telephone(word)
    if not met:
        return
    whole, last = re.compile(met.encode()), re.sub("[^0-9]", "", word)[-2:].encode()
    at = content.find(last)
    while at >= 0:
        if content[at - 1 : at] in _BEFORE and not content[at + 2 : at + 3].isalnum():
            yield from (m.start() for m in whole.finditer(content, max(at - 40, 0), at + 2) if m.end() == at + 2)
        at = content.find(last, at + 1)


class Lines:
    """The physical lines of a text, by number from 1, found without taking the text apart."""

    def __init__(self, content: bytes, encoding: str = "utf-8") -> None:
        self.content = content
        self.encoding = encoding.partition(" ")[0]
        if content.count(b"\r") == content.count(b"\r\n"):
            ends = [
                np.flatnonzero(np.frombuffer(content[at : at + _PIECE], dtype=np.uint8) == 10) + at
                for at in range(0, len(content), _PIECE)
            ]
            self.ends = np.concatenate(ends) + 1 if ends else np.array([], dtype=np.int64)
        else:
            self.ends = np.array([m.end() for m in re.finditer(rb"\r\n|\r|\n", content)], dtype=np.int64)

    def span(self, number: int) -> tuple[int, int]:
        """Where a line begins and ends, without its line end; an empty span past the last line."""
        if number > len(self.ends) + 1:
            return len(self.content), len(self.content)
        start = int(self.ends[number - 2]) if number > 1 else 0
        end = int(self.ends[number - 1]) if number <= len(self.ends) else len(self.content)
        return start, start + len(self.content[start:end].rstrip(b"\r\n"))

    def at(self, offset: int) -> int:
        """The number of the line in which a byte stands."""
        return int(np.searchsorted(self.ends, offset, side="right")) + 1

    def of_record(self, number: int) -> int:
        """How many lines a record takes that begins at a line: as many as the reader took it to have."""
        start, end = self.span(number)
        if self.content.find(b'"', start, end) < 0:
            return 1
        end = self.span(min(number + MAX_RECORD_LINES - 1, len(self.ends) + 1))[1]
        return self.layout.lines_of_record(self.content[start:end], self.encoding)

    @cached_property
    def layout(self) -> Layout:
        """How the records are told apart, by the first line that is not empty."""
        number = 1
        while number <= len(self.ends) and self.span(number)[0] == self.span(number)[1]:
            number += 1
        start, end = self.span(number)
        return layout_of(self.content[start:end], self.encoding)


def rewritten(path: Path, edits: Mapping[str, Edits], unit: str, encoding: str) -> Rewritten:
    """A file's content with some records and words taken out, by table: the name of an archive's member or of a sheet, "" else."""
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        done, lines = _edited(gzip.decompress(content), edits.get("", Edits()), unit, encoding)
        return Rewritten(gzip.compress(done, 6, mtime=0), {"": lines})
    if content[:2] != b"PK":
        done, lines = _edited(content, edits.get("", Edits()), unit, encoding)
        return Rewritten(done, {"": lines})
    if unit == "row":
        return Rewritten(_workbook(content, edits), {n: dict.fromkeys(e.gone, 1) for n, e in edits.items()})
    return _archive(content, edits, unit, encoding)


def _archive(content: bytes, edits: Mapping[str, Edits], unit: str, encoding: str) -> Rewritten:
    out, lines = io.BytesIO(), {}
    with zipfile.ZipFile(io.BytesIO(content)) as held, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for member in held.infolist():
            bare = held.read(member)
            if member.filename in edits:
                is_packed = bare[:2] == b"\x1f\x8b"
                done, lines[member.filename] = _edited(
                    gzip.decompress(bare) if is_packed else bare, edits[member.filename], unit, encoding
                )
                bare = gzip.compress(done, 6, mtime=0) if is_packed else done
            made.writestr(zipfile.ZipInfo(member.filename, member.date_time), bare, zipfile.ZIP_DEFLATED)
    return Rewritten(out.getvalue(), lines)


def _edited(content: bytes, edits: Edits, unit: str, encoding: str) -> tuple[bytes, dict[int, int]]:
    """Text or JSON with its edits made, and how many lines each record gone took."""
    mark = content[:2]
    if mark in (b"\xff\xfe", b"\xfe\xff"):
        done, lines = _edited(content.decode("utf-16", errors="replace").encode(), edits, unit, "utf-8")
        return mark + done.decode().encode("utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"), lines
    if unit == "element":
        return _elements_edited(content, edits), dict.fromkeys(edits.gone, 1)
    held = Lines(content, encoding)
    changes: list[tuple[int, int, bytes]] = []
    lines = {}
    for number in sorted(edits.gone | edits.blanked):
        taken = held.of_record(number) if number in edits.gone else 1
        lines[number] = taken
        changes += [(*held.span(number + more), ERASED.encode() if not more else b"") for more in range(taken)]
    for number in edits.kept:
        start, end = held.span(number)[0], held.span(number + held.of_record(number) - 1)[1]
        changes += [(start, end, _fields_blanked(content[start:end], held.layout, edits.fields[number], encoding))]
    return _changed(content, changes), {n: taken for n, taken in lines.items() if n in edits.gone}


def _decoded(piece: bytes, encoding: str) -> tuple[str, str]:
    """A piece of text, in whatever encoding, and the name of that one."""
    for name in ("utf-8", encoding.partition(" ")[0]):
        try:
            return piece.decode(name), name
        except (UnicodeDecodeError, LookupError):
            continue
    return piece.decode("latin-1"), "latin-1"  # every byte is a character, and goes back as it came


def _erased(found: re.Match[str]) -> str:
    """What stands where something was, with as many line ends as that had: every other line keeps its number."""
    return ERASED + "".join(re.findall(r"\r\n|\r|\n", found.group()))


_HEADS_WITHIN = 20
"""Among so many rows of a workbook the names of the columns are looked for."""


def _head(rows: Iterable[Sequence[str]], fields: Sequence[OneField]) -> list[str]:
    """The names of the columns, in small letters: the first row in which one of some fields is named; empty for none."""
    names = {name for one in fields for name in one.names}
    for row in rows:
        said = [cell.strip().lower() for cell in row]
        if names & set(said):
            return said
    return []


def _left(head: Sequence[str], cells: Sequence[str], fields: Sequence[OneField]) -> dict[int, str]:
    """What the cells of a record that lose something say then, by their place."""
    left: dict[int, str] = {}
    for one in fields:
        named = [at for at, name in enumerate(head) if name in one.names and at < len(cells)]
        if one.words:
            met = re.compile(pattern(one.words))
            said = {at: left.get(at, cells[at]) for at in named or range(len(cells))}
            left |= {at: met.sub(_erased, text) for at, text in said.items() if met.search(text)}
        else:
            struck = named or [at for at, cell in enumerate(cells) if cell.strip() in one.values]
            left |= {at: re.sub(r"(?s)\A.*\Z", _erased, cells[at]) for at in struck}
    return left


def _fields_blanked(piece: bytes, layout: Layout, fields: Sequence[OneField], encoding: str) -> bytes:
    """A record of delimited text without some fields, or words of them."""
    text, name = _decoded(piece, encoding)
    cells = layout.cells(text)
    heads = [named.strip().lower() for named in layout.names]
    for at, said in sorted(_left(heads, [said for _, _, said in cells], fields).items(), reverse=True):
        start, end, _ = cells[at]
        if text[start:end].startswith('"') and said != ERASED:
            said = '"' + said.replace('"', '""') + '"'
        text = text[:start] + said + text[end:]
    return text.encode(name)


def _changed(content: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    """Bytes with some spans replaced; a span within another one goes with it."""
    view, out, at = memoryview(content), io.BytesIO(), 0
    for start, end, new in sorted(changes, key=lambda c: (c[0], -c[1])):
        if start < at:
            continue
        out.write(view[at:start])
        out.write(new)
        at = end
    out.write(view[at:])
    return out.getvalue()


def _elements_edited(content: bytes, edits: Edits) -> bytes:
    """JSON with elements taken out: the text of every other one stays as it was."""
    text = content.decode("utf-8-sig")
    spans = _element_spans(text)
    changes = []
    for number in edits.gone | edits.blanked | edits.kept:
        if not 0 < number <= len(spans):
            continue
        start, end = spans[number - 1]
        said = json.dumps(ERASED)
        if number in edits.kept:
            said = _values_without(text[start:end], edits.fields[number])
        changes.append((start, end, said))
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text.encode()


_JSON_VALUE = re.compile(r"""("(?:[^"\\]|\\.)*")(\s*:)?|[^\s,:{}\[\]"]+""")


def _values_without(element: str, fields: Sequence[OneField]) -> str:
    """An element of JSON without the values of some fields, or words of them, however they are escaped; names stay."""
    tokens = list(_JSON_VALUE.finditer(element))
    names = [json.loads(t.group(1), strict=False) if t.group(2) is not None else None for t in tokens]
    values = [(at, t) for at, t in enumerate(tokens) if names[at] is None]
    heads = [str(names[at - 1] or "").strip().lower() if at else "" for at, _ in values]
    said = [str(json.loads(t.group(1), strict=False)) if t.group(1) else t.group() for _, t in values]
    for place, left in sorted(_left(heads, said, fields).items(), reverse=True):
        found = values[place][1]
        new = json.dumps(left if found.group(1) else ERASED, ensure_ascii=found.group().isascii())
        element = element[: found.start()] + new + element[found.end() :]
    return element


def _element_spans(text: str) -> list[tuple[int, int]]:
    """Where each element of a list, of the one list in an object, or of lines of JSON begins and ends."""
    read, blank = json.JSONDecoder(), re.compile(r"[\s,]*")
    stripped = text.lstrip()
    at = len(text) - len(stripped)
    try:
        whole = json.loads(text)
    except ValueError:
        whole = None
    if isinstance(whole, dict):
        lists = [name for name, value in whole.items() if isinstance(value, list)]
        if len(lists) != 1:
            return [(at, len(text.rstrip()))]
        at = text.index("[", text.index(json.dumps(lists[0], ensure_ascii=False)))
    if whole is not None:
        at += 1
    spans: list[tuple[int, int]] = []
    while True:
        at = blank.match(text, at).end()  # type: ignore[union-attr]
        if at >= len(text) or text[at] == "]":
            return spans
        _, end = read.raw_decode(text, at)
        spans.append((at, end))
        at = end


def _workbook(content: bytes, edits: Mapping[str, Edits]) -> bytes:
    """A workbook with rows taken out: what only they held goes from its table of texts too."""
    with zipfile.ZipFile(io.BytesIO(content)) as held:
        members = {m.filename: held.read(m) for m in held.infolist()}
        order = held.infolist()
    edit = next(iter(edits.values()), Edits())
    sheet = next(iter(edits), "")
    if "content.xml" in members:
        members["content.xml"] = _open_document(members["content.xml"], sheet, edit)
    else:
        _spreadsheet(members, sheet, edit)
    words = {escape(w) for some in edit.fields.values() for one in some for w in one.words}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for member in order:
            bare = members[member.filename]
            if words and member.filename.startswith("docProps/"):
                bare = re.sub(pattern(words), ERASED, bare.decode()).encode()
            kind = zipfile.ZIP_STORED if member.filename == "mimetype" else zipfile.ZIP_DEFLATED
            made.writestr(zipfile.ZipInfo(member.filename, member.date_time), bare, kind)
    return out.getvalue()


def _parsed(xml: bytes) -> ElementTree.Element:
    for _, (prefix, name) in ElementTree.iterparse(io.BytesIO(xml), events=("start-ns",)):  # noqa: S314 - guarded at the gate
        if not re.fullmatch(r"ns\d+", prefix):
            ElementTree.register_namespace(prefix, name)
    return ElementTree.fromstring(xml)  # noqa: S314 - the gate refuses a workbook that declares entities


def _written(root: ElementTree.Element) -> bytes:
    return bytes(ElementTree.tostring(root, "utf-8", xml_declaration=True))


def _spreadsheet(members: dict[str, bytes], sheet: str, edit: Edits) -> None:
    """Rows of an XLSX sheet emptied; a text of the shared table that no cell shows any more is emptied too."""
    texts = _parsed(members["xl/sharedStrings.xml"]) if "xl/sharedStrings.xml" in members else None
    shared = ["".join(t.text or "" for t in si.iter(f"{_SHEET}t")) for si in texts] if texts is not None else []
    place = _sheet_place(members, sheet)
    root = _parsed(members[place])
    fields_of = [one for every in edit.fields.values() for one in every]
    for first in list(root.iter(f"{_SHEET}row"))[:_HEADS_WITHIN] if edit.kept else ():
        if head := _head([[_said(cell, shared) for cell in first]], fields_of):
            heads = {re.sub("[0-9]", "", c.get("r", "")): name for c, name in zip(first, head, strict=True)}
            break
    else:
        heads = {}
    for row in root.iter(f"{_SHEET}row"):
        number = int(row.get("r", "0"))
        if number in edit.gone or number in edit.blanked:
            for cell in list(row):
                row.remove(cell)
            row.append(_cell(f"A{number}", ERASED))
        elif number in edit.kept:
            cells, fields = list(row), edit.fields[number]
            texts_of = [_said(cell, shared) for cell in cells]
            columns = [re.sub("[0-9]", "", cell.get("r", "")) for cell in cells]
            left = _left([heads.get(column, "") for column in columns], texts_of, fields)
            for at, clean in left.items():
                row[at] = _cell(cells[at].get("r", ""), clean)
    members[place] = _written(root)
    if texts is not None:
        _unshown_emptied(members, texts)


def _unshown_emptied(members: dict[str, bytes], texts: ElementTree.Element) -> None:
    """Empty each text of the shared table that no cell shows any more."""
    shown = set()
    for name, xml in members.items():
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            cells = (c for c in _parsed(xml).iter(f"{_SHEET}c") if c.get("t") == "s")
            shown |= {int(c.findtext(f"{_SHEET}v", "-1")) for c in cells}
    for at, one in enumerate(texts):
        if at not in shown:
            for part in list(one):
                one.remove(part)
            ElementTree.SubElement(one, f"{_SHEET}t").text = ""
    members["xl/sharedStrings.xml"] = _written(texts)


def _cell(place: str, said: str) -> ElementTree.Element:
    cell = ElementTree.Element(f"{_SHEET}c", {"r": place, "t": "inlineStr"})
    ElementTree.SubElement(ElementTree.SubElement(cell, f"{_SHEET}is"), f"{_SHEET}t").text = said
    return cell


def _said(cell: ElementTree.Element, shared: Sequence[str]) -> str:
    if cell.get("t") == "s":
        return shared[int(cell.findtext(f"{_SHEET}v", "0"))]
    if cell.get("t") == "inlineStr":
        return "".join(t.text or "" for t in cell.iter(f"{_SHEET}t"))
    return cell.findtext(f"{_SHEET}v", "")


def _sheet_place(members: Mapping[str, bytes], sheet: str) -> str:
    """Where a sheet lies in an XLSX file; the first one where none of that name is there."""
    sheets = [
        (s.get("name", ""), s.get(f"{_RELATION}id")) for s in _parsed(members["xl/workbook.xml"]).iter(f"{_SHEET}sheet")
    ]
    wanted = next((rid for name, rid in sheets if name == sheet), sheets[0][1])
    for one in _parsed(members["xl/_rels/workbook.xml.rels"]):
        if one.get("Id") == wanted:
            target = one.get("Target", "")
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise KeyError(sheet)


def _open_document(xml: bytes, sheet: str, edit: Edits) -> bytes:
    """Rows of an ODS sheet emptied; rows written once for several are written out where one of them is."""
    root = _parsed(xml)
    tables = list(root.iter(f"{_TABLE}table"))
    table = next((t for t in tables if t.get(f"{_TABLE}name") == sheet), tables[0])
    number, heads = 0, list[str]()
    fields_of = [one for every in edit.fields.values() for one in every]
    for parent in [table, *table.iter(f"{_TABLE}table-rows"), *table.iter(f"{_TABLE}table-header-rows")]:
        for row in [r for r in list(parent) if r.tag == f"{_TABLE}table-row"]:
            repeated = int(row.get(f"{_TABLE}number-rows-repeated", "1"))
            own = range(number + 1, number + repeated + 1)
            number += repeated
            if number <= _HEADS_WITHIN and not heads:
                heads = _head([[said for _, said in _open_cells(row)]], fields_of)
            touched = [n for n in (edit.gone | edit.blanked | edit.kept) if n in own]
            if not touched:
                continue
            row.attrib.pop(f"{_TABLE}number-rows-repeated", None)
            at = list(parent).index(row)
            parent.remove(row)
            for more, n in enumerate(own):
                parent.insert(at + more, _open_row(copy.deepcopy(row), n, edit, heads))
    return _written(root)


def _open_cells(row: ElementTree.Element) -> list[tuple[ElementTree.Element, str]]:
    """The cells of a row, each as often as it is repeated, and what it shows; a run of empty ones at the end counts once."""
    found = []
    for cell in row:
        lines = ["".join(one.itertext()) for one in cell.iter(f"{_TEXT}p")]
        said = "\n".join(lines) or cell.get(f"{_OFFICE}string-value", "")
        repeated = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
        found += [(cell, said)] * (repeated if said or repeated < _WIDEST else 1)
    return found


_WIDEST = 1_000
"""An empty cell that is repeated oftener fills the row to its end."""


def _open_row(row: ElementTree.Element, number: int, edit: Edits, heads: Sequence[str]) -> ElementTree.Element:
    if number in edit.gone or number in edit.blanked:
        for cell in list(row):
            row.remove(cell)
        cell = ElementTree.SubElement(row, f"{_TABLE}table-cell")
        ElementTree.SubElement(cell, f"{_TEXT}p").text = ERASED
        return row
    cells = _open_cells(row)
    for at, left in _left(heads, [said for _, said in cells], edit.fields.get(number, ())).items():
        _said_instead(cells[at][0], left)
    return row


def _said_instead(cell: ElementTree.Element, said: str) -> None:
    """A cell that says something else; what it held as a number, a day or a text goes from its attributes too."""
    for name in [n for n in cell.attrib if n.startswith((_OFFICE, f"{_TABLE}formula"))]:
        del cell.attrib[name]
    for part in list(cell):
        cell.remove(part)
    cell.text = None
    cell.set(f"{_OFFICE}value-type", "string")
    for line in said.split("\n"):
        ElementTree.SubElement(cell, f"{_TEXT}p").text = line


def plain(value: Any) -> str:
    """A detail as text; nothing for none."""
    return "" if value is None else str(value).strip()
