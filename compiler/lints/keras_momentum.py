"""W134: a momentum of batch norm in Keras's convention, or one that keeps nothing or all."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.deciding import decided
from compiler.findings.edits import number_replaced
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Subject
from compiler.findings.wording import share
from compiler.ops.norm import BatchNorm
from dsl.text.counts import count

MOST = 0.5
"""Above it the last batch counts more than all before; published ones are 0.0003 to 0.1."""


def _find(subject: Subject) -> Iterator[Finding]:
    for span, layers in decided(subject, BatchNorm, "momentum").items():
        momentum = float(layers[0].value)
        if 0 < momentum <= MOST:
            continue
        said, help, text = _told(momentum)
        yield Finding(
            span,
            f"momentum is {momentum:g}: {said}, in {count(len(layers), 'batch norm')}",
            help=help,
            uses=tuple(layer.use for layer in layers),
            fix=number_replaced(subject, span, momentum, text),
        )


def _told(momentum: float) -> tuple[str, str, str]:
    """What comes of it, what to write, and that as text."""
    if momentum == 0:
        return "the running statistics stay 0 and 1", "write 0.1, torch's own", "0.1"
    if momentum == 1:
        return "the running statistics are those of the last batch", "write 0.1, torch's own", "0.1"
    text = f"{1 - momentum:.6g}"
    said = f"the last batch alone makes {share(momentum)} of the running statistics"
    return said, f"write {text}: Keras and TensorFlow say what is kept, torch what is new", text


LINT = Lint(
    code="W134",
    name="keras-momentum",
    title="a momentum of batch norm in Keras's convention",
    meaning="The momentum of batch norm is the share of the new batch in the running statistics, "
    "as in torch. To Keras and TensorFlow it is that of the old ones: 0.99 there is 0.01 here.",
    why="A network that evaluates by the statistics of its last batch gives other answers after "
    "each step of training, and worse ones the smaller that batch was.",
    before="defaults: {momentum: 0.99}\nstem: [3x3 32]",
    after="defaults: {momentum: 0.01}\nstem: [3x3 32]",
    seen="A YOLOv3 in torch (eriklindernoren/PyTorch-YOLOv3, issue 230) with 0.9; a DeepLab "
    "(kazuto1011/deeplab-pytorch, issue 79) with 0.999.",
    find=_find,
)
