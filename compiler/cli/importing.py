"""`inception-compile import`: from an existing model to its spec."""

from __future__ import annotations

import ast
import sys
import warnings
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import click

import dsl
from compiler.cli import terminal
from compiler.cli.files import deliver
from compiler.cli.options import Number, PairType, SizeType
from dsl.models.identifiers import name_fault, spec_name_fault
from dsl.models.spec import Spec
from dsl.text.counts import count

MAX_WEIGHT = 1_000_000
"""What a spec takes for the weight of a loss at most."""


def _literal(text: str) -> Any:
    """A value as Python writes it; what Python can't read is text."""
    known = {"true": True, "false": False, "none": None}
    if text in known:
        return known[text]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


ARGUMENT = PairType(str.isidentifier, "num_classes=10", _literal)


def imported(source: str, size: tuple[int, ...] | None = None, **wishes: Any) -> Spec:
    """The spec of a model; what the model's own code prints or warns of goes past the output."""
    with terminal.stage(f"importing {source}"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Of other people's code, about other things.
        from compiler.importing import spec_of

        with redirect_stdout(sys.stderr):
            return spec_of(source, size, **wishes)


def _note(spec: Spec) -> None:
    """Say what a reader of the spec would stumble over."""
    from compiler.importing.model import swapped

    if note := swapped(spec):
        click.echo(f"note: {note}", err=True)


@click.command("import")
@click.argument("source", metavar="MODEL")
@click.option(
    "--kwargs",
    type=ARGUMENT,
    multiple=True,
    metavar="KEY=VALUE",
    help="An argument for whatever builds the model; may be repeated.",
)
@click.option(
    "--input",
    "size",
    type=SizeType(),
    metavar="[Cx]HxW",
    help="Input, where the model's library doesn't state it: 299x299; "
    "of a series 1x500, of a clip 16x112x112.",
)
@click.option("--name", default="", help="The spec's name, instead of the model's.")
@click.option(
    "--aux-weight",
    type=Number(0),
    default=0.3,
    show_default=True,
    help="What the loss of each auxiliary head counts for.",
)
@click.option(
    "--weights", is_flag=True, help="Add a map of names, so that the model's checkpoints load."
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
              help="File to write; standard output without it.")  # fmt: skip
def import_(
    source: str,
    kwargs: tuple[tuple[str, Any], ...],
    size: tuple[int, ...] | None,
    name: str,
    aux_weight: float,
    weights: bool,
    output: Path | None,
) -> None:
    """Write the spec of an existing model.

    MODEL is torchvision:NAME, timm:NAME, or MODULE:NAME of any function or class that gives
    an nn.Module; MODULE may be a .py file. The code that it names is run.

    \b
    Examples:
      inception-compile import torchvision:googlenet
      inception-compile import timm:inception_v4 -o my_v4.yaml
      inception-compile import my_net.py:Net --kwargs num_classes=10 --input 3x96x96
    """
    if name and (fault := name_fault(name) or spec_name_fault(name)):
        raise click.UsageError(f"--name: {fault}")
    if double := next((key for key, n in Counter(key for key, _ in kwargs).items() if n > 1), ""):
        raise click.UsageError(f"--kwargs: {double} is given twice")
    if not 0 <= aux_weight <= MAX_WEIGHT:  # Not a number is neither.
        raise click.UsageError(f"--aux-weight: {aux_weight} isn't from 0 to {MAX_WEIGHT:,}")
    if ":" not in source:
        raise click.UsageError(f"MODEL is like torchvision:googlenet or my_net:Net, not {source}")
    wishes: dict[str, Any] = {"name": name, "aux_weight": aux_weight, "weights": weights}
    spec = imported(source, size, kwargs=dict(kwargs), **wishes)
    text = dsl.formatted(dsl.dump(spec))
    deliver(text, output, [source.partition(":")[0]])
    _note(spec)
    if output is None:
        return
    blocks = count(len(spec.blocks), "block")
    click.echo(f"wrote {output}: {blocks}, {text.count(chr(10))} lines")
