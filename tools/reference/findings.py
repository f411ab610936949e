"""Findings, drawn from their dataclasses, from the docstrings of what makes them, and from every Method in the source.

A function that gives a Finding says of which kind in its docstring (`kind "change"`); a Method is found wherever the
source writes one. A test holds that every kind and every method that the source writes is found here.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from types import ModuleType

from tools.reference.markdown import code, table

import fourfold
from fourfold import analysis
from fourfold.analysis import findings

FIELDS: Mapping[str, Mapping[str, str]] = {
    "Finding": {
        "kind": "What sort of figure it is; the kinds are below.",
        "title": "What it is called where it is printed.",
        "value": "The figure itself; `None` where it cannot be said, or where the Finding is a table.",
        "unit": "What the value is in: crimes, %, places.",
        "n": "How many records it rests on.",
        "windows": "The days that it covers; of a comparison the later window first.",
        "area": "Whose crimes, or where.",
        "definition": "What was counted.",
        "method": "How it was worked out.",
        "as_at": "The instant whose records it is of.",
        "batches": "The batches that it rests on, by identity.",
        "code_version": "The version of Fourfold that made it.",
        "interval": "The range around the value, where there is one.",
        "verdict": "What is said of it in words: of a change rise, fall, no clear change or cannot judge; else why it lacks a value.",
        "table": "Its rows, where it is a table.",
        "parameters": "What the method was given, and what it found on the way, by name.",
        "seed": "The seed of what was drawn by chance.",
        "code_lists": "The code lists that it was counted by, with their versions.",
        "mappings": "How each batch was read: the version of its contract or mapping.",
        "disclosure": "What was done to protect small numbers.",
        "sources": "Whose data it rests on, with licence.",
        "notes": "What a reader should know beside it: breaks crossed, rows without a date.",
        "parts": "The Findings that it was made from.",
        "selection": "Which held rows it counts, so that each line can be found again.",
    },
    "Definition": {
        "name": "The measure's name.",
        "version": "Its version: a changed definition is another version.",
        "title": "What it is called.",
        "text": "What it counts, and how it is not what its name may suggest.",
        "codes": "The codes that count.",
        "source": "Whose definition it is.",
        "status": "Whether it is confirmed in that source.",
    },
    "Method": {
        "name": "What it is called.",
        "text": "What is done, in a sentence or two.",
        "source": "Where the method comes from.",
    },
    "Interval": {
        "low": "The lower end, in the value's unit.",
        "high": "The upper end, in the value's unit.",
        "level": "How sure: 0.95 stands for 95 in a hundred.",
        "meaning": "What the range is of.",
    },
    "Selection": {
        "table": "The table of the lake.",
        "equals": "The values that columns may take.",
        "dated_by": "The column that says when.",
        "first": "The first day.",
        "last": "The last day.",
        "weight": "The column that is added up; empty where rows are counted.",
    },
    "Table": {
        "columns": "The columns' names.",
        "rows": "The rows, in a stable order.",
    },
}
"""What each field holds. A test holds that no field of the dataclasses is missing here, and none is too many."""

_KIND = re.compile(r'kind "([^"]+)"')
_SOURCES = Path(fourfold.__file__).parent
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class WrittenMethod:
    """A Method as the source writes it, and the module that does."""

    name: str
    text: str
    source: str
    module: str


def finding_fields(_: str) -> str:
    """Every field of a Finding and of what it is made of."""
    said = []
    for name, meanings in FIELDS.items():
        kind = getattr(findings, name)
        rows = [(code(f.name), code(str(f.type).replace("|", "or")), meanings.get(f.name)) for f in fields(kind)]
        said += [f"### {name}", inspect.getdoc(kind) or "", table(("field", "type", "what it holds"), rows)]
    return "\n\n".join(said)


def kinds(_: str) -> str:
    """Every kind of Finding with what makes it, and what that says of it."""
    said = []
    for kind, (name, says) in sorted(every_kind().items()):
        said += [f"### {kind}", f"Made by `{name}`.", says]
    return "\n\n".join(said)


def methods(_: str) -> str:
    """Every method with its text and source, as each figure prints it."""
    rows = [(m.name, m.text, m.source, code(m.module)) for m in every_method()]
    return table(("method", "in words", "source", "where"), rows)


def method(name: str) -> str:
    """One method as its figures print it, for the page that explains it."""
    found = next(m for m in every_method() if m.name == name)
    source = f"\n\nSource: {found.source}" if found.source else ""
    return f":::{{admonition}} As its figures print it: {found.name}\n:class: note\n\n{found.text}{source}\n:::"


def false_alarms(_: str) -> str:
    """How often a change was called where there was none, as the benchmark's last run measured it."""
    run = json.loads((ROOT / "benchmarks" / "results" / "false_alarms.json").read_text(encoding="utf-8"))
    forms = [name.partition(", ")[2] for name in run["pooled"]]
    named = {"poisson": "chance alone", "linear": "variance as the mean", "square": "variance as its square"}
    columns = ("category", "dispersion", *(f"false: {named.get(f, f)}" for f in forms), "rises of 40% found")
    rows = [
        (one["category"], f"{one['dispersion']:.1f}", *(f"{one[f'false alarms, {f}']:.1%}" for f in forms),
         f"{one['rises of 40% found']:.0%}")
        for one in run["series"]
    ]  # fmt: skip
    pooled = ("all together", "", *(f"{share:.1%}" for share in run["pooled"].values()), "")
    said = f"`{run['command']}`, {run['simulations of each series']:,} simulations of each series"
    return f"{table(columns, [*rows, pooled])}\n\nMeasured by {said}."


