"""What an op-string that can't be read was probably meant to be.

Only what can be read is advised: each guess is tried before it is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from dsl.models.activations import SLOPED
from dsl.models.fields import INITS
from dsl.models.identifiers import IDENTIFIER
from dsl.models.kernels import KERNEL
from dsl.models.reserved import RESERVED
from dsl.reading.translating import translated
from dsl.text import foreign
from dsl.text.numbers import is_whole
from dsl.text.problems import shown

Stands = Literal["listed", "flow", "alone", "named", "quoted", "python"]
"""Where an op-string stands: an item of a list, one line each or in brackets; the value of a
key that is no name, or of a name; in quotes; in a program."""
MOST_SIGNS = 500
"""Longer op-strings have no one slip that is looked for: some patterns take the square of that."""
MOST_WORDS = 24
"""A longer op-string holds more than one slip."""


NO_NAME = "a name is no part of the op-string"
OUTSIDE = ("quoted", "python")
"""Where a name or a comma can't stand inside what holds the op-string."""


@dataclass(frozen=True)
class Slip:
    """One slip of the pen: where it begins, what it is, and what to write for the whole."""

    message: str
    start: int
    length: int
    write: str
    pasted: bool = True
    """Whether that may simply stand where the op-string does."""


class Grammar(Protocol):
    """What an op-string may be."""

    def reads(self, text: str) -> bool:
        """Whether a text can be read."""

    def begins(self, word: str) -> bool:
        """Whether a word can begin one."""

    def takes(self, first: str, word: str) -> bool:
        """Whether what begins with one word has another for an option."""

    def follows(self, word: str) -> bool:
        """Whether a word means something behind another, whatever the spec's own names are."""


@dataclass(frozen=True)
class _Respelling:
    pattern: re.Pattern[str]
    by: str
    message: str

    def first(self, text: str) -> re.Match[str] | None:
        """The first match that would change."""
        found = self.pattern.finditer(text)
        return next((match for match in found if match.expand(self.by) != match[0]), None)


_SLOPED = "|".join(SLOPED)
_UNSET = r")(?<!\b".join((*SLOPED, *INITS))
"""Words behind which a colon is right, in lookbehinds, each of one length."""
_SIGNS = (
    _Respelling(re.compile(r"[()]"), " ", "an op-string takes no parentheses"),
    _Respelling(re.compile(r"[][{}]"), " ", "this bracket has no partner"),
    _Respelling(
        re.compile(r"\s*(?:->|→|\|)\s*|\s+[+>]\s+|;"), " ", "layers are kept apart by commas"
    ),
    _Respelling(re.compile(r","), " ", "words are kept apart by spaces, not commas"),
    _Respelling(
        re.compile(r"(?<=\s)(?:strides?[ =:]|s=)\s*([0-9]+(?:x[0-9]+)?)(?=\s|$)"),
        r"/\1",
        "a stride is written with a slash",
    ),
    _Respelling(
        re.compile(r"(?<=\s)(?:padding|pad) +([0-9]+)(?=\s|$)"),
        r"pad=\1",
        "a padding is written pad=",
    ),
    _Respelling(re.compile(r"\s*=\s*"), "=", "no space stands around the ="),
    _Respelling(
        re.compile(
            rf"\b({_SLOPED})(?:\s+|=|:?\s*(?:(?:negative_)?slope|alpha)\s*[=:]\s*)(?=[\d.])"
        ),
        r"\1:",
        "a slope stands behind its activation and a colon",
    ),
    _Respelling(
        re.compile(rf"(?<=\w)(?<!\b{_UNSET}):(?=\w)"), "=", "a value stands behind a =, not a colon"
    ),
)
_KERNEL = _Respelling(
    re.compile(r"(?<![\w.=/])([0-9]+)\s*[x×X*]\s*(?=[0-9])"),
    r"\1x",
    "a kernel is one word, with the letter x between height and width",
)
_TIMES = _Respelling(
    re.compile(r"(?<=\s)[x×X*]\s*(?=[0-9]+\s*$)"), "x", "a repeat is one word, such as x2"
)
_FACTOR = _Respelling(
    re.compile(r"(?<![\w.])([A-Za-z]\w*)\s*[*×]\s*(?=[0-9])"),
    r"\1*",
    "a factor stands right behind its name, as in in*6",
)
_RESPELLINGS = ((*_SIGNS, _FACTOR), (*_SIGNS, _KERNEL), (*_SIGNS, _TIMES))
"""Signs that are not the language's own; what `8 x 2` means depends on where it stands."""


def slip_in(text: str, stands: Stands, grammar: Grammar) -> Slip | None:
    """The one slip that keeps an op-string from being read; None where there is no such."""
    if len(text) > MOST_SIGNS or len(text.split()) > MOST_WORDS:
        return None
    return next(_slips(text, stands, grammar), None)


def _slips(text: str, stands: Stands, grammar: Grammar) -> Iterator[Slip]:
    if found := _without_space(text, stands, grammar):
        yield found
    for rules in _RESPELLINGS:
        plain, first = _respelt(text, rules)
        for guess, write in _guesses(plain, stands, grammar):
            yield (first or guess.within(text, plain)).slip(write, guess.pasted)


