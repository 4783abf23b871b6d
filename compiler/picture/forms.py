"""The forms that a sheet can be written in, and a drawing as Python and notebooks have it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from compiler.files.writing import write
from compiler.picture.dot import as_dot
from compiler.picture.rendering import Format, render
from compiler.picture.sheet import Sheet
from compiler.picture.svg import as_svg


def _text(written: Callable[[Sheet], str]) -> Callable[[Sheet], bytes]:
    return lambda sheet: written(sheet).encode()


def _rendered(form: Format) -> Callable[[Sheet], bytes]:
    return lambda sheet: render(as_dot(sheet), form)


FORMS: dict[str, Callable[[Sheet], bytes]] = {
    "svg": _text(as_svg),
    "pdf": _rendered("pdf"),
    "png": _rendered("png"),
    "dot": _text(as_dot),
}
"""How each form is made, by the ending of its files; pdf and png need Graphviz."""


def endings() -> str:
    """The endings that a picture may have, as a sentence has them: `.svg, .pdf, .png or .dot`."""
    *some, last = (f".{form}" for form in FORMS)
    return f"{', '.join(some)} or {last}"


def form_of(path: str | os.PathLike[str]) -> str:
    """The form of a picture by its file's ending, whatever its case. Raises `ValueError`."""
    form = Path(path).suffix.removeprefix(".").lower()
    if form not in FORMS:
        raise ValueError(f"a picture is a file that ends in {endings()}, not {path}")
    return form


@dataclass(frozen=True, slots=True)
class Picture:
    """One drawing. A notebook shows it as it is, `save` writes it."""

    sheet: Sheet

    @property
    def svg(self) -> str:
        """The drawing as SVG, by day and by night."""
        return as_svg(self.sheet)

    @property
    def dot(self) -> str:
        """The drawing as DOT, for Graphviz and for programs that read graphs."""
        return as_dot(self.sheet)

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the drawing in the form that the file's ending says.

        Raises `ValueError` for another ending, `RenderUnavailable` for a form that needs Graphviz
        where there is none, `OSError` where the file can't be written.
        """
        write(Path(path), FORMS[form_of(path)](self.sheet))
