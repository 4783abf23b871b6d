"""The pictures in a folder of results that Graphviz makes: which are up to date, and making others.

A PNG names the DOT that it shows, so this doesn't depend on the version of Graphviz that drew it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from compiler.files import png
from compiler.files.folder import Folder, Wanted
from compiler.picture.rendering import render_all


def path(name: str, form: str) -> str:
    """Where a drawing stands in the folder."""
    return f"diagrams/{name}.{form}"


def untouched(drawings: Iterable[str]) -> Wanted:
    """Every PNG, to stay as it is: they are for those who need pixels, and may be missing."""
    return {path(name, "png"): None for name in drawings}


def drawn(folder: Folder, dots: Mapping[str, str]) -> Wanted:
    """Every PNG, drawn where it isn't up to date. Raises `RenderUnavailable`."""
    there = {name: folder.see(path(name, "png")).data for name in dots}
    old = {name: dot for name, dot in dots.items() if not _fresh(folder, name, there[name], dot)}
    made = {path(name, form): data for (name, form), data in render_all(old, ["png"]).items()}
    return {**untouched(dots), **made}


def _fresh(folder: Folder, name: str, there: bytes | None, dot: str) -> bool:
    """Whether a PNG is ours, as we left it, and of today's DOT."""
    if there is None or not png.shows(there, dot):
        return False
    return folder.known.is_ours(path(name, "png"), there)
