"""Weights as NumPy's arrays, held against the tree that they are for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from compiler.exporting.wishes import ExportFault
from compiler.ir.nodes import Node, leaves
from compiler.ops.norm import COUNTER

if TYPE_CHECKING:
    from torch import Tensor

    Weights = Mapping[str, Tensor]


def arrays(nodes: tuple[Node, ...], others: tuple[Node, ...], weights: Weights) -> dict[str, Any]:
    """The tensors that the nodes need, by key.

    Those of `others`, which aren't exported, may be there. Raises `ExportFault` for weights that
    aren't these nodes'.
    """
    needed, known = _shapes(nodes), _shapes(others)
    missing = [key for key in needed if key not in weights]
    unknown = [
        key
        for key in weights
        if key not in needed and key not in known and key.rpartition(".")[2] != COUNTER
    ]
    for what, keys in (("lack", missing), ("have besides", unknown)):
        if keys:
            more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
            help = "give the state dict of this very network"
            raise ExportFault(f"the weights {what} {keys[0]}{more}", help)
    return {key: _array(key, weights[key], shape) for key, shape in needed.items()}


def _shapes(nodes: tuple[Node, ...]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for path, leaf in leaves(nodes):
        tensors = {**leaf.op.params(leaf.inp), **leaf.op.buffers(leaf.inp)}
        found |= {f"{path}.{name}": shape for name, shape in tensors.items() if name != COUNTER}
    return found


def _array(key: str, tensor: Any, shape: tuple[int, ...]) -> Any:
    if tuple(tensor.shape) != shape:
        said = "x".join(map(str, tensor.shape)) or "one number"
        wanted = "x".join(map(str, shape))
        raise ExportFault(f"{key} is {said}, and the network has {wanted} there")
    if not hasattr(tensor, "detach"):
        return np.asarray(tensor)
    if tensor.is_meta:
        raise ExportFault(f"{key} holds no numbers", "load weights, or build the network on cpu")
    plain = tensor.detach().cpu()
    # NumPy has no bfloat16 of its own; any half is exact in float32.
    return (plain if plain.element_size() > 2 else plain.float()).contiguous().numpy()
