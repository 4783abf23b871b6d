"""The parts of a data set, which are what a network is trained, chosen and judged by."""

from __future__ import annotations

from typing import Literal, get_args

Part = Literal["test", "held", "train"]
"""Images of the test, those that the best epoch is chosen by, and those that are trained on."""
PARTS: tuple[Part, ...] = get_args(Part)
