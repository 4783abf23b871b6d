"""The pictures in a folder of results: which are up to date, and drawing those that aren't.

An SVG names the DOT that it shows, and so does a PNG. So this doesn't depend on the version of
Graphviz that drew them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from compiler.diagram import Format, fingerprint, render_all
from compiler.files import png
from compiler.files.folder import Folder, Wanted
from compiler.files.manifest import Known

State = Literal["fresh", "unlisted", "changed", "stale", "missing"]
"""Of a picture that shows today's DOT: listed as it is, not listed, or listed as it was before."""
FORMS: tuple[Format, ...] = ("svg", "png")


def path(name: str, form: str) -> str:
    """Where a drawing stands in the folder."""
    return f"diagrams/{name}.{form}"


def untouched(drawings: Iterable[str]) -> Wanted:
    """Every picture, to stay as it is."""
    return {path(name, form): None for name in drawings for form in FORMS}


def drawn(
    folder: Folder,
    drawings: Mapping[str, str],
    forms: Iterable[Format] = FORMS,
    *,
    force: bool = False,
) -> Wanted:
    """Every picture, drawn where it isn't up to date. Raises `RenderUnavailable`.

    An SVG that shows today's DOT and isn't listed stays as it is, and unlisted unless it is drawn
    just so again: another Graphviz may have drawn it before there were lists, or somebody may have
    drawn in it. `force` takes it for ours.
    """
    known, found = folder.known, dict(untouched(drawings))
    for form in forms:
        there = {name: folder.see(path(name, form)).data for name in drawings}
        states = {name: _state(known, (name, form), there[name], drawings[name]) for name in there}
        taken = [name for name, state in states.items() if force and state == "unlisted"]
        found |= {path(name, form): there[name] for name in taken}
        old = {
            name: drawings[name]
            for name, state in states.items()
            if state != "fresh" and name not in taken
        }
        for (name, _), data in render_all(old, [form]).items():
            if states[name] != "unlisted" or there[name] == data:
                found[path(name, form)] = data
    return found


def stale(folder: Folder, drawings: Mapping[str, str]) -> Iterator[str]:
    """What a check says of the SVGs. PNGs are for those who need pixels, and may be missing."""
    known = folder.known
    for name, dot in drawings.items():
        there = folder.see(path(name, "svg")).data
        state = _state(known, (name, "svg"), there, dot)
        if state not in ("fresh", "unlisted"):
            yield f"{state}: {folder.path / path(name, 'svg')}"


def _state(known: Known, key: tuple[str, str], there: bytes | None, dot: str) -> State:
    if there is None:
        return "missing"
    place, pixels = path(*key), key[1] == "png"
    if not (png.shows(there, dot) if pixels else fingerprint(dot).encode() in there):
        return "stale"
    if known.is_ours(place, there):
        return "fresh"
    return "changed" if pixels or known.has(place) else "unlisted"
