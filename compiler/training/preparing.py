"""What becomes of images before the network: their channels, their size, their values.

Training images are changed at random besides. All that is drawn for one follows from the seed, the
epoch and the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from compiler.ir.network import Network
from compiler.training.augmenting import WAYS, floats, grey
from compiler.training.dice import generator, seed_of
from compiler.training.faults import TrainingFault
from compiler.training.outside import transformed
from compiler.training.resizing import Size, cut, middle, resized
from dsl.models.augmenting import Augment
from dsl.models.extent import kernel_text, samples
from dsl.models.recipe_data import Data
from dsl.text.counts import count

CONVERTED = {"rgb": 3, "grey": 1}
"""How many channels there are of what images are made."""
FITTING = "crop"
"""The augmentation that brings an image to the network's size itself."""


@dataclass(frozen=True)
class Preparation:
    """How bytes (N, C, H, W) become floats of the network's size and channels."""

    data: Data
    channels: int
    size: Size
    seed: int = 0

    def plain(self, images: Tensor) -> Tensor:
        """Images as they are evaluated, and predicted from."""
        return self._valued(self._fitted(self._toned(images)))

    def augmented(self, images: Tensor, epoch: int, indices: Sequence[int]) -> Tensor:
        """Images as they are trained on in an epoch; `indices` are their numbers in the set."""
        augments = self.data.augment
        if not augments:
            return self.plain(images)
        images = self._toned(images)
        if not any(augment.word == FITTING for augment in augments):
            images = self._fitted(images)
        drawn = self._drawn(epoch, indices)
        for place, augment in enumerate(augments):
            way = WAYS.get(augment.word)
            if way:
                assert augment.amount is not None, "a way of our own, and no amount"
                numbers, drawn = drawn[:, : way.draws], drawn[:, way.draws :]
                images = way.apply(images, numbers, augment.amount, self.size)
            else:
                seeds = [seed_of(self.seed, "image", epoch, index, place) for index in indices]
                images = transformed(augment, images, seeds)
        return self._valued(images)

    def _drawn(self, epoch: int, indices: Sequence[int]) -> Tensor:
        """Numbers from 0 to 1, a row an image, for all ways of our own."""
        ways = (WAYS.get(augment.word) for augment in self.data.augment)
        count = sum(way.draws for way in ways if way)
        dice = (generator(self.seed, "image", epoch, index) for index in indices)
        return torch.stack([torch.rand(count, generator=one, dtype=torch.float64) for one in dice])

    def _toned(self, images: Tensor) -> Tensor:
        """Images of as many channels as the network takes."""
        if images.shape[1] == self.channels:
            return images
        if self.channels == 3:
            return images.expand(-1, 3, -1, -1)
        return grey(images).round().to(torch.uint8)

    def _fitted(self, images: Tensor) -> Tensor:
        if self.data.fit == "crop":
            sides = (images.shape[-2], images.shape[-1])
            images = cut(images, middle(sides, self.size, self.data.zoom))
        return resized(images, self.size)

    def _valued(self, images: Tensor) -> Tensor:
        """Values as the network takes them."""
        mean, std = (
            torch.tensor(numbers).reshape(-1, 1, 1) / self.data.white
            for numbers in (self.data.mean, self.data.std)
        )
        return (floats(images) - mean) / std


def preparation(network: Network, data: Data, seed: int = 0) -> Preparation:
    """What becomes of a recipe's images before a network.

    Raises `TrainingFault` for a network that takes no images, and for what doesn't fit it.
    """
    rank, channels = len(network.input.grid), int(network.input.channels)
    if rank != 2:
        raise TrainingFault(f"{network.name} takes {samples(rank)}, and data sets are of images")
    if channels not in CONVERTED.values():
        message = f"{network.name} takes {channels} channels, and images have 1 or 3"
        raise TrainingFault(message)
    if data.convert and CONVERTED[data.convert] != channels:
        takes = f"{network.name} takes {count(channels, 'channel')}"
        message = f"{takes}, and images are made {data.convert}"
        raise TrainingFault(message, f"`convert: {converted(channels)}`")
    for what, numbers in (("mean", data.mean), ("std", data.std)):
        if len(numbers) not in (1, channels):
            takes = f"{network.name} takes {count(channels, 'channel')}"
            message = f"{what} has {len(numbers)} numbers, and {takes}"
            raise TrainingFault(message, "give one number, or one a channel")
    height, width = network.input.grid
    return Preparation(data, channels, (int(height), int(width)), seed)


def converted(channels: int) -> str:
    """What images must be made to have so many channels."""
    return next(word for word, count in CONVERTED.items() if count == channels)


def check_channels(preparation: Preparation, name: str, channels: int) -> None:
    """Raise `TrainingFault` where a set's images have other channels, and stay as they are."""
    if preparation.data.convert or channels == preparation.channels:
        return
    message = f"images of {name} have {count(channels, 'channel')}, and the network takes "
    help = f"`convert: {converted(preparation.channels)}` makes them so, or `--input` the network"
    raise TrainingFault(message + count(preparation.channels, "channel"), help)


def try_out(preparation: Preparation) -> None:
    """Raise `TrainingFault` where an augmentation can't be what is asked for."""
    blank = torch.zeros((1, preparation.channels, *preparation.size), dtype=torch.uint8)
    found = preparation.augmented(blank, 0, [0])
    if tuple(found.shape) != tuple(blank.shape):
        outside: list[Augment] = [each for each in preparation.data.augment if each.amount is None]
        made, wanted = kernel_text(found.shape[1:]), kernel_text(blank.shape[1:])
        message = f"augmented by {', '.join(map(str, outside))} an image is {made}, not {wanted}"
        raise TrainingFault(message, "`fit` and `convert` make images as the network takes them")
