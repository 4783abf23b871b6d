"""How many channels each branch of a split gets, where it shares out what comes in."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.ir.op import Shape
from compiler.ir.symbols import quotient, total
from compiler.lowering.scope import Scope, told
from dsl.models import layers
from dsl.models.scalars import MOST
from dsl.models.shares import EQUAL, REST
from dsl.reading.references import share_place

MOST_TERMS = 8
"""Shares that a message tells one by one."""


def shares(step: layers.Split, x: Shape, scope: Scope) -> tuple[int, ...]:
    """The channels of each branch, in order; empty where each branch gets them all."""
    if not step.split:
        return ()
    if step.split == (EQUAL,):
        return _equal(step, x, scope)
    given = {
        place: _given(step, place, scope) for place, share in enumerate(step.split) if share != REST
    }
    rest = total([x.channels, *(-1 * share for share in given.values())])
    if len(given) == len(step.split):
        if rest:
            _odd(step, x, scope, _sum(given.values()))
    elif rest < 1:
        message = f"split leaves nothing for {REST}: the other shares are {_sum(given.values())}"
        span = share_place(step, step.split.index(REST))
        scope.fail("E115", span, f"{message}, and {_coming(x)}")
    return tuple(given.get(place, rest) for place in range(len(step.split)))


def _equal(step: layers.Split, x: Shape, scope: Scope) -> tuple[int, ...]:
    branches = len(step.branches)
    if x.channels % branches:
        message = f"split can't give {branches} branches equal shares: {_coming(x)}"
        others = [int(x.channels) // branches] * (branches - 1)
        listed = ", ".join(map(str, [REST, *others]))
        told = others[0] and branches <= MOST_TERMS
        help = f"give each its share, as in `split: [{listed}]`" if told else ""
        scope.fail("E115", step.at.of("split"), message, help=help)
    return (quotient(x.channels, branches),) * branches


def _given(step: layers.Split, place: int, scope: Scope) -> int:
    """One share, as a number or by the name that stands for one."""
    said, span = step.split[place], share_place(step, place)
    found = scope.meaning(said, span, "split")
    if not isinstance(found, int) or not 1 <= found <= MOST:
        message = f"split has shares of 1 to {MOST:,} channels, but {said} is {told(found)} here"
        scope.fail("E013", span, message)
    return found


def _odd(step: layers.Split, x: Shape, scope: Scope, added: str) -> None:
    """Report shares that don't add up to what comes in."""
    message = f"the shares of split add up to {added}, and {_coming(x)}"
    help = f"one of them can be `{REST}`, for what the others leave"
    scope.fail("E115", step.at.of("split"), message, help=help)


def _coming(x: Shape) -> str:
    one = int(x.channels) == 1
    return f"{int(x.channels):,} {'channel comes' if one else 'channels come'} in"


def _sum(shares: Iterable[int]) -> str:
    """`24 + 8 = 32`."""
    terms = [int(share) for share in shares]
    said = f"{sum(terms):,}"
    return f"{' + '.join(map(str, terms))} = {said}" if 1 < len(terms) <= MOST_TERMS else said
