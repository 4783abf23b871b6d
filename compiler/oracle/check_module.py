"""The runtime half of the cross-check: everything in it asks torch, not the analysis."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

import torch
from torch import nn

from compiler.cost import Report, Row, cost
from compiler.ir.nodes import Leaf, Node, Parallel, Series, Tap
from compiler.ir.op import Call
from compiler.nn.built import construct
from compiler.nn.module import CompiledNetwork, build
from compiler.nn.trunk import CONVS, DECONVS
from compiler.oracle.check_plugins import inside, is_foreign
from compiler.oracle.observe import Observation, observe


def built(report: Report) -> CompiledNetwork:
    """The module of the report's pass, on `meta`."""
    with torch.device("meta"):
        return build(report.network, aux=report.training)


def observed(module: CompiledNetwork, report: Report) -> Observation:
    """What the module does with the report's batch. Raises what the module raises."""
    shape = tuple(int(n) for n in report.network.input)
    trains = not report.network.rewritten
    return observe(module, shape, batch=report.batch, training=report.training, trains=trains)


_Hook = Callable[[nn.Module, object, torch.Tensor], None]


def trail(module: CompiledNetwork, report: Report) -> dict[str, object]:
    """The output shapes, by path, of the layers that still run in a module that fails."""
    outs: dict[str, object] = {}

    def noting(path: str) -> _Hook:
        return lambda layer, args, out: outs.update({path: tuple(out.shape[1:])})

    for path, layer in module.named_modules():
        if next(layer.children(), None) is None:
            layer.register_forward_hook(noting(path))
    shape = (report.batch, *(int(n) for n in report.network.input))
    try:
        module.train(report.training)(torch.empty(shape, device="meta"))
    except (RuntimeError, ValueError):
        return outs
    return outs


def bias_adds(module: nn.Module, row: Row, batch: int) -> int:
    """Bias additions of a layer, from its constructed module."""
    if is_foreign(row):
        return inside(module, row, batch).biases
    layer = module.get_submodule(row.path)
    if not isinstance(layer, (*CONVS, *DECONVS, nn.Linear)) or layer.bias is None:
        return 0
    return batch * row.out.elements


def taps_on_pixels(module: nn.Module, row: Row, batch: int) -> int:
    """Multiply-accumulates that read a pixel, found by convolving ones with ones.

    Transposed ones have those that write one: what is left of the ones that they add up.
    """
    if is_foreign(row):
        return inside(module, row, batch).taps
    layer = module.get_submodule(row.path)
    if isinstance(layer, nn.Linear):
        return batch * layer.weight.numel()
    if not isinstance(layer, (*CONVS, *DECONVS)):
        return 0
    extra = (layer.output_padding,) if isinstance(layer, DECONVS) else ()
    settings = (layer.kernel_size, layer.stride, layer.padding, layer.dilation, *extra)
    filters = layer.weight.shape[0] * layer.weight.shape[1]
    return batch * filters * _reads(type(layer).__name__, settings, row.inp.grid)


@lru_cache
def _reads(kind: str, settings: tuple[object, ...], grid: tuple[int, ...]) -> int:
    """Taps of one plain filter that read one of the grid's pixels."""
    kernel, stride, padding, dilation, *extra = settings
    rest = {"stride": stride, "padding": padding, "dilation": dilation, "bias": False}
    rest |= {"output_padding": extra[0]} if extra else {}
    name = kind if kind.endswith("Same") else f"nn.{kind}"
    twin = construct(Call(name, (1, 1, kernel), rest)).double()
    nn.init.ones_(twin.get_parameter("weight"))
    with torch.no_grad():
        return int(twin(torch.ones(1, 1, *grid, dtype=torch.float64)).sum())


Both = Callable[[Report, Observation], tuple[object, object]]


def first_apart(report: Report, both: Both) -> tuple[str, Report, Observation]:
    """The first layer behind which a network cut off there counts and measures differently.

    For totals that no single layer owns: first whole steps are added one by one, then the
    step that brings the difference is cut off behind each of its layers.
    """
    nodes = report.network.nodes
    steps = ((node.name, nodes[: place + 1]) for place, node in enumerate(nodes))
    name, _, _ = _search(report, steps, both)
    place = [node.name for node in nodes].index(name)
    cuts = _cuts(nodes[place], name)
    return _search(report, ((path, (*nodes[:place], cut)) for path, cut in cuts), both)


def _search(
    report: Report, networks: Iterable[tuple[str, tuple[Node, ...]]], both: Both
) -> tuple[str, Report, Observation]:
    """The first network whose two numbers differ; the last one if none does."""
    for name, nodes in networks:
        short = cost(
            replace(report.network, nodes=nodes), batch=report.batch, training=report.training
        )
        found = name, short, observed(built(short), short)
        if len(set(both(*found[1:]))) == 2:
            break
    return found


def _cuts(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    """A node cut off behind each of its layers, in the order of execution."""
    match node:
        case Leaf():
            yield path, node
        case Series():
            yield from _cuts_in_order(node, path)
        case Tap():
            for inner, cut in _cuts(node.body, path):
                assert isinstance(cut, Series)
                yield inner, replace(node, body=cut)
        case Parallel():
            # A branch that has a share of the channels can't stand without the others.
            for branch in () if node.shares else node.branches:
                for inner, cut in _cuts(branch, f"{path}.{branch.name}"):
                    yield inner, Series(node.name, (cut,), node.inp)
            yield path, node


def _cuts_in_order(node: Series, path: str) -> Iterator[tuple[str, Series]]:
    for place, child in enumerate(node.nodes):
        for inner, cut in _cuts(child, f"{path}.{child.name}"):
            yield inner, replace(node, nodes=(*node.nodes[:place], cut), residual=None)
    if node.residual:
        yield path, node
