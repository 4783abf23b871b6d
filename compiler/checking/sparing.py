"""A spec without promises, recipe and variants, for what can be said while those are wrong."""

from __future__ import annotations

from collections.abc import Container
from itertools import pairwise

from dsl.text.lines import content
from dsl.text.parsing import parse
from dsl.text.problems import SpecError
from dsl.text.source import unified

BESIDE = ("expect", "training", "variants")
"""Keys without which the same network is built."""


def spared(text: str, file: str, wrong: Container[int]) -> str | None:
    """A text with nothing under those of the keys that stand on wrong lines, all else at its place.

    None where none does. Lines that are only comments stay: they may allow what is found below.
    """
    try:
        root = parse(text, file)
    except SpecError:
        return None
    lines = unified(text).split("\n")
    starts = [entry.key.span.line - 1 for entry in root.entries]
    spans = zip(root.entries, pairwise([*starts, len(lines)]), strict=True)
    beside = [range(*span) for entry, span in spans if entry.key.text in BESIDE]
    gone = [part for part in beside if any(line + 1 in wrong for line in part)]
    if len(set(starts)) < len(starts) or not gone:
        return None
    for part in gone:
        for line in part:
            lines[line] = "" if content(lines[line]) else lines[line]
    return "\n".join(lines)
