"""From a module to the settled graph of what it computes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import lt

from torch import nn

from compiler.importing import activations as _activations  # noqa: F401  # fills the table
from compiler.importing import larger as _larger  # noqa: F401  # fills it too
from compiler.importing import norms as _norms  # noqa: F401  # fills it too
from compiler.importing import pools as _pools  # noqa: F401  # fills it too
from compiler.importing import readers as _readers  # noqa: F401  # fills it too
from compiler.importing.averages import fold_counts
from compiler.importing.calls import Recording
from compiler.importing.drops import fold_drops
from compiler.importing.faults import INEXPRESSIBLE, UNUSABLE, refuse
from compiler.importing.graph import Graph, needed
from compiler.importing.parts import once
from compiler.importing.places import fold_places
from compiler.importing.probes import BATCH, Probe, Size, plan
from compiler.importing.products import fold_spreads
from compiler.importing.record import record
from compiler.importing.reductions import fold_reductions
from compiler.importing.settle import Change, settle, with_logits
from compiler.importing.table import read
from compiler.importing.unsaid import hold_said
from compiler.importing.windows import fold_pads
from compiler.ir.fit import misfit
from compiler.ir.network import Network
from dsl.text.problems import SpecError

FOLDS = (once, fold_reductions, fold_places, fold_counts, fold_pads, fold_spreads, fold_drops)
"""What makes of several calls the one thing that they are together, in this order."""


@dataclass
class Trace:
    """What a model does, and where it does another thing than with its own input.

    The second only counts where the network that comes out takes such an input: where it
    doesn't, as in a model that enlarges what is too small for it, nothing wrong comes out.
    """

    model: nn.Module
    size: Size
    unlike: list[tuple[Probe, SpecError]] = field(default_factory=list)

    def run(self) -> Graph:
        """What the model does with an input of its size: in training with its auxiliary heads.

        It is run in both modes and with inputs of other sizes and batches, where it takes
        them, since what depends on any of these is nothing that a spec says. Raises `SpecError`.
        """
        first = {mode: _graph(self.model, Probe(self.size), mode) for mode in (False, True)}
        hold_said(first.values())
        evaluating = self._settled(first[False], training=False)
        if evaluating.heads:
            refuse(INEXPRESSIBLE, "the model returns several tensors in evaluation, a spec's one")
        return with_logits(self._settled(first[True], training=True), evaluating)

    def hold_alike(self, network: Network) -> None:
        """Raise `SpecError` for what the network takes, and the model does otherwise."""
        for probe, error in self.unlike:
            if not misfit(network, (probe.batch, *probe.size), training=False):
                raise error

    def _settled(self, graph: Graph, *, training: bool) -> Graph:
        found = [_first(self.model, probes, training) for probes in plan(self.size, training)]
        others = dict(each for each in found if each)
        try:
            return settle(graph, list(others.values()), Change.SIZE)
        except SpecError as error:
            small = [probe for probe in others if any(map(lt, probe.size, self.size))]
            self._hold_batches(graph, others, training)
            if not small:
                raise
            self.unlike += [(probe, error) for probe in small]
            return settle(graph, [others[p] for p in others if p not in small], Change.SIZE)

    def _hold_batches(self, graph: Graph, probes: Iterable[Probe], training: bool) -> None:
        """Raise `SpecError` where another number of images makes the difference by itself."""
        for batch in dict.fromkeys(probe.batch for probe in probes if probe.batch != BATCH):
            if alone := _first(self.model, [Probe(self.size, batch)], training):
                settle(graph, [alone[1]], Change.BATCH)


def _first(model: nn.Module, probes: list[Probe], training: bool) -> tuple[Probe, Graph] | None:
    """What the model does with the first of some inputs that it takes."""
    for probe in probes:
        try:
            return probe, _graph(model, probe, training, checked=True)
        except SpecError as error:
            if error.problems[0].code != UNUSABLE:
                raise
    return None


def _graph(model: nn.Module, probe: Probe, training: bool, *, checked: bool = False) -> Graph:
    recording = record(model, probe, training, checked=checked)
    graph = _read(recording, probe.size)
    for fold in FOLDS:
        graph = fold(graph)
    return needed(graph)


def _read(recording: Recording, size: Size) -> Graph:
    output, *heads = dict.fromkeys(recording.outputs)
    ends = (output, *heads)
    return Graph(read(recording, size), output, tuple(heads), recording.kinds, ends)
