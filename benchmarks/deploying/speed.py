"""The table: every way of two networks, as many times as quick as torchvision's eager module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from statistics import median

import torch

from benchmarks.deploying.models import batch_for, models
from benchmarks.deploying.ready import Ready, ready
from benchmarks.deploying.ways import EAGER, IN_OPENVINO, IN_ORT, OURS, WAYS, Way
from benchmarks.pairs import Estimate, Work, aligned, alternate, shown
from compiler.running.choosing import difference

AT_MOST = 1e-5
"""How far exact answers may be from torchvision's, in the largest element."""
ROUNDS = {1: 15, 8: 9}
"""Of each batch: as many as leave the whole within minutes."""
HEADING = ("way", "batch 1", "95 %", "time", "batch 8", "95 %", "time")
MORE = ("error", "ready after", "peak memory")
QUICK = (EAGER, OURS, *IN_ORT, *IN_OPENVINO)
"""The ways of a look."""


@dataclass
class Measured:
    """What was found for one network, by way; `left_out` says why others have no figures."""

    name: str
    seconds: dict[int, Mapping[str, list[float]]] = field(default_factory=dict)
    errors: dict[str, float] = field(default_factory=dict)
    ready: dict[str, Ready] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """The table, and why ways aren't in it."""
        yield from aligned([(*HEADING, *MORE), *map(self._cells, self.errors)])
        for name, why in self.left_out.items():
            yield f"left out: {name}: {why}"

    def _cells(self, name: str) -> tuple[str, ...]:
        found = [name]
        for seconds in self.seconds.values():
            found += [*times_as_quick(seconds[EAGER.name], seconds[name]).cells]
            found.append(shown(median(seconds[name])))
        found += ["-"] * (len(HEADING) - len(found))  # A look is at one batch alone.
        began = self.ready[name].cells if name in self.ready else ("-", "-")
        return (*found, f"{self.errors[name]:.0e}", *began)


def times_as_quick(slow: list[float], quick: list[float]) -> Estimate:
    """By how much, round by round."""
    return Estimate.of([one / other for one, other in zip(slow, quick, strict=True)])


def measured(name: str, *, quick: bool) -> Measured:
    """All ways of one network: in turns within this process, then each in a fresh one."""
    found, left = Measured(name), [*(QUICK if quick else WAYS)]
    for count in (1,) if quick else ROUNDS:
        works = _works(found, left, count)
        left = [way for way in left if way.name in works]
        with torch.no_grad():
            found.seconds[count] = alternate(works, 3 if quick else ROUNDS[count])
    for way in left:
        if not quick or way is OURS:
            times = 3 if way is OURS and not quick else 1
            try:
                found.ready[way.name] = ready(name, way, times)
            except RuntimeError as failed:
                found.left_out[f"{way.name}, in a fresh process"] = str(failed)
    return found


def _works(found: Measured, ways: list[Way], count: int) -> dict[str, Work]:
    """What is timed: ways that can be taken, whose answers are torchvision's."""
    given = models(found.name)
    x = batch_for(given.ours, count)
    works: dict[str, Work] = {}
    with torch.no_grad():
        wanted = given.theirs(x)
        for way in ways:
            if why := way.missing():
                found.left_out[way.name] = why
                continue
            try:
                answer = way.prepare(given, x)
            except (ValueError, ImportError) as refused:
                found.left_out[way.name] = str(refused)
                continue
            error = difference(answer(x), wanted)
            if way.exact and not error <= AT_MOST:
                found.left_out[way.name] = f"it gives something else: {error:.1e} of the largest"
                found.errors.pop(way.name, None)
                continue
            found.errors[way.name] = max(error, found.errors.get(way.name, 0.0))
            works[way.name] = partial(answer, x)
    return works
