"""What the check of costs does otherwise where a layer is a plugin's: its modules are one layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

import torch
from torch import nn

from compiler.cost import Report, Row
from compiler.ir.network import Network
from compiler.ir.nodes import Leaf
from compiler.ir.plugged import kind_of, plugged
from compiler.oracle.observe_layers import LayerSeen, macs_of
from compiler.oracle.observe_modes import modes_restored
from compiler.oracle.observe_ops import LEARNT, Category, KnownOps, Ran, learn
from dsl.models.plugins import fault


def teach(network: Network) -> None:
    """Have the oracle know the operators that plugins speak of. Raises `PluginError`."""
    LEARNT.clear()
    for kind in plugged(network.nodes):
        for name, category in kind.operators.items():
            if why := learn(name, category):
                raise fault(f"{kind.whose}: {why}")


def is_foreign(row: Row) -> bool:
    """Whether a row is a plugin's layer."""
    return isinstance(row.of, Leaf) and kind_of(row.of.op) is not None


def gathered(report: Report, seen: Mapping[str, LayerSeen]) -> dict[str, LayerSeen]:
    """Layers by path, where all that a plugin's layer consists of is one."""
    owners = [row.path for row in report.layers if is_foreign(row)]
    found = dict(seen)
    for owner in owners:
        inside = [path for path in seen if path == owner or path.startswith(f"{owner}.")]
        if not inside:
            continue
        parts = [found.pop(path) for path in inside]
        last = seen.get(owner, parts[-1])
        found[owner] = replace(
            last,
            path=owner,
            macs=sum(part.macs for part in parts),
            activations=sum(part.activations for part in parts),
            all_outputs=sum(part.all_outputs for part in parts),
        )
    return found


def owned(
    report: Report, seen: Mapping[str, int], together: Callable[[int, int], int]
) -> dict[str, int]:
    """Numbers by path, where those of all that a plugin's layer consists of become one."""
    owners = [row.path for row in report.layers if is_foreign(row)]
    found: dict[str, int] = {}
    for path, number in seen.items():
        outer = (owner for owner in owners if path.startswith(f"{owner}."))
        own = next(outer, path)
        found[own] = together(found[own], number) if own in found else number
    return found


@dataclass
class Inside:
    """What the convolutions and products inside a layer come to."""

    taps: int = 0
    """Multiply-accumulates that read a pixel."""
    biases: int = 0
    """Additions of a bias."""

    def saw(self, ran: Ran) -> None:
        """Take an operator into account."""
        if ran.kind not in (Category.CONV, Category.LINEAR):
            return
        assert isinstance(ran.out, torch.Tensor), ran.op
        bias = ran.bound.get("bias") if ran.kind is Category.CONV else ran.bound.get("self")
        added = bias is not None and (ran.kind is Category.CONV or "mat1" in ran.bound)
        self.biases += ran.out.numel() if added else 0
        self.taps += _taps(ran) if ran.kind is Category.CONV else macs_of(ran)


def inside(module: nn.Module, row: Row, batch: int) -> Inside:
    """What a plugin's layer does, which runs by itself on an input of its size."""
    found = Inside()
    layer = module.get_submodule(row.path)
    x = torch.empty((batch, *map(int, row.inp)), device="meta")
    with modes_restored(layer), torch.no_grad(), KnownOps(found.saw):
        layer.eval()(x)
    return found


def _taps(ran: Ran) -> int:
    """Multiply-accumulates of a convolution that read one of its input, and no padding."""
    x, weight = ran.bound["input"], ran.bound["weight"]
    if ran.bound["transposed"]:
        return macs_of(ran)
    settings = (ran.bound[name] for name in ("stride", "padding", "dilation"))
    reads = _reads(tuple(x.shape[2:]), tuple(weight.shape[2:]), *map(tuple, settings))
    return int(x.shape[0] * weight.shape[0] * weight.shape[1] * reads)


@cache
def _reads(
    grid: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
) -> int:
    """Taps of one filter that read one of the grid's pixels: ones convolved with ones."""
    ones, taps = (torch.ones((1, 1, *size), dtype=torch.float64) for size in (grid, kernel))
    still = [0] * len(grid)
    found = torch.convolution(ones, taps, None, stride, padding, dilation, False, still, 1)
    return int(found.sum())


def forgetful(module: nn.Module, report: Report) -> Iterator[tuple[str, str]]:
    """Modules of plugins that hold weights and nothing that draws them anew."""
    for row in report.layers:
        if is_foreign(row):
            for name, part in module.get_submodule(row.path).named_modules(prefix=row.path):
                own = next(part.parameters(recurse=False), None) is not None
                if own and not hasattr(part, "reset_parameters"):
                    yield name, "none"
