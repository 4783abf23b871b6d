"""A feed from sets of images: torch's loader, which reads and prepares them, here or in workers.

A loader is asked for whole steps, each with its images by their numbers, so that what comes out
doesn't depend on which worker made it, how many there are, or where a run was resumed.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from compiler.training.faults import TrainingFault
from compiler.training.feeding import Batch
from compiler.training.order import Order, Part
from compiler.training.preparing import Preparation
from compiler.training.processes import World
from compiler.training.sets.faults import DataFault
from compiler.training.sets.pictures import Pictures

Made = tuple[Tensor, Tensor, float]
"""Images, their classes, and what they count for."""


@dataclass(frozen=True)
class Asked:
    """Images of a step, in parts; of an epoch to train on them, else as they are."""

    parts: tuple[Part, ...]
    epoch: int | None = None


@dataclass(frozen=True)
class Refused:
    """What is wrong with some images, as plain text, so that a worker can tell it."""

    message: str
    help: str


@dataclass(frozen=True)
class Chosen(Dataset[list[Made] | Refused]):
    """Some images of a set, by their numbers in it, ready for a network."""

    pictures: Pictures
    numbers: Tensor
    preparation: Preparation

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, asked: Asked) -> list[Made] | Refused:
        try:
            return [self._made(part, asked.epoch) for part in asked.parts]
        except (DataFault, TrainingFault) as fault:
            return Refused(str(fault), fault.help)

    def _made(self, part: Part, epoch: int | None) -> Made:
        numbers = self.numbers[torch.tensor(part.indices, dtype=torch.int64)]
        classes = self.pictures.classes[numbers]
        ready, wanted = [], numbers.tolist()
        for stack in self.pictures.stacks(wanted):
            some, wanted = wanted[: len(stack)], wanted[len(stack) :]
            ready.append(self._ready(stack, some, epoch))
        return (ready[0] if len(ready) == 1 else torch.cat(ready)), classes, part.share

    def _ready(self, stack: Tensor, numbers: list[int], epoch: int | None) -> Tensor:
        if epoch is None:
            return self.preparation.plain(stack)
        try:
            return self.preparation.augmented(stack, epoch, numbers)
        except TrainingFault as fault:  # Of what only this one's size shows.
            where = self.pictures.called(numbers[0])
            raise TrainingFault(f"{where}: {fault}", fault.help) from fault


@dataclass(frozen=True)
class Loader:
    """Reads and prepares images for one of the processes of a world, here or in workers.

    `most` is how many are evaluated together.
    """

    world: World
    most: int
    workers: int = 0

    def evaluated(self, chosen: Chosen | None) -> Iterator[Batch] | None:
        """This process's share of some images, as they are evaluated; None for none."""
        if chosen is None:
            return None
        own = range(len(chosen))[self.world.rank :: self.world.size]
        parts = (own[start : start + self.most] for start in range(0, len(own), self.most))
        asked = (Asked((Part(tuple(part), 1.0),)) for part in parts)
        return (batch for step in self.loaded(chosen, asked) for batch in step)

    def loaded(self, chosen: Chosen, asked: Iterator[Asked]) -> Iterator[tuple[Batch, ...]]:
        """The parts of each step that is asked for."""
        loader: DataLoader[Any] = DataLoader(
            chosen,
            batch_size=None,
            sampler=asked,
            num_workers=self.workers,
            worker_init_fn=_deaf if self.workers else None,
            pin_memory=self.world.device.type == "cuda",
            generator=torch.Generator(),  # Else the loader draws from torch's own.
        )
        steps = iter(loader)
        while (step := self._next(steps)) is not None:
            if isinstance(step, Refused):
                raise TrainingFault(step.message, step.help)
            yield tuple(Batch(*part) for part in step)

    def _next(self, steps: Iterator[list[Made] | Refused]) -> list[Made] | Refused | None:
        try:
            return next(steps, None)
        except RuntimeError as error:  # So torch tells that a worker is gone.
            if not self.workers:
                raise
            help = "it may have run out of memory, or of shared memory: take fewer workers, or none"
            raise TrainingFault(f"a worker that prepares images ended: {error}", help) from error


@dataclass(frozen=True)
class LoadedFeed:
    """Batches from images that were chosen to train on, to choose an epoch by, and for the test.

    `names` are those of the classes.
    """

    order: Order
    names: tuple[str, ...]
    chosen: Chosen
    chosen_held: Chosen | None
    chosen_test: Chosen | None
    loader: Loader

    def training(self, epoch: int, first: int = 0) -> Iterator[tuple[Batch, ...]]:
        """The parts of each step of an epoch, from the step `first` on."""
        steps = (Asked(parts, epoch) for parts in self.order.epoch(epoch, first))
        return self.loader.loaded(self.chosen, steps)

    def held(self) -> Iterator[Batch] | None:
        """This process's share of the images that were held out; None where none were."""
        return self.loader.evaluated(self.chosen_held)

    def test(self) -> Iterator[Batch] | None:
        """This process's share of the test images; None where there are none."""
        return self.loader.evaluated(self.chosen_test)


def _deaf(worker: int) -> None:
    """Let only the process that trains hear of signals: it ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
