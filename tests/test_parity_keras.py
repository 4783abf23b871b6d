"""Keras's Inception-v3, Inception-ResNet-v2 and Xception give the same numbers as ours.

Keras 3 runs its own networks on torch. `tests.parity` says how weights and statistics are
drawn, and what counts as equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pytest
import torch
from torch import Tensor, nn

from compiler.nn.module import CompiledNetwork, compile_spec
from tests.parity import CLASSES, agree, differ, error, images, norms, randomise, still, with_fault
from tests.peers import keras

Layers = dict[str, Any]
"""Keras's layers that have weights, under the places of their counterparts in ours."""

# --- Which layer is which ---


def numbered(model: Any, kind: str) -> list[Any]:
    """Layers that Keras named by itself, in the order in which they were made."""
    names = (re.fullmatch(kind + r"(?:_(\d+))?", layer.name) for layer in model.layers)
    found = [(int(name[1] or 0), name[0]) for name in names if name]
    return [model.get_layer(name) for _, name in sorted(found)]


def convolutions(ours: nn.Module) -> list[str]:
    """The places of our convolutions, in order."""
    return [place for place, module in ours.named_modules() if isinstance(module, nn.Conv2d)]


def in_order(model: Any, places: list[str]) -> Layers:
    """Convolutions and norms were made in pairs, and in the order in which ours run."""
    convs, batch_norms = numbered(model, "conv2d"), numbered(model, "batch_normalization")
    behind = [f"{place.removesuffix('.conv')}.bn" for place in places]
    return dict(zip(places, convs, strict=True)) | dict(zip(behind, batch_norms, strict=True))


def inception_v3(model: Any, ours: nn.Module) -> Layers:
    return in_order(model, convolutions(ours)) | {"fc": model.get_layer("predictions")}


def inception_resnet_v2(model: Any, ours: nn.Module) -> Layers:
    """The linear convolutions in front of the sums have names of their own."""
    named = {f"repeat.{n}.conv2d": f"block35_{n + 1}_conv" for n in range(10)}
    named |= {f"repeat_1.{n}.conv2d": f"block17_{n + 1}_conv" for n in range(20)}
    named |= {f"repeat_2.{n}.conv2d": f"block8_{n + 1}_conv" for n in range(9)}
    named |= {"block8.conv2d": "block8_10_conv", "classif": "predictions"}
    named |= {"conv2d_7b.conv": "conv_7b", "conv2d_7b.bn": "conv_7b_bn"}
    others = [place for place in convolutions(ours) if place not in named]
    by_name = {place: model.get_layer(name) for place, name in named.items()}
    return in_order(model, others) | by_name


def xception(model: Any, ours: nn.Module) -> Layers:
    """Keras numbers the blocks from the stem on; only the shortcuts have no names."""
    shortcuts = [f"{block}.skip.conv" for block in ("block1", "block2", "block3", "block12")]
    units = {"conv1": "block1_conv1", "conv2": "block1_conv2"}
    units |= {f"block1.rep.{n}": f"block2_sepconv{n + 1}" for n in (0, 1)}
    units |= {f"block2.rep.{n}": f"block3_sepconv{n}" for n in (1, 2)}
    units |= {f"block3.rep.{n}": f"block4_sepconv{n}" for n in (1, 2)}
    units |= {
        f"middle.{block}.rep.{n}": f"block{block + 5}_sepconv{n}"
        for block in range(8)
        for n in (1, 2, 3)
    }
    units |= {f"block12.rep.{n}": f"block13_sepconv{n}" for n in (1, 2)}
    units |= {"conv3": "block14_sepconv1", "conv4": "block14_sepconv2"}
    found = in_order(model, shortcuts) | {"fc": model.get_layer("predictions")}
    for place, name in units.items():
        found[place if "sepconv" in name else f"{place}.conv"] = model.get_layer(name)
        found[f"{place}.bn"] = model.get_layer(f"{name}_bn")
    return found


# --- The same weights in both ---


def weights(place: str, layer: Any) -> dict[str, tuple[Any, tuple[int, ...]]]:
    """Keys of our state dict: Keras's variable, and the order of axes that it has."""
    match type(layer).__name__:
        case "Conv2D":
            found = {"weight": (layer.kernel, (2, 3, 1, 0)), "bias": (layer.bias, (0,))}
        case "SeparableConv2D":
            found = {
                "depthwise.weight": (layer.depthwise_kernel, (2, 3, 0, 1)),
                "pointwise.weight": (layer.pointwise_kernel, (2, 3, 1, 0)),
            }
        case "BatchNormalization":
            found = {
                "weight": (layer.gamma, (0,)),
                "bias": (layer.beta, (0,)),
                "running_mean": (layer.moving_mean, (0,)),
                "running_var": (layer.moving_variance, (0,)),
            }
        case "Dense":
            found = {"weight": (layer.kernel, (1, 0)), "bias": (layer.bias, (0,))}
        case other:
            raise AssertionError(other)
    return {f"{place}.{key}": pair for key, pair in found.items() if pair[0] is not None}


def transplant(ours: nn.Module, layers: Layers) -> None:
    """Give Keras's layers our weights; every one of either side must be used."""
    state = {k: v for k, v in ours.state_dict().items() if not k.endswith("num_batches_tracked")}
    theirs = {key: pair for place in layers for key, pair in weights(place, layers[place]).items()}
    assert theirs.keys() == state.keys()
    for key, (variable, axes) in theirs.items():
        variable.assign(state[key].permute(axes))


