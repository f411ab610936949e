"""Fourfold: the picture, the decisions, the victim care and the public account that preventing crime needs.

The notebook's names stand here: `open_force`, and what its figures are asked with.

    >>> import fourfold
    >>> force = fourfold.open_force("var/open-data-home")            # doctest: +SKIP
    >>> force.count("robbery", "west-midlands", "2022-04", "2022-06").value   # doctest: +SKIP
    2180
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from fourfold.analysis.findings import Finding
    from fourfold.codes.areas import forces
    from fourfold.codes.measures import measure, measures
    from fourfold.codes.periods import Window
    from fourfold.errors import FourfoldError
    from fourfold.notebook import OpenForce, open_force

__all__ = [
    "Finding",
    "FourfoldError",
    "OpenForce",
    "Window",
    "__version__",
    "forces",
    "measure",
    "measures",
    "open_force",
]

_HOMES = {
    "Finding": "fourfold.analysis.findings",
    "FourfoldError": "fourfold.errors",
    "OpenForce": "fourfold.notebook",
    "Window": "fourfold.codes.periods",
    "forces": "fourfold.codes.areas",
    "measure": "fourfold.codes.measures",
    "measures": "fourfold.codes.measures",
    "open_force": "fourfold.notebook",
}


def __getattr__(name: str) -> Any:
    # Frames and charts take a second to import; a name is fetched when it is first used.
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'fourfold' has no attribute {name!r}")
