"""The command `weights`: what public sources call the layers, and their files in our names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compiler.cli.files import keep
from compiler.cli.options import OPTIMIZE, load, rewriting, spec_options
from compiler.ir.network import Network
from dsl.models.weights import OWN

if TYPE_CHECKING:
    from torch import Tensor

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@spec_options
@click.option("--from", "origin", type=FILE, metavar="FILE",
              help="A checkpoint: .pth, .pt, .safetensors, .weights.h5 or .h5.")  # fmt: skip
@click.option("--source", metavar="NAME",
              help="Whose names it has: torchvision, timm, keras, … [default: own]")  # fmt: skip
@click.option("--to", "target", type=FILE, metavar="FILE",
              help="Write it there: .pth, .pt, .safetensors or .weights.h5.")  # fmt: skip
@click.option("--as", "names", default=OWN, metavar="NAME", show_default=True,
              help="Under whose names to write it.")  # fmt: skip
@click.option("--skip-head", is_flag=True, help="Leave out the layers that tell the classes.")
@click.option("--skip-aux", is_flag=True, help="Leave out heads that only one side has.")
@click.option("--transform-input", is_flag=True,
              help="Fold torchvision's transform_input into the first layer.")  # fmt: skip
@click.option(OPTIMIZE, is_flag=True,
              help="Write the weights of the network that `source --optimize` emits.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="How to print the report.")  # fmt: skip
def weights(
    origin: Path | None,
    source: str | None,
    target: Path | None,
    names: str,
    form: str,
    optimize: bool,
    **options: Any,
) -> None:
    """Convert a public checkpoint, strictly, and say what became of every tensor.

    Without --from, what a source calls every tensor; without --source too, which there are.

    \b
    Examples:
      inception-compile weights inception_v3
      inception-compile weights inception_v3 --source timm
      inception-compile weights inception_v3 --source torchvision --from v3.pth --to v3.safetensors
      inception-compile weights inception_v3 --from v3.safetensors --to v3.pth --as torchvision
      inception-compile weights inception_v3 --from v3.safetensors --to folded.pth --optimize
    """
    wishes = {name: options.pop(name) for name in ("skip_head", "skip_aux", "transform_input")}
    if origin is None and (target or names != OWN or any(wishes.values())):
        raise click.UsageError("there is nothing to convert: say --from FILE")
    if target is None and names != OWN:
        raise click.UsageError("there is nothing to write: say --to FILE")
    if optimize:
        _check_whole(target, names, wishes["skip_head"])
    network = load(**options).network
    if origin is not None and target is not None:
        keep(target, [origin, *network.spec.texts])
    if origin is not None:
        wishes["optimize"] = optimize
        click.echo(_converted(network, origin, source or OWN, target, names, form, wishes))
    elif source is not None:
        click.echo(_map(network, source, form))
    else:
        click.echo(_sources(network, form))


def _check_whole(target: Path | None, names: str, skip_head: bool) -> None:
    """Raise a usage error for what doesn't go with folded weights."""
    if target is None:
        raise click.UsageError(f"{OPTIMIZE} changes what is written: say --to FILE")
    if names != OWN:
        raise click.UsageError(f"{names} has no names for what {OPTIMIZE} gives: leave --as out")
    if skip_head:
        raise click.UsageError(f"{OPTIMIZE} takes a whole network: leave --skip-head out")


def _converted(
    network: Network,
    origin: Path,
    source: str,
    target: Path | None,
    names: str,
    form: str,
    wishes: dict[str, bool],
) -> str:
    """The report on a file; with `target` it is written there."""
    from compiler.weights import convert_weights, export_state

    optimize = wishes.pop("optimize")
    loaded = convert_weights(network, origin, source, **wishes)
    state: Mapping[str, Tensor] = loaded.state
    if optimize:
        network, state = _folded(network, state)
    if target is not None:
        export_state(network, state, names, target)
    if form == "json":
        return loaded.report.as_json()
    said = f"; {', '.join(network.rewritten)}" if network.rewritten else ""
    end = f"\nwrote {target} ({names}{said})" if target else ""
    return f"{loaded.report}{end}"


def _folded(network: Network, state: Mapping[str, Tensor]) -> tuple[Network, Mapping[str, Tensor]]:
    """The network for inference and its weights; those of auxiliary heads may be missing."""
    from compiler.passes.pipeline import optimized

    heads = {tap.name for tap in network.taps}
    trunk = {key: tensor for key, tensor in state.items() if key.partition(".")[0] not in heads}
    with rewriting():
        network, folded = optimized(network, trunk)
    return network, folded or {}


def _map(network: Network, source: str, form: str) -> str:
    """What a source calls every tensor."""
    from compiler.weights.account import sizes
    from compiler.weights.slots import slots

    found = slots(network, source)
    if form == "json":
        return json.dumps({slot.path: slot.name or None for slot in found}, indent=1)
    width = max(len(slot.path) for slot in found)
    there = max(len(slot.name) for slot in found)
    return "\n".join(
        f"{slot.path:<{width}}  {slot.name or '-':<{there}}  {sizes(slot.public_shape)}"
        for slot in found
    )


def _sources(network: Network, form: str) -> str:
    """The sources that the spec has names of."""
    if form == "json":
        return json.dumps([*network.spec.weights, OWN])
    return "\n".join([*network.spec.weights, f"{OWN} (the names of the spec)"])
