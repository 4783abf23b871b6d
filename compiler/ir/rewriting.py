"""Trees from other trees: the one place that takes nodes apart and puts them together again.

A pass is a function of a node; `rewrite` asks it of every node, what is inside before what it is
in. A tree that comes out is as true as one that was lowered: module, source, drawings and cost are
read off it, and `verify` holds that its shapes thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from compiler.ir.network import Network
from compiler.ir.nodes import BlockUse, Leaf, Node, Parallel, Residual, Series, Tap, shares_of
from compiler.ir.op import Shape
from compiler.ir.symbols import Sym, same
from compiler.ir.verifying import verify

Change = Callable[[Node], Node | None]
"""What stands in a node's place: the node itself, another one, or nothing."""


def rewrite(network: Network, change: Change) -> Network:
    """The network with every node changed, from the innermost outwards; shapes follow.

    Where nothing stands any more, what came in goes on: a branch becomes a shortcut. A tree in
    which nothing changed is the same object. Raises `ShapeFault` where what comes out of one node
    can't go into the next, `ValueError` where nothing is left, and `AssertionError` where a
    residual sum no longer adds two equal shapes.
    """

    def changed(node: Node) -> Node | None:
        made = with_inside(node, changed)
        empty = isinstance(made, Series) and not made.nodes and not made.residual
        return None if empty and made is not node else change(made)

    nodes = _kept(network.nodes, changed)
    if not nodes:
        raise ValueError(f"nothing of {network.name} is left")
    nodes = threaded(nodes, network.input)
    if nodes is network.nodes:
        return network
    whole = rewrite(network.whole, change) if network.whole else None
    made = replace(network, nodes=nodes, whole=whole)
    verify(made)
    return made


def _kept(nodes: tuple[Node, ...], change: Change) -> tuple[Node, ...]:
    """Those that stand after the change; the same tuple where all do, unchanged."""
    found = [change(node) for node in nodes]
    if len(found) == len(nodes) and all(new is old for new, old in zip(found, nodes, strict=True)):
        return nodes
    return tuple(node for node in found if node is not None)


def with_inside(node: Node, change: Change) -> Node:
    """The node with what is directly inside it changed; itself where nothing is."""
    match node:
        case Leaf():
            return node
        case Series():
            nodes, residual = _kept(node.nodes, change), _residual(node.residual, change)
            if nodes is node.nodes and residual is node.residual:
                return node
            return replace(node, nodes=nodes, residual=residual)
        case Tap():
            nodes = _kept(node.body.nodes, change)
            return node if nodes is node.body.nodes else _with_body(node, nodes)
        case Parallel():
            return _parallel(node, change)


def _with_body(tap: Tap, nodes: tuple[Node, ...]) -> Tap:
    return replace(tap, body=replace(tap.body, nodes=nodes))


def _parallel(node: Parallel, change: Change) -> Parallel:
    branches = tuple(change(branch) or _shortcut(branch) for branch in node.branches)
    then = change(node.then) if node.then else None
    residual = _residual(node.residual, change)
    parts = (*zip(branches, node.branches, strict=True), (then, node.then))
    if residual is node.residual and all(new is old for new, old in parts):
        return node
    return replace(node, branches=branches, then=then, residual=residual)


def _shortcut(branch: Node) -> Series:
    """A branch in which nothing stands."""
    return Series(branch.name, (), branch.inp, span=branch.span)


def _residual(residual: Residual | None, change: Change) -> Residual | None:
    """The sum with what it runs itself changed; where no shortcut stands any more, x is added."""
    if residual is None:
        return None
    act = change(residual.act) if residual.act else None
    return _with_parts(residual, act, change(residual.shortcut) if residual.shortcut else None)


def _with_parts(residual: Residual, act: Node | None, shortcut: Node | None) -> Residual:
    """The sum with others of what it runs itself; the same one where they are the same."""
    assert act is None or isinstance(act, Leaf), f"a residual sum's activation is one op, not {act}"
    if act is residual.act and shortcut is residual.shortcut:
        return residual
    return replace(residual, act=act, shortcut=shortcut)


def threaded(nodes: tuple[Node, ...], x: Shape) -> tuple[Node, ...]:
    """Nodes in order, each taking what the one before gives, from `x` on.

    Raises `ShapeFault` where a node can't take it.
    """
    found: list[Node] = []
    for node in nodes:
        found.append(thread(node, x))
        x = found[-1].out
    return nodes if _all_same(found, nodes) else tuple(found)


def _all_same(found: Iterable[object], nodes: Iterable[object]) -> bool:
    return all(new is old for new, old in zip(found, nodes, strict=True))


def thread(node: Node, x: Shape) -> Node:
    """The node for another input, in the terms of whoever stands around it."""
    match node:
        case Leaf():
            return node if same(node.inp, x) else replace(node, inp=x)
        case Tap():
            body = thread(node.body, x)
            assert isinstance(body, Series), body
            return node if body is node.body else replace(node, body=body)
    use = node.use if node.use is None or same(node.use.inp, x) else replace(node.use, inp=x)
    inside = Shape(Sym.named(int(x.channels), "in_channels"), *x[1:]) if use else x
    if isinstance(node, Parallel):
        return _threaded_parallel(node, inside, use)
    nodes = threaded(node.nodes, inside)
    residual = _threaded_sum(node.residual, inside, nodes[-1].out if nodes else inside)
    parts = ((nodes, node.nodes), (use, node.use), (residual, node.residual))
    if same(node.inp, inside) and all(new is old for new, old in parts):
        return node
    return replace(node, nodes=nodes, inp=inside, use=use, residual=residual)


def _threaded_sum(residual: Residual | None, x: Shape, made: Shape) -> Residual | None:
    """A residual sum around what makes `made` of `x`."""
    if residual is None:
        return None
    act = thread(residual.act, made) if residual.act else None
    return _with_parts(residual, act, thread(residual.shortcut, x) if residual.shortcut else None)


def _threaded_parallel(node: Parallel, x: Shape, use: BlockUse | None) -> Parallel:
    branches = tuple(map(thread, node.branches, shares_of(node, x)))
    joined = node.join.out(tuple(branch.out for branch in branches))
    then = thread(node.then, joined) if node.then else None
    residual = _threaded_sum(node.residual, x, then.out if then else joined)
    parts = (*zip(branches, node.branches, strict=True), (then, node.then), (use, node.use))
    if residual is node.residual and same(node.inp, x) and all(new is old for new, old in parts):
        return node
    return replace(node, branches=branches, then=then, residual=residual, inp=x, use=use)
