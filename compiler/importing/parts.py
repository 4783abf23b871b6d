"""Parts of a tensor's channels, which a spec shares out among branches, and their shuffle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import prod
from typing import Any

import torch
from torch import Tensor

from compiler.importing.atoms import Atom, Grouped, Lined, Merged, Part, Placed, Reading, Turned
from compiler.importing.graph import Graph, Node
from compiler.importing.table import Given, reads, unknown
from dsl.models.layers import Flatten, Shuffle


@reads("input dim start length", torch.narrow, Tensor.narrow)
def _narrow(given: Given) -> tuple[Reading, ...]:
    """What `split`, `chunk` and the like give is recorded so, too."""
    dim, start, length = (given(name) for name in ("dim", "start", "length"))
    if not isinstance(start, int):
        raise given.fault("takes a part of a tensor from a place that it computes")
    axis = dim % (len(given.inp) + 1)
    size = given.inp[axis - 1] if axis else None
    if size == length:
        return ((),)
    if axis != 1:
        raise given.fault(f"takes a part along dim={dim}, and a spec shares channels out (dim=1)")
    return ((Part(start % given.inp[0], start % given.inp[0] + length),),)


@reads("input index", Tensor.__getitem__)
def _item(given: Given) -> tuple[Reading, ...]:
    """`x[:, :n]`, and `x[:, :, 0, 0]` where there is one place."""
    sizes = given.inp
    index = given("index")
    if _adds_axes(index, given.rank) and len(sizes) == 1:
        return ((Placed(),),)
    images, *found = _axes(index, len(sizes) + 1)
    if images != slice(None) or len(found) > len(sizes) or not all(map(_plain, found)):
        unknown(given)
    kept = [_range(part, size) for part, size in zip(found, sizes, strict=False)]
    whole = [part == range(size) for part, size in zip(kept, sizes, strict=False)]
    if all(whole) and all(isinstance(part, slice) for part in found):
        return ((),)
    places = all(type(part) is int for part in found[1:]) and len(found) == len(sizes) > 1
    if places and whole[0] and isinstance(found[0], slice) and sizes[1:] == (1,) * (len(sizes) - 1):
        return ((Flatten(),),)
    slices = all(isinstance(part, slice) for part in found)
    if not slices or not all(whole[1:]) or kept[0].step != 1 or not kept[0]:
        unknown(given)
    return ((Part(kept[0].start, kept[0].stop),),)


def _adds_axes(index: Any, axes: int) -> bool:
    """`x[:, :, None, None]`, with as many as there are axes."""
    parts = index if isinstance(index, tuple) else ()
    return (
        len(parts) == axes + 2
        and parts[:2] == (slice(None),) * 2
        and all(part is None for part in parts[2:])
    )


def _axes(index: Any, axes: int) -> Iterator[Any]:
    """What is taken of each axis, as far as it is said."""
    parts = index if isinstance(index, tuple) else (index,)
    for part in parts:
        if part is Ellipsis:
            yield from [slice(None)] * (axes - len(parts) + 1)
        else:
            yield part


def _plain(part: Any) -> bool:
    """Whether a part of an axis is a slice between numbers, or one place."""
    if isinstance(part, slice):
        ends = (part.start, part.stop, part.step)
        return all(end is None or type(end) is int for end in ends)
    return type(part) is int


def _range(part: Any, size: int) -> range:
    if isinstance(part, int):
        return range(part % size, part % size + 1)
    return range(*part.indices(size))


def once(graph: Graph) -> Graph:
    """The graph with parts that are taken twice taken once, and shuffles of channels as such."""
    seen: dict[tuple[int, Reading], int] = {}
    nodes: list[Node] = []
    for index, node in enumerate(graph.nodes):
        if isinstance(node.plainest, Part):
            first = seen.setdefault((node.inputs[0], node.readings[0]), index)
            again = replace(node, readings=((),), inputs=(first,))
            nodes.append(node if first == index else again)
        else:
            nodes.append(_shuffled(node, nodes))
    return replace(graph, nodes=tuple(nodes))


def _shuffled(node: Node, before: list[Node]) -> Node:
    """Channels in groups, turned and put together again, as one shuffle."""
    turned = _source(node, before)
    grouped = _source(turned, before)
    match node.plainest, turned.plainest, grouped.plainest:
        case Merged(), Turned(), Grouped(groups):
            nothing = groups in (1, node.shape[0])
            reading: Reading = () if nothing else (Shuffle(groups=groups),)
            return replace(node, readings=(reading,), inputs=grouped.inputs)
    return node


def _source(node: Node, before: list[Node]) -> Node:
    """What a node takes, past what changes nothing."""
    if not node.inputs:
        return node
    found = before[node.inputs[0]]
    return _source(found, before) if found.is_nothing else found


@reads("input dim0 dim1", torch.transpose, Tensor.transpose, torch.swapaxes, Tensor.swapaxes)
def _transpose(given: Given) -> tuple[Reading, ...]:
    axes = len(given.inp) + 1
    first, second = (given(name, given(name.replace("dim", "axis"))) for name in ("dim0", "dim1"))
    return _turn(given, {first % axes, second % axes} == {1, 2})


@reads("input dims", torch.permute, Tensor.permute)
def _permute(given: Given) -> tuple[Reading, ...]:
    said = given.call.args[1:] or (given("dims"),)
    dims = said[0] if isinstance(said[0], tuple) else said
    axes = len(given.inp) + 1
    return _turn(given, [dim % axes for dim in dims] == [0, 2, 1, *range(3, axes)])


def _turn(given: Given, swaps: bool) -> tuple[Reading, ...]:
    """Two axes that change places: behind the images' the first two of four or more."""
    if not swaps or len(given.inp) < 3:
        unknown(given)
    return ((Turned(),),)


@reads("input dim sizes", torch.unflatten, Tensor.unflatten)
def _unflatten(given: Given) -> tuple[Reading, ...]:
    atom = arranged(given.inp, given.call.shape, given.rank)
    return ((atom,),) if isinstance(atom, Grouped) else unknown(given)


def arranged(inp: tuple[int, ...], shape: tuple[int, ...], rank: int) -> Atom | None:
    """What a view does to axes: parts channels, puts axes together, or lets a vector be a map.

    Maps have as many axes as the `rank` says, beside their channels.
    """
    place = (inp[0], *(1 for _ in range(rank)))
    if inp == place[: len(inp)] and len(inp) <= rank and shape == place:
        return Placed()
    if len(inp) > 2 and len(shape) == 2 and shape == (inp[0], prod(inp[1:])):
        return Lined()
    if len(inp) > 1 and shape[2:] == inp[1:] and shape[0] * shape[1] == inp[0]:
        return Grouped(shape[0])
    if len(shape) > 1 and inp[2:] == shape[1:] and inp[0] * inp[1] == shape[0]:
        return Merged()
    return None
