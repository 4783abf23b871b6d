"""The analytic costs against the module that runs: two opinions that share no code.

The module is built and run on torch's `meta` device, so no weights are allocated and no
image is needed. Every number that `compiler.cost` promises exactly is compared, layer by
layer, so that a disagreement names the first layer where the two part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from operator import add
from typing import TYPE_CHECKING, Any

from compiler.cost import Report, Row, cost
from compiler.ir.network import Network
from compiler.ir.nodes import leaves
from compiler.ir.plugged import plugged
from compiler.oracle.comparisons import Check, CheckReport, Facts, first_difference, name_of

if TYPE_CHECKING:
    from compiler.oracle.observe import Observation

Pair = tuple[Facts, Facts]
"""The same fact counted by the analysis and measured on the module."""


def cross_check(network: Network) -> CheckReport:
    """Run the network's module on `meta` and compare it with its analytic cost.

    The evaluating pass runs without auxiliary heads, the training pass with them, at batch
    2 where a batch norm can't train on one input.
    """
    if network.rewritten:
        said = "training was not compared: the network was rewritten for inference"
        left_out = "\n".join(filter(None, (said, _estimated(network))))
        return CheckReport(name_of(network), tuple(_checks(cost(network))), left_out)
    training = cost(network, training=True)
    if training.total.saved_for_backward_bytes is None:
        training = cost(network, batch=2, training=True)
    checks = (*_checks(cost(network)), *_checks(training))
    return CheckReport(name_of(network), checks, _estimated(network))


def _estimated(network: Network) -> str:
    """Why memory was compared with nothing; empty where it was."""
    words = [kind.word for kind in plugged(network.nodes) if not kind.exact_memory]
    return f"memory was not compared: it is an estimate of {', '.join(words)}" if words else ""


def _checks(report: Report) -> Iterator[Check]:
    """The comparisons of one pass."""
    mode = f"{'training' if report.training else 'evaluation'} at batch {report.batch}"
    for name, (counted, measured) in _facts(report):
        yield Check(mode, name, first_difference(counted, measured))


def _facts(report: Report) -> Iterator[tuple[str, Pair]]:
    from compiler.oracle.check_module import built, observed, trail
    from compiler.oracle.check_plugins import teach

    teach(report.network)
    module = built(report)
    yield from _state(report, module)
    try:
        seen = observed(module, report)
    except (RuntimeError, ValueError) as error:
        outs = trail(module, report) | {"the module": str(error)}
        rows = _by_path(report.layers)
        yield "a run", ({path: rows[path].out for path in outs if path in rows}, outs)
        return
    yield from _layers(report, seen)
    yield from _constructed(report, module)
    yield from _totals(report, seen)


def _state(report: Report, module: Any) -> Iterator[tuple[str, Pair]]:
    """Parameters and buffers: names, shapes, order and totals."""
    kinds = {"params": module.named_parameters(), "buffers": module.named_buffers()}
    for kind, tensors in kinds.items():
        counted = _tensors(report, kind)
        measured: dict[str, object] = {name: tuple(tensor.shape) for name, tensor in tensors}
        yield kind, (counted | _numbered(counted), measured | _numbered(measured))
    yield "state", (_held(report), _measured(module))


def _numbered(facts: Facts, each: str = "tensor") -> dict[str, object]:
    """The order as facts of its own."""
    return {f"{each} {place}": name for place, name in enumerate(facts)}


def _tensors(report: Report, kind: str) -> dict[str, object]:
    """Shapes of the tensors that the ops say they hold, by path."""
    run = {block.path for block in report.blocks}
    nodes = tuple(node for node in report.network.nodes if node.name in run)
    return {
        f"{path}.{name}": shape
        for path, leaf in leaves(nodes)
        for name, shape in getattr(leaf.op, kind)(leaf.inp).items()
    }


def _held(report: Report) -> Facts:
    total = report.total
    statistics = total.keras_total - total.params
    return {
        "parameters": total.params,
        "trainable parameters": total.trainable,
        "buffers": total.buffers,
        "running statistics": statistics,
        "weight bytes": total.weight_bytes,
    }


def _measured(module: Any) -> Facts:
    """What the module really holds, in elements and bytes."""
    params, buffers = list(module.parameters()), list(module.buffers())
    return {
        "parameters": sum(p.numel() for p in params),
        "trainable parameters": sum(p.numel() for p in params if p.requires_grad),
        "buffers": sum(prod(b.shape) for b in buffers),
        "running statistics": sum(b.numel() for b in buffers if b.is_floating_point()),
        "weight bytes": sum(p.numel() * p.element_size() for p in params),
    }


@dataclass
class _Layer:
    """What the rows at one path add up to; its output is that of the last one inside it."""

    last: Row
    macs: int = 0
    activations: int = 0
    all_outputs: int = 0

    def add(self, row: Row) -> None:
        self.macs += row.macs
        self.activations += row.activations
        self.all_outputs += row.all_outputs

    @property
    def out(self) -> tuple[int, ...]:
        return tuple(int(n) for n in self.last.out)

    @property
    def field(self) -> object:
        return self.last.field and tuple(self.last.field)


def _by_path(rows: tuple[Row, ...]) -> dict[str, _Layer]:
    """The rows as modules: a join and what follows it belong to the parallel's module."""
    found: dict[str, _Layer] = {}
    for row in rows:
        found.setdefault(row.path, _Layer(row)).add(row)
        parts = row.path.split(".")
        for depth in range(1, len(parts) + 1):
            owner = found.get(".".join(parts[:depth]))
            if owner:
                owner.last = row
    return found


