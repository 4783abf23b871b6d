"""Every op over a grid of sizes: shape, tensors, MACs and numbers.

torch is asked for shapes, tensors and FLOPs, NumPy (`tests.numpy_reference`) for numbers:
neither shares code with the ops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import dsl
from compiler.ir.facts import Axes
from compiler.ir.nodes import leaves
from compiler.ir.op import Op, Shape, ShapeFault
from compiler.lowering.lower import lower
from compiler.lowering.rules import RULES
from compiler.nn.built import construct
from compiler.nn.module import build
from compiler.ops.act import ACTIVATIONS, Activation, Softmax
from compiler.ops.conv import Conv
from compiler.ops.deconv import Deconv
from compiler.ops.linear import Dropout, DropPath, Flatten, Identity, Linear
from compiler.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm
from compiler.ops.pool import AdaptivePool, AvgPool, MaxPool
from compiler.ops.scale import LayerScale
from compiler.ops.shuffle import ChannelShuffle
from compiler.ops.unlearned import L2Norm, LocalResponseNorm
from compiler.ops.upsample import Upsample
from compiler.ops.window import Sliding
from dsl.models import layers
from dsl.models.layers import LAYERS, Layer, Sequence, Split
from dsl.models.spec import Defaults, Spec, walk
from tests import numpy_network
from tests import numpy_reference as reference
from tests.numpy_reference import Array, Padding
from tests.test_source import randomise

BATCH = 2
SIZES: list[Axes] = [(8, 8), (7, 9), (9, 6)]


def random(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def layer_of(op: Op, x: Shape) -> nn.Module:
    """The layer that an op says it is, in float64, with all it draws drawn anew."""
    layer = construct(op.call(x)).double()
    for place, parameter in enumerate(layer.parameters(), 1):
        parameter.data = random(*parameter.shape, seed=place)
    return layer


def close(ours: Tensor, theirs: Array) -> None:
    np.testing.assert_allclose(ours.detach().numpy(), theirs, rtol=1e-9, atol=1e-9)


def agrees(
    op: Op, x: Shape, expected: Callable[[Array, dict[str, Array]], Array], scale: float = 1
) -> None:
    """What the op says of itself is what its layer does; its numbers are NumPy's."""
    layer = layer_of(op, x).eval()
    state = {name: value.numpy() for name, value in layer.state_dict().items()}
    image = random(BATCH, *x, seed=9) * scale
    with FlopCounterMode(display=False) as flops, torch.no_grad():
        out = layer(image.clone())
    assert tuple(out.shape[1:]) == tuple(op.out(x))
    assert op.params(x) == {name: tuple(p.shape) for name, p in layer.named_parameters()}
    assert op.params(x) == op.params(Shape(x[0], *(side + 1 for side in x[1:])))
    assert op.buffers(x) == {name: tuple(b.shape) for name, b in layer.named_buffers()}
    assert flops.get_total_flops() == 2 * BATCH * op.work(x).macs
    close(out, expected(image.numpy(), state))


# --- Convolutions --------------------------------------------------------------------------


def numpy_padding(slide: Sliding, size: Axes) -> Padding:
    if not slide.tf_same:
        return tuple(pad for pad in slide.padding for _ in range(2))
    pads = [
        reference.tf_same_padding(size[axis], slide.kernel[axis], slide.stride[axis], dilation)
        for axis, dilation in enumerate(slide.dilation)
    ]
    return tuple(pad for pair in pads for pad in pair)


def slides(kernel: Axes, strides: list[Axes], dilations: list[Axes]) -> Iterator[Sliding]:
    """Each padding that the language has: none, the same on both sides, given, TensorFlow's."""
    for stride, dilation in product(strides, dilations):
        spans = [(kernel[axis] - 1) * dilation[axis] + 1 for axis in (0, 1)]
        same = (spans[0] - 1) // 2, (spans[1] - 1) // 2
        for padding in dict.fromkeys([(0, 0), same, (1, 2)]):
            yield Sliding(kernel, stride, padding, dilation)
        if not any(1 < span < step for span, step in zip(spans, stride, strict=True)):
            yield Sliding(kernel, stride, dilation=dilation, tf_same=True)


