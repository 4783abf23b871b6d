"""Augmentations and sizes: what torch makes of images, held against NumPy, SciPy and Pillow."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import affine_transform

from compiler.training.augmenting import WAYS
from compiler.training.resizing import cut, middle, resized
from dsl.models.augmenting import AUGMENTATIONS

Picture = NDArray[np.float64]
"""An image (C, H, W) with values from 0 to 1."""
SHAPE = (3, 3, 10, 13)
SIZE = (6, 8)
AMOUNTS = {
    "flip": 0.5, "vflip": 0.5, "shift": 0.3, "rotate": 40.0, "crop": 0.2, "brightness": 0.5,
    "contrast": 0.7, "saturation": 0.8, "erase": 0.9,
}  # fmt: skip


def test_every_word_of_a_recipe_has_its_way() -> None:
    assert set(WAYS) == set(AUGMENTATIONS) == set(AMOUNTS)


def flip(image: Picture, u: list[float], amount: float) -> Picture:
    return image[:, :, ::-1] if u[0] < amount else image


def vflip(image: Picture, u: list[float], amount: float) -> Picture:
    return image[:, ::-1] if u[0] < amount else image


def shift(image: Picture, u: list[float], amount: float) -> Picture:
    """Out of a frame of zeros."""
    most = [math.floor(amount * side) for side in image.shape[1:]]
    down, right = (math.floor(n * (2 * m + 1)) - m for n, m in zip(u, most, strict=True))
    _, height, width = image.shape
    framed = np.pad(image, ((0, 0), (height, height), (width, width)))
    return framed[:, height - down : 2 * height - down, width - right : 2 * width - right]


def rotate(image: Picture, u: list[float], amount: float) -> Picture:
    angle = math.radians((2 * u[0] - 1) * amount)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    centre = (np.array(image.shape[1:]) - 1) / 2
    made = [
        affine_transform(plane, turn, centre - turn @ centre, order=1, mode="grid-constant")
        for plane in image
    ]
    return np.stack(made)


def box(
    sides: tuple[int, int], u: list[float], areas: tuple[float, float], ratios: tuple[float, float]
) -> tuple[int, int, int, int] | None:
    """Top, left, bottom and right of the first of ten boxes that lies in the image."""
    for area, ratio in zip(u[2::2], u[3::2], strict=True):
        wanted = np.interp(area, (0, 1), areas) * sides[0] * sides[1]
        shape = ratios[0] ** (1 - ratio) * ratios[1] ** ratio
        tall, wide = round((wanted / shape) ** 0.5), round((wanted * shape) ** 0.5)
        if 0 < tall <= sides[0] and 0 < wide <= sides[1]:
            top = math.floor(u[0] * (sides[0] - tall + 1))
            left = math.floor(u[1] * (sides[1] - wide + 1))
            return top, left, top + tall, left + wide
    return None


def pillow(image: Picture, size: tuple[int, int], part: tuple[int, int, int, int]) -> Picture:
    """A part (top, left, bottom, right) of an image at a size, plane by plane in float32."""
    top, left, bottom, right = part
    planes = [
        Image.fromarray(plane.astype(np.float32))
        .crop((left, top, right, bottom))
        .resize((size[1], size[0]), Image.Resampling.BILINEAR)
        for plane in image
    ]
    return np.stack([np.asarray(plane, np.float64) for plane in planes])


def crop(image: Picture, u: list[float], amount: float) -> Picture:
    found = box(image.shape[1:], u, (amount, 1), (3 / 4, 4 / 3))
    assert found
    return pillow(image, SIZE, found)


def brightness(image: Picture, u: list[float], amount: float) -> Picture:
    return np.clip(image * (1 + amount * (2 * u[0] - 1)), 0, 1)


def contrast(image: Picture, u: list[float], amount: float) -> Picture:
    factor = 1 + amount * (2 * u[0] - 1)
    made: Picture = np.clip(factor * image + (1 - factor) * image.mean(), 0, 1)
    return made


def saturation(image: Picture, u: list[float], amount: float) -> Picture:
    factor = 1 + amount * (2 * u[0] - 1)
    grey = np.einsum("c,chw->hw", [0.299, 0.587, 0.114], image)
    made: Picture = np.clip(factor * image + (1 - factor) * grey, 0, 1)
    return made


def erase(image: Picture, u: list[float], amount: float) -> Picture:
    found = box(image.shape[1:], u[1:], (0.02, 0.33), (0.3, 1 / 0.3))
    made = image.copy()
    if found and u[0] < amount:
        made[:, found[0] : found[2], found[1] : found[3]] = 0
    return made


OPINIONS: list[Callable[[Picture, list[float], float], Picture]] = [
    flip, vflip, shift, rotate, crop, brightness, contrast, saturation, erase,
]  # fmt: skip


@pytest.mark.parametrize("opinion", OPINIONS, ids=lambda opinion: opinion.__name__)
def test_a_way_does_what_another_makes_of_its_numbers(
    opinion: Callable[[Picture, list[float], float], Picture],
) -> None:
    word = opinion.__name__
    dice = torch.Generator().manual_seed(7)
    images = torch.rand(SHAPE, generator=dice)
    drawn = torch.rand(SHAPE[0], WAYS[word].draws, generator=dice, dtype=torch.float64)
    made = WAYS[word].apply(images, drawn, AMOUNTS[word], SIZE)
    pairs = zip(images.double().numpy(), drawn.tolist(), strict=True)
    wanted = np.stack([opinion(image, numbers, AMOUNTS[word]) for image, numbers in pairs])
    assert not np.array_equal(wanted, images.numpy())
    np.testing.assert_allclose(made.numpy(), wanted, atol=2e-6)
    alone = [
        WAYS[word].apply(images[one : one + 1], drawn[one : one + 1], AMOUNTS[word], SIZE)
        for one in range(SHAPE[0])
    ]
    assert torch.equal(torch.cat(alone), made)


@pytest.mark.parametrize("word", AUGMENTATIONS)
def test_all_that_may_be_drawn_is_an_image(word: str) -> None:
    """The ends of each range, on an image of one pixel and on a very wide one."""
    bounds = AUGMENTATIONS[word].amount
    for shape in ((2, 3, 1, 1), (2, 3, 2, 90)):
        for edge in (0.0, 1 - 2**-53):
            drawn = torch.full((2, WAYS[word].draws), edge, dtype=torch.float64)
            for amount in (bounds.low, bounds.high):
                made = WAYS[word].apply(torch.rand(shape), drawn, amount, SIZE)
                assert made.shape[-2:] == (SIZE if word == "crop" else shape[-2:])
                assert made.isfinite().all() and made.min() >= 0 and made.max() <= 1


@pytest.mark.parametrize("share", [1.0, 0.875])
@pytest.mark.parametrize("sides", [(20, 31), (31, 9), (4, 4)])
def test_sizes_are_those_of_pillow(sides: tuple[int, int], share: float) -> None:
    """Up and down, bytes and floats: within a rounding."""
    dice = torch.Generator().manual_seed(3)
    image = torch.randint(0, 256, (1, 3, *sides), dtype=torch.uint8, generator=dice)
    top, left, tall, wide = part = middle(sides, SIZE, share)
    assert abs(tall / wide - SIZE[0] / SIZE[1]) <= 1 / min(tall, wide)
    assert max(tall / sides[0], wide / sides[1]) == pytest.approx(share, abs=0.51 / min(sides))
    assert 0 <= top == (sides[0] - tall) // 2 and 0 <= left == (sides[1] - wide) // 2
    wanted = pillow(image[0].double().numpy(), SIZE, (top, left, top + tall, left + wide))
    for kind, within in ((torch.uint8, 1.01), (torch.float32, 1e-3)):
        made = resized(cut(image, part).to(kind), SIZE)
        assert made.dtype == kind
        np.testing.assert_allclose(made[0].double().numpy(), wanted, atol=within)
