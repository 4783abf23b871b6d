"""The command `train`: a network is trained by a recipe, in a folder from which it can go on."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compiler.cli.options import Number, overrides, spec_options
from compiler.cli.piped import is_piped
from compiler.cli.recipes import (
    DATA_OPTION,
    DATA_PATH,
    TRAINED_ON,
    WORKERS,
    changed,
    no_recipe,
    read_spec,
    told,
    with_recipe,
)
from compiler.lowering.prepare import Prepared, prepare
from dsl.changing.settling import settled
from dsl.models.recipe import PRECISIONS, Recipe

if TYPE_CHECKING:
    from compiler.training.processes import World


@click.command()
@spec_options
@click.option("--recipe", metavar="RECIPE",
              help="Its file, or its name on the shelf.  [default: the spec's own]")  # fmt: skip
@DATA_OPTION
@DATA_PATH
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER",
              help="The run's folder.  [default: runs/ and the spec's name]")  # fmt: skip
@click.option("--epochs", type=click.IntRange(1, 100_000), help="Epochs, instead of the recipe's.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Seed, instead of the recipe's.")
@click.option("--precision", type=click.Choice(PRECISIONS), help="Instead of the recipe's.")
@TRAINED_ON
@click.option("--devices", type=click.IntRange(1, 64), default=1, show_default=True,
              help="Processes that train together, each with a device of its own.")  # fmt: skip
@WORKERS
@click.option("--save-every", type=Number(0), default=300, show_default=True,
              metavar="SECONDS", help="How often the state is kept within an epoch.")  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on with the run in the folder.")
def train(**options: Any) -> int:
    """Train a network by a recipe.

    The folder holds the spec, the recipe, what was measured epoch by epoch, and the last and the
    best weights. Ctrl-C keeps the state, and --resume goes on from there to the same numbers. Under
    torchrun it is one of several processes; --devices starts them. See docs/training.md.

    \b
    Examples:
      inception-compile train my_net.yaml --recipe digits
      inception-compile train googlenet_96 --data-path ~/fashion --out runs/first
      inception-compile train my_net.yaml --recipe mine.yaml --data photos/ --epochs 20
      inception-compile train my_net.yaml --recipe digits --resume
    """
    asked = _asked(options)
    if asked.devices > 1:
        return _launched(asked.devices)
    with told():
        return _train(asked)


@dataclass(frozen=True)
class Asked:
    """What is trained by what, where, and how."""

    prepared: Prepared
    recipe: Recipe
    out: Path
    device: str
    devices: int
    workers: int
    save_every: float
    resume: bool


def _asked(options: dict[str, Any]) -> Asked:
    recipe, data, path, out = (options.pop(key) for key in ("recipe", "data", "data_path", "out"))
    own = {key: options.pop(key) for key in ("epochs", "seed", "precision")}
    how = {
        key: options.pop(key) for key in ("device", "devices", "workers", "save_every", "resume")
    }
    where = options.pop("spec")
    if how["devices"] > 1 and is_piped(where):
        raise click.UsageError("each of several processes reads the spec, and a pipe only one can")
    spec = with_recipe(read_spec(where, options.pop("stdin_name")), recipe)
    variant, limit = options.pop("variant"), options.pop("limit")
    prepared = prepare(spec, variant, overrides=overrides(**options), limit=limit)
    found = prepared.spec.training
    if found is None:
        raise no_recipe(prepared.spec)
    found = settled(changed(found, data, own), path)
    return Asked(prepared, found, out or Path("runs") / prepared.spec.name, **how)


def _launched(devices: int) -> int:
    """The same command in several processes, which torch's launcher starts and looks after."""
    from compiler.training.launching import launched

    return launched(["-m", "compiler", *_without(sys.argv[1:], "--devices")], devices)


def _without(words: Sequence[str], option: str) -> Iterator[str]:
    """The words of a command line but for an option and its value."""
    behind = False
    for word in words:
        if not behind and word != option and not word.startswith(f"{option}="):
            yield word
        behind = word == option and not behind


def _train(asked: Asked) -> int:
    from compiler.training.faults import Interrupted
    from compiler.training.processes import joined

    with joined(asked.device) as world:
        try:
            return _run(asked, world)
        except Interrupted as stopped:
            if world.leads:
                click.echo(
                    f"stopped; the same command with --resume goes on in {asked.out}", err=True
                )
            return 128 + stopped.signal


def _run(asked: Asked, world: World) -> int:
    from compiler.training.calling import Wanted, alone, trained
    from compiler.training.telling import Telling

    spec, network = alone(asked.prepared.spec), asked.prepared.network
    how = asked.workers, asked.save_every, asked.resume, sys.argv[1:]
    wanted = Wanted(spec, network, asked.recipe, asked.out, None, *how)
    run = trained(wanted, world, [Telling(sys.stderr)], partial(click.echo, err=True))
    if world.leads:
        best = run.best
        click.echo(f"best: epoch {best.epoch} of {len(run.records)}, {best.score:.2%} right; "
                   f"weights in {asked.out / 'best.safetensors'}")  # fmt: skip
    return 0
