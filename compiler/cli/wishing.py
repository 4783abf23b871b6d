"""The options that say how a drawing is wanted."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

OPTIONS = (
    click.option(
        "--fit",
        metavar="WIDTH",
        help="How wide it comes out, and how high at most: 17cm, 6.7in, 240pt, 17x12cm, a4, "
        "letter or slide; laid out closer where its letters would be too small.",
    ),
    click.option(
        "--layout",
        type=click.Choice(["snake", "column", "wide"]),
        default="snake",
        show_default=True,
        help="Of an overview: in rows, as one column, in one row.",
    ),
    click.option("--shapes", is_flag=True, help="Tell the shapes inside branches, too."),
    click.option(
        "--fold",
        is_flag=True,
        help="Draw what repeats once; with --what full, and auxiliary heads beside it.",
    ),
    click.option("--up", is_flag=True, help="Begin at the bottom, as many papers do."),
    click.option("--no-title", is_flag=True, help="Leave the title out."),
    click.option("--no-legend", is_flag=True, help="Leave the legend out."),
)


def wish_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a drawing's looks; the command gets them as `wishes`."""

    @wraps(command)
    def run(*, no_title: bool, no_legend: bool, **rest: Any) -> None:
        from compiler.diagram.wishes import Wishes

        _no_width(rest.get("width"))
        own = {name: rest.pop(name) for name in ("layout", "shapes", "fold", "up")}
        fit = _fit(rest.pop("fit"))
        command(wishes=Wishes(fit=fit, title=not no_title, legend=not no_legend, **own), **rest)

    found: Callable[..., None] = run
    for option in reversed(OPTIONS):
        found = option(found)
    return found


def _fit(width: str | None) -> str:
    """The width that is asked for, empty for none; an empty text is none that can be."""
    from compiler.diagram.fitting import room_of

    if width is not None:
        try:
            room_of(width)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="'--fit'") from None
    return width or ""


def _no_width(by: str | None) -> None:
    """Refuse a length as the factor that it isn't: both are called a width."""
    from compiler.diagram.fitting import room_of

    with contextlib.suppress(ValueError):
        room_of(by or "")
        raise click.UsageError(
            f"--width makes the network itself wider; the drawing comes out so wide by --fit {by}"
        )
