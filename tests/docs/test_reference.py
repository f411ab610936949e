"""The reference is drawn from the code, and nothing that the code has is missing from it."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from types import SimpleNamespace

import pytest
from tools import reference
from tools.reference import commands, findings, markdown, records

import fourfold.analysis.findings
from fourfold import cli
from fourfold.cli import needs
from fourfold.codes.lists import code_list, code_lists
from fourfold.codes.measures import measures
from fourfold.records.lake import SCHEMAS
from tests.conftest import ROOT, CommandLine
from tests.docs.pages import PAGES


def drawn(name: str) -> str:
    return reference.SECTIONS[name]("")


def test_every_section_that_can_be_drawn_stands_on_some_page() -> None:
    asked = {name for page in PAGES for name, _ in reference.asked(page.text)}
    assert asked == set(reference.SECTIONS)


@pytest.mark.parametrize(
    ("section", "named"),
    [
        ("measures", [m.id for m in measures()]),
        ("code lists", code_lists()),
        ("code lists", [row["code"] for row in code_list("offences").rows]),
        ("tables", [*SCHEMAS, *(column for schema in SCHEMAS.values() for column in schema)]),
        ("commands", [name for name, _ in commands.every_command()]),
        ("commands", [o for _, c in commands.every_command() for p in c.params for o in p.opts if o.startswith("--")]),
    ],
    ids=["measures", "lists", "offences", "tables and columns", "commands", "options"],
)
def test_the_reference_names_all_that_there_is(section: str, named: list[str]) -> None:
    text = drawn(section)
    assert [name for name in named if name not in text] == []


@pytest.mark.slow
def test_every_command_stands_in_the_reference_as_its_help_lists_it(fourfold: CommandLine) -> None:
    listed = re.findall(r"^  ([a-z][a-z-]*)  ", fourfold("--help").out.partition("Commands:")[2], re.MULTILINE)
    assert listed
    for command in listed:
        assert f"## fourfold {command}" in drawn("commands")


def test_every_command_answers_as_json_and_its_help_says_so() -> None:
    for name, command in commands.every_command():
        options = {option for parameter in command.params for option in parameter.opts}
        assert "--json" in options, f"fourfold {name} has no --json"
        assert all(p.help for p in command.params), f"an option of fourfold {name} has no help"
        if "--force" in options or name in ("imports", "rejects", "trace"):
            assert "--as-at" in options, f"fourfold {name} cannot be asked as at an instant"


def test_every_command_declares_what_it_needs_in_cli_needs() -> None:
    assert needs.undeclared(cli.app) == []
    assert set(needs.NEEDS) == set(needs.commands(cli.app)), "a need is declared of a command that there is not"


def test_the_command_line_does_not_start_with_a_command_that_declares_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(needs.NEEDS, "count")
    monkeypatch.setitem(needs.NEEDS, "map", ("fly", "dragons"))
    with pytest.raises(SystemExit) as ended:
        cli.main(["measures"])
    assert ended.value.code == cli.UNEXPECTED
    said = capsys.readouterr()
    assert "declare what they need: count, map" in said.err
    assert said.out == ""


def test_every_column_of_every_table_is_said_in_words() -> None:
    unsaid = [
        f"{name}.{column}"
        for name, schema in records.every_table().items()
        for column in schema
        if not records.meaning(name, column)
    ]
    assert unsaid == [], "say what they hold in records/columns.py, or in the contract's field"


@pytest.mark.parametrize("name", findings.FIELDS)
def test_every_field_of_a_finding_is_said_in_words(name: str) -> None:
    held = {field.name for field in fields(getattr(fourfold.analysis.findings, name))}
    assert set(findings.FIELDS[name]) == held, "say what they hold in tools/reference/findings.py"


def test_every_kind_of_finding_is_said_by_what_makes_it() -> None:
    assert set(findings.every_kind()) == findings.written_kinds(), (
        'a public function of analysis that gives a Finding says in its docstring: kind "..."'
    )


def test_every_method_is_explained_on_one_page_with_its_own_words() -> None:
    explained = [
        of
        for page in PAGES
        if page.name.startswith("docs/explanation/")
        for name, of in reference.asked(page.text)
        if name == "method"
    ]
    assert sorted(explained) == sorted(m.name for m in findings.every_method()), (
        "each Method of the source stands on one page under docs/explanation, where `<!-- from the code: method: NAME -->`"
        " draws its words: plain English first, then the formula, its source, and what it cannot tell"
    )


def test_every_fault_has_its_own_exit_code() -> None:
    codes = re.findall(r"^\| (\d+) \|", drawn("faults"), re.MULTILINE)
    assert len(set(codes)) == len(codes) >= 12


def test_a_page_that_asks_for_what_there_is_not_stops_the_build() -> None:
    with pytest.raises(KeyError):
        reference.filled("<!-- from the code: no such section -->")


@dataclass(frozen=True)
class Contract:
    """A contract as data, as a supplier's module may hold it."""

    name: str = "crimes"
    system: str = "records system"
    title: str = "Crimes as recorded"
    table: str = "some_crimes"
    key: tuple[str, ...] = ("crime_ref",)
    standing: str = "force to supply"
    era: str = ""
    faults: tuple[str, ...] = ("references are used again after a year.",)
    notes: tuple[str, ...] = ()
    orders: tuple[SimpleNamespace, ...] = ()
    fields: tuple[SimpleNamespace, ...] = ()


def test_contracts_as_data_are_drawn_field_by_field() -> None:
    field = SimpleNamespace(
        name="status", kind="code", rule="Where the crime stands.", needed=True, personal=False,
        codes=("recorded", "cancelled"), refers_to=None, unknown_without="whether a crime was cancelled",
    )  # fmt: skip
    one = Contract(fields=(field,))
    module = SimpleNamespace(CONTRACTS={"crimes": one}, ALONE=one)
    assert records._contracts_of(module) == [one]
    text = records._contract(one)
    assert "| `status` | code | Where the crime stands. One of `recorded`, `cancelled`. | needed | whether" in text
    assert "Known fault: references are used again after a year." in text


@pytest.mark.parametrize(
    ("docstring", "page"),
    [
        ("One line.", "One line."),
        ("`a`   first,\n      and more.\n`b`   second.", "| what | rule |\n|---|---|\n| `a` | first, and more. |\n| `b` | second. |"),
        ("The contract\n------------\n`a`   x.", "### The contract\n\n| what | rule |\n|---|---|\n| `a` | x. |"),
        ("As:\n\n    here\n      it is", "As:\n\n```text\nhere\n  it is\n```"),
    ],
)  # fmt: skip
def test_a_docstring_as_a_page(docstring: str, page: str) -> None:
    assert markdown.prose(docstring) == page


def test_the_glossary_is_a_list_of_definitions_on_the_site() -> None:
    page = (ROOT / "GLOSSARY.md").read_text()
    words = reference.glossary_words(page)
    assert len(words) == page.count("** — ")
    assert reference.as_definitions(page).count("\n: ") == len(words)
