"""The options that say how a drawing is wanted."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from compiler.diagram.wishes import Wishes

R = TypeVar("R")

ANY = {
    "fit": click.option(
        "--fit",
        metavar="WIDTH",
        help="How wide it comes out, and how high at most: 17cm, 6.7in, 240pt, 17x12cm, a4, "
        "letter or slide; laid out closer where its letters would be too small.",
    ),
    "up": click.option("--up", is_flag=True, help="Begin at the bottom, as many papers do."),
    "no_title": click.option("--no-title", is_flag=True, help="Leave the title out."),
    "no_legend": click.option("--no-legend", is_flag=True, help="Leave the legend out."),
}
"""What can be wished of any drawing."""
ONE = {
    "layout": click.option(
        "--layout",
        type=click.Choice(["snake", "column", "wide"]),
        default="snake",
        show_default=True,
        help="Of an overview: in rows, as one column, in one row.",
    ),
    "shapes": click.option("--shapes", is_flag=True, help="Tell the shapes inside branches, too."),
    "fold": click.option(
        "--fold",
        is_flag=True,
        help="Draw what repeats once; with --what full, and auxiliary heads beside it.",
    ),
}
"""The same of drawings of one network."""


def wish_options(command: Callable[..., R]) -> Callable[..., R]:
    """The options of a drawing's looks; the command gets them as `wishes`."""
    return _wished(command, {"fit": ANY["fit"], **ONE, **ANY})


def page_options(command: Callable[..., R]) -> Callable[..., R]:
    """Those of them that any drawing has; without any, `wishes` is None."""
    return _wished(command, ANY)


def _wished(command: Callable[..., R], options: Mapping[str, Any]) -> Callable[..., R]:
    @wraps(command)
    def run(**given: Any) -> R:
        _no_width(given.get("width"))
        own = {name: given.pop(name) for name in options}
        if own["fit"] is None and not any(own.values()):
            return command(wishes=None, **given)
        from compiler.diagram.wishes import Wishes

        fit = _fit(own.pop("fit"))
        title, legend = not own.pop("no_title"), not own.pop("no_legend")
        return command(wishes=Wishes(fit=fit, title=title, legend=legend, **own), **given)

    found: Callable[..., R] = run
    for option in reversed([*options.values()]):
        found = option(found)
    return found


def wished(wishes: Wishes | None) -> Iterator[str]:
    """The options that say what is wished, where that is anything."""
    for each in fields(wishes) if wishes else ():
        if getattr(wishes, each.name) != each.default:
            yield f"--no-{each.name}" if each.default is True else f"--{each.name}"


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
    if not by:
        return
    from compiler.diagram.fitting import room_of

    with contextlib.suppress(ValueError):
        room_of(by)
        raise click.UsageError(
            f"--width makes the network itself wider; the drawing comes out so wide by --fit {by}"
        )
