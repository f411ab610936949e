"""Every command and code block of the documentation is run, in order, and says what the page says that it says."""

from __future__ import annotations

import contextlib
import doctest
import io
import json
import os
import re
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest

from fourfold import cli
from tests.conftest import OPEN_DATA, ROOT
from tests.docs.pages import PAGES, Block, Page

_VARIES = re.compile(
    r"(?P<identity>\b(?=[0-9a-f]*[a-f])(?=[a-f]*[0-9])(?:[0-9a-f]{16}|[0-9a-f]{12})\b)"
    r"|(?P<instant>\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:\+00:00)?)"
    r"|(?P<anything>\.\.\.)"
)
_SHAPES = {
    "identity": r"[0-9a-f]{12,16}",
    "instant": r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:\+00:00)?",
    "anything": ".*?",
}
_OTHERS = {
    "make": lambda words: re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE),
    "git": lambda words: words[1] == "clone",
    "cd": lambda words: len(words) == 2,
    "export": lambda words: all("=" in word for word in words[1:]),
    "apt-get": lambda words: words[1] == "install",
    "sha256sum": lambda words: (OPEN_DATA / words[-1]).exists(),
}
"""Commands that are not Fourfold's own are not run here; what is said of them is checked as far as it can be."""


class Reader:
    """Somebody who follows a page from its first block to its last, in a folder of their own."""

    def __init__(self, home: Path, folder: Path) -> None:
        self.home, self.folder = home, folder
        self.known: dict[str, str] = {}  # what the page calls it -> what this run calls it
        self.names: dict[str, object] = {"__name__": "__main__"}
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "open_data").symlink_to(OPEN_DATA)
        (folder / "var").mkdir()
        (folder / "var" / "open-data-home").symlink_to(home)

    def follow(self, page: Page) -> None:
        for block in page.blocks:
            if block.saved_as:
                path = self.folder / block.saved_as
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, encoding="utf-8")
            elif block.language == "console":
                for command, expected in commands_of(block):
                    self.say(command, expected, f"{page.name}, below line {block.line}")
            elif block.language == "python":
                self.compute(block, f"{page.name}, below line {block.line}")

    def say(self, command: str, expected: str, where: str) -> None:
        words = shlex.split(command)
        if words[0] != "fourfold":
            assert words[0] in _OTHERS, f"{where}: nothing here tries {command}"
            assert _OTHERS[words[0]](words), f"{where}: there is no such thing: {command}"
            return
        code, said = self.run([self.known.get(word, word) for word in words[1:]])
        is_shown_to_fail = "fourfold: " in expected
        assert (code != 0) == is_shown_to_fail, f"{where}: {command}\nexit {code}\n{said}"
        if expected:
            self.compare(expected, said, f"{where}: {command}")

    def run(self, arguments: list[str]) -> tuple[int, str]:
        said = io.StringIO()
        code: object = 0
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), self.at_home():
            try:
                cli.main(arguments)
            except SystemExit as ended:
                code = ended.code
        return int(str(code or 0)), said.getvalue()

    def compute(self, block: Block, where: str) -> None:
        with self.at_home():
            if not block.text.startswith(">>>"):
                exec(compile(block.text, where, "exec"), self.names)
                return
            flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
            session = doctest.DocTestParser().get_doctest(block.text, self.names, where, where, 0)
            told = io.StringIO()
            doctest.DocTestRunner(optionflags=flags).run(session, out=told.write, clear_globs=False)
            self.names.update(session.globs)
        assert not told.getvalue(), f"{where}\n{told.getvalue()}"

    def compare(self, expected: str, said: str, where: str) -> None:
        """Raise where what was said is not of the form expected; learn the run's own identities and instants."""
        pattern, groups, last = "", {}, 0
        for at, varying in enumerate(_VARIES.finditer(expected)):
            kind = str(varying.lastgroup)
            pattern += re.escape(expected[last : varying.start()])
            pattern += _SHAPES[kind] if kind == "anything" else f"(?P<v{at}>{_SHAPES[kind]})"
            if kind != "anything":
                groups[f"v{at}"] = varying[0]
            last = varying.end()
        found = re.fullmatch(pattern + re.escape(expected[last:]), _trimmed(said), re.DOTALL)
        assert found, f"{where}\nThe page says:\n{expected}\nThe command says:\n{_trimmed(said)}"
        for group, name in groups.items():
            assert self.known.setdefault(name, found[group]) == found[group], f"{where}: {name} stands for two things"
            if "-" in name:  # the day of an instant stands for the run's own day
                self.known.setdefault(name[:10], found[group][:10])

    @contextlib.contextmanager
    def at_home(self):
        before, folder = dict(os.environ), Path.cwd()
        os.environ.update({"FOURFOLD_HOME": str(self.home), "COLUMNS": "200"})
        os.chdir(self.folder)
        try:
            yield
        finally:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(before)


def commands_of(block: Block) -> list[tuple[str, str]]:
    """Each command of a console block with what it is expected to say."""
    found: list[tuple[str, list[str]]] = []
    for line in block.text.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            found.append((line.removeprefix("$ ").partition("  #")[0], []))
        else:
            assert found, "a console block begins with a command"
            found[-1][1].append(line)
    return [(command, _trimmed("\n".join(lines))) for command, lines in found]


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


_RUN = [page for page in PAGES if page.is_run]
_IN_EMPTY_HOMES = [page for page in _RUN if page.home == "an empty home"]
_ON_OPEN_DATA = [page for page in _RUN if page.home != "an empty home"]


@pytest.mark.slow
@pytest.mark.parametrize("page", _IN_EMPTY_HOMES, ids=lambda p: p.name)
def test_a_page_that_begins_with_nothing_does_what_it_says(page: Page, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    Reader(tmp_path / "home", tmp_path / "reader").follow(page)


@pytest.mark.slow
@pytest.mark.parametrize("page", _ON_OPEN_DATA, ids=lambda p: p.name)
def test_a_page_on_the_open_data_does_what_it_says(page: Page, tmp_path: Path, first_run) -> None:
    home = first_run[0].home
    if page.home == "a copy of the open data":
        # Parts are never changed in place: links to them are a copy that costs nothing.
        home = Path(shutil.copytree(home, tmp_path / "home", copy_function=os.link))
    Reader(home, tmp_path / "reader").follow(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_what_a_page_shows_as_toml_or_json_is_that(page: Page) -> None:
    for block in page.blocks:
        if block.language == "toml":
            tomllib.loads(block.text)
        elif block.language == "json":
            json.loads(block.text)


def test_every_block_says_what_it_is() -> None:
    known = {"console", "python", "toml", "json", "csv", "text"}
    unknown = [f"{page.name}:{b.line} {b.language}" for page in PAGES for b in page.blocks if b.language not in known]
    assert not unknown, f"say what these blocks are, one of {sorted(known)}: {unknown}"
