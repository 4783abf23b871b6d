"""What can be said of a field without reading it: patterns, ranges, words and what they mean.

An editor's schema is made of these. A form takes all that its field takes, and some that it
doesn't: whether a number fits its place only the reader knows. Patterns keep to what Python's and
JavaScript's have in common, and match a whole text or word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from dsl.models.factors import FACTOR
from dsl.models.identifiers import IDENTIFIER
from dsl.text.numbers import NUMBER

Read = TypeVar("Read", bound=Callable[..., Any])

NAME = IDENTIFIER.pattern
_ANY_NUMBER = NUMBER.pattern


@dataclass(frozen=True)
class Form:
    """How what a field takes is written as text, and between what lie those that are numbers.

    `words` are those that mean something in the field, each with its meaning; the pattern has
    them too. `whole` says that numbers are, and without `low` the field takes none.
    """

    pattern: str
    words: Mapping[str, str] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    whole: bool = False
    said: str = ""
    """The same for people: nobody wants to read a pattern."""
    truth: bool = False
    """Whether the field is true or false."""


def formed(read: Read, form: Form) -> Read:
    """The reader, which knows its form from here on."""
    vars(read)["form"] = form
    return read


def form_of(read: object) -> Form | None:
    """The form of a reader; None where nothing can be said of it."""
    found = getattr(read, "form", None)
    return found if isinstance(found, Form) else None


def any_of(*patterns: str) -> str:
    """A pattern that each of some texts fits."""
    return f"(?:{'|'.join(patterns)})"


def words_form(words: Mapping[str, str], *more: str) -> Form:
    """The form of a few words, and of what fits further patterns."""
    return Form(any_of(*words, *more), words, said=f"one of {', '.join(words)}")


def number_form(low: float, high: float, *more: str, said: str) -> Form:
    """The form of numbers, and of what fits further patterns."""
    return Form(any_of(_ANY_NUMBER, *more), low=low, high=high, said=said)


def whole_form(low: int, high: int, *more: str, said: str) -> Form:
    """The form of whole numbers, and of what fits further patterns."""
    digits = f"[1-9][0-9]{{0,{len(str(high)) - 1}}}"
    pattern = any_of(digits if low else f"0|{digits}", *more)
    return Form(pattern, low=low, high=high, whole=True, said=said)


NAMES = Form(NAME, said="a name")
NAMED_NUMBER = {True: (NAME,), False: ()}
"""What a number may be instead: a parameter's name, where one may stand."""
SCALED = (NAME, FACTOR)
"""The same with a factor behind it."""
