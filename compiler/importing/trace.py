"""From a module to the settled graph of what it computes."""

from __future__ import annotations

from torch import nn

from compiler.importing import readers as _readers  # noqa: F401  # fills the table
from compiler.importing.faults import INEXPRESSIBLE, refuse
from compiler.importing.graph import Graph, settle, with_logits
from compiler.importing.record import Recording, record
from compiler.importing.table import read
from compiler.importing.windows import fold_pads
from dsl.problems import SpecError

Size = tuple[int, int, int]


def trace(model: nn.Module, size: Size) -> Graph:
    """What the model does with a (C, H, W): in training with its auxiliary heads.

    It is run in both modes and, where it takes that, at a second size, since what depends on
    the mode or the size is nothing that a spec says. Raises `SpecError`.
    """
    evaluating = _settled(model, size, training=False)
    if evaluating.heads:
        refuse(INEXPRESSIBLE, "the model returns several tensors in evaluation, a spec's one")
    training = _settled(model, size, training=True)
    return with_logits(training, evaluating)


def _settled(model: nn.Module, size: Size, *, training: bool) -> Graph:
    graph = _graph(record(model, size, training), size)
    other = _other_size(size)
    try:
        second = record(model, other, training)
    except SpecError:  # It was made for one size.
        return settle(graph, None)
    return settle(graph, _graph(second, other))


def _graph(recording: Recording, size: Size) -> Graph:
    output, *heads = dict.fromkeys(recording.outputs)
    return fold_pads(Graph(read(recording, size), output, tuple(heads), recording.kinds))


def _other_size(size: Size) -> Size:
    """A larger size that is odd wherever this one, halved again and again, is even."""
    return size[0], _other_side(size[1]), _other_side(size[2])


def _other_side(side: int) -> int:
    wanted = [not odd for odd in _parities(side)]
    return next(n for n in range(side + 1, side + 65) if _parities(n) == wanted)


def _parities(side: int, levels: int = 5) -> list[bool]:
    found = []
    for _ in range(levels):
        found.append(side % 2 == 1)
        side = (side + 1) // 2
    return found
