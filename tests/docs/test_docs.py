"""What the documents say is what there is: commands, exit codes, links, the glossary's words, no word of elsewhere."""

from __future__ import annotations

import inspect
import re
import shlex
from pathlib import Path

import pytest

from fourfold import errors
from tests.conftest import ROOT, CommandLine

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "open_data" / "README.md"])


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


@pytest.mark.slow
def test_the_readmes_commands_do_what_it_says(first_run: tuple[CommandLine, Path, str]) -> None:
    fourfold, _, _ = first_run
    commands = re.findall(r"^\$ fourfold (.*)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(commands) == 3
    said = [fourfold(*shlex.split(command)).out for command in commands]
    assert "rose 27.0%, from 805" in said[0]
    assert "Leicester" in said[1]
    assert "2022-10-leicestershire-street.csv.gz" in said[2]


def test_the_table_of_exit_codes_is_that_of_the_code() -> None:
    table = dict(re.findall(r"^\| (\d+) \| ([a-z ]+) \|", (ROOT / "docs" / "records.md").read_text(), re.MULTILINE))
    kinds = [k for _, k in inspect.getmembers(errors, inspect.isclass) if issubclass(k, errors.FourfoldError)]
    assert table == {str(k.exit_code): k.kind for k in kinds if k is not errors.FourfoldError}


def test_a_module_is_named_by_a_word_of_the_glossary() -> None:
    words = (ROOT / "GLOSSARY.md").read_text().lower()
    plain = {
        # what every program has, and the names of suppliers and institutions
        "__init__", "__main__", "settings", "errors", "notebook", "police_uk", "home_office", "ons", "table",
    }  # fmt: skip
    for module in (ROOT / "src" / "fourfold").rglob("*.py"):
        name = module.stem
        singular = re.sub(r"ies$", "y", name) if name.endswith("ies") else name.removesuffix("s")
        if name not in plain:
            assert singular.replace("_", " ") in words, (
                f"{module.relative_to(ROOT)} is named after no word of GLOSSARY.md"
            )


def test_every_command_has_help_and_json(fourfold: CommandLine) -> None:
    listed = fourfold("--help").out
    for command in (
        "import",
        "imports",
        "rejects",
        "withdraw",
        "count",
        "change",
        "trace",
        "paper",
        "measures",
        "forces",
    ):
        assert re.search(rf"\b{command}\b", listed)
        said = fourfold(command, "--help").out
        assert "--json" in said
        if command in (
            "imports",
            "rejects",
            "count",
            "change",
            "chart",
            "concentration",
            "scan",
            "outcomes",
            "trace",
            "paper",
        ):
            assert "--as-at" in said
