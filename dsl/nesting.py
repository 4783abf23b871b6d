"""How deep steps and calls of blocks go, and whether blocks call each other in a circle."""

from __future__ import annotations

from dsl.layers import Call, Step
from dsl.problems import Report
from dsl.spec import Spec, inner_steps
from dsl.text import MAX_DEPTH

DEPTH = f"nested more than {MAX_DEPTH} levels deep"


def too_deep(spec: Spec, report: Report) -> bool:
    """Whether any step is nested too deep by itself; only a program can build such a spec."""
    tops = [step for _, steps in spec.sections() for step in steps]
    tops += [step for head in spec.aux for step in head.steps]
    tops += [block.body for block in spec.blocks.values()]
    for top in tops:
        level: list[Step] = [top]
        for _ in range(MAX_DEPTH):
            level = [inner for step in level for inner in inner_steps(step)]
        if level:
            report.add("E005", top.at.span, DEPTH)
    return bool(report.problems)


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


def check_calls(spec: Spec, report: Report) -> None:
    """Report circles of blocks, and steps too deep once their blocks are counted."""
    calls = Calls(spec, report)
    for name, block in spec.blocks.items():
        if name not in calls.heights:
            calls.heights[name] = calls.height(block.body, (name,), 1)
    for _, steps in spec.sections():
        for step in steps:
            calls.height(step, (), 1)