def conv_agrees(op: Conv, x: Shape) -> None:
    slide = op.slide
    padding = numpy_padding(slide, x.grid)

    def expected(image: Array, state: dict[str, Array]) -> Array:
        bias = state.get("bias")
        return reference.conv(
            image, state["weight"], bias, slide.stride, padding, slide.dilation, op.groups
        )

    agrees(op, x, expected)
    channels, width = int(x.channels), int(op.width)
    assert slide.window(x).before == padding[::2]
    assert slide.window(x).after == padding[1::2]
    if x.grid == SIZES[1] and slide.kernel != (7, 7):
        counted = reference.conv_macs_by_loop(
            channels, width, x.grid, slide.kernel, slide.stride, padding, slide.dilation, op.groups
        )
        assert op.work(x).macs == counted


KERNELS: list[Axes] = [(1, 1), (3, 3), (5, 5), (1, 7), (7, 1), (2, 2), (2, 3), (4, 1)]


@pytest.mark.parametrize("kernel", KERNELS, ids="{0[0]}x{0[1]}".format)
def test_conv(kernel: Axes) -> None:
    for slide in slides(kernel, [(1, 1), (2, 2), (3, 1)], [(1, 1)]):
        for place, size in enumerate(SIZES):
            if fits(slide, size):
                conv_agrees(Conv(5, slide, bias=bool(place % 2)), Shape(3, *size))


@pytest.mark.parametrize("kernel", [(3, 3), (1, 3), (2, 2)], ids="{0[0]}x{0[1]}".format)
def test_dilated_conv(kernel: Axes) -> None:
    for slide in slides(kernel, [(1, 1), (2, 2)], [(2, 2), (1, 3)]):
        for size in SIZES:
            if fits(slide, size):
                conv_agrees(Conv(3, slide), Shape(2, *size))


@pytest.mark.parametrize(("groups", "width"), [(2, 6), (4, 4), (4, 8)])
def test_grouped_and_depthwise_conv(groups: int, width: int) -> None:
    for slide in slides((3, 3), [(1, 1), (2, 2)], [(1, 1)]):
        for size in SIZES:
            conv_agrees(Conv(width, slide, groups, bias=True), Shape(4, *size))


def fits(slide: Sliding, size: Axes) -> bool:
    """Whether the window fits; the op must say so just where torch does."""
    x = Shape(1, *size)
    try:
        slide.grid(x)
    except ShapeFault:
        with pytest.raises(RuntimeError):
            layer_of(Conv(1, slide), x)(random(1, *x))
        return False
    return True


# --- Larger maps ---------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", [(1, 1), (2, 2), (3, 3), (4, 1), (2, 5)], ids=str)
def test_deconv(kernel: Axes) -> None:
    strides, dilations = [(1, 1), (2, 2), (3, 1)], [(1, 1), (2, 1)]
    for stride, dilation, pads in product(strides, dilations, [(0, 0), (1, 0)]):
        for size, (groups, width, extra) in product(SIZES, [(1, 5, 0), (2, 4, 1)]):
            slide = Sliding(kernel, stride, pads, dilation)
            kept = tuple(min(extra, max(s, d) - 1) for s, d in zip(stride, dilation, strict=True))
            op = Deconv(width, slide, kept, groups, bias=bool(extra))

            def expected(image: Array, state: dict[str, Array], op: Deconv = op) -> Array:
                slide, cut = op.slide, list(zip(op.slide.padding, op.slide.padding, strict=True))
                zeros = [(0, -more) for more in op.extra]
                whole = reference.deconv(
                    image, state["weight"], None, slide.stride, zeros, slide.dilation, op.groups
                )
                (top, _), (left, _) = cut
                made = whole[:, :, top : whole.shape[2] - top, left : whole.shape[3] - left]
                bias = state.get("bias", np.zeros(op.width))
                return made + bias[:, None, None]

            agrees(op, Shape(4, *size), expected)


