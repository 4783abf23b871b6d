"""From a network and its recipe to a run: drawn or loaded, fed, kept in its folder, and told of."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from compiler.ir.network import Network
from compiler.nn.module import CompiledNetwork, build
from compiler.training.dice import seed_of
from compiler.training.faults import TrainingFault
from compiler.training.feeding import Feed
from compiler.training.folder import BEST, LAST, RunFolder
from compiler.training.images import differing
from compiler.training.loading import LoadedFeed
from compiler.training.processes import World
from compiler.training.records import Record
from compiler.training.running import SAVE_EVERY, Observer, Progress, Run
from compiler.training.stopping import Stop
from compiler.training.trainer import Trainer
from compiler.version import __version__
from compiler.weights import load_weights
from compiler.weights.account import WeightsReport
from dsl.models.recipe import Recipe
from dsl.reading.recipes import beside


def drawn(network: Network, recipe: Recipe) -> tuple[CompiledNetwork, WeightsReport | None]:
    """A network as training begins: drawn from the recipe's seed, or loaded as it says."""
    torch.manual_seed(seed_of(recipe.seed, "weights"))
    model = build(network)
    start = recipe.weights
    if start is None:
        return model, None
    path = beside(start, "file", start.file)
    wishes = {"skip_head": start.skip_head, "skip_aux": start.skip_aux}
    return model, load_weights(model, path, start.source, **wishes)


def facts_of(
    recipe: Recipe, world: World, feed: LoadedFeed, command: Sequence[str] = ()
) -> dict[str, Any]:
    """What the numbers of a run depend on beside its spec and recipe."""
    return {
        "inception_compile": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "device": world.device.type,
        "processes": world.size,
        "threads": torch.get_num_threads(),
        "seed": recipe.seed,
        "images": feed.order.count,
        "classes": list(feed.names),
        "command": list(command),
    }


@dataclass
class Keeping:
    """Keeps a run in its folder, and tells whoever else listens."""

    folder: RunFolder
    trainer: Trainer
    records: list[Record]
    others: Sequence[Observer] = field(default_factory=tuple)

    def stepped(self, progress: Progress) -> None:
        for other in self.others:
            other.stepped(progress)

    def finished(self, record: Record, *, best: bool) -> None:
        """Write the weights that were evaluated, and the table."""
        weights = self.trainer.evaluated.state_dict()
        self.folder.put_weights(LAST, weights)
        if best:
            self.folder.put_weights(BEST, weights)
        self.folder.note(self.records, self.trainer.network.name)
        for other in self.others:
            other.finished(record, best=best)

    def save(self, state: dict[str, Any]) -> None:
        self.folder.keep(state)
        for other in self.others:
            other.save(state)


def run_of(
    trainer: Trainer,
    feed: Feed,
    folder: RunFolder,
    others: Sequence[Observer] = (),
    *,
    save_every: float = SAVE_EVERY,
    stop: Stop | None = None,
) -> Run:
    """A run that is kept in a folder, from its beginning or from where it was."""
    records: list[Record] = []
    keeping = Keeping(folder, trainer, records, others)
    run = Run(trainer, feed, keeping, save_every, stop or Stop(), records=records)
    if (state := folder.state()) is not None:
        run.load(state)
    return run


def refuse_other_surroundings(folder: RunFolder, now: Mapping[str, Any]) -> str:
    """What is otherwise than when a run began, so that its numbers may be; empty for nothing.

    Raises `TrainingFault` for another number of processes, which would share images otherwise, and
    for other classes than the network has learned to tell.
    """
    before = folder.facts()
    if other := differing(folder.classes(), now["classes"]):
        raise TrainingFault(other, "--out names another folder for a new run")
    if before.get("processes") != now["processes"]:
        then, size = before.get("processes"), now["processes"]
        message = f"the number of processes was {then}, and now it is {size}"
        raise TrainingFault(message, "go on with as many as it began with")
    said = ("torch", "device", "threads", "machine", "inception_compile", "images")
    changed = (key for key in said if before.get(key) != now[key])
    return "; ".join(f"{key} {before.get(key)} then, {now[key]} now" for key in changed)


PLACE = Path("runs")
"""Where runs are kept unless somebody says otherwise."""
