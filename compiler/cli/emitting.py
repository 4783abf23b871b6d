"""Commands that write one thing: source, or a drawing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from compiler.cli.files import deliver
from compiler.cli.options import load, optimize_option, spec_options
from compiler.cli.picturing import form_asked, made, pixel_options
from compiler.cli.toning import tone_options
from compiler.cli.wishing import wish_options
from compiler.ir.measures import Amount
from compiler.lowering.prepare import Prepared

if TYPE_CHECKING:
    from compiler.diagram.wishes import Wishes
    from compiler.picture import Tone


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
              help="A .svg, .pdf, .png, .dot, .tex or .tikz; without it, DOT on standard "
              "output.")  # fmt: skip
@click.option("--what", default="overview", show_default=True, metavar="NAME",
              help="overview, stem, full, sheet, a block, an auxiliary head, a step by its path.",
              )  # fmt: skip
@tone_options
@pixel_options
@click.option("--heat", type=click.Choice(get_args(Amount)), default="macs", show_default=True,
              help="What the colours and numbers of an overview tell.")  # fmt: skip
@wish_options
def draw(
    output: Path | None,
    what: str,
    heat: Amount,
    wishes: Wishes,
    tone: Tone | None,
    scale: float | None,
    **spec: Any,
) -> None:
    """Draw the network, its stem, a block, or everything.

    \b
    Examples:
      inception-compile draw googlenet -o googlenet.svg
      inception-compile draw inception_v3 --what B -o block_b.png
      inception-compile draw inception_v3 --what mixed_6d --shapes -o mixed_6d.svg
      inception-compile draw inception_v4 --layout column --up --fit 8.5cm -o v4.pdf
      inception-compile draw inception_v4 --what sheet -o page.svg
      inception-compile draw googlenet --what full --fold -o all.svg
      inception-compile draw googlenet --optimize -o folded.svg
      inception-compile draw inception_v4 --heat memory -o memory.svg
      inception-compile draw inception_v4 --mono -o v4.pdf
      inception-compile draw inception_v4 --dpi 600 -o v4.png
    """
    Drawing(output, what, tone or "auto", scale, wishes, heat).draw(load(**spec))


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
        from compiler.cost import measure
        from compiler.diagram import Wishes, sheet_of
        from compiler.picture import Picture

        try:
            heat = measure(prepared.network, self.heat) if self.heat == "memory" else self.heat
            wishes = replace(self.wishes or Wishes(), heat=heat)
            sheet = sheet_of(prepared.network, self.what, wishes)
            drawn = made(Picture(sheet).toned(self.tone), self.form, self.scale)
        except (LookupError, ValueError) as error:
            raise click.UsageError(str(error)) from None
        content = drawn.decode() if self.output is None else drawn
        deliver(content, self.output, prepared.spec.texts)
