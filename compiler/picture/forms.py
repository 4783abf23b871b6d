"""The forms that a sheet can be written in, and a drawing as Python and notebooks have it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import floor
from pathlib import Path

from compiler.files.writing import write
from compiler.picture import pdf
from compiler.picture.dot import as_dot
from compiler.picture.rendering import MOST_PIXELS, RenderError, render
from compiler.picture.sheet import Sheet
from compiler.picture.svg import as_svg
from compiler.picture.tikz import as_tex, as_tikz
from compiler.picture.tones import Tone, toned
from compiler.picture.words import clean
from dsl.text.numbers import is_number


def _text(written: Callable[[Sheet], str]) -> Callable[[Sheet], bytes]:
    return lambda sheet: written(sheet).encode()


def _pdf(sheet: Sheet) -> bytes:
    """What is larger than a page can be gets one in larger units, and is drawn smaller for that."""
    unit = max(1.0, max(sheet.page) / (pdf.MOST - 1))  # Graphviz rounds a side up.
    drawn = render(as_dot(replace(sheet, scale=sheet.scale / unit)), "pdf")
    return pdf.finish(drawn, clean(sheet.title), unit)


def _png(sheet: Sheet, scale: float | None = None) -> bytes:
    """At a scale that was asked for or not at all; without one, smaller where it must be."""
    most = MOST_PIXELS / max(sheet.page)
    if scale and scale > most:
        told = f"the largest scale is {floor(10 * most) / 10:g}, which is {int(72 * most)} dpi"
        raise RenderError(f"a PNG has {MOST_PIXELS:,} pixels a side at most: {told}")
    return render(as_dot(sheet), "png", scale=scale)


COARSEST = 0.1
"""Pixels a point of the smallest PNG: nothing can be told apart in a smaller one."""
TALLEST = 16_383 * 72 / 72.27
"""What TeX can measure, in points: a dimension ends below 2**14 of its own."""


def _tex(written: Callable[[Sheet], str]) -> Callable[[Sheet], bytes]:
    def made(sheet: Sheet) -> bytes:
        if max(sheet.page) > TALLEST:
            side = f"{max(sheet.page):,.0f} points"
            raise RenderError(f"the drawing has {side}, which TeX can't measure; draw it as .svg")
        return written(sheet).encode()

    return made


FORMS: dict[str, Callable[[Sheet], bytes]] = {
    "svg": _text(as_svg),
    "pdf": _pdf,
    "png": _png,
    "dot": _text(as_dot),
    "tex": _tex(as_tex),
    "tikz": _tex(as_tikz),
}
"""How each form is made, by the ending of its files; pdf and png need Graphviz."""


def endings() -> str:
    """The endings that a picture may have, as a sentence has them: `.svg, .pdf, .png or .dot`."""
    *some, last = (f".{form}" for form in FORMS)
    return f"{', '.join(some)} or {last}"


def form_of(path: str | os.PathLike[str]) -> str:
    """The form of a picture by its file's ending, whatever its case. Raises `ValueError`."""
    name = Path(path).name.lower()
    form = Path(path).suffix.removeprefix(".").lower()
    if form not in FORMS:
        bare = ", which is an ending alone" if name.removeprefix(".") in FORMS else ""
        said = path if name else "an empty name"
        raise ValueError(f"a picture is a file that ends in {endings()}, not {said}{bare}")
    return form


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """One drawing. A notebook shows it as it is, `save` writes it."""

    sheet: Sheet

    def __repr__(self) -> str:
        """What it is called, and how large it is."""
        width, height = self.sheet.page
        return f"Picture({self.sheet.name}, {width:.0f} × {height:.0f} pt)"

    @property
    def svg(self) -> str:
        """The drawing as SVG, by day and by night unless it was toned."""
        return as_svg(self.sheet)

    @property
    def dot(self) -> str:
        """The drawing as DOT, for Graphviz and for programs that read graphs."""
        return as_dot(self.sheet)

    def toned(self, tone: Tone) -> Picture:
        """The same by day (`light`), by night (`dark`), or in greys (`mono`), whoever looks."""
        return Picture(toned(self.sheet, tone))

    def made(self, form: str, *, scale: float | None = None) -> bytes:
        """The drawing in one of the `FORMS`; `scale` is pixels a point of a PNG, 2 without it.

        Raises `ValueError` for another form or a scale that it has no use for,
        `RenderUnavailable` for a form that needs Graphviz where there is none, `RenderError` if
        that fails or the PNG would be too large.
        """
        if scale is not None and not (is_number(scale) and scale >= COARSEST):
            told = f"a scale is pixels a point, a number from {COARSEST:g} on"
            raise ValueError(f"{told}: {scale!r}")
        if form not in FORMS:
            raise ValueError(f"a picture is made as {endings()}, not as {form}")
        if form == "png":
            return _png(self.sheet, scale)
        if scale is not None:
            raise ValueError(f"a scale is of pixels, and a .{form} has none")
        return FORMS[form](self.sheet)

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: str | os.PathLike[str], *, scale: float | None = None) -> None:
        """Write the drawing in the form that the file's ending says; see `made`.

        Raises what `made` does, and `OSError` where the file can't be written.
        """
        write(Path(path), self.made(form_of(path), scale=scale))