@pytest.mark.parametrize("factor", [(2, 2), (3, 1), (1, 4), (5, 2)], ids=str)
@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_upsample(factor: Axes, mode: str) -> None:
    for size in SIZES:
        op, x = Upsample(factor, mode), Shape(3, *size)
        agrees(op, x, lambda image, _: reference.upsample(image, factor, mode))
        assert op.work(x).eltwise_elems == op.out(x).elements


def seen(op: Op, size: int, at: int) -> list[int]:
    """Which of a series' positions the output at a place depends on, by its gradient."""
    x = torch.ones(1, 1, size, dtype=torch.float64, requires_grad=True)
    layer = construct(op.call(Shape(1, size))).double()
    for parameter in layer.parameters():
        nn.init.ones_(parameter)
    layer(x)[0, 0, at].backward()
    assert x.grad is not None
    return x.grad[0, 0].nonzero().flatten().tolist()


LARGER: list[Op] = [
    *(Upsample((by,), mode) for by in (2, 3, 4, 5) for mode in ("nearest", "linear")),
    *(
        Deconv(1, Sliding((k,), (s,), (p,), (d,)), (0,))
        for k, s, p, d in product((1, 2, 3, 4), (1, 2, 3), (0, 1), (1, 2))
    ),
]


@pytest.mark.parametrize("op", LARGER, ids=str)
def test_the_least_even_window_of_a_larger_map(op: Op) -> None:
    """No position sees past it, and at both its ends there is one that sees up to there."""
    size = 12
    window = op.enlarging(Shape(1, size))
    assert window is not None
    (factor,), (start,), (end,) = window.factor, window.start, window.end
    found = [(at, seen(op, size, at)) for at in range(4 * factor, (size - 4) * factor)]
    pixels = [(factor * p[0] - at, factor * (p[-1] + 1) - at) for at, p in found if p]
    assert min(first for first, _ in pixels) == start
    assert max(last for _, last in pixels) == end


# --- Poolings ------------------------------------------------------------------------------


def pool_windows(kernel: Axes) -> Iterator[Sliding]:
    half = kernel[0] // 2, kernel[1] // 2
    for stride in [(1, 1), (2, 2), (3, 2)]:
        for padding, ceil in product(dict.fromkeys([(0, 0), half]), (False, True)):
            yield Sliding(kernel, stride, padding, ceil=ceil)
        if not any(1 < side < step for side, step in zip(kernel, stride, strict=True)):
            yield Sliding(kernel, stride, tf_same=True)


@pytest.mark.parametrize("kernel", [(2, 2), (3, 3), (1, 3), (3, 2), (5, 5)], ids=str)
def test_max_pool(kernel: Axes) -> None:
    for slide in pool_windows(kernel):
        for size in SIZES:
            pads = numpy_padding(slide, size)

            def expected(image: Array, _: Any, at: Sliding = slide, p: Padding = pads) -> Array:
                return reference.max_pool(image, at.kernel, at.stride, p, at.ceil)

            agrees(MaxPool(slide), Shape(3, *size), expected)


@pytest.mark.parametrize("count", [True, False], ids=["counted", "uncounted"])
@pytest.mark.parametrize("kernel", [(2, 2), (3, 3), (1, 3), (3, 2), (5, 5)], ids=str)
def test_avg_pool(kernel: Axes, count: bool) -> None:
    for slide in pool_windows(kernel):
        for size in SIZES:
            pads = numpy_padding(slide, size)

            def expected(image: Array, _: Any, at: Sliding = slide, p: Padding = pads) -> Array:
                return reference.avg_pool(image, at.kernel, at.stride, p, at.ceil, count)

            agrees(AvgPool(slide, count), Shape(3, *size), expected)


