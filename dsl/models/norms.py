"""The norms that may stand behind a convolution: `batch`, `layer`, `group:32`, `instance`."""

from __future__ import annotations

import re
from typing import Any

from dsl.models.forms import NAME, formed, words_form
from dsl.models.identifiers import is_identifier
from dsl.models.scalars import MOST
from dsl.text import foreign
from dsl.text.numbers import Misfit
from dsl.text.problems import shown

NORM_MEANINGS = {
    "batch": "each channel, over the grid and the whole batch; in evaluation by running statistics",
    "layer": "the channels at one place of a map, or a whole vector",
    "group:32": "a group of channels of one input, over the grid: here 32 groups",
    "instance": "a channel of one input, over the grid",
    "none": "no norm",
}
"""What each normalises together."""
NORM_FORMS = tuple(NORM_MEANINGS)
"""How each is written: a group norm with the number of its groups."""
NORMS = tuple(form.partition(":")[0] for form in NORM_FORMS)
GROUPED = "group:([1-9][0-9]*)"
_GROUPED = re.compile(GROUPED)


def group_norm(value: Any) -> int | None:
    """How many groups `group:32` has; None for any other text."""
    match = _GROUPED.fullmatch(value) if isinstance(value, str) else None
    return int(match[1]) if match and int(match[1]) <= MOST else None


def norm(value: Any) -> str:
    """A norm as a spec writes it. Raises `Misfit` for what is none."""
    if value == "group":
        raise Misfit("must say how many groups a group norm has, as in group:32")
    if value in NORMS or group_norm(value):
        return str(value)
    raise Misfit(f"must be one of {', '.join(NORM_FORMS)}, not {shown(value)}", _meant(value))


formed(norm, words_form(NORM_MEANINGS, GROUPED))


def norm_of(text: str) -> tuple[str, int]:
    """The kind of a norm, and how many groups it has (0 where it has none). Raises `Misfit`.

    >>> norm_of("group:32"), norm_of("batch")
    (('group', 32), ('batch', 0))
    """
    found = norm(text)
    return found.partition(":")[0], group_norm(found) or 0


def norm_or_name(value: Any) -> str:
    """The same, or a parameter's name, whose value is known only where its block is called."""
    return str(value) if is_identifier(value) and value != "group" else norm(value)


formed(norm_or_name, words_form(NORM_MEANINGS, GROUPED, NAME))


def _meant(value: Any) -> str:
    """What was probably meant: `group:8` for `gn:8` and `group=8`."""
    word, *number = re.split("[:=]", str(value), maxsplit=1)
    meant = "group:32" if word == "group" else foreign.meant(word, (*NORM_FORMS, "group"))
    if meant.startswith("group") and number:
        meant = f"group:{number[0]}"
    return meant if meant in NORM_FORMS or group_norm(meant) else ""
