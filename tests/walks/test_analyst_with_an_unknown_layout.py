"""An analyst with a CSV in an unknown layout follows the how-to; the test takes every file and command from it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import ROOT, CommandLine


@pytest.mark.slow
def test_the_how_to_gives_a_monthly_count_in_at_most_six_commands_and_one_mapping_file(
    fourfold: CommandLine, tmp_path: Path
) -> None:
    page = (ROOT / "docs" / "how-to" / "any-table.md").read_text()
    (table,) = re.findall(r"```csv\n(.*?)```", page, re.DOTALL)
    (mapping,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    commands = re.findall(r"^\$ fourfold (.*)$", page, re.MULTILINE)
    assert len(commands) <= 6
    (tmp_path / "crimes.csv").write_text(table)
    (tmp_path / "mapping.toml").write_text(mapping)

    said = [fourfold(*shlex.split(command), cwd=tmp_path).out for command in commands]

    assert "6 lines kept, 0 rejected" in said[0]
    assert "1 unreadable in recorded_on" in said[0]
    assert "1 with category unknown to the list" in said[0]
    assert re.search(r"April 2022 +2\b", said[1])
    assert re.search(r"May 2022 +3\b", said[1])
    assert "without a readable date, which stand in no window: 1." in said[1]
    assert re.search(r"April 2022 +1\b", said[2])
    assert re.search(r"May 2022 +1\b", said[2])