@pytest.mark.parametrize("out", [(1, 1), (2, 3), (4, 4), (7, 1), (12, 12)], ids=str)
def test_adaptive_and_global_pool(out: Axes) -> None:
    pools = {"avg": reference.adaptive_avg_pool, "max": reference.adaptive_max_pool}
    for size, (mode, pool) in product(SIZES, pools.items()):

        def expected(image: Array, _: Any, by: Any = pool) -> Array:
            pooled: Array = by(image, out)
            return pooled

        agrees(AdaptivePool(out, mode), Shape(3, *size), expected)


# --- The others ----------------------------------------------------------------------------


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("inputs", "outputs"), [(1, 1), (7, 3), (3, 8)])
def test_linear(inputs: int, outputs: int, bias: bool) -> None:
    op = Linear(outputs, bias)
    agrees(
        op, Shape(inputs), lambda x, state: reference.linear(x, state["weight"], state.get("bias"))
    )
    assert op.work(Shape(inputs)).macs == reference.linear_macs_by_loop(inputs, outputs)


MAP, VECTOR = Shape(6, 5, 4), Shape(6)
RANKS = (MAP, Shape(6, 7), Shape(6, 2, 3, 4))


@pytest.mark.parametrize("groups", [2, 3])
def test_channel_shuffle(groups: int) -> None:
    agrees(ChannelShuffle(groups), MAP, lambda image, _: reference.channel_shuffle(image, groups))
    assert ChannelShuffle(groups).work(MAP).eltwise_elems == MAP.elements


@pytest.mark.parametrize("groups", [1, 4, 6])
def test_a_channel_shuffle_that_does_nothing_or_does_not_divide(groups: int) -> None:
    with pytest.raises(ShapeFault, match=r"changes nothing|can't be divided into 4 groups"):
        ChannelShuffle(groups).out(MAP)
    with pytest.raises(ShapeFault, match="needs a map"):
        ChannelShuffle(groups).out(VECTOR)


@pytest.mark.parametrize("x", [MAP, VECTOR], ids=["map", "vector"])
def test_what_has_no_weights(x: Shape) -> None:
    agrees(Flatten(), x, lambda image, _: image.reshape(len(image), -1))
    agrees(Identity(), x, lambda image, _: image)
    agrees(Dropout(0.5), x, lambda image, _: image)
    agrees(DropPath(0.5), x, lambda image, _: image)
    agrees(L2Norm(), x, lambda image, _: reference.l2_normalize(image, 1e-12))
    agrees(L2Norm(3.0), x, lambda image, _: reference.l2_normalize(image, 3.0))
    agrees(Softmax(), x, lambda image, _: reference.softmax(image, axis=1))


@pytest.mark.parametrize("x", [MAP, VECTOR], ids=["map", "vector"])
@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_activation(kind: str, x: Shape) -> None:
    function: Callable[[Array], Array] = getattr(reference, kind)
    learned = not ACTIVATIONS[kind].function
    slope = ACTIVATIONS[kind].slope
    for inplace in {False, ACTIVATIONS[kind].inplace}:
        op = Activation(kind, inplace, slope)
        agrees(op, x, lambda image, state: function(image * 1.0, *state.values()))
        if x is MAP:  # Some have bounds that usual numbers don't reach.
            agrees(op, x, lambda image, state: function(image * 1.0, *state.values()), scale=9)
        assert bool(op.params(x)) == learned


def leaky(slope: float, image: Array, _: Any) -> Array:
    return reference.leakyrelu(image * 1.0, slope)


@pytest.mark.parametrize("x", [MAP, VECTOR], ids=["map", "vector"])
def test_slopes(x: Shape) -> None:
    for slope, inplace in product((0.0, 0.01, 0.1, 1.0, 3.0), (False, True)):
        op = Activation("leakyrelu", inplace, slope)
        agrees(op, x, partial(leaky, slope))
    each = Activation("prelu", channelwise=True)
    assert each.params(x) == {"weight": (6,)}
    ones = [1] * (len(x) - 1)
    agrees(each, x, lambda image, state: reference.prelu(image, state["weight"].reshape(-1, *ones)))


