"""How weights are drawn: each scheme of the language as a call of `torch.nn.init`."""

from __future__ import annotations

from typing import Any

from compiler.ir.op import Call, Init

RELU = {"nonlinearity": "relu"}
TORCH = {"a": 5**0.5}
"""What `reset_parameters` of torch's convolutions and linear layers gives the same function."""
FUNCTIONS: dict[str, tuple[str, dict[str, Any], str]] = {
    "torch": ("nn.init.kaiming_uniform_", TORCH, "torch's own distribution"),
    "normal": ("nn.init.normal_", {}, "N(0, {std:g})"),
    "trunc_normal": ("nn.init.trunc_normal_", {}, "N(0, {std:g}), cut at +-2"),
    "he_normal": ("nn.init.kaiming_normal_", RELU, "He's normal distribution"),
    "he_uniform": ("nn.init.kaiming_uniform_", RELU, "He's uniform distribution"),
    "xavier_normal": ("nn.init.xavier_normal_", {}, "Glorot's normal distribution"),
    "xavier_uniform": ("nn.init.xavier_uniform_", {}, "Glorot's uniform distribution"),
}


def init_call(init: Init) -> Call:
    """The function and its keyword arguments; the weight is its first argument."""
    function, kwargs, _ = FUNCTIONS[init.scheme]
    return Call(function, (), {**kwargs, **init.args})


def describe(init: Init) -> str:
    """`N(0, 0.01), cut at +-2`, for docstrings."""
    return FUNCTIONS[init.scheme][2].format(**init.args)
