"""The NumPy reference agrees with torch, and with hand-worked values where those exist."""

import math
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests import numpy_reference as ref
from tests.numpy_reference import Array, Padding, Pair

KERNELS: list[Pair] = [(1, 1), (2, 2), (3, 3), (5, 5), (1, 7), (7, 1)]
SIZES: list[Pair] = [(7, 8), (8, 11), (13, 9)]
STRIDES: list[Pair] = [(1, 1), (2, 2), (3, 3), (2, 1)]


def draw(*shape: int, seed: int = 0) -> Array:
    """Normal values that depend on nothing but the shape and the seed."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def tensor(values: Array) -> torch.Tensor:
    return torch.from_numpy(values)


def torch_pad(x: Array, padding: Padding, value: float = 0.0) -> torch.Tensor:
    top, bottom, left, right = padding
    return functional.pad(tensor(x), (left, right, top, bottom), value=value)


def symmetric(rows: int, cols: int) -> Padding:
    return (rows, rows, cols, cols)


def assert_same(ours: Array, theirs: torch.Tensor) -> None:
    assert ours.dtype == np.float64
    assert ours.shape == tuple(theirs.shape)
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-9, atol=1e-9)


# --- Convolution ---------------------------------------------------------------------------


@pytest.mark.parametrize("dilation", [(1, 1), (2, 2), (1, 2)])
@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("kernel", KERNELS)
def test_conv2d_matches_torch(kernel: Pair, stride: Pair, dilation: Pair) -> None:
    weight, bias = draw(4, 3, *kernel), draw(4)
    extent = [ref.effective_kernel(kernel[axis], dilation[axis]) for axis in (0, 1)]
    for size in SIZES:
        x = draw(2, 3, *size)
        for pad in {(0, 0), (1, 2), (extent[0] // 2, extent[1] // 2)}:
            if any(size[axis] + 2 * pad[axis] < extent[axis] for axis in (0, 1)):
                continue
            expected = functional.conv2d(
                tensor(x), tensor(weight), tensor(bias), stride, pad, dilation
            )
            assert_same(ref.conv(x, weight, bias, stride, symmetric(*pad), dilation), expected)


@pytest.mark.parametrize("out_channels", [12, 24])
@pytest.mark.parametrize("groups", [1, 2, 3, 4, 12])
def test_grouped_conv2d_matches_torch(groups: int, out_channels: int) -> None:
    x, weight = draw(2, 12, 9, 8), draw(out_channels, 12 // groups, 3, 3)
    expected = functional.conv2d(tensor(x), tensor(weight), None, (2, 1), 1, 1, groups)
    ours = ref.conv(x, weight, stride=(2, 1), padding=(1, 1, 1, 1), groups=groups)
    assert_same(ours, expected)


@pytest.mark.parametrize("padding", [(0, 1, 0, 1), (1, 0, 2, 3), (0, 0, 3, 0), (2, 0, 0, 1)])
@pytest.mark.parametrize("stride", STRIDES)
def test_conv2d_with_uneven_padding_matches_torch(padding: Padding, stride: Pair) -> None:
    x, weight = draw(2, 3, 8, 9), draw(5, 3, 3, 2)
    expected = functional.conv2d(torch_pad(x, padding), tensor(weight), None, stride)
    assert_same(ref.conv(x, weight, stride=stride, padding=padding), expected)


def test_conv2d_by_hand() -> None:
    x = [[[[1, 2, 3], [4, 5, 6]]]]
    weight = [[[[1, 10]]]]
    np.testing.assert_array_equal(ref.conv(x, weight, [0.5]), [[[[21.5, 32.5], [54.5, 65.5]]]])


def test_conv2d_refuses_what_does_not_fit() -> None:
    x = draw(1, 4, 5, 5)
    with pytest.raises(ValueError, match="does not fit input"):
        ref.conv(x, draw(4, 3, 1, 1))
    with pytest.raises(ValueError, match="does not fit input"):
        ref.conv(x, draw(3, 2, 1, 1), groups=2)
    with pytest.raises(ValueError, match="does not fit size"):
        ref.conv(x, draw(4, 4, 3, 3), dilation=(3, 1))
    with pytest.raises(ValueError, match="negative"):
        ref.conv(x, draw(4, 4, 3, 3), padding=(0, -1, 0, 0))
    with pytest.raises(ValueError, match="expected"):
        ref.conv(x[0, 0], draw(4, 4, 3, 3))


# --- TensorFlow's SAME ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "expected"),
    [
        (224, 7, 2, (2, 3)),  # the first convolution of Inception v1: one more below and right
        (299, 3, 2, (1, 1)),
        (112, 3, 2, (0, 1)),
        (28, 5, 1, (2, 2)),
        (5, 2, 1, (0, 1)),
        (8, 1, 2, (0, 0)),
        (7, 1, 3, (0, 0)),
    ],
)
def test_tf_same_padding_by_hand(size: int, kernel: int, stride: int, expected: Pair) -> None:
    assert ref.tf_same_padding(size, kernel, stride) == expected


def test_tf_same_padding_is_the_least_that_gives_the_rounded_up_size() -> None:
    for size, kernel, stride, dilation in product(
        range(1, 20), (1, 2, 3, 5, 7), (1, 2, 3, 4), (1, 2, 3)
    ):
        before, after = ref.tf_same_padding(size, kernel, stride, dilation)
        out_size = math.ceil(size / stride)
        needed = (out_size - 1) * stride + ref.effective_kernel(kernel, dilation)
        assert before + after == max(needed - size, 0)
        assert after - before in (0, 1)
        assert ref.conv_output_size(size, kernel, stride, before, after, dilation) == out_size
        if dilation == 1:
            windows = ref.pool_windows(size, kernel, stride, before, after, ceil=False)
            assert len(windows) == out_size


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
def test_tf_same_sizes_of_conv_and_pools(kernel: int, stride: int) -> None:
    for height, width in [(1, 4), (7, 8), (9, 12)]:
        x = draw(1, 2, height, width)
        padding = (
            *ref.tf_same_padding(height, kernel, stride),
            *ref.tf_same_padding(width, kernel, stride),
        )
        square, strides = (kernel, kernel), (stride, stride)
        expected = (math.ceil(height / stride), math.ceil(width / stride))
        assert ref.max_pool(x, square, strides, padding).shape[2:] == expected
        assert ref.avg_pool(x, square, strides, padding).shape[2:] == expected
        conv = ref.conv(x, draw(3, 2, *square), stride=strides, padding=padding)
        assert conv.shape[2:] == expected


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
def test_tf_same_is_torch_same_at_stride_one(kernel: int, dilation: int) -> None:
    x, weight = draw(1, 2, 9, 8), draw(3, 2, kernel, kernel)
    padding = (
        *ref.tf_same_padding(9, kernel, 1, dilation),
        *ref.tf_same_padding(8, kernel, 1, dilation),
    )
    expected = functional.conv2d(tensor(x), tensor(weight), padding="same", dilation=dilation)
    ours = ref.conv(x, weight, padding=padding, dilation=(dilation, dilation))
    assert ours.shape[2:] == (9, 8)
    assert_same(ours, expected)


# --- Pooling -------------------------------------------------------------------------------


@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("kernel", KERNELS)
def test_pools_match_torch(kernel: Pair, stride: Pair, ceil: bool) -> None:
    for size in SIZES:
        x = draw(2, 3, *size)
        for pad in {(0, 0), (kernel[0] // 2, kernel[1] // 2)}:
            padding = symmetric(*pad)
            expected = functional.max_pool2d(tensor(x), kernel, stride, pad, ceil_mode=ceil)
            assert_same(ref.max_pool(x, kernel, stride, padding, ceil), expected)
            for count in (False, True):
                expected = functional.avg_pool2d(tensor(x), kernel, stride, pad, ceil, count)
                assert_same(ref.avg_pool(x, kernel, stride, padding, ceil, count), expected)


@pytest.mark.parametrize("ceil", [False, True])
def test_pool_windows_match_torch_at_every_small_size(ceil: bool) -> None:
    """The number of windows and what they hold, including where nothing fits."""
    for size, kernel, stride in product(range(1, 10), range(1, 6), range(1, 6)):
        x = np.arange(float(size)).reshape(1, 1, 1, size) - 20.0  # padding with 0 would win
        for pad in range(kernel // 2 + 1):
            args: tuple[Pair, Pair, Padding, bool] = (
                (1, kernel),
                (1, stride),
                (0, 0, pad, pad),
                ceil,
            )
            try:
                largest = functional.max_pool2d(
                    tensor(x), (1, kernel), (1, stride), (0, pad), ceil_mode=ceil
                )
            except RuntimeError:
                with pytest.raises(ValueError, match="no window"):
                    ref.max_pool(x, *args)
                continue
            assert_same(ref.max_pool(x, *args), largest)
            for count in (False, True):
                mean = functional.avg_pool2d(
                    tensor(x), (1, kernel), (1, stride), (0, pad), ceil, count
                )
                assert_same(ref.avg_pool(x, *args, count), mean)


@pytest.mark.parametrize("padding", [(0, 1, 0, 1), (1, 0, 2, 1), (0, 0, 0, 2), (2, 1, 0, 0)])
@pytest.mark.parametrize("stride", STRIDES)
def test_pools_with_uneven_padding_match_torch(padding: Padding, stride: Pair) -> None:
    x, kernel = draw(2, 3, 8, 9) - 5.0, (3, 3)
    lowest = functional.max_pool2d(torch_pad(x, padding, -math.inf), kernel, stride)
    assert_same(ref.max_pool(x, kernel, stride, padding), lowest)

    mean = functional.avg_pool2d(torch_pad(x, padding), kernel, stride)
    assert_same(ref.avg_pool(x, kernel, stride, padding, count_padding=True), mean)
    share_of_data = functional.avg_pool2d(torch_pad(np.ones_like(x), padding), kernel, stride)
    ours = ref.avg_pool(x, kernel, stride, padding, count_padding=False)
    assert_same(ours, mean / share_of_data)


def test_ceil_pool_by_hand() -> None:
    """GoogLeNet's 3x3 stride-2 ceil pool, and a last window dropped for starting in padding."""
    x = np.arange(1.0, 7.0).reshape(1, 1, 1, 6)
    row = ref.NO_PADDING
    np.testing.assert_array_equal(ref.max_pool(x, (1, 3), (1, 2), row)[0, 0, 0], [3, 5])
    np.testing.assert_array_equal(ref.max_pool(x, (1, 3), (1, 2), row, True)[0, 0, 0], [3, 5, 6])
    mean = ref.avg_pool(x, (1, 3), (1, 2), row, ceil=True)
    np.testing.assert_array_equal(mean[0, 0, 0], [2, 4, 5.5])

    # Windows would start at -1, 1, 3, 5; with five elements the last starts in the padding.
    starts_inside = ref.max_pool(x, (1, 2), (1, 2), (0, 0, 1, 1), ceil=True)
    np.testing.assert_array_equal(starts_inside[0, 0, 0], [1, 3, 5, 6])
    starts_outside = ref.max_pool(x[..., :5], (1, 2), (1, 2), (0, 0, 1, 1), ceil=True)
    np.testing.assert_array_equal(starts_outside[0, 0, 0], [1, 3, 5])


