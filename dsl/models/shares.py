"""Shares: how many of the channels that come in each branch of a split gets, in order.

Said is `equal`, or a list with one share a branch: a number, a name that stands for one (a part
of it too, `in/8`), or once `rest`, which is what the others leave. A model keeps `equal` as a
list of that one word.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator

from dsl.models.factors import factor
from dsl.models.forms import form_of, formed
from dsl.models.scalars import MOST, whole
from dsl.text.counts import count
from dsl.text.numbers import Misfit, is_whole
from dsl.text.problems import closest, shown

EQUAL = "equal"
REST = "rest"
SHARE_MEANINGS = {
    EQUAL: "each branch gets as many channels",
    REST: "in a list, once: what the other shares leave",
}
EXAMPLES = "equal, or a list with a share for each branch, such as [rest, in/8]"
_OTHERWISE = {"-1": REST, "...": REST, "…": REST, "*": REST, "_": REST, "remaining": REST}
"""How others say that a size follows from the rest."""
_number = whole(1, MOST, named=True, scaled=True)


def _share(value: Any) -> int | str:
    try:
        return _number(value)
    except Misfit as fault:
        message = str(fault).replace("must be", f"takes {REST},", 1)
        raise Misfit(message, fault.meant or _OTHERWISE.get(str(value), "")) from None


if _form := form_of(_number):
    formed(_share, _form)  # `rest` is a name, too.


def _listed(value: Any) -> tuple[Any, ...]:
    if value == EQUAL:
        return (EQUAL,)
    if not isinstance(value, (list, tuple)):
        counted = is_whole(str(value))  # What torch's `chunk` takes.
        meant = EQUAL if counted else closest(str(value), [EQUAL])
        raise Misfit(f"must be {EXAMPLES}, not {shown(value)}", meant)
    if list(value).count(REST) > 1:
        raise Misfit(f"can say {REST} once, for what the other shares leave")
    return tuple(value)


Share = Annotated[int | str, BeforeValidator(_share)]
Shares = Annotated[tuple[Share, ...], BeforeValidator(_listed)]


def are_shares(value: Any) -> bool:
    """Whether a value can only be shares: no step begins so."""
    items = value if isinstance(value, list) else [value]
    return any(item in (EQUAL, REST) or factor(item) or is_whole(item) for item in items)


def written(shares: tuple[int | str, ...]) -> str | list[int | str]:
    """Shares as a spec says them."""
    return EQUAL if shares == (EQUAL,) else list(shares)


def names_of(shares: tuple[int | str, ...]) -> Iterator[tuple[int, str]]:
    """The shares that are given by a name, with a factor or without, each with its place."""
    for place, share in enumerate(shares):
        if isinstance(share, str) and share not in (EQUAL, REST):
            yield place, share


def fault(shares: tuple[int | str, ...], branches: int) -> str:
    """Why so many branches can't have these shares; empty where they can."""
    if shares and branches == 1:
        return "split shares channels out among branches, and there is only one"
    if shares in ((), (EQUAL,)) or len(shares) == branches:
        return ""
    return f"split says {count(len(shares), 'share')} for {branches} branches"
