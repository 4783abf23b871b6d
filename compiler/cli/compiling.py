"""The main job, and its proof alone. Both import torch, once they build."""

from __future__ import annotations

import errno
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, TypeVar

import click

from compiler.cli import job, terminal
from compiler.cli.options import load, optimize_option, optimized, spec_options
from compiler.cli.summary import measured
from compiler.cli.terminal import Failed
from compiler.files.folder import Folder, Wanted
from compiler.files.plan import Plan
from compiler.lowering.prepare import Prepared

if TYPE_CHECKING:
    from compiler.ir.network import Network
    from compiler.oracle.comparisons import CheckReport


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
    drawn, said = _drawn(where, results)
    wanted = {**results.every_file, **drawn}
    where.refuse(where.plan(wanted, force=force))
    if no_verify:
        click.echo("not verified, as --no-verify asks: no count was compared, no source was run")
    else:
        _verify(prepared, results.texts[source])
    plan = where.put(wanted, force=force)
    _tell(where, plan, results.texts[source], source, said)
    _mention(prepared.network, spec["spec"])


def _check_disk(where: Folder, results: job.Results) -> None:
    if found := job.drift(where, results):
        click.echo("\n".join(found))
        raise Failed(f"{where.path} is stale; run inception-compile again to renew it")
    click.echo(f"{where.path} is up to date")


def _verify(prepared: Prepared, text: str) -> None:
    """Stop unless every count agrees with what torch does, and the source does what it should."""
    compared, seconds = _timed(lambda: _cross_checked(prepared))
    proved, longer = _timed(lambda: _proved(prepared, text, prepared.network))
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


def _proved(prepared: Prepared, text: str, original: Network) -> CheckReport:
    """Run the emitted source against the module, and the module against the spec.

    Of a network that was rewritten the module is run against that of the `original`.
    """
    with terminal.stage("running the emitted source"), _no_numpy():
        from compiler.oracle.proof import prove
        from compiler.oracle.proof_rewritten import prove_rewritten

        if prepared.network.rewritten:
            return prove_rewritten(original, prepared.network, text)
        return prove(prepared.network, text)


@contextmanager
def _no_numpy() -> Iterator[None]:
    """Without torch's word on import that there is no NumPy: nothing here needs it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Failed to initialize NumPy", UserWarning)
        yield


def _drawn(where: Folder, results: job.Results) -> tuple[Wanted, str]:
    """The PNGs, and what to say of all drawings: without Graphviz, what to install."""
    from compiler.cli import pictures
    from compiler.picture import RenderError

    try:
        with terminal.stage("drawing"):
            found = pictures.drawn(where, results.dots)
    except RenderError as missing:
        return pictures.untouched(results.drawings), f"no .png: {missing}"
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


def _mention(network: Network, spec: str) -> None:
    """Say that there are findings that are more than notes, and how to read them."""
    from compiler.checking.as_text import counted
    from compiler.checking.configuring import ConfigError, policy_of
    from compiler.checking.examining import findings_of

    try:
        found = policy_of(spec).told(findings_of(network))
    except ConfigError as error:
        click.echo(f"warnings weren't looked for: {error}", err=True)
        return
    if any(problem.severity != "note" for problem in found):
        variant = [f"--variant {network.variant}"] if network.variant else []
        command = ["inception-compile check", quote(spec), *variant, *network.options]
        click.echo(f"{counted(found)}: {' '.join(command)}", err=True)


@click.command()
@spec_options
@optimize_option()
def verify(optimize: bool, **spec: Any) -> None:
    """Hold every count against what torch does, and run the source that would be emitted.

    With --optimize, of the network rewritten for inference, which is held against the spec's, too.

    \b
    Examples:
      inception-compile verify inception_v3
      inception-compile verify inception_v3 --optimize
    """
    from compiler.source import emit

    prepared = load(**spec)
    measured(prepared)
    original = prepared.network
    prepared = replace(prepared, network=optimized(original)) if optimize else prepared
    text = emit(prepared.network, prepared.digest)
    report = _cross_checked(prepared) + _proved(prepared, text, original)
    click.echo("\n".join(report.lines()))
    if not report.ok:
        raise Failed(f"{prepared.network.name}: what is written and what torch does disagree")
