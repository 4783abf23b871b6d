"""W168: a softmax over a single channel, which is always 1."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.edits import replaced
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Subject
from compiler.ir.nodes import Leaf
from dsl.models.layers import Softmax


def _find(subject: Subject) -> Iterator[Finding]:
    for site in subject.layers(Softmax):
        nodes = [(use, use.node) for use in site.uses if isinstance(use.node, Leaf)]
        if single := tuple(use for use, node in nodes if int(node.inp.channels) == 1):
            yield Finding(
                site.span,
                "a softmax over one channel gives 1, whatever comes in, and has no gradient",
                help="write `sigmoid` for the probability of one class, or give it two classes",
                uses=single,
                fix=replaced(subject, site.span, "softmax", "sigmoid"),
            )


LINT = Lint(
    code="W168",
    name="softmax-of-one",
    title="a softmax over a single channel",
    meaning="A softmax shares out 1 among the channels, and there is one of them.",
    why="All that is in front of it has no effect on the answer, and learns nothing.",
    before="classes: 1\nhead: [globalpool avg, fc classes, softmax]",
    after="classes: 1\nhead: [globalpool avg, fc classes, sigmoid]",
    seen="A network for two classes whose one answer never changes: keras-team/keras, issue 10607.",
    find=_find,
)
