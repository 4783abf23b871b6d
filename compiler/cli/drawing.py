"""What any command that draws is asked for, and drawing it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click
from click.core import ParameterSource

from compiler.cli.files import deliver
from compiler.cli.picturing import form_asked, made, pixel_options
from compiler.cli.toning import tone_options
from compiler.cli.wishing import wish_options
from compiler.ir.measures import Amount
from compiler.lowering.prepare import Prepared

if TYPE_CHECKING:
    from compiler.diagram.wishes import Wishes
    from compiler.picture import Tone

OPTIONS = (
    click.option(
        "--what",
        default="overview",
        show_default=True,
        metavar="NAME",
        help="overview, stem, full, sheet, a block, an auxiliary head, a step by its path.",
    ),
    tone_options,
    pixel_options,
    click.option(
        "--heat",
        type=click.Choice(get_args(Amount)),
        default="macs",
        show_default=True,
        help="What the colours and numbers of an overview tell.",
    ),
    wish_options,
)


@dataclass(frozen=True)
class Drawing:
    """What is to be drawn, and where to: DOT on standard output without a file."""

    output: Path | None
    what: str
    tone: Tone = "auto"
    scale: float | None = None
    wishes: Wishes | None = None
    heat: Amount = "macs"

    def __post_init__(self) -> None:
        """Refuse what ends in no form that there is, and pixels of what has none."""
        self.form  # noqa: B018  # it raises

    @property
    def form(self) -> str:
        """The picture's form, by its file's name."""
        return form_asked(self.output, self.scale)

    def draw(self, prepared: Prepared) -> None:
        """Draw a network. Raises a usage error for what it has not."""
        from compiler.cost.measuring import heat_of
        from compiler.diagram import Wishes, sheet_of
        from compiler.picture import Picture

        try:
            heat = heat_of(prepared.network, self.heat)
            wishes = replace(self.wishes or Wishes(), heat=heat)
            sheet = sheet_of(prepared.network, self.what, wishes)
            drawn = made(Picture(sheet).toned(self.tone), self.form, self.scale)
        except (LookupError, ValueError) as error:
            raise click.UsageError(str(error)) from None
        content = drawn.decode() if self.output is None else drawn
        deliver(content, self.output, prepared.spec.texts)


def drawing_options(command: Callable[..., None]) -> Callable[..., None]:
    """All that can be asked of a picture; the command gets it as `drawing`.

    The command has an option `output`, where it goes.
    """

    @wraps(command)
    def run(*, output: Path | None, what: str, heat: Amount, wishes: Wishes, **rest: Any) -> None:
        tone, scale = rest.pop("tone"), rest.pop("scale")
        drawing = Drawing(output, what, tone or "auto", scale, wishes, heat)
        command(drawing=drawing, **rest)

    found: Callable[..., None] = run
    for option in reversed(OPTIONS):
        found = option(found)
    return found


def if_drawn(command: Callable[..., None]) -> Callable[..., None]:
    """The same for a command that needn't draw: without an output `drawing` is None."""
    own = _names(command)

    @wraps(command)
    def run(*, drawing: Drawing, **rest: Any) -> None:
        command(drawing=drawing if drawing.output else None, **rest)

    drawn = drawing_options(run)
    names = _names(drawn) - own  # Now: what is put around it later shares the list.

    @wraps(drawn)
    def asked(**given: Any) -> None:
        if given["output"] is None:
            _nothing_given(names)
        drawn(**given)

    return asked


def _names(command: Callable[..., None]) -> set[str]:
    """What a command has so far, as click keeps it on a function."""
    return {each.name for each in getattr(command, "__click_params__", ())}


def _nothing_given(names: set[str]) -> None:
    """Refuse options of a drawing where none is made."""
    context = click.get_current_context()
    for each in context.command.params:
        source = context.get_parameter_source(each.name or "")
        value = context.params.get(each.name or "")
        meant = not (isinstance(each, click.Option) and each.is_flag) or each.flag_value == value
        if each.name in names and meant and source is ParameterSource.COMMANDLINE:
            told = f"{each.opts[0]} is of a drawing: say with --draw where it goes"
            raise click.UsageError(told)
