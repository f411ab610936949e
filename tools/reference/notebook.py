"""The notebook's names, drawn from their signatures and docstrings."""

from __future__ import annotations

import inspect

from tools.reference.markdown import code, table

import fourfold
from fourfold.notebook import OpenForce


def names(_: str) -> str:
    """Every name of the package's own, with what it says of itself."""
    rows = []
    for name in sorted(n for n in fourfold.__all__ if not n.startswith("_")):
        one = getattr(fourfold, name)
        signature = str(inspect.signature(one)) if inspect.isfunction(one) else ""
        rows.append((code(f"fourfold.{name}{signature}".replace("'", "").replace("|", "or")), inspect.getdoc(one)))
    return table(("name", "what it is"), rows)


def methods(_: str) -> str:
    """What can be asked of an open force."""
    rows = []
    for name, function in inspect.getmembers(OpenForce, inspect.isfunction):
        if not name.startswith("_"):
            signature = str(inspect.signature(function)).replace("self, ", "").replace("'", "").replace("|", "or")
            rows.append((code(f"{name}{signature}"), inspect.getdoc(function)))
    return table(("method", "what it gives"), rows)


SECTIONS = {"notebook names": names, "notebook methods": methods}
