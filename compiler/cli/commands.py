"""The commands. Only `compile` and `verify` import torch; the others answer at once."""

from __future__ import annotations

import errno
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

import dsl
from compiler.cli import job, terminal
from compiler.cli.files import deliver
from compiler.cli.options import load, spec_options
from compiler.cli.summary import summary
from compiler.cli.terminal import Failed
from compiler.files.folder import Folder, Wanted
from compiler.files.plan import Plan
from compiler.ir.nodes import lines, nodes
from compiler.ir.outline import outline
from compiler.lowering.prepare import Prepared
from dsl.models import shelf
from dsl.text.problems import did_you_mean

if TYPE_CHECKING:
    from compiler.oracle.check import CheckReport


@click.command("compile")
@spec_options
@click.option("--out", type=click.Path(path_type=Path), default=Path("generated"),
              show_default=True, help="Folder for the results.")  # fmt: skip
@click.option("--check", is_flag=True, help="Write nothing; exit 1 with a diff if stale.")
@click.option("--force", is_flag=True,
              help="Replace files that somebody else changed or put there.")  # fmt: skip
@click.option("--no-verify", is_flag=True, help="Write without building and comparing; no torch.")
def compile_(out: Path, check: bool, force: bool, no_verify: bool, **spec: Any) -> None:
    """Do it all: check, emit source, draw, count, and prove it before it is written.

    \b
    Examples:
      inception-compile googlenet
      inception-compile my_net.yaml --out build
      inception-compile googlenet --variant torchvision --check
    """
    if out.exists() and not out.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(out))
    prepared = load(**spec)
    where = Folder(job.folder(prepared, out))
    results = job.results(prepared)
    if check:
        _check_disk(where, results)
        return
    click.echo(results.texts["summary.txt"])
    source = job.source_name(prepared)
    drawn, said = _drawn(where, results, force=force)
    wanted = {**results.every_file, **drawn}
    where.refuse(where.plan(wanted, force=force))
    if no_verify:
        click.echo("not verified, as --no-verify asks: no count was compared, no source was run")
    else:
        _verify(prepared, results.texts[source])
    plan = where.put(wanted, force=force)
    _tell(where, plan, results.texts[source], source, said)


def _check_disk(where: Folder, results: job.Results) -> None:
    if found := job.drift(where, results):
        click.echo("\n".join(found))
        raise Failed(f"{where.path} is stale; run inception-compile again to renew it")
    click.echo(f"{where.path} is up to date")


def _verify(prepared: Prepared, text: str) -> None:
    """Stop unless every count agrees with what torch does, and the source does what it should."""
    compared, seconds = _timed(lambda: _cross_checked(prepared))
    proved, longer = _timed(lambda: _proved(prepared, text))
    report = compared + proved
    if not report.ok:
        raise Failed("\n".join(report.lines()))
    done = f"{len(compared.checks)} comparisons, all equal"
    click.echo(f"cross-check against torch: {done} ({seconds:.1f} s)")
    click.echo("\n".join(_said(proved, longer)))


def _said(proved: CheckReport, seconds: float) -> Iterator[str]:
    """What was proved of the source, and how long it took."""
    for mode, names in proved.modes().items():
        yield f"{mode}: {', '.join(names)} equal"
    yield proved.left_out or f"({seconds:.1f} s for both)"


T = TypeVar("T")


