"""Another number of classes in a tree: every expression over it gets its new value.

The tree is not lowered again, so whatever passes made of it stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from compiler.ir.network import Network
from compiler.ir.nodes import BlockUse, Leaf, Node, Parallel, Series, Tap
from compiler.ir.rewriting import threaded, with_inside
from compiler.ir.symbols import Quotient, Sym, SymFloat
from compiler.ir.terms import mapped

Shifts = Mapping[str, tuple[int, int]]
"""The value of a name, and its new one."""


def reclassed(network: Network, classes: int) -> tuple[Node, ...]:
    """The network's nodes for another number of classes.

    Raises `ValueError` where a number follows from that of the classes in a way that can't be
    followed, and `ShapeFault` where a layer can't take what it gets then.
    """
    shifts = {"num_classes": (network.classes, classes)}
    nodes = tuple(_shifted(node, shifts) for node in network.nodes)
    return threaded(nodes, network.input)


def _shifted(node: Node, shifts: Shifts) -> Node:
    """The node with the numbers in its ops moved; its shapes are threaded afterwards."""
    if isinstance(node, Leaf):
        op = mapped(node.op, _moving(shifts))
        return replace(node, op=op)
    use = node.body.use if isinstance(node, Tap) else node.use
    inner = _inside(use, shifts) if use else shifts
    made = with_inside(node, lambda child: _shifted(child, inner))
    if isinstance(made, (Series, Parallel)) and made.residual:
        scale = _moving(inner)(made.residual.scale)
        made = replace(made, residual=replace(made.residual, scale=scale))
    if use is None:
        return made
    args = {key: _argument(value, shifts) for key, value in use.args.items()}
    return _with_use(made, replace(use, args=args))


def _with_use(node: Node, use: BlockUse) -> Node:
    if isinstance(node, Tap):
        return replace(node, body=replace(node.body, use=use))
    assert isinstance(node, (Series, Parallel)), node
    return replace(node, use=use)


def _argument(value: Any, shifts: Shifts) -> Any:
    return _moving(shifts)(value) if isinstance(value, (int, float)) else value


def _inside(use: BlockUse, shifts: Shifts) -> Shifts:
    """What becomes of the names inside a block."""
    moved = _moving(shifts)
    given = {**use.args, "in_channels": use.inp.channels}
    whole = {name: value for name, value in given.items() if isinstance(value, int)}
    passed = {name: (int(value), int(moved(value))) for name, value in whole.items()}
    return {**passed, "num_classes": shifts["num_classes"]}


def _moving(shifts: Shifts) -> Callable[[float], float]:
    """A number in the new values of the names that it is an expression over."""

    def moved(value: float) -> float:
        match value:
            case Sym():
                growth = sum(k * _shift(name, shifts) for name, k in value.terms.items())
                return Sym(int(value) + growth, value.terms, value.const) if growth else value
            case SymFloat():
                growth = _shift(value.name, shifts)
                return SymFloat(float(value) + growth, value.name) if growth else value
        return value

    return moved


def _shift(name: str, shifts: Shifts) -> int:
    """By how much what a name stands for grows."""
    if not isinstance(name, Quotient):
        old, new = shifts.get(name, (0, 0))
        return new - old
    old, new = _both(name.of, shifts)
    if old == new:
        return 0
    if old % name.by:
        raise ValueError(f"a kernel is as wide as there are classes ({name.of})")
    if new % name.by:
        raise ValueError(f"{name.of}/{name.by} must come out whole, and {name.of} would be {new}")
    return (new - old) // name.by


def _both(of: str | Sym, shifts: Shifts) -> tuple[int, int]:
    """The old and the new value of what a quotient is a part of."""
    return (int(of), int(_moving(shifts)(of))) if isinstance(of, Sym) else shifts.get(of, (0, 0))
