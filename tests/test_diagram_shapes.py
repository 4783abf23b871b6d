"""With `--shapes` every box says what comes out, and every line leads from what goes in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

import dsl
from compiler.diagram import Wishes, draw, parts
from compiler.lowering.lower import lower
from compiler.picture import Sheet
from compiler.picture.sheet import Tile

NUMBERS = re.compile(r"\d+( × \d+)*")
NETWORKS = ["googlenet", "inception_resnet_v2", "inception_unet", "inception_time", "i3d"]
"""Auxiliary heads, sums, transposed convolutions; two, one and three axes."""


def shown(tile: Tile) -> str:
    """The last thing that a box says which may be a shape."""
    texts = [run.text for line in tile.label for cell in line.cells for run in cell.runs]
    return next((text for text in reversed(texts) if NUMBERS.fullmatch(text)), "")


def passage(tile: Tile) -> tuple[list[str], str] | None:
    """What goes into a box and what comes out, as the pointer tells it."""
    for line in tile.tooltip.split("\n"):
        before, arrow, after = line.partition(" → ")
        if arrow:
            return before.split(", "), after
    return None


def untrue(sheet: Sheet) -> Iterator[str]:
    """Boxes that show another shape than theirs, and lines that begin at another.

    Those of several uses that differ have letters.
    """
    tiles = {tile.name: tile for tile in sheet.tiles if ", the first of " not in tile.tooltip}
    told = {name: found for name, tile in tiles.items() if (found := passage(tile))}
    yield from (name for name, (_, out) in told.items() if shown(tiles[name]) != out)
    for edge in sheet.edges:
        tail, head = edge.tail.tile, edge.head.tile
        if head in told and tail in tiles and shown(tiles[tail]) not in told[head][0]:
            yield f"{tail} to {head}"


@pytest.mark.parametrize("name", NETWORKS)
def test_every_box_of_the_full_drawing_has_its_shapes(name: str) -> None:
    network = lower(dsl.load(name))
    sheet = draw(network, "full", Wishes(shapes=True, fold=True)).sheet
    assert sum(passage(tile) is not None for tile in sheet.tiles) > 20
    assert [*untrue(sheet)] == []


@pytest.mark.parametrize("name", NETWORKS)
def test_so_have_stems_and_heads(name: str) -> None:
    network = lower(dsl.load(name))
    for part in {"stem", *(tap.name for tap in network.taps)} & {*parts(network)}:
        assert [*untrue(draw(network, part, Wishes(shapes=True)).sheet)] == [], part
