"""One page as papers print it: the network as a column, and every distinct part of it beside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from compiler.diagram.details import Details
from compiler.diagram.facts import sheet_name
from compiler.diagram.fitting import Room, fitted
from compiler.diagram.heading import Strip, heading, legend, titled, wrapped
from compiler.diagram.laying import Plan, placed
from compiler.diagram.page import Schema, amounts
from compiler.diagram.panels import FEWER, MOST, Panel, letter, panel
from compiler.diagram.rows import is_whole
from compiler.diagram.shelving import arranged, denser
from compiler.diagram.spacing import Spacing, closest
from compiler.diagram.staging import STEM, Letters, block_key, step_key
from compiler.diagram.text import shape
from compiler.ir.nodes import Node, Tap
from compiler.picture.sheet import Sheet, distinct

NETWORK = "network"
PAGE = 0.8
"""How wide a page is for its height: a printed one, with room for a caption."""
FREE = 100_000.0


class Part(NamedTuple):
    """What stands beside the network: what tells it from others, its name, and what it shows."""

    key: str
    name: str
    plan: Plan


def one_page(details: Details) -> Sheet:
    """The network and every distinct part of it. Raises `ValueError` where it can't be so."""
    details.wishes.only("the sheet", "shapes", "fold", "heat")
    room, spaces = details.wishes.room, closest(details.wishes.shapes)
    parts = _parts(details)
    if room is None:
        return _sheet(details, parts, _Page(spaces[0], FREE, PAGE))
    return fitted(_sheets(details, parts, spaces, room), room)


class _Page(NamedTuple):
    """How close parts stand, how wide the page may be, and its shape."""

    spacing: Spacing
    widest: float
    aspect: float


def _sheets(
    details: Details, parts: list[Part], spaces: tuple[Spacing, ...], room: Room
) -> Iterator[Sheet]:
    """The page in every way: parts in the order of the spec, then those of a height together."""
    for spacing in spaces:
        page = _Page(spacing, room.across(spacing.name), room.width / room.tallest)
        yield _sheet(details, parts, page)
    first, *others = _panels(details, parts, spacing)
    keys = {each.name: part.key for each, part in zip(others, parts, strict=True)}
    order = denser([first, *others], page.widest, page.aspect)[1:]
    yield _sheet(details, _parts(details, [keys[each.name] for each in order]), page)


def _sheet(details: Details, parts: list[Part], page: _Page) -> Sheet:
    network, wishes = details.network, details.wishes
    panels = _panels(details, parts, page.spacing)
    tiles, edges = arranged([*panels], page.widest, page.aspect)
    title, width = network.title or network.name, max(tile.left + tile.width for tile in tiles)
    strips: list[Strip] = []
    if wishes.title:
        strips += titled(title, amounts(network), width, wrap=True)
    if wishes.legend:
        boxes = [box for part in parts for box in part.plan.boxes]
        letters = [each for part in parts for each in part.plan.letters]
        pieces = Schema(network, wishes).legend(page.spacing)
        pieces += legend(boxes, details.common, letters) if boxes else []
        strips += wrapped([*dict.fromkeys(pieces)], width)
    about = f"{amounts(network)}; beside it {', '.join(part.name for part in parts) or 'nothing'}"
    return Sheet(sheet_name(network, "sheet"), title, about, heading(strips), tiles, edges)


def _panels(details: Details, parts: list[Part], spacing: Spacing) -> Iterator[Panel]:
    """The network, then its parts."""
    network, names = details.network, {NETWORK}
    column = Schema(network, details.wishes).placed(_letters(parts), spacing)
    passage = f"{shape(network.input)}  →  {shape(network.trunk[-1].out)}"
    yield panel(NETWORK, f"({letter(0)}) {NETWORK}", passage, column)
    most = MOST if spacing.names else FEWER
    for i, (_, name, plan) in enumerate(parts, 1):
        own = distinct(name, names)
        names.add(own)
        boxes = placed(plan, details.wishes, spacing)
        yield panel(own, f"({letter(i)}) {name}", plan.about, boxes, most)


def _letters(parts: list[Part]) -> Letters:
    """The panel of each part of the network."""
    return {part.key: letter(i) for i, part in enumerate(parts, 1)}


def _parts(details: Details, order: Sequence[str] = ()) -> list[Part]:
    """What stands beside the network, in the order of the spec unless keys say otherwise.

    A block inside of another part is one box there, since it has a panel of its own.
    """
    makers = _makers(details)
    keys = order or [*makers]
    letters = {key: letter(i) for i, key in enumerate(keys, 1)}
    blocks = {block: letters[block_key(block)] for block in details.uses}
    inner = replace(details, letters=blocks)
    return [Part(key, *makers[key](inner)) for key in keys]


Maker = Callable[[Details], tuple[str, Plan]]


def _makers(details: Details) -> dict[str, Maker]:
    """The stem, blocks, other steps that have something in them, auxiliary heads: by their keys."""
    network = details.network
    stem = [node for node in network.trunk if network.sections[node.name] == "stem"]
    out: dict[str, Maker] = {}
    if len(stem) > 1 or not all(map(is_whole, stem)):
        out[STEM] = lambda its: (STEM, its.stem_plan())
    for block in details.uses:
        out[block_key(block)] = partial(_block, block)
    for node in network.trunk:
        if network.sections[node.name] != "stem" and not is_whole(node):
            out[step_key(node.name)] = partial(_step, node)
    for tap in network.taps:
        out[step_key(tap.name)] = partial(_head, tap)
    return out


def _block(block: str, details: Details) -> tuple[str, Plan]:
    return block, details.block_plan(block)


def _step(node: Node, details: Details) -> tuple[str, Plan]:
    return node.name, details.part_plan(node.name, node)


def _head(tap: Tap, details: Details) -> tuple[str, Plan]:
    return tap.name, details.aux_plan(tap)
