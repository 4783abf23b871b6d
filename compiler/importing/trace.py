"""From a module to the settled graph of what it computes."""

from __future__ import annotations

from torch import nn

from compiler.importing import readers as _readers  # noqa: F401  # fills the table
from compiler.importing.averages import fold_counts
from compiler.importing.faults import INEXPRESSIBLE, UNUSABLE, refuse
from compiler.importing.graph import Graph, needed
from compiler.importing.probes import BATCH, Probe, Size, plan
from compiler.importing.record import Recording, record
from compiler.importing.settle import Change, settle, with_logits
from compiler.importing.table import read
from compiler.importing.unsaid import hold_said
from compiler.importing.windows import fold_pads
from dsl.problems import SpecError


def trace(model: nn.Module, size: Size) -> Graph:
    """What the model does with a (C, H, W): in training with its auxiliary heads.

    It is run in both modes and with inputs of other sizes and batches, where it takes them,
    since what depends on any of these is nothing that a spec says. Raises `SpecError`.
    """
    first = {mode: _graph(model, Probe(size), mode, checked=False) for mode in (False, True)}
    hold_said(first.values())
    evaluating = _settled(model, size, first[False], training=False)
    if evaluating.heads:
        refuse(INEXPRESSIBLE, "the model returns several tensors in evaluation, a spec's one")
    return with_logits(_settled(model, size, first[True], training=True), evaluating)


def _settled(model: nn.Module, size: Size, graph: Graph, *, training: bool) -> Graph:
    found = [_first(model, probes, training) for probes in plan(size, training)]
    others = [each for each in found if each is not None]
    try:
        return settle(graph, [other for _, other in others], Change.SIZE)
    except SpecError:
        _hold_batches(model, size, graph, [probe for probe, _ in others], training)
        raise


def _first(model: nn.Module, probes: list[Probe], training: bool) -> tuple[Probe, Graph] | None:
    """What the model does with the first of some inputs that it takes."""
    for probe in probes:
        try:
            return probe, _graph(model, probe, training, checked=True)
        except SpecError as error:
            if error.problems[0].code != UNUSABLE:
                raise
    return None


def _hold_batches(
    model: nn.Module, size: Size, graph: Graph, probes: list[Probe], training: bool
) -> None:
    """Raise `SpecError` where another number of images makes the difference by itself."""
    for batch in dict.fromkeys(probe.batch for probe in probes if probe.batch != BATCH):
        if alone := _first(model, [Probe(size, batch)], training):
            settle(graph, [alone[1]], Change.BATCH)


def _graph(model: nn.Module, probe: Probe, training: bool, *, checked: bool) -> Graph:
    recording = record(model, probe, training, checked=checked)
    return needed(fold_pads(fold_counts(_read(recording, probe.size))))


def _read(recording: Recording, size: Size) -> Graph:
    output, *heads = dict.fromkeys(recording.outputs)
    ends = (output, *heads)
    return Graph(read(recording, size), output, tuple(heads), recording.kinds, ends)
