"""Charts, as Vega-Lite specifications and as SVG: an active title, what is measured, where, when and from where.

Colours are those of the Government Analysis Function; nothing is told by colour alone, lines and columns carry labels,
and every chart comes with its text alternative and the table of what it draws.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from fourfold.analysis.disclosure import CONFIDENTIAL
from fourfold.analysis.findings import Finding, Table, Value
from fourfold.codes.breaks import Break
from fourfold.codes.periods import Window, month_end
from fourfold.publications.sections import Column, PrintedTable
from fourfold.publications.sentences import (
    Figure,
    Moment,
    Piece,
    Sentence,
    cell_figure,
    cell_text,
    change_sentence,
    expectation_sentence,
    figure_text,
    sentence,
)

DARK_BLUE, ORANGE, GREY, BAND = "#12436D", "#F46A25", "#3D3D3D", "#D9E1E8"
_SHADED = (
    "Shaded: the range in which each month would lie had nothing changed; broken line: the middle of what is expected."
)
_FONT = "Arial, Liberation Sans, Helvetica, sans-serif"
WITHHELD_MARK = (
    f"Counts marked {CONFIDENTIAL} are withheld: small, or such that a small one could be worked out with them."
)
_WIDTH, _HEIGHT = 620, 210
_FEW_WEEKS = 9
"""Up to so many weeks are each named on an axis; of more, the months."""
_ROOM_FOR_LABELS = {"left": 5, "top": 5, "right": 30, "bottom": 5}


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A chart or a map ready to print: its specification, what it says in words, and its table."""

    title: str
    subtitle: str
    source: str
    alternative: str
    spec: dict[str, Any]
    table: Table
    finding: Finding
    beside: tuple[Sentence, ...] = ()
    """What has to be read with it, and stands below it."""
    caption: str = ""
    """What its table is called."""

    def svg(self) -> str:
        """The picture as SVG, the same bytes each time for the same specification."""
        # A drawing may be copied without the words around it: one of what is invented says so itself.
        mark = {"title": {"text": "FICTITIOUS", "anchor": "end"}} if "FICTITIOUS" in self.subtitle else {}
        return _svg(json.dumps({**self.spec, **mark}, sort_keys=True))

    def png(self, scale: float = 2.0) -> bytes:
        """The picture as PNG, for documents that cannot hold SVG."""
        import vl_convert

        return bytes(vl_convert.svg_to_png(self.svg(), scale=scale))

    def printed(self) -> PrintedTable:
        """The table that stands with it, each number bound."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Chart(Picture):
    """A series by month or quarter, with the two windows that are compared, and what the later one's months should be."""

    expectation: Finding | None = None

    def printed(self) -> PrintedTable:
        """Period, count, which window it belongs to, and of the later window's months what was to be expected."""
        series = self.finding.parts[2]
        held = [str(row[0]) for row in series.table.rows] if series.table else []
        expected = _by_month(self.expectation)
        rows: list[tuple[Piece, ...]] = []
        for month, label, n, window in self.table.rows:
            row: list[Piece] = [
                Moment(str(label), str(month)),
                Figure(cell_text(n, "count"), series, (held.index(str(month)), "count")),
            ]
            if self.expectation is not None:
                at = expected.get(str(month))
                names = ("expected", "lower", "upper")
                row += [cell_figure(self.expectation, at, name) if at is not None else "" for name in names]
            later, earlier = (one.label for one in self.finding.windows[:2])
            rows.append((*row, {later: "later", earlier: "earlier"}.get(str(window), "")))
        heads = [Column("Period", width=2.2), Column("Count", True)]
        if self.expectation is not None:
            heads += [Column("Expected", True, 1.25), Column("Least", True), Column("Most", True)]
        note = WITHHELD_MARK if CONFIDENTIAL in self.table.column("count") else ""
        return PrintedTable(self.caption, (*heads, Column("Window", width=1.1)), tuple(rows), note)


def _by_month(expectation: Finding | None) -> dict[str, int]:
    """The row of each month in an expectation's table."""
    if expectation is None or expectation.table is None:
        return {}
    return {str(month): at for at, month in enumerate(expectation.table.column("month"))}


@lru_cache(maxsize=64)
def _svg(spec: str) -> str:
    import vl_convert

    return str(vl_convert.vegalite_to_svg(spec))


