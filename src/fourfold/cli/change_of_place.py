"""Commands about crime that moved: between areas, and around one."""

from __future__ import annotations

from typing import Annotated

import typer

from fourfold.cli.answers import show
from fourfold.cli.questions import AsAt, AsJson, Force, From, MeasureName, Stream, To
from fourfold.cli.vehicles import earlier_window
from fourfold.errors import CodeUnknown, RequestInvalid

commands = typer.Typer()
"""They stand in the group `places`."""

Against = Annotated[
    str, typer.Option(help="previous-year, a year (2021), a month (2021-09), a span (2021-01..2021-06) or 2019/20.")
]


@commands.command("moved")
def moved(
    name: MeasureName,
    force: Force,
    layer: Annotated[str, typer.Option("--by", help="The areas: lsoa11, lsoa21, ward24, ltla24 ...")] = "lsoa11",
    first: From = None,
    last: To = None,
    against: Against = "previous-year",
    draws: Annotated[int, typer.Option(help="Draws in which no area's share changes.")] = 999,
    seed: Annotated[int, typer.Option(help="The draws' seed.")] = 20221020,
    stream: Stream = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """What moved between two periods beyond the areas' own variation, and how concentrated each was."""
    from fourfold.analysis import volumes
    from fourfold.analysis.change_of_place import what_moved
    from fourfold.analysis.concentration import concentration
    from fourfold.cli.questions import records_of, scope_of, window_of
    from fourfold.codes.measures import measure
    from fourfold.records.places import area_names, areas_of_force

    if draws < 99:
        raise RequestInvalid("Too few draws are asked for.", remedy="Ask for 99 or more.")
    records, chosen, scope = records_of(as_at), measure(name), scope_of(force, None, None, stream)
    window = window_of(records, chosen, scope, first, last)
    earlier = earlier_window(window, against)
    every = areas_of_force(records, scope.force_id, layer)
    each = tuple(concentration(volumes.breakdown(records, chosen, scope, w, layer), every) for w in (window, earlier))
    grid = volumes.monthly_grid(records, chosen, scope, layer)
    found = what_moved(grid, every, area_names(records, layer), window, earlier, draws=draws, seed=seed, parts=each)
    show([found, *each], as_json)


@commands.command("rings")
def rings(
    name: MeasureName,
    force: Force,
    around: Annotated[str, typer.Option(help="The area's code; its boundary has to be held.")],
    level: Annotated[str | None, typer.Option(help="The area's layer, when its code alone does not tell.")] = None,
    metres: Annotated[
        str, typer.Option(help="The rings' outer ends, in metres from the area's edge.")
    ] = "250,500,1000",
    first: From = None,
    last: To = None,
    against: Against = "previous-year",
    stream: Stream = None,
    as_at: AsAt = None,
    as_json: AsJson = False,
) -> None:
    """An area and the rings around it in two periods: what fell inside, and what rose close by."""
    from fourfold.analysis import change_of_place
    from fourfold.cli.questions import records_of, scope_of, window_of
    from fourfold.codes.areas import layer_of
    from fourfold.codes.measures import measure
    from fourfold.records.places import area_names, shapes_of

    try:
        widths = [float(end) for end in metres.split(",")]
    except ValueError:
        raise RequestInvalid("The rings are not numbers.", remedy="Write them as --metres 250,500,1000.") from None
    records, chosen, scope = records_of(as_at), measure(name), scope_of(force, None, None, stream)
    layer = level or layer_of(around)
    shape = shapes_of(records, scope.force_id, layer).get(around)
    if shape is None:
        raise CodeUnknown(
            "The boundary of that area of the force is not held.", remedy="Import it, or name another area."
        )
    window = window_of(records, chosen, scope, first, last)
    title = area_names(records, layer).get(around, around)
    earlier = earlier_window(window, against)
    show([change_of_place.rings(records, chosen, scope, shape, title, window, earlier, widths)], as_json)
