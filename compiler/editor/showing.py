"""What a code lens leads to: where a block or a head stands, where the network has its weight.

An editor that can list places gets them as the command's answer and lists them itself. Any other
is told them in a message, and shown the first if it can do that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from lsprotocol import types
from pygls.uris import to_fs_path

from compiler.cost.sums import tally
from compiler.editor.figures import short
from compiler.editor.finding import references
from compiler.editor.marks import Mark
from compiler.editor.naming import Name
from compiler.editor.pages import Page
from compiler.editor.reading import Reading
from compiler.editor.uses import uses
from dsl.text.counts import count

COMMAND = "inceptionCompile.show"
"""The command of every lens; `editors/vscode` knows it by this name."""
LISTS_PLACES = "listsPlaces"
"""What an editor says in its `initializationOptions` if it lists the places itself."""
Shows = Literal["key", "block", "head"]
"""What a lens stands at: the key `name`, which is about the network, a block or a head."""
SHOWS: tuple[Shows, ...] = get_args(Shows)
MOST = 5
"""Steps of a network that are named, and places that a message names."""


@dataclass(frozen=True)
class Shown:
    """What is told, and the places that it is about."""

    said: str
    places: list[types.Location]
    at: types.Position | None = None
    """Where the lens stands."""

    @property
    def message(self) -> str:
        """All of it in a line."""
        told = ", ".join(map(_told, self.places[:MOST]))
        more = f" and {len(self.places) - MOST} more" if len(self.places) > MOST else ""
        return f"{self.said}: {told}{more}" if told else self.said

    @property
    def answer(self) -> dict[str, Any]:
        """What an editor that lists places gets."""
        return {"said": self.said, "places": self.places, "at": self.at}


def _told(place: types.Location) -> str:
    """`net.yaml:12`."""
    name = Path(to_fs_path(place.uri) or place.uri).name
    return f"{name}:{place.range.start.line + 1}"


def lens(page: Page, uri: str, mark: Mark, title: str) -> types.CodeLens:
    """What is said beside a name, with the command that leads on from there."""
    command = types.Command(title, COMMAND, arguments=[uri, mark.kind, mark.text])
    return types.CodeLens(page.range(mark.span), command)


Family = Sequence[tuple[Reading, Page, str]]
"""A text, and those that are made from it or it from: each with its page and address."""


def shown(about: Shows, name: str, family: Family) -> Shown:
    """What a lens of the first of some texts leads to."""
    own, page, _ = family[0]
    found = _heaviest(own, family) if about == "key" else _standing(about, name, family)
    marks = (mark for mark in own.marks if (mark.kind, mark.text) == (about, name))
    at = next((page.range(mark.span).start for mark in marks), None)
    return replace(found, at=at)


def _standing(about: Literal["block", "head"], name: str, family: Family) -> Shown:
    found = references(Name(about, (name,)), family, declaration=False)
    if not found:
        return Shown(f"{name} stands nowhere else", [])
    return Shown(f"{name} stands in {count(len(found), 'place')}", found)


def _heaviest(own: Reading, family: Family) -> Shown:
    """The steps of the trunk that have the most parameters, and where they are written."""
    network = own.good.network if own.good else None
    known = uses(own)
    if network is None or known is None:
        return Shown("the network can't be built yet", [])
    counts = {node.name: tally(node, training=False).params for node in network.trunk}
    most = sorted((name for name in counts if counts[name]), key=lambda name: -counts[name])[:MOST]
    whole = sum(counts.values())
    said = [f"{name} {short(counts[name])} ({counts[name] / whole:.0%})" for name in most]
    pages = {reading.file: (page, uri) for reading, page, uri in family}
    places = []
    for name in most:
        span = known.by_path[name].node.span
        line = own.now(span.line) if span.file == own.file else span.line
        if line and span.file in pages:
            page, uri = pages[span.file]
            at = page.position(line - 1, span.column - 1)
            places.append(types.Location(uri, types.Range(at, at)))
    return Shown(f"most parameters: {', '.join(said)}" if said else "it has no parameters", places)
