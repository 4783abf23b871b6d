"""Arguments that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from compiler.cli.piped import taken
from compiler.cli.terminal import Failed
from compiler.ir.network import Network
from compiler.lowering.lower import LIMIT
from compiler.lowering.prepare import Overrides, Piped, Prepared, prepare
from dsl.changing.options import Said
from dsl.models import shelf
from dsl.models.changes import CHANGES
from dsl.models.extent import channels_last, extent_text, looks_like_an_image

F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:  # It takes a parameter since click 8.4; before it does the same without.
    TextType = click.ParamType[str]
    SizesType = click.ParamType[tuple[int, ...]]
    KeyedType = click.ParamType[tuple[str, Any]]
else:
    TextType = SizesType = KeyedType = click.ParamType


class SpecType(TextType):
    """A path, or a name on the shelf."""

    name = "spec"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Names on the shelf, and files."""
        names = [name for name in shelf.names() if name.startswith(incomplete)]
        return [*map(CompletionItem, names), CompletionItem(incomplete, type="file")]


class SizeType(SizesType):
    """`HxW` or `CxHxW` and the like: a number an axis, with the channels in front or without."""

    name = "size"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Raises a usage error for anything else."""
        if isinstance(value, tuple):
            return value
        if not re.fullmatch(r"[1-9][0-9]{0,4}(x[1-9][0-9]{0,4}){0,3}", value):
            ways = "such as 224x224 or 1x96x96, 140 for a series or 16x112x112 for a clip"
            self.fail(f"{value!r} isn't HxW or CxHxW, {ways}", param, ctx)
        return tuple(int(part) for part in value.split("x"))


class Number(click.FloatRange):
    """A number in a range, called just that; click's own takes `nan` for one in every range."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Raises a usage error for anything else."""
        found: float = super().convert(value, param, ctx)
        if isnan(found):
            self.fail(f"{value!r} is not a valid {self.name}.", param, ctx)
        return found


class PairType(KeyedType):
    """`KEY=VALUE`: a key that is fit, and what `read` makes of the value."""

    name = "pair"

    def __init__(
        self, fit: Callable[[str], Any], example: str, read: Callable[[str], Any] = str
    ) -> None:
        self.fit, self.example, self.read = fit, example, read

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Any]:
        """Raises a usage error for anything else."""
        if isinstance(value, tuple):
            return value
        key, equals, text = value.partition("=")
        if not equals or not self.fit(key):
            self.fail(f"{value!r} isn't KEY=VALUE, such as {self.example}", param, ctx)
        return key, self.read(text)


SETTING = PairType(re.compile(r"[A-Za-z0-9_.]+").fullmatch, "body.mixed_6b.c7=96")
"""An address in the spec, and what stands there instead."""


WRITTEN = {
    "width": ("BY", False, "A factor for every width: 0.5, or '{by: 0.5, round_to: 8}'."),
    "depth": ("BY", False, "A factor for every repeat (xN)."),
    "remove": ("ADDRESS", True, "A step, branch, block or auxiliary head that goes."),
    "insert": ("STEP", True, "A new step beside another: 'after: mixed_5d, extra: A pool=64'."),
    "set": ("KEY=VALUE", True, "Another value at an address of the spec."),
}
"""The keys of a spec that change another: what stands behind them, whether several times, help."""
AGAIN = " May be given several times."


def change_options(end: str = "", whose: str = "the spec's") -> Callable[[F], F]:
    """What changes a spec, in the order in which it is applied; `end` ends each option's name."""

    def decorate(command: F) -> F:
        made = [_written(key, end) for key in WRITTEN]
        made += [
            click.option(f"--classes{end}", type=click.IntRange(1, 100_000),
                         help=f"Classes, instead of {whose}."),
            click.option(f"--input{end}", parameter("size", end), type=SizeType(),
                         metavar="[Cx]HxW", help=f"Input, instead of {whose}: 224x224 or 1x96x96; "
                         "of a series 140 or 12x140, of a clip 16x112x112."),
            click.option(f"--no-aux{end}", is_flag=True, help="Leave the auxiliary heads out."),
        ]  # fmt: skip
        for option in reversed(made):
            command = option(command)
        return command

    return decorate


