"""One page as papers print it: the network as a column, and every distinct block beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from compiler.diagram.details import Details
from compiler.diagram.facts import sheet_name
from compiler.diagram.fitting import fitted
from compiler.diagram.heading import Strip, heading, legend, titled, wrapped
from compiler.diagram.laying import Plan, placed
from compiler.diagram.page import amounts, schema
from compiler.diagram.panels import Panel, arranged, panel
from compiler.diagram.spacing import Spacing, spacings
from compiler.picture.sheet import Sheet

NETWORK = "network"
PAGE = 0.8
"""How wide a page is for its height: a printed one, with room for a caption."""
FREE = 100_000.0


def one_page(details: Details) -> Sheet:
    """The network and every distinct block of it. Raises `ValueError` where it can't be so."""
    details.wishes.only("the sheet", "shapes", "fold", "heat")
    room, spaces = details.wishes.room, spacings(details.wishes.shapes)
    if room is None:
        return _sheet(details, spaces[0], FREE, PAGE)
    aspect = room.width / room.height if room.height else PAGE
    return fitted((_sheet(details, space, room.widest, aspect) for space in spaces), room)


def _sheet(details: Details, spacing: Spacing, widest: float, aspect: float) -> Sheet:
    network, wishes = details.network, details.wishes
    plans = dict(_plans(details))
    column, colours = schema(network, wishes)
    parts = [panel(name, plan.about, placed(plan, wishes, spacing)) for name, plan in plans.items()]
    tiles, edges = arranged([Panel(NETWORK, *column), *parts], widest, aspect)
    title, width = network.title or network.name, Panel("", tiles, edges).width
    strips: list[Strip] = []
    if wishes.title:
        strips += titled(title, amounts(network), width, wrap=True)
    if wishes.legend:
        boxes = [box for plan in plans.values() for box in plan.boxes]
        strips += wrapped(colours, width)
        strips += legend(boxes, width, details.common) if boxes else []
    about = f"{amounts(network)}; beside it {', '.join(plans) or 'nothing'}"
    return Sheet(sheet_name(network, "sheet"), title, about, heading(strips), tiles, edges)


def _plans(details: Details) -> Iterator[tuple[str, Plan]]:
    """What stands beside the network, by its name: the stem, blocks, auxiliary heads."""
    network = details.network
    if list(network.sections.values()).count("stem") > 1:
        yield "stem", details.stem_plan()
    for block in details.uses:
        yield block, details.block_plan(block)
    for tap in network.taps:
        yield tap.name, replace(details.aux_plan(tap), note="")
