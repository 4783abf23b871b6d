"""The command `schema`: what an editor completes, shows and checks specs by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast, get_args

import click

from compiler.cli.authoring import OUTPUT
from compiler.cli.files import deliver
from compiler.cli.options import PLUGIN
from compiler.plugins.schema import Kind, json_schema
from dsl.schema.pieces import Schema


@click.command()
@click.argument("of", type=click.Choice(get_args(Kind)), default="spec")
@PLUGIN
@click.option("-o", "--output", type=OUTPUT, help="File to write; standard output without it.")
def schema(of: str, output: Path | None) -> None:
    """Write the JSON Schema of specs, or of files of weights' names, recipes or sweeps.

    Any editor that knows YAML by JSON Schema completes, explains and checks a spec by it: see
    docs/editor.md. Layers of plugins that are installed, or given, are part of it.

    \b
    Examples:
      inception-compile schema -o spec.schema.json
      inception-compile schema weights
      inception-compile schema recipe
      inception-compile schema sweep
      inception-compile schema --plugin my_layers.py -o spec.schema.json
    """
    deliver(written(json_schema(cast(Kind, of))), output, ())


def written(found: Schema) -> str:
    """A schema as text that any terminal and file can hold."""
    return json.dumps(found, indent=2) + "\n"
