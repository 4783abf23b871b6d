"""One network twice, torchvision's and ours, with the same weights; and others of the shelf."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import torch
from torch import Tensor, nn

from benchmarks.networks import SUBJECTS, Subject
from compiler.lowering.prepare import prepare
from compiler.nn.module import CompiledNetwork, build
from compiler.oracle.emitted import randomise
from compiler.weights import load_weights

M = TypeVar("M", bound=nn.Module)
SUBJECT: dict[str, Subject] = {subject.name: subject for subject in SUBJECTS}


@dataclass(frozen=True)
class Models:
    """Both evaluate, without auxiliary heads; nobody changes them."""

    theirs: nn.Module
    ours: CompiledNetwork


@cache
def models(name: str) -> Models:
    """torchvision's network of this name and ours, whose weights are copies."""
    subject = SUBJECT[name]
    with torch.device("meta"):
        theirs = subject.theirs(aux=False, init=False)
        ours = build(subject.prepared.network, aux=False)
    randomise(theirs)
    ours.to_empty(device="cpu")
    load_weights(ours, theirs.state_dict(), "torchvision")
    return Models(_settled(theirs), _settled(ours))


def shelved(name: str) -> CompiledNetwork:
    """A network of the shelf with random weights, evaluating."""
    with torch.device("meta"):
        model = build(prepare(name).network, aux=False)
    randomise(model)
    return _settled(model)


def _settled(model: M) -> M:
    return model.requires_grad_(False).eval()


def batch_for(model: CompiledNetwork, count: int) -> Tensor:
    """Random input of the spec's size, the same each time."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(count, *map(int, model.network.input), generator=generator)
