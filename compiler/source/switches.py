"""Activations behind a residual sum that some uses of a block have and others don't.

Such a block is one class, and the activation an argument of it: `act: bool`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from compiler.ir.network import Network
from compiler.ir.nodes import (
    BlockUse,
    Leaf,
    Node,
    Tap,
    children,
    residual_of,
    use_of,
)
from compiler.source.units import is_function
from dsl.models.model import residual_around
from dsl.models.spec import Block, walk
from dsl.reading.references import references

Used = Mapping[str, list[tuple[Node, BlockUse]]]


@dataclass(frozen=True)
class Switch:
    """A block's parameter that turns its activation on or off."""

    param: str
    act: Leaf


def uses(nodes: Iterable[Node]) -> Iterator[tuple[Node, BlockUse]]:
    """Every use of a block, with its node."""
    for node in nodes:
        if use := use_of(node):
            yield node, use
        yield from uses((node.body,) if isinstance(node, Tap) else children(node))


def words(network: Network) -> dict[tuple[str, str], set[str]]:
    """What each word parameter of each block is given, its default included where it counts."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for _, use in uses(network.nodes):
        for param, value in {**use.params, **use.args}.items():
            if isinstance(value, str):
                found[use.block, param].add(value)
    return found


def switches(network: Network) -> dict[str, Switch]:
    """The switch of each block that has one, by the block's name."""
    found: dict[str, Switch] = {}
    given = words(network)
    for node, use in uses(network.nodes):
        param = _residual_alone(network.spec.blocks.get(use.block))
        values = given.get((use.block, param), set())
        residual = residual_of(node)
        act = residual.act if residual else None
        if act is not None and is_function(act) and "none" in values and len(values) == 2:
            found[use.block] = Switch(param, act)
    return found


def _residual_alone(block: Block | None) -> str:
    """The parameter that names a block's residual activation, and nothing else."""
    residual = residual_around(block.body) if block else None
    if block is None or residual is None:
        return ""
    act = residual.act
    read = [name for step in walk((block.body,)) for _, name, _ in references(step)]
    return act if act in block.params and read.count(act) == 1 else ""
