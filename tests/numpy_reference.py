"""A NumPy reference for the operators of an Inception network.

It shares no code with torch or with the compiler, so it can settle a disagreement between
them.  Everything is float64, feature maps are (batch, channels, height, width) or have another
grid behind the channels, and each function follows the definition of its operator: clarity is
worth more than speed here.

Padding is always two numbers an axis: of images the four ``(top, bottom, left, right)``.  Mind
the order: ``torch.nn.functional.pad`` takes ``(left, right, top, bottom)``.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Pair = tuple[int, int]
Axes = tuple[int, ...]
Padding = tuple[int, ...]

NO_PADDING: Padding = ()


def _float64(values: ArrayLike) -> Array:
    return np.asarray(values, dtype=np.float64)


def _feature_map(values: ArrayLike) -> Array:
    x = _float64(values)
    if x.ndim not in (3, 4, 5):
        raise ValueError(f"expected (batch, channels, height, width), got shape {x.shape}")
    return x


def _behind(places: tuple[slice, ...] | tuple[int, ...]) -> tuple[slice | int, ...]:
    """The index of what lies at these places of every channel of every sample."""
    return (slice(None), slice(None), *places)


def _pads(padding: Padding, rank: int) -> list[Pair]:
    """(before, after) of each axis."""
    if min(padding, default=0) < 0:
        raise ValueError(f"padding must not be negative, got {padding}")
    flat = padding or (0,) * (2 * rank)
    return list(zip(flat[::2], flat[1::2], strict=True))


# --- Convolution ---------------------------------------------------------------------------


def effective_kernel(kernel: int, dilation: int) -> int:
    """The extent a dilated kernel covers: ``kernel`` taps, ``dilation`` apart."""
    return (kernel - 1) * dilation + 1


def conv_output_size(
    size: int, kernel: int, stride: int, before: int, after: int, dilation: int = 1
) -> int:
    """How many kernel positions fit entirely inside the padded axis."""
    room = before + size + after - effective_kernel(kernel, dilation)
    if room < 0:
        raise ValueError(f"a kernel of {kernel} (dilation {dilation}) does not fit size {size}")
    return room // stride + 1


def tf_same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> Pair:
    """(before, after) of TensorFlow's SAME padding along one axis.

    The rule as published with ``tf.nn``: the total depends on the remainder of the size by
    the stride, and an odd total puts its extra element after the data.
    """
    last_step = stride if size % stride == 0 else size % stride
    total = max(effective_kernel(kernel, dilation) - last_step, 0)
    before = total // 2
    return before, total - before


def conv(
    x: ArrayLike,
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    stride: Axes = (),
    padding: Padding = NO_PADDING,
    dilation: Axes = (),
    groups: int = 1,
) -> Array:
    """Cross-correlation; ``weight`` is (out channels, in channels / groups, height, width).

    One pass per kernel tap: a tap multiplies the same strided, shifted view of the padded
    input for all output positions at once, and the output is the sum over taps.
    """
    x, weight = _feature_map(x), _float64(weight)
    batch, in_channels, *size = x.shape
    out_channels, group_in, *kernel = weight.shape
    if in_channels != group_in * groups or out_channels % groups:
        raise ValueError(f"weight {weight.shape} does not fit input {x.shape}, groups {groups}")
    stride, dilation = stride or (1,) * len(size), dilation or (1,) * len(size)
    pads = _pads(padding, len(size))
    outs = [
        conv_output_size(n, k, step, *pad, apart)
        for n, k, step, pad, apart in zip(size, kernel, stride, pads, dilation, strict=True)
    ]

    padded = np.pad(x, ((0, 0), (0, 0), *pads))
    grouped_weight = weight.reshape(groups, out_channels // groups, group_in, *kernel)
    taps_first = (*range(3, grouped_weight.ndim), 0, 1, 2)
    out = np.zeros((batch, groups, out_channels // groups, math.prod(outs)))
    for tap in product(*map(range, kernel)):
        places = tuple(
            slice(at * apart, at * apart + (count - 1) * step + 1, step)
            for at, apart, count, step in zip(tap, dilation, outs, stride, strict=True)
        )
        seen_by_tap = padded[_behind(places)].reshape(batch, groups, group_in, math.prod(outs))
        weight_of_tap: Array = grouped_weight.transpose(*taps_first)[tap]
        out += weight_of_tap @ seen_by_tap
    result = out.reshape(batch, out_channels, *outs)
    return result if bias is None else result + _per_channel(bias, result.ndim)


def deconv(
    x: ArrayLike,
    weight: ArrayLike,
    bias: ArrayLike | None,
    stride: Axes,
    cut: Sequence[Pair],
    dilation: Axes,
    groups: int = 1,
) -> Array:
    """Transposed convolution; ``weight`` is (in channels, out channels / groups, height, width).

    Each input position adds the weight, times its number, to a larger map: one pass per tap.
    ``cut`` is taken away before and after each axis; less than 0 says how many zeros come in.
    """
    x, weight = _feature_map(x), _float64(weight)
    batch, channels, *size = x.shape
    taken, group_out, *kernel = weight.shape
    if channels != taken or channels % groups:
        raise ValueError(f"weight {weight.shape} does not fit input {x.shape}, groups {groups}")
    outs = [
        (n - 1) * step + effective_kernel(k, apart) + max(-after, 0)
        for n, k, step, apart, (_, after) in zip(size, kernel, stride, dilation, cut, strict=True)
    ]
    out = np.zeros((batch, groups * group_out, *outs))
    each = channels // groups
    for group, tap in product(range(groups), product(*map(range, kernel))):
        mine = slice(group * each, (group + 1) * each)
        weight_of_tap: Array = weight[mine].transpose(*range(2, weight.ndim), 1, 0)[tap]
        made = np.moveaxis(np.tensordot(weight_of_tap, x[:, mine], (1, 1)), 0, 1)
        places = tuple(
            slice(at * apart, at * apart + (n - 1) * step + 1, step)
            for at, apart, n, step in zip(tap, dilation, size, stride, strict=True)
        )
        out[(slice(None), slice(group * group_out, (group + 1) * group_out), *places)] += made
    kept = (slice(one, n - max(two, 0)) for n, (one, two) in zip(outs, cut, strict=True))
    result = out[_behind(tuple(kept))]
    return result if bias is None else result + _per_channel(bias, result.ndim)


# --- Enlarging -----------------------------------------------------------------------------


def between(
    x: ArrayLike, axis: int, low: Sequence[int], high: Sequence[int], share: Sequence[float]
) -> Array:
    """Along one axis, weighted means of two positions each."""
    matrix = np.zeros((len(low), _float64(x).shape[axis]))
    for row, (one, two, part) in enumerate(zip(low, high, share, strict=True)):
        matrix[row, one] += 1 - part
        matrix[row, two] += part
    return np.moveaxis(np.tensordot(matrix, _float64(x), (1, axis)), 0, axis)


def upsample(values: ArrayLike, factor: Axes, mode: str) -> Array:
    """By the definition: nearest, or linear between middles, where the outer ones go on."""
    x = _feature_map(values)
    for axis, by in enumerate(factor, 2):
        size = x.shape[axis]
        if mode == "nearest":
            x = np.repeat(x, by, axis)
            continue
        middles = (np.arange(size * by) + 0.5) / by - 0.5
        rows = np.moveaxis(x, axis, -1)
        made = [np.interp(middles, np.arange(size), row) for row in rows.reshape(-1, size)]
        x = np.moveaxis(np.array(made).reshape(*rows.shape[:-1], -1), -1, axis)
    return x


# --- Pooling -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Window:
    """One pooling window along one axis, in coordinates where the data begins at 0.

    ``data`` are the elements it covers; ``padded_length`` counts padding too, but nothing
    beyond the padding, where a window of ceil mode may overhang.
    """

    data: slice
    padded_length: int

    @property
    def data_length(self) -> int:
        """How many real elements the window covers."""
        return int(self.data.stop - self.data.start)


def pool_windows(
    size: int, kernel: int, stride: int, before: int, after: int, ceil: bool
) -> list[Window]:
    """The windows along one axis, by the rule torch and Caffe share.

    Floor mode keeps the windows that lie entirely within the padded axis.  Ceil mode goes on
    until a window reaches the end of the padded axis, overhanging it if need be, but no
    window may start beyond the data: it must start inside the data or the leading padding.
    """
    padded_size = before + size + after
    windows: list[Window] = []
    position = 0  # of the window's first element, counted from the start of the padding
    while (
        position - stride + kernel < padded_size and position < before + size
        if ceil
        else position + kernel <= padded_size
    ):
        start = position - before
        stop = start + kernel
        data = slice(max(start, 0), min(stop, size))
        if data.start >= data.stop:
            raise ValueError(f"window {len(windows)} of {kernel} holds nothing but padding")
        windows.append(Window(data, min(stop, size + after) - start))
        position += stride
    if not windows:
        raise ValueError(f"no window of {kernel} fits size {size} padded to {padded_size}")
    return windows


Placed = tuple[Axes, tuple[Window, ...]]
"""A position of the output, and its window along each axis."""


def _windows(
    x: Array, kernel: Axes, stride: Axes, padding: Padding, ceil: bool
) -> tuple[Axes, list[Placed]]:
    """The size of the output, and every window of it."""
    pads = _pads(padding, x.ndim - 2)
    along = [
        pool_windows(size, side, step, *pad, ceil)
        for size, side, step, pad in zip(x.shape[2:], kernel, stride, pads, strict=True)
    ]
    outs = tuple(map(len, along))
    places = product(*map(range, outs))
    return outs, list(zip(places, product(*along), strict=True))


def max_pool(
    x: ArrayLike,
    kernel: Axes,
    stride: Axes,
    padding: Padding = NO_PADDING,
    ceil: bool = False,
) -> Array:
    """The largest real element of each window; padding never wins."""
    x = _feature_map(x)
    outs, windows = _windows(x, kernel, stride, padding, ceil)
    out = np.empty((*x.shape[:2], *outs))
    for place, window in windows:
        seen = x[_behind(tuple(part.data for part in window))]
        out[_behind(place)] = seen.max(axis=tuple(range(2, x.ndim)))
    return out


def avg_pool(
    x: ArrayLike,
    kernel: Axes,
    stride: Axes,
    padding: Padding = NO_PADDING,
    ceil: bool = False,
    count_padding: bool = True,
) -> Array:
    """The sum over each window by the number of its elements.

    ``count_padding`` says whether padding is among those elements.  What overhangs the
    padding in ceil mode never is.
    """
    x = _feature_map(x)
    outs, windows = _windows(x, kernel, stride, padding, ceil)
    out = np.empty((*x.shape[:2], *outs))
    for place, window in windows:
        lengths = (part.padded_length if count_padding else part.data_length for part in window)
        seen = x[_behind(tuple(part.data for part in window))]
        out[_behind(place)] = seen.sum(axis=tuple(range(2, x.ndim))) / math.prod(lengths)
    return out


def _adaptive_slices(size: int, out_size: int) -> list[slice]:
    """Bin i of n spans [floor(i * size / n), ceil((i + 1) * size / n)); bins may overlap."""
    return [slice(i * size // out_size, -(-(i + 1) * size // out_size)) for i in range(out_size)]


def _bins(x: Array, out_size: Axes) -> list[tuple[Axes, tuple[slice, ...]]]:
    """Every position of the output, and its bin along each axis."""
    along = [_adaptive_slices(*sizes) for sizes in zip(x.shape[2:], out_size, strict=True)]
    return list(zip(product(*map(range, out_size)), product(*along), strict=True))


def adaptive_avg_pool(x: ArrayLike, out_size: Axes) -> Array:
    """The mean of each of ``out_size`` (height, width) bins."""
    x = _feature_map(x)
    out = np.empty((*x.shape[:2], *out_size))
    for place, bin in _bins(x, out_size):
        out[_behind(place)] = x[_behind(bin)].mean(axis=tuple(range(2, x.ndim)))
    return out


def adaptive_max_pool(x: ArrayLike, out_size: Axes) -> Array:
    """The largest element of each of ``out_size`` (height, width) bins."""
    x = _feature_map(x)
    out = np.empty((*x.shape[:2], *out_size))
    for place, bin in _bins(x, out_size):
        out[_behind(place)] = x[_behind(bin)].max(axis=tuple(range(2, x.ndim)))
    return out


def global_avg_pool(x: ArrayLike) -> Array:
    """The mean of each channel, as a (batch, channels, 1, 1) map."""
    x = _feature_map(x)
    return _float64(x.mean(axis=tuple(range(2, x.ndim)), keepdims=True))


# --- Normalisation -------------------------------------------------------------------------


def _per_channel(values: ArrayLike, ndim: int) -> Array:
    """Shape one value per channel to broadcast along axis 1 of an ``ndim``-array."""
    return _float64(values).reshape(1, -1, *(1,) * (ndim - 2))


def _scale_and_shift(x: Array, gamma: ArrayLike | None, beta: ArrayLike | None) -> Array:
    if gamma is not None:
        x = x * _per_channel(gamma, x.ndim)
    if beta is not None:
        x = x + _per_channel(beta, x.ndim)
    return x


def batch_norm(
    x: ArrayLike,
    mean: ArrayLike,
    var: ArrayLike,
    gamma: ArrayLike | None = None,
    beta: ArrayLike | None = None,
    eps: float = 1e-5,
) -> Array:
    """Batch normalisation by given (running) statistics, as at evaluation."""
    x = _float64(x)
    deviation = np.sqrt(_per_channel(var, x.ndim) + eps)
    return _scale_and_shift((x - _per_channel(mean, x.ndim)) / deviation, gamma, beta)


def batch_norm_train(
    x: ArrayLike,
    gamma: ArrayLike | None = None,
    beta: ArrayLike | None = None,
    eps: float = 1e-5,
) -> Array:
    """Batch normalisation by the batch's own mean and biased variance, as in training."""
    x = _float64(x)
    all_but_channels = tuple(axis for axis in range(x.ndim) if axis != 1)
    mean = x.mean(axis=all_but_channels)
    var = ((x - _per_channel(mean, x.ndim)) ** 2).mean(axis=all_but_channels)
    return batch_norm(x, mean, var, gamma, beta, eps)


