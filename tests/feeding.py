"""Images that tests make, fed to a run as a data set is, and a network that is quickly trained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from compiler.training.feeding import Batch
from compiler.training.order import Order
from compiler.training.processes import World

SMALL = """
name: small
input: [1, 8, 8]
classes: 10
stem: [3x3 8]
inception:
  A: {params: [n], concat: [1x1 n, [1x1 n, 3x3 n], [maxpool 3x3, 1x1 n]]}
body: [a: A n=8, maxpool 3x3 /2, b: A n=16]
aux: [{aux: {from: a, weight: 0.3, do: [globalpool avg, fc classes]}}]
head: [globalpool avg, dropout 0.1, fc classes]
"""
"""A network for the digits with an auxiliary head, to be trained by many recipes."""


@dataclass
class TensorFeed:
    """All images in memory, as they are."""

    images: Tensor
    classes: Tensor
    batch: int
    parts: int = 1
    seed: int = 0
    world: World = field(default_factory=World)
    tested: int = 0
    """How many images at the end are the test."""

    def __post_init__(self) -> None:
        self.order = Order(
            len(self.images) - self.tested,
            self.batch,
            self.seed,
            self.parts,
            rank=self.world.rank,
            world=self.world.size,
        )

    def training(self, epoch: int, first: int = 0) -> Iterator[tuple[Batch, ...]]:
        """The parts of each step of an epoch."""
        for parts in self.order.epoch(epoch, first):
            rows = ((list(part.indices), part.share) for part in parts)
            yield tuple(Batch(self.images[at], self.classes[at], share) for at, share in rows)

    def held(self) -> Iterator[Batch] | None:
        """Nothing is held out."""
        return None

    def test(self) -> Iterator[Batch] | None:
        """The last images, if any are the test's."""
        if not self.tested:
            return None
        return iter([Batch(self.images[-self.tested :], self.classes[-self.tested :])])


def blobs(
    count: int, shape: tuple[int, ...] = (1, 8, 8), classes: int = 4
) -> tuple[Tensor, Tensor]:
    """Images of noise around a pattern for each class, with their classes."""
    drawn = torch.Generator().manual_seed(5)
    patterns = torch.randn(classes, *shape, generator=drawn)
    told = torch.arange(count) % classes
    return patterns[told] + 0.5 * torch.randn(count, *shape, generator=drawn), told
