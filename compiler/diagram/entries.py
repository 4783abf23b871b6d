"""What differs inside steps that belong together, as a drawing tells it on either side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from compiler.diagram.text import ending_of
from compiler.diff.changes import Change, Kind
from compiler.diff.wording import called, shown

EXTENTS = ("input", "size", "kernel", "stride", "padding", "dilation")
"""Facts with sides, which drawings write with a cross."""
MINUS = "\u2212"
BOUND, LONGEST = "\u00a0", 16
"""What stands between a fact and its value, if they are shorter together: no line ends there."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One difference inside steps, as it is on either side; empty where there is none."""

    kind: Kind
    one: str
    other: str


def entries(changes: list[Change], bases: tuple[str, str]) -> Iterator[Entry]:
    """What differs inside; a step that is only on one side is told by its card alone.

    Equal differences of a repeat's steps are one entry.
    """
    alike: dict[tuple[Kind, tuple[str, str], str, str], list[tuple[str, str]]] = {}
    for group in _by_place(change for change in changes if not _is_whole(change, bases)):
        kind, place = group[0].kind, group[0].place
        paths = _beyond(place.one, bases[0]), _beyond(place.other, bases[1])
        inner = place.inner if place.block else paths
        one, other = (
            ", ".join(filter(None, side)) for side in zip(*map(_said, group), strict=True)
        )
        alike.setdefault((kind, inner, one, other), []).append(paths)
    for (kind, inner, one, other), places in alike.items():
        named = inner if len(places) > 1 else places[0]
        where = [_where(path, len(places)) for path in named]
        yield Entry(kind, _told(where[0], one), _told(where[1], other))


def _by_place(changes: Iterable[Change]) -> list[list[Change]]:
    found: dict[tuple[object, Kind], list[Change]] = {}
    for change in changes:
        found.setdefault((change.place, change.kind), []).append(change)
    return [*found.values()]


def _is_whole(change: Change, bases: tuple[str, str]) -> bool:
    place = change.place
    alone = ((bases[0], ""), ("", bases[1]))
    return change.what == "step" and (place.one, place.other) in alone


def _beyond(path: str, base: str) -> str:
    """The path from a step on."""
    return path.removeprefix(base).lstrip(".")


def _where(path: str, steps: int) -> str:
    many = f"in {steps} steps" if steps > 1 else ""
    return " ".join(filter(None, (ending_of(path), many)))


def _told(where: str, words: str) -> str:
    """What differs at a place; nothing for the side that hasn't got it."""
    return ": ".join(filter(None, (where, words))) if words else ""


def _said(change: Change) -> tuple[str, str]:
    """What a change is on either side."""
    if change.kind != "changed" or change.what == "layer":
        return change.old or "", change.new or ""
    name = called(change)
    old, new = (_value(change.what, value) for value in (change.old, change.new))
    return _bound(name, old), _bound(name, new)


def _bound(name: str, value: str) -> str:
    gap = BOUND if len(name) + len(value) < LONGEST else " "
    return f"{name}{gap}{value}"


def _value(what: str, value: object) -> str:
    said = shown(value)
    if what in EXTENTS and said[:1].isdigit():
        return said.replace("x", "×")
    return f"{MINUS}{said[1:]}" if isinstance(value, (int, float)) and value < 0 else said