def group_norm(
    x: ArrayLike,
    groups: int,
    gamma: ArrayLike | None = None,
    beta: ArrayLike | None = None,
    eps: float = 1e-5,
) -> Array:
    """Normalise each sample over each of ``groups`` runs of channels (biased variance)."""
    x = _float64(x)
    if x.shape[1] % groups:
        raise ValueError(f"{x.shape[1]} channels do not divide into {groups} groups")
    grouped = x.reshape(x.shape[0], groups, -1)
    mean = grouped.mean(axis=2, keepdims=True)
    var = ((grouped - mean) ** 2).mean(axis=2, keepdims=True)
    normalised = (grouped - mean) / np.sqrt(var + eps)
    return _scale_and_shift(normalised.reshape(x.shape), gamma, beta)


def layer_norm(
    x: ArrayLike,
    gamma: ArrayLike | None = None,
    beta: ArrayLike | None = None,
    eps: float = 1e-5,
) -> Array:
    """Normalise the channels of each sample, at each place of its map by themselves."""
    x = _float64(x)
    away = x - x.mean(axis=1, keepdims=True)
    deviation = np.sqrt((away * away).mean(axis=1, keepdims=True) + eps)
    return _scale_and_shift(away / deviation, gamma, beta)


def local_response_norm(
    x: ArrayLike, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Array:
    """x / (k + alpha / size * sum of squares over ``size`` neighbouring channels) ** beta.

    The window runs from ``size // 2`` channels before to ``(size - 1) // 2`` after.  Alpha is
    divided by ``size`` even where the window leaves the channels, as in torch and Caffe;
    TensorFlow does not divide, so its alpha is this one divided by ``size``.
    """
    x = _float64(x)
    out = np.empty_like(x)
    for channel in range(x.shape[1]):
        first = max(channel - size // 2, 0)
        last = channel + (size - 1) // 2
        squares = (x[:, first : last + 1] ** 2).sum(axis=1)
        out[:, channel] = x[:, channel] / (k + alpha / size * squares) ** beta
    return out


# --- Dense layers, joins and activations ---------------------------------------------------


def linear(x: ArrayLike, weight: ArrayLike, bias: ArrayLike | None = None) -> Array:
    """``x @ weight.T + bias``; ``weight`` is (out features, in features)."""
    out = _float64(x) @ _float64(weight).T
    return _float64(out if bias is None else out + _float64(bias))


def concat(branches: Sequence[ArrayLike], axis: int = 1) -> Array:
    """Join branches, along their channels unless told otherwise."""
    return np.concatenate([_float64(branch) for branch in branches], axis=axis)


def softmax(x: ArrayLike, axis: int = -1) -> Array:
    """Exponentials normalised to sum to one along ``axis``."""
    x = _float64(x)
    exponentials = np.exp(x - x.max(axis=axis, keepdims=True))
    return _float64(exponentials / exponentials.sum(axis=axis, keepdims=True))


def l2_normalize(x: ArrayLike, eps: float) -> Array:
    """Along axis 1 of unit length; what is shorter than `eps` is divided by that."""
    x = _float64(x)
    lengths: Array = np.sqrt((x * x).sum(axis=1, keepdims=True))
    return x / np.maximum(lengths, eps)


def relu(x: ArrayLike) -> Array:
    """max(x, 0)."""
    return np.maximum(_float64(x), 0.0)


def relu6(x: ArrayLike) -> Array:
    """min(max(x, 0), 6)."""
    return np.minimum(relu(x), 6.0)


def leakyrelu(x: ArrayLike, slope: float = 0.01) -> Array:
    """x above 0, and a share of it below."""
    x = _float64(x)
    return np.where(x > 0, x, slope * x)


def prelu(x: ArrayLike, slope: ArrayLike) -> Array:
    """The same by a slope that is learned: one, or one for each channel."""
    x, slope = _float64(x), _float64(slope)
    return x * np.where(x < 0, slope, 1.0)


def elu(x: ArrayLike) -> Array:
    """x above 0, exp(x) - 1 below."""
    x = _float64(x)
    return np.maximum(x, 0.0) + np.expm1(np.minimum(x, 0.0))


def softplus(x: ArrayLike) -> Array:
    """log(1 + exp(x)), in a form that never overflows."""
    x = _float64(x)
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def mish(x: ArrayLike) -> Array:
    """x * tanh(softplus(x)) (arXiv:1908.08681)."""
    return _float64(x) * np.tanh(softplus(x))


def hardsigmoid(x: ArrayLike) -> Array:
    """A line from 0 at -3 to 1 at 3."""
    return np.clip(_float64(x) / 6.0 + 0.5, 0.0, 1.0)


def hardswish(x: ArrayLike) -> Array:
    """x * hardsigmoid(x) (arXiv:1905.02244)."""
    return _float64(x) * hardsigmoid(x)


def sigmoid(x: ArrayLike) -> Array:
    """1 / (1 + exp(-x)), in a form that never overflows."""
    x = _float64(x)
    decaying = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, decaying) / (1.0 + decaying)


def silu(x: ArrayLike) -> Array:
    """x * sigmoid(x)."""
    return _float64(x) * sigmoid(x)


def tanh(x: ArrayLike) -> Array:
    """The hyperbolic tangent."""
    return np.tanh(_float64(x))


_erf: Callable[[Array], Array] = np.vectorize(math.erf, otypes=[np.float64])


def gelu(x: ArrayLike) -> Array:
    """x times the normal distribution's cumulative function, exactly (no tanh formula)."""
    x = _float64(x)
    return x * 0.5 * (1.0 + _erf(x / math.sqrt(2.0)))


# --- Counting ------------------------------------------------------------------------------


def conv_macs_by_loop(
    in_channels: int,
    out_channels: int,
    in_size: Axes,
    kernel: Axes,
    stride: Axes = (),
    padding: Padding = NO_PADDING,
    dilation: Axes = (),
    groups: int = 1,
    count_padding: bool = True,
) -> int:
    """Multiply-accumulates of one sample's convolution, counted one tap at a time.

    Each tap of each kernel at each output position is one.  ``count_padding=False`` leaves
    out the taps that fall on padding, which is not how profilers count.  Bias is no MAC.
    """
    if in_channels % groups or out_channels % groups:
        raise ValueError(f"{in_channels} -> {out_channels} channels, groups {groups}")
    stride, dilation = stride or (1,) * len(in_size), dilation or (1,) * len(in_size)
    pads = _pads(padding, len(in_size))
    axes = list(zip(in_size, kernel, stride, pads, dilation, strict=True))
    outs = [conv_output_size(n, k, step, *pad, apart) for n, k, step, pad, apart in axes]

    macs = 0
    for _out_channel, *place in product(range(out_channels), *map(range, outs)):
        for _in_channel, *tap in product(range(in_channels // groups), *map(range, kernel)):
            on_data = all(
                0 <= at * step - before + there * apart < size
                for at, there, (size, _, step, (before, _), apart) in zip(
                    place, tap, axes, strict=True
                )
            )
            if on_data or count_padding:
                macs += 1
    return macs


def linear_macs_by_loop(in_features: int, out_features: int) -> int:
    """Multiply-accumulates of one sample's dense layer, counted one weight at a time."""
    macs = 0
    for _weight in product(range(out_features), range(in_features)):
        macs += 1
    return macs


def channel_shuffle(x: Array, groups: int) -> Array:
    """(N, C, *): the groups as columns of a table of channels, read row by row."""
    table = np.arange(x.shape[1]).reshape(groups, -1)
    return x[:, table.T.ravel()]
