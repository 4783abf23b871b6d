"""How memory grows with the batch, exactly for any: from few counts, as it is straight in pieces.

What is kept is a sum of what grows evenly, and a peak is the highest of such sums, so that both are
straight or bend upwards. One input is apart: what is taken to pieces by channels lies in a row
then, and batch norm may refuse it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from compiler.cost.memory import peak_bytes, saved_bytes
from compiler.ir.network import Network

MOST = 1_000_000
"""The largest batch that is asked for."""


class Piece(NamedTuple):
    """From a batch on: the bytes there, and those that each further input takes."""

    batch: int
    size: int | None
    """None where that batch can't be trained."""
    more: int


def peak_growth(network: Network, dtype_bytes: int) -> list[Piece]:
    """The most bytes alive at once in an evaluating pass, for every batch up to `MOST`."""
    return growth(lambda batch: peak_bytes(network, batch, dtype_bytes))


def saved_growth(network: Network, dtype_bytes: int) -> list[Piece] | None:
    """The bytes that a training pass without auxiliary heads keeps; None of a rewritten network."""
    if network.rewritten:
        return None
    one, two, three = (saved_bytes(network, n, dtype_bytes, training=False) for n in (1, 2, 3))
    if two is None or three is None:
        return [Piece(1, one, 0), Piece(2, None, 0)]
    return [Piece(1, one, 0), Piece(2, two, three - two)]


def growth(size: Callable[[int], int]) -> list[Piece]:
    """The pieces of what is straight or bends upwards from two inputs on."""
    return [Piece(1, size(1), 0), *_pieces(size, 2, MOST)]


def _pieces(size: Callable[[int], int], low: int, high: int) -> Iterator[Piece]:
    start, end = size(low), size(high)
    more = size(low + 1) - start
    if high == low + 1 or start + more * (high - low) == end:
        yield Piece(low, start, more)
        return
    last = end - size(high - 1)
    # Where the first piece, made longer, and the last would meet; a bend is there or before it.
    meeting = (end - last * high - start + more * low) // (more - last)
    middle = min(max(meeting, low + 1), high - 1)
    yield from _pieces(size, low, middle)
    yield from _pieces(size, middle, high)
