"""Activations in ONNX's terms."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

from compiler.exporting.place import Place
from compiler.ops.act import ACTIVATIONS, Activation, Softmax

Written = Callable[[Activation, Place], str]


def plain(op: str) -> Written:
    """An operator that is the activation as it stands."""
    return lambda _, at: at.add(op, [at.x.name])


def _relu6(op: Activation, at: Place) -> str:
    return at.add("Clip", [at.x.name, at.scalar("least", 0.0), at.scalar("most", 6.0)])


def _leaky(op: Activation, at: Place) -> str:
    slope = ACTIVATIONS[op.kind].slope if op.slope is None else op.slope
    assert slope is not None, op
    return at.add("LeakyRelu", [at.x.name], alpha=float(slope))


def _prelu(op: Activation, at: Place) -> str:
    sides = at.each() if op.channelwise else (1,) * len(at.x.shape)
    return at.add("PRelu", [at.x.name, at.weight("weight", *sides)])


def _silu(op: Activation, at: Place) -> str:
    return at.add("Mul", [at.x.name, at.add("Sigmoid", [at.x.name], "sigmoid")])


def _mish(op: Activation, at: Place) -> str:
    if at.opset >= 18:
        return at.add("Mish", [at.x.name])
    rising = at.add("Tanh", [at.add("Softplus", [at.x.name], "softplus")], "tanh")
    return at.add("Mul", [at.x.name, rising])


def _gelu(op: Activation, at: Place) -> str:
    if at.opset >= 20:
        return at.add("Gelu", [at.x.name], approximate="none")
    # In this order, so that ONNX Runtime knows it for one operator.
    scaled = at.add("Div", [at.x.name, at.scalar("root", sqrt(2))], "scaled")
    share = at.add("Add", [at.add("Erf", [scaled], "erf"), at.scalar("one", 1.0)], "share")
    twice = at.add("Mul", [at.x.name, share], "twice")
    return at.add("Mul", [twice, at.scalar("half", 0.5)])


def _hardswish(op: Activation, at: Place) -> str:
    if at.opset >= 14:
        return at.add("HardSwish", [at.x.name])
    return at.add("Mul", [at.x.name, _ramp(at, "ramp")])


def _hardsigmoid(op: Activation, at: Place) -> str:
    return _ramp(at)


def _ramp(at: Place, part: str = "") -> str:
    return at.add("HardSigmoid", [at.x.name], part, alpha=1 / 6, beta=0.5)


def _elu(op: Activation, at: Place) -> str:
    return at.add("Elu", [at.x.name], alpha=1.0)


WRITTEN: dict[str, Written] = {
    "relu": plain("Relu"),
    "relu6": _relu6,
    "leakyrelu": _leaky,
    "prelu": _prelu,
    "elu": _elu,
    "silu": _silu,
    "mish": _mish,
    "gelu": _gelu,
    "hardswish": _hardswish,
    "sigmoid": plain("Sigmoid"),
    "hardsigmoid": _hardsigmoid,
    "tanh": plain("Tanh"),
    "softplus": plain("Softplus"),
}
"""Each activation of `ACTIVATIONS`."""


def activation(op: Activation, at: Place) -> str:
    """An elementwise nonlinearity."""
    return WRITTEN[op.kind](op, at)


def softmax(op: Softmax, at: Place) -> str:
    """Over the channels, at each place."""
    return at.add("Softmax", [at.x.name], axis=1)
