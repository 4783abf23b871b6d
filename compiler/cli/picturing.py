"""Pictures as commands make them: their forms by their files' names, and what can go wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from compiler.cli.terminal import Failed

if TYPE_CHECKING:
    from compiler.picture import Picture


def form_asked(output: Path) -> str:
    """A picture's form by its file's name. Raises a usage error for what ends in none."""
    from compiler.picture import form_of

    try:
        return form_of(output)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def made(picture: Picture, form: str, scale: float | None = None) -> bytes:
    """A picture in a form. Raises `Failed` where that needs a Graphviz which isn't there."""
    from compiler.picture import RenderError

    try:
        return picture.made(form, scale=scale)
    except RenderError as error:
        raise Failed(f"error: {error}") from None
