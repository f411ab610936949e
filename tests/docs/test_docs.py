"""What the documents say is what there is: commands, exit codes, links, the glossary's words, no word of elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.pages import PATHS


@pytest.mark.parametrize("page", PATHS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_a_module_is_named_by_a_word_of_the_glossary() -> None:
    words = (ROOT / "GLOSSARY.md").read_text().lower()
    plain = {
        # what every program has, and the names of suppliers and institutions
        "__init__", "__main__", "settings", "errors", "notebook", "police_uk", "home_office", "ons", "table",
        # what Django looks for by that name
        "apps", "models", "urls", "wsgi",
    }  # fmt: skip
    for module in (ROOT / "src" / "fourfold").rglob("*.py"):
        name = module.stem
        singular = re.sub(r"ies$", "y", name) if name.endswith("ies") else name.removesuffix("s")
        if name not in plain and module.parent.name != "migrations":
            assert any(word.replace("_", " ") in words for word in (singular, name)), (
                f"{module.relative_to(ROOT)} is named after no word of GLOSSARY.md"
            )


def test_the_migrations_of_the_service_stand_in_one_line() -> None:
    """Each comes after the one before it: two engineers who number theirs alike are told here, and not by the database."""
    folder = ROOT / "src" / "fourfold" / "casework" / "migrations"
    names = sorted(path.stem for path in folder.glob("0*.py"))
    after = {name: re.findall(r'\("casework", "(0\w+)"\)', (folder / f"{name}.py").read_text()) for name in names}
    assert after == {name: [] if at == 0 else [names[at - 1]] for at, name in enumerate(names)}
