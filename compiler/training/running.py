"""A run from its first step, or from where it was, to its last: the loop around a trainer."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import torch

from compiler.training.faults import Interrupted, TrainingFault
from compiler.training.feeding import Feed
from compiler.training.records import Record, as_data, best_of, from_data
from compiler.training.scoring import Tally
from compiler.training.stopping import SIGNALS, Stop, listening
from compiler.training.trainer import Trainer

SAVE_EVERY = 300.0
"""Seconds after which the state is kept within an epoch."""


@dataclass(frozen=True)
class Progress:
    """Where a run is: `step` of `steps` in `epoch` of `epochs`, both counted from 1.

    `loss` and `top1` are means over the epoch so far; `left` are seconds until the run's end.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    rate: float
    loss: float
    top1: float
    left: float


class _Agreed(NamedTuple):
    """What all processes know behind a step: the mean loss, whether to keep the state, a signal."""

    loss: float
    due: bool
    signal: int


class Observer(Protocol):
    """Who is told of a run, in the process that leads."""

    def stepped(self, progress: Progress) -> None:
        """A step has been taken."""

    def finished(self, record: Record, *, best: bool) -> None:
        """An epoch has been trained and evaluated."""

    def save(self, state: dict[str, Any]) -> None:
        """Keep a state from which the run can go on."""


@dataclass
class Run:
    """A trainer with what it is fed, and how far it has come.

    The state is kept after each epoch, on a signal, and whenever `save_every` seconds have passed.
    """

    trainer: Trainer
    feed: Feed
    observer: Observer
    save_every: float = SAVE_EVERY
    stop: Stop = field(default_factory=Stop)
    epoch: int = 0
    step: int = 0
    records: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tally = Tally(self.trainer.world.device)
        self._seconds = 0.0
        self._since = time.monotonic()
        self._saved = self._since

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return self.feed.order.steps

    @property
    def best(self) -> Record:
        """The best epoch so far, the first of equals. Raises `ValueError` before the first."""
        return best_of(self.records)

    def state(self) -> dict[str, Any]:
        """All that the rest of the run depends on."""
        return {
            "trainer": self.trainer.state(),
            "epoch": self.epoch,
            "step": self.step,
            "sums": self._tally.sums,
            "records": as_data(self.records),
            "seconds": self._spent(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.trainer.load(state["trainer"])
        self.epoch, self.step = state["epoch"], state["step"]
        self._tally.sums = state["sums"].to(self.trainer.world.device)
        self.records[:] = from_data(state["records"])
        self._seconds = state["seconds"]

    def __call__(self) -> list[Record]:
        """Train to the end; gives a record an epoch.

        Raises `Interrupted` once a signal has come and the state is kept, and `TrainingFault`
        where the loss is no number any more.
        """
        self.stop.begun = True
        with listening(self.stop):
            self._since = self._saved = time.monotonic()
            if signal := self.trainer.world.agreed(self.stop.signal):
                self._keep()
                self._end(signal)
            while self.epoch < self.trainer.recipe.epochs:
                self._epoch()
        return self.records

    def _epoch(self) -> None:
        steps = self.feed.training(self.epoch, self.step)
        for parts in steps:
            loss = self.trainer.step(parts, self.epoch, self.step, self.steps, self._tally)
            self.step += 1
            told = self._agreed(loss)
            self._check(told.loss)
            self._tell()
            self._between(told)
        self._record()
        self.epoch, self.step = self.epoch + 1, 0
        self._tally = Tally(self.trainer.world.device)
        self._keep()
        self._end(self.trainer.world.agreed(self.stop.signal))

    def _agreed(self, loss: torch.Tensor) -> _Agreed:
        """What all processes know behind a step, which they tell each other at once."""
        due = time.monotonic() - self._saved > self.save_every
        own = torch.tensor([due, *(self.stop.signal == each for each in SIGNALS)])
        sums = torch.cat([loss.double().reshape(1), own.to(loss.device).double()])
        total, late, *heard = self.trainer.world.summed(sums).tolist()
        signals = [each for each, count in zip(SIGNALS, heard, strict=True) if count]
        return _Agreed(total, bool(late), max(signals, default=0))

    def _check(self, loss: float) -> None:
        """Raise `TrainingFault` for a loss that is no number: nothing after it would be one."""
        if not math.isfinite(loss):
            rate = self.trainer.optimizer.param_groups[0]["lr"]
            where = f"epoch {self.epoch + 1}, step {self.step} of {self.steps}"
            raise _blown(f"the loss is {loss} at {where}, at a rate of {rate:g}")

    def _between(self, told: _Agreed) -> None:
        """Between two steps of an epoch: keep the state where it is time, and stop where asked."""
        if told.signal or told.due:
            self._keep()
        self._end(told.signal)

    def _end(self, signal: int) -> None:
        """End on a signal that all processes know of; one that came meanwhile waits."""
        if signal:
            raise Interrupted(signal)

    def _keep(self) -> None:
        if not self.trainer.finite():
            where = f"epoch {self.epoch + bool(self.step)}, step {self.step or self.steps}"
            raise _blown(f"weights are no numbers any more behind {where}")
        if self.trainer.world.leads:
            self.observer.save(self.state())
        self._saved = time.monotonic()

    def _tell(self) -> None:
        if not self.trainer.world.leads:
            return
        loss, right, _, count = self._tally.sums.tolist()
        done = self.epoch * self.steps + self.step
        rest = self.trainer.recipe.epochs * self.steps - done
        progress = Progress(
            self.epoch + 1,
            self.trainer.recipe.epochs,
            self.step,
            self.steps,
            self.trainer.optimizer.param_groups[0]["lr"],
            loss / count,
            right / count,
            self._spent() / done * rest,
        )
        self.observer.stepped(progress)

    def _record(self) -> None:
        """Evaluate, and note how the epoch went."""
        trained = self._tally.scores(self.trainer.world)
        held, test = self.feed.held(), self.feed.test()
        of_held = self.trainer.scores(held) if held is not None else None
        of_test = self.trainer.scores(test) if test is not None else None
        for scores, images in ((of_held, "held out"), (of_test, "of the test")):
            if scores and not math.isfinite(scores.loss):
                behind = f"behind epoch {self.epoch + 1}"
                raise _blown(f"the loss on the images {images} is {scores.loss} {behind}")
        record = Record(
            self.epoch + 1,
            (self.epoch + 1) * self.steps,
            self.trainer.optimizer.param_groups[0]["lr"],
            trained.loss,
            trained.top1,
            of_held.loss if of_held else None,
            of_held.top1 if of_held else None,
            of_test.loss if of_test else None,
            of_test.top1 if of_test else None,
            of_test.top5 if of_test else None,
            round(self._spent(), 3),
        )
        self.records.append(record)
        if self.trainer.world.leads:
            self.observer.finished(record, best=self.best is record)

    def _spent(self) -> float:
        """Seconds that the run has taken, those before it was resumed included."""
        return self._seconds + time.monotonic() - self._since


def _blown(message: str) -> TrainingFault:
    """The fault of a run whose numbers are none any more."""
    held = "a lower rate, a warm-up or clipped gradients may hold it, in a run of its own"
    return TrainingFault(message, f"{held}; what was kept before is as it was")
