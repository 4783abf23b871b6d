"""A name with a factor: `in*6`, `in/16`. One whole number behind one name, and nothing that runs.

A model keeps it as the text that the author wrote, so that it is written back as it was.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from dsl.models.identifiers import IDENTIFIER

LEAST = 2
"""The smallest factor: with 1 the name alone says it."""
_NAME = IDENTIFIER.pattern
_FACTOR = re.compile(rf"({_NAME})([*/])([1-9][0-9]{{0,5}})")
FACTOR = _FACTOR.pattern
_ANY = re.compile(r"(?<!\w)(?=\w*?[A-Za-z_])\w++\)?[*/×·]|[*×·]\(?[A-Za-z_]")
"""A whole word and what is behind it: begun anywhere in a long one, this would take its square."""
_OTHERWISE = (
    (re.compile(rf"([1-9][0-9]{{0,5}})[*×·]({_NAME})"), r"\2*\1"),
    (re.compile(rf"({_NAME})[×·]([1-9][0-9]{{0,5}})"), r"\1*\2"),
    (re.compile(rf"({_NAME})//([1-9][0-9]{{0,5}})"), r"\1/\2"),
    (re.compile(rf"({_NAME})\*0?\.50*"), r"\1/2"),
    (re.compile(rf"({_NAME})\*0?\.250*"), r"\1/4"),
    (re.compile(rf"({_NAME})[*/]1"), r"\1"),
)
"""How others write a factor, and what to write here."""


class Factor(NamedTuple):
    """A name, the whole number behind it, and whether that divides."""

    name: str
    number: int
    divides: bool


def factor(text: object) -> Factor | None:
    """The factor that a text says, if it says one.

    >>> factor("in*6"), factor("in/1"), factor("in")
    (Factor(name='in', number=6, divides=False), None, None)
    """
    match = _FACTOR.fullmatch(text) if isinstance(text, str) else None
    if match is None or int(match[3]) < LEAST:
        return None
    return Factor(match[1], int(match[3]), match[2] == "/")


def name_in(text: str) -> str:
    """The name that a text is about: itself, or what its factor belongs to."""
    found = factor(text)
    return found.name if found else text


def looks_factored(text: object) -> bool:
    """Whether somebody meant a name and a factor, however it is written."""
    return isinstance(text, str) and bool(_ANY.search(text))


def otherwise(text: str) -> str:
    """The language's way to write a factor that is written in another; empty for none."""
    made = (match.expand(ours) for ways, ours in _OTHERWISE if (match := ways.fullmatch(text)))
    return next(made, "")
