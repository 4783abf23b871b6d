"""Arguments that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from compiler.lower import LIMIT
from compiler.prepare import Overrides, Prepared, prepare
from dsl import shelf

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
    """`HxW` or `CxHxW`."""

    name = "size"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Raises a usage error for anything else."""
        if isinstance(value, tuple):
            return value
        if not re.fullmatch(r"[1-9][0-9]{0,4}(x[1-9][0-9]{0,4}){1,2}", value):
            self.fail(f"{value!r} isn't HxW or CxHxW, such as 224x224 or 1x96x96", param, ctx)
        return tuple(int(part) for part in value.split("x"))


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


def spec_options(command: F) -> F:
    """SPEC and what changes how it is read; the command gets a `prepared` network."""
    for option in (
        click.option("--limit", type=click.IntRange(1), default=LIMIT, show_default=True,
                     help="Parameters a spec may resolve to."),
        click.option("--classes", type=click.IntRange(1, 100_000),
                     help="Classes, instead of the spec's."),
        click.option("--input", "size", type=SizeType(), metavar="[Cx]HxW",
                     help="Input, instead of the spec's: 224x224 or 1x96x96."),
        click.option("--set", "settings", multiple=True, type=SETTING, metavar="KEY=VALUE",
                     help="Another value at an address of the spec; may be given several times."),
        click.option("--no-aux", is_flag=True, help="Leave the auxiliary heads out."),
        click.option("--variant", metavar="NAME", help="A variant that the spec names."),
        click.argument("spec", type=SpecType()),
    ):  # fmt: skip
        command = option(command)
    return command


def load(spec: str, variant: str | None, limit: int, **options: Any) -> Prepared:
    """The network that the shared options ask for."""
    return prepare(spec, variant, overrides=overrides(**options), limit=limit)


def overrides(
    size: tuple[int, ...] | None,
    classes: int | None,
    no_aux: bool,
    settings: tuple[tuple[str, str], ...],
) -> Overrides:
    """What the shared options want otherwise than the spec."""
    channels = size[0] if size and len(size) == 3 else None
    grid = (size[-2], size[-1]) if size else None
    return Overrides(classes, channels, grid, aux=not no_aux, set=settings)
