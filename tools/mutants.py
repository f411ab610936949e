"""How much of the rules of the Victims' Code the tests hold: small changes to them, one at a time, of which each must be noticed.

    python -m tools.mutants                every mutant of the modules: some twenty minutes
    python -m tools.mutants --sample 120   so many of them, drawn by a fixed seed
    python -m tools.mutants --packs        every mutant of the rule packs: some minutes
    python -m tools.mutants --again        those that survived the last run, after tests were added
    python -m tools.mutants --minutes 5    as many as are tried in that time, in an order drawn by the fixed seed

A mutant is one change of one operator, constant or call of the modules below, or (with --packs) of one word of a rule pack.
The tests of the rules run on it in a copy of the package; a mutant that they pass has survived, and is printed. The result
stands in benchmarks/results/mutants.json.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
MODULES = ("codes/working_days.py", "codes/victims_code.py", "analysis/victims_code.py")
PACKS = ("codes/data/victims_code_2021.toml", "codes/data/five_step.toml")
TESTS = (
    "tests/codes/test_working_days.py", "tests/codes/test_victims_code.py", "tests/analysis/test_victims_code.py",
    "tests/analysis/test_obligations.py",
)  # fmt: skip
RESULTS = ROOT / "benchmarks" / "results" / "mutants.json"

_SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn,
    ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And, ast.Add: ast.Sub, ast.Sub: ast.Add,
}  # fmt: skip
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}
_PACK_LINE = re.compile(
    r"^(?P<name>standard|enhanced|right|is_each|is_first|may_decline|is_update|owner|starts|met_by|counted|from) = (?P<value>.+)$"
)


def mutants(of_packs: bool) -> Iterator[tuple[str, str, str]]:
    """Each mutant: the file, what was changed and where, and the file's text with the change."""
    for name in () if of_packs else MODULES:
        yield from (
            (name, said, text) for said, text in _of_module((SOURCE / "fourfold" / name).read_text(encoding="utf-8"))
        )
    for name in PACKS if of_packs else ():
        yield from (
            (name, said, text) for said, text in _of_pack((SOURCE / "fourfold" / name).read_text(encoding="utf-8"))
        )


def _of_module(source: str) -> Iterator[tuple[str, str]]:
    places = sum(1 for _ in _changes(ast.parse(source)))
    for place in range(places):
        tree = ast.parse(source)
        for at, (node, change, undone) in enumerate(_changes(tree)):
            if at == place:
                change()
                yield f"line {node.lineno}: {undone}", ast.unparse(tree)
                break


