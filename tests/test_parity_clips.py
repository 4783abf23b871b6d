"""S3D gives torchvision's numbers, and I3D those of the original's structure, built in Keras.

Keras pads by TensorFlow's SAME with code of its own, and runs on torch. Its network below is
written from arXiv:1705.07750, figure 3, and what the authors' release settles: 3x3x3 where
GoogLeNet has its 5x5, a norm without gamma, no biases but the logits'.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import dsl
from compiler.nn.module import CompiledNetwork, compile_spec
from compiler.weights import export_weights, load_weights
from dsl.models.spec import Spec
from tests.parity import CLASSES, TOLERANCE, agree, differ, error, randomise, with_fault
from tests.peers import keras, torchvision_models
from tests.shelf import for_small_clips
from tests.test_parity_keras import precision
from tests.test_parity_series import number, transplant

SIZES = [(16, 64, 50), (17, 33, 79), (13, 40, 40)]
"""Both sides' last pooling is 2x1x1 for these: of 2x7x7 it takes a clip of 13x209x209 at least."""
OWN = (13, 209, 216)
"""A clip for the last pooling as it is, which is tried once."""
SMALL = (2, 1, 1)


def specs(name: str, variant: str | None = None, *, small: bool = True) -> Spec:
    return for_small_clips(name, variant) if small else dsl.load(name, variant)


