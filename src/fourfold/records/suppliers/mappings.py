"""Mapping files: how a supplier's names, codes and dates stand for a contract's, in TOML.

    supplier = "Example records system"
    force    = "Leicestershire Police"     # an id or a name that `fourfold forces` lists
    contract = "crimes"                    # as the reference lists them; left out: any table, one row a crime
    open     = false                       # true only for data that anyone may see

    [extract]                              # what the file holds, where its name does not say it
    first_month  = "2022-04"
    last_month   = "2022-06"
    extracted_on = "2022-10-20"

    [columns]                              # ours = theirs
    crime_ref   = "Crime Number"
    recorded_at = "Date Recorded"

    [dates]                                # as Python's strptime; several are tried in turn
    format   = "%d/%m/%Y %H:%M"
    born_on  = "%d/%m/%Y"                  # one field's own

    [codes.status]                         # theirs = ours, a section a field
    "Crimed" = "recorded"

    [units]
    value_pence = "pounds"

Everything is checked before a file is read: a name that is not the contract's is said, with the nearest that is.
"""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

from fourfold.codes import areas
from fourfold.codes.periods import Window, month_end, months, parse_day, parse_month
from fourfold.errors import CodeUnknown, LayoutUnknown, RequestInvalid
from fourfold.records.suppliers import catalogue
from fourfold.records.suppliers.contracts import ColumnMapping, Contract
from fourfold.records.suppliers.fields import Field, word_of
from fourfold.records.suppliers.table import TABLE

_SECTIONS = {
    "supplier", "force", "contract", "open", "stream", "source", "extract", "columns", "dates", "codes", "units",
    "category", "offence_code",
}  # fmt: skip
_OF_EXTRACT = {"first_month", "last_month", "extracted_on"}