@dataclass(frozen=True)
class Pair:
    """A network of ours, Keras's, and how its layers are called in ours."""

    ours: tuple[str, str | None]
    theirs: str
    layers: Callable[[Any, nn.Module], Layers]
    faults: tuple[dict[str, Any], ...]
    """Slips that leave shapes and counts alone, each of which must show."""


PAIRS = {
    "inception_v3": Pair(
        ("inception_v3", "keras"),
        "InceptionV3",
        inception_v3,
        ({"defaults.avgpool": "countpad"}, {"defaults.eps": 1e-5}),
    ),
    "inception_resnet_v2": Pair(
        ("inception_resnet_v2", "keras"),
        "InceptionResNetV2",
        inception_resnet_v2,
        (
            {"inception.A.branch3.0": "avgpool 3x3 countpad"},
            {"inception.block8.params.scale": 0.2001},
        ),
    ),
    "xception": Pair(
        ("xception", None),
        "Xception",
        xception,
        (
            {"defaults.padding": "same"},
            {"reduction.first.rep": ["sepconv 3x3 128", "sepconv 3x3 128", "maxpool 3x3 /2"]},
        ),
    ),
}


@dataclass(frozen=True)
class Built:
    """Both networks with the same random weights and statistics."""

    pair: Pair
    ours: CompiledNetwork
    theirs: Any
    layers: Layers

    def run(self, x: Tensor, *, training: bool = False) -> Tensor:
        """Keras's logits for a batch (N, C, H, W)."""
        with precision(x.dtype):
            output = self.theirs(x.permute(0, 2, 3, 1), training=training)
        assert isinstance(output, Tensor) and output.dtype == x.dtype
        return output


@contextmanager
def precision(dtype: torch.dtype) -> Iterator[None]:
    """Keras has one type for all that it makes and computes.

    On torch it would still norm in float32, by a table that promises no more than JAX does.
    """
    kit = keras()
    settings = (kit.config.set_floatx, kit.config.set_dtype_policy)
    for setting in settings:
        setting(str(dtype).removeprefix("torch."))
    table = kit.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE
    with mock.patch.dict(table, float64="float64"):
        yield
    for setting in settings:
        setting("float32")


def create(name: str) -> Any:
    """Keras's network for images of any size."""
    kit, shape = keras(), (None, None, 3)
    trunk = getattr(kit.applications, name)(
        include_top=False, weights=None, input_shape=shape, pooling="avg"
    )
    logits = kit.layers.Dense(CLASSES, name="predictions")(trunk.output)
    return kit.Model(trunk.input, logits)


def build(name: str, dtype: torch.dtype) -> Built:
    pair = PAIRS[name]
    torch.manual_seed(0)
    ours = compile_spec(*pair.ours, num_classes=CLASSES, aux=False).double()
    randomise(ours)
    still(ours)
    with precision(dtype):
        theirs = create(pair.theirs)
    found = Built(pair, ours.to(dtype), theirs, pair.layers(theirs, ours))
    transplant(ours, found.layers)
    return found


@pytest.fixture(scope="module", params=PAIRS)
def built(request: pytest.FixtureRequest) -> Built:
    return build(request.param, torch.float64)


SIZES = [(75, 98), (120, 107)]


def compare(built: Built, dtype: torch.dtype) -> None:
    for size in SIZES:
        x = images(size, dtype)
        with torch.no_grad():
            got, wanted = built.ours.eval()(x), built.run(x)
        differ(wanted)
        agree(got, wanted)


def test_evaluation(built: Built) -> None:
    compare(built, torch.float64)


@pytest.mark.parametrize("name", PAIRS)
def test_evaluation_in_float32(name: str) -> None:
    compare(build(name, torch.float32), torch.float32)


def test_evaluation_shows_a_fault(built: Built) -> None:
    """The comparison bites: none of these changes a shape or a count."""
    x = images((96, 98), torch.float64)
    with torch.no_grad():
        wanted = built.run(x)
        for fault in built.pair.faults:
            wrong = with_fault(*built.pair.ours, fault)
            wrong.load_state_dict(built.ours.state_dict(), strict=True)
            assert error(wrong(x), wanted) > 1e-6, fault


def test_training(built: Built) -> None:
    """Logits from batch statistics, and the running statistics afterwards.

    Keras keeps the batch's variance, torch that of the population it was drawn from.
    """
    seen = counted(built.ours)
    before = {key: value.clone() for key, value in built.ours.state_dict().items()}
    x = images((113, 130), torch.float64)
    with torch.no_grad():
        got, wanted = built.ours.train()(x), built.run(x, training=True)
    differ(wanted)
    agree(got, wanted)
    for place, norm in norms(built.ours):
        layer, count = built.layers[place], seen[place]
        assert norm.running_mean is not None and norm.running_var is not None
        agree(norm.running_mean, layer.moving_mean.value.detach())
        kept = before[f"{place}.running_var"] * layer.momentum
        theirs = layer.moving_variance.value.detach() - kept
        agree(norm.running_var - kept, theirs * count / (count - 1))


def counted(model: nn.Module) -> dict[str, int]:
    """How many values of a channel each norm sees in the next pass."""
    seen: dict[str, int] = {}
    for place, norm in norms(model):

        def look(module: nn.Module, inputs: tuple[Tensor], place: str = place) -> None:
            seen[place] = inputs[0].numel() // inputs[0].shape[1]

        norm.register_forward_pre_hook(look)
    return seen


def test_constants_of_batch_norm(built: Built) -> None:
    for place, norm in norms(built.ours):
        layer = built.layers[place]
        assert norm.momentum is not None
        assert (norm.eps, round(1 - norm.momentum, 9)) == (layer.epsilon, layer.momentum), place
        assert (norm.weight is None) == (layer.gamma is None), place
