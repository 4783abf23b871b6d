"""Commands that write one thing: source, or a drawing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import click

from compiler.cli.files import deliver
from compiler.cli.options import load, optimize_option, spec_options
from compiler.cli.terminal import Failed, sentence
from compiler.lowering.prepare import Prepared
from dsl.text.problems import did_you_mean


@click.command()
@spec_options
@optimize_option()
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
              help="File to write; standard output without it.")  # fmt: skip
def source(output: Path | None, **spec: Any) -> None:
    """Emit the network as one Python file that needs torch alone.

    \b
    Examples:
      inception-compile source googlenet -o googlenet.py
      inception-compile source inception_v3 --classes 10 | less
      inception-compile source googlenet --optimize -o googlenet_folded.py
    """
    from compiler.source import emit

    prepared = load(**spec)
    deliver(emit(prepared.network, prepared.digest), output, prepared.spec.texts)


@click.command()
@spec_options
@optimize_option()
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
              help="A .svg, .png or .dot file; DOT on standard output without it.")  # fmt: skip
@click.option("--what", default="overview", show_default=True, metavar="NAME",
              help="overview, stem, full, a block or an auxiliary head.")  # fmt: skip
def draw(output: Path | None, what: str, **spec: Any) -> None:
    """Draw the network, its stem, a block, or everything.

    \b
    Examples:
      inception-compile draw googlenet -o googlenet.svg
      inception-compile draw inception_v3 --what B -o block_b.png
      inception-compile draw googlenet --what full -o all.svg
      inception-compile draw googlenet --optimize -o folded.svg
    """
    Drawing(output, what).draw(load(**spec))


@dataclass(frozen=True)
class Drawing:
    """What is to be drawn, and where to: DOT on standard output without a file."""

    output: Path | None
    what: str

    def __post_init__(self) -> None:
        if self.form not in ("svg", "png", "dot"):
            ends = "a file that ends in .svg, .png or .dot"
            raise click.UsageError(f"a picture is {ends}, not {self.output}")

    @property
    def form(self) -> str:
        """The picture's form, by its file's name."""
        return self.output.suffix.removeprefix(".") if self.output else "dot"

    def draw(self, prepared: Prepared) -> None:
        """Draw a network. Raises a usage error for what it has not."""
        dot = _drawing(prepared, self.what)
        content = dot if self.form == "dot" else _rendered(dot, self.form)
        deliver(content, self.output, prepared.spec.texts)


def _drawing(prepared: Prepared, what: str) -> str:
    from compiler.diagram import drawings, full, overview

    alone = {"full": full, "overview": overview}
    if what in alone:
        return alone[what](prepared.network)
    there = drawings(prepared.network)
    if f"{what}_" in there and what not in there:
        what += "_"  # no file could have the name itself
    if what not in there:
        hint = did_you_mean(what, [*there, "full"])
        names = ", ".join([*there, "full"])
        raise click.UsageError(f"there is no {what} to draw: {names}. {sentence(hint)}".strip())
    return there[what]


def _rendered(dot: str, form: str) -> bytes:
    from compiler.diagram import Format, RenderError, render

    for known in get_args(Format):
        if known == form:
            try:
                return render(dot, known)
            except RenderError as error:
                raise Failed(f"error: {error}") from None
    raise AssertionError(form)