COMPARED = {
    "output shapes": "out",
    "MACs": "macs",
    "activations": "activations",
    "elements written": "all_outputs",
    "receptive fields": "field",
}


def _layers(report: Report, seen: Observation) -> Iterator[tuple[str, Pair]]:
    """Every layer's facts while it runs, in the order of execution."""
    from compiler.oracle.check_plugins import gathered

    rows, layers = _by_path(report.layers), gathered(report, seen.layers)
    for title, name in COMPARED.items():
        counted = {path: getattr(layer, name) for path, layer in rows.items()}
        measured = {path: getattr(layer, name) for path, layer in layers.items()}
        yield title, (counted, measured)


def _constructed(report: Report, module: Any) -> Iterator[tuple[str, Pair]]:
    """Taps on pixels and biases, from what the modules were really constructed with."""
    from compiler.oracle.check_module import bias_adds, taps_on_pixels
    from compiler.oracle.check_plugins import forgetful

    rows = report.layers
    pixels = {row.path: taps_on_pixels(module, row, report.batch) for row in rows}
    yield "MACs on pixels", ({row.path: row.effective_macs for row in rows}, pixels)
    biases = {row.path: bias_adds(module, row, report.batch) for row in rows}
    yield "bias additions", ({row.path: row.bias_adds for row in rows}, biases)
    if plugged(report.network.nodes):
        bare = dict(forgetful(module, report))
        yield "what draws weights anew", (dict.fromkeys(bare, "reset_parameters"), bare)


def _totals(report: Report, seen: Observation) -> Iterator[tuple[str, Pair]]:
    """What only the whole network has; totals of layers too, since they add up apart."""
    total = report.total
    counted = {
        "MACs": total.macs,
        "activations": total.activations,
        "elements written": total.all_outputs,
        "receptive field": total.field and tuple(total.field),
    }
    measured = {
        "MACs": seen.macs,
        "activations": seen.activations,
        "elements written": seen.all_outputs,
        "receptive field": seen.field,
    }
    yield "totals", (counted, measured)
    yield from _memory(report, seen)


SAVED = "bytes saved for backward"
MEMORY: dict[str, Callable[[Report, Observation], tuple[int | None, int | None]]] = {
    "peak bytes": lambda report, seen: (report.total.peak_bytes, seen.peak_bytes),
    SAVED: lambda report, seen: (
        report.total.saved_for_backward_bytes,
        seen.saved_bytes,
    ),
}


def _memory(report: Report, seen: Observation) -> Iterator[tuple[str, Pair]]:
    """Memory belongs to no layer: a difference is traced to the first that brings it."""
    from compiler.oracle.check_module import first_apart

    if _estimated(report.network):
        return
    for title, both in MEMORY.items():
        where, short, run = "the network", report, seen
        if report.network.rewritten and title == SAVED:
            continue  # It keeps nothing: it isn't trained.
        counted, measured = both(short, run)
        if counted != measured:
            where, short, run = first_apart(report, both)
            counted, measured = both(short, run)
        yield title, ({where: counted}, {where: measured})
    yield from _memory_by_layer(report, seen)


def _memory_by_layer(report: Report, seen: Observation) -> Iterator[tuple[str, Pair]]:
    """When memory is taken, and which layer keeps it: of an evaluating and of a training pass."""
    from compiler.oracle.check_plugins import owned

    pairs = {"bytes alive by layer": (report.alive, owned(report, seen.alive, max))}
    if not report.network.rewritten:
        pairs["bytes kept by layer"] = (report.kept or {}, owned(report, seen.kept or {}, add))
    for title, (counted, measured) in pairs.items():
        order = (_numbered(each, "moment") for each in (counted, measured))
        yield title, (counted | next(order), measured | next(order))
