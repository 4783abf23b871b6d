"""How training images are changed at random: each way of our own, from numbers that it is given.

A way gets images of one size, bytes or floats from 0 to 1 (N, C, H, W), and for each of them its
own row of numbers from 0 to 1. So what becomes of an image follows from its numbers alone, whoever
it is changed beside.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from compiler.training.resizing import Box, Size, cut, resized

GREY = (0.299, 0.587, 0.114)
"""What red, green and blue count for in a grey value."""
TRIES = 10
"""How often a box is drawn before it is the whole image, or none."""
NARROW, WIDE = 3 / 4, 4 / 3
"""How wide a part is for its height."""
SMALL, LARGE = 0.02, 0.33
"""What share of the area may be erased."""
FLAT, HIGH = 0.3, 1 / 0.3
"""How wide what is erased is for its height."""


@dataclass(frozen=True)
class Way:
    """A way to change images: how many numbers it takes for one, and what it does with them.

    It is given images, their numbers (N, draws), how much is asked for, and the network's size.
    """

    draws: int
    apply: Callable[[Tensor, Tensor, float, Size], Tensor]


def floats(images: Tensor) -> Tensor:
    """Values from 0 to 1, of bytes too."""
    return images if images.is_floating_point() else images.float() / 255


def grey(images: Tensor) -> Tensor:
    """The grey values of images that have red, green and blue, in the same unit; one channel."""
    return (images * torch.tensor(GREY).reshape(3, 1, 1)).sum(1, keepdim=True)


# --- Where things are ---------------------------------------------------------------------------


def _flip(images: Tensor, drawn: Tensor, amount: float, size: Size) -> Tensor:
    return _mirrored(images, drawn, amount, -1)


def _flip_upright(images: Tensor, drawn: Tensor, amount: float, size: Size) -> Tensor:
    return _mirrored(images, drawn, amount, -2)


def _mirrored(images: Tensor, drawn: Tensor, amount: float, axis: int) -> Tensor:
    chosen = drawn[:, 0] < amount
    changed = images.clone()
    changed[chosen] = images[chosen].flip(axis)
    return changed


def _shift(images: Tensor, drawn: Tensor, amount: float, size: Size) -> Tensor:
    """By whole pixels, so that nothing is blurred."""
    changed = torch.zeros_like(images)
    height, width = images.shape[-2:]
    for place, (down, right) in enumerate(
        zip(_steps(drawn[:, 0], amount * height), _steps(drawn[:, 1], amount * width), strict=True)
    ):
        tall, wide = height - abs(down), width - abs(right)
        box = max(-down, 0), max(-right, 0), tall, wide
        cut(changed[place], (max(down, 0), max(right, 0), tall, wide)).copy_(
            cut(images[place], box)
        )
    return changed


def _steps(drawn: Tensor, most: float) -> list[int]:
    """Whole numbers between minus and plus `most`, each as likely."""
    most = math.floor(most + 1e-9)
    return [int(number * (2 * most + 1)) - most for number in drawn.tolist()]


def _rotate(images: Tensor, drawn: Tensor, amount: float, size: Size) -> Tensor:
    """Against the clock for angles above 0; about the middle, bilinear."""
    images = floats(images)
    angles = torch.deg2rad(_around_zero(drawn[:, 0], amount))
    cos, sin = torch.cos(angles), torch.sin(angles)
    height, width = images.shape[-2:]
    none = torch.zeros_like(cos)
    # A place in what is made to that in the image; both run from -1 to 1, however long a side is.
    rows = (
        torch.stack([cos, -sin * height / width, none], 1),
        torch.stack([sin * width / height, cos, none], 1),
    )
    grid = F.affine_grid(torch.stack(rows, 1).float(), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="zeros", align_corners=False)


def _crop(images: Tensor, drawn: Tensor, amount: float, size: Size) -> Tensor:
    height, width = images.shape[-2:]
    parts = []
    for image, numbers in zip(images, drawn.tolist(), strict=True):
        box = _part((height, width), numbers, (amount, 1), (NARROW, WIDE))
        parts.append(resized(cut(image[None], box or _whole(height, width)), size))
    return torch.cat(parts)


def _whole(height: int, width: int) -> Box:
    """The largest box in the middle whose shape is allowed."""
    wide = min(width, max(round(height * WIDE), 1))
    tall = min(height, max(round(width / NARROW), 1))
    return (height - tall) // 2, (width - wide) // 2, tall, wide


def _part(
    sides: Size, numbers: list[float], areas: tuple[float, float], shapes: tuple[float, float]
) -> Box | None:
    """A box with a share of the area, of a shape that is drawn evenly as a logarithm.

    None where none of those that were drawn lies in the image.
    """
    height, width = sides
    low, high = map(math.log, shapes)
    for place in range(TRIES):
        share, shape = numbers[2 + 2 * place : 4 + 2 * place]
        area = (areas[0] + (areas[1] - areas[0]) * share) * height * width
        ratio = math.exp(low + (high - low) * shape)
        tall, wide = round(math.sqrt(area / ratio)), round(math.sqrt(area * ratio))
        if 0 < tall <= height and 0 < wide <= width:
            top, left = int(numbers[0] * (height - tall + 1)), int(numbers[1] * (width - wide + 1))
            return top, left, tall, wide
    return None


def _erase(images: Tensor, drawn: Tensor, amount: float, size: Size) -> Tensor:
    height, width = images.shape[-2:]
    changed = images.clone()
    for place, (chance, *numbers) in enumerate(drawn.tolist()):
        box = _part((height, width), numbers, (SMALL, LARGE), (FLAT, HIGH))
        if chance < amount and box:
            cut(changed[place], box).zero_()
    return changed


# --- What colour they have ----------------------------------------------------------------------


def _brightness(images: Tensor, drawn: Tensor, amount: float, size: Size) -> Tensor:
    return _away_from(torch.zeros(()), images, drawn, amount)


def _contrast(images: Tensor, drawn: Tensor, amount: float, size: Size) -> Tensor:
    images = floats(images)
    # Row by row first: the sum is the same then, however many threads there are.
    mean = images.sum(-1).sum((1, 2)) / images[0].numel()
    return _away_from(mean[:, None, None, None], images, drawn, amount)


def _saturation(images: Tensor, drawn: Tensor, amount: float, size: Size) -> Tensor:
    images = floats(images)
    if images.shape[1] == 1:
        return images
    return _away_from(grey(images), images, drawn, amount)


def _away_from(middle: Tensor, images: Tensor, drawn: Tensor, amount: float) -> Tensor:
    """Distances from a middle times a factor about 1; no value leaves 0 to 1."""
    factors = 1 + _around_zero(drawn[:, 0], amount).float()[:, None, None, None]
    images = floats(images)
    return ((images - middle) * factors + middle).clamp(0, 1)


def _around_zero(drawn: Tensor, most: float) -> Tensor:
    """Numbers between minus and plus `most`."""
    return (2 * drawn - 1) * most


BOX = 2 + 2 * TRIES
"""How many numbers a box takes."""
WAYS: Mapping[str, Way] = {
    "flip": Way(1, _flip),
    "vflip": Way(1, _flip_upright),
    "shift": Way(2, _shift),
    "rotate": Way(1, _rotate),
    "crop": Way(BOX, _crop),
    "brightness": Way(1, _brightness),
    "contrast": Way(1, _contrast),
    "saturation": Way(1, _saturation),
    "erase": Way(1 + BOX, _erase),
}
"""Each by its word."""
