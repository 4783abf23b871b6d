"""Running: one evaluating pass, and one training step, against torchvision's hand-written code.

Time is the wall's. Memory is the allocator's own account as torch's profiler records it, from
the first operator to the last: it is the same in each run, and what a process occupies besides
(Python, torch's libraries) doesn't dilute it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

from benchmarks.networks import SUBJECTS, Subject
from benchmarks.pairs import Estimate, Row, Work, alternate, compared

AIM = 1.0
PEER = "torchvision"
CONTROL = "torchvision again"
CLASSES = 1000


@dataclass(frozen=True)
class Batch:
    """What every contender gets."""

    images: Tensor
    labels: Tensor
    head_weight: float

    @classmethod
    def of(cls, subject: Subject, count: int, size: tuple[int, int, int]) -> Batch:
        """Random images and labels."""
        torch.manual_seed(0)
        labels = torch.randint(CLASSES, (count,))
        return cls(torch.randn(count, *size), labels, subject.head_weight)


def settle(model: nn.Module) -> nn.Module:
    """Draw weights that keep the signal's size, so that no layer computes with denormals."""
    torch.manual_seed(0)
    for weight in model.parameters():
        if weight.dim() > 1:
            nn.init.kaiming_normal_(weight)
    return model


def forward(model: nn.Module, batch: Batch) -> Tensor:
    """An evaluating pass."""
    model.eval()
    with torch.no_grad():
        logits: Tensor = model(batch.images)
    return logits


def step(model: nn.Module, batch: Batch) -> float:
    """Forward with heads, loss, backward; the gradients begin as none."""
    model.train()
    model.zero_grad(set_to_none=True)
    logits, *heads = model(batch.images)
    loss = F.cross_entropy(logits, batch.labels)
    for head in heads:
        loss = loss + batch.head_weight * F.cross_entropy(head, batch.labels)
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    return loss.item()


Pass = Callable[[nn.Module, Batch], object]
PASSES: Mapping[str, Pass] = {"forward": forward, "training step": step}


def peak(one_pass: Pass, model: nn.Module, batch: Batch) -> int:
    """Most bytes that the allocator held at once beyond what it held before."""
    model.zero_grad(set_to_none=True)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
            one_pass(model, batch)
        seen.export_chrome_trace(str(path))
        return highest(json.loads(path.read_text(encoding="utf-8"))["traceEvents"])


def highest(events: list[dict[str, Any]]) -> int:
    """The peak among a trace's events."""
    changes = [event for event in events if event.get("name") == "[memory]"]
    changes.sort(key=lambda event: float(event["ts"]))
    return max(accumulate(int(event["args"]["Bytes"]) for event in changes))


def rows(*, quick: bool) -> Iterator[Row]:
    """Both passes of both networks; torchvision against itself shows the noise."""
    for subject in SUBJECTS:
        models = {name: settle(make()) for name, make in subject.makers.items()}
        models[CONTROL] = settle(subject.theirs(init=False))
        batch = Batch.of(subject, 1 if quick else 4, subject.size)
        for what, one_pass in PASSES.items():
            name = f"{what} of {subject.name}"
            yield from timed_rows(name, one_pass, models, batch, 3 if quick else 15)
            yield from memory_rows(f"{name}, memory", one_pass, models, batch)


Models = Mapping[str, nn.Module]


def timed_rows(
    what: str, one_pass: Pass, models: Models, batch: Batch, rounds: int
) -> Iterator[Row]:
    """Each of ours, and the control, against torchvision's."""
    works: dict[str, Work] = {
        name: partial(one_pass, model, batch) for name, model in models.items()
    }
    seconds = alternate(works, rounds)
    for name in models:
        if name != PEER:
            yield compared(what, seconds, name, PEER, None if name == CONTROL else AIM)


def memory_rows(what: str, one_pass: Pass, models: Models, batch: Batch) -> Iterator[Row]:
    """Each of ours against torchvision's."""
    theirs = peak(one_pass, models[PEER], batch)
    for name in ("module", "source"):
        ours = peak(one_pass, models[name], batch)
        ratio = Estimate.exactly(ours / theirs)
        yield Row(what, f"{name} {_mib(ours)}", f"{PEER} {_mib(theirs)}", ratio, AIM)


def _mib(size: int) -> str:
    return f"{size / 2**20:.2f} MiB"