def change_chart(
    change: Finding, breaks: tuple[Break, ...] = (), fictitious: bool = False, *, expectation: Finding | None = None,
    title: str | None = None,
) -> Chart:  # fmt: skip
    """The series behind a change, its two windows marked: a line by month, or columns where only quarters are held.

    Quarters are drawn for the quarter of the year that is compared, one column a year. With an `expectation`, the range
    in which the later window's months would lie, had nothing changed, is shaded. `title` is what the measure is called.
    """
    history = change.parts[2]
    is_quarterly = history.parameters.get("grain") == "quarter"
    rows = _quarters(change) if is_quarterly else _months(change)
    band = _band(expectation, change.windows[0])
    spec = _columns(rows) if is_quarterly else _line(rows, breaks, band)
    caption = f"{change.definition.title}, {change.area}, {_span(rows)}"
    caption += ". FICTITIOUS" if fictitious and "FICTITIOUS" not in caption else ""
    said = change_sentence(change, title).text
    if band and expectation is not None:
        said += f" {expectation_sentence(expectation, change.windows[0]).text}"
    if any(row["count"] == CONFIDENTIAL for row in rows):
        said += f" {WITHHELD_MARK}"
    return Chart(
        title=_title(change, title or change.title),
        subtitle=caption,
        beside=(sentence(_SHADED),) if band else (),
        source="Source: " + "; ".join(change.sources),
        alternative=f"Chart. {caption}. {said}",
        spec={**_base(), **spec},
        table=Table(
            columns=("month", "period", "count", "window"),
            rows=tuple((r["month"], r["label"], r["count"], r["window"]) for r in rows),
        ),
        finding=change,
        caption=caption,
        expectation=expectation if band else None,
    )


@dataclass(frozen=True, kw_only=True)
class ControlChart(Picture):
    """A series against the limits of its own ordinary variation, the months that stand out marked."""

    def printed(self) -> PrintedTable:
        """Each month with its count, mean and limits, and how it stands out."""
        assert self.finding.table is not None
        numbers = ("count", "mean", "lower", "upper")
        rows: tuple[tuple[Piece, ...], ...] = tuple(
            (
                Moment(f"{date.fromisoformat(str(row['month'])):%B %Y}", str(row["month"])),
                *(cell_figure(self.finding, at, name) for name in numbers),
                str(row["exceptional"] or ""),
            )
            for at, row in enumerate(self.finding.table.records())
        )
        heads = (Column("Month", width=2), Column("Count", True), Column("Mean", True), Column("Lower limit", True, 1.3),
                 Column("Upper limit", True, 1.3), Column("Stands out", width=1.3))  # fmt: skip
        return PrintedTable(self.caption, heads, rows)


def control_picture(control: Finding, breaks: tuple[Break, ...] = (), fictitious: bool = False) -> ControlChart:
    """A Finding of kind "control chart" drawn: the series, its mean and limits, and a square about each month that stands out."""
    assert control.kind == "control chart"
    assert control.table is not None
    rows = control.table.records()
    odd = [row for row in rows if row["exceptional"]]
    first, last = (f"{date.fromisoformat(str(rows[at]['month'])):%B %Y}" for at in (0, -1))
    caption = f"{control.definition.title}, {control.area}, {first} to {last}, against its own ordinary variation"
    caption += ". FICTITIOUS" if fictitious and "FICTITIOUS" not in caption else ""
    named = [f"{date.fromisoformat(str(row['month'])):%B %Y} ({row['exceptional']})" for row in odd]
    said = f"{len(odd)} of {len(rows)} months stand out" + (f": {', '.join(named[-6:])}." if odd else ".")
    return ControlChart(
        title=f"{control.definition.title}: {len(odd) or 'no'} month{'' if len(odd) == 1 else 's'} beyond ordinary variation",
        subtitle=caption, caption=caption, source="Source: " + "; ".join(control.sources),
        alternative=f"Control chart. {caption}. {said}",
        spec={**_base(), "padding": _ROOM_FOR_LABELS, "layer": _controlled(rows, odd, breaks)},
        table=control.table, finding=control,
    )  # fmt: skip


