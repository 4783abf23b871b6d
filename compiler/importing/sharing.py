"""Branches that each begin with a part of one tensor: a fork that shares its channels out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from compiler.importing.atoms import Part
from compiler.importing.strands import Chain, Leaf
from compiler.ops.join import JOINS
from dsl.models.shares import EQUAL, REST

Shares = tuple[int | str, ...]
MISSES = "a spec's split shares all channels out, in order, among the branches of one join"
"""What to say of a part that no fork can take."""


def part_of(branch: Chain) -> Part | None:
    """The part of the fork's input that a branch works on; None for another beginning."""
    first = branch[0] if branch else None
    return first.part if isinstance(first, Leaf) and first.tap is None else None


def shared(
    branches: Sequence[Chain], channels: int, word: str
) -> tuple[Shares, tuple[Chain, ...]] | None:
    """The shares of branches that take all channels between them, and the branches without that.

    None where they don't. Two branches whose join doesn't ask for an order may change places.
    """
    parts = [part_of(branch) for branch in branches]
    pairs = [(part, branch) for part, branch in zip(parts, branches, strict=True) if part]
    if len(pairs) != len(branches) or len(pairs) < 2:
        return None
    if len(pairs) == 2 and JOINS[word].commutes:
        pairs.sort(key=lambda pair: pair[0].start)
    ranges = [part for part, _ in pairs]
    ends = [0, *(end for part in ranges for end in (part.start, part.stop)), channels]
    if any(one != other for one, other in list(pairwise(ends))[::2]):
        return None
    sizes = [part.stop - part.start for part in ranges]
    return _said(sizes), tuple(branch[1:] for _, branch in pairs)


def _said(sizes: list[int]) -> Shares:
    """Sizes as a spec says them: `equal`, or numbers with the largest as `rest`."""
    if len(set(sizes)) == 1:
        return (EQUAL,)
    largest = sizes.index(max(sizes))
    return tuple(REST if place == largest else size for place, size in enumerate(sizes))
