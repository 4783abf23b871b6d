"""Which images each step takes, in which process and in which part.

A step's images are a stretch of the epoch's order. Each process takes every so-manieth of them,
and its own in parts where gradients are accumulated. What each part's mean loss counts for makes
the sum of all gradients that of the whole batch, however unevenly it was shared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from compiler.training.dice import generator
from compiler.training.faults import TrainingFault
from dsl.text.counts import count


@dataclass(frozen=True)
class Part:
    """Images that go through the network together, and what their mean loss counts for."""

    indices: tuple[int, ...]
    share: float


@dataclass(frozen=True)
class Order:
    """How `count` images are shared among steps, processes and parts."""

    count: int
    batch: int
    seed: int = 0
    parts: int = 1
    drop_last: bool = False
    rank: int = 0
    world: int = 1

    def __post_init__(self) -> None:
        if not self.steps:
            message = f"{count(self.count, 'image')} can't fill a batch of {self.batch:,}"
            raise TrainingFault(
                message, "make the batch smaller, or keep the last one: `last: keep`"
            )
        if self.smallest < self.world:
            images = count(self.smallest, "image")
            message = f"the smallest batch has {images}, for {self.world} processes"
            raise TrainingFault(message, "`last: drop` leaves it out")

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        whole, rest = divmod(self.count, self.batch)
        return whole + (bool(rest) and not self.drop_last)

    @property
    def smallest(self) -> int:
        """Images in the smallest batch."""
        rest = self.count % self.batch
        return self.batch if self.drop_last or not rest else rest

    @property
    def smallest_part(self) -> int:
        """Images in the smallest part of any process."""
        own = self.smallest // self.world
        return own // min(self.parts, own)

    def epoch(self, epoch: int, first: int = 0) -> Iterator[tuple[Part, ...]]:
        """This process's parts of each step of an epoch, from the step `first` on."""
        shuffled = torch.randperm(self.count, generator=generator(self.seed, "order", epoch))
        for step in range(first, self.steps):
            whole = shuffled[step * self.batch : (step + 1) * self.batch]
            yield tuple(self._parts(whole))

    def _parts(self, whole: torch.Tensor) -> Iterator[Part]:
        own = whole[self.rank :: self.world]
        for part in torch.tensor_split(own, min(self.parts, len(own))):
            # Processes average their gradients, so each counts for `world` times its share.
            yield Part(tuple(part.tolist()), len(part) * self.world / len(whole))
