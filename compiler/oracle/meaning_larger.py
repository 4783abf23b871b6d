"""What makes a map larger, along one axis: where positions lie, and what is cut off.

Part of the reading of a spec, like `compiler.oracle.meaning`.
"""

from __future__ import annotations

Cut = tuple[int, int]
"""What is taken away before and after an axis; where it is less than 0, zeros come in."""


def same_cut(kernel: int, stride: int, dilation: int) -> Cut:
    """What leaves `stride` positions for each that there was; of an odd number more in front."""
    over = (kernel - 1) * dilation + 1 - stride
    return (over - over // 2, over // 2) if over > 0 else (0, over)


def between(size: int, by: int, mode: str) -> tuple[list[int], list[int], list[float]]:
    """For `by` positions in the place of each of `size`: between which they lie, and how far.

    Nearest is at the one in whose place it is. Else the middles of both are on one scale, and
    what lies outside the outer middles is at these.
    """
    low, high, share = list[int](), list[int](), list[float]()
    for place in range(size * by):
        middle = min(max((2 * place + 1 - by) / (2 * by), 0.0), size - 1.0)
        at = float(place // by) if mode == "nearest" else middle
        low.append(int(at))
        high.append(min(int(at) + 1, size - 1))
        share.append(at - int(at))
    return low, high, share
