"""A text as the pieces that it is made of: a key at its left edge, and all that belongs to it.

An editor reads a text anew at each letter, and all but one piece of it is what it was. Only texts
are taken apart of which that can't change what they say: whatever else stands at the left edge, or
a key that is given twice, and nothing is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

_KEY = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*):(?: |$)")
_INSIDE = re.compile(r"$| |#|-(?: |$)")
"""How a line begins that goes on with what is above it."""
_NOTHING = re.compile(r" *(?:#|$)")


@dataclass(frozen=True, slots=True)
class Piece:
    """One key with what belongs to it. `behind` is the line of the next one's key."""

    line: int
    """Lines above it."""
    text: str
    behind: str


def pieces(lines: list[str]) -> list[Piece]:
    """The pieces of a text in order; none of one that isn't taken apart."""
    starts: list[int] = []
    keys: set[str] = set()
    for number, line in enumerate(lines):
        if found := _KEY.match(line):
            if found[1] in keys:
                return []
            starts.append(number)
            keys.add(found[1])
        elif not (_INSIDE if starts else _NOTHING).match(line):
            return []
    starts.append(len(lines))
    return [_piece(lines, start, end) for start, end in pairwise(starts)]


def _piece(lines: list[str], start: int, end: int) -> Piece:
    last = end == len(lines)
    text = "\n".join(lines[start:end])
    return Piece(start, text if last else f"{text}\n", "" if last else lines[end])
