"""An input's sides: channels, then its axes in order; and how another order shows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from dsl.text.numbers import Misfit

AXES = ((), ("length",), ("height", "width"), ("frames", "height", "width"))
"""What the axes of a map are called, by how many there are: its rank."""
RANKS = range(1, len(AXES))
SAMPLES = (("vector", "vectors"), ("series", "series"), ("image", "images"), ("clip", "clips"))
"""What one input is called and what several are, by its rank."""
LEAST_IMAGE = 16
"""Sides from which on a map with three columns is more likely an image with channels last."""


def sample(rank: int) -> str:
    """`image`: what one input is called."""
    return SAMPLES[rank][0]


def a_sample(rank: int) -> str:
    """`an image`."""
    return f"{'an' if sample(rank)[0] in 'aeiou' else 'a'} {sample(rank)}"


def samples(rank: int) -> str:
    """`images`: what several inputs are called."""
    return SAMPLES[rank][1]


def side_names(extent: tuple[int, ...]) -> tuple[str, ...]:
    """What the sides of an input are called: `channels`, `height`, `width`."""
    return "channels", *AXES[len(extent) - 1]


def channels_last(extent: tuple[int, ...]) -> bool:
    """Whether the sides of images or of a clip probably have the channels behind them.

    A column a colour, or a square with one or four columns: as channels, height and width
    that would be a map of stripes. Who means it names the sides.

    >>> channels_last((64, 64, 3)), channels_last((16, 128, 1)), channels_last((3, 64, 64))
    (True, False, False)
    >>> channels_last((16, 112, 112, 3)), channels_last((12, 1000, 3)), channels_last((500, 3))
    (True, False, False)
    """
    if len(extent) < 3:
        return False
    *_, first, second, last = extent
    stripes = last == 3 or (last in (1, 4) and first == second)
    return stripes and min(first, second) >= LEAST_IMAGE


def extent_text(extent: tuple[int, ...]) -> str:
    """An input as a spec writes it: by the names of its sides where a list would mislead."""
    if channels_last(extent):
        pairs = zip(side_names(extent), extent, strict=True)
        return f"{{{', '.join(f'{name}: {side}' for name, side in pairs)}}}"
    return f"[{', '.join(map(str, extent))}]"


def looks_like_an_image(extent: tuple[int, ...]) -> str:
    """What sides look like that have the channels last."""
    *grid, channels = extent
    return f"looks like {kernel_text(grid)} pixels with {channels} channel{'s' * (channels > 1)}"


def kernel_text(axes: Iterable[object]) -> str:
    """`1x7`, as a spec writes it."""
    return "x".join(map(str, axes))


def number_of_axes(axes: int) -> str:
    """`2 axes`, `1 axis`."""
    return f"{axes} ax{'es' if axes > 1 else 'is'}"


def the_map(shape: tuple[int, ...]) -> str:
    """How many axes a map (C, …) has, and which, as an error goes on."""
    names = AXES[len(shape) - 1]
    said = f"{kernel_text(map(int, shape))} (channels x {' x '.join(names)})"
    return f"the map here has {number_of_axes(len(names))}: {said}"


def misranked(name: str, given: tuple[int | str, ...], shape: tuple[int, ...]) -> tuple[str, str]:
    """What is wrong with a kernel of another rank than the map (C, …) that it gets, and help."""
    names = AXES[len(shape) - 1]
    message = f"{name} {kernel_text(given)} has {number_of_axes(len(given))}, {the_map(shape)}"
    long = tuple(side for side in given if side != 1)
    alike = given[:1] * len(names) if len(set(given)) == 1 else ()
    if len(given) > len(names) >= len(long) > 0:  # Of `1x7` for a series the 7 is what counts.
        alike = alike or given[:1] * (len(names) - len(long)) + long
    example = kernel_text(alike or (3, 5, 7)[-len(names) :])
    such = "such as " * (not alike)
    kernel = f"write {' x '.join(names)}, {such}`{example}`"
    return message, f"{kernel}; or the input as [{', '.join(('channels', *AXES[len(given)]))}]"


def read_extent(value: Any) -> Any:
    """`[3, 299, 299]`, or its sides by name: `{channels: 3, height: 299, width: 299}`."""
    if isinstance(value, dict):
        return _named(value)
    words = " ".join(value) if isinstance(value, list) and all(map(_is_text, value)) else value
    if isinstance(words, str) and _SIDES.fullmatch(bare := words.strip("()[] ")):
        found = tuple(map(int, re.findall("[0-9]+", bare)))
        if channels_last(found):
            message = f"is [{', '.join(side_names(found))}], and this {looks_like_an_image(found)}"
            help = f"if {found[0]} channels are meant, name the sides: `{extent_text(found)}`"
            raise Misfit(message, extent_text((found[-1], *found[:-1])), help=help)
        if not isinstance(value, list) or len(value) == 1:
            wanted = f"must be a list of {COUNTS[len(found)]} numbers"
            raise Misfit(f"{wanted}, not '{words}'", extent_text(found))
    return value


def _named(value: dict[Any, Any]) -> tuple[Any, ...]:
    """The sides of a mapping, in order."""
    for axes in AXES[1:]:
        if set(value) == {"channels", *axes}:
            return tuple(value[side] for side in ("channels", *axes))
    nearest = max(AXES[1:], key=lambda axes: (len({*axes} & set(value)), len(axes) == 2))
    raise Misfit(f"must have the keys channels, {', '.join(nearest)}, and no others")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


_SIDES = re.compile("[1-9][0-9]{0,5}([ x×*,;]+[1-9][0-9]{0,5}){2,3}")
"""Three or four sides, with whatever people write between them."""
COUNTS = {3: "three", 4: "four"}
