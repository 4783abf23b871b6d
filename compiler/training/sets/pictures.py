"""Images as bytes, with their classes: all of them in memory, or read when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from compiler.training.sets.opening import pixels


class Pictures(Protocol):
    """Images, each with a class by its number."""

    @property
    def classes(self) -> Tensor:
        """The class of each, (N,)."""

    def stacks(self, indices: Sequence[int]) -> Iterator[Tensor]:
        """Images in that order, as many of one size together as are at hand: bytes (n, C, H, W)."""

    def called(self, index: int) -> str:
        """What messages call an image."""


@dataclass(frozen=True)
class Stack:
    """Images of one size in memory: bytes (N, C, H, W)."""

    images: Tensor
    classes: Tensor

    def stacks(self, indices: Sequence[int]) -> Iterator[Tensor]:
        yield self.images[torch.tensor(indices, dtype=torch.int64)]

    def called(self, index: int) -> str:
        return f"image {index}"


@dataclass(frozen=True)
class Files:
    """Images in files, which are read as what Pillow calls `mode`."""

    paths: tuple[str, ...]
    classes: Tensor
    mode: str

    def stacks(self, indices: Sequence[int]) -> Iterator[Tensor]:
        for index in indices:
            yield pixels(Path(self.paths[index]), self.mode)[None]

    def called(self, index: int) -> str:
        return self.paths[index]


@dataclass(frozen=True)
class ImageSet:
    """Images to train on, and those that aren't: `held` ones choose the best epoch.

    `names` are those of the classes, in the order of their numbers. What nobody asked for is None,
    as is what isn't there.
    """

    name: str
    names: tuple[str, ...]
    training: Pictures | None = None
    test: Pictures | None = None
    held: Pictures | None = None
