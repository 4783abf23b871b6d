"""Training from Python: what the command does, of a spec or of a module of one's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, Unpack

from torch import nn

import dsl
from compiler.ir.network import Network
from compiler.lowering.prepare import prepare
from compiler.training.board import board
from compiler.training.data import feed_for
from compiler.training.faults import TrainingFault
from compiler.training.folder import RunFolder
from compiler.training.loading import LoadedFeed
from compiler.training.processes import World, joined, together
from compiler.training.records import Record, best_of
from compiler.training.running import SAVE_EVERY, Observer, Run
from compiler.training.session import (
    PLACE,
    drawn,
    facts_of,
    refuse_other_surroundings,
    run_of,
)
from compiler.training.stopping import Stop, listening
from compiler.training.trainer import Trainer
from dsl.changing.settling import settled
from dsl.models.recipe import Recipe
from dsl.models.spec import Spec
from dsl.text.counts import count


@dataclass(frozen=True)
class Wanted:
    """What is trained by what, where, and how.

    `model` is a module of the network's that is there already, with the weights that it has.
    """

    spec: Spec
    network: Network
    recipe: Recipe
    out: Path
    model: nn.Module | None = None
    workers: int = 0
    save_every: float = SAVE_EVERY
    resume: bool = False
    command: Sequence[str] = ()


@dataclass(frozen=True)
class Trained:
    """What came of a run: the network with its last weights, each epoch, and the folder.

    Where the recipe averages weights, the network has the averages.
    """

    model: nn.Module
    records: tuple[Record, ...]
    folder: Path

    @property
    def best(self) -> Record:
        """The best epoch, the first of equals; its weights are in `best.safetensors`."""
        return best_of(self.records)


class How(TypedDict, total=False):
    """Where and how a run is done: as the command's options of these names."""

    device: str
    data_path: str | Path | None
    workers: int
    save_every: float


def train(
    spec: Spec | str | Path,
    recipe: Recipe | str | Path | None = None,
    out: str | os.PathLike[str] | None = None,
    *,
    model: nn.Module | None = None,
    resume: bool = False,
    observers: Sequence[Observer] = (),
    **how: Unpack[How],
) -> Trained:
    """Train a network by a recipe, its spec's own unless another is given; see docs/training.md.

    `out` is the run's folder, `runs/` and the spec's name without it. `model` is trained in place
    of a module that is compiled of the spec, from the weights that it has: an instance of its
    emitted source, or any other whose `forward` gives what that gives. `observers` are told of each
    step and each epoch. Raises `dsl.SpecError`, `TrainingFault` where the run can't begin or go on,
    and `Interrupted` once it was stopped by a signal and is kept.
    """
    read = spec if isinstance(spec, Spec) else dsl.load(spec)
    prepared = prepare(read)
    found = recipe if isinstance(recipe, Recipe | None) else dsl.load_recipe(recipe)
    found = found or prepared.spec.training
    if found is None:
        raise TrainingFault(f"{read.name} has no recipe to train by", "give one")
    path = how.get("data_path")
    own = settled(found, Path(path) if path else None)
    place = Path(out) if out is not None else PLACE / read.name
    workers, save_every = how.get("workers", 0), how.get("save_every", SAVE_EVERY)
    wanted = Wanted(
        alone(prepared.spec), prepared.network, own, place, model, workers, save_every, resume
    )
    with joined(how.get("device", "auto")) as world:
        run = trained(wanted, world, observers)
    return Trained(run.trainer.evaluated, tuple(run.records), place)


def alone(spec: Spec) -> Spec:
    """The spec as a run keeps it: without what it may become, and how it is trained."""
    return spec.model_copy(update={"variants": {}, "weights": {}, "training": None})


def _silent(text: str) -> None:
    """Say nothing."""


def trained(
    wanted: Wanted,
    world: World,
    observers: Sequence[Observer] = (),
    note: Callable[[str], None] = _silent,
    stop: Stop | None = None,
) -> Run:
    """A run to its end, in one of the processes of a world.

    The one that leads tells the observers, and notes what is worth a line. `stop` is asked whether
    the run is to end, besides signals. Raises `SpecError`, `TrainingFault` and `Interrupted`.
    """
    folder, stop = RunFolder(wanted.out), stop or Stop()
    with listening(stop):
        model, feed = together(world, lambda: _begun(wanted, folder, world, note))
        trainer = Trainer(model, wanted.recipe, world, wanted.network)
        if world.leads:
            note(_begins(feed, world))
        stop.begun = True
        if world.leads and not wanted.resume:
            facts = facts_of(wanted.recipe, world, feed, wanted.command)
            folder.begin(wanted.spec, wanted.recipe, facts)
        told = [*observers, *board(folder.path)] if world.leads else []
        run = run_of(trainer, feed, folder, told, save_every=wanted.save_every, stop=stop)
        run()
    return run


def _begun(
    wanted: Wanted, folder: RunFolder, world: World, note: Callable[[str], None]
) -> tuple[nn.Module, LoadedFeed]:
    """The network and what it is fed with, before anything is written."""
    recipe = wanted.recipe
    if wanted.resume:
        folder.check_same(wanted.spec, recipe)
    else:
        folder.check_free()
    feed = feed_for(wanted.network, recipe, world, workers=wanted.workers)
    if wanted.resume:
        other = refuse_other_surroundings(folder, facts_of(recipe, world, feed))
        if other and world.leads:
            note(f"note: numbers may differ: {other}")
    model, loaded = _model(wanted)
    if world.leads and loaded:
        note(loaded)
    for worth in (_still(recipe, feed), _unjudged(feed)):
        if world.leads and worth:
            note(worth)
    return model, feed


def _begins(feed: LoadedFeed, world: World) -> str:
    """What a run is on: a launcher may have started fewer processes than somebody asked it for."""
    order = feed.order
    images, steps = count(order.count, "image"), count(order.steps, "step")
    where = f"{count(world.size, 'process')} on {world.device.type}"
    return f"{where}: {images} to train on, {steps} an epoch"


def _still(recipe: Recipe, feed: LoadedFeed) -> str:
    """What is worth a line of averages that a run is too short for; empty for nothing."""
    steps = feed.order.steps * recipe.epochs
    if not recipe.ema or (1 - recipe.ema.keep) * steps >= 1:
        return ""
    keeps = f"an average that keeps {recipe.ema.keep:g} of itself"
    return f"note: {keeps} hardly moves in {count(steps, 'step')}, and it is what is evaluated"


def _unjudged(feed: LoadedFeed) -> str:
    """What is worth a line where nothing tells how good a network is; empty for nothing."""
    if feed.chosen_held or feed.chosen_test:
        return ""
    return (
        "note: there are no images for a test and none are held out, so the best epoch is chosen "
        "by those that are trained on; `--set training.data.hold_out=0.1` holds some out"
    )


def _model(wanted: Wanted) -> tuple[nn.Module, str]:
    """The network as training begins, and what is to be said of its weights."""
    if wanted.model is None:
        model, loaded = drawn(wanted.network, wanted.recipe)
        return model, str(loaded) if loaded else ""
    if wanted.recipe.weights:
        message = "the recipe says which weights training begins with, and a model has its own"
        raise TrainingFault(message, "leave one of the two out")
    return wanted.model, ""
