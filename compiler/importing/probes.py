"""The inputs that a model is tried with beside its own: what depends on them no spec can say.

Sizes lie near and far off, above and below, are never square, and leave other remainders
than the model's own; batches hold one image, two, and three.
"""

from __future__ import annotations

from dataclasses import dataclass

Size = tuple[int, int, int]

BATCH = 2
"""Images in the first input: batch norm can't train on one."""
_MODULI = (3, 4, 5, 7)


@dataclass(frozen=True)
class Probe:
    """A batch of so many images of one (C, H, W)."""

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
    channels, height, width = size
    high, wide = _other_side(height), _other_side(width)
    return channels, high, wide if wide != high else _other_side(width, wide)


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
    """Sizes more than twice as large, the second a multiple."""
    channels, height, width = size
    unlike = channels, _unlike(height, 2 * height), _unlike(width, 3 * width)
    return [unlike, (channels, 2 * height, 3 * width)]


def _small(size: Size) -> list[Size]:
    """Smaller sizes, the second such that multiples of 32 stay some."""
    channels, height, width = size
    unlike = channels, _unlike(height, height * 5 // 8, -1), _unlike(width, width * 3 // 4, -1)
    found = [unlike, (channels, height - 64, width - 96), (channels, height // 2, width)]
    return [each for each in found if min(each[1:]) > 0]


def _unlike(side: int, start: int, by: int = 1) -> int:
    """The next number from `start` on whose remainders are others than those of `side`."""
    steps = range(start, start + 60 * by, by)
    unlike = (n for n in steps if n > 0 and all(n % m != side % m for m in _MODULI))
    return next(unlike, start)
