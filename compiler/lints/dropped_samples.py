"""W181: a droppath that no sum follows, so that it takes everything from a sample."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.deciding import decider
from compiler.findings.flow import Stop
from compiler.findings.lint import Finding, Lint
from compiler.findings.passing import keeps_channels
from compiler.findings.subject import Subject, Use
from compiler.findings.wording import share
from compiler.ops.linear import DropPath
from dsl.text.problems import Span


def _find(subject: Subject) -> Iterator[Finding]:
    found: dict[Span, list[tuple[float, Use]]] = {}
    for stop in subject.flow:
        if isinstance(stop.op, DropPath) and stop.op.p and not _is_added(stop):
            site, use = subject.owners[stop.path]
            span = decider(subject, site, use, "p", stop.op.p)
            found.setdefault(span, []).append((float(stop.op.p), use))
    for span, each in found.items():
        rate = max(p for p, _ in each)
        yield Finding(
            span,
            f"no sum follows: in {share(rate)} of the cases all that a sample has here becomes 0",
            help="write `dropout` for single numbers, or end what a residual sum adds in it",
            uses=tuple(use for _, use in each),
        )


def _is_added(stop: Stop) -> bool:
    """Whether other branches are joined with it before another layer reads it."""
    return any(bool(other.word) for other in stop.ahead(_passes)) or any(
        feed.word for feed in stop.feeds
    )


def _passes(stop: Stop) -> bool:
    return not stop.word and keeps_channels(stop)


LINT = Lint(
    code="W181",
    name="dropped-samples",
    title="a droppath that no sum follows",
    meaning="A droppath zeroes whole samples. As the last step of what a residual sum adds it "
    "leaves a block out, and the sample goes on as it came. Here nothing else goes on: all that "
    "the network knows of the sample is gone.",
    why="Such a sample trains the layers behind on zeros, with its label. What came in at the "
    "other side of a sum was to be there instead.",
    before="stem: [3x3 32, 3x3 64, droppath 0.1]",
    after="stem: [3x3 32, {do: [3x3 32 act=none, droppath 0.1], residual: {}}, 3x3 64]",
    seen="ReXNet in timm, at blocks that have no shortcut (pull request 685 of "
    "huggingface/pytorch-image-models).",
    find=_find,
)
