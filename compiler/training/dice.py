"""Seeds for all that is random in a run, each from where it is needed.

No generator is carried along: what is drawn in a step follows from the run's seed, the epoch and
the step, and what is drawn for an image from the seed, the epoch and the image. So a run that is
resumed draws what it would have drawn, whichever process or worker draws it.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Literal

import torch

Purpose = Literal["weights", "order", "layers", "image", "held out", "trial"]
"""What is drawn: no two of them share numbers."""


def seed_of(seed: int, purpose: Purpose, *place: int) -> int:
    """A seed of 63 bits for one purpose at one place of a run."""
    text = ":".join((purpose, *map(str, (seed, *place))))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) >> 1


def generator(seed: int, purpose: Purpose, *place: int) -> torch.Generator:
    """A generator of its own for one purpose at one place, on the CPU."""
    return torch.Generator().manual_seed(seed_of(seed, purpose, *place))
