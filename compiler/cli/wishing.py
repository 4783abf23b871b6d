"""The options that say how a drawing is wanted."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

OPTIONS = (
    click.option("--shapes", is_flag=True, help="Tell the shapes inside branches, too."),
    click.option("--no-title", is_flag=True, help="Leave the title out."),
    click.option("--no-legend", is_flag=True, help="Leave the legend out."),
)


def wish_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a drawing's looks; the command gets them as `wishes`."""

    @wraps(command)
    def run(*, shapes: bool, no_title: bool, no_legend: bool, **rest: Any) -> None:
        from compiler.diagram.wishes import Wishes

        wishes = Wishes(shapes=shapes, title=not no_title, legend=not no_legend)
        command(wishes=wishes, **rest)

    found: Callable[..., None] = run
    for option in reversed(OPTIONS):
        found = option(found)
    return found
