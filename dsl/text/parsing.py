"""YAML text as a tree of raw values that know their places.

Whatever can hide, repeat or multiply content (tags, anchors, merge keys, bidi controls, bombs)
is refused at its place, and nothing recurses on the input.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dsl.text.complaints import Refused
from dsl.text.composing import MAX_NODES, Composer
from dsl.text.memory import by_value
from dsl.text.pieces import Piece, pieces
from dsl.text.problems import Problem, Span
from dsl.text.source import Source, check_characters, check_size, unified
from dsl.text.values import Entry, Mapping

MOST_APART: Final = 32 * 1024
"""Letters of a text that is read piece by piece: one with a fault is read as a whole after that."""


def parse(text: str, file: str) -> Mapping:
    """The mapping that a spec's text holds; raises `SpecError` with every problem found."""
    return _parsed(text, file)


@by_value(4)
def _parsed(text: str, file: str) -> Mapping:
    """The same; an editor asks for one text several times."""
    source = Source(file, unified(text))
    size = len(source.text.encode("utf-8", "surrogatepass"))
    check_size(size, Span(file, 1, 1), text=source.text)
    check_characters(source)
    return _put_together(source) or Composer(source).run()


def _put_together(source: Source) -> Mapping | None:
    """A text read piece by piece; None where it is to be read as a whole, for its faults too."""
    if len(source.text) > MOST_APART:
        return None
    read: list[_Read] = []
    for piece in pieces(source.lines):
        found = _read(piece, source.file)
        if found is None:
            return None
        read.append(found)
    if not read or sum(each.nodes for each in read) > MAX_NODES:
        return None
    return Mapping(tuple(each.entry for each in read), read[0].entry.key.span)


@dataclass(frozen=True, slots=True)
class _Read:
    """What a piece holds, and how many keys and values these are, its mapping included."""

    entry: Entry
    nodes: int


@by_value(128)
def _read(piece: Piece, file: str) -> _Read | None:
    """A piece by itself, at its place; None where anything is wrong."""
    above = "\n" * piece.line
    reader = Composer(Source(file, above + piece.text + piece.behind))
    reader.read(Source(file, above + piece.text))
    root = reader.root
    sound = not reader.problems and not reader.refused
    if not sound or not isinstance(root, Mapping) or len(root.entries) != 1:
        return None
    return _Read(root.entries[0], reader.nodes)


@dataclass(frozen=True)
class Glance:
    """What can be read of a text up to where YAML gives up, and every problem found until then."""

    root: Mapping | None
    problems: list[Problem]
    refused: Refused | None
    """What YAML gives up at; it is none of the problems."""


def glance(text: str, file: str) -> Glance:
    """As much of a text as can be read.

    For those who go on with half a spec, as an editor must; nobody else should.
    """
    reader = Composer(Source(file, unified(text)))
    reader.read()
    reader.close_all()
    root = reader.root if isinstance(reader.root, Mapping) else None
    return Glance(root, reader.problems, reader.refused)
