"""Op-strings: `1x7 192 /2` as a layer; `dsl.models.spelling` goes the other way.

The grammar is the fields of the layer models; nothing here knows any one kind.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dsl.models.activations import word_of
from dsl.models.kernels import KERNEL
from dsl.models.layers import (
    ACTIVATION_WORDS,
    FOREIGN,
    OPTIONS,
    Call,
    Conv,
    Layer,
    Places,
    Spelled,
    spellings,
)
from dsl.reading.beginning import (
    given_kind,
    kind_of,
    own_kind,
)
from dsl.reading.building import build
from dsl.reading.strangers import EXAMPLES, Token, repeat_of, shorthand, stray, unknown
from dsl.text import foreign
from dsl.text.problems import NOWHERE, Fix, Problem, Report, Span, SpecError, shown
from dsl.text.values import Scalar, asides

if TYPE_CHECKING:
    from dsl.reading.mending import Slip, Stands


@dataclass
class Found:
    """The fields read so far, each with its place."""

    values: dict[str, Any] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)


def parse(
    value: Scalar, report: Report, blocks: Collection[str] = (), stands: Stands = "alone"
) -> Layer | None:
    """Read one op-string; problems go to `report`, and None comes back.

    `blocks` are the names of the spec's own blocks, and `stands` says what the string is part
    of, both for better advice.
    """
    if not value.text.strip():
        notes = asides(value)
        report.add("E012", value.span, "a layer is missing here", help=EXAMPLES, notes=notes)
        return None
    trial = Report(trial=not report.advises)
    layer = _read(value, blocks, trial)
    if any(problem.code in PLUGINS for problem in trial.problems):
        report.problems += trial.problems
    elif trial.problems and not value.span.exact and INDENTED.match(value.text):
        message = "this is indented further than the item above, so that YAML joins the two"
        help, notes = "items of a list start in the same column", ((value.span, "that starts"),)
        report.add("E015", value.below or value.span, message, help=help, notes=notes)
    elif trial.problems and report.advises:
        from dsl.reading.mending import slip_in  # Its patterns take time, few specs are wrong.

        slip = slip_in(value.text, stands, Grammar(blocks, stands == "python"))
        report.problems += [_explained(value, slip)] if slip else _noted(trial.problems, value)
    else:
        report.problems += _noted(trial.problems, value)
    return None if trial.problems else layer


def quietly(value: Scalar, blocks: Collection[str] = ()) -> Layer | None:
    """The layer that an op-string is; None where it can't be read, and not a word about why."""
    trial = Report(trial=True)
    layer = _read(value, blocks, trial) if value.text.strip() else None
    return None if trial.problems else layer


def _noted(problems: list[Problem], value: Scalar) -> list[Problem]:
    notes = asides(value)
    return [replace(each, notes=(*each.notes, *notes)) for each in problems] if notes else problems


PLUGINS = ("E170", "E171")
"""Codes of what is wrong with a plugin, and not with the op-string."""


def _explained(value: Scalar, slip: Slip) -> Problem:
    """A slip of the pen as a problem."""
    place = value.at(slip.start, slip.length)
    fix = Fix(value.span, slip.write, guess=True) if place.exact and slip.pasted else None
    help = f"write {_quoted(slip.write)}"
    return Problem("E015", place, slip.message, help=help, fix=fix)


INDENTED = re.compile(r"[^-].*\s-\s", re.DOTALL)
"""What YAML makes of an item and one below it that is indented further."""


@dataclass(frozen=True)
class Grammar:
    """What can be read, for guesses at what was meant."""

    blocks: Collection[str]
    any_block: bool = False

    def reads(self, text: str) -> bool:
        """Whether a text is an op-string, of a block that there is."""
        if any(foreign.lacking(word) for word in text.split() if not self._known(word)):
            return False
        trial = Report(trial=True)
        layer = _read(Scalar(text, NOWHERE), self.blocks, trial) if text.strip() else None
        known = not isinstance(layer, Call) or layer.block in self.blocks
        known = known or (self.any_block and "=" in text)
        return known and layer is not None and not trial.problems

    def begins(self, word: str) -> bool:
        """Whether an op-string can begin with a word."""
        return self._known(word) and not word.isdigit()

    def names(self, word: str) -> bool:
        """The same, of what is in use: asked of every step's name, for which nobody is to wait."""
        own = own_kind(word) not in (None, Call) and not word.isdigit()
        return own or word in self.blocks or word in FOREIGN

    def _known(self, word: str) -> bool:
        """Whether a word is a block's or a plugin's, whatever it is elsewhere."""
        return word in self.blocks or self._kind(word) not in (None, Call)

    def _kind(self, word: str) -> type[Layer] | None:
        """What a word begins; of a plugin that is broken nothing is advised."""
        try:
            return kind_of(word, self.blocks)
        except SpecError:
            return None

    def takes(self, first: str, word: str) -> bool:
        """Whether what begins with one word has another for an option."""
        kind = self._kind(first)
        return kind is not None and any(word in mark.words for _, mark in spellings(kind))

    def follows(self, word: str) -> bool:
        """Whether a word is an option, a number or a kernel."""
        return word in OPTIONS or "=" in word or not word[0].isalpha() or bool(repeat_of(word))