def _changes(tree: ast.AST):  # type: ignore[no-untyped-def]
    """Each place that can be changed: the node, what changes it, and in words what was there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for at, operator in enumerate(node.ops):
                if type(operator) in _SWAPPED:
                    yield (
                        node,
                        lambda n=node, a=at, o=operator: n.ops.__setitem__(a, _SWAPPED[type(o)]()),
                        ast.unparse(node),
                    )
        elif isinstance(node, (ast.BoolOp, ast.BinOp)) and type(node.op) in _SWAPPED:
            yield node, lambda n=node: setattr(n, "op", _SWAPPED[type(n.op)]()), ast.unparse(node)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node, lambda n=node: _affirm(n), ast.unparse(node)
        elif isinstance(node, ast.Constant) and type(node.value) in (int, bool):
            yield (
                node,
                lambda n=node: setattr(n, "value", not n.value if type(n.value) is bool else n.value + 1),
                repr(node.value),
            )
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
            yield node, lambda n=node: setattr(n.func, "id", _CALLS[n.func.id]), ast.unparse(node.func)
        elif isinstance(node, ast.IfExp):
            yield node, lambda n=node: _turned(n), ast.unparse(node)


def _affirm(node: ast.UnaryOp) -> None:
    """Make "not x" "bool(x)", under two nots."""
    node.operand = ast.UnaryOp(ast.Not(), node.operand)


def _turned(node: ast.IfExp) -> None:
    """Give the one answer where the other was given."""
    node.body, node.orelse = node.orelse, node.body


def _of_pack(source: str) -> Iterator[tuple[str, str]]:
    lines = source.splitlines(keepends=True)
    for at, line in enumerate(lines):
        found = _PACK_LINE.match(line.strip())
        if found is None:
            continue
        value = _other(found["name"], found["value"])
        if value is not None:
            changed = [*lines[:at], f"{found['name']} = {value}\n", *lines[at + 1 :]]
            yield f"line {at + 1}: {line.strip()}", "".join(changed)


def _other(name: str, value: str) -> str | None:
    """Another value of a word of a pack; None where every other would be refused."""
    if name in ("standard", "enhanced"):
        return str(int(value) + 1)
    if name == "right":
        return str(int(value) + 1 if int(value) < 5 else int(value) - 1)
    if name in ("is_each", "may_decline", "is_update"):
        return "false" if value == "true" else "true"
    if name == "owner":
        return '"probation"' if value != '"probation"' else '"police"'
    if name == "counted":
        return '"calendar"' if value == '"working"' else '"working"'
    if name == "from":
        return "2021-04-02"
    items = value.strip("[]").split(", ")
    return f"[{', '.join(items[1:])}]" if len(items) > 1 else None


def tables_differ(mutant: tuple[str, str, str]) -> bool:
    """Whether a pack that was changed is not what is written down as owed, or judges a journey worked by hand otherwise.

    The tables' own tests, without a process of their own.

    What they do not notice, `survives` tries with all the tests of the rules.
    """
    from tests.analysis import test_victims_code as worked
    from tests.codes import test_victims_code as owed

    from fourfold.cli import main as command_line
    from fourfold.codes import victims_code
    from fourfold.errors import RecordsInvalid

    name, _, text = mutant
    read = victims_code._data
    victims_code._data = lambda asked: text if asked == Path(name).name else read(asked)
    cached = (victims_code.shipped_packs, victims_code.abouts)
    try:
        for one in cached:
            one.cache_clear()
        owed.test_what_is_owed_is_as_written_down()
        judged: dict[str, list[object]] = {"obligations": [], "oddities": []}
        with tempfile.TemporaryDirectory() as folder:
            for days in ("calendar", "working"):
                path = worked.written(Path(folder) / f"{days}.csv", days)
                said = io.StringIO()
                with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
                    command_line(["code", "due", str(path), "--five-step-days", days, "--json"])
                found = json.loads(said.getvalue())
                for kind in judged:
                    judged[kind] += found.get(kind, [])  # of a pack that is refused nothing is judged
        for number, journey in enumerate(worked.JOURNEYS):
            worked.test_a_journey_worked_by_hand(number, journey, judged)
    except (AssertionError, RecordsInvalid):
        return True
    finally:
        victims_code._data = read
        for one in cached:
            one.cache_clear()
    return False


def survives(mutant: tuple[str, str, str]) -> bool:
    """Whether the tests of the rules pass on a mutant."""
    name, _, text = mutant
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "fourfold"
        shutil.copytree(SOURCE / "fourfold", package, ignore=shutil.ignore_patterns("static", "jinja2"))
        shutil.rmtree((package / name).parent / "__pycache__", ignore_errors=True)
        (package / name).write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *TESTS]
        told = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, timeout=180, check=False)
        except subprocess.TimeoutExpired:
            return False  # a change that never ends is noticed
    return done.returncode == 0


def main() -> None:
    """Try the mutants, print those that survive, and write the score down."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--sample", type=int, help="so many mutants, drawn by a fixed seed")
    given.add_argument("--packs", action="store_true", help="change the rule packs instead of the modules")
    given.add_argument(
        "--minutes", type=float, default=float("inf"), help="begin no other mutant after so many minutes"
    )
    given.add_argument("--again", action="store_true", help="only those that survived the last run, with its score")
    asked = given.parse_args()
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    every = list(mutants(asked.packs))
    is_whole = asked.sample is None and asked.minutes == float("inf")
    drawn = (
        every if is_whole else random.Random(8).sample(every, min(asked.sample or len(every), len(every)))  # noqa: S311 - no secret
    )
    last = results.get("packs" if asked.packs else "modules", {})
    if asked.again:
        drawn = [one for one in every if f"{one[0]}, {one[1]}" in last["survived"]]
    until = time.monotonic() + 60 * asked.minutes
    at_once = [asked.packs and time.monotonic() < until and tables_differ(one) for one in drawn]
    with ThreadPoolExecutor(2) as pool:
        found = list(
            pool.map(
                lambda one, noticed: not noticed and (survives(one) if time.monotonic() < until else None),
                drawn,
                at_once,
            )
        )
    tried = [one for one, alive in zip(drawn, found, strict=True) if alive is not None]
    lived = [alive for alive in found if alive is not None]
    survivors = [f"{name}, {said}" for (name, said, _), alive in zip(tried, lived, strict=True) if alive]
    n = last["tried"] if asked.again else len(tried)
    score = 1 - len(survivors) / n
    print(
        *survivors,
        f"{n - len(survivors)} of {n} noticed ({100 * score:.1f}%), of {len(every)} in all",
        sep="\n",
    )
    result = {
        "command": " ".join([*([last["command"], "and"] if asked.again else []), "python -m tools.mutants", *sys.argv[1:]]),
        "at": datetime.now(UTC).isoformat(timespec="seconds"), "mutants in all": len(every), "tried": n,
        "noticed": n - len(survivors), "score": round(score, 3), "survived": survivors,
    }  # fmt: skip
    result = {**results, "packs" if asked.packs else "modules": result}
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
