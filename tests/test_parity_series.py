"""InceptionTime gives the numbers of the authors' network, and of aeon's.

The authors' is built in Keras from figures 1 and 2 of arXiv:1909.04939, with their settings: six
modules, a bottleneck of 32 where there is more than one channel, kernels of 40, 20 and 10, a
shortcut around every third module, and Keras's batch norm. aeon's, at its defaults, is the same
network. Keras runs on torch; `tests.peers_series` says how aeon's file is run without the package.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from compiler.nn.module import CompiledNetwork, compile_spec
from tests.parity import TOLERANCE, agree, differ, error, randomise, with_fault
from tests.peers import keras
from tests.peers_series import aeon_network
from tests.test_parity_keras import precision

CLASSES = 11
FILTERS = 32


def conv(x: Any, filters: int, size: int) -> Any:
    layer = keras().layers.Conv1D(filters, size, padding="same", use_bias=False)
    return layer(x)


def inception(x: Any) -> Any:
    layers = keras().layers
    narrow = conv(x, FILTERS, 1) if x.shape[-1] > 1 else x
    wide = [conv(narrow, FILTERS, size) for size in (40, 20, 10)]
    pooled = conv(layers.MaxPool1D(3, strides=1, padding="same")(x), FILTERS, 1)
    joined = layers.Concatenate(axis=2)([*wide, pooled])
    return layers.ReLU()(layers.BatchNormalization()(joined))


def authors(channels: int) -> Any:
    """Their network for series of any length, up to its logits."""
    layers = keras().layers
    start = x = residual = keras().Input((None, channels))
    for depth in range(6):
        x = inception(x)
        if depth % 3 == 2:
            shortcut = layers.BatchNormalization()(conv(residual, x.shape[-1], 1))
            x = residual = layers.ReLU()(layers.Add()([shortcut, x]))
    return keras().Model(start, layers.Dense(CLASSES)(layers.GlobalAveragePooling1D()(x)))


KERAS: dict[str, Callable[[int], Any]] = {
    "authors": authors,
    "aeon": lambda channels: aeon_network(channels, CLASSES),
}
"""Whose network it is, by the channels of its series, up to logits."""


def transplant(ours: nn.Module, theirs: Any) -> None:
    """Both make their layers in one order; every tensor of either side is used."""
    state = [v for k, v in ours.state_dict().items() if not k.endswith("num_batches_tracked")]
    made = [layer for layer in theirs.layers if layer.weights]
    # `model.layers` goes by depth, and Keras numbers each kind in the order of their making.
    waiting = {
        kind: sorted((layer for layer in made if type(layer).__name__ == kind), key=number)
        for kind in {type(layer).__name__ for layer in made}
    }
    used = 0
    for module in ours.modules():
        kinds = [(kind, tensors) for of, kind, tensors in KINDS if isinstance(module, of)]
        for kind, tensors in kinds:
            for name, (variable, axes) in tensors(waiting[kind].pop(0)).items():
                variable.assign(getattr(module, name).detach().permute(axes))
                used += 1
    assert used == len(state) == len(theirs.variables)
    assert not any(waiting.values())


def number(layer: Any) -> int:
    last = layer.name.rpartition("_")[2]
    return int(last) if last.isdigit() else 0


Tensors = dict[str, tuple[Any, tuple[int, ...]]]
"""What torch calls a layer's tensors: Keras's, and how the axes of torch's lie there."""


def kernel(layer: Any) -> Tensors:
    rank = len(layer.kernel.shape)
    found: Tensors = {"weight": (layer.kernel, (*range(2, rank), 1, 0))}
    return found | ({"bias": (layer.bias, (0,))} if layer.use_bias else {})


def norm(layer: Any) -> Tensors:
    found: Tensors = {"weight": (layer.gamma, (0,))} if layer.scale else {}
    found["bias"] = layer.beta, (0,)
    return found | {
        "running_mean": (layer.moving_mean, (0,)),
        "running_var": (layer.moving_variance, (0,)),
    }


KINDS: list[tuple[Any, str, Any]] = [
    (nn.Conv1d, "Conv1D", kernel),
    (nn.Conv3d, "Conv3D", kernel),
    (nn.BatchNorm1d | nn.BatchNorm3d, "BatchNormalization", norm),
    (nn.Linear, "Dense", kernel),
]
VARIANTS = {None: 1, "multivariate": 12}


def pair(
    variant: str | None, dtype: torch.dtype, whose: str = "authors"
) -> tuple[CompiledNetwork, Any]:
    torch.manual_seed(0)
    ours = compile_spec("inception_time", variant, num_classes=CLASSES).double()
    randomise(ours)
    with precision(dtype):
        theirs = KERAS[whose](VARIANTS[variant])
    transplant(ours, theirs)
    return ours.to(dtype), theirs


def series(channels: int, length: int, dtype: torch.dtype) -> Tensor:
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(2, channels, length, generator=generator, dtype=torch.float64)
    return x.to(dtype)


def run(theirs: Any, x: Tensor, *, training: bool = False) -> Tensor:
    with precision(x.dtype):
        output: Tensor = theirs(x.permute(0, 2, 1), training=training)
    return output


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("whose", KERAS)
def test_evaluation(whose: str, variant: str | None, dtype: torch.dtype) -> None:
    ours, theirs = pair(variant, dtype, whose)
    for length in (140, 77):
        x = series(VARIANTS[variant], length, dtype)
        with torch.no_grad():
            got, wanted = ours.eval()(x), run(theirs, x)
        differ(wanted)
        agree(got, wanted)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("whose", KERAS)
def test_training(whose: str, variant: str | None) -> None:
    """Logits from the batch's statistics, and the running means afterwards."""
    ours, theirs = pair(variant, torch.float64, whose)
    x = series(VARIANTS[variant], 96, torch.float64)
    agree(ours.train()(x), run(theirs, x, training=True))
    means = [layer for layer in theirs.layers if hasattr(layer, "moving_mean")]
    norms = [module for module in ours.modules() if isinstance(module, nn.BatchNorm1d)]
    for module, layer in zip(norms, sorted(means, key=number), strict=True):
        assert module.running_mean is not None
        agree(module.running_mean, layer.moving_mean.value)


FAULTS = [{"defaults.eps": 1e-5}, {"body.group1.then": "identity"}, {"head.pool": "globalpool max"}]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_shows(fault: dict[str, Any]) -> None:
    ours, theirs = pair(None, torch.float64)
    x = series(1, 96, torch.float64)
    wrong = with_fault("inception_time", None, fault)
    wrong.load_state_dict(ours.state_dict(), strict=True)
    with torch.no_grad():
        assert error(wrong(x), run(theirs, x)) > 1e-6


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("whose", KERAS)
def test_parameters_are_those_of_their_network(whose: str, variant: str | None) -> None:
    ours = compile_spec("inception_time", variant, num_classes=CLASSES)
    trained = sum(w.numel() for w in ours.parameters())
    with precision(torch.float32):
        theirs = KERAS[whose](VARIANTS[variant])
    assert trained == sum(int(w.value.numel()) for w in theirs.trainable_weights)
