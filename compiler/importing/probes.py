"""The inputs that a model is tried with beside its own: what depends on them no spec can say.

Sizes lie near and far off, above and below, are never square, and leave other remainders
than the model's own; batches hold one image, two, and three.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import floordiv, sub

Size = tuple[int, ...]
"""Channels, and a side for each axis of a series, an image or a clip."""

BATCH = 2
"""Images in the first input: batch norm can't train on one."""
_MODULI = (3, 4, 5, 7)


@dataclass(frozen=True)
class Probe:
    """A batch of so many images of one size."""

    size: Size
    batch: int = BATCH


def plan(size: Size, training: bool) -> list[list[Probe]]:
    """The inputs to try beside a batch of two of this size.

    Each is a list of which the first is taken that the model takes: it may have been made for
    one size, for multiples of a number, or for more than one image.
    """
    near, far, small = _near(size), _far(size), _small(size)
    if training:
        return [
            [Probe(near, 3), Probe(size, 3)],
            [Probe(each, batch) for each in (*far, size) for batch in (1, 4)],
        ]
    return [
        [Probe(near, 1), Probe(near), Probe(size, 1)],
        [Probe(each, 3) for each in (*far, size)],
        [Probe(each, 1) for each in small],
    ]


def _near(size: Size) -> Size:
    """A larger size that is odd wherever this one, halved again and again, is even."""
    channels, *grid = size
    found: list[int] = []
    for side in grid:
        other = _other_side(side)
        while other in found:
            other = _other_side(side, other)
        found.append(other)
    return channels, *found


def _other_side(side: int, above: int = 0) -> int:
    wanted = [not odd for odd in _parities(side)]
    first = max(side, above) + 1
    return next(n for n in range(first, first + 65) if _parities(n) == wanted)


def _parities(side: int, levels: int = 5) -> list[bool]:
    found = []
    for _ in range(levels):
        found.append(side % 2 == 1)
        side = (side + 1) // 2
    return found


def _far(size: Size) -> list[Size]:
    """Sizes at least twice as large, the second a multiple."""
    channels, *grid = size
    larger = [times * side for times, side in zip(_last(2, 2, 3, of=grid), grid, strict=True)]
    unlike = map(_unlike, grid, larger)
    return [(channels, *unlike), (channels, *larger)]


def _small(size: Size) -> list[Size]:
    """Smaller sizes, the second such that multiples of 32 stay some."""
    channels, *grid = size
    eighths, less = _last(6, 5, 6, of=grid), _last(0, 64, 96, of=grid)
    unlike = (_unlike(side, side * n // 8, -1) for side, n in zip(grid, eighths, strict=True))
    halves = _last(2, 2, 1, of=grid) if len(grid) > 1 else (2,)
    found = [[*unlike], [*map(sub, grid, less)], [*map(floordiv, grid, halves)]]
    return [(channels, *each) for each in found if min(each) > 0]


def _last(*values: int, of: list[int]) -> tuple[int, ...]:
    """A number for each side of frames, height and width, as many as there are."""
    return values[-len(of) :]


def _unlike(side: int, start: int, by: int = 1) -> int:
    """The next number from `start` on whose remainders are others than those of `side`."""
    steps = range(start, start + 60 * by, by)
    unlike = (n for n in steps if n > 0 and all(n % m != side % m for m in _MODULI))
    return next(unlike, start)
