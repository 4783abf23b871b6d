"""The command `sweep`: variants of a spec counted or trained, and the best of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from shlex import quote
from typing import Any

import click

import dsl
from compiler.cli.files import deliver, keep
from compiler.cli.options import LIMIT_OPTION, PLUGIN
from compiler.cli.recipes import TRAINED_ON
from compiler.cli.reporting import ENDINGS
from compiler.cli.terminal import Failed
from compiler.cli.trials import Trials
from compiler.sweep.counting import Progress, counted
from compiler.sweep.picking import picked
from compiler.sweep.plan import Plan, planned
from compiler.sweep.results import Results, as_csv, as_json, as_parquet, as_text, plot

FILE = click.Path(path_type=Path, dir_okay=False)
PRINTED: Mapping[str, Callable[[Results], str]] = {"text": as_text, "csv": as_csv, "json": as_json}
WRITTEN: Mapping[str, Callable[[Results], str | bytes]] = {
    "csv": as_csv,
    "json": as_json,
    "parquet": as_parquet,
}
EXAMPLE = "`objectives: {macs: minimise, receptive_field: maximise}`"


@click.command()
@click.argument("sweep", type=click.Path(path_type=Path), metavar="SWEEP")
@LIMIT_OPTION
@PLUGIN
@click.option("-o", "--output", type=FILE, metavar="FILE",
              help=f"Write every variant: a file that ends in {', '.join(WRITTEN)}. With --pick, "
              "the spec.")  # fmt: skip
@click.option("--format", "form", type=click.Choice([*PRINTED]), default="text",
              show_default=True, help="How to print it.")  # fmt: skip
@click.option("--plot", "picture", type=FILE, metavar="FILE.svg",
              help="Draw the first two objectives and the Pareto front.")  # fmt: skip
@click.option("--report", type=FILE, metavar="FILE.html",
              help="Write a page with all of the best networks.")  # fmt: skip
@click.option("--pick", type=click.IntRange(0), metavar="NUMBER",
              help="Write this variant as a spec that extends the sweep's.")  # fmt: skip
@click.option("--processes", type=click.IntRange(1, 256), metavar="N",
              help="Processes that count.  [default: one a core]")  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Write over files that are there already.")
@click.option("--cost-only", is_flag=True, help="Count the variants of a sweep that trains.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Where a sweep that trains keeps its trials.  "
              "[default: sweeps/ and the sweep's name]")  # fmt: skip
@click.option("--resume", is_flag=True,
              help="Go on with the trials in the folder, or help others with them.")  # fmt: skip
@click.option("--storage", metavar="URL",
              help="A database that keeps the trials, for several machines.  "
              "[default: a file in the folder]")  # fmt: skip
@click.option("--address", metavar="ADDRESS",
              help="A cluster of Ray's, auto for the one that this machine is of.  "
              "[default: $RAY_ADDRESS, else this machine]")  # fmt: skip
@TRAINED_ON
def sweep(
    sweep: Path, limit: int, pick: int | None, processes: int | None, **options: Any
) -> int | None:
    """Count or train variants of a spec, and say which of them are the best.

    SWEEP is a YAML file that names a spec, axes with their values, constraints and objectives, and
    the recipe where networks are to be trained; see docs/sweeping.md. Variants and trials are
    numbered, and --pick writes one as a spec. The same command with --resume goes on with trials,
    and several of them at once share the work.

    \b
    Examples:
      inception-compile sweep widths.yaml
      inception-compile sweep widths.yaml -o results.csv --plot pareto.svg
      inception-compile sweep widths.yaml --pick 17 -o best.yaml
      inception-compile sweep rates.yaml --out sweeps/rates --resume
    """
    plan = planned(dsl.load_sweep(sweep), limit=limit)
    own = ("out", "resume", "storage", "device", "address")
    how = Trials(**{key: options.pop(key) for key in own})
    cost_only = options.pop("cost_only")
    trained = plan.sweep.train is not None and not cost_only
    if not trained:
        how.refuse()
        if not plan.points:
            message = f"a search chooses the variants of {sweep}: there are none to count yet"
            help = "`random: 100` in it draws some, which are counted"
            raise Failed(f"error: {message}\n  = help: {help}")
    told = Told(**options, sources=tuple(plan.spec.texts))
    told.check_free()
    if pick is not None:
        if told.picture or told.report or told.form != "text":
            raise click.UsageError("--pick writes one spec: it goes with -o alone")
        values = how.values(plan, sweep, pick) if trained else None
        deliver(picked(plan, pick, told.output, values), told.output, told.sources)
        return None
    told.check(plan, trained=trained)
    if trained:
        return how.train(plan, sweep, told.tell)
    with _progress(len(plan.points)) as progress:
        outcomes = counted(plan, processes=processes, progress=progress)
    told.tell(Results.of(plan, outcomes))
    return None


@dataclass(frozen=True)
class Told:
    """Where results go, and how they are printed."""

    output: Path | None
    form: str
    picture: Path | None
    report: Path | None
    overwrite: bool
    sources: tuple[str, ...]

    def check_free(self) -> None:
        """Refuse files that are there already, and those that the sweep is made from."""
        for file in filter(None, (self.output, self.picture, self.report)):
            keep(file, self.sources)
            if not file.parent.is_dir():
                raise Failed(f"error: {file}: there is no folder {file.parent}")
            if file.is_file() and not self.overwrite:
                raise click.UsageError(f"{file} is there already; --overwrite writes over it")

    def check(self, plan: Plan, *, trained: bool) -> None:
        """Refuse what could not be written in the end, before anything is counted."""
        if self.output and self.ending not in WRITTEN:
            endings = ", ".join(WRITTEN)
            raise click.UsageError(f"results are a file that ends in {endings}, not {self.output}")
        if self.ending == "parquet":
            import_module("pyarrow")
        if self.report and self.report.suffix.lower() not in ENDINGS:
            raise click.UsageError(f"a report is a file that ends in .html, not {self.report}")
        if self.picture and self.picture.suffix.lower() != ".svg":
            raise click.UsageError(f"a plot is a file that ends in .svg, not {self.picture}")
        if self.picture and len(Results(plan, (), (), trained).aims) < 2:
            message = f"--plot draws two objectives, and the sweep has fewer: {EXAMPLE}"
            raise click.UsageError(message)

    @property
    def ending(self) -> str:
        """What the file of results ends in."""
        return self.output.suffix.lower().removeprefix(".") if self.output else ""

    def tell(self, results: Results) -> None:
        """Write the files, and print."""
        if self.output:
            deliver(WRITTEN[self.ending](results), self.output, self.sources)
        if self.picture:
            deliver(plot(results), self.picture, self.sources)
        if self.report:
            self.write_report(results, self.report)
        click.echo(PRINTED[self.form](results), nl=False)

    def write_report(self, results: Results, file: Path) -> None:
        """The page of the best networks; where there are none that is said, and no page written."""
        from compiler.sweep.results import as_report

        named = Path(results.plan.sweep.at.span.file).name
        command = f"inception-compile sweep {quote(named)} --report {quote(file.name)}"
        try:
            text = as_report(results, command)
        except ValueError as error:
            raise Failed(f"error: {error}") from None
        deliver(text, file, self.sources)


@contextmanager
def _progress(whole: int) -> Iterator[Progress]:
    """Says on a terminal how many variants are done."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    width = len(f"{whole:,} of {whole:,} variants")
    try:
        yield lambda done: click.echo(f"\r{done:,} of {whole:,} variants", err=True, nl=False)
    finally:
        click.echo(f"\r{'':{width}}\r", err=True, nl=False)
