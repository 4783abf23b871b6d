"""Pictures as commands make them: their forms by their files' names, and what can go wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from compiler.cli.options import Number
from compiler.cli.terminal import Failed

if TYPE_CHECKING:
    from compiler.picture import Picture

R = TypeVar("R")


def pixel_options(command: Callable[..., R]) -> Callable[..., R]:
    """How fine a PNG is, as pixels a point: the command gets it as `scale`, or None."""

    @wraps(command)
    def run(scale: float | None, dpi: float | None, **rest: Any) -> R:
        if scale and dpi:
            raise click.UsageError("--scale and --dpi say the same: give one of them")
        return command(scale=dpi / 72 if dpi else scale, **rest)

    scaled = click.option("--scale", type=Number(0.1, 20),
                          help="Pixels a point of a .png; 2 without it.")  # fmt: skip
    dotted = click.option("--dpi", type=Number(7.2, 1440),
                          help="The same as dots per inch, 72 times the scale.")  # fmt: skip
    return scaled(dotted(run))


def form_asked(output: Path | None, scale: float | None) -> str:
    """A picture's form by its file's name, DOT without one.

    Raises a usage error for what ends in none, and for pixels of what has none.
    """
    from compiler.picture import form_of

    try:
        form = form_of(output) if output else "dot"
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if scale and form != "png":
        raise click.UsageError(f"--scale and --dpi are of a .png; a .{form} has no pixels")
    return form


def made(picture: Picture, form: str, scale: float | None = None) -> bytes:
    """A picture in a form. Raises `Failed` where that needs a Graphviz which isn't there."""
    from compiler.picture import RenderError

    try:
        return picture.made(form, scale=scale)
    except RenderError as error:
        raise Failed(f"error: {error}") from None