@pytest.mark.parametrize("x", [MAP, VECTOR, Shape(6, 7), Shape(6, 2, 3, 4)], ids=str)
def test_layer_scale(x: Shape) -> None:
    op, ones = LayerScale(0.25), [1] * (len(x) - 1)
    agrees(op, x, lambda image, state: image * state["gamma"].reshape(-1, *ones))
    assert construct(op.call(x)).get_parameter("gamma").tolist() == [0.25] * 6


def test_dropout_rate() -> None:
    torch.manual_seed(0)
    x = torch.ones(100_000, dtype=torch.float64)
    for p in (0.0, 0.25, 0.7, 1.0):
        out = layer_of(Dropout(p), VECTOR).train()(x)
        assert abs(float((out == 0).double().mean()) - p) < 0.01
        assert out.unique().tolist() == ([0.0, 1 / (1 - p)] if 0 < p < 1 else [1.0 - p])


@pytest.mark.parametrize(("eps", "momentum"), [(1e-5, 0.1), (0.001, 0.1), (0.3, 0.4), (1e-5, 1.0)])
def test_batch_norm(eps: float, momentum: float) -> None:
    op = BatchNorm(eps, momentum)

    def expected(image: Array, state: dict[str, Array]) -> Array:
        mean, var = state["running_mean"], state["running_var"]
        return reference.batch_norm(image, mean, var, state["weight"], state["bias"], eps)

    agrees(op, MAP, expected)
    layer, twin = layer_of(op, MAP).train(), nn.BatchNorm2d(6, eps, momentum).double().train()
    twin.load_state_dict(layer.state_dict())
    before = {name: value.clone().numpy() for name, value in layer.state_dict().items()}
    x = random(3, *MAP)
    out = layer(x)
    assert torch.equal(out, twin(x))
    close(out, reference.batch_norm_train(x.numpy(), before["weight"], before["bias"], eps))
    batch = x.numpy().transpose(1, 0, 2, 3).reshape(6, -1)
    state = layer.state_dict()
    for name, new in (("running_mean", batch.mean(1)), ("running_var", batch.var(1, ddof=1))):
        assert torch.equal(state[name], twin.state_dict()[name])
        close(state[name], (1 - momentum) * before[name] + momentum * new)
    assert int(state["num_batches_tracked"]) == 1


def test_batch_norm_without_gamma() -> None:
    op = BatchNorm(0.001, 0.2, gamma=False)

    def expected(image: Array, state: dict[str, Array]) -> Array:
        mean, var = state["running_mean"], state["running_var"]
        return reference.batch_norm(image, mean, var, None, state["bias"], 0.001)

    agrees(op, MAP, expected)
    layer = layer_of(op, MAP).train()
    x, beta = random(3, *MAP), layer.state_dict()["bias"].numpy()
    close(layer(x), reference.batch_norm_train(x.numpy(), None, beta, 0.001))
    assert isinstance(layer, nn.BatchNorm2d)
    layer.reset_parameters()
    state = layer.state_dict()
    assert not state["bias"].any()
    assert not state["running_mean"].any()


def normalised(image: Array, state: dict[str, Array], groups: int, eps: float) -> Array:
    """Groups of channels, or the channels of each place for 0."""
    weights = state.get("weight"), state.get("bias")
    if groups:
        return reference.group_norm(image, groups, *weights, eps)
    return reference.layer_norm(image, *weights, eps)


OTHER_NORMS: dict[str, tuple[Callable[[float, bool], Op], int, tuple[Shape, ...]]] = {
    "layer": (LayerNorm, 0, (*RANKS, VECTOR, Shape(1, 5, 4), Shape(6, 1, 1), Shape(6, 1, 7))),
    "groups": (partial(GroupNorm, 3), 3, (*RANKS, VECTOR, Shape(3, 5, 4))),
    "one group": (partial(GroupNorm, 1), 1, (*RANKS, VECTOR, Shape(6, 1, 1))),
    "instance": (InstanceNorm, 6, (*RANKS, Shape(6, 1, 2), Shape(6, 2))),
}


