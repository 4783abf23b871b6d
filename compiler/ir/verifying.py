"""Whether a tree holds together."""

from __future__ import annotations

from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Parallel, Series, Tap, children
from compiler.ir.op import Shape


def verify(network: Network) -> None:
    """Check that the tree holds together: shapes thread and sibling names are unique.

    Raises `AssertionError` naming the node; a failure is a bug of the compiler.
    """
    _verify_series(network.nodes, network.input, network.name)


def _verify_series(nodes: tuple[Node, ...], shape: Shape, where: str) -> None:
    names = [node.name for node in nodes]
    assert len(set(names)) == len(names), f"{where}: names {names} repeat"
    for node in nodes:
        assert node.inp == shape, f"{where}.{node.name}: takes {node.inp}, gets {shape}"
        _verify_inside(node, f"{where}.{node.name}")
        shape = node.out


def _verify_inside(node: Node, where: str) -> None:
    match node:
        case Series():
            _verify_series(node.nodes, node.inp, where)
            inner = node.nodes[-1].out if node.nodes else node.inp
            _verify_sum(node, inner, where)
        case Tap():
            _verify_series(node.body.nodes, node.inp, where)
        case Parallel():
            names = [child.name for child in children(node)]
            assert len(set(names)) == len(names), f"{where}: names {names} repeat"
            assert sum(node.shares) in (0, node.inp.channels), f"{where}: shares {node.shares}"
            for branch, shape in zip(node.branches, node.inputs, strict=True):
                _verify_series((branch,), shape, where)
            if node.then:
                _verify_series((node.then,), node.joined, where)
            inner = node.then.out if node.then else node.joined
            _verify_sum(node, inner, where)
        case Leaf():
            assert node.out == node.op.out(node.inp), where


def _verify_sum(node: Series | Parallel, inner: Shape, where: str) -> None:
    """What a residual sum adds has one shape."""
    if node.residual is None:
        return
    names = [child.name for child in children(node)]
    assert len(set(names)) == len(names), f"{where}: names {names} repeat"
    beside = node.inp
    if node.residual.shortcut:
        _verify_series((node.residual.shortcut,), node.inp, where)
        beside = node.residual.shortcut.out
    assert inner == beside, f"{where}: a sum of {beside} and {inner}"
