"""What a text is made of, as a tree for an editor's outline, and what of it can be folded."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types
from lsprotocol.types import SymbolKind

from compiler.editor.marks import Kind, Mark
from compiler.editor.pages import Page
from compiler.editor.reading import Reading
from dsl.text.problems import Span
from dsl.text.values import Entry, Mapping, Scalar, Sequence, Value

KINDS: dict[Kind, SymbolKind] = {
    "key": SymbolKind.Namespace,
    "block": SymbolKind.Class,
    "param": SymbolKind.TypeParameter,
    "step": SymbolKind.Field,
    "head": SymbolKind.Interface,
    "variant": SymbolKind.Enum,
    "source": SymbolKind.Package,
}
"""What is shown, and as what."""
MOST_LETTERS = 60


def symbols(reading: Reading, page: Page) -> list[types.DocumentSymbol]:
    """The sections of a spec, with the blocks, steps, heads and variants in them."""
    if reading.root is None:
        return []
    kinds = {(mark.span.line, mark.span.column): mark for mark in reading.marks if mark.entry}
    return [*_symbols(reading.root, kinds, page, top=True)]


def _symbols(
    value: Value, kinds: dict[tuple[int, int], Mark], page: Page, *, top: bool = False
) -> Iterator[types.DocumentSymbol]:
    """What is inside a value; what has no name of its own stands for what is in it."""
    if isinstance(value, Sequence):
        for item in value.items:
            yield from _symbols(item, kinds, page)
    elif isinstance(value, Mapping):
        for entry in value.entries:
            mark = kinds.get((entry.key.span.line, entry.key.span.column))
            inside = [*_symbols(entry.value, kinds, page)]
            kind = KINDS.get(mark.kind) if mark else None
            if kind is None or not entry.key.text or (kind is SymbolKind.Namespace and not top):
                yield from inside
            else:
                yield _symbol(entry, kind, inside, page)


def _symbol(
    entry: Entry, kind: SymbolKind, inside: list[types.DocumentSymbol], page: Page
) -> types.DocumentSymbol:
    key = page.range(entry.key.span)
    said = entry.value.text if isinstance(entry.value, Scalar) else ""
    return types.DocumentSymbol(
        name=entry.key.text,
        detail=said[:MOST_LETTERS] or None,
        kind=kind,
        range=types.Range(key.start, page.between((0, 0), end_of(entry)).end),
        selection_range=key,
        children=inside or None,
    )


def end_of(entry: Entry) -> tuple[int, int]:
    """Where an entry's last word ends: line and column from 0."""
    return max(map(_end, _spans(entry.value)), default=_end(entry.key.span))


def _end(span: Span) -> tuple[int, int]:
    return span.line - 1, span.column - 1 + span.length


def _spans(value: Value) -> Iterator[Span]:
    """The places of a value and of all in it."""
    yield value.span
    match value:
        case Sequence():
            for item in value.items:
                yield from _spans(item)
        case Mapping():
            for entry in value.entries:
                yield entry.key.span
                yield from _spans(entry.value)


def folds(reading: Reading) -> list[types.FoldingRange]:
    """What takes several lines: keys with all below them, items of lists, comments."""
    found = set(_folds(reading.root)) if reading.root else set()
    ranges = [types.FoldingRange(line, end) for line, end in sorted(found) if end > line]
    comment = types.FoldingRangeKind.Comment
    return [*ranges, *(types.FoldingRange(*each, kind=comment) for each in _comments(reading))]


def _folds(value: Value) -> Iterator[tuple[int, int]]:
    match value:
        case Sequence():
            for item in value.items:
                yield item.span.line - 1, max(map(_end, _spans(item)))[0]
                yield from _folds(item)
        case Mapping():
            for entry in value.entries:
                yield entry.key.span.line - 1, end_of(entry)[0]
                yield from _folds(entry.value)


def _comments(reading: Reading) -> Iterator[tuple[int, int]]:
    """Comments that take several lines."""
    start = None
    for line, text in enumerate([*reading.lines, ""]):
        if text.lstrip().startswith("#"):
            start = line if start is None else start
        elif start is not None:
            if line - 1 > start:
                yield start, line - 1
            start = None
