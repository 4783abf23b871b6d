"""Drawings of what is as it was, and stands at other lines of its spec than when it was drawn."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape

from compiler.diagram.text import place
from compiler.ir.nodes import Node, nodes, use_of
from compiler.picture.words import clean

PLACE = re.compile(r"(?<=&#10;)[^&<]*:\d+(?=</title>)")
"""Where a box's words stand: the last line of what the pointer is told there."""


def moves(old: tuple[Node, ...], new: tuple[Node, ...]) -> Mapping[str, str] | None:
    """Where equal nodes stand, by where they stood; None where more than that is other."""
    found: dict[str, str] = {}
    for (_, one), (_, other) in zip(nodes(old), nodes(new), strict=True):
        if _order(one) != _order(other):
            return None
        for before, now in zip(_places(one), _places(other), strict=True):
            if found.setdefault(before, now) != now:
                return None  # One place became two.
    return found


def _order(node: Node) -> tuple[list[str], ...]:
    """The order in which a use of a block has its parameters, in which titles tell them."""
    use = use_of(node)
    return ([*use.params], [*use.args]) if use else ()


def moved(svg: str, found: Mapping[str, str]) -> str:
    """A drawing with other places. Raises `KeyError` where one of them isn't known."""
    return PLACE.sub(lambda place: found[place[0]], svg)


def _places(node: Node) -> Iterator[str]:
    """The places of a node, and of what it was made from, as drawings tell them."""
    use = use_of(node)
    for span in (node.span, *((use.span, use.body) if use else ())):
        yield escape(clean(place(span)))
