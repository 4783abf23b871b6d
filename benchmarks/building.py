"""Building: a module of ours against torchvision's constructor, weights drawn alike."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import nn

from benchmarks.networks import SUBJECTS, Make, Subject
from benchmarks.pairs import Row, Work, alternate, compared
from compiler.nn.module import compile_spec

AIM = 1.2
PEER = "torchvision"


def on_meta(make: Make) -> nn.Module:
    """The module without weights: all that is left is Python."""
    with torch.device("meta"):
        return make()


def rows(*, quick: bool) -> Iterator[Row]:
    """From a lowered network, from the spec's file, from emitted source; then on meta."""
    for subject in SUBJECTS:
        yield from _built(subject, 3 if quick else 15)
        yield from _bare(subject, 5 if quick else 30)


def _built(subject: Subject, rounds: int) -> Iterator[Row]:
    whole = partial(compile_spec, subject.name, subject.variant)
    works: dict[str, Work] = {**subject.makers, "file to module": whole}
    seconds = alternate(works, rounds)
    for name in ("module", "source", "file to module"):
        yield compared(f"building {subject.name}", seconds, name, PEER, AIM)


def _bare(subject: Subject, rounds: int) -> Iterator[Row]:
    works: dict[str, Work] = {name: partial(on_meta, make) for name, make in subject.makers.items()}
    seconds = alternate(works, rounds)
    for name in ("module", "source"):
        yield compared(f"building {subject.name} on meta", seconds, name, PEER, None)
