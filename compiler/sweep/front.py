"""The Pareto front: what no other one beats."""

from __future__ import annotations

from collections.abc import Sequence

Row = tuple[float, ...]


def front(rows: Sequence[Row]) -> list[int]:
    """The places of the rows that no other one beats, less being better; in their order.

    One beats another that is nowhere more and somewhere less. Equal ones all stay.

    >>> front([(1, 5), (2, 2), (2, 3), (5, 1), (2, 2)])
    [0, 1, 3, 4]
    """
    order = sorted(range(len(rows)), key=lambda place: rows[place])
    kept: list[Row] = []
    found: list[int] = []
    for place in order:
        row = rows[place]
        # Whatever beats a row stands before it, and so does one that is kept and beats it.
        if not any(_beats(other, row) for other in kept):
            found.append(place)
            if not kept or kept[-1] != row:
                kept.append(row)
    return sorted(found)


def _beats(one: Row, other: Row) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))
