"""One drawing of a block that is not built alike everywhere: its boxes say where they differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from compiler.diagram.items import Box, Chain, Frame, Item, Split, boxes
from compiler.diagram.naming import called
from compiler.diagram.uses import Use
from compiler.picture.ink import TEXT
from compiler.picture.labels import Run, beside

Drawn = Callable[[Use], Chain]
"""How a use looks when it is drawn by itself, in the block's own terms."""
LONGEST = 30
"""Characters of names at a box."""


def differing(chain: Chain, places: list[Use], drawn: Drawn) -> tuple[Chain, str]:
    """The drawing of the first use, with what others lack or have otherwise told at its boxes.

    The note is for what no box can tell: another use may have more of them, by a repeat.
    """
    calls = {id(use.call): use.call for use in places}  # Repeats are one call.
    groups = {key: [use for use in places if use.call is call] for key, call in calls.items()}
    looks = {key: drawn(group[0]) for key, group in groups.items()}
    first = looks[id(places[0].call)]
    odd = {key: look for key, look in looks.items() if look != first}
    if any(_paths(look).keys() - _paths(first).keys() for look in odd.values()):
        alike = [use for use in places if id(use.call) not in odd]
        return chain, f"drawn as in {called(alike, places)}"
    others = [(groups[key], _paths(look)) for key, look in odd.items()]
    notes = {path: _told(box, others, places) for path, box in _paths(first).items()}
    return _noted(chain, notes), ""


def _paths(chain: Chain) -> dict[str, Box]:
    return {box.path: box for box in boxes(chain)}


Look = tuple[str, tuple[str, ...]]
"""What a box shows: its words, and the notes behind them."""


def _look(box: Box) -> Look:
    text = "".join(run.text for run in box.text).replace("\u00a0", " ")
    return text.removesuffix(" ".join(box.notes)).strip(), box.notes


def _told(
    box: Box, odd: list[tuple[list[Use], dict[str, Box]]], places: list[Use]
) -> tuple[str, bool]:
    """What is said at a box of the uses that differ there, and whether some have none at all."""
    theirs: dict[Look | None, list[Use]] = {}
    for some, look in odd:
        other = look.get(box.path)
        theirs.setdefault(_look(other) if other else None, []).extend(some)
    mine = _look(box)
    told = [
        f"{_otherwise(mine, look)} in {_short(some, places)}"
        for look, some in theirs.items()
        if look and look != mine
    ]
    if lacking := theirs.get(None):
        told.insert(0, f"not in {_short(lacking, places)}")
    return "; ".join(told), bool(lacking)


def _otherwise(mine: Look, theirs: Look) -> str:
    """What a box would show in another use: only the notes where the layer is the same."""
    (word, own), (other, notes) = mine, theirs
    if word != other:
        return " ".join([other, *notes])
    more = [note for note in notes if note not in own]
    return " ".join(more) or f"no {' '.join(note for note in own if note not in notes)}"


def _short(some: list[Use], places: list[Use]) -> str:
    """Uses by their names, or the first and how many more."""
    said = called(some, places)
    return said if len(said) <= LONGEST else f"{some[0].path} and {len(some) - 1} more"


def _noted(chain: Chain, notes: Mapping[str, tuple[str, bool]]) -> Chain:
    return tuple(_item(item, notes) for item in chain)


def _item(item: Item, notes: Mapping[str, tuple[str, bool]]) -> Item:
    match item:
        case Split():
            branches = tuple(_noted(branch, notes) for branch in item.branches)
            return replace(item, branches=branches)
        case Frame():
            return Frame(_box(item.title, notes), _noted(item.chain, notes))
        case Box():
            return _box(item, notes)


def _box(item: Box, notes: Mapping[str, tuple[str, bool]]) -> Box:
    text, lacking = notes.get(item.path, ("", False))
    if not text:
        return item
    outline = "dashed" if lacking else item.outline
    return replace(item, text=beside(*item.text, Run(text, 10, ink=TEXT)), outline=outline)
