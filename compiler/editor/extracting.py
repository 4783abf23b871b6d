"""Branches of the trunk as a block of their own, called where they stood."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lsprotocol import types

from compiler.editor.marks import Mark
from compiler.editor.pages import Page
from compiler.editor.places import on_line
from compiler.editor.reading import Reading, read
from compiler.editor.uses import Use, used_at
from compiler.ir.nodes import macs, params
from compiler.ir.op import shrunk
from dsl.models.fields import JOIN_WORDS
from dsl.models.model import BlockSection
from dsl.text.problems import Span
from dsl.text.values import Mapping

INDENT = "  "


@dataclass(frozen=True)
class Cut:
    """Some lines that become others: from one line to behind another, both from 0."""

    first: int
    behind: int
    lines: tuple[str, ...]


def extracted(
    reading: Reading, page: Page, position: types.Position
) -> list[types.TextEdit] | None:
    """The edits that make a block of the branches at a position; None where that can't be.

    The network that comes of it is compared with the one that there was.
    """
    line, column = (number + 1 for number in page.place(position))
    mark = _join_at(reading, line, column)
    if mark is None or reading.network is None:
        return None
    cuts = _cuts(reading, mark)
    if cuts is None:
        return None
    lines = reading.lines
    for cut in sorted(cuts, key=lambda cut: cut.first, reverse=True):
        lines = [*lines[: cut.first], *cut.lines, *lines[cut.behind :]]
    after = read("\n".join(lines), reading.file)
    same = after.network and _facts(after) == _facts(reading)
    return [_edit(cut, page) for cut in cuts] if same else None


def _facts(reading: Reading) -> tuple[object, ...]:
    """What must not change."""
    assert reading.network is not None
    nodes = reading.network.nodes
    shapes = tuple((node.name, tuple(map(int, node.out))) for node in nodes)
    return params(*nodes), macs(*nodes), shapes


def _join_at(reading: Reading, line: int, column: int) -> Mark | None:
    """The word of the join that a position is on or right behind, on a line of its own."""
    for mark in on_line(reading, line):
        join = mark.kind == "key" and mark.holder == "Split" and mark.text in JOIN_WORDS
        if join and not mark.block and mark.span.column <= column:
            before = reading.lines[line - 1][: mark.span.column - 1]
            if not before.strip() or before.strip() == "-":
                return mark
    return None


def _cuts(reading: Reading, mark: Mark) -> list[Cut] | None:
    """The step's lines as a call, and the block's lines where blocks are."""
    lines, at = reading.lines, mark.span.line - 1
    depth = mark.span.column - 1
    dashed = lines[at][:depth].strip() == "-"
    first = at
    while not dashed and first > 0 and not re.match(rf"\s{{0,{depth - 1}}}\S", lines[first - 1]):
        first -= 1
    behind = _behind(lines, at, depth)
    owner = lines[at][:depth] if dashed else ""
    if not dashed:
        named = re.match(r"(\s*(?:- )?\w+:)\s*(#.*)?$", lines[first - 1]) if first else None
        if named is None:
            return None
        owner = f"{named[1]} "
    inside = range(first, behind)
    start = next(n for n in inside if lines[n][depth:].strip()[:1] not in ("", "#"))
    used = used_at(reading, Span(reading.file, start + 1, depth + 1))
    if not used:
        return None
    section = _section(used[0])
    if dashed:  # Its weights keep their names.
        owner = f"{owner}{used[0].path}: "
    name = _free(reading)
    body = [" " * depth + lines[at][depth:], *lines[at + 1 : behind]]
    body = [*lines[first:at], *body]
    comment = (named[2] or "") if not dashed and named else ""
    call = Cut(first if dashed else first - 1, behind, (f"{owner}{name}  {comment}".rstrip(),))
    block = _block(reading, section, name, [text[depth:] for text in body], call)
    return [call, block] if block else None


def _behind(lines: list[str], at: int, depth: int) -> int:
    """The line behind all that is indented as far as a key, or further."""
    behind = at + 1
    for line in range(at + 1, len(lines)):
        text = lines[line]
        if text.strip() and len(text) - len(text.lstrip()) < depth:
            break
        if text.strip():
            behind = line + 1
    return behind


def _section(use: Use) -> BlockSection:
    """Under which key a block belongs that does this to the grid."""
    before, after = use.inp.grid, use.out.grid
    if before == after:
        return "inception"
    return "reduction" if shrunk(before, after) else "strided"


def _free(reading: Reading) -> str:
    """A name that no block has."""
    taken = set(reading.spec.blocks) if reading.spec else set()
    number = 1
    while (name := f"Block{number}") in taken:
        number += 1
    return name


def _block(
    reading: Reading, section: BlockSection, name: str, body: list[str], call: Cut
) -> Cut | None:
    """The block's lines: first of its section, or in a new one before the step's own."""
    assert reading.root is not None
    entry = reading.root.entry(section)
    lead: tuple[str, ...] = ()
    if entry is not None:
        if not isinstance(entry.value, Mapping) or not entry.value.entries:
            return None
        key = entry.value.entries[0].key.span
        before = reading.lines[key.line - 1][: key.column - 1]
        if before.strip():
            return None
        indent, at = before, key.line - 1
    else:
        keys = (entry.key.span.line - 1 for entry in reading.root.entries)
        at = max((line for line in keys if line <= call.first), default=0)
        indent, lead = INDENT, (f"{section}:",)
    inner = [f"{indent}{INDENT}{text}".rstrip() for text in body]
    return Cut(at, at, (*lead, f"{indent}{name}:", *inner, *([""] if lead else [])))


def _edit(cut: Cut, page: Page) -> types.TextEdit:
    text = "".join(f"{line}\n" for line in cut.lines)
    return types.TextEdit(page.between((cut.first, 0), (cut.behind, 0)), page.written(text))
