"""The commands for authors: `resolve` a spec that is made from others, begin a `new` one."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import click

import dsl
from compiler.cli.files import deliver
from compiler.cli.options import PLUGIN, SpecType, overrides, spec_options
from compiler.cli.piped import is_stdin, taken
from compiler.files.writing import write
from compiler.lowering.prepare import wanted
from dsl.models.identifiers import name_fault, spec_name_fault

OUTPUT = click.Path(path_type=Path, dir_okay=False)


@click.command()
@spec_options
@click.option("-o", "--output", type=OUTPUT, help="File to write; standard output without it.")
def resolve(
    spec: str,
    variant: str | None,
    limit: int,
    stdin_name: str | None,
    output: Path | None,
    **options: Any,
) -> None:
    """Write a spec out flat: each line with the file and line that it came from.

    \b
    Examples:
      inception-compile resolve my_net.yaml
      inception-compile resolve googlenet --variant torchvision
      inception-compile resolve inception_v3 --set mixed_6b.c7=96
    """
    from dsl.writing.resolved import resolved

    del limit  # Nothing is lowered.
    found = wanted(taken(spec, stdin_name), variant, overrides(**options))
    deliver(resolved(found), output, found.texts)


@click.command()
@click.argument("name")
@click.option("--from", "base", type=SpecType(), default="inception_v3", show_default=True,
              metavar="SPEC", help="What it is made from.")  # fmt: skip
@click.option("--variant", metavar="NAME", help="A variant of that spec.")
@PLUGIN
@click.option("-o", "--output", type=OUTPUT, help="File to write.  [default: NAME.yaml]")
def new(name: str, base: str, variant: str | None, output: Path | None) -> None:
    """Begin a spec that is made from another: a file with every kind of change to pick from.

    \b
    Examples:
      inception-compile new my_net --from inception_v3
      inception-compile new slim --from googlenet --variant torchvision -o slim.yaml
    """
    from dsl.writing.starter import starter

    if fault := name_fault(name) or spec_name_fault(name):
        raise click.BadParameter(fault, param_hint="NAME")
    if is_stdin(base):
        raise click.BadParameter(
            "a new spec extends a file, or one on the shelf", param_hint="--from"
        )
    path = output or Path(f"{name}.yaml")
    if path.exists():
        raise FileExistsError(errno.EEXIST, "there is a file already", str(path))
    text = starter(name, base, variant, path.parent)
    dsl.loads(text, str(path))
    write(path, text)
    click.echo(f"wrote {path}: take the # from what you want, then")
    click.echo(f"  inception-compile check {path}")
