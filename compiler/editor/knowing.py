"""What is known of a spec while it is written: its steps, its blocks, what can be addressed."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.editor.marks import Kind
from compiler.editor.reading import Reading
from compiler.editor.stepping import TRUNK
from dsl.changing.address import parts
from dsl.models.layers import Call, Conv
from dsl.models.naming import section_names
from dsl.models.spec import Block, Spec
from dsl.text.values import Entry, Mapping, Scalar, Sequence


def trunk_of(reading: Reading) -> list[str]:
    """The names of the trunk's steps; of a text that isn't sound, those written in it, too."""
    known: list[str] = []
    if reading.known is not None:
        names = section_names(dict(reading.known.sections()))
        known = [name for section in names.values() for name in section]
    if reading.spec:
        return known
    gone = _gone(reading, "step")
    return list(dict.fromkeys([*(name for name in known if name not in gone), *_written(reading)]))


def _gone(reading: Reading, kind: Kind) -> set[str]:
    """The names of a kind that the last sound text had and this one has no more."""
    if reading.spec or reading.last is None:
        return set()
    old, now = (
        {mark.text for mark in side.marks if mark.kind == kind} for side in (reading.last, reading)
    )
    return old - now


def _written(reading: Reading) -> Iterator[str]:
    """The names of the trunk's steps that stand in the text."""
    steps = {mark.text for mark in reading.marks if mark.kind == "step" and not mark.block}
    for key in TRUNK:
        section = reading.root.get(key) if reading.root else None
        for item in section.items if isinstance(section, Sequence) else ():
            named = item.entries[0].key.text if isinstance(item, Mapping) and item.entries else ""
            if named in steps:
                yield named


def inside_of(spec: Spec, owner: object) -> dict[str, object]:
    """What can be addressed in a piece of a spec, arguments left to a block's defaults too."""
    block = spec.blocks.get(owner.block) if isinstance(owner, Call) else None
    return {**(block.params if block else {}), **parts(owner)}


def blocks_of(reading: Reading) -> dict[str, Block]:
    """Every block that can be called, with its parameters: what the text says goes first."""
    found = dict(reading.known.blocks) if reading.known else {}
    for name in _gone(reading, "block"):
        found.pop(name, None)
    for mark in reading.marks:
        if mark.kind == "block" and mark.entry:
            found[mark.text] = _as_written(mark.entry, found.get(mark.text))
    return found


_BODY = Conv(kernel=(1, 1), width=1)


def _as_written(entry: Entry, known: Block | None) -> Block:
    """A block by its parameters alone, as its text has them."""
    value = entry.value
    given = value.get("params") if isinstance(value, Mapping) else None
    params: dict[str, object] = {}
    if isinstance(given, Sequence):
        params = {item.text: None for item in given.items if isinstance(item, Scalar)}
    elif isinstance(given, Mapping):
        params = {
            inner.key.text: inner.value.text or None
            for inner in given.entries
            if isinstance(inner.value, Scalar)
        }
    return Block.model_construct(params=params, body=known.body if known else _BODY)