def _timed(what: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    return what(), time.perf_counter() - start


def _cross_checked(prepared: Prepared) -> CheckReport:
    """Build the module on `meta` and hold every count against what torch does."""
    with terminal.stage("building and cross-checking"), _no_numpy():
        from compiler.oracle.check import cross_check

        return cross_check(prepared.network)


def _proved(prepared: Prepared, text: str) -> CheckReport:
    """Run the emitted source against the module, and the module against the spec."""
    with terminal.stage("running the emitted source"), _no_numpy():
        from compiler.oracle.proof import prove

        return prove(prepared.network, text)


@contextmanager
def _no_numpy() -> Iterator[None]:
    """Without torch's word on import that there is no NumPy: nothing here needs it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Failed to initialize NumPy", UserWarning)
        yield


def _drawn(where: Folder, results: job.Results, *, force: bool) -> tuple[Wanted, str]:
    """The pictures, and what to say of them: without Graphviz, what to install."""
    from compiler.cli import pictures
    from compiler.diagram import RenderError

    try:
        with terminal.stage("drawing"):
            found = pictures.drawn(where, results.drawings, force=force)
    except RenderError as missing:
        return pictures.untouched(results.drawings), f"DOT only: {missing}"
    return found, f"{', '.join(results.drawings)} as .svg, .png and .dot"


def _tell(where: Folder, plan: Plan, text: str, source: str, drawn: str) -> None:
    """Say what is there now."""
    lines = text.count("\n")
    click.echo(f"wrote {where.path}/")
    click.echo(f"  {source:<26} the network as plain PyTorch, {lines} lines")
    click.echo(f"  {'cost.txt, .json, .csv':<26} every layer's cost")
    click.echo(f"  {'diagrams/':<26} {drawn}")
    for name in plan.left:
        click.echo(f"  {name:<26} is no longer made; it was changed, so it stays and is yours")


@click.command()
@spec_options
def check(**spec: Any) -> None:
    """Check a spec and say what it comes to; nothing is built or written.

    \b
    Examples:
      inception-compile check my_net.yaml
      inception-compile check inception_v3 --input 139x139 --no-aux
    """
    prepared = load(**spec)
    click.echo(summary(prepared, job.measured(prepared)), nl=False)


@click.command()
@spec_options
@click.option("--format", "form", type=click.Choice(["text", "json", "csv"]), default="text",
              show_default=True, help="How to print it.")  # fmt: skip
@click.option("--layers", is_flag=True, help="One line a layer rather than a block (text).")
@click.option("--batch", type=click.IntRange(1, 10**6), default=1, show_default=True,
              help="Images per pass.")  # fmt: skip
@click.option(
    "--training",
    "--aux",
    "training",
    is_flag=True,
    help="Count a training pass, auxiliary heads included.",
)
def cost(form: str, layers: bool, batch: int, training: bool, **spec: Any) -> None:
    """Count parameters, MACs, activations, memory and receptive fields.

    \b
    Examples:
      inception-compile cost googlenet
      inception-compile cost inception_v3 --format json --batch 16
    """
    from compiler.cost import cost as count
    from compiler.cost.render import FORMATS, as_text

    report = count(load(**spec).network, batch=batch, training=training)
    text = as_text(report, layers=layers) if form == "text" else FORMATS[form](report)
    click.echo(text, nl=False)


@click.command()
@spec_options
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
              help="File to write; standard output without it.")  # fmt: skip
def source(output: Path | None, **spec: Any) -> None:
    """Emit the network as one Python file that needs torch alone.

    \b
    Examples:
      inception-compile source googlenet -o googlenet.py
      inception-compile source inception_v3 --classes 10 | less
    """
    from compiler.source import emit

    prepared = load(**spec)
    deliver(emit(prepared.network, prepared.digest), output, prepared.spec.texts)


@click.command()
@spec_options
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
              help="A .svg, .png or .dot file; DOT on standard output without it.")  # fmt: skip
@click.option("--what", default="overview", show_default=True, metavar="NAME",
              help="overview, stem, full, a block or an auxiliary head.")  # fmt: skip
def draw(output: Path | None, what: str, **spec: Any) -> None:
    """Draw the network, its stem, a block, or everything.

    \b
    Examples:
      inception-compile draw googlenet -o googlenet.svg
      inception-compile draw inception_v3 --what B -o block_b.png
      inception-compile draw googlenet --what full -o all.svg
    """
    prepared = load(**spec)
    form = output.suffix.removeprefix(".") if output else "dot"
    if form not in ("svg", "png", "dot"):
        raise click.UsageError(f"-o takes a file that ends in .svg, .png or .dot, not {output}")
    dot = _drawing(prepared, what)
    content = dot if form == "dot" else _rendered(dot, form)
    deliver(content, output, prepared.spec.texts)


def _drawing(prepared: Prepared, what: str) -> str:
    from compiler.diagram import drawings, full, overview

    alone = {"full": full, "overview": overview}
    if what in alone:
        return alone[what](prepared.network)
    there = drawings(prepared.network)
    if f"{what}_" in there and what not in there:
        what += "_"  # no file could have the name itself
    if what not in there:
        hint = did_you_mean(what, [*there, "full"])
        names = ", ".join([*there, "full"])
        raise click.UsageError(f"there is no {what} to draw: {names}. {_sentence(hint)}".strip())
    return there[what]


def _rendered(dot: str, form: str) -> bytes:
    from compiler.diagram import Format, RenderError, render

    for known in get_args(Format):
        if known == form:
            try:
                return render(dot, known)
            except RenderError as error:
                raise Failed(f"error: {error}") from None
    raise AssertionError(form)


@click.command()
@spec_options
def verify(**spec: Any) -> None:
    """Hold every count against what torch does, and run the source that would be emitted.

    \b
    Example:
      inception-compile verify inception_v3
    """
    from compiler.source import emit

    prepared = load(**spec)
    job.measured(prepared)
    text = emit(prepared.network, prepared.digest)
    report = _cross_checked(prepared) + _proved(prepared, text)
    click.echo("\n".join(report.lines()))
    if not report.ok:
        raise Failed(f"{prepared.network.name}: what is written and what torch does disagree")


@click.command()
@spec_options
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
        raise click.UsageError(f"there is no {path} in {network.name}. {_sentence(meant)}".strip())
    click.echo(outline(lines(found[path], path)))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


@click.command("list")
def list_() -> None:
    """List the specs on the shelf and their variants."""
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
