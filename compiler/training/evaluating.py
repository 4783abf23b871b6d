"""How well a network tells classes apart: over all images, and class by class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from compiler.ir.ending import endings
from compiler.nn.module import CompiledNetwork
from compiler.training.feeding import Batch
from compiler.training.processes import World
from compiler.training.records import Scores
from compiler.training.scoring import Tally


@dataclass(frozen=True)
class ClassScores:
    """One class: how many images are of it, and how many of them and of those told so are right.

    Recall is the share of the class's images that were told right, precision the share of what was
    told to be the class that is; None where there is nothing to take a share of.
    """

    name: str
    count: int
    told: int
    right: int

    @property
    def recall(self) -> float | None:
        return self.right / self.count if self.count else None

    @property
    def precision(self) -> float | None:
        return self.right / self.told if self.told else None


@dataclass(frozen=True)
class Evaluation:
    """A network's answers on some images.

    `confusion[i][j]` counts the images of class i that were told to be of class j.
    """

    scores: Scores
    classes: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]

    @property
    def count(self) -> int:
        """How many images there were."""
        return sum(map(sum, self.confusion))

    @property
    def by_class(self) -> tuple[ClassScores, ...]:
        """The scores of each class, in the order of the logits."""
        told = [sum(column) for column in zip(*self.confusion, strict=True)]
        return tuple(
            ClassScores(name, sum(row), told[place], row[place])
            for place, (name, row) in enumerate(zip(self.classes, self.confusion, strict=True))
        )

    def as_data(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {
            "images": self.count,
            "loss": self.scores.loss,
            "top1": self.scores.top1,
            "top5": self.scores.top5,
            "classes": [
                {
                    "name": each.name,
                    "images": each.count,
                    "right": each.right,
                    "recall": each.recall,
                    "precision": each.precision,
                }
                for each in self.by_class
            ],
            "confusion": [list(row) for row in self.confusion],
        }


@torch.no_grad()
def evaluated(
    model: CompiledNetwork, batches: Iterator[Batch], classes: Sequence[str], world: World
) -> Evaluation:
    """What a network in evaluation says of some images, over all processes and in float32."""
    model.eval()
    size = len(classes)
    counts = torch.zeros(size * size, dtype=torch.long, device=world.device)
    tally = Tally(world.device)
    for batch in batches:
        images, target = batch.images.to(world.device), batch.classes.to(world.device)
        logits = model(images)
        told = tally.add(logits, target, model.loss(logits, target))
        counts += torch.bincount(target * size + told, minlength=size * size)
    rows = world.summed(counts).view(size, size).tolist()
    return Evaluation(tally.scores(world), tuple(classes), tuple(map(tuple, rows)))


@dataclass(frozen=True)
class Guess:
    """A class and how likely a network thinks that it is, from 0 to 1."""

    name: str
    probability: float


@torch.no_grad()
def guesses(model: CompiledNetwork, image: Tensor, classes: Sequence[str], top: int) -> list[Guess]:
    """The likeliest classes of one prepared image, (C, H, W), the likeliest first."""
    model.eval()
    given = model(image[None].to(next(model.parameters()).device))[0].float()
    # The softmax of probabilities would be another one.
    found = given if ends_in_softmax(model) else given.softmax(0)
    best = found.topk(min(top, len(classes)))
    pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
    return [Guess(classes[place], probability) for place, probability in pairs]


def ends_in_softmax(model: CompiledNetwork) -> bool:
    """Whether a network gives probabilities rather than logits."""
    return endings(model.network)["logits"] == "softmax"
