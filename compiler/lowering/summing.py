"""Residual sums: `act(shortcut(x) + scale * f(x))`, and what is said where the two sides differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.ir.nodes import Node, Parallel, Series
from compiler.lowering.scope import Scope
from dsl.models import layers
from dsl.models.extent import kernel_text
from dsl.text.problems import Span

if TYPE_CHECKING:
    from compiler.lowering.shortcuts import Lowered


def check(
    residual: layers.Residual,
    node: Series | Parallel,
    shortcut: Node | None,
    scope: Scope,
    at: str,
    lowered: Lowered,
) -> None:
    """Report a sum of two shapes; `at` says where it is.

    `lowered` gives what another step in the shortcut's place is, for advice.
    """
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
    help = _advice(residual, node, shortcut, lowered)
    place = residual.shortcut.at if residual.shortcut else residual.at
    scope.fail("E112", place.span, message, help=help, notes=_maker(node))


def _maker(node: Series | Parallel) -> tuple[tuple[Span, str], ...]:
    """The one step that gives what is added, if there is one: it may be what is wrong."""
    if isinstance(node, Parallel):
        return ((node.then.span, f"`then` gives {node.out}"),) if node.then else ()
    last = node.nodes[-1] if node.nodes else None
    return ((last.span, f"the last step gives {node.out}"),) if last and last.span.line else ()


def _advice(
    residual: layers.Residual, node: Series | Parallel, shortcut: Node | None, lowered: Lowered
) -> str:
    """How the two sides become alike: a layer on the shortcut, or the width that came in."""
    from compiler.lowering.shortcuts import mended, projection, sum_of  # Few specs are wrong.

    layer, one = projection(node), kernel_text([1] * len(node.inp.grid))
    parameter = ""
    if (width := sum_of(node.out.channels)) and node.out.is_map:
        parameter = f"; a parameter of the block can say the width, {width}"
    if shortcut and residual.shortcut:
        layer = mended(residual.shortcut, node, shortcut, lowered) or layer
        fits = f", such as `shortcut: {layer}`" if layer else parameter
        return f"the shortcut has to give what it is added to{fits}"
    end = f"end with a linear {one} of the width that came in, `then: {one} in linear`"
    if isinstance(node, Series):
        three = one.replace("1", "3")
        end = f"end with the width that came in, as in `{three} in act=none`"
    wider = f"put a layer on the shortcut, `residual: {{shortcut: {layer}}}`"
    if not layer:
        wider = f"put a layer on the shortcut that gives the same{parameter}"
    if node.inp.is_map and node.inp.grid == node.out.grid:
        return f"{end}, or {wider}"
    return wider if layer else f"keep the grid that came in, or {wider}"
