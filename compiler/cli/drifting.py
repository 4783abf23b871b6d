"""The command `drift`: whether results that lie in a folder are those that their specs give now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

import dsl
from compiler.checking.as_annotations import command
from compiler.checking.gathering import gathered
from compiler.cli import job, terminal
from compiler.cli.options import LIMIT_OPTION, PLUGIN, SpecType
from compiler.files.folder import Folder
from compiler.lowering.prepare import prepare
from dsl.models import shelf
from dsl.text.counts import count
from dsl.text.problems import Problem, Span, SpecError


@click.command()
@click.argument("specs", type=SpecType(), metavar="SPEC...", nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("generated"),
              show_default=True, help="Folder that has the results.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["text", "github"]), default="text",
              show_default=True, help="How to write what is found.")  # fmt: skip
@LIMIT_OPTION
@PLUGIN
def drift(specs: tuple[str, ...], out: Path, form: str, limit: int) -> int:
    """Say where results aren't those that their specs give now; nothing is written.

    SPEC may be a folder or a pattern, too. Specs and variants that have no results are passed over.

    \b
    Examples:
      inception-compile drift specs
      inception-compile drift my_net.yaml --out build
    """
    states: list[bool] = []
    broken = 0
    for spec in gathered(specs).specs:
        try:
            for name, folder, lines in _drifted(spec, out, limit):
                states.append(bool(lines))
                _tell(spec, name, folder, lines, form)
        except SpecError as error:
            broken += 1
            terminal.complain(str(error))
    if form == "text":
        stale = f"{sum(states)} of {count(len(states), 'folder')} in {out} stale"
        click.echo(f"{stale}, {count(broken, 'spec')} that can't be compiled" if broken else stale)
    return int(any(states) or broken > 0)


def _drifted(spec: str, out: Path, limit: int) -> Iterator[tuple[str, Path, list[str]]]:
    """Each variant that has results, where they are, and what is otherwise there."""
    for name in (None, *dsl.load(spec).variants):
        prepared = prepare(spec, name, limit=limit)
        folder = job.folder(prepared, out)
        if folder.is_dir():
            yield name or "", folder, job.drift(Folder(folder), job.results(prepared))


def _tell(spec: str, variant: str, folder: Path, lines: list[str], form: str) -> None:
    if not lines:
        return
    again = f"run inception-compile {spec}{f' --variant {variant}' * bool(variant)} again"
    if form == "text":
        click.echo("\n".join(map(terminal.shown, lines)))
        click.echo(f"{folder} is stale: {again}")
        return
    message = f"{folder} isn't what this gives: {again}"
    click.echo(command(Problem("drift", Span(str(shelf.find(spec)), 1, 1), message)))
