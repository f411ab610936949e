"""Delimited text (CSV and its kin), with every physical line accounted for.

Polars is fast and, given an unclosed quote or a short row, silently wrong. So its result is taken only when its rows
reconcile with the file's lines, separators and quotes, counted independently; otherwise the lines are gone through one
by one, and each that cannot be a record is returned with its reason.

**An unclosed quote or a text of several lines?** A quoted field may run on over further lines, as method text does. It
is taken to, if it closes within MAX_RECORD_LINES lines and MAX_RECORD_BYTES, the record then has exactly the header's
number of fields, and none of the further lines is by itself a whole record, its own quotes in pairs. Otherwise the quote is
held to be unclosed, and only its own line is returned. Where both could be (a middle line that is a record by itself, in a text
that would close properly), nobody can tell, and every line of it is returned: none is taken for a row on a guess.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from fourfold.errors import FileUnreadable, LayoutUnknown, RequestInvalid
from fourfold.records.account import LineAccount, Reading, Reject

MAX_RECORD_LINES = 20
MAX_RECORD_BYTES = 1 << 20
_SEPARATORS = (",", ";", "\t", "|")
_QUOTED = re.compile(r'"([^"]*+(?:""[^"]*+)*+)"')
_QUOTED_ON_A_LINE = re.compile(rb'"[^"\n]*+(?:""[^"\n]*+)*+"')
_PLACE = b"\x01"
# A record of few fields is too easily met by chance in a line of free text.
_FEWEST_FIELDS_OF_A_CLEAR_RECORD = 4

_REASONS = {
    "nul": ("The line holds NUL bytes.", "Export the file again as text; a copy may have been cut short."),
    "undecodable": (
        "The line holds bytes that are neither UTF-8 nor Windows-1252.",
        "Name the file's encoding with --encoding, or mend the line.",
    ),
    "repeated header": ("The header stands again inside the file.", "Nothing to do: the line holds no record."),
    "unclosed quote": (
        "A quote is opened and not closed in this record.",
        "Close the quote, or double it if it belongs to the text, and import the file again.",
    ),
    "ambiguous quote": (
        "A quote is opened here and closed some lines on, and a line between could be a record by itself.",
        "See whether these lines are one text: take its line breaks out, or close the quote, and import the file again.",
    ),
    "text after quote": (
        "Text follows a closing quote before the next separator.",
        "Double the quotes that belong to the text, and import the file again.",
    ),
    "too long": (
        "The line is longer than a record may be.",
        "See whether line breaks were lost, and export the file again.",
    ),
}


@dataclass(frozen=True)
class _Text:
    """Decoded text as physical lines' content: UTF-8 with \\n ends, the lines that would not decode, and how it was read."""

    content: bytes
    encoding: str
    undecodable: frozenset[int]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """How the records of a text are told apart: its header as it stands, the names in it, and the separator."""

    header: str
    names: tuple[str, ...]
    separator: str

    def lines_of_record(self, piece: bytes, encoding: str | None = None) -> int:
        """How many lines the record takes that a piece of MAX_RECORD_LINES lines begins with, as the reader counts them."""
        if b'"' not in piece.split(b"\n", 1)[0]:
            return 1
        text = _decoded(piece, encoding)
        lines = text.content.decode("utf-8", errors="replace").split("\n")
        return _Records(lines, self.header, len(self.names), self.separator, text.undecodable).lines_of_first()

    def cells(self, record: str) -> list[tuple[int, int, str]]:
        """The cells of a record: where each begins and ends, and what it says without its quotes."""
        found: list[tuple[int, int, str]] = []
        at = 0
        while True:
            quoted = _QUOTED.match(record, at)
            end = record.find(self.separator, quoted.end() if quoted else at)
            end = len(record) if end < 0 else end
            is_whole = quoted is not None and quoted.end() == end
            found.append((at, end, quoted[1].replace('""', '"') if quoted and is_whole else record[at:end]))
            if end == len(record):
                return found
            at = end + 1