@pytest.mark.parametrize("gamma", [True, False])
@pytest.mark.parametrize("name", OTHER_NORMS)
def test_norms_without_statistics(name: str, gamma: bool) -> None:
    made, groups, shapes = OTHER_NORMS[name]
    for x, eps in product(shapes, (1e-5, 0.3)):
        op = made(eps, gamma)

        def expected(image: Array, state: dict[str, Array], eps: float = eps) -> Array:
            return normalised(image, state, groups, eps)

        agrees(op, x, expected)
        layer, image = layer_of(op, x), random(3, *x)
        assert torch.equal(layer.train()(image), layer.eval()(image))
        assert layer(image).is_contiguous()


@pytest.mark.parametrize("x", [Shape(6, 1, 1), Shape(6, 1, 2), VECTOR, MAP], ids=str)
def test_a_norm_refuses_just_what_torch_refuses(x: Shape) -> None:
    """One image of a single number a group: no mean and no variance to speak of."""
    for op in (InstanceNorm(), *(GroupNorm(groups) for groups in (1, 3, 4, 6))):
        try:
            op.out(x)
        except ShapeFault:
            if isinstance(op, InstanceNorm) and not x.is_map:
                continue  # torch takes a vector's batch for a channel axis
            with pytest.raises((ValueError, RuntimeError), match=r"more than 1|divisible"):
                layer_of(op, x)(random(1, *x))
        else:
            layer_of(op, x)(random(1, *x))


@pytest.mark.parametrize("gamma", [True, False])
def test_batch_norm_of_a_vector(gamma: bool) -> None:
    op = BatchNorm(0.01, 0.2, gamma)

    def expected(image: Array, state: dict[str, Array]) -> Array:
        mean, var = state["running_mean"], state["running_var"]
        return reference.batch_norm(image, mean, var, state.get("weight"), state["bias"], 0.01)

    agrees(op, VECTOR, expected)
    layer, x = layer_of(op, VECTOR).train(), random(3, *VECTOR)
    weights = (layer.state_dict().get("weight"), layer.state_dict()["bias"])
    gave = reference.batch_norm_train(x.numpy(), *weights, eps=0.01)
    close(layer(x), gave)
    assert isinstance(layer, nn.BatchNorm1d) and op.least_batch(VECTOR) == 2
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        layer(x[:1])


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 9])
def test_local_response_norm(size: int) -> None:
    for alpha, beta, k in ((1e-4, 0.75, 1.0), (0.5, 0.5, 2.0), (2.0, 1.0, 0.5)):
        op = LocalResponseNorm(size, alpha, beta, k)

        def expected(image: Array, _: Any, given: Any = (size, alpha, beta, k)) -> Array:
            return reference.local_response_norm(image, *given)

        agrees(op, MAP, expected)


# --- From the language ---------------------------------------------------------------------

