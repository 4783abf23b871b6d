"""Drawings as they are wished for: which part, how wide, in which layout, and what is told."""

from __future__ import annotations

import re
from itertools import combinations, pairwise

import pytest

from compiler.diagram import Wishes, draw
from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, nodes
from compiler.lowering.lower import lower
from compiler.ops.words import is_unit
from compiler.picture.sheet import Sheet
from dsl import load, loads
from tests.networks import TEXTS, crosses, network, shown


def sheet(name: str, what: str, wishes: Wishes) -> Sheet:
    return draw(of(name), what, wishes).sheet


def of(name: str) -> Network:
    return network(name) if name in TEXTS else lower(load(name))


def hold(drawn: Sheet) -> None:
    """No box on another, no slanted edge, no edge through a box, all texts in their cells."""
    for one, other in combinations(drawn.tiles, 2):
        apart = one.left + one.width <= other.left or other.left + other.width <= one.left
        upright = one.top + one.height <= other.top or other.top + other.height <= one.top
        assert apart or upright, (one.name, other.name)
    for edge in drawn.edges:
        for (x, y), (further, below) in pairwise(edge.points):
            assert abs(x - further) < 0.01 or abs(y - below) < 0.01, edge
            ends = (min(x, further), max(x, further), min(y, below), max(y, below))
            assert not any(crosses(tile, *ends) for tile in drawn.tiles), edge
    for tile in drawn.tiles:
        assert sum(line.height for line in tile.label) <= tile.height + 0.01, shown(tile)
        for line in tile.label:
            assert line.width <= tile.width + 0.01, shown(tile)
            for cell in line.cells:
                assert sum(run.room for run in cell.runs) <= cell.width + 2.5, shown(tile)


@pytest.mark.parametrize(
    ("name", "path"),
    [("inception_v3", "mixed_6d"), ("inception_v4", "inception_b.3"), ("residual", "twice.1"),
     ("nested", "stem"), ("inception_resnet_v2", ".block8"), ("small", "aux1.fc")],
)  # fmt: skip
def test_a_step_is_drawn_by_its_path_in_its_own_numbers(name: str, path: str) -> None:
    if path == "stem":
        path = of(name).nodes[0].name
    drawn = sheet(name, path, Wishes(shapes=True))
    hold(drawn)
    path = path.removeprefix(".")
    found = dict(nodes(of(name).nodes))
    names = {tile.name for tile in drawn.tiles}
    for inner, node in found.items():
        within = inner == path or inner.startswith(f"{path}.")
        inside_a_unit = is_unit(found.get(inner.rpartition(".")[0], node)) and not is_unit(node)
        if within and (is_unit(node) or isinstance(node, Leaf)) and not inside_a_unit:
            assert inner in names
            names.remove(inner)
    text = " ".join(map(shown, drawn.tiles))
    assert not re.search(r"in_channels|[A-Za-z]\w* \* ", text)


def test_a_use_says_what_it_was_called_with() -> None:
    drawn = sheet("inception_v3", "mixed_6d", Wishes())
    assert drawn.title == "Inception-v3 · mixed_6d"
    assert drawn.about == "B with c7=160, 488 M MACs, 1,691,008 parameters"
    assert sum("160" in shown(tile) for tile in drawn.tiles) == 6


@pytest.mark.parametrize(
    ("what", "hint"),
    [("mixed_6g", "Did you mean mixed_6e?"), ("mixed_6d.branch8", "Did you mean mixed_6d.branch4"),
     ("mixed_6d.", "there is no mixed_6d. to draw"), ("", "there is no"), ("..", "there is no"),
     ("overviw", "Did you mean overview?")],
)  # fmt: skip
def test_what_there_is_none_of_is_refused_with_a_hint(what: str, hint: str) -> None:
    with pytest.raises(LookupError, match=re.escape(hint)):
        sheet("inception_v3", what, Wishes())


def test_shapes_are_told_inside_branches() -> None:
    drawn = sheet("inception_v3", "B", Wishes(shapes=True))
    hold(drawn)
    assert "7×1 c7 c7 × 17 × 17" in [shown(tile) for tile in drawn.tiles]


STRIDED = """
name: a
input: [3, 32, 32]
classes: 2
reduction: {R: {params: [w], concat: [[1x1 4, 3x3 w /2, 1x1 4], maxpool 3x3 /2]}}
body: [a: R w=8, b: R w=8]
"""


def test_where_uses_have_other_extents_shapes_are_letters() -> None:
    drawn = draw(lower(loads(STRIDED)), "R", Wishes(shapes=True)).sheet
    hold(drawn)
    told = [shown(tile) for tile in drawn.tiles]
    assert "1×1 4 4 × H × W" in told and "3×3 w s2 w × H′ × W′" in told


def test_title_and_legend_can_be_left_out() -> None:
    both, title, legend, none = (
        sheet("small", what, Wishes(title=t, legend=g))
        for what in ("A",)
        for t in (True, False)
        for g in (True, False)
    )
    assert both.head_height > max(title.head_height, legend.head_height)
    assert min(title.head_height, legend.head_height) > none.head_height
    bare = sheet("small", "overview", Wishes(title=False, legend=False))
    assert not [run for line in bare.heading for cell in line.cells for run in cell.runs]
