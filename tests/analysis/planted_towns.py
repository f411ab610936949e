"""Planted towns, invented: in those of bursts one plain map holds all there is to know, and the forecast loses by learning more.

In mixed towns a few squares are hot for years among outbreaks of four weeks, which no map of one width and one fading holds; thirteen
weeks show that by more than chance in about one of four of them.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from fourfold.records.points import Points

Floats = npt.NDArray[np.float64]
DAYS = 400


def town(kind: str, seed: int) -> Points:
    """A town's burglaries: of `bursts`, each in one square for three weeks and never again; `mixed`, four squares steady for years
    among outbreaks elsewhere, each of four weeks."""
    x, y, day = _KINDS[kind](np.random.default_rng(seed))
    side = 10_000 if kind == "bursts" else 12_000
    kept = (day >= 0) & (day < DAYS) & (x > 0) & (y > 0) & (x < side) & (y < side)
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


def _mixed(drawn: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    parts: list[tuple[Floats, Floats, Floats]] = []
    squares = drawn.permutation(24 * 24)

    def add(square: int, days: Floats) -> None:
        n = len(days)
        east, north = square % 24 * 500 + 250, square // 24 * 500 + 250
        parts.append((east + drawn.uniform(-150, 150, n), north + drawn.uniform(-150, 150, n), np.floor(days)))

    for square in squares[:4]:
        add(square, drawn.uniform(0, DAYS, drawn.poisson(1.5 * DAYS / 7)))
    for square in squares[4 : 4 + 3 * (DAYS + 28) // 28]:
        add(square, drawn.uniform(-28, DAYS) + drawn.uniform(0, 28, drawn.poisson(20)))
    stray = int(0.3 * 24 * 24 * DAYS / 7)
    parts.append((
        drawn.uniform(0, 12_000, stray), drawn.uniform(0, 12_000, stray), np.floor(drawn.uniform(0, DAYS, stray)),
    ))  # fmt: skip
    x, y, day = (np.concatenate(column) for column in zip(*parts, strict=True))
    return x, y, day


_KINDS = {"bursts": _bursts, "mixed": _mixed}
