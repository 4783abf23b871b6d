"""The command `diff`: what differs between two networks."""

from __future__ import annotations

from dataclasses import replace

import click

from compiler.cli.importing import imported
from compiler.cli.options import SpecType
from compiler.ir import Network
from compiler.prepare import prepare
from dsl import shelf


@click.command()
@click.argument("one", type=SpecType(), metavar="A")
@click.argument("other", type=SpecType(), metavar="B")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="How to print it.")  # fmt: skip
@click.option("--exit-code", is_flag=True, help="Exit with 1 where the structure differs.")
def diff(one: str, other: str, form: str, exit_code: bool) -> int:
    """Say what differs between two networks, in structure and in cost.

    A and B are specs, as everywhere; SPEC@VARIANT is one of a spec's variants, and
    torchvision:NAME, timm:NAME or MODULE:NAME is a model that is installed. Blocks, branches and
    layers are matched by their names and by what they are, not by their places.

    \b
    Examples:
      inception-compile diff inception_v3 my_net.yaml
      inception-compile diff googlenet googlenet@torchvision
      inception-compile diff inception_v3 torchvision:inception_v3 --format json
    """
    from compiler.diff import diff as compared

    imported = ":" in one or ":" in other
    found = compared(_network(one), _network(other), (one, other), training=not imported)
    click.echo(found.as_json() if form == "json" else found.as_text(), nl=False)
    return int(exit_code and bool(found.changes))


def _network(name: str) -> Network:
    """The network that a word on the command line names."""
    if ":" in name:
        return replace(prepare(imported(name)).network, origin=name)
    where, variant = shelf.split(name)
    return prepare(where, variant or None).network
