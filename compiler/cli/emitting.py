"""Commands that write one thing: source, or a drawing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compiler.cli.files import deliver
from compiler.cli.options import load, optimize_option, spec_options
from compiler.cli.terminal import Failed
from compiler.lowering.prepare import Prepared

if TYPE_CHECKING:
    pass


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
              help="A .svg, .pdf, .png or .dot; without it, DOT on standard output.")  # fmt: skip
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
        """Refuse what ends in no form that there is."""
        self.form  # noqa: B018  # it raises

    @property
    def form(self) -> str:
        """The picture's form, by its file's name."""
        from compiler.picture import form_of

        try:
            return form_of(self.output) if self.output else "dot"
        except ValueError as error:
            raise click.UsageError(str(error)) from None

    def draw(self, prepared: Prepared) -> None:
        """Draw a network. Raises a usage error for what it has not."""
        from compiler.diagram import sheet_of
        from compiler.picture import FORMS, RenderError

        try:
            made = FORMS[self.form](sheet_of(prepared.network, self.what))
        except LookupError as error:
            raise click.UsageError(str(error)) from None
        except RenderError as error:
            raise Failed(f"error: {error}") from None
        content = made.decode() if self.output is None else made
        deliver(content, self.output, prepared.spec.texts)
