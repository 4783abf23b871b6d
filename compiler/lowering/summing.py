"""Residual sums: `act(shortcut(x) + scale * f(x))`, and what is said where the two sides differ."""

from __future__ import annotations

from compiler.ir.nodes import Node, Parallel, Series
from compiler.ir.op import Axes, Shape
from compiler.ir.symbols import Quotient, Sym
from compiler.lowering.scope import Scope
from compiler.ops.window import are_same
from dsl.models import layers
from dsl.models.extent import kernel_text

NAMES = {"in_channels": "in", "num_classes": "classes"}
"""What the language calls the numbers that are no parameters."""


def check(
    residual: layers.Residual, node: Series | Parallel, shortcut: Node | None, scope: Scope, at: str
) -> None:
    """Report a sum of two shapes; `at` says where it is."""
    beside = shortcut.out if shortcut else node.inp
    if tuple(node.out) == tuple(beside):
        return
    gives = "the branches give"
    if isinstance(node, Series):
        gives = "the steps give"
    elif node.then:
        gives = "`then` gives"
    given = f"the shortcut gives {beside}" if shortcut else f"the input is {beside}"
    message = f"the residual sum{at} adds two shapes: {given}, {gives} {node.out}"
    place = residual.shortcut.at if residual.shortcut else residual.at
    scope.fail("E112", place.span, message, help=_advice(node, shortcut))


def _advice(node: Series | Parallel, shortcut: Node | None) -> str:
    """How the two sides become alike: a layer on the shortcut, or the width that came in."""
    layer, one = projection(node.inp, node.out), kernel_text([1] * len(node.inp.grid))
    if shortcut:
        fits = f", such as `shortcut: {layer}`" if layer else ""
        return f"the shortcut has to give what it is added to{fits}"
    if not layer:
        return "keep the grid that came in, or put a layer on the shortcut that gives the same"
    end = f"end with a linear {one} of the width that came in, `then: {one} in linear`"
    if isinstance(node, Series):
        three = one.replace("1", "3")
        end = f"end with the width that came in, as in `{three} in linear`"
    wider = f"put a layer on the shortcut, `residual: {{shortcut: {layer}}}`"
    return f"{end}, or {wider}" if node.inp.grid == node.out.grid else wider


def projection(before: Shape, after: Shape) -> str:
    """The linear 1x1 (or 1, 1x1x1) that makes one map of another; empty where none does."""
    if not (before.is_map and after.is_map):
        return ""
    pairs = zip(before.grid, after.grid, strict=True)
    strides = tuple(_stride(int(size), int(out)) for size, out in pairs)
    if 0 in strides:
        return ""
    kernel = kernel_text([1] * len(strides))
    return f"{kernel} {_width(after.channels)}{_slash(strides)} linear"


def _stride(size: int, out: int) -> int:
    """The least stride that a 1x1 takes so many rows to so many by; 0 for none."""
    fits = (by for by in range(1, size + 1) if -(-size // by) == out)
    return next(fits, 0) if out <= size else 0


def _slash(strides: Axes) -> str:
    if set(strides) == {1}:
        return ""
    return f" /{strides[0]}" if are_same(strides) else f" /{kernel_text(strides)}"


def _width(width: int) -> str:
    """A width as the language writes it: by its name where it is one, with its factor."""
    if not isinstance(width, Sym) or len(width.terms) != 1 or width.const:
        return str(int(width))
    ((name, times),) = width.terms.items()
    if isinstance(name, Quotient):
        if times != 1 or not isinstance(name.of, str):
            return str(int(width))
        return f"{NAMES.get(name.of, name.of)}/{name.by}"
    named = NAMES.get(name, name)
    return named if times == 1 else f"{named}*{times}"