def _controlled(
    rows: list[dict[str, Any]], odd: list[dict[str, Any]], breaks: tuple[Break, ...]
) -> list[dict[str, Any]]:
    """The layers of a control chart: limits as stepped broken lines, the mean, the series, and the months that stand out."""
    x = {
        "field": "month",
        "type": "temporal",
        "axis": {"title": None, "format": "%b %Y", "labelAngle": 0, "grid": False},
    }

    def y(name: str) -> dict[str, Any]:
        axis = {"title": "Recorded in the month", "titleAngle": 0, "titleAlign": "left", "titleAnchor": "start", "titleY": -12,
                "tickCount": 5}  # fmt: skip
        return {"field": name, "type": "quantitative", "axis": axis, "scale": {"zero": True}}

    # A count is never below none, so neither is the limit drawn there.
    drawn = [{**row, "lower": max(0.0, float(row["lower"]))} for row in rows]
    top = max(float(row[name]) for row in drawn for name in ("count", "upper"))
    ends: list[dict[str, Any]] = []
    for name, words in (("upper", "upper limit"), ("mean", "mean"), ("lower", "lower limit")):
        at = float(drawn[-1][name])
        if all(abs(at - one["at"]) > 0.06 * top for one in ends):  # lines that lie together are named once
            ends.append({"month": drawn[-1]["month"], "at": at, "label": words})
    limits = [
        {"data": {"values": drawn}, "mark": {"type": "line", "color": colour, "strokeDash": dash, "strokeWidth": 1.5},
         "encoding": {"x": x, "y": y(name)}}
        for name, colour, dash in (("upper", ORANGE, [6, 4]), ("mean", GREY, [2, 3]), ("lower", ORANGE, [6, 4]))
    ]  # fmt: skip
    layers = [
        *limits,
        {"data": {"values": drawn}, "mark": {"type": "line", "color": DARK_BLUE, "strokeWidth": 2,
         "point": {"color": DARK_BLUE, "size": 18}}, "encoding": {"x": x, "y": y("count")}},
        {"data": {"values": odd}, "mark": {"type": "point", "shape": "square", "size": 130, "color": GREY, "strokeWidth": 2},
         "encoding": {"x": x, "y": y("count")}},
        {"data": {"values": ends}, "mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 12},
         "encoding": {"x": x, "y": y("at"), "text": {"field": "label"}}},
    ]  # fmt: skip
    crossed = [b for b in breaks if str(rows[0]["month"]) < b.on.isoformat() <= str(rows[-1]["month"])]
    if crossed:
        marks = {"values": [{"month": b.on.isoformat()} for b in crossed]}
        layers.append(
            {"data": marks, "mark": {"type": "rule", "strokeDash": [2, 3], "color": GREY}, "encoding": {"x": x}}
        )
    return layers


@dataclass(frozen=True, kw_only=True)
class BacklogChart(Picture):
    """Who waits for care at the end of each week under what is asked, with the range of the runs, beside how it is now."""

    now: Finding

    def printed(self) -> PrintedTable:
        """Week by week: who came, who waits, the range, and who would wait as it is now."""
        assert self.finding.table is not None
        rows: tuple[tuple[Piece, ...], ...] = tuple(
            (
                Moment(f"{date.fromisoformat(str(row['week'])):%-d %B %Y}", str(row["week"])),
                *(cell_figure(self.finding, at, name) for name in ("came", "waiting", "low", "high")),
                cell_figure(self.now, at, "waiting"),
            )
            for at, row in enumerate(self.finding.table.records())
        )
        heads = (Column("Week of", width=2), Column("Came", True), Column("Waiting", True), Column("Low", True),
                 Column("High", True), Column("As it is now", True, 1.3))  # fmt: skip
        return PrintedTable(self.caption, heads, rows)


def backlog_picture(asked: Finding, now: Finding, fictitious: bool = False) -> BacklogChart:
    """Two Findings of kind "capacity backlog" of one window drawn: what is asked, its range shaded, and how it is now."""
    assert asked.kind == now.kind == "capacity backlog"
    assert asked.table is not None
    assert now.table is not None
    rows, before = asked.table.records(), now.table.records()
    caption = f"Victims waiting for care at the end of each week, {asked.area}, {asked.windows[0].label}"
    caption += ". FICTITIOUS" if fictitious and "FICTITIOUS" not in caption else ""
    ends = [int(str(each[-1]["waiting"])) if each else 0 for each in (rows, before)]
    said = f"At the end {ends[0]:,} wait as asked" + (f" ({rows[-1]['low']:,} to {rows[-1]['high']:,})" if rows else "")
    return BacklogChart(
        title=f"{ends[0]:,} would wait at the end, where {ends[1]:,} wait as it is now", subtitle=caption, caption=caption,
        source="Source: " + "; ".join(asked.sources), alternative=f"Chart. {caption}. {said}, and {ends[1]:,} as it is now.",
        spec={**_base(), "padding": {**_ROOM_FOR_LABELS, "right": 90}, "layer": _backlogs(rows, before)},
        table=asked.table, finding=asked, now=now,
    )  # fmt: skip


