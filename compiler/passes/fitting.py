"""Whether weights are those of a network, before any of them is changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler.ir.network import Network
from compiler.ir.nodes import leaves
from compiler.ops.norm import COUNTER

if TYPE_CHECKING:
    from compiler.passes.passing import Weights


def fit(network: Network, weights: Weights) -> Weights:
    """The weights without those of auxiliary heads that the network doesn't have.

    Heads that it does have may be without weights, as in a module that was built without them, and
    the counter of a batch norm's steps may be missing, as in old checkpoints.
    Raises `ValueError` naming a tensor that is missing, has another shape, holds no real numbers,
    or belongs to no layer.
    """
    shapes = {
        f"{path}.{name}": shape
        for path, leaf in leaves(network.nodes)
        for name, shape in (leaf.op.params(leaf.inp) | leaf.op.buffers(leaf.inp)).items()
    }
    left_out = tuple(f"{head}." for head in network.heads_left_out)
    given = {key: tensor for key, tensor in weights.items() if not key.startswith(left_out)}
    bare = {tap.name for tap in network.taps} - {key.split(".")[0] for key in given}
    wanted = {key: shape for key, shape in shapes.items() if key.split(".")[0] not in bare}
    if wrong := list(_wrong(wanted, given)):
        more = f" (and {len(wrong) - 1} more)" if wrong[1:] else ""
        help = f"they are those of a module of {network.name}, as its state_dict() has them"
        raise ValueError(f"the weights don't fit {network.name}: {wrong[0]}{more}; {help}")
    return given


def _wrong(wanted: dict[str, tuple[int, ...]], given: Weights) -> Iterator[str]:
    for key, shape in wanted.items():
        found = given.get(key)
        if found is None:
            if not key.endswith(f".{COUNTER}"):
                yield f"{key} is missing"
        elif tuple(found.shape) != tuple(shape):
            yield f"{key} is {tuple(found.shape)}, it must be {tuple(map(int, shape))}"
        elif not key.endswith(f".{COUNTER}") and not found.is_floating_point():
            yield f"{key} is of {found.dtype}, it must be of a floating type"
    yield from (f"no layer has {key}" for key in given.keys() - wanted.keys())