def layout_of(header: bytes, encoding: str | None = None) -> Layout:
    """The layout of a text by its first line that is not empty. Raises LayoutUnknown where that is no header."""
    line = _decoded(header, encoding).content
    names, separator, _ = _header("", line, 1)
    return Layout(line.decode("utf-8", errors="replace"), names, separator)


def delimited(name: str, content: bytes, encoding: str | None = None) -> Reading:
    """The reading of delimited text. Raises FileUnreadable when it holds nothing, LayoutUnknown when it has no header."""
    text = _decoded(content, encoding)
    if not text.content.strip():
        raise FileUnreadable("The file is empty.", remedy="Fetch it again; it may not have been complete.", file=name)
    body, trailing = _without_trailing_blanks(text.content)
    lead = len(body) - len(body.lstrip(b"\n"))
    header_line = body[lead:].split(b"\n", 1)[0]
    header, separator, notes = _header(name, header_line, lead + 1)
    fast = None if text.undecodable else _reconciled(body, lead, header_line, header, separator)
    if fast is not None:
        n = fast.height
        account = LineAccount(unit="line", total=n + 1 + lead + trailing, header=1, accepted=n, blank=lead + trailing)
        return Reading(
            name=name, encoding=text.encoding, header=header, rows=fast, account=account, notes=text.notes + notes
        )
    return _accounted(name, text, body, trailing, lead, header, separator, notes)


def _decoded(content: bytes, declared: str | None) -> _Text:
    """The text in UTF-8: by the declared encoding, else UTF-8 (or UTF-16 by its mark), else Windows-1252 line by line."""
    if declared:
        try:
            text = content.decode(declared).removeprefix("\ufeff")
            return _Text(_one_line_end(text.encode()), declared, frozenset(), ())
        except LookupError:
            raise RequestInvalid("There is no encoding of that name.", remedy="Use utf-8, cp1252 or utf-16.") from None
        except UnicodeDecodeError:
            pass  # the declaration was wrong: go on as if there were none, and say so
    notes = (f"The file is not in the encoding that was declared ({declared}).",) if declared else ()
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        wide = content.decode("utf-16", errors="replace").encode()
        return _Text(_one_line_end(wide), "utf-16", frozenset(), notes)
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return _line_by_line(_one_line_end(content), notes)
    return _Text(_one_line_end(content), "utf-8", frozenset(), notes)


def _one_line_end(content: bytes) -> bytes:
    if b"\r" not in content:
        return content
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _line_by_line(content: bytes, notes: tuple[str, ...]) -> _Text:
    """Each line by UTF-8 or else Windows-1252; a line in neither is named, its bytes kept as escapes."""
    lines, undecodable, western, beyond_ascii = [], set(), 0, 0
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.isascii():
            lines.append(line)
            continue
        try:
            line.decode("utf-8")
            lines.append(line)
            beyond_ascii += 1
        except UnicodeDecodeError:
            try:
                lines.append(line.decode("cp1252").encode())
                western += 1
            except UnicodeDecodeError:
                lines.append(line.decode("utf-8", errors="backslashreplace").encode())
                undecodable.add(number)
    encoding = "cp1252" if not beyond_ascii else "utf-8 and cp1252"
    if beyond_ascii and western:
        notes = (*notes, f"{western:,} lines are in Windows-1252 and {beyond_ascii:,} in UTF-8.")
    return _Text(b"\n".join(lines), encoding, frozenset(undecodable), notes)


def _without_trailing_blanks(content: bytes) -> tuple[bytes, int]:
    """The text without its last line end and the blank lines before that, and how many those were."""
    body = content.rstrip(b"\n")
    return body, max(len(content) - len(body) - 1, 0)


