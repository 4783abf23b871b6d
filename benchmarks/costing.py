"""Cost: our analysis against tools that run the model, all in this process."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from functools import cache, partial
from importlib import import_module
from statistics import median
from types import ModuleType

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import dsl
from benchmarks.networks import SUBJECTS, Subject
from benchmarks.pairs import Row, Work, alternate, compared
from compiler.cost import Total, cost
from compiler.ir.network import Network
from compiler.lowering.lower import lower

AIM = 1 / 20
OURS = "ours"
FROM_TEXT, FROM_CLASS = "text to cost", "class to FLOPs"


def flop_counter(model: nn.Module, image: Tensor) -> int:
    """FLOPs by torch's FlopCounterMode."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(image)
    return int(counter.get_total_flops())


@cache
def tool(name: str) -> ModuleType:
    """A tool's module; what it warns of is none of ours."""
    logging.getLogger("fvcore").setLevel(logging.ERROR)
    with warnings.catch_warnings(action="ignore"):
        return import_module(name)


def torchinfo_macs(model: nn.Module, image: Tensor) -> int:
    """Multiply-adds by torchinfo, biases and norms among them."""
    summary = tool("torchinfo").summary
    return int(summary(model, input_data=image, device=image.device, verbose=0).total_mult_adds)


def fvcore_flops(model: nn.Module, image: Tensor) -> int:
    """FLOPs by fvcore, which counts a multiply-accumulate as one."""
    with warnings.catch_warnings(action="ignore"):
        return int(tool("fvcore.nn").FlopCountAnalysis(model, image).total())


def peers(subject: Subject) -> Mapping[str, partial[int]]:
    """The other tools, each with torchvision's model: on meta, where the tool can."""
    with torch.device("meta"):
        model = subject.theirs(aux=False).eval()
        image = torch.empty(1, *subject.size)
    real = subject.theirs(aux=False, init=False).eval()
    return {
        "FlopCounterMode": partial(flop_counter, model, image),
        "torchinfo": partial(torchinfo_macs, model, image),
        # Its tracing fails on meta.
        "fvcore": partial(fvcore_flops, real, torch.zeros(1, *subject.size)),
    }


def from_text(subject: Subject) -> Total:
    """From the spec's text to its cost."""
    text = next(iter(subject.prepared.spec.texts.values()))
    return cost(lower(dsl.loads(text, variant=subject.variant))).total


def from_class(subject: Subject) -> int:
    """From torchvision's class to its FLOPs."""
    with torch.device("meta"):
        return flop_counter(subject.theirs(aux=False).eval(), torch.empty(1, *subject.size))


def rows(*, quick: bool) -> Iterator[Row]:
    """Each tool; the aim is against the quickest of them."""
    for subject in SUBJECTS:
        yield from _counted(subject, 3 if quick else 20)
        works: dict[str, Work] = {
            FROM_TEXT: partial(from_text, subject),
            FROM_CLASS: partial(from_class, subject),
        }
        seconds = alternate(works, 3 if quick else 20)
        yield compared(f"{subject.name}, all the way", seconds, FROM_TEXT, FROM_CLASS, None)


def fresh(subject: Subject, count: int) -> Iterator[Network]:
    """The network lowered anew each time, so that nothing is known of it from the time before."""
    return iter([lower(subject.prepared.spec) for _ in range(count)])


def _counted(subject: Subject, rounds: int) -> Iterator[Row]:
    others = peers(subject)
    networks = fresh(subject, rounds + 1)
    seconds = alternate({OURS: lambda: cost(next(networks)).total, **others}, rounds)
    quickest = min(others, key=lambda name: median(seconds[name]))
    for name in others:
        aim = AIM if name == quickest else None
        yield compared(f"cost of {subject.name}", seconds, OURS, name, aim)
