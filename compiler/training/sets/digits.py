"""scikit-learn's handwritten digits, which come with it."""

from __future__ import annotations

import torch

from compiler.training.sets.pictures import ImageSet, Stack

NAMES = tuple("0123456789")
EVERY = 5
"""Of each digit, one of so many is a test image."""
INK = 16
"""The largest value: how many dots of a field of 4×4 have ink."""


def digits() -> ImageSet:
    """The set in its one split: of each digit, every fifth image is for the test."""
    from sklearn.datasets import load_digits

    data = load_digits()
    classes = torch.from_numpy(data.target).long()
    shares = torch.from_numpy(data.images).float() / INK
    images = (shares * 255).round().to(torch.uint8)[:, None]
    test = torch.zeros(len(classes), dtype=torch.bool)
    for digit in range(len(NAMES)):
        test[torch.nonzero(classes == digit)[EVERY - 1 :: EVERY]] = True
    parts = (Stack(images[chosen], classes[chosen]) for chosen in (~test, test))
    return ImageSet("digits", NAMES, *parts)