def _header(name: str, line: bytes, number: int) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """The column names, made unique, and the separator, which only the header decides."""
    text = line.decode("utf-8", errors="replace")
    outside = _QUOTED.sub("", text)
    separator = max(_SEPARATORS, key=outside.count)
    fields, fault = _fields(text, separator)
    if fault or "\x00" in text:
        raise LayoutUnknown(
            "The first line is not a row of column names.",
            remedy="See that the file begins with its header, and that quotes in it are closed.",
            file=name,
            line=number,
        )
    names: list[str] = []
    notes: list[str] = []
    for at, given in enumerate(fields, start=1):
        plain = given.strip()
        wanted = plain or f"column {at}"
        if not plain:
            notes.append(f"Column {at} has no name in the header.")
        unique, again = wanted, 2
        while unique in names or unique == "line_number":
            unique, again = f"{wanted} ({again})", again + 1
        if unique != wanted:
            notes.append(f"Column {at} repeats a name of the header and is read as a column of its own.")
        names.append(unique)
    return tuple(names), separator, tuple(notes)


def _reconciled(
    body: bytes, lead: int, header_line: bytes, header: tuple[str, ...], separator: str
) -> pl.DataFrame | None:
    """Polars' rows, if they are as many as the lines and every line has the header's separators; otherwise None."""
    mark = separator.encode()
    rest = body[lead + len(header_line) + 1 :]
    if len(header) < 2 or not rest or b"\x00" in rest or _PLACE in rest or b"\n\n" in rest:
        return None
    if rest.startswith(b"\n") or header_line in rest:
        return None
    lines = rest.count(b"\n") + 1
    has_quotes = b'"' in rest
    bare = rest
    if has_quotes:
        bare, quoted = _QUOTED_ON_A_LINE.subn(_PLACE, rest)
        framed = b"\n" + bare + b"\n"
        before = framed.count(mark + _PLACE) + framed.count(b"\n" + _PLACE)
        after = framed.count(_PLACE + mark) + framed.count(_PLACE + b"\n")
        if b'"' in bare or before != quoted or after != quoted:
            return None
    # A short line could hide a long one in the sum, but Polars refuses a long one; so equal sums mean equal lines.
    if bare.count(mark) != lines * (len(header) - 1):
        return None
    try:
        rows = pl.read_csv(
            rest, has_header=False, separator=separator, quote_char='"' if has_quotes else None, infer_schema=False,
            schema=dict.fromkeys(header, pl.String), extra_columns="raise",
            empty_string_is_null=True, raise_if_empty=False,
        )  # fmt: skip
    except pl.exceptions.PolarsError:
        return None
    if rows.height != lines or rows.width != len(header):
        return None
    if has_quotes:
        rows = rows.with_columns(pl.when(pl.all() != "").then(pl.all()))
    first = lead + 2
    return rows.with_columns(pl.int_range(first, first + lines, dtype=pl.Int64).alias("line_number"))


def _accounted(
    name: str,
    text: _Text,
    body: bytes,
    trailing: int,
    lead: int,
    header: tuple[str, ...],
    separator: str,
    notes: tuple[str, ...],
) -> Reading:
    """The lines gone through one by one."""
    lines = body.decode("utf-8", errors="replace").split("\n")
    records = _Records(lines, lines[lead], len(header), separator, text.undecodable)
    records.read_from(lead + 1)
    account = LineAccount(
        unit="line",
        total=len(lines) + trailing,
        header=1,
        accepted=len(records.rows),
        continuation=records.continuation,
        rejected=len(records.rejects),
        blank=records.blank + lead + trailing,
    )
    columns: dict[str, list[str | None]] = {
        column: [row[at] or None for row in records.rows] for at, column in enumerate(header)
    }
    rows = pl.DataFrame(
        {**columns, "line_number": records.numbers},
        schema={**dict.fromkeys(header, pl.String), "line_number": pl.Int64},
    )
    return Reading(
        name=name, encoding=text.encoding, header=header, rows=rows, account=account,
        rejects=tuple(records.rejects), notes=text.notes + notes,
    )  # fmt: skip