def parameter(key: str, end: str) -> str:
    """What the function of a command calls an option."""
    return f"{key}{end}".replace("-", "_")


def _written(key: str, end: str) -> Callable[[F], F]:
    metavar, several, help = WRITTEN[key]
    kind = SETTING if key == "set" else None
    more = AGAIN if several else ""
    return click.option(f"--{key}{end}", type=kind, multiple=several, metavar=metavar,
                        help=help + more)  # fmt: skip


LIMIT_OPTION = click.option("--limit", type=click.IntRange(1), default=LIMIT, show_default=True,
                            help="Parameters a spec may resolve to.")  # fmt: skip


def _have(ctx: click.Context, param: click.Parameter, files: tuple[Path, ...]) -> None:
    """Load plugins before anything is read that may need them."""
    if files:
        from compiler.plugins import load

        for file in files:
            load(file)


PLUGIN = click.option("--plugin", type=click.Path(path_type=Path, exists=True, dir_okay=False),
                      multiple=True, is_eager=True, expose_value=False, callback=_have,
                      metavar="FILE", help=f"Python that gives layers of your own.{AGAIN}",
                      )  # fmt: skip
STDIN_NAME = click.option("--stdin-name", metavar="FILE",
                          help="What to call a spec that is piped in (SPEC is -).")  # fmt: skip


def spec_options(command: F) -> F:
    """SPEC and what changes how it is read; the command gets a `prepared` network."""
    for option in (
        STDIN_NAME,
        PLUGIN,
        LIMIT_OPTION,
        change_options(),
        click.option("--variant", metavar="NAME", help="A variant that the spec names."),
        click.argument("spec", type=SpecType()),
    ):
        command = option(command)
    return command


OPTIMIZE = "--optimize"


def optimize_option(end: str = "", whose: str = "") -> Callable[[F], F]:
    """`--optimize`: the network is rewritten for inference before anything is read off it."""
    return click.option(f"{OPTIMIZE}{end}", is_flag=True,
                        help=f"Rewrite {whose or 'it'} for inference first, exactly: batch norm "
                        "folded, and so on; see docs/deploying.md.")  # fmt: skip


def load(
    spec: str,
    variant: str | None,
    limit: int,
    stdin_name: str | None,
    optimize: bool = False,
    **options: Any,
) -> Prepared:
    """The network that the shared options ask for."""
    wishes = overrides(**options)
    prepared = prepare(taken(spec, stdin_name), variant, overrides=wishes, limit=limit)
    return replace(prepared, network=optimized(prepared.network)) if optimize else prepared


def named(where: str | Piped, changes: Overrides, limit: int) -> Prepared:
    """The network that a word on the command line names, SPEC or SPEC@VARIANT, with its changes."""
    if isinstance(where, Piped):
        return prepare(where, overrides=changes, limit=limit)
    spec, variant = shelf.split(where)
    return prepare(spec, variant or None, overrides=changes, limit=limit)


def optimized(network: Network) -> Network:
    """The network for inference; its `options` say that this was asked for."""
    from compiler.passes import pipeline

    with rewriting():
        made, _ = pipeline.optimized(network)
    return replace(made, options=(*made.options, OPTIMIZE))


@contextmanager
def rewriting() -> Iterator[None]:
    """What passes refuse, as an error of the command."""
    try:
        yield
    except ValueError as error:
        raise Failed(f"error: {error}") from None


def overrides(
    size: tuple[int, ...] | None, classes: int | None, no_aux: bool, **changes: Any
) -> Overrides:
    """What the shared options want otherwise than the spec."""
    if size and len(size) == 3 and channels_last(size):
        message = f"CxHxW is meant, and {'x'.join(map(str, size))} {looks_like_an_image(size)}"
        raise click.BadParameter(
            f"{message}; if {size[0]} channels are meant: --set 'input={extent_text(size)}'",
            param_hint="'--input'",
        )
    return Overrides(classes, size=size, aux=not no_aux, said=tuple(_said(changes)))


def _said(changes: dict[str, Any]) -> Iterator[Said]:
    for key in CHANGES:
        value = changes[key]
        if key == "set":
            yield from ((key, f"{address}={new}") for address, new in value)
        elif isinstance(value, tuple):
            yield from ((key, each) for each in value)
        elif value is not None:
            yield key, value
