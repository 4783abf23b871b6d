"""What a run is fed with: batches of prepared images with their classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from compiler.training.order import Order


@dataclass(frozen=True)
class Batch:
    """Images (N, C, H, W), their classes (N,), and what their mean loss counts for in a step."""

    images: Tensor
    classes: Tensor
    share: float = 1.0


class Feed(Protocol):
    """Batches to train on and to evaluate with, the same whenever they are asked for again."""

    @property
    def order(self) -> Order:
        """Which training images each step takes."""

    def training(self, epoch: int, first: int = 0) -> Iterator[tuple[Batch, ...]]:
        """The parts of each step of an epoch, from the step `first` on."""

    def held(self) -> Iterator[Batch] | None:
        """This process's share of the images that were held out; None where none were."""

    def test(self) -> Iterator[Batch] | None:
        """This process's share of the test images; None where there are none."""