def clips(channels: int, size: tuple[int, ...], dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(2, channels, *size, generator=generator, dtype=torch.float64)
    return x.to(dtype)


# --- S3D ---


@cache
def s3d(*, small: bool = True) -> tuple[CompiledNetwork, nn.Module]:
    """Ours and torchvision's, with the same random weights and statistics."""
    torch.manual_seed(0)
    theirs: Any = torchvision_models().video.s3d(num_classes=CLASSES)
    if small:
        theirs.avgpool.kernel_size = SMALL
    randomise(theirs)
    ours = compile_spec(specs("s3d", small=small), num_classes=CLASSES)
    load_weights(ours, theirs.state_dict(), "torchvision")
    return ours, theirs


def same_state(ours: CompiledNetwork, theirs: nn.Module) -> None:
    exported = export_weights(ours, "torchvision")
    state = theirs.state_dict()
    assert exported.keys() == state.keys()
    for key, value in state.items():
        if value.is_floating_point():
            agree(exported[key], value)
        else:
            assert torch.equal(exported[key], value), key


@pytest.mark.parametrize("size", [*SIZES, OWN], ids=str)
def test_s3d_evaluates_as_torchvision_s(size: tuple[int, ...]) -> None:
    ours, theirs = s3d(small=size != OWN)
    for dtype in TOLERANCE if size != OWN else [torch.float64]:
        x = clips(3, size, dtype)
        with torch.no_grad():
            got, wanted = ours.to(dtype).eval()(x), theirs.to(dtype).eval()(x)
        differ(wanted)
        agree(got, wanted)


def test_s3d_trains_as_torchvision_s() -> None:
    """Logits, then a step: so gradients and running statistics agree too."""
    ours, theirs = s3d()
    assert [m.p for m in ours.modules() if isinstance(m, nn.Dropout)] == [0.2]
    x, target = clips(3, SIZES[0]), torch.tensor([3, 7])
    outputs = []
    for model in (ours.double().train(), theirs.double().train()):
        torch.manual_seed(1)
        outputs.append(model(x))
        nn.functional.cross_entropy(outputs[-1], target).backward()  # type: ignore[no-untyped-call]
        torch.optim.SGD(model.parameters(), lr=0.01).step()
    differ(outputs[1].detach())
    agree(*outputs)
    same_state(ours, theirs)


@pytest.mark.parametrize("fault", [{"defaults.eps": 1e-5}, {"pool_5a": "maxpool 3x3x3 /2"}])
def test_a_fault_of_s3d_shows(fault: dict[str, Any]) -> None:
    ours, theirs = s3d()
    wrong = with_fault(specs("s3d"), None, fault)
    wrong.load_state_dict(ours.state_dict(), strict=True)
    x = clips(3, SIZES[0])
    with torch.no_grad():
        assert error(wrong(x), theirs.double().eval()(x)) > 1e-6


def test_constants_of_s3d_are_torchvision_s() -> None:
    found = [
        [(m.eps, m.momentum) for m in model.modules() if isinstance(m, nn.BatchNorm3d)]
        for model in s3d()
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 77


# --- I3D ---

WIDTHS = {
    "3b": (64, 96, 128, 16, 32, 32),
    "3c": (128, 128, 192, 32, 96, 64),
    "4b": (192, 96, 208, 16, 48, 64),
    "4c": (160, 112, 224, 24, 64, 64),
    "4d": (128, 128, 256, 24, 64, 64),
    "4e": (112, 144, 288, 32, 64, 64),
    "4f": (256, 160, 320, 32, 128, 128),
    "5b": (256, 160, 320, 32, 128, 128),
    "5c": (384, 192, 384, 48, 128, 128),
}
"""Table 1 of GoogLeNet's paper; modules are called as in TF-slim."""
POOLS = {"3b": ((1, 3, 3), (1, 2, 2)), "4b": ((3, 3, 3), (2, 2, 2)), "5b": ((2, 2, 2), (2, 2, 2))}
"""In front of which module there is which pool, with its strides."""
STREAMS = {None: 3, "flow": 2}


def unit(x: Any, filters: int, size: int, stride: int = 1) -> Any:
    layers = keras().layers
    x = layers.Conv3D(filters, size, strides=stride, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(scale=False, momentum=0.999)(x))


def module(x: Any, n1: int, r3a: int, n3a: int, r3b: int, n3b: int, pp: int) -> Any:
    layers = keras().layers
    ones = unit(x, n1, 1)
    one, other = unit(unit(x, r3a, 1), n3a, 3), unit(unit(x, r3b, 1), n3b, 3)
    pooled = unit(layers.MaxPool3D(3, strides=1, padding="same")(x), pp, 1)
    return layers.Concatenate()([ones, one, other, pooled])


def authors(channels: int, last: tuple[int, ...] = (2, 7, 7)) -> Any:
    """Their network up to its logits, for clips of any size."""
    layers = keras().layers

    def pool(x: Any, size: tuple[int, ...], stride: tuple[int, ...]) -> Any:
        return layers.MaxPool3D(size, strides=stride, padding="same")(x)

    start = keras().Input((None, None, None, channels))
    x = pool(unit(start, 64, 7, 2), *POOLS["3b"])
    x = unit(unit(x, 64, 1), 192, 3)
    for name, widths in WIDTHS.items():
        x = module(pool(x, *POOLS[name]) if name in POOLS else x, *widths)
    x = layers.AveragePooling3D(last, strides=1)(x)
    x = layers.Conv3D(CLASSES, 1)(x)
    return keras().Model(start, layers.GlobalAveragePooling3D()(x))


@cache
def i3d(variant: str | None, *, small: bool = True) -> tuple[CompiledNetwork, Any]:
    torch.manual_seed(0)
    ours = compile_spec(specs("i3d", variant, small=small), num_classes=CLASSES).double()
    randomise(ours)
    with precision(torch.float64):
        theirs = authors(STREAMS[variant], SMALL if small else (2, 7, 7))
    transplant(ours, theirs)
    return ours, theirs


def run(theirs: Any, x: Tensor, *, training: bool = False) -> Tensor:
    with precision(x.dtype):
        output: Tensor = theirs(x.permute(0, 2, 3, 4, 1), training=training)
    return output


@pytest.mark.parametrize(("variant", "size"), [(None, OWN), *product(STREAMS, SIZES)], ids=str)
def test_i3d_evaluates_as_the_authors(variant: str | None, size: tuple[int, ...]) -> None:
    ours, theirs = i3d(variant, small=size != OWN)
    x = clips(STREAMS[variant], size)
    with torch.no_grad():
        got, wanted = ours.eval()(x), run(theirs, x)
    differ(wanted)
    agree(got, wanted)


def test_i3d_trains_as_the_authors() -> None:
    """Logits from the batch's statistics, and the running means afterwards."""
    ours, theirs = i3d(None)
    for part in ours.modules():
        if isinstance(part, nn.Dropout):  # Theirs has none.
            part.p = 0.0
    x = clips(3, SIZES[0])
    with torch.no_grad():
        agree(ours.train()(x), run(theirs, x, training=True))
    means = [layer for layer in theirs.layers if hasattr(layer, "moving_mean")]
    norms = [part for part in ours.modules() if isinstance(part, nn.BatchNorm3d)]
    for norm, layer in zip(norms, sorted(means, key=number), strict=True):
        assert norm.running_mean is not None
        agree(norm.running_mean, layer.moving_mean.value)


@pytest.mark.parametrize("fault", [{"defaults.padding": "same"}, {"defaults.eps": 1e-5}])
def test_a_fault_of_i3d_shows(fault: dict[str, Any]) -> None:
    ours, theirs = i3d(None)
    wrong = with_fault(specs("i3d"), None, fault)
    wrong.load_state_dict(ours.state_dict(), strict=True)
    x = clips(3, SIZES[0])
    with torch.no_grad():
        assert error(wrong(x), run(theirs, x)) > 1e-6


def test_parameters_are_those_of_the_authors_network() -> None:
    for variant, channels in STREAMS.items():
        ours = compile_spec("i3d", variant, num_classes=CLASSES)
        trained = sum(w.numel() for w in ours.parameters())
        with precision(torch.float32):
            assert trained == sum(int(w.value.numel()) for w in authors(channels).trainable_weights)
