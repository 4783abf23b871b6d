"""Commands that answer at once and write nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

import dsl
from compiler.cli.options import OPTIMIZE, PLUGIN, load, optimize_option, rewriting, spec_options
from compiler.cli.terminal import sentence
from compiler.cost import cost as count
from compiler.ir.network import Network
from compiler.ir.nodes import nodes
from compiler.ir.outline import lines, outline
from dsl.models import shelf
from dsl.text.problems import did_you_mean

if TYPE_CHECKING:
    from compiler.cost.gains import Gains


@click.command()
@spec_options
@optimize_option()
@click.option("--format", "form", type=click.Choice(["text", "json", "csv"]), default="text",
              show_default=True, help="How to print it.")  # fmt: skip
@click.option("--layers", is_flag=True, help="One line a layer rather than a block (text).")
@click.option("--batch", type=click.IntRange(1, 10**6), default=1, show_default=True,
              help="Inputs per pass.")  # fmt: skip
@click.option(
    "--training",
    "--aux",
    "training",
    is_flag=True,
    help="Count a training pass, auxiliary heads included.",
)
def cost(form: str, layers: bool, batch: int, training: bool, optimize: bool, **spec: Any) -> None:
    """Count parameters, MACs, activations, memory and receptive fields.

    With --optimize, of the network rewritten for inference, and what each pass changed.

    \b
    Examples:
      inception-compile cost googlenet
      inception-compile cost inception_v3 --format json --batch 16
      inception-compile cost googlenet --optimize
    """
    from compiler.cost.render import as_csv, as_json, as_text

    if optimize and training:
        message = f"{OPTIMIZE} is for inference and --training counts a training pass: say one"
        raise click.UsageError(message)
    network = load(**spec).network
    gains = _gains(network, batch) if optimize else None
    report = gains.last if gains else count(network, batch=batch, training=training)
    match form:
        case "text":
            text = as_text(report, layers, gains)
        case "json":
            text = as_json(report, gains)
        case _:
            text = as_csv(report)
    click.echo(text, nl=False)


def _gains(network: Network, batch: int) -> Gains:
    from compiler.cost.gains import gains

    with rewriting():
        return gains(network, batch)


@click.command()
@spec_options
@optimize_option()
@click.argument("path", default="")
def ir(path: str, **spec: Any) -> None:
    """Print the tree that everything is read off: one node a line.

    With PATH, a state-dict key's beginning such as mixed_6b.branch2, that part of it.

    \b
    Examples:
      inception-compile ir googlenet
      inception-compile ir inception_v3 mixed_6b
    """
    network = load(**spec).network
    if not path:
        click.echo(repr(network))
        return
    found = dict(nodes(network.nodes))
    if path not in found:
        meant = did_you_mean(path, found)
        raise click.UsageError(f"there is no {path} in {network.name}. {sentence(meant)}".strip())
    click.echo(outline(lines(found[path], path)))


@click.command("list")
@click.option("--layers", is_flag=True, help="The layers that plugins give, instead.")
@PLUGIN
def list_(layers: bool) -> None:
    """List the specs on the shelf and their variants, or the layers of plugins.

    \b
    Examples:
      inception-compile list
      inception-compile list --layers
    """
    if layers:
        from dsl.models.plugins import listed

        click.echo("\n".join(listed()) or "no package that is installed gives any")
        return
    for name in shelf.names():
        spec = dsl.load(name)
        click.echo(f"{name:<24} {spec.title}")
        for variant, what in spec.variants.items():
            click.echo(f"  --variant {variant:<12} {what.title}".rstrip())


SCRIPTS = {
    "bash": 'eval "$(_INCEPTION_COMPILE_COMPLETE=bash_source inception-compile)"',
    "zsh": 'eval "$(_INCEPTION_COMPILE_COMPLETE=zsh_source inception-compile)"',
    "fish": "_INCEPTION_COMPILE_COMPLETE=fish_source inception-compile | source",
}


@click.command()
@click.argument("shell", type=click.Choice(sorted(SCRIPTS)))
def completion(shell: str) -> None:
    """Print the line that turns on completion in a shell's start-up file.

    \b
    Example:
      inception-compile completion bash >> ~/.bashrc
    """
    click.echo(SCRIPTS[shell])
