"""A page in pieces: what stands around them, and each by its name.

A watched page takes those that are others than before in their places, and leaves the rest. The
report is the same pieces put together, so that there is one page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from markupsafe import Markup

from compiler.report.chapter import Chapter
from compiler.report.steps import Step
from dsl.text.memory import Memory

MARK = "\0"
"""Stands around a piece's name where it belongs; no text of a page has one."""
RUN = re.compile(rf"{MARK}[^{MARK}]*{MARK}(\s*{MARK}[^{MARK}]*{MARK})*")
"""Pieces with nothing between them."""
STEPS: Memory[str] = Memory(1024)
"""Steps as they were written: few of them are others at each save of a spec."""


@dataclass(frozen=True)
class Laid:
    """A page: its text, the name of a piece in the place of each, and the pieces."""

    around: str
    pieces: Mapping[str, str]

    @cached_property
    def frame(self) -> str:
        """The text around runs of pieces, whichever these are."""
        return RUN.sub(MARK, self.around)

    @cached_property
    def runs(self) -> list[list[str]]:
        """The names of pieces that follow each other, of which there may be more or fewer."""
        found = [run[0].split(MARK)[1::2] for run in RUN.finditer(self.around)]
        return [names for names in found if names[0] in self.pieces]

    def html(self, **more: str) -> str:
        """All of it; `more` is what is told of it from outside."""
        known, texts = {**self.pieces, **more}, self.around.split(MARK)
        texts[1::2] = [known[name] for name in texts[1::2]]
        return "".join(texts)


def place(name: str) -> Markup:
    """What stands in the place of a piece until the page is put together."""
    return Markup(f"{MARK}{name}{MARK}")  # noqa: S704  # a key, a word of a template, a path


@dataclass(frozen=True)
class Gathering:
    """Writes pieces as a template asks for them, and leaves their names there."""

    macros: Any
    """The template whose macros write them."""
    found: dict[str, str] = field(default_factory=dict)

    def __call__(self, kind: str, chapter: Chapter, which: str = "", *given: Any) -> Markup:
        """Write a piece; what stands in its place meanwhile."""
        name = named(kind, chapter, which)
        self.found[name] = self.written(kind, name, chapter, *given)
        return place(name)

    def written(self, kind: str, name: str, chapter: Chapter, *given: Any) -> str:
        """A piece as HTML."""
        (step, leads) = _step(chapter, *given)
        if step and (known := STEPS.get((step,), (name, leads))):
            return known
        text = str(getattr(self.macros, kind)(name, chapter, *given))
        if step:
            STEPS.put(text, (step,), (name, leads))
        return text


def named(kind: str, chapter: Chapter, which: str = "") -> str:
    """What a piece is called on its page."""
    return "/".join(filter(None, [chapter.key, kind, which]))


def _step(chapter: Chapter, *given: Any) -> tuple[Step | None, tuple[str, ...]]:
    """The step that a piece is about, if any, and where it leads: all that its text is made of."""
    match given:
        case [Step() as step]:
            likes = (figure.like for figure in step.figures if figure.like)
            return step, tuple(chapter.anchor(like.split(".")[0]) for like in likes)
    return None, ()