def mapping_from_file(path: Path) -> ColumnMapping:
    """The mapping that a TOML file states. Raises LayoutUnknown, saying what to mend, when it does not fit."""
    try:
        text = path.read_text(encoding="utf-8")
        plain = tomllib.loads(text)
    except OSError as fault:
        raise _unfit(path, f"The mapping file cannot be read ({fault.strerror}).", "Name a file that exists.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        where = str(fault).partition("(at ")[2].rstrip(")")
        raise _unfit(
            path, f"The mapping file is not TOML{f' ({where})' if where else ''}.", "Mend that line; see the how-to."
        ) from None
    _known(path, plain, _SECTIONS, "is not a section of a mapping")
    supplier = plain.get("supplier")
    if not isinstance(supplier, str):
        raise _unfit(path, "The mapping has no `supplier`.", 'Add a line: supplier = "..."')
    contract = _contract(path, plain)
    columns = _columns(path, plain, contract)
    held, extracted_on = _extract(path, plain)
    stream = str(plain.get("stream") or supplier)
    return ColumnMapping(
        supplier=supplier,
        force_id=_force(path, plain, columns),
        contract=contract,
        is_open=plain.get("open") is True,
        stream=f"{stream}: {contract.table.replace('_', ' ')}" if contract.key else stream,
        source=str(plain.get("source") or supplier),
        columns=columns,
        formats=_formats(path, plain, contract),
        codes=_codes(path, plain, contract),
        pounds=_pounds(path, plain, contract),
        months=held,
        extracted_on=extracted_on,
        version=hashlib.sha256(text.encode()).hexdigest()[:12],
    )


def blank_mapping(contract: Contract) -> str:
    """A mapping file to fill in for a contract: each of its fields with its rule, the needed ones to be filled."""
    lines = [
        f"# {contract.title}. Write on the right what the file calls each column; take the # away where you do.",
        'supplier = ""',
        'force = ""',
        f'contract = "{contract.name}"',
        "",
        "# [extract]  # which months the file holds, where its name does not say it as ..._2022-04_to_2022-06.csv",
        '# first_month = "2022-04"',
        '# last_month = "2022-06"',
        '# extracted_on = "2022-10-20"',
        "",
        "[columns]",
    ]
    for one in contract.fields:
        if one.name != "force":
            mark = "" if one.needed else "# "
            lines.append(f'{mark}{one.name} = ""  # {"needed; " if one.needed else ""}{one.kind}: {one.rule}')
    lines += [
        "",
        "[dates]",
        'format = "%d/%m/%Y %H:%M"  # several, in brackets, are tried in turn; a field may have its own',
    ]
    for one in contract.fields:
        if isinstance(one.codes, tuple):
            lines += [
                "",
                f"# [codes.{one.name}]  # theirs = ours; ours are {', '.join(one.codes)}",
                f'# "" = "{one.codes[0]}"',
            ]
    amounts = [one.name for one in contract.fields if one.kind == "pence"]
    if amounts:
        lines += ["", "# [units]", *(f'# {name} = "pounds"' for name in amounts)]
    return "\n".join(lines) + "\n"


def shipped_mapping(contract: Contract, like: str) -> str:
    """A mapping that ships, for a contract and a system like one of those named. Raises CodeUnknown when there is none."""
    shipped = _shipped()
    found = shipped.get((like, contract.name))
    if found is None:
        there = ", ".join(f"{name} (--like {system})" for system, name in sorted(shipped))
        raise CodeUnknown("No mapping of that contract and system ships.", remedy=f"There are: {there}.")
    return found


def _shipped() -> dict[tuple[str, str], str]:
    """The mappings that ship, by the system they are like and their contract."""
    folder = files("fourfold.records.suppliers") / "data"
    return {
        (system.name.removesuffix("_like"), one.name.removesuffix(".toml")): one.read_text(encoding="utf-8")
        for system in folder.iterdir()
        for one in system.iterdir()
    }


def _contract(path: Path, plain: Mapping[str, Any]) -> Contract:
    named = plain.get("contract", TABLE.name)
    if named == TABLE.name:
        return TABLE
    try:
        return catalogue.contract(str(named))
    except CodeUnknown as fault:
        near = difflib.get_close_matches(str(named), [c.name for c in catalogue.contracts()], n=1)
        remedy = f"Did you mean `{near[0]}`?" if near else fault.remedy
        raise _unfit(path, "The mapping's `contract` is none that is known.", remedy) from None


def _columns(path: Path, plain: Mapping[str, Any], contract: Contract) -> dict[str, str]:
    columns = _texts(path, plain, "columns")
    _known(path, columns, [f.name for f in contract.fields], f"is not a column of {contract.title.lower()}")
    empty = next((name for name, theirs in columns.items() if not theirs.strip()), None)
    if empty is not None:
        raise _unfit(path, f"`{empty}` names no column.", "Write the file's name of it, or take the line out.")
    lacking = [f for f in contract.fields if f.needed and f.name not in (*columns, "force")]
    if lacking:
        said = ", ".join(f"`{f.name}`" for f in lacking)
        raise _unfit(
            path,
            f"The mapping names no column for {said}, which {'is' if len(lacking) == 1 else 'are'} needed.",
            f"Add under [columns] which column holds it: {lacking[0].name} ({lacking[0].rule.rstrip('.')}).",
        )
    return columns


def _force(path: Path, plain: Mapping[str, Any], columns: Mapping[str, str]) -> str | None:
    named = plain.get("force")
    if named is None and "force" in columns:
        return None
    if not isinstance(named, str):
        raise _unfit(path, "The mapping has no `force`.", 'Add a line: force = "..."')
    found = areas.force_named(named)
    if found is None:
        raise _unfit(path, "The mapping's force is not on the list.", "Use a name that `fourfold forces` lists.")
    return found.id


def _extract(path: Path, plain: Mapping[str, Any]) -> tuple[tuple[date, ...], date | None]:
    """The months that the file holds, and the day on which it was made."""
    given = {name: str(value) for name, value in _section(path, plain, "extract").items()}
    _known(path, given, _OF_EXTRACT, "is not a line of [extract]")
    try:
        held = [parse_month(given[name]) for name in ("first_month", "last_month") if name in given]
        extracted_on = parse_day(given["extracted_on"]) if "extracted_on" in given else None
    except RequestInvalid:
        raise _unfit(
            path, "A month or day of [extract] cannot be read.",
            'Write first_month = "2022-04" and extracted_on = "2022-10-20".',
        ) from None  # fmt: skip
    if held and held[0] > held[-1]:
        raise _unfit(path, "The extract's first month is after its last.", "Put the two in their order.")
    return months(Window(held[0], month_end(held[-1]))) if held else (), extracted_on


def _formats(path: Path, plain: Mapping[str, Any], contract: Contract) -> dict[str, tuple[str, ...]]:
    given = _section(path, plain, "dates")
    dated = [f.name for f in contract.fields if f.kind in ("date", "instant")]
    _known(path, given, ["format", *dated], "is not a date of the contract")
    formats: dict[str, tuple[str, ...]] = {}
    for name, value in given.items():
        forms = value if isinstance(value, list) else [value]
        if not forms or not all(isinstance(form, str) and "%" in form for form in forms):
            raise _unfit(path, f"`{name}` under [dates] is not a form of date.", f'Write {name} = "%d/%m/%Y".')
        formats["" if name == "format" else name] = tuple(forms)
    return formats


def _codes(path: Path, plain: Mapping[str, Any], contract: Contract) -> dict[str, dict[str, str]]:
    """What their codes are in ours. A word of ours that the contract has not is a slip, and is said at once."""
    sections = {name: plain[name] for name in ("category", "offence_code") if name in plain}
    sections.update(_section(path, plain, "codes"))
    coded = {f.name: f for f in contract.fields if f.kind == "code"}
    _known(path, sections, coded, "is not a code of the contract")
    codes = {name: _texts(path, sections, name, "codes.") for name in sections}
    for name, table in codes.items():
        for ours in table.values():
            _word_checked(path, coded[name], ours)
    return codes


def _word_checked(path: Path, field: Field, ours: str) -> None:
    words = field.codes
    if not isinstance(words, tuple) or word_of(field, ours) is not None:
        return
    near = difflib.get_close_matches(ours, words, n=1)
    raise _unfit(
        path,
        f"`{ours}` is not a word of {field.name}.",
        f"Did you mean `{near[0]}`?" if near else f"Use one of: {', '.join(words)}.",
    )


def _pounds(path: Path, plain: Mapping[str, Any], contract: Contract) -> frozenset[str]:
    units = _texts(path, plain, "units")
    _known(path, units, [f.name for f in contract.fields if f.kind == "pence"], "is not an amount of the contract")
    for name, unit in units.items():
        if unit not in ("pounds", "pence"):
            raise _unfit(path, f"The unit of `{name}` is none that is known.", "Write pounds or pence.")
    return frozenset(name for name, unit in units.items() if unit == "pounds")


def _section(path: Path, plain: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = plain.get(name, {})
    if not isinstance(found, dict):
        raise _unfit(path, f"[{name}] is not a section.", f"Write [{name}] on a line, and its lines below it.")
    return found


def _texts(path: Path, plain: Mapping[str, Any], name: str, within: str = "") -> dict[str, str]:
    found = plain.get(name, {})
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        section = f"[{within}{name}]"
        raise _unfit(
            path, f"{section} is not a table of texts.", f'Write {section}, and below it lines: name = "text".'
        )
    return found


def _known(path: Path, given: Iterable[str], known: Iterable[str], what: str) -> None:
    names = list(known)
    for key in given:
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1)
            raise _unfit(
                path,
                f"`{key}` {what}.",
                f"Did you mean `{near[0]}`?" if near else f"Use one of: {', '.join(sorted(names))}.",
            )


def _unfit(path: Path, cause: str, remedy: str) -> LayoutUnknown:
    return LayoutUnknown(cause, remedy=remedy, file=path)
