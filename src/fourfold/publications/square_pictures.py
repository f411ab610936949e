"""Square pictures: a map of a lattice as a picture and as shapes for a screen, with the councils' outlines over it.

Squares of one class are drawn as one line of paths, in squares' own units: a force's thousands of squares are some tens of
kilobytes. The caller gives the classes, so that one week is drawn in the same classes as another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from fourfold.publications.maps import laid_flat

Whole = npt.NDArray[np.int64]
_OUTLINE_METRES = 80
_SIDE = 640


@dataclass(frozen=True, eq=False)
class Squares:
    """Squares by their middles, in metres of the National Grid, and the outlines drawn over them."""

    x: Whole
    y: Whole
    cell: int
    outlines: Mapping[str, BaseGeometry]

    @property
    def codes(self) -> list[str]:
        """What each square is called in an address: its middle."""
        return [f"{x}-{y}" for x, y in zip(self.x.tolist(), self.y.tolist(), strict=True)]

    def shapes(self) -> str:
        """GeoJSON laid flat as the map's shapes are: squares with `code` and `name`, outlines with `outline`."""
        half = self.cell / 2
        east, north = (round(float(v.min() + v.max()) / 2) for v in (self.x, self.y))
        around = np.array([(-half, -half), (half, -half), (half, half), (-half, half), (-half, -half)])
        corners = np.stack((self.x, self.y), axis=1)[:, None, :] + around - (east, north)
        laid = laid_flat(corners[..., 0].ravel(), corners[..., 1].ravel()).reshape(-1, 5, 2).tolist()
        features = [
            {"type": "Feature", "properties": {"code": code, "name": f"Square {code.replace('-', ' ')}"},
             "geometry": {"type": "Polygon", "coordinates": [ring]}}
            for code, ring in zip(self.codes, laid, strict=True)
        ]  # fmt: skip
        for code, shape in sorted(self.outlines.items()):
            thin = shapely.simplify(shape, _OUTLINE_METRES)
            line = shapely.transform(thin, lambda at: laid_flat(at[:, 0] - east, at[:, 1] - north)).boundary
            features.append({"type": "Feature", "properties": {"code": code, "outline": True},
                             "geometry": json.loads(shapely.to_geojson(line))})  # fmt: skip
        return json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":"))

    def picture(self, at: Sequence[int], colours: Sequence[str], words: str, below: str) -> str:
        """An SVG: each square in the colour that `at` says, by its place; `words` tell it to those who do not see it."""
        columns = np.round((self.x - self.x.min()) / self.cell).astype(int)
        rows = np.round((self.y.max() - self.y) / self.cell).astype(int)
        wide, high = int(columns.max()) + 1, int(rows.max()) + 1
        scale = _SIDE / max(wide, high)
        paths = []
        for number, colour in enumerate(colours):
            some = np.asarray(at) == number
            drawn = "".join(f"M{c} {r}h{n}v1h-{n}z" for c, r, n in _runs(columns[some], rows[some]))
            paths.append(f'<path d="{drawn}" fill="{colour}"/>')
        west, north = float(self.x.min()) - self.cell / 2, float(self.y.max()) + self.cell / 2
        lines = "".join(self._line(shape, west, north) for _, shape in sorted(self.outlines.items()))
        head = f'viewBox="0 0 {wide * scale:.0f} {high * scale + 24:.0f}" width="{wide * scale:.0f}" height="{high * scale + 24:.0f}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {head} role="img"><title>{escape(words)}</title>'
            f'<rect width="100%" height="100%" fill="#f3f2f1"/><g transform="scale({scale:.4f})">{"".join(paths)}'
            f'<path d="{lines}" fill="none" stroke="#0b0c0c" stroke-width="1" vector-effect="non-scaling-stroke"/></g>'
            f'<text x="6" y="{high * scale + 17:.0f}" font-family="Arial, Liberation Sans, Helvetica, sans-serif" '
            f'font-size="14" fill="#0b0c0c">{escape(below)}</text></svg>'
        )

    def _line(self, shape: BaseGeometry, west: float, north: float) -> str:
        edge = shapely.simplify(shape, _OUTLINE_METRES).boundary
        parts = []
        for line in shapely.get_parts(edge):
            at = shapely.get_coordinates(line)
            steps = [f"{(e - west) / self.cell:.2f} {(north - n) / self.cell:.2f}" for e, n in at.tolist()]
            parts.append("M" + "L".join(steps))
        return "".join(parts)


def _runs(columns: Whole, rows: Whole) -> list[tuple[int, int, int]]:
    """Squares side by side in a row as one: column, row and how many."""
    found: list[tuple[int, int, int]] = []
    for row, column in sorted(zip(rows.tolist(), columns.tolist(), strict=True)):
        if found and found[-1][1] == row and found[-1][0] + found[-1][2] == column:
            found[-1] = (found[-1][0], row, found[-1][2] + 1)
        else:
            found.append((column, row, 1))
    return found
