"""Planted towns, invented: in those of bursts one plain map holds all there is to know, and the forecast loses by learning more."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from fourfold.records.points import Points

Floats = npt.NDArray[np.float64]
DAYS = 400
UNTIL = {"bursts": DAYS, "streets": DAYS, "crowds": 500}
"""Days that each kind of town is planted for."""


def town(kind: str, seed: int) -> Points:
    """A town's burglaries: of `bursts`, each in one square for three weeks and never again; of `streets`, steady for years, with
    outbreaks elsewhere that fade; of `crowds`, thick in three quarters, each followed by others close by."""
    x, y, day = _KINDS[kind](np.random.default_rng(seed))
    side = 10_000 if kind == "bursts" else 12_000
    kept = (day >= 0) & (day < UNTIL[kind]) & (x > 0) & (y > 0) & (x < side) & (y < side)
    x, y, day = x[kept], y[kept], day[kept].astype(np.int32)
    order = np.argsort(day, kind="stable")
    return Points(
        title="Burglary", area="a planted town", grid="g", x=x[order], y=y[order], day=day[order],
        stratum=np.zeros(len(x), np.int32), refs=tuple(map(str, range(len(x)))), as_at=datetime(2022, 7, 1, tzinfo=UTC), batches=(),
        sources=("planted",), months_only=False, notes=(),
    )  # fmt: skip


def _bursts(drawn: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    parts: list[tuple[Floats, Floats, Floats]] = []
    squares = drawn.permutation(40 * 40)

    def add(square: int, days: Floats) -> None:
        n = len(days)
        east, north = square % 40 * 250 + 125, square // 40 * 250 + 125
        parts.append((east + drawn.uniform(-60, 60, n), north + drawn.uniform(-60, 60, n), days))

    for square in squares[:30]:
        add(square, drawn.integers(0, DAYS, drawn.poisson(0.4 * DAYS / 7)).astype(float))
    for square in squares[30 : 30 + 12 * DAYS // 21]:
        add(square, drawn.integers(-21, DAYS) + drawn.integers(0, 21, drawn.poisson(15)).astype(float))
    stray = 10 * DAYS // 7
    parts.append(
        (drawn.uniform(0, 10_000, stray), drawn.uniform(0, 10_000, stray), drawn.integers(0, DAYS, stray).astype(float))
    )
    x, y, day = (np.concatenate(column) for column in zip(*parts, strict=True))
    return x, y, day


def _streets(drawn: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    east, north = drawn.uniform(300, 11_700, (2, 120))
    weight = drawn.gamma(0.4, 1, 120)
    at = drawn.choice(120, 1_500, p=weight / weight.sum())
    parts = [
        (east[at] + drawn.normal(0, 80, 1_500), north[at] + drawn.normal(0, 80, 1_500), drawn.integers(0, DAYS, 1_500) * 1.0)
    ]  # fmt: skip
    for _ in range(120):
        x, y, first = drawn.uniform(0, 12_000), drawn.uniform(0, 12_000), drawn.integers(0, DAYS)
        n = drawn.poisson(15) + 1
        parts.append(
            (x + drawn.normal(0, 100, n), y + drawn.normal(0, 100, n), first + np.floor(drawn.exponential(15, n)))
        )
    x, y, day = (np.concatenate(column) for column in zip(*parts, strict=True))
    return x, y, day


def _crowds(drawn: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    east, north = drawn.uniform(2_400, 9_600, (2, 3))
    at = drawn.integers(0, 3, 2_500)
    x, y = east[at] + drawn.normal(0, 700, 2_500), north[at] + drawn.normal(0, 700, 2_500)
    parts = [(x, y, drawn.uniform(0, 500, 2_500))]
    for _ in range(8):
        x, y, day = parts[-1]
        n = drawn.poisson(0.6, len(x))
        some = int(n.sum())
        parts.append((
            np.repeat(x, n) + drawn.normal(0, 60, some), np.repeat(y, n) + drawn.normal(0, 60, some),
            np.repeat(day, n) + drawn.exponential(10, some),
        ))  # fmt: skip
    x, y, day = (np.concatenate(column) for column in zip(*parts, strict=True))
    return x, y, np.floor(day)


_KINDS = {"bursts": _bursts, "streets": _streets, "crowds": _crowds}
