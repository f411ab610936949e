"""`make run`: import the shipped open data, write the West Midlands and Leicestershire papers, print the headlines.

Then make Saltmere, the FICTITIOUS force, in a home of its own beside the open data's, and write its paper too.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from fourfold import cli, settings

OPEN_DATA = Path(__file__).resolve().parent.parent / "open_data"
FILES = [
    *sorted((OPEN_DATA / "geography").glob("*")),
    *sorted((OPEN_DATA / "demography").glob("*")),
    # The year with all its quarters first: the later table then speaks for the quarters that both hold.
    *sorted((OPEN_DATA / "home_office").glob("*quarterly*")),
    *sorted((OPEN_DATA / "home_office").glob("*Q1-only*")),
    *sorted((OPEN_DATA / "street").glob("*/*.gz")),
]
PAPERS = (
    ["west-midlands", "--from", "2022-04", "--to", "2022-06"],
    ["leicestershire", "--from", "2022-04", "--to", "2022-10"],
)


def main(out: str) -> None:
    """Run the ordinary commands, one after another."""
    started = time.perf_counter()
    print(f"Importing {len(FILES)} files of open data ...", flush=True)
    command("import", *map(str, FILES))
    for force, *window in PAPERS:
        print(f"\nWriting the paper of {force} ...", flush=True)
        command("paper", "--force", force, *window, "--out", out)
    # What is invented is kept apart from what is real.
    os.environ[settings.HOME_VARIABLE] = str(settings.home_path().with_name("saltmere-home"))
    print("\nMaking Saltmere Constabulary, a FICTITIOUS force ...", flush=True)
    command("demo", "--scale", "0.02")
    command("paper", "--force", "saltmere", "--from", "2022-04", "--to", "2022-10", "--out", out)
    print(f"\nDone in {time.perf_counter() - started:.0f} seconds. Open the HTML files above in a browser.")


def command(*arguments: str) -> None:
    """One command of the command line; a fault ends the run with its exit code."""
    try:
        cli.main(arguments)
    except SystemExit as ended:
        if ended.code:
            raise


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "var/papers")