CONV_STEPS = [
    "3x3 6", "3x3 6 /2", "3x3 6 valid", "3x3 6 tf_same /2", "2x2 6 tf_same", "5x5 6 pad=1",
    "3x3 6 pad=0x2", "1x7 6", "7x1 6 /2x1", "3x3 6 dil=2", "3x3 8 groups=2", "3x3 depthwise",
    "3x3 8 depthwise bias", "3x3 6 linear", "3x3 6 linear norm=batch", "3x3 6 linear nobias",
    "3x3 6 linear gelu", "1x1 6 norm=none", "1x1 6 act=none norm=none", "3x3 6 act=none",
    "3x3 6 nobias", "3x3 6 leakyrelu:0.2", "3x3 6 prelu", "1x1 6 prelu:channelwise norm=none",
    "sepconv 3x3 6 prelu",
    "3x3 6 bias silu", "3x3 6 eps=0.2 momentum=0.3", "1x1 in x3",
    "sepconv 3x3 6", "sepconv 3x3 6 /2 bias tanh", "sepconv 5x3 6 tf_same /2 dil=1",
    "sepconv 3x3 6 linear", "sepconv 2x2 6 valid norm=none nobias",
    "3x3 6 norm=layer", "3x3 6 norm=group:3 nogamma", "3x3 6 norm=instance eps=0.2 act=none",
    "3x3 6 norm=group:2 bias", "sepconv 3x3 6 norm=layer", "1x1 1 norm=layer eps=0.1",
]  # fmt: skip  # a grid reads better
LARGER_STEPS = [
    "deconv 2x2 6 /2", "deconv 3x3 6 /2 same", "deconv 4x4 6 /2 pad=1", "deconv 3x3 6 /3 valid",
    "deconv 3x3 6 pad=1", "deconv 5x4 6 /2 dil=2 same", "deconv 3x2 6 /1x4 groups=2 bias",
    "deconv 2x2 6 /2 linear", "deconv 3x1 6 /2x1 same norm=none silu",
    "deconv 2x2 in*2 /2 tf_same x2",
    "deconv 6x4 6 /2 tf_same eps=0.2", "upsample 2", "upsample 3x2", "upsample 2 bilinear",
    "upsample 3x1 bilinear", "upsample 5 bilinear", "upsample 1x4 nearest",
]  # fmt: skip  # a grid reads better
POOL_STEPS = [
    "maxpool 3x3", "maxpool 3x3 /2", "maxpool 3x3 /2 ceil", "maxpool 3x3 /2 same ceil",
    "maxpool 2x2 /2 valid", "maxpool 2x3 /2x1 tf_same", "maxpool 3x3 /3 pad=1x0",
    "avgpool 3x3", "avgpool 3x3 nopad", "avgpool 3x3 /2 ceil", "avgpool 3x3 /2 same ceil nopad",
    "pool 3x3 max", "pool 3x3 /2 tf_same nopad avg",
    "avgpool 3x3 /2 tf_same", "avgpool 3x3 /2 tf_same nopad", "avgpool 2x2 tf_same countpad",
    "globalpool avg", "globalpool max", "adaptivepool avg 2x3", "adaptivepool max 4x4",
]  # fmt: skip  # a grid reads better
OTHER_STEPS = [
    "fc 5", "fc 5 nobias", "flatten", "dropout 0.4", "dropout 0", "softmax", "batchnorm",
    "batchnorm eps=0.2", "layernorm", "layernorm nogamma eps=0.2", "groupnorm 2 eps=0.2",
    "groupnorm 4 nogamma", "instancenorm", "instancenorm nogamma eps=0.2", "lrn 5",
    "lrn 2 alpha=0.5 beta=0.5 k=2", "identity",
    "scale 1e-6", "scale 1 x2", "droppath 0.3", "droppath 0", "l2norm", "l2norm eps=3",
    "shuffle 2", "shuffle in/2",
    *(f"{kind}" for kind in ACTIVATIONS), "leakyrelu 0.3", "leakyrelu 0", "prelu channelwise",
]  # fmt: skip  # a grid reads better
SPLITS = {
    "concat": "{concat: [1x1 3, [1x1 2, 3x3 4], maxpool 3x3]}",
    "add": "{add: [1x1 in, identity, 3x3 4]}",
    "then": "{concat: [1x1 3, 3x3 2], then: 1x1 5}",
    "residual": "{concat: [1x1 3, 3x3 2], then: 1x1 in linear, residual: {scale: 0.3}}",
    "residual of add": "{add: [1x1 in, 3x3 4], residual: {scale: -2, act: none}}",
    "residual with a learned act": "{concat: [1x1 in], residual: {act: prelu:channelwise}}",
    "residual with a slope": "{concat: [1x1 in], residual: {act: leakyrelu:0.3}}",
    "shares": "{split: [1, rest, in/4], concat: [identity, 3x3 5, relu]}",
    "equal shares": "{split: equal, add: [1x1 5, [maxpool 3x3, 1x1 5]], then: [relu, 1x1 3]}",
    "a gate of one half": "{split: equal, mul: [identity, sigmoid]}",
    "shares and a residual": "{split: [3, rest], concat: [identity, 3x3 1], residual: {}}",
    "residual with its own act": "{concat: [1x1 in], residual: {act: tanh}}",
}
ALL_DEFAULTS = [
    Defaults(),
    Defaults(norm="none", act="silu", padding="valid"),
    Defaults(bias=True, eps=0.1, padding="tf_same", avgpool="nopad"),
    Defaults(bias=False, norm="none", act="none"),
]


