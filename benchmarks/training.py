"""Training: a step by the engine, with all that a run does between steps, against a plain loop.

Time is the process's own, so that what else runs on the machine counts as little as it can.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import dsl
from benchmarks.pairs import Row, Work, alternate, compared
from compiler.ir.network import Network
from compiler.lowering.prepare import prepare
from compiler.training.data import feed_for
from compiler.training.feeding import Batch
from compiler.training.order import Order
from compiler.training.processes import World
from compiler.training.records import Record
from compiler.training.running import Progress, Run
from compiler.training.session import drawn
from compiler.training.trainer import Trainer

SUBJECT = "googlenet_96"
BATCH, STEPS = 32, 2
PLAIN, CONTROL, ENGINE = "plain loop", "plain loop again", "engine"
ENGINE_AIM, LAYOUT_AIM, HALF_AIM = 1.03, 1 / 1.4, 1 / 2.4
RECIPE: dict[str, Any] = {
    "data": {"name": "digits", "convert": "grey", "augment": ["flip", "shift 0.1"]},
    "optimizer": {"sgd": {"momentum": 0.9}},
    "schedule": {"constant": 0.01},
    "epochs": 1,
    "batch": BATCH,
}
FASTER: dict[str, dict[str, Any]] = {
    "channels_last": {"channels_last": True},
    "bfloat16": {"channels_last": True, "precision": "bfloat16"},
}
"""What a recipe may say to be quicker."""


@dataclass(frozen=True)
class Given:
    """A feed of one batch, again and again."""

    batch: Batch
    order: Order

    def training(self, epoch: int, first: int = 0) -> Iterator[tuple[Batch, ...]]:
        for _ in range(self.order.steps):
            yield (self.batch,)

    def held(self) -> None:
        """No image is held out."""

    def test(self) -> None:
        """There is no test."""


class Silent:
    """Nobody who listens."""

    def stepped(self, progress: Progress) -> None: ...

    def finished(self, record: Record, *, best: bool) -> None: ...

    def save(self, state: dict[str, Any]) -> None: ...


def recipe(**said: Any) -> dsl.Recipe:
    return dsl.Recipe(**RECIPE | said)


def engined(network: Network, given: Batch, **said: Any) -> tuple[Trainer, Work]:
    """An epoch of a few steps by a run, evaluations and files apart."""
    found = recipe(**said)
    model, _ = drawn(network, found)
    trainer = Trainer(model, found)
    feed = Given(given, Order(STEPS * BATCH, BATCH))

    def work() -> object:
        return Run(trainer, feed, Silent())()

    return trainer, work


def looped(network: Network, given: Batch) -> tuple[nn.Module, Work]:
    """The same steps as anybody would write them, the loss read after each."""
    model, _ = drawn(network, recipe())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    model.train()

    def work() -> list[float]:
        return [step(model, optimizer, given.images, given.classes) for _ in range(STEPS)]

    return model, work


def step(
    model: nn.Module, optimizer: torch.optim.Optimizer, images: Tensor, classes: Tensor
) -> float:
    """One step of a network without auxiliary heads."""
    optimizer.zero_grad(set_to_none=True)
    loss = F.cross_entropy(model(images), classes)
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    optimizer.step()
    return loss.item()


def feeding(network: Network) -> Work:
    """As many batches of digits, enlarged, mirrored and moved."""
    feed = feed_for(network, recipe(), World())
    return lambda: [next(steps) for steps in [feed.training(0)] for _ in range(STEPS)]


def computes_in_halves() -> bool:
    """Whether the processor has instructions for bfloat16."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001  # there is no other


def rows(*, quick: bool) -> Iterator[Row]:
    """The engine against the loop, what makes a step quicker, and what it is fed with."""
    network = prepare(SUBJECT).network
    torch.manual_seed(0)
    given = Batch(torch.randn(BATCH, *map(int, network.input)), torch.randint(10, (BATCH,)))
    works: dict[str, Work] = {name: looped(network, given)[1] for name in (PLAIN, CONTROL)}
    ways = {ENGINE: {}, **FASTER}
    works |= {name: engined(network, given, **said)[1] for name, said in ways.items()}
    works["feed"] = feeding(network)
    seconds = alternate(works, 3 if quick else 15, time.process_time)
    what = f"{STEPS} steps of {SUBJECT}"
    yield compared(what, seconds, ENGINE, PLAIN, ENGINE_AIM)
    yield compared(what, seconds, CONTROL, PLAIN, None)
    yield compared(what, seconds, "channels_last", ENGINE, LAYOUT_AIM)
    half = HALF_AIM if computes_in_halves() else None
    yield compared(what, seconds, "bfloat16", ENGINE, half)
    yield compared(f"{STEPS} batches of digits", seconds, "feed", ENGINE, None)
