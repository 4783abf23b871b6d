"""The command `export`: a network and its weights in another format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from compiler.cli.options import AGAIN, load, spec_options
from compiler.cli.terminal import Failed, failure, stage
from compiler.exporting.asking import wished
from compiler.exporting.forms import FORMS, named, needed
from compiler.exporting.placing import refuse
from compiler.exporting.wishes import (
    LEAST_OPSET,
    MOST_OPSET,
    NOISE,
    Calibrate,
    Dtype,
    Dynamic,
    ExportFault,
    Layout,
    Preprocessing,
)

DTYPES = [dtype for dtype in get_args(Dtype) if dtype != "float64"]
"""In what there is something to run; float64 is for comparing."""
FILE = click.Path(path_type=Path, dir_okay=False)

if TYPE_CHECKING:  # It takes a parameter since click 8.4; before it does the same without.
    NumbersOf = click.ParamType[tuple[float, ...]]
else:
    NumbersOf = click.ParamType


class NumbersType(NumbersOf):
    """`0.5`, or one number a channel: `0.485,0.456,0.406`."""

    name = "numbers"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """Raises a usage error for anything else."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(float(part) for part in value.split(","))
        except ValueError:
            self.fail(f"{value!r} isn't numbers, such as 0.5 or 0.485,0.456,0.406", param, ctx)


@click.command()
@spec_options
@click.option("--to", type=click.Choice([*FORMS]),
              help="The format; else the suffix of -o says it.")  # fmt: skip
@click.option("-o", "--output", type=FILE, metavar="FILE",
              help="File to write.  [default: a new one, called as the spec]")  # fmt: skip
@click.option("--weights", type=FILE, metavar="FILE",
              help="A checkpoint: .pth, .pt, .safetensors, .weights.h5 or .h5.")  # fmt: skip
@click.option("--source", metavar="NAME",
              help="Whose names it has: torchvision, timm, keras, … [default: own]")  # fmt: skip
@click.option("--transform-input", is_flag=True,
              help="Fold torchvision's transform_input into the first layer.")  # fmt: skip
@click.option("--opset", type=click.IntRange(LEAST_OPSET, MOST_OPSET), metavar="N",
              help="Of ONNX's operators, where the format is written in them.")  # fmt: skip
@click.option("--dtype", type=click.Choice(DTYPES), default="float32",
              show_default=True, help="What it computes in.")  # fmt: skip
@click.option("--dynamic", type=click.Choice([*get_args(Dynamic)]),
              help="Sizes that the caller chooses.  [default: all; batch for pt2]")  # fmt: skip
@click.option("--batch", type=click.IntRange(1), default=1, show_default=True,
              help="The batch, with --dynamic none.")  # fmt: skip
@click.option("--softmax", is_flag=True, help="Give probabilities instead of logits.")
@click.option("--taps", multiple=True, metavar="NAME",
              help=f"Give what a step or layer gives, too.{AGAIN}")  # fmt: skip
@click.option("--aux", is_flag=True, help="Give the auxiliary heads' logits, too.")
@click.option("--preprocess", is_flag=True, help="Take images of bytes, and normalise them.")
@click.option("--mean", type=NumbersType(), metavar="A[,B,C]",
              help="Of images between 0 and 1.  [default: the spec's]")  # fmt: skip
@click.option("--std", type=NumbersType(), metavar="A[,B,C]", help="The same.")
@click.option("--layout", type=click.Choice([*get_args(Layout)]),
              help=f"How those bytes lie.  [default: {Preprocessing().layout}]")  # fmt: skip
@click.option("--labels", type=FILE, metavar="FILE",
              help="The classes' names, one a line, to be written beside the graph.")  # fmt: skip
@click.option("--calibrate", metavar="FOLDER",
              help=f"Make it int8, with ranges from the images there; {NOISE}: noise.")  # fmt: skip
@click.option("--no-optimize", is_flag=True, help="Export the network as the spec has it.")
def export(**options: Any) -> None:
    """Export a network with its weights, once it was run in that format beside the module.

    \b
    Examples:
      inception-compile export googlenet --weights googlenet.pth -o googlenet.onnx
      inception-compile export inception_v3 --weights v3.pth --source torchvision --to openvino
      inception-compile export my_net.yaml --weights my.pth -o net.onnx --softmax --preprocess
      inception-compile export my_net.yaml --weights my.pth -o net.xml --calibrate photos
    """
    own = ("to", "output", "weights", "source", "transform_input", "no_optimize")
    asked = {name: options.pop(name) for name in own}
    wishes = {name: options.pop(name) for name in ("opset", "dtype", "dynamic", "batch", "softmax",
                                                   "taps", "aux")}  # fmt: skip
    numbers = {name: options.pop(name) for name in ("mean", "std")}
    folder = options.pop("calibrate")
    preprocess = options.pop("preprocess")
    if any(numbers.values()) and not preprocess and (folder or NOISE) == NOISE:
        raise click.UsageError("--mean and --std are for images: say --preprocess or --calibrate")
    layout = options.pop("layout")
    if layout and not preprocess:
        raise click.UsageError("--layout is for images of bytes: say --preprocess")
    kept = {"layout": layout} if layout else {}
    wishes["preprocess"] = Preprocessing(**numbers, **kept) if preprocess else None
    if folder is not None:
        wishes["calibrate"] = Calibrate(folder, **({} if preprocess else numbers))
    labels = options.pop("labels")
    wishes["labels"] = _lines(labels) if labels else ()
    _sensible(asked, wishes)
    optimize = not asked.pop("no_optimize")
    source = asked.pop("source") or "own"
    try:
        _early(asked, wishes, optimize=optimize)
        network = load(**options).network
        from compiler.exporting.export import export as exported

        with stage(f"exporting {network.name}"):
            done = exported(network, **asked, source=source, optimize=optimize, **wishes)
    except ExportFault as fault:
        raise Failed(failure(fault.message, fault.help)) from None
    click.echo(str(done))


def _sensible(asked: dict[str, Any], wishes: dict[str, Any]) -> None:
    """Raise a usage error for options that mean nothing without another one."""
    if asked["weights"] is None and (asked["source"] or asked["transform_input"]):
        raise click.UsageError("there is nothing to read: say --weights FILE")
    if asked["to"] is None and asked["output"] is None:
        raise click.UsageError(f"say which format: --to {'|'.join(FORMS)}, or -o FILE")


def _early(asked: dict[str, Any], wishes: dict[str, Any], *, optimize: bool) -> None:
    """Refuse what can't be had of any network, before torch is imported for it.

    Raises `ExportFault`, `OSError`, and `ImportError` where the format's package is missing.
    """
    form = named(asked["to"], asked["output"])
    if asked["output"]:
        sources = [asked["weights"]] if asked["weights"] else []
        refuse(asked["output"], FORMS[form].suffixes, sources, new=False)
    needed(form)
    wished(form, wishes, optimize=optimize)


def _lines(path: Path) -> tuple[str, ...]:
    """The lines of a text, none of them blank. Raises `OSError`."""
    try:
        lines = tuple(path.read_text(encoding="utf-8-sig").splitlines())
    except UnicodeDecodeError:
        raise Failed(f"error: {path} isn't text in UTF-8") from None
    if not lines:
        raise Failed(f"error: {path} is empty\n  = help: name a class in each line")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            raise Failed(f"error: line {number} of {path} is blank\n  = help: name a class in each")
    return lines
