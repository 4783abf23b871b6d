"""The totals below a cost table, each with what it counts."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.cost.peers import OTHER_NORMS, PEERS
from compiler.cost.report import Report
from compiler.cost.rows import Total
from compiler.ir.nodes import leaves
from compiler.ops.norm import Norm


def footer(report: Report) -> list[str]:
    """The totals in words, a few lines each."""
    ops = (leaf.op for _, leaf in leaves(report.network.nodes))
    norms = [op for op in ops if isinstance(op, Norm)]
    groups = {
        "parameters": _parameters(report.total),
        "FLOPs": [f"{report.total.flops:,} = 2 × MACs; bias, norm and activation apart"],
        "elements": _elements(report.total, norms),
        "padding": [f"{report.total.padding_macs:,} MACs ({report.total.waste:.2%}) read padding"],
        "memory": _memory(report),
        "elsewhere": [] if report.training else _views(report, norms),
    }
    width = max(map(len, groups))
    names = [(name, line) for name, lines in groups.items() for line in lines]
    return [
        f"{'' if place and names[place - 1][0] == name else name:<{width}}  {line}"
        for place, (name, line) in enumerate(names)
    ]


def _parameters(total: Total) -> list[str]:
    others = {
        "with auxiliary heads": total.params_with_aux,
        "with running statistics, as Keras counts": total.keras_total,
    }
    more = [f"; {count:,} {what}" for what, count in others.items() if count != total.params]
    return [f"{total.params:,}{''.join(more)}"]


def _others(norms: Sequence[Norm]) -> bool:
    """Whether there are norms that keep no running statistics."""
    return any(isinstance(norm, OTHER_NORMS) for norm in norms)


def _elements(total: Total, norms: Sequence[Norm]) -> list[str]:
    parts = {
        "norm" if _others(norms) else "batch norm": total.bn_elems,
        "activation": total.act_elems,
        "pool": total.pool_elems,
        "elementwise": total.eltwise_elems,
    }
    found = " · ".join(f"{name} {count:,}" for name, count in parts.items())
    return [found, f"{total.all_outputs:,} written in all; {total.bias_adds:,} bias additions"]


def _memory(report: Report) -> list[str]:
    total, saved = report.total, report.total.saved_for_backward_bytes
    lines = [
        f"weights {mebibytes(total.weight_bytes)}",
        f"activations, evaluating: {mebibytes(total.peak_bytes)} at the peak",
    ]
    if report.network.rewritten:
        return lines
    if saved is None:
        return [*lines, "training fails: batch norm needs more than one value per channel"]
    return [*lines, f"activations, training: {mebibytes(saved)} kept for the backward pass"]


def mebibytes(size: int) -> str:
    """Bytes for a person and exactly.

    >>> mebibytes(14902572)
    '14.2 MiB (14,902,572 bytes)'
    """
    return f"{size / 2**20:,.1f} MiB ({size:,} bytes)"


def short_size(count: int) -> str:
    """Bytes for a person.

    >>> short_size(2048), short_size(3 * 2**20)
    ('2.0 KiB', '3.0 MiB')
    """
    return f"{count / 2**20:,.1f} MiB" if count >= 2**20 else f"{count / 2**10:,.1f} KiB"


def _views(report: Report, norms: Sequence[Norm]) -> list[str]:
    """Other tools' counts, and what each of them adds up."""
    others = _others(norms)
    names = max(map(len, report.views))
    counts = {name: f"{count:,}" for name, count in report.views.items()}
    width = max(map(len, counts.values()))
    lines = []
    for name, count in counts.items():
        lines.append(f"{name:<{names}}  {count:>{width}} = {PEERS[name].says}")
        if PEERS[name].norms and others:
            lines.append(f"{'':<{names + width + 2}} + {PEERS[name].norms}")
    if not all(norm.gamma for norm in norms):
        *those, last = (name for name, peer in PEERS.items() if peer.sees_gamma)
        lines.append(f"{', '.join(those)} and {last} count less of a norm without gamma")
    if report.unviewed:
        known = " and ".join(name for name, peer in PEERS.items() if peer.foreign)
        which = ", ".join(report.unviewed)
        lines.append(f"but for {known}, without {which}: what tools count of it isn't known")
    return lines