def _read(value: Scalar, blocks: Collection[str], report: Report) -> Layer | None:
    words = re.finditer(r"\S+", value.text)
    tokens = [Token(word[0], value.at(word.start(), len(word[0]))) for word in words]
    first = tokens[0]
    try:
        kind = kind_of(first.text, blocks)
    except SpecError as error:  # a plugin's
        report.problems += [replace(problem, span=first.span) for problem in error.problems]
        return None
    if kind is Call and re.fullmatch("[a-z]", first.text) and not _is_call(tokens, blocks):
        kind = Conv  # The kernel of a series, by a parameter: `k 32`.
        if "x" in tokens[1].text and KERNEL.fullmatch(tokens[1].text):
            message = f"{first.text} begins no layer: a layer's word can't be a parameter"
            report.add("E015", first.span, message, help=given_kind(first.text, tokens[1].text))
            return None
    if kind is None or (kind is Call and not _is_call(tokens, blocks)):
        unknown(first, blocks, report)
        return None
    if comma := next((token for token in tokens if re.search(r",(?!\d)", token.text)), None):
        where = comma.part(comma.text.index(","), 1)
        report.add("E015", where, "words are kept apart by spaces, not commas")
        return None
    rest = tokens if kind is Conv or word_of(first.text) in ACTIVATION_WORDS else tokens[1:]
    return _made(kind, first, rest, value.span, report)


def read_as(kind: type[Layer], text: str) -> Layer:
    """A layer of a kind that nobody knows yet from its op-string. Raises `SpecError`."""
    report = Report()
    first, *rest = (Token(word, NOWHERE) for word in text.split() or [""])
    if first.text != kind.keyword:
        report.add("E015", NOWHERE, f"it begins with {kind.keyword}")
    layer = _made(kind, first, rest, NOWHERE, report)
    report.stop_if_any()
    assert layer is not None, "no layer, and no problem either"
    return layer


def _made(
    kind: type[Layer], first: Token, rest: list[Token], span: Span, report: Report
) -> Layer | None:
    """The layer that the words behind the first one say."""
    found = Found()
    before = len(report.problems)
    if kind is Call:
        _read_call(first, rest, found, report)
    else:
        _read_fields(kind, rest, found, report)
    if len(report.problems) > before:
        return None
    layer: Layer | None = build(kind, found.values, Places(span, found.spans), report)
    return layer


def _is_call(tokens: list[Token], blocks: Collection[str]) -> bool:
    """Whether the words look like a block's call; a misspelt layer doesn't."""
    if tokens[0].text in blocks:
        return True
    return all("=" in token.text or repeat_of(token.text) for token in tokens[1:])


def _quoted(text: str) -> str:
    """Advice as the author would type it, cut where it is long."""
    return f"`{text}`" if len(text) <= 160 else f"`{text[:159]}…`"


def _read_call(first: Token, rest: list[Token], found: Found, report: Report) -> None:
    args: dict[str, str] = {}
    found.values |= {"block": first.text, "args": args}
    found.spans["block"] = first.span
    for token in rest:
        key, equals, value = token.text.partition("=")
        if count := repeat_of(token.text):
            _put("repeat", count, token.span, found, report)
        elif key == "repeat" and value:
            _put("repeat", value, token.part(len(key) + 1, len(value)), found, report)
        elif not (key and equals and value):
            message = f"{shown(token.text)} is not a parameter's NAME=VALUE"
            help = f"write it like `{first.text} c7=128 x2`, with no space around the ="
            short = shorthand(token.text, [])
            report.add("E015", token.span, message, meant=short, help=help)
        elif key in args:
            report.add("E015", token.span, f"{key} is given twice")
        else:
            args[key] = value
            found.spans[f"args.{key}"] = token.part(0, len(key))
            found.spans[f"args.{key}="] = token.part(len(key) + 1, len(value))


def _put(name: str, value: Any, span: Span, found: Found, report: Report) -> None:
    if name in found.values:
        report.add("E015", span, f"{name.replace('_', ' ')} is given twice")
    found.values[name] = value
    found.spans[name] = span


def _read_fields(kind: type[Layer], tokens: list[Token], found: Found, report: Report) -> None:
    marks = list(spellings(kind))
    places = iter([name for name, mark in marks if mark.place])
    for token in tokens:
        if (match := _match(token, marks)) is not None:
            name, value, offset = match
            _put(name, value, token.part(offset, len(token.text) - offset), found, report)
        elif "=" not in token.text and (name := next(places, "")):
            _put(name, token.text, token.span, found, report)
        else:
            stray(kind, token, marks, report)


def _match(token: Token, marks: list[tuple[str, Spelled]]) -> tuple[str, Any, int] | None:
    """The field that a token writes by word, key or prefix; its value and where it starts."""
    key, equals, value = token.text.partition("=")
    word = word_of(token.text)
    for name, mark in marks:
        if token.text in mark.words:
            return name, mark.words[token.text], 0
        if word in mark.settable:
            return name, token.text, 0
        if equals and mark.key and key == mark.key:
            return name, value, len(key) + 1
        if mark.prefix and re.fullmatch(re.escape(mark.prefix) + "[0-9].*", token.text):
            return name, token.text[len(mark.prefix) :], len(mark.prefix)
        if mark.prefix == "/" and token.text.startswith("/"):
            return name, token.text[1:], 1
    return None
