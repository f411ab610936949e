"""On what a benchmark ran: written beside its results, since a time means nothing without it."""

from __future__ import annotations

import os
import platform
from typing import Any

import polars as pl


def this_machine() -> dict[str, Any]:
    """Processor, cores, system, versions, and how loaded it is now."""
    return {
        "processor": platform.machine(), "cores": os.cpu_count(), "system": platform.system(),
        "python": platform.python_version(), "polars": pl.__version__, "load before": round(os.getloadavg()[0], 1),
    }  # fmt: skip
