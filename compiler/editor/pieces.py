"""The lines of whole pieces of a spec; what stands first in a place to fill in is `<64>` here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, count

from compiler.editor.knowing import blocks_of, trunk_of
from compiler.editor.reading import Reading
from dsl.models.extent import kernel_text
from dsl.models.identifiers import IDENTIFIER
from dsl.models.model import BLOCK_SECTIONS, BlockSection
from dsl.models.naming import section_names
from dsl.text.values import Mapping, Scalar, Sequence

Lines = tuple[str, ...]
STEM = ("- conv1: 3x3 <32> /2", "- pool1: maxpool 3x3 /2")
HEAD = ("- globalpool avg", "- dropout <0.4>", "- fc classes")
BRANCHES = ("- 1x1 <64>", "- [1x1 <48>, 3x3 <64>]")
BLOCKS: dict[BlockSection, tuple[str, Lines]] = {
    "inception": ("A", ("concat:", *(f"  {line}" for line in BRANCHES))),
    "reduction": ("R", ("concat:", "  - 3x3 <64> /2", "  - maxpool 3x3 /2")),
    "strided": ("S", ("params: {s: <2>}", "concat:", "  - 3x3 <64> /s", "  - maxpool 3x3 /s")),
}
"""A name and what stands below it, for each kind of block."""


def indented(lines: Iterable[str]) -> Lines:
    """Lines one step further to the right.

    >>> indented(("a:", "", "  b: 1"))
    ('  a:', '', '    b: 1')
    """
    return tuple(f"  {line}" if line else "" for line in lines)


def dashed(lines: Iterable[str]) -> Lines:
    """Lines as an item of a list.

    >>> dashed(("a:", "  b: 1"))
    ('- a:', '    b: 1')
    """
    head, *rest = lines
    return (f"- {head}", *indented(rest))


class Pieces:
    """The pieces for one spec; `typed` is what was typed of a name that a piece begins with."""

    def __init__(self, reading: Reading, typed: str = "") -> None:
        self.reading = reading
        self.typed = typed if IDENTIFIER.fullmatch(typed) else ""
        given = {mark.text for mark in reading.marks if mark.kind in ("step", "head", "variant")}
        self.taken = {*given, *blocks_of(reading), *trunk_of(reading)} - {typed}

    def named(self, wanted: str, lines: Lines) -> Lines:
        """Lines below a name: what was typed, or one that nothing has."""
        return (f"<{self.typed or self.free(wanted)}>:", *indented(lines))

    def free(self, wanted: str) -> str:
        """A name that nothing has."""
        names = chain((wanted,), (f"{wanted}{number}" for number in count(2)))
        return next(name for name in names if name not in self.taken)

    def block(self, section: BlockSection) -> Lines:
        """A block of some section."""
        return self.named(*BLOCKS[section])

    def aux(self) -> Lines:
        """An auxiliary head, at the middle of the body."""
        body = self._body()
        tap = body[len(body) // 2] if body else "mixed_1"
        do = "do: [globalpool avg, fc classes]"
        return self.named("aux1", (f"from: <{tap}>", "weight: <0.3>", do))

    def variant(self) -> Lines:
        """A variant that changes one thing."""
        return self.named("other", ("set:", "  <classes>: <100>"))

    def sections(self) -> Iterator[tuple[str, str, Lines]]:
        """Each section by its key, what it is called, and its lines."""
        yield "stem", "stem", STEM
        for section in BLOCK_SECTIONS:
            yield section, f"{section} block", self.block(section)
        yield "body", "body", (f"- {self.free('mixed_1')}: <{self._step()}>",)
        yield "head", "head", HEAD
        yield "aux", "auxiliary head", dashed(self.aux())
        yield "variants", "variant", self.variant()

    def network(self) -> Lines:
        """All of a small network."""
        blocks = {key: ("", f"{key}:", *indented(self.block(key))) for key in BLOCK_SECTIONS}
        a, r = BLOCKS["inception"][0], BLOCKS["reduction"][0]
        body = (f"- mixed_1: {a}", f"- mixed_2: {a}", f"- shrink: {r}", f"- mixed_3: {a} x3")
        return (
            "name: <my_net>", "input: [3, 64, 64]", "classes: <10>",
            "", "stem:", *indented(STEM), *blocks["inception"], *blocks["reduction"],
            "", "body:", *indented(body), "", "head:", *indented(HEAD),
        )  # fmt: skip

    def _step(self) -> str:
        """A call of the first block that needs no parameters; a convolution if there is none."""
        blocks = blocks_of(self.reading).items()
        ready = (name for name, block in blocks if None not in block.params.values())
        return next(ready, "3x3 64")

    def _body(self) -> list[str]:
        """The names of the steps of the body, or of all steps where those aren't known."""
        known = self.reading.known
        names = section_names(dict(known.sections())) if known else {}
        there = trunk_of(self.reading)
        return [name for name in names.get("body", ()) if name in there] or there

    def placed(self, lines: Lines) -> Lines:
        """Lines with their places numbered, and with kernels of as many sides as maps have."""
        numbers = count(1)
        sides = _axes(self.reading)
        text = re.sub(r"\b([13])x\1\b", lambda m: kernel_text([m[1]] * sides), "\n".join(lines))
        text = re.sub(r"<([^>]*)>", lambda m: f"${{{next(numbers)}:{m[1]}}}", text)
        return tuple(text.split("\n"))


def _axes(reading: Reading) -> int:
    """How many sides the maps of a spec have: what its text says, or what it extends; else 2."""
    given = reading.root.get("input") if reading.root else None
    if isinstance(given, Sequence):
        sides = len([item for item in given.items if isinstance(item, Scalar)])
    elif isinstance(given, Mapping):
        sides = len(given.entries)
    else:
        sides = len(reading.known.input) if reading.known else 0
    return sides - 1 if 2 <= sides <= 4 else 2
