"""Arguments of blocks that nothing reads any more, left out of their calls.

A block's parameter may have stood for a residual's scale, or the rate of a dropout. Where a pass
made that go, no call gives it any more, and no drawing, table or signature shows it. Parameters
that no number in the tree ever read (words, how often a step repeats) stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Parallel, Series, children, nodes, use_of
from compiler.ir.rewriting import with_inside
from compiler.ir.symbols import names_in
from compiler.ir.terms import mapped


def without_dead_arguments(before: Network, network: Network) -> Network:
    """The network that a pass made of `before`, without arguments that it read alone."""
    old = {path: node for path, node in nodes(before.nodes) if use_of(node)}

    def tidied(path: str, node: Node) -> Node:
        made = with_inside(node, lambda child: tidied(f"{path}.{child.name}", child))
        use = use_of(made)
        if use is None or path not in old or made is old[path]:
            return made
        assert isinstance(made, (Series, Parallel)), made
        dead = _read(old[path]) - _read(made)
        if not dead & {*use.args, *use.params}:
            return made
        args, params = (
            {key: value for key, value in given.items() if key not in dead}
            for given in (use.args, use.params)
        )
        return replace(made, use=replace(use, args=args, params=params))

    made = tuple(tidied(node.name, node) for node in network.nodes)
    same = all(new is old for new, old in zip(made, network.nodes, strict=True))
    return network if same else replace(network, nodes=made)


def _read(node: Series | Parallel | Node) -> frozenset[str]:
    """The parameters that a block's own numbers are expressions over."""
    return frozenset().union(*map(names_in, _numbers(node)))


def _numbers(node: Node) -> Iterator[object]:
    """Every number in a block; of another block in it, what that is called with."""
    yield tuple(node.inp)
    if isinstance(node, Leaf):
        found: list[float] = []

        def seen(value: float) -> float:
            found.append(value)
            return value

        mapped(node.op, seen)
        yield from found
        return
    if isinstance(node, Parallel):
        yield node.shares
    if isinstance(node, (Series, Parallel)) and node.residual:
        yield node.residual.scale
    for child in children(node):
        if use := use_of(child):
            yield from (*use.args.values(), tuple(use.inp))
        else:
            yield from _numbers(child)
