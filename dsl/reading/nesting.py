"""How deep steps and calls of blocks go, and whether blocks call each other in a circle."""

from __future__ import annotations

from collections.abc import Iterable

from dsl.models.layers import Call, Step
from dsl.models.spec import Block, Spec, inner_steps
from dsl.reading.alike import original
from dsl.reading.parts import Part
from dsl.text.memory import Memory
from dsl.text.problems import Report
from dsl.text.source import MAX_DEPTH

DEPTH = f"nested more than {MAX_DEPTH} levels deep"


SHALLOW: Memory[bool] = Memory(4096)
"""Steps that are known to be nested no deeper than they may."""


def too_deep(parts: Iterable[Part], report: Report) -> bool:
    """Whether any step is nested too deep by itself; only a program can build such a spec."""
    for top in (step for part in parts for step in part.steps):
        if not SHALLOW.get((original(top),)):
            _measure(top, report)
    return bool(report.problems)


def _measure(top: Step, report: Report) -> None:
    level: list[Step] = [top]
    for _ in range(MAX_DEPTH):
        level = [inner for step in level for inner in inner_steps(step)]
    if level:
        report.add("E005", top.at.span, DEPTH)
    else:
        SHALLOW.put(True, (original(top),))


class Calls:
    """Which block calls which, each followed once."""

    def __init__(self, spec: Spec, report: Report) -> None:
        self.blocks = spec.blocks
        self.report = report
        self.heights: dict[str, int] = {}
        self.deep = False

    def height(self, step: Step, chain: tuple[str, ...], level: int) -> int:
        """Levels from a step down, those of the blocks that it calls included."""
        if level > MAX_DEPTH:
            self.too_deep(step)
            return 0
        below = [self.height(inner, chain, level + 1) for inner in inner_steps(step)]
        if isinstance(step, Call) and step.block in self.blocks:
            below.append(self.block(step, chain, level + 1))
        return 1 + max(below, default=0)

    def block(self, call: Call, chain: tuple[str, ...], level: int) -> int:
        """The height of the block that is called."""
        name = call.block
        if name in chain:
            loop = " -> ".join([*chain[chain.index(name) :], name])
            message = f"blocks call each other in a circle: {loop}"
            self.report.add("E024", call.at.of("block"), message)
            return 0
        if name not in self.heights:
            body = self.blocks[name].body
            self.heights[name] = self.height(body, (*chain, name), level)
        if level + self.heights[name] - 1 > MAX_DEPTH:
            self.too_deep(call)
        return self.heights[name]

    def too_deep(self, step: Step) -> None:
        """Report it, once for the whole spec."""
        if not self.deep:
            message = f"{DEPTH}, counting the blocks that are called"
            self.report.add("E005", step.at.span, message)
        self.deep = True


def check_calls(spec: Spec, parts: list[Part], report: Report) -> None:
    """Report circles of blocks, and steps too deep once their blocks are counted."""
    calls = Calls(spec, report)
    for part in parts:
        if isinstance(part.owner, Block) and part.name not in calls.heights:
            calls.heights[part.name] = calls.height(part.owner.body, (part.name,), 1)
    for part in parts:
        if isinstance(part.owner, Step):
            calls.height(part.owner, (), 1)
