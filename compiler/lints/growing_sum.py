"""W179: a residual sum that adds what is never below 0, so that it can only grow."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.edits import behind, replaced
from compiler.findings.flow import Stop
from compiler.findings.lint import Finding, Lint
from compiler.findings.passing import keeps_channels
from compiler.findings.subject import Site, Subject, Use
from compiler.ops.act import Activation
from compiler.ops.linear import Identity
from dsl.models.layers import Filter
from dsl.text.counts import count
from dsl.text.problems import Fix

SUMS = frozenset({"residual", "add"})


def _find(subject: Subject) -> Iterator[Finding]:
    found: dict[int, tuple[Site, list[Use], Stop]] = {}
    for stop in subject.flow:
        if stop.word not in SUMS:
            continue
        for side in _added(stop):
            act = _activation(side) if side in subject.never_negative else None
            if act and act.path in subject.owners:
                site, use = subject.owners[act.path]
                found.setdefault(id(site), (site, [], side))[1].append(use)
    for site, uses, side in found.values():
        assert side.leaf
        yield Finding(
            site.of("act" if "act" in site.step.at.fields else "kernel"),
            "an activation before the sum: nothing below 0 is added, and "
            f"{count(int(side.leaf.out.channels), 'channel')} can only grow",
            help="write act=none at the last layer: the activation belongs behind the sum",
            uses=tuple(uses),
            fix=_fix(subject, site),
        )


def _fix(subject: Subject, site: Site) -> Fix | None:
    """Of a convolution, which has its activation in the same op-string."""
    if not isinstance(site.step, Filter):
        return None
    if "act" in site.step.at.fields:
        act = site.of("act")
        return replaced(subject, act, subject.written(act), "none")
    return behind(subject, site.span, "act=none")


def _added(stop: Stop) -> tuple[Stop, ...]:
    """What is added to what came in: the other side is that itself."""
    if stop.word == "residual":
        return stop.sources[:1] if _is_plain(stop) else ()
    others = tuple(side for side in stop.sources if type(side.op) is not Identity)
    return others if len(others) < len(stop.sources) else ()


def _is_plain(stop: Stop) -> bool:
    """Whether nothing stands on the shortcut: it feeds what is added, too."""
    shortcut = stop.sources[1]
    return len(shortcut.feeds) > 1 or shortcut.path == ""


def _activation(side: Stop) -> Stop | None:
    """The activation that the branch ends in."""
    ends = side.back(keeps_channels) if keeps_channels(side) and side.leaf else (side,)
    return next((end for end in ends if isinstance(end.op, Activation)), None)


LINT = Lint(
    code="W179",
    name="growing-sum",
    title="an activation in front of a residual sum",
    meaning="A block adds what its layers make to what came in, and the last of them ends in a "
    "ReLU, as a convolution does unless it says `act=none` or `linear`. What is added is never "
    "below 0.",
    why="From block to block each channel can only grow, and what one has added no later one can "
    "take away. He et al. measured it on CIFAR-10: 7.84% error in place of 6.61%, of 110 layers.",
    before="inception: {A: {do: [3x3 in, 3x3 in], residual: {}}}\nbody: [3x3 32, A]",
    after="inception: {A: {do: [3x3 in, 3x3 in act=none], residual: {}}}\nbody: [3x3 32, A]",
    seen="He et al., arXiv:1603.05027, figure 4c; a widely used ResNet for CIFAR-10 had it by a "
    "slip (kuangliu/pytorch-cifar, issue 4).",
    find=_find,
)
