"""Whether a network takes an input of another size than its spec's, and why not."""

from __future__ import annotations

from compiler.ir import Leaf, Network, Node, Parallel, Series, Tap
from compiler.op import Shape, ShapeFault


def misfit(network: Network, shape: tuple[int, ...], training: bool) -> str:
    """Why an input (N, C, H, W) can't be taken, as a sentence; empty where it can."""
    channels, height, width = (int(n) for n in network.input)
    wanted = f"{network.name} takes (N, {channels}, H, W), such as {height}x{width} images"
    if len(shape) != 4:
        return f"{wanted}; got {len(shape)} dimensions: {shape}"
    if shape[1] != channels:
        return f"{wanted}; got {shape[1]} channels: {shape}"
    try:
        thread(network.nodes, Shape(*shape[1:]), training)
    except ShapeFault as fault:
        return f"{wanted}; {shape[2]}x{shape[3]} doesn't fit: {fault}"
    return ""


def thread(nodes: tuple[Node, ...], shape: Shape, training: bool = False) -> Shape:
    """Follow another shape through nodes that were lowered for their own.

    Raises `ShapeFault` naming the first layer that can't take what it gets.
    """
    for node in nodes:
        shape = _through(node, shape, training)
    return shape


def _through(node: Node, shape: Shape, training: bool) -> Shape:
    match node:
        case Leaf():
            return _leaf(node, shape)
        case Series():
            return _named(node.name, node.nodes, shape, training)
        case Tap():
            if training:
                _named(node.name, node.body.nodes, shape, training)
            return shape
        case Parallel():
            return _parallel(node, shape, training)


def _named(name: str, nodes: tuple[Node, ...], shape: Shape, training: bool) -> Shape:
    try:
        return thread(nodes, shape, training)
    except ShapeFault as fault:
        raise ShapeFault(fault.code, f"{name}.{fault}", fault.help) from None


def _leaf(leaf: Leaf, shape: Shape) -> Shape:
    try:
        out = leaf.op.out(shape)
    except ShapeFault as fault:
        raise ShapeFault(fault.code, f"{leaf.name}: {fault}", fault.help) from None
    if leaf.op.params(shape) != leaf.op.params(leaf.inp):
        raise ShapeFault("E104", f"{leaf.name} was made for {leaf.inp}, it gets {shape}")
    return out


def _parallel(node: Parallel, shape: Shape, training: bool) -> Shape:
    outs = tuple(_named(node.name, (branch,), shape, training) for branch in node.branches)
    try:
        joined = node.join.out(outs)
    except ShapeFault as fault:
        raise ShapeFault(fault.code, f"{node.name}: {fault}", fault.help) from None
    return _named(node.name, (node.then,), joined, training) if node.then else joined
