"""The order of an input's sides: channels, height, width, and how another one shows."""

from __future__ import annotations

import re
from typing import Any

from dsl.text.numbers import Misfit

SIDES = ("channels", "height", "width")
LEAST_IMAGE = 16
"""Sides from which on a map with three columns is more likely an image with channels last."""


def channels_last(extent: tuple[int, ...]) -> bool:
    """Whether three numbers are probably height, width and channels.

    A column a colour, or a square with one or four columns: as channels, height and width
    that would be a map of stripes. Who means it names the sides.

    >>> channels_last((64, 64, 3)), channels_last((16, 128, 1)), channels_last((3, 64, 64))
    (True, False, False)
    """
    first, second, last = extent
    stripes = last == 3 or (last in (1, 4) and first == second)
    return stripes and min(first, second) >= LEAST_IMAGE


def extent_text(extent: tuple[int, ...]) -> str:
    """An input as a spec writes it: by the names of its sides where a list would mislead."""
    if channels_last(extent):
        pairs = zip(SIDES, extent, strict=True)
        return f"{{{', '.join(f'{name}: {side}' for name, side in pairs)}}}"
    return f"[{', '.join(map(str, extent))}]"


def looks_like_an_image(extent: tuple[int, ...]) -> str:
    """What three numbers look like that have the channels last."""
    height, width, channels = extent
    return f"looks like {height}x{width} pixels with {channels} channel{'s' * (channels > 1)}"


def read_extent(value: Any) -> Any:
    """`[3, 299, 299]`, or its sides by name: `{channels: 3, height: 299, width: 299}`."""
    if isinstance(value, dict):
        if set(value) != set(SIDES):
            raise Misfit(f"must have the keys {', '.join(SIDES)}, and no others")
        return tuple(value[side] for side in SIDES)
    words = " ".join(value) if isinstance(value, list) and all(map(_is_text, value)) else value
    if isinstance(words, str) and (sides := _SIDES.fullmatch(words.strip("()[] "))):
        found = tuple(map(int, sides.groups()))
        if channels_last(found):
            message = f"is [channels, height, width], and this {looks_like_an_image(found)}"
            help = f"if {found[0]} channels are meant, name the sides: `{extent_text(found)}`"
            raise Misfit(message, extent_text((found[2], *found[:2])), help=help)
        if not isinstance(value, list) or len(value) != len(SIDES):
            raise Misfit(f"must be a list of three numbers, not '{words}'", extent_text(found))
    return value


def _is_text(value: object) -> bool:
    return isinstance(value, str)


_SIDES = re.compile("[ x×*,;]+".join(["([1-9][0-9]{0,5})"] * 3))
"""Three sides, with whatever people write between them."""
