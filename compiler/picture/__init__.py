"""Pictures: a sheet of boxes, texts and lines at their places, and that as a file.

Every layout ends in a `Sheet`, and every format begins with one: SVG, TikZ and DOT are written from
it, and Graphviz makes PDF and PNG of the DOT, whose boxes are pinned where the SVG has them.
"""

from __future__ import annotations

from compiler.picture.dot import as_dot
from compiler.picture.forms import FORMS, Picture, form_of
from compiler.picture.rendering import Format, RenderError, RenderUnavailable, render, render_all
from compiler.picture.sheet import Sheet
from compiler.picture.svg import as_svg
from compiler.picture.tones import TONES, Tone, toned

__all__ = [
    "FORMS",
    "TONES",
    "Format",
    "Picture",
    "RenderError",
    "RenderUnavailable",
    "Sheet",
    "Tone",
    "as_dot",
    "as_svg",
    "form_of",
    "render",
    "render_all",
    "toned",
]