def step_specs() -> dict[str, Spec]:
    """A network of one step each, at an odd size, under every set of defaults."""
    found: dict[str, Spec] = {}
    for number, defaults in enumerate(ALL_DEFAULTS):
        for text in (*CONV_STEPS, *LARGER_STEPS, *POOL_STEPS, *OTHER_STEPS):
            step = dsl.step(text, name="one")
            values: dict[str, Any] = {"name": "probe", "input": (4, 7, 10), "classes": 3}
            found[f"{text} ({number})"] = Spec(**values, defaults=defaults, stem=(step,))
        for name, text in SPLITS.items():
            source = f"name: probe\ninput: [4, 7, 10]\nclasses: 3\nstem: [one: {text}]"
            spec = dsl.loads(source)
            if not (defaults.padding == "valid" and "3x3" in text):
                found[f"{name} ({number})"] = spec.model_copy(update={"defaults": defaults})
    return found


STEPS = step_specs()


@pytest.mark.parametrize("name", STEPS)
def test_step(name: str) -> None:
    spec = STEPS[name]
    network = lower(spec)
    model = build(network).double()
    randomise(model)
    x = random(BATCH, *spec.input)
    with FlopCounterMode(display=False) as flops, torch.no_grad():
        out = model.eval()(x)
    assert tuple(out.shape[1:]) == tuple(network.out)
    close(out, numpy_network.run(spec, model.state_dict(), x.numpy()).logits)
    found = list(leaves(network.nodes))
    counted = sum(leaf.op.work(leaf.inp).macs for _, leaf in found)
    assert flops.get_total_flops() == 2 * BATCH * counted
    assert {name: tuple(p.shape) for name, p in model.named_parameters()} == {
        f"{path}.{name}": shape
        for path, leaf in found
        for name, shape in leaf.op.params(leaf.inp).items()
    }


def test_every_rule_is_covered() -> None:
    kinds = {type(step) for spec in STEPS.values() for step in walk(spec.stem)}
    assert kinds - {Sequence, Split} == set(RULES)
    assert set(RULES) == {layers.Conv, *LAYERS.values()}


@pytest.mark.parametrize(
    "kind", [layers.Conv, *LAYERS.values()], ids=lambda kind: kind.keyword or "conv"
)
def test_a_layer_says_whether_it_has_weights(kind: type[Layer]) -> None:
    step = dsl.step("3x3 8" if kind is layers.Conv else kind.example)
    spec = Spec(name="one", input=(32, 8, 8), classes=2, body=(step,), head=())
    ops = [(leaf.op, leaf.inp) for _, leaf in leaves(lower(spec).nodes)]
    assert any(op.params(x) for op, x in ops) == kind.weighted


def test_a_window_of_another_rank_counts_the_axes_of_both() -> None:
    with pytest.raises(ShapeFault, match=r"^3 is for a map of 1 axis, the map here has 2 axes: "):
        MaxPool(Sliding((3,))).out(Shape(4, 8, 8))


def test_an_op_is_shown_as_dataclasses_are() -> None:
    assert repr(Linear(7)) == "Linear(width=7, bias=True, init=None)"
    assert repr(MaxPool(Sliding((3,)))).startswith("MaxPool(slide=Sliding(kernel=(3,), stride=")
    assert all(vars(op).get("__repr__") is None for op in leaves_of(Op))


def leaves_of(kind: type[Any]) -> Iterator[type[Any]]:
    """Every class of our own that comes from one."""
    for derived in kind.__subclasses__():
        if derived.__module__.startswith("compiler.ops."):
            yield derived
        yield from leaves_of(derived)