@dataclass(frozen=True)
class _Blame:
    message: str
    start: int
    length: int
    pasted: bool = True

    def within(self, text: str, plain: str) -> _Blame:
        """The same in a text with more spaces."""
        word = len(plain[: self.start].split())
        starts = [match.start() for match in re.finditer(r"\S+", text)]
        return replace(self, start=starts[word])

    def slip(self, write: str, pasted: bool) -> Slip:
        return Slip(self.message, self.start, self.length, write, pasted)


def _respelt(text: str, rules: tuple[_Respelling, ...]) -> tuple[str, _Blame | None]:
    """The text in the language's own signs, and the first sign that isn't."""
    first = None
    for rule in rules:
        match = rule.first(text)
        if match and first is None:
            first = _Blame(rule.message, match.start(), max(1, len(match[0])))
        text = rule.pattern.sub(rule.by, text)
    return " ".join(text.split()), first


def _guesses(text: str, stands: Stands, grammar: Grammar) -> Iterator[tuple[_Blame, str]]:
    """What the text may mean, best first, each with what is wrong with it as it is."""
    words = [(match[0], match.start()) for match in re.finditer(r"\S+", text)]
    if not words:
        return
    word = words[0][0]
    whole = _Blame(f"{shown(text)} can't be read", 0, len(text))
    if grammar.reads(text):
        yield whole, text
    if found := _named(text, stands, grammar):
        message = f"{shown(word)} is no layer; as a name it needs a colon"
        message = NO_NAME if stands in OUTSIDE else message
        yield _Blame(message, 0, len(word), stands not in OUTSIDE), found
    for ours in () if grammar.begins(word) else translated(text):
        if grammar.reads(ours):
            yield _Blame(f"{shown(word)} is written otherwise here", 0, len(word)), ours
    if several := _several(text, stands, grammar):
        yield several
    yield from _turned(text, words, grammar)


def _turned(
    text: str, words: list[tuple[str, int]], grammar: Grammar
) -> Iterator[tuple[_Blame, str]]:
    """The words in another order: that first which an op-string can begin with."""
    for first, start in words[1:]:
        before, after = text[:start], text[start + len(first) :]
        if not grammar.begins(first) or not all(map(grammar.follows, before.split())):
            continue
        blame = _Blame(f"{shown(first)} comes first in an op-string", start, len(first))
        for turned in (f"{first}{after} {before}".strip(), f"{first} {before}{after.strip()}"):
            if grammar.reads(turned):
                yield blame, turned


def _without_space(text: str, stands: Stands, grammar: Grammar) -> Slip | None:
    """`conv1:3x3 64`, a name whose colon has no space behind it, so that YAML sees no key."""
    match = re.fullmatch(
        r"([A-Za-z][A-Za-z0-9_]*)(:\s*|\s+[:=-]\s+|\s*[:-]?[=>]\s*)(\S.*)", text, re.DOTALL
    )
    if not match or not grammar.reads(match[3]):
        return None
    write = _as_entry(match[1], match[3], stands)
    message = "a name needs a colon, and a space after it"
    if stands in OUTSIDE:
        message = NO_NAME
    length = max(1, len(match[2].strip()))
    start = match.start(2) + len(match[2]) - len(match[2].lstrip())
    return Slip(message, start, length, write, stands not in OUTSIDE) if write else None


def _named(text: str, stands: Stands, grammar: Grammar) -> str:
    """`mixed_2 A c7=8`: a step behind its name, whose colon is missing."""
    name, _, rest = text.partition(" ")
    if not rest or not IDENTIFIER.fullmatch(name) or name in RESERVED or grammar.begins(name):
        return ""
    first = rest.split()[0]
    if is_whole(first):
        return ""  # Only a series has such kernels, and others write a width first.
    kernel = KERNEL.fullmatch(first)
    if kernel and (foreign.said(name) or foreign.lacking(name) or grammar.reads(f"{rest} {name}")):
        return ""
    return _as_entry(name, rest, stands) if grammar.reads(rest) else ""


def _as_entry(name: str, step: str, stands: Stands) -> str:
    """A step under a name, as it is written at a place; empty where no name can stand."""
    forms: dict[Stands, str] = {
        "listed": f"{name}: {step}",
        "flow": f"{name}: {step}",
        "alone": f"{{{name}: {step}}}",
        "quoted": f"{name}: {step}",
        "python": f'dsl.step("{step}", name="{name}")',
    }
    return forms.get(stands, "")


def _is_next(first: str, word: str, grammar: Grammar) -> bool:
    """Whether a word begins a layer of its own, and is no option of the one before."""
    return grammar.begins(word) and not grammar.takes(first, word)


def _several(text: str, stands: Stands, grammar: Grammar) -> tuple[_Blame, str] | None:
    """`1x1 48 3x3 64`: layers without a comma between them."""
    words = [(match[0], match.start(), match.end()) for match in re.finditer(r"\S+", text)]
    pieces: list[str] = []
    at = 0
    while at < len(words):
        ends = (
            end
            for end in range(len(words), at, -1)
            if (end == len(words) or _is_next(words[at][0], words[end][0], grammar))
            and grammar.reads(text[words[at][1] : words[end - 1][2]])
        )
        if (end := next(ends, None)) is None:
            return None
        pieces.append(text[words[at][1] : words[end - 1][2]])
        at = end
    if len(pieces) < 2 or stands in OUTSIDE:
        return None
    second = len(pieces[0].split())
    word, start, _ = words[second]
    joined = ", ".join(pieces)
    message = f"{shown(word)} begins another layer"
    return _Blame(message, start, len(word)), joined if stands == "flow" else f"[{joined}]"
