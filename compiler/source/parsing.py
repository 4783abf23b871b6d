"""Emitted text as syntax, a stretch at a time: what two texts have in common is parsed once."""

from __future__ import annotations

import ast
import re
from itertools import pairwise

from dsl.text.memory import by_value

BETWEEN = re.compile(r"(?<=\n)\n\n(?=\S)")
"""Two blank lines, as they stand between classes."""


def stretches(text: str) -> tuple[str, ...]:
    """A text cut such that each stretch is whole statements; joined it is the text.

    Raises `SyntaxError` where it is none of Python's.
    """
    starts = [0, *(found.end() for found in BETWEEN.finditer(text)), len(text)]
    found = tuple(text[start:end] for start, end in pairwise(starts))
    try:
        for each in found:
            tree_of(each)
    except SyntaxError:  # Those lines were in the middle of something.
        tree_of(text)
        return (text,)
    return found


@by_value(512)
def tree_of(text: str) -> ast.Module:
    """A stretch as syntax, which is left as it is by whoever gets it."""
    return ast.parse(text)
