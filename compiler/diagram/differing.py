"""One drawing of a block that is not built alike everywhere: its boxes say where they differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from compiler.diagram.chains import Box, Chain, Item, Split, boxes
from compiler.diagram.naming import called
from compiler.diagram.uses import Use
from compiler.picture.labels import Run, beside

Drawn = Callable[[Use], Chain]
"""How a use looks when it is drawn by itself, in the block's own terms."""


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
    names = {key: called(groups[key], places) for key in odd}
    notes = {path: _told(box, odd, names) for path, box in _paths(first).items()}
    return _noted(chain, notes), ""


def _paths(chain: Chain) -> dict[str, Box]:
    return {box.path: box for box in boxes(chain)}


def _words(box: Box) -> str:
    return "".join(run.text for run in box.text)


def _told(box: Box, odd: Mapping[int, Chain], names: Mapping[int, str]) -> tuple[str, bool]:
    """What is said at a box of the uses that differ there, and whether some have none at all."""
    theirs = {names[key]: _paths(look).get(box.path) for key, look in odd.items()}
    lacking = [name for name, other in theirs.items() if other is None]
    told = [f"not in {', '.join(lacking)}"] if lacking else []
    told += [
        f"{_words(other)} in {name}"
        for name, other in theirs.items()
        if other and _words(other) != _words(box)
    ]
    return "; ".join(told), bool(lacking)


def _noted(chain: Chain, notes: Mapping[str, tuple[str, bool]]) -> Chain:
    return tuple(_item(item, notes) for item in chain)


def _item(item: Item, notes: Mapping[str, tuple[str, bool]]) -> Item:
    if isinstance(item, Split):
        branches = tuple(_noted(branch, notes) for branch in item.branches)
        return replace(item, branches=branches)
    text, lacking = notes.get(item.path, ("", False))
    if not text:
        return item
    outline = "dashed" if lacking else item.outline
    return replace(item, text=beside(*item.text, Run(text, 10)), outline=outline)
