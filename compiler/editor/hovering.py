"""What an editor shows of what is under the pointer: shape, cost and field, or its meaning."""

from __future__ import annotations

import re

from lsprotocol import types

from compiler.checking.explaining import every_code, explanation
from compiler.editor.figures import rows, what
from compiler.editor.marks import Mark
from compiler.editor.pages import Page
from compiler.editor.places import mark_at
from compiler.editor.reading import Reading
from compiler.editor.recipes import about
from compiler.editor.telling import about_key, about_layer, about_option, about_word
from compiler.editor.uses import Use, used_at, uses
from compiler.ir.nodes import Series
from dsl.models.spec import Block
from dsl.text.problems import Span
from dsl.text.values import Value

MOST = 12
"""Uses that are shown one by one."""
STALE = "*From the last version that could be read; this one can't.*"


def hover(reading: Reading, page: Page, position: types.Position) -> types.Hover | None:
    """What there is to say of what stands at a position."""
    mark = mark_at(reading, page, position)
    if mark is None:
        return _of_code(reading, page, position)
    said = [part for part in (_meaning(reading, mark), *_figures(reading, mark)) if part]
    if not said:
        return None
    content = types.MarkupContent(types.MarkupKind.Markdown, "\n\n".join(said))
    return types.Hover(content, page.range(mark.span))


CODES = re.compile(r"[EWI][0-9]{3}")


def _of_code(reading: Reading, page: Page, position: types.Position) -> types.Hover | None:
    """What a code in a comment means, as `explain` says it."""
    line, column = page.place(position)
    for found in CODES.finditer(reading.lines[line]):
        if found.start() <= column <= found.end() and found[0] in every_code():
            text = f"```text\n{explanation(found[0])}\n```"
            span = Span(reading.file, line + 1, found.start() + 1, len(found[0]))
            return types.Hover(
                types.MarkupContent(types.MarkupKind.Markdown, text), page.range(span)
            )
    return None


def _figures(reading: Reading, mark: Mark) -> list[str]:
    """The uses of the step that a mark belongs to, or of the block that it names."""
    found = _used(reading, mark)
    if not found:
        return []
    stale = [] if reading.network else [STALE]
    return [*_told(found), *_branch(reading, found), *stale]


def _told(found: list[Use]) -> list[str]:
    """What some uses are, and what each comes to."""
    kinds = list(dict.fromkeys(map(what, found)))
    return [", ".join(kinds[:3]), rows(found, MOST)]


def _branch(reading: Reading, found: list[Use]) -> list[str]:
    """The branches that steps are in, if those are steps in order."""
    known = uses(reading)
    owners = [known.by_path.get(use.owner) for use in found] if known else []
    inside = [use for use in owners if use and isinstance(use.node, Series) and not use.call]
    listed = [use for use in inside if use.node.span != found[0].node.span and use.owner]
    return ["in", *_told(listed)] if listed and len(listed) == len(found) else []


def _used(reading: Reading, mark: Mark) -> list[Use]:
    if mark.kind == "block":
        known = uses(reading)
        return known.calls.get(mark.text, []) if known else []
    if mark.kind in ("key", "param", "argument", "source", "variant", "base"):
        return _split(reading, mark)
    if mark.kind == "head":
        return used_at(reading, mark.span)
    span = start_of(mark.entry.value) if mark.kind == "step" and mark.entry else None
    span = span or (mark.whole.span if mark.whole else None)
    return used_at(reading, span) if span else []


def start_of(value: Value) -> Span:
    """Where a step's own place is: that of its value."""
    return value.span


def _split(reading: Reading, mark: Mark) -> list[Use]:
    """Of a join's word what it joins."""
    if mark.kind != "key" or mark.holder not in ("Split", "Block"):
        return []
    return used_at(reading, mark.span)


def _meaning(reading: Reading, mark: Mark) -> str:
    """What a word means, or what a name stands for."""
    if mark.holder == "Recipe":
        return about(mark.address, mark.text)
    match mark.kind:
        case "key":
            whole = mark.entry.key.text if mark.entry else mark.text
            return about_key(mark.holder, whole)
        case "layer" | "kernel":
            return about_layer(mark.text if mark.kind == "layer" else mark.first)
        case "option":
            return about_option(mark.first, mark.text)
        case "word":
            return about_word(mark.key, mark.text)
        case "name" | "param" | "argument":
            return _parameter(reading, mark)
        case "call":
            return _signature(reading, mark.text)
    return ""


def called(name: str, block: Block) -> str:
    """A block with its parameters and their defaults: `B c7 pool=64`."""
    given = (f"{key}={default}" if default is not None else key
             for key, default in block.params.items())  # fmt: skip
    return " ".join((name, *given))


def _signature(reading: Reading, name: str) -> str:
    """A block as it is called."""
    block = reading.known.blocks.get(name) if reading.known else None
    if block is None:
        return ""
    given = [
        param if default is None else f"{param}={default}"
        for param, default in block.params.items()
    ]
    return f"`{' '.join([name, *given])}`"


def _parameter(reading: Reading, mark: Mark) -> str:
    """What a parameter is given by each use of its block."""
    if mark.text in ("in", "classes"):
        return {"in": "the width that comes in", "classes": "the number of classes"}[mark.text]
    owner = mark.first if mark.kind == "argument" else mark.block
    block = reading.known.blocks.get(owner) if reading.known else None
    if block is None or mark.text not in block.params:
        return ""
    default = block.params[mark.text]
    said = f"parameter `{mark.text}` of block `{owner}`"
    said += ", which must be given" if default is None else f", `{default}` unless it is given"
    known = uses(reading)
    calls = [(use.path, use.call) for use in known.calls.get(owner, ())] if known else []
    values = [f"`{path}` {call.bound.get(mark.text, '')}" for path, call in calls if call]
    more = [f"… and {len(values) - MOST} more"] if len(values) > MOST else []
    return "\n\n".join(filter(None, (said, ", ".join(values[:MOST] + more))))
