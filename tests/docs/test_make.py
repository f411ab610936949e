"""What `make run` ends with, wherever it is run: the service, unless it is told not to."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize(("told", "is_served"), [(None, True), ("0", True), ("1", False)])
def test_make_run_ends_by_starting_the_service_unless_it_is_told_not_to(
    tmp_path: Path, told: str | None, is_served: bool
) -> None:
    """With stand-ins for the programs that it runs, and no terminal."""
    (tmp_path / "bin").mkdir()
    for name in ("python", "fourfold"):
        stand_in = tmp_path / "bin" / name
        stand_in.write_text(f'#!/bin/sh\necho "RAN {name} $* over $FOURFOLD_HOME of $FOURFOLD_FORCE"\n')
        stand_in.chmod(0o755)
    (tmp_path / ".installed").touch()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("FOURFOLD_", "MAKE"))}
    environment |= {} if told is None else {"FOURFOLD_NO_SERVE": told}
    done = subprocess.run(
        ["make", "run", f"VENV={tmp_path}"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    ran = [line for line in done.stdout.splitlines() if line.startswith("RAN")]
    assert ran[0].startswith("RAN python tools/first_run.py var/papers")
    served = ["RAN fourfold serve over var/saltmere-home of saltmere"]
    assert ran[1:] == (served if is_served else [])
    assert is_served or "To start the service: FOURFOLD_HOME=var/saltmere-home" in done.stdout