def test_pools_refuse_windows_of_padding_alone() -> None:
    for pool in (ref.max_pool, ref.avg_pool):
        with pytest.raises(ValueError, match="nothing but padding"):
            pool(draw(1, 1, 4, 4), (2, 2), (1, 1), (2, 0, 0, 0))


@pytest.mark.parametrize("out_size", [(1, 1), (2, 3), (4, 4), (7, 5), (9, 16)])
def test_adaptive_pools_match_torch(out_size: Pair) -> None:
    for size in SIZES:
        x = draw(2, 3, *size)
        assert_same(
            ref.adaptive_avg_pool(x, out_size), functional.adaptive_avg_pool2d(tensor(x), out_size)
        )
        assert_same(
            ref.adaptive_max_pool(x, out_size), functional.adaptive_max_pool2d(tensor(x), out_size)
        )


def test_global_avg_pool_matches_torch() -> None:
    x = draw(2, 3, 8, 9)
    assert_same(ref.global_avg_pool(x), functional.adaptive_avg_pool2d(tensor(x), 1))


# --- Normalisation -------------------------------------------------------------------------


@pytest.mark.parametrize("eps", [1e-5, 1e-3])
@pytest.mark.parametrize("affine", [(True, True), (False, True), (False, False)])
@pytest.mark.parametrize("shape", [(4, 6, 5, 7), (5, 6)])
def test_batch_and_group_norm_match_torch(
    shape: tuple[int, ...], affine: tuple[bool, bool], eps: float
) -> None:
    x = 3.0 * draw(*shape) + 2.0
    mean, var = draw(6), np.exp(draw(6, seed=1))
    gamma = draw(6, seed=2) if affine[0] else None
    beta = draw(6, seed=3) if affine[1] else None
    scale = None if gamma is None else tensor(gamma)
    shift = None if beta is None else tensor(beta)

    evaluated = functional.batch_norm(tensor(x), tensor(mean), tensor(var), scale, shift, eps=eps)
    assert_same(ref.batch_norm(x, mean, var, gamma, beta, eps), evaluated)
    trained = functional.batch_norm(tensor(x), None, None, scale, shift, training=True, eps=eps)
    assert_same(ref.batch_norm_train(x, gamma, beta, eps), trained)
    for groups in (1, 2, 3):
        grouped = functional.group_norm(tensor(x), groups, scale, shift, eps)
        assert_same(ref.group_norm(x, groups, gamma, beta, eps), grouped)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 12])
