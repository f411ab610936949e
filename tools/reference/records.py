"""The records, drawn from the lake's schemas and the suppliers: tables with their columns, and every contract."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import Any

from tools.reference.markdown import code, codes, prose, table

from fourfold.records import columns, suppliers
from fourfold.records.lake import SCHEMAS
from fourfold.records.suppliers.contracts import PERSONAL
from fourfold.records.suppliers.fields import KINDS


def tables(_: str) -> str:
    """Every table of the lake with its columns."""
    said = []
    for name, schema in sorted(every_table().items()):
        rows = [(code(column), str(kind), meaning(name, column)) for column, kind in schema.items()]
        said += [
            f"## {name}",
            columns.ROWS.get(name, _filled_by(name)),
            table(("column", "type", "what it holds"), rows),
        ]
    return "\n\n".join(said)


def contracts(_: str) -> str:
    """Every supplier's contract: the module's own words, and its contracts as data where it has some."""
    said = []
    for module in _suppliers():
        name = module.__name__.rpartition(".")[2]
        own = _contracts_of(module)
        title, _, text = (inspect.getdoc(module) or "").partition("\n")
        said += [f"## {title.rstrip('.')}", f"`{name}`", prose(text)]
        said += [_contract(one) for one in own]
    return "\n\n".join(part for part in said if part)


def every_table() -> dict[str, Mapping[str, Any]]:
    """Every table of the lake, those that contracts fill among them."""
    return dict(SCHEMAS)


@cache
def every_contract() -> tuple[Any, ...]:
    """Every contract that a supplier's module holds as data."""
    return tuple(one for module in _suppliers() for one in _contracts_of(module))


def meaning(name: str, column: str) -> str | None:
    """What a column holds: by its table's contract, or by the words for all tables."""
    for one in every_contract():
        if name.removesuffix(PERSONAL) == one.table:
            for field in one.fields:
                if column in (field.name, getattr(field, "into", field.name)):
                    return str(field.rule)
    plain = column.removeprefix("raw_")
    if column != plain and columns.meaning(name, column) is None:
        return f"The file's own text where it would not do as `{plain}`."
    return columns.meaning(name, column)


def field_kinds(_: str) -> str:
    """How each kind of field is written in the plain layout."""
    return table(("kind", "how it is written"), ((kind.replace("_", " "), how) for kind, how in KINDS.items()))


def _filled_by(name: str) -> str:
    if name.endswith(PERSONAL):
        plain = name.removesuffix(PERSONAL)
        return f"The personal columns of {code(plain)}, by the same lines; opened neither here nor in a notebook."
    return " ".join(dict.fromkeys(f"{one.title.rstrip('.')}." for one in every_contract() if one.table == name))


def _suppliers() -> Iterator[ModuleType]:
    """The modules that are suppliers: they receive files, or hold contracts as data; not the engine that reads by them."""
    for one in pkgutil.iter_modules(suppliers.__path__):
        module = importlib.import_module(f"{suppliers.__name__}.{one.name}")
        is_engine = getattr(getattr(module, "Contract", None), "__module__", "") == module.__name__
        receives = getattr(getattr(module, "received", None), "__module__", "") == module.__name__
        if not is_engine and (receives or _contracts_of(module)):
            yield module


def _contracts_of(module: ModuleType) -> list[Any]:
    """The contracts among a module's own values, whether they stand alone or in a row or table of them."""
    found: dict[str, Any] = {}
    for value in vars(module).values():
        many = value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else (value,)
        found.update({one.name: one for one in many if type(one).__name__ == "Contract"})
    return [one for one in found.values() if one.system]


def _contract(one: Any) -> str:
    facts = [f"Table: {code(one.table)}. Standing: {one.standing}."]
    facts += [f"Era: {one.era}."] if one.era else []
    facts += [f"A later row replaces an earlier one with the same {codes(one.key)}."] if one.key else []
    facts += [f"Known fault: {fault}" for fault in one.faults]
    facts += [f"Listed among the discrepancies: {order.rule}" for order in one.orders]
    facts += list(one.notes)
    rows = [(code(f.name), f.kind.replace("_", " "), _rule(f), _marks(f), f.unknown_without) for f in one.fields]
    header = ("field", "kind", "rule", "", "without it")
    title = f"### {one.title.rstrip('.')}"
    return "\n\n".join([title, "\n".join(f"- {fact}" for fact in facts), table(header, rows)])


def _rule(field: Any) -> str:
    said = str(field.rule)
    if isinstance(field.codes, str):
        said += f" By the list {code(field.codes)}."
    elif field.codes:
        said += f" One of {codes(field.codes)}."
    return said + (f" Names {code(field.refers_to)}." if field.refers_to else "")


def _marks(field: Any) -> str:
    return ", ".join([*(["needed"] if field.needed else []), *(["personal"] if field.personal else [])])


SECTIONS = {"tables": tables, "contracts": contracts, "field kinds": field_kinds}
