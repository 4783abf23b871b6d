"""The words of op-strings in one order: that in which `dsl.models.spelling` writes them.

The words stay the author's own: `/1` isn't left out, and `repeat=2` isn't made `x2`. A string whose
words can't be told apart, or that isn't the same layer afterwards, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import get_args

from dsl.models.changes import PLACES
from dsl.models.fields import JOIN_WORDS
from dsl.models.layers import FOREIGN, Call, Layer
from dsl.models.model import BLOCK_SECTIONS, Section
from dsl.models.spelling import in_order
from dsl.reading import opstring
from dsl.reading.beginning import own_kind
from dsl.text.problems import Span
from dsl.text.values import Scalar
from dsl.writing.written import Entries, Items, Node, Text

SECTIONS: tuple[str, ...] = get_args(Section)


def worded(root: Entries) -> dict[int, str]:
    """Each op-string of a spec in its canonical order, by where it starts."""
    blocks = {
        key.value
        for section, value in root.entries
        if section.value in BLOCK_SECTIONS and isinstance(value, Entries)
        for key, _ in value.entries
    }
    return {text.start: ordered(text.value, blocks) for text in _op_strings(root)}


def ordered(text: str, blocks: Collection[str]) -> str:
    """An op-string with its words in order, one space apart.

    >>> ordered("3x3  valid 64 /2", ()), ordered("A x2 n=3", ("A",)), ordered("3x3 typo 64", ())
    ('3x3 64 /2 valid', 'A n=3 x2', '3x3 typo 64')
    """
    words = text.split()
    if not words or not _ours(words[0], blocks):
        return text
    joined = " ".join(words)
    layer = _read(joined, blocks)
    if layer is None:
        return text
    found = " ".join(_sorted(joined, layer))
    return found if _read(found, blocks) == layer else joined


def _ours(word: str, blocks: Collection[str]) -> bool:
    """Whether a word is known without asking what is installed."""
    kind = own_kind(word)
    return word in blocks or word in FOREIGN or kind not in (None, Call)


def _read(text: str, blocks: Collection[str]) -> Layer | None:
    return opstring.quietly(Scalar(text, Span("", 1, 1, len(text))), blocks)


def _sorted(text: str, layer: Layer) -> Iterator[str]:
    """The words in the order of the fields that they give."""
    order = ["", "block", "args", *(name for name, _ in in_order(type(layer)))]
    starts = {span.column - 1: name.partition(".")[0] for name, span in layer.at.fields.items()}

    def rank(match: re.Match[str]) -> int:
        fields = (starts[at] for at in range(*match.span()) if at in starts)
        return order.index(next(fields, ""))

    yield from (match[0] for match in sorted(re.finditer(r"\S+", text), key=rank))


def _op_strings(root: Entries) -> Iterator[Text]:
    """Where a spec has op-strings, however much of it has been written yet."""
    for key, value in root.entries:
        if key.value == "axes" and isinstance(value, Entries):
            for address, axis in value.entries:
                yield from _axis(address.value, axis)
        elif key.value in SECTIONS:
            yield from _steps(value)
        elif key.value in BLOCK_SECTIONS:
            yield from _of_each(value)
        elif key.value == "aux":
            yield from _aux(value)
        elif key.value == "variants" and isinstance(value, Entries):
            for _, variant in value.entries:
                yield from _changes(variant)
    yield from _changes(root)


def _steps(node: Node) -> Iterator[Text]:
    """A step, or steps in order, of whichever form."""
    match node:
        case Text():
            yield node
        case Items():
            for item in node.items:
                yield from _steps(item)
        case Entries() if len(node.entries) == 1 or _holding(node):
            yield from _step(node)


def _holding(node: Entries) -> bool:
    return any(key.value in (*JOIN_WORDS, "do") for key, _ in node.entries)


def _step(node: Entries) -> Iterator[Text]:
    """A step under its name, or what stands beside a join or a `do`."""
    for key, value in node.entries:
        if key.value == "residual" and isinstance(value, Entries):
            shortcuts = [found for name, found in value.entries if name.value == "shortcut"]
            yield from (text for found in shortcuts for text in _steps(found))
        elif key.value not in ("params", "split", "residual"):
            yield from _steps(value)


def _of_each(node: Node) -> Iterator[Text]:
    """The blocks of a section."""
    for _, block in node.entries if isinstance(node, Entries) else ():
        if isinstance(block, Entries):
            yield from _step(block)


def _aux(node: Node) -> Iterator[Text]:
    """The steps of auxiliary heads: a list of mappings by name, or one such mapping."""
    for item in node.items if isinstance(node, Items) else [node]:
        for _, head in item.entries if isinstance(item, Entries) else ():
            for key, value in head.entries if isinstance(head, Entries) else ():
                if key.value == "do":
                    yield from _steps(value)


def _changes(node: Node) -> Iterator[Text]:
    """Steps that `insert` and `set` bring."""
    for key, value in node.entries if isinstance(node, Entries) else ():
        if key.value == "insert":
            for item in value.items if isinstance(value, Items) else [value]:
                yield from _inserted(item)
        elif key.value == "set" and isinstance(value, Entries):
            for address, new in value.entries:
                yield from _set(address.value, new)


def _inserted(node: Node) -> Iterator[Text]:
    for name, step in node.entries if isinstance(node, Entries) else ():
        if name.value not in PLACES:
            yield from _steps(step)


def _axis(address: str, node: Node) -> Iterator[Text]:
    """What an axis of a sweep sets at its address: values in a list, by itself or as `values`."""
    for key, value in node.entries if isinstance(node, Entries) else ():
        if key.value == "values":
            yield from _axis(address, value)
    for item in node.items if isinstance(node, Items) else ():
        yield from _set(address, item)


def _set(address: str, node: Node) -> Iterator[Text]:
    """What is set, which is a step but for the few things of a spec that are free text."""
    if address == "aux":
        yield from _aux(node)
    elif address.partition(".")[0] not in FREE:
        yield from _steps(node)


FREE = ("name", "title", "paper", "meta", "weights", "expect", "training")