@pytest.mark.parametrize("constants", [(1e-4, 0.75, 1.0), (2.0, 0.5, 2.0), (5e-1, 1.0, 1.0)])
def test_local_response_norm_matches_torch(
    size: int, constants: tuple[float, float, float]
) -> None:
    x = 4.0 * draw(2, 8, 3, 4)
    expected = functional.local_response_norm(tensor(x), size, *constants)
    assert_same(ref.local_response_norm(x, size, *constants), expected)


# --- Dense layers, joins and activations ---------------------------------------------------


def test_linear_matches_torch() -> None:
    x, weight, bias = draw(3, 7), draw(5, 7), draw(5)
    assert_same(ref.linear(x, weight), functional.linear(tensor(x), tensor(weight)))
    assert_same(
        ref.linear(x, weight, bias), functional.linear(tensor(x), tensor(weight), tensor(bias))
    )


def test_concat_matches_torch() -> None:
    branches = [draw(2, channels, 3, 4) for channels in (1, 4, 2)]
    assert_same(ref.concat(branches), torch.cat([tensor(branch) for branch in branches], dim=1))


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_softmax_matches_torch(axis: int) -> None:
    x = 300.0 * draw(3, 5)
    assert_same(ref.softmax(x, axis), torch.softmax(tensor(x), axis))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (ref.relu, torch.relu),
        (ref.relu6, functional.relu6),
        (ref.silu, functional.silu),
        (ref.gelu, functional.gelu),
        (ref.sigmoid, torch.sigmoid),
        (ref.tanh, torch.tanh),
    ],
    ids=lambda function: getattr(function, "__name__", None),
)
def test_activations_match_torch(
    ours: Callable[[Array], Array], theirs: Callable[[torch.Tensor], torch.Tensor]
) -> None:
    x = np.concatenate([np.linspace(-9.0, 9.0, 181), [-1000.0, 1000.0]])
    assert_same(ours(x), theirs(tensor(x)))


