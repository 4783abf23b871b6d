"""Whole pieces of a spec that an editor can write at the cursor: a block, a head, a variant.

A piece is text with places to fill in, each with what stands there first: `${1:64}`. With these it
is sound as it stands, in a spec of as many axes as the one that it is written into.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from compiler.editor.marks import Mark
from compiler.editor.pieces import BRANCHES, Lines, Pieces, dashed, indented
from compiler.editor.reading import Reading
from dsl.models.model import BLOCK_SECTIONS, BlockSection


@dataclass(frozen=True)
class Whole:
    """One piece: what it is called, and its lines, indented from where the cursor's word begins."""

    label: str
    lines: Lines
    typed: str = ""
    """What an editor holds against what is typed, if not the label."""

    def text(self, indent: str, *, places: bool) -> str:
        """All of it, its lines but the first behind an indent; with its places, or these filled."""
        first, *rest = self.lines
        whole = "\n".join((first, *(f"{indent}{line}" if line else "" for line in rest)))
        return whole if places else filled(whole)


def filled(text: str) -> str:
    """A text with what stands first in each of its places.

    >>> filled("- [1x1 ${1:48}, 3x3 ${2:64}]")
    '- [1x1 48, 3x3 64]'
    """
    return re.sub(r"\$\{\d+:([^}]*)\}", r"\1", text)


def wholes(reading: Reading, mark: Mark, typed: str) -> Iterator[Whole]:
    """The pieces that can be written in the place of a mark, if a line is free for them."""
    above = "\n".join(reading.lines[: mark.span.line - 1])
    line = reading.lines[mark.span.line - 1]
    before, behind = line[: mark.span.column - 1], line[mark.span.column - 1 + len(typed) :]
    free = before.strip() in ("", "-") and not behind.strip()
    if not free or _in_brackets(f"{above}\n{before}"):
        return
    named = mark.kind in ("block", "variant", "head")
    pieces = Pieces(reading, typed if named else "")
    for label, lines, shown in _fitting(pieces, mark, bool(before.strip()), _section(above)):
        yield Whole(label, pieces.placed(lines), typed if named else shown)


def _fitting(
    pieces: Pieces, mark: Mark, item: bool, section: BlockSection | None
) -> Iterator[tuple[str, Lines, str]]:
    """The pieces for a mark, each with its name and what is held against what is typed.

    `item` says that it stands behind a dash; `section` is the section of blocks that it is in.
    """
    if mark.kind == "key" and mark.holder == "Spec" and not item:
        root = pieces.reading.root
        if root is None or root.keys() in ((), (mark.text,)):
            yield "new network", pieces.network(), ""
        for key, what, lines in pieces.sections():
            if key not in mark.beside:
                yield f"new {what}", (f"{key}:", *indented(lines)), key
    elif mark.kind in ("call", "layer", "kernel") and item and len(mark.beside) < 2:
        yield "new branches", ("concat:", *indented(BRANCHES)), ""
    elif mark.kind == "head":
        lines = pieces.aux()
        yield "new auxiliary head", lines if item else dashed(lines), ""
    elif mark.kind == "variant" and not item:
        yield "new variant", pieces.variant(), ""
    elif mark.kind == "block" and section and not item:
        yield "new block", pieces.block(section), ""


def _in_brackets(text: str) -> bool:
    """Whether a text ends within brackets; quotes and comments apart."""
    bare = re.sub(r"""(?m)"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|(?:^|(?<=\s))#.*""", "", text)
    return len(re.findall(r"[\[{]", bare)) > len(re.findall(r"[\]}]", bare))


def _section(above: str) -> BlockSection | None:
    """The section of blocks that some lines end in."""
    keys = re.findall(r"(?m)^(\w+):", above)
    return next((section for section in BLOCK_SECTIONS if keys[-1:] == [section]), None)
