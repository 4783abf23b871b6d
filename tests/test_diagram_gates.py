"""Products in drawings: a bar of their own, gates by their shape, the input past them."""

from __future__ import annotations

from functools import cache

import pytest

from compiler import diagram
from compiler.diagram.chains import Planner
from compiler.diagram.facts import Habit
from compiler.diagram.items import Split
from compiler.diagram.kernels import strip
from compiler.diagram.naming import subtitle
from compiler.diagram.style import LOOKS
from compiler.diagram.text import plain
from compiler.diagram.uses import uses
from compiler.ir.nodes import Node
from tests.networks import network, shown


@cache
def words(part: str) -> list[str]:
    """The words of every box of a drawing of the gated network."""
    return [shown(tile) for tile in diagram.drawings(network("gated"))[part].tiles]


def step(name: str) -> Node:
    return next(node for node in network("gated").nodes if node.name == name)


@pytest.mark.parametrize(
    ("part", "bar"),
    [
        ("SE", "gate in × 1 × 1 identity × in × H × W"),
        ("A", "gate (3n + 16) × 1 × 1 identity × (3n + 16) × 64 × 64"),
        ("R", "gate 52 × 1 × 1 identity × 52"),
        ("D", "gate 116 × 1 × 1 identity × 116 × 32 × 32"),
        ("stem", "branch2 32 × 1 × 1 identity × 32 × 64 × 64"),
    ],
)
def test_a_gate_is_told_by_its_shape(part: str, bar: str) -> None:
    assert bar in words(part)


def test_a_width_of_what_comes_in_is_a_number_where_that_is_known() -> None:
    assert "1×1 52 linear" in words("R")
    assert "1×1 13 norm=none" in words("R")
    assert "1×1 (3n + 16)/4 norm=none" in words("A")


def split(name: str) -> Split:
    (found,) = Planner(Habit(), plain).chain(step(name))
    assert isinstance(found, Split)
    return found


def test_a_product_has_looks_of_its_own_and_the_input_goes_past() -> None:
    assert LOOKS["product"].fill != LOOKS["join"].fill
    own, squared = split("own"), split("squared")
    assert own.bar.family == squared.bar.family == "product"
    assert [bool(branch) for branch in own.branches] == [True, True]
    assert (squared.branches, squared.cells) == (((), ()), ("identity", "identity"))
    gate, past = split("stem_gate").branches
    assert gate and not past, "the gate is drawn first, whatever the order of its product"


def test_a_card_says_that_it_is_gated() -> None:
    overview = " / ".join(words("overview"))
    for card in ("a1 A, ×", "r ×4 R, +, ×", "d D, ×", "own mul ", "stem_gate × mul"):
        assert f" / {card}" in overview
    assert [[piece.bucket for piece in row] for row in strip(step("own"))] == [["1×1"], ["3×3"]]
    assert strip(step("stem_gate")) == strip(step("squared")) == []
    assert [piece.bucket for row in strip(step("a1")) for piece in row] == ["1×1", "3×3", "pool"]


def test_uses_inside_other_blocks_are_told_by_where_those_stand() -> None:
    told = subtitle(uses(network("gated"))["SE"])
    assert told.startswith("×11: a1.then with in=40; a2.then with in=52; r.0.branch2.1 with")
    assert told.endswith("; d.then with in=116")