def every_kind() -> dict[str, tuple[str, str]]:
    """Every kind of Finding: the function that makes it, and its docstring."""
    found: dict[str, tuple[str, str]] = {}
    for module in _modules(analysis):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                says = inspect.getdoc(function) or ""
                for kind in _KIND.findall(says):
                    found.setdefault(kind, (f"{module.__name__}.{name}", says))
    return found


def written_kinds() -> set[str]:
    """Every kind that the source gives to a Finding, read from the source itself."""
    found: set[str] = set()
    for _, call in _calls(_SOURCES / "analysis"):
        for word in call.keywords:
            if word.arg == "kind" and _called(call).endswith("inding"):
                found |= {node.value for node in _answers(word.value) if isinstance(node.value, str)}
    return found


@cache
def every_method() -> tuple[WrittenMethod, ...]:
    """Every Method that the source writes, by name."""
    found: dict[str, WrittenMethod] = {}
    for module, call in _calls(_SOURCES):
        if _called(call) == "Method":
            said = {word.arg: _text(word.value) for word in call.keywords if word.arg}
            if said.get("name"):
                one = WrittenMethod(said["name"], said.get("text", ""), said.get("source", ""), module)
                found.setdefault(one.name, one)
    return tuple(found[name] for name in sorted(found, key=str.lower))


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(one.name)


@cache
def _calls(folder: Path) -> tuple[tuple[str, ast.Call], ...]:
    return tuple(_every_call(folder))


def _every_call(folder: Path) -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(folder.rglob("*.py")):
        module = "fourfold." + ".".join(path.relative_to(_SOURCES).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield module, node


def _called(call: ast.Call) -> str:
    return (
        call.func.id
        if isinstance(call.func, ast.Name)
        else call.func.attr
        if isinstance(call.func, ast.Attribute)
        else ""
    )


def _answers(node: ast.expr) -> Iterator[ast.Constant]:
    """The constants that an expression may come to: itself, or either side of a condition, not what is asked."""
    if isinstance(node, ast.IfExp):
        yield from _answers(node.body)
        yield from _answers(node.orelse)
    elif isinstance(node, ast.Constant):
        yield node


def _text(node: ast.expr) -> str:
    """A text as written; what is filled in when it is run stands as its name."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return f"`{ast.unparse(node.value)}`"
    return ""


SECTIONS = {
    "finding fields": finding_fields,
    "finding kinds": kinds,
    "methods": methods,
    "method": method,
    "false alarms": false_alarms,
}