class _Records:
    """The records of a text, read line by line; each line ends in exactly one of the lists."""

    def __init__(
        self, lines: Sequence[str], header: str, width: int, separator: str, undecodable: frozenset[int]
    ) -> None:
        self.lines, self.header, self.width, self.separator = lines, header, width, separator
        self.undecodable = undecodable
        self.rows: list[list[str]] = []
        self.numbers: list[int] = []
        self.rejects: list[Reject] = []
        self.continuation = 0
        self.blank = 0

    def read_from(self, at: int) -> None:
        """Read the lines from an index on."""
        while at < len(self.lines):
            at += self._read(at)

    def lines_of_first(self) -> int:
        """How many lines the first record takes."""
        return self._read(0)

    def _read(self, at: int) -> int:
        """Read the record that begins at an index; how many lines it took."""
        line = self.lines[at]
        if not line.strip():
            self.blank += 1
            return 1
        reason = self._refusal(at, line)
        if reason:
            return self._reject(at, reason)
        fields, fault = _fields(line, self.separator)
        if fault == "unclosed quote":
            joined = self._joined(at)
            if joined is None:
                unsure = self._joined(at, over_whole_lines=True)
                if unsure is None:
                    return self._reject(at, fault)
                return sum(self._reject(at + n, "ambiguous quote") for n in range(unsure[1]))
            fields, taken = joined
            return self._keep(at, fields, taken)
        if fault:
            return self._reject(at, fault)
        if len(fields) != self.width:
            return self._reject(at, "ragged", len(fields))
        return self._keep(at, fields, 1)

    def _refusal(self, at: int, line: str) -> str | None:
        if "\x00" in line:
            return "nul"
        if at + 1 in self.undecodable:
            return "undecodable"
        if line.strip() == self.header.strip():
            return "repeated header"
        return "too long" if len(line) > MAX_RECORD_BYTES else None

    def _joined(self, at: int, *, over_whole_lines: bool = False) -> tuple[list[str], int] | None:
        """The record that runs on from a line with an open quote, and its number of lines; None if it is unclosed.

        With `over_whole_lines` it runs on over lines that are records by themselves.
        """
        text, quotes = self.lines[at], self.lines[at].count('"')
        for taken in range(2, MAX_RECORD_LINES + 1):
            if at + taken > len(self.lines):
                return None
            line = self.lines[at + taken - 1]
            if self._refusal(at + taken - 1, line) or (self._is_whole(line) and not over_whole_lines):
                return None
            text, quotes = f"{text}\n{line}", quotes + line.count('"')
            if len(text) > MAX_RECORD_BYTES:
                return None
            if quotes % 2 == 0:  # only then can every quote be closed
                fields, fault = _fields(text, self.separator)
                if fault or len(fields) != self.width:
                    return None
                return fields, taken
        return None

    def _is_whole(self, line: str) -> bool:
        """Whether a line is by itself a record beyond doubt."""
        if self.width < _FEWEST_FIELDS_OF_A_CLEAR_RECORD or line.count('"') % 2:
            return False  # an odd quote is the one that closes the text above
        fields, fault = _fields(line, self.separator)
        return not fault and len(fields) == self.width

    def _keep(self, at: int, fields: list[str], taken: int) -> int:
        self.rows.append(fields)
        self.numbers.append(at + 1)
        self.continuation += taken - 1
        return taken

    def _reject(self, at: int, code: str, found: int = 0) -> int:
        if code == "ragged":
            cause = f"The line has {found} fields and the header has {self.width}."
            remedy = "Mend the line: a separator is missing, too many, or stands unquoted in a text."
        else:
            cause, remedy = _REASONS[code]
        self.rejects.append(
            Reject(
                line=at + 1, last_line=at + 1, code=code, column=None, cause=cause, remedy=remedy, raw=self.lines[at]
            )
        )
        return 1


def _fields(text: str, separator: str) -> tuple[list[str], str | None]:
    """The fields of a record, and the fault that keeps it from being one. A quote inside bare text is text."""
    if '"' not in text:
        return text.split(separator), None
    fields: list[str] = []
    at = 0
    while True:
        if text.startswith('"', at):
            found = _QUOTED.match(text, at)
            if not found:
                return fields, "unclosed quote"
            fields.append(found[1].replace('""', '"'))
            at = found.end()
            if at == len(text):
                return fields, None
            if not text.startswith(separator, at):
                return fields, "text after quote"
            at += 1
        else:
            end = text.find(separator, at)
            if end < 0:
                fields.append(text[at:])
                return fields, None
            fields.append(text[at:end])
            at = end + 1