# --- Counting ------------------------------------------------------------------------------


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("dilation", [(1, 1), (2, 1)])
@pytest.mark.parametrize("stride", [(1, 1), (2, 3)])
@pytest.mark.parametrize("padding", [(0, 0, 0, 0), (1, 1, 1, 1), (0, 1, 2, 0)])
def test_conv_macs_by_loop(padding: Padding, stride: Pair, dilation: Pair, groups: int) -> None:
    """All taps by the closed formula; taps on data by convolving ones with ones."""
    size, kernel = (6, 7), (3, 2)
    ones, weight = np.ones((1, 2, *size)), np.ones((4, 2 // groups, *kernel))
    out = ref.conv(ones, weight, None, stride, padding, dilation, groups)

    def count(count_padding: bool) -> int:
        return ref.conv_macs_by_loop(
            2, 4, size, kernel, stride, padding, dilation, groups, count_padding
        )

    assert count(True) == out.size * weight[0].size
    assert count(False) == out.sum()
    assert (count(False) < count(True)) == any(padding)


def test_macs_by_hand() -> None:
    # A padded 3x3 on 3x3: nine taps at the centre, six at four edges, four at four corners.
    assert ref.conv_macs_by_loop(1, 1, (3, 3), (3, 3), padding=(1, 1, 1, 1)) == 81
    on_data = ref.conv_macs_by_loop(1, 1, (3, 3), (3, 3), padding=(1, 1, 1, 1), count_padding=False)
    assert on_data == 9 + 4 * 6 + 4 * 4
    assert ref.linear_macs_by_loop(7, 5) == 35
