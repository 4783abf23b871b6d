"""The aten operators that the runtime oracle understands, and nothing else.

A model that runs an operator outside this table is not silently miscounted: `UnknownOpError`
names the operator. To teach the oracle one, put it under the category whose behaviour it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

if TYPE_CHECKING:  # It takes parameters for type checkers only: in torch 2.4 it is a plain class.
    from torch._ops import OpOverload


class UnknownOpError(RuntimeError):
    """A model ran an aten operator that the oracle cannot account for."""


class Category(Enum):
    """What an operator does to elements, memory and the receptive field."""

    CONV = auto()
    LINEAR = auto()
    MAX_POOL = auto()
    AVG_POOL = auto()
    UPSAMPLE = auto()
    ADAPTIVE_POOL = auto()
    REDUCE = auto()
    PAD = auto()
    POINTWISE = auto()  # every output element sits where its inputs sit; norms and softmax too
    CAT = auto()
    CONSTANT = auto()  # writes values that do not depend on the image
    ALLOC = auto()  # reserves memory, writes nothing
    VIEW = auto()
    SLICE = auto()


_TABLE = {
    Category.CONV: "convolution",
    Category.LINEAR: "mm addmm",
    Category.MAX_POOL: "max_pool2d_with_indices max_pool3d_with_indices",
    Category.AVG_POOL: "avg_pool2d avg_pool3d",
    Category.UPSAMPLE: (
        "upsample_nearest1d upsample_nearest2d upsample_nearest3d"
        " upsample_linear1d upsample_bilinear2d upsample_trilinear3d"
    ),
    Category.ADAPTIVE_POOL: (
        "_adaptive_avg_pool2d _adaptive_avg_pool3d adaptive_max_pool2d adaptive_max_pool3d"
    ),
    Category.REDUCE: "mean sum amax linalg_vector_norm",
    Category.PAD: "constant_pad_nd",
    Category.POINTWISE: (
        "native_batch_norm cudnn_batch_norm miopen_batch_norm _native_batch_norm_legit"
        " _native_batch_norm_legit_no_training _batch_norm_with_update _batch_norm_no_update"
        " native_group_norm native_layer_norm"
        " relu relu_ hardtanh hardtanh_ leaky_relu leaky_relu_ elu elu_ silu silu_ gelu"
        " hardswish hardswish_ hardsigmoid hardsigmoid_ mish mish_ sigmoid sigmoid_ tanh tanh_"
        " _prelu_kernel softplus _softmax _log_softmax channel_shuffle clone pow sqrt rsqrt"
        " clamp_min"
        " add add_ sub sub_ mul mul_ div div_ maximum bernoulli_ native_dropout"
    ),
    Category.CAT: "cat",
    Category.CONSTANT: (
        "ones ones_like zeros zeros_like full full_like new_ones new_zeros new_full"
        " repeat"  # of an instance norm's weights, once for each sample
    ),
    Category.ALLOC: "empty empty_like empty_strided new_empty",
    Category.VIEW: (
        "view _unsafe_view reshape flatten t transpose permute squeeze unsqueeze expand"
        " detach alias split split_with_sizes select"
        " as_strided_"  # of one channel, whose memory lies as well one way as the other
    ),
    Category.SLICE: "slice",
}
_KNOWN = {f"aten::{name}": kind for kind, names in _TABLE.items() for name in names.split()}

# Operators that hand out old elements, or memory without values.
WRITES_NOTHING = frozenset({Category.VIEW, Category.SLICE, Category.ALLOC})


LEARNT: dict[str, Category] = {}
"""Operators that plugins spoke of."""


def learn(name: str, category: str) -> str:
    """Know one more operator, by the category whose behaviour it has; why not, if it can't be."""
    known = [each.name.lower() for each in Category]
    if category not in known:
        return f"{name} can't be of the category {category}: there are {', '.join(known)}"
    whole = name if name.startswith("aten::") or "::" in name else f"aten::{name}"
    LEARNT[whole] = Category[category.upper()]
    return ""


def category(op: OpOverload[..., Any]) -> Category:
    """The category of an operator; `UnknownOpError` if the table lacks it."""
    name = op._schema.name
    found = _KNOWN.get(name) or LEARNT.get(name)
    if found is None:
        raise UnknownOpError(
            f"the runtime oracle does not know the operator {op}: "
            "add it to compiler/oracle/observe_ops.py, or to the `operators` of a plugin"
        )
    return found


def bind(op: OpOverload[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Every argument of a call by its schema name: the dispatcher trims trailing defaults."""
    rest = op._schema.arguments[len(args) :]
    bound = {arg.name: value for arg, value in zip(op._schema.arguments, args, strict=False)}
    return bound | {arg.name: kwargs.get(arg.name, arg.default_value) for arg in rest}


def tensors(tree: object) -> list[torch.Tensor]:
    """The tensors anywhere in a nest of containers, in order."""
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, torch.Tensor)]


def storage_key(tensor: torch.Tensor) -> int:
    """Which memory a tensor lies in; unique only while that memory is alive."""
    return int(tensor.untyped_storage()._cdata)


def storage_keys(state: Iterable[torch.Tensor]) -> frozenset[int]:
    """The memory of parameters and buffers, which no activation count may include."""
    return frozenset(storage_key(tensor) for tensor in state)


@dataclass(frozen=True)
class Ran:
    """One operator that ran, seen while its inputs and outputs are alive."""

    op: OpOverload[..., Any]
    kind: Category
    bound: dict[str, Any]
    out: object


class KnownOps(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Refuses every operator outside the table and tells `saw` of each of the others."""

    def __init__(self, saw: Callable[[Ran], None] = lambda ran: None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._saw = saw

    def __torch_dispatch__(
        self,
        func: OpOverload[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kind = category(func)
        out = func(*args, **(kwargs or {}))
        self._saw(Ran(func, kind, bind(func, args, kwargs or {}), out))
        return out