def _backlogs(rows: list[dict[str, Any]], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The layers: the range of the runs, the asked line, the line as it is now, each named at its end."""
    x = {
        "field": "week",
        "type": "temporal",
        "axis": {"title": None, "format": "%b %Y", "labelAngle": 0, "grid": False},
    }
    axis = {
        "title": "Waiting",
        "titleAngle": 0,
        "titleAlign": "left",
        "titleAnchor": "start",
        "titleY": -12,
        "tickCount": 5,
    }
    y = {"field": "waiting", "type": "quantitative", "axis": axis, "scale": {"zero": True}}
    top = max((int(str(row["high"])) for row in [*rows, *before]), default=0)
    ends = [{"week": each[-1]["week"], "at": each[-1]["waiting"], "label": label}
            for each, label in ((rows, "as asked"), (before, "as it is now")) if each]  # fmt: skip
    if len(ends) == 2 and abs(int(str(ends[0]["at"])) - int(str(ends[1]["at"]))) <= 0.07 * top:
        ends = [{**ends[0], "label": "both"}]  # lines that lie together are named once
    return [
        {"data": {"values": rows}, "mark": {"type": "area", "color": BAND},
         "encoding": {"x": x, "y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}}},
        {"data": {"values": before}, "mark": {"type": "line", "color": ORANGE, "strokeWidth": 2.5, "strokeDash": [5, 3]},
         "encoding": {"x": x, "y": y}},
        {"data": {"values": rows}, "mark": {"type": "line", "color": DARK_BLUE, "strokeWidth": 3}, "encoding": {"x": x, "y": y}},
        {"data": {"values": ends}, "mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 13},
         "encoding": {"x": x, "y": {"field": "at", "type": "quantitative"}, "text": {"field": "label"}}},
    ]  # fmt: skip


def repeats_picture(repeats: Finding, fictitious: bool = False) -> Picture:
    """Bands of distance (down) and of days (across): how many times the pairs to be expected; repeats carry a star."""
    assert repeats.table is not None
    rows = [
        {"metres": f"{r['from_m']:g} to {r['to_m']:g} m", "days": f"{r['from_days']} to {r['to_days']} days",
         "ratio": r["ratio"], "said": _ratio_said(r["ratio"], r["judgement"])}
        for r in repeats.table.records()
    ]  # fmt: skip
    x = {"field": "days", "type": "ordinal", "sort": None, "axis": {"title": "Days between", "labelAngle": 0}}
    y = {"field": "metres", "type": "ordinal", "sort": None, "axis": {"title": None, "minExtent": 96}}
    colour = {"field": "ratio", "type": "quantitative", "legend": None,
              "scale": {"domain": [0.5, 1, 2], "range": ["#ffffff", "#D9E1E8", "#12436D"], "clamp": True}}  # fmt: skip
    text = {"condition": {"test": "datum.ratio > 1.6", "value": "#ffffff"}, "value": "#0b0c0c"}
    spec = {
        **_base(), "data": {"values": rows}, "height": 34 * len({r["metres"] for r in rows}),
        "layer": [
            {"mark": {"type": "rect", "stroke": "#595d5f"}, "encoding": {"x": x, "y": y, "color": colour}},
            {"mark": "text", "encoding": {"x": x, "y": y, "text": {"field": "said"}, "color": text}},
        ],
    }  # fmt: skip
    found = [f"{r['metres']} and {r['days']}" for r in rows if str(r["said"]).endswith("*")]
    said = f"Repeats beyond chance: {'; '.join(found)}" if found else "No band has repeats beyond chance"
    return Picture(
        title="Pairs of events, over what any other order of the same days would give",
        subtitle=f"{repeats.area}, {repeats.windows[0].label}{', FICTITIOUS' if fictitious else ''}",
        source="; ".join(repeats.sources), alternative=f"{said}.", spec=spec, table=repeats.table, finding=repeats,
        caption="Each band of distance and days",
    )  # fmt: skip


def _ratio_said(ratio: Any, judgement: Any) -> str:
    return "none" if ratio is None else f"{ratio:.2f}{'*' if judgement == 'repeat' else ''}"


def recovery_picture(cohorts: Finding, age: int, fictitious: bool = False) -> Picture:
    """Each month's rate at one age as a line with points; of months not yet known, the least and most that it can come to."""
    assert cohorts.table is not None
    rows = []
    for r in cohorts.table.records():
        stolen, found, open_ = (int(r[c] or 0) for c in ("stolen", f"found_{age}_days", f"not_yet_known_{age}_days"))
        if stolen:
            rate = r[f"rate_{age}_days"]
            rows.append({
                "month": r["month"], "rate": 100 * float(rate) if rate is not None else None, "low": 100 * found / stolen,
                "high": 100 * (found + open_) / stolen,
            })  # fmt: skip
    x = {
        "field": "month",
        "type": "temporal",
        "axis": {
            "title": None,
            "format": "%b %Y",
            "labelAngle": 0,
            "grid": False,
            "labelOverlap": True,
            "labelSeparation": 12,
        },
    }
    y = {
        "field": "rate",
        "type": "quantitative",
        "axis": {"title": "%", "titleAngle": 0, "tickCount": 5},
        "scale": {"zero": True},
    }
    known = [r for r in rows if r["rate"] is not None]
    unknown = [r for r in rows if r["rate"] is None]
    layers: list[dict[str, Any]] = [
        {"data": {"values": known}, "mark": {"type": "line", "color": DARK_BLUE, "strokeWidth": 3, "point": {"color": DARK_BLUE}},
         "encoding": {"x": x, "y": y}},
    ]  # fmt: skip
    if unknown:
        layers.append({
            "data": {"values": unknown}, "mark": {"type": "rule", "strokeWidth": 8, "color": GREY, "opacity": 0.5},
            "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
        })  # fmt: skip
    ends = "no month is known yet"
    if known:
        ends = " to ".join(f"{one['rate']:.0f}% in {str(one['month'])[:7]}" for one in (known[0], known[-1]))
    return Picture(
        title=f"Stolen vehicles found within {age} days, by the month in which the crime was recorded",
        subtitle=f"{cohorts.area}, {cohorts.windows[0].label}{', FICTITIOUS' if fictitious else ''}. Bars: months not yet "
        "known, from the least to the most that they can come to",
        source="; ".join(cohorts.sources),
        alternative=f"Line chart of each month's rate: {ends}; {len(unknown)} months are not yet known.",
        spec={**_base(), "layer": layers}, table=cohorts.table, finding=cohorts, caption="Each month's vehicles at each age",
    )  # fmt: skip


def vulnerable_picture(kinds: Finding, most: int = 12, fictitious: bool = False) -> Picture:
    """The first kinds by their rate, with the limits of each and how often it stands among the first."""
    assert kinds.table is not None
    rows = [
        {"kind": f"{r['make']} {r['model']}", "rate": r["rate"], "low": r["low"], "high": r["high"],
         "said": f"{100 * float(r['among_first'] or 0):.0f} in 100"}
        for r in kinds.table.records() if r["rank"] is not None
    ][:most]  # fmt: skip
    y = {"field": "kind", "type": "ordinal", "sort": None, "axis": {"title": None, "labelLimit": 220}}
    x = {"field": "rate", "type": "quantitative", "axis": {"title": "For each 1,000 licensed"}, "scale": {"zero": True}}
    spec = {
        **_base(), "data": {"values": rows}, "height": 26 * max(len(rows), 1),
        "padding": {**_ROOM_FOR_LABELS, "left": 30, "right": 70},
        "layer": [
            {"mark": {"type": "rule", "strokeWidth": 3, "color": GREY},
             "encoding": {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"}}},
            {"mark": {"type": "point", "filled": True, "size": 90, "color": DARK_BLUE, "opacity": 1}, "encoding": {"y": y, "x": x}},
            {"mark": {"type": "text", "align": "left", "dx": 6},
             "encoding": {"y": y, "x": {**x, "field": "high"}, "text": {"field": "said"}}},
        ],
    }  # fmt: skip
    first = kinds.parameters["first"]
    leading = ", ".join(str(r["kind"]) for r in rows[:first])
    return Picture(
        title=f"{kinds.title}, with exact limits",
        subtitle=f"{kinds.area}, {kinds.windows[0].label}{', FICTITIOUS' if fictitious else ''}. Beside each: in how many of a "
        f"hundred draws it is among the first {first}",
        source="; ".join(kinds.sources), alternative=f"The highest rates are of {leading}. {kinds.verdict}", spec=spec,
        table=kinds.table, finding=kinds, caption="Each make and model",
    )  # fmt: skip


def _title(change: Finding, title: str) -> str:
    """What the chart shows, in some ten words."""
    if change.value is None:
        return f"{title} by {change.parts[2].parameters.get('grain', 'month')}"
    if not isinstance(change.value, (int, float)) or change.value == 0:
        return f"{title}: no change to report"
    verdict = (change.verdict or "").partition(":")[0]
    if verdict == "no clear change":
        return f"{title} shows no clear change"
    verb = "rose" if change.value > 0 else "fell"
    return f"{title} {verb} {figure_text(change, 'size')}"


def _band(expectation: Finding | None, window: Window) -> list[dict[str, Any]]:
    """The range expected of each month of a window."""
    if expectation is None or expectation.table is None:
        return []
    rows = expectation.table.records()
    return [row for row in rows if window.first.isoformat() <= str(row["month"]) <= window.last.isoformat()]


def _months(change: Finding) -> list[dict[str, Any]]:
    later, earlier = change.windows[0], change.windows[1]
    rows = []
    for month, n in _held(change):
        if month <= later.last:
            rows.append(
                {
                    "month": month.isoformat(),
                    "label": f"{month:%B %Y}",
                    "count": n,
                    "window": _window(month, later, earlier),
                }
            )
    return rows


def _quarters(change: Finding) -> list[dict[str, Any]]:
    later, earlier = change.windows[0], change.windows[1]
    return [
        {
            "month": month.isoformat(),
            "label": Window(month, month_end(month.replace(month=month.month + 2))).label,
            "year": f"{month.year}",
            "count": n,
            "window": _window(month, later, earlier),
        }
        for month, n in _held(change)
        if month.month == later.first.month and month <= later.last
    ]


def _held(change: Finding) -> list[tuple[date, Value]]:
    table = change.parts[2].table
    assert table is not None
    return [(date.fromisoformat(str(month)), n) for month, n in table.rows]


def _window(month: date, later: Window, earlier: Window) -> str:
    if later.first <= month <= later.last:
        return later.label
    return earlier.label if earlier.first <= month <= earlier.last else "other months"


def _span(rows: list[dict[str, Any]]) -> str:
    return f"{rows[0]['label']} to {rows[-1]['label']}" if len(rows) > 1 else str(rows[0]["label"] if rows else "")


def _base() -> dict[str, Any]:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": _WIDTH,
        "height": _HEIGHT,
        "background": "white",
        "config": {
            "font": _FONT,
            "view": {"stroke": None},
            "axis": {
                "labelFontSize": 13, "titleFontSize": 13, "titleFontWeight": "normal", "labelColor": "#0b0c0c",
                "titleColor": "#0b0c0c", "gridColor": "#cfd4d6", "domainColor": "#595d5f", "tickColor": "#595d5f",
            },
            "text": {"fontSize": 13, "color": "#0b0c0c"},
        },
    }  # fmt: skip


def _line(rows: list[dict[str, Any]], breaks: tuple[Break, ...], band: list[dict[str, Any]]) -> dict[str, Any]:
    x = {
        "field": "month",
        "type": "temporal",
        "axis": {"title": None, "format": "%b %Y", "labelAngle": 0, "grid": False},
    }
    y = {"field": "count", "type": "quantitative", "axis": {"title": "Recorded in the month", "titleAngle": 0,
         "titleAlign": "left", "titleAnchor": "start", "titleY": -12, "tickCount": 5}, "scale": {"zero": True}}  # fmt: skip
    hidden = [{**r, "count": 0, "mark": CONFIDENTIAL} for r in rows if r["count"] == CONFIDENTIAL]
    rows = [{**r, "count": None if r["count"] == CONFIDENTIAL else r["count"]} for r in rows]
    windows = sorted({r["window"] for r in rows} - {"other months"}, key=lambda w: [r["window"] for r in rows].index(w))
    labels = []
    for name in windows:
        inside = [r for r in rows if r["window"] == name]
        # Set to the left of the window's end: labels of windows side by side do not meet, nor leave the chart.
        labels.append({"month": inside[-1]["month"], "count": max(r["count"] or 0 for r in inside), "label": name})
    layers: list[dict[str, Any]] = [
        *_shaded(band, x),
        {
            "data": {"values": rows},
            "mark": {"type": "line", "color": GREY, "strokeWidth": 1.5},
            "encoding": {"x": x, "y": y},
        },
    ]
    for name, colour, dash in zip(windows, (ORANGE, DARK_BLUE), ([5, 3], [1, 0]), strict=False):
        layers.append({
            "data": {"values": [r for r in rows if r["window"] == name]},
            "mark": {"type": "line", "color": colour, "strokeWidth": 3.5, "strokeDash": dash,
                     "point": {"color": colour, "size": 45, "shape": "circle" if dash == [1, 0] else "square"}},
            "encoding": {"x": x, "y": y},
        })  # fmt: skip
    layers.append({
        "data": {"values": labels},
        "mark": {"type": "text", "dy": -14, "fontWeight": "bold", "align": "right"},
        "encoding": {"x": x, "y": y, "text": {"field": "label"}},
    })  # fmt: skip
    if hidden:
        layers.append({
            "data": {"values": hidden}, "mark": {"type": "text", "dy": -6, "color": GREY},
            "encoding": {"x": x, "y": y, "text": {"field": "mark"}},
        })  # fmt: skip
    first, last = rows[0]["month"], rows[-1]["month"]
    crossed = [{"month": b.on.isoformat(), "label": b.title} for b in breaks if first < b.on.isoformat() <= last]
    if crossed:
        layers += [
            {"data": {"values": crossed}, "mark": {"type": "rule", "strokeDash": [2, 3], "color": GREY}, "encoding": {"x": x}},
            {"data": {"values": crossed}, "mark": {"type": "text", "align": "left", "dx": 5, "fontStyle": "italic"},
             "encoding": {"x": x, "y": {"value": _HEIGHT - 8}, "text": {"field": "label"}}},
        ]  # fmt: skip
    return {"layer": layers}


def _shaded(band: list[dict[str, Any]], x: dict[str, Any]) -> list[dict[str, Any]]:
    """The range expected of each month, shaded, and the expected count as a fine broken line."""
    if not band:
        return []
    # One month has no breadth: it is drawn as a bar.
    mark = {"type": "bar", "width": 12, "color": BAND} if len(band) == 1 else {"type": "area", "color": BAND}
    y = {"field": "lower", "type": "quantitative"}
    return [
        {"data": {"values": band}, "mark": mark, "encoding": {"x": x, "y": y, "y2": {"field": "upper"}}},
        {"data": {"values": band}, "mark": {"type": "line", "color": "#595d5f", "strokeWidth": 1, "strokeDash": [2, 2]},
         "encoding": {"x": x, "y": {"field": "expected", "type": "quantitative"}}},
    ]  # fmt: skip


def _columns(rows: list[dict[str, Any]]) -> dict[str, Any]:
    x = {"field": "year", "type": "ordinal", "axis": {"title": "April to June of each year" if rows and rows[0]["month"][5:7] == "04"
         else "The same quarter of each year", "labelAngle": 0, "domain": True, "ticks": False}}  # fmt: skip
    y = {"field": "count", "type": "quantitative", "axis": {"title": "Recorded in the quarter", "titleAngle": 0,
         "titleAlign": "left", "titleAnchor": "start", "titleY": -12, "tickCount": 5}}  # fmt: skip
    hidden = [{**r, "count": 0, "mark": CONFIDENTIAL} for r in rows if r["count"] == CONFIDENTIAL]
    rows = [r for r in rows if r["count"] != CONFIDENTIAL]
    marked = {"data": {"values": hidden}, "mark": {"type": "text", "dy": -8}, "encoding": {"text": {"field": "mark"}}}
    compared = {"condition": {"test": "datum.window === 'other months'", "value": "#7b93a7"}, "value": DARK_BLUE}
    return {
        "data": {"values": rows},
        "encoding": {"x": x, "y": y},
        "layer": [
            {"mark": {"type": "bar", "width": {"band": 0.7}}, "encoding": {"color": compared}},
            {"mark": {"type": "text", "dy": -8}, "encoding": {"text": {"field": "count", "type": "quantitative", "format": ","},
             "opacity": {"condition": {"test": "datum.window === 'other months'", "value": 0}, "value": 1}}},
            *([marked] if hidden else []),
        ],
    }  # fmt: skip
