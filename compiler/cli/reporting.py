"""The command `report`: everything of some networks in one HTML file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from compiler.cli.files import deliver
from compiler.cli.options import (
    LIMIT_OPTION,
    PLUGIN,
    STDIN_NAME,
    SpecType,
    change_options,
    named,
    optimize_option,
    optimized,
    overrides,
)
from compiler.cli.piped import is_piped, taken

ENDINGS = (".html", ".htm")
"""What a report may be called, so that none is written over a spec by a slip."""


@click.command()
@click.argument("specs", type=SpecType(), metavar="SPEC...", nargs=-1, required=True)
@change_options(whose="each spec's")
@optimize_option()
@LIMIT_OPTION
@PLUGIN
@STDIN_NAME
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
              help="A .html file to write; standard output without it.")  # fmt: skip
def report(
    specs: tuple[str, ...],
    limit: int,
    stdin_name: str | None,
    optimize: bool,
    output: Path | None,
    **options: Any,
) -> None:
    """Write everything of a network into one HTML file: drawings, costs, spec and source.

    The file needs nothing else and loads nothing. SPEC@VARIANT is one of a spec's variants;
    several specs are compared on one page, and what changes a spec changes each.

    \b
    Examples:
      inception-compile report googlenet -o googlenet.html
      inception-compile report my_net.yaml my_net.yaml@wide -o report.html
      inception-compile report inception_v3 inception_v4 --input 299x299 -o both.html
    """
    from compiler.report.page import as_html

    if output and output.suffix.lower() not in ENDINGS:
        raise click.UsageError(f"a report is a file that ends in .html or .htm, not {output}")
    changes = overrides(**options)
    piped = [spec for spec in specs if is_piped(spec)]
    if len(piped) > 1:
        raise click.UsageError("one pipe can't be several specs")
    if stdin_name is not None and not piped:
        raise click.UsageError("--stdin-name names a spec that is piped in, and none is")
    names = [taken(spec, stdin_name if is_piped(spec) else None) for spec in specs]
    found = [named(name, changes, limit) for name in names]
    if optimize:
        found = [replace(each, network=optimized(each.network)) for each in found]
    sources = [file for each in found for file in each.spec.texts]
    deliver(as_html(found, output.name if output else "report.html"), output, sources)
