"""What int8 costs: a quantised file beside the module, on images that were held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

import torch
from torch import Tensor

from compiler.exporting.calibrating import Calibration, Images, batches
from compiler.exporting.comparing import MOST_MACS, given, outputs_of, ran, trials
from compiler.exporting.engines import Runner
from compiler.exporting.serving import Served
from compiler.exporting.wishes import ExportFault, Wishes
from compiler.ir.nodes import macs
from compiler.oracle.likeness import worst

MOST_WORK = 5 * MOST_MACS
"""Multiply-accumulates that are spent on images that were held out."""


@dataclass(frozen=True)
class Cost:
    """How far a quantised file is from the module in float32, on so many images.

    `differences` has for each output the largest one of all images, against the largest number
    that the module gives there. The best class is the same in `same` of `places`: one an image,
    or one for each position of a map; None where there is one class alone.
    """

    engine: str
    images: int
    differences: dict[str, float]
    same: int | None
    places: int

    @property
    def largest(self) -> float:
        """The largest difference of all outputs."""
        return max(self.differences.values())


@dataclass(frozen=True)
class Quantised:
    """What an export in int8 was made by, with which images, and what it costs."""

    tool: str
    calibration: Calibration
    cost: Cost


@dataclass
class Sum:
    """What was found of an output so far."""

    apart: float = 0.0
    most: float = 0.0

    def add(self, theirs: Tensor, ours: Tensor) -> None:
        self.apart = worst((self.apart, (theirs - ours).abs().max().item()))
        self.most = max(self.most, ours.abs().max().item())

    @property
    def share(self) -> float:
        return self.apart / self.most if self.most else (inf if self.apart else 0.0)


@dataclass
class _Best:
    """How often the first output has its best class where the module has."""

    same: int = 0
    places: int = 0
    classes: int = 0

    def add(self, theirs: Tensor, ours: Tensor) -> None:
        equal = theirs.argmax(1) == ours.argmax(1)
        self.same, self.places = self.same + int(equal.sum()), self.places + equal.numel()
        self.classes = ours.shape[1]


@dataclass
class Trial:
    """A quantised file, loaded by an engine, beside the module that it was made from."""

    engine: str
    runner: Runner
    reference: Served
    outputs: tuple[str, ...]
    wishes: Wishes
    best: _Best = field(default_factory=_Best)

    def cost(self, held: Images) -> Cost:
        """What it costs on these images.

        Raises `ExportFault` where either gives what isn't a number, or the engine fails: on these,
        or on random input of other batches and sizes that the file takes.
        """
        network, wishes = self.reference.model.network, self.wishes
        for batch, grid in trials(network, wishes):
            self._theirs(given(network, wishes, grid, batch))
        sums = {name: Sum() for name in self.outputs}
        size = wishes.batch if wishes.dynamic == "none" else 1
        some = affordable(held, macs(*network.trunk))
        for x, count in batches(some, size):
            theirs, ours = self._theirs(x), self._ours(x)
            for found, their, our in zip(sums.values(), theirs, ours, strict=True):
                found.add(their[:count], our[:count])
            self.best.add(theirs[0][:count], ours[0][:count])
        same = self.best.same if self.best.classes > 1 else None
        shares = {name: found.share for name, found in sums.items()}
        return Cost(self.engine, len(some), shares, same, self.best.places)

    def _theirs(self, x: Tensor) -> Sequence[Tensor]:
        return self._finite("the file in int8", ran(self.engine, self.runner, x))

    def _ours(self, x: Tensor) -> Sequence[Tensor]:
        with torch.no_grad():
            made = self.reference(x)
        return self._finite("the module", outputs_of(made))

    def _finite(self, who: str, found: Sequence[Tensor]) -> Sequence[Tensor]:
        for name, each in zip(self.outputs, found, strict=True):
            if not each.isfinite().all():
                help = "look at its weights and at the images; nothing was written"
                raise ExportFault(f"{who} gives {name} that aren't all numbers", help)
        return found


def affordable(held: Images, work: int) -> Images:
    """As many as the module runs in a reasonable time, and one at least."""
    count = max(1, min(len(held), MOST_WORK // max(work, 1)))
    return Images(held.keys[:count], held.load)
