"""What each kind of layer means, computed a second time: defaults, paddings, the bias rule, norms.

Part of the reading of a spec (`compiler.oracle.reading`): nothing of the compiler is in reach here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from compiler.oracle.meaning_larger import between, same_cut
from compiler.oracle.norming import along, norm_behind, normalised
from compiler.oracle.operators import Arithmetic, Array, Axes, Padding, State
from dsl.models import layers
from dsl.models.spec import Spec

Value = int | float | str


@dataclass(frozen=True)
class Meaning:
    """What each layer of a spec does, with what names stand for here."""

    spec: Spec
    state: Mapping[str, Array]
    training: bool
    ops: Arithmetic
    names: Mapping[str, Value]
    changed: State
    """Running statistics that the pass has moved."""
    saw: Callable[[str, Array], None]
    """Told each step's path and what it gave, the innermost first."""

    # What fields say, names replaced by their values.

    def value(self, given: Any) -> Any:
        if not isinstance(given, str):
            return given
        return self.names[given] if given in self.names else self.factored(given)

    def factored(self, text: str) -> Any:
        """`in*6` and `in/16` as numbers; any other text as it is."""
        for sign in "*/":
            name, found, number = text.partition(sign)
            if not found or name not in self.names:
                continue
            whole = int(self.names[name])
            if sign == "/" and whole % int(number):
                raise ValueError(f"{text} is no whole number: {name} is {whole}")
            return whole * int(number) if sign == "*" else whole // int(number)
        return text

    def axes(self, given: Any, x: Array) -> Axes:
        """A number for each axis of a map, or one for all of them."""
        value, rank = self.value(given), x.ndim - 2
        sides = value if isinstance(value, tuple) else (value,) * rank
        if len(sides) != rank:
            raise ValueError(f"{len(sides)} numbers for a map of {rank} axes")
        return tuple(int(self.value(side)) for side in sides)

    def word(self, given: Any, default: str) -> str:
        value = self.value(given)
        return default if value is None else str(value)

    def number(self, given: Any, default: float = 0.0) -> float:
        value = self.value(given)
        return default if value is None else float(value)

    def other(self, step: layers.Layer, path: str, x: Array) -> Array:
        """A layer that the language doesn't know, by whoever does."""
        names = type(step).model_fields.keys() - {"name", "repeat"}
        fields = {name: getattr(step, name) for name in names}
        values = {name: self.known(given) for name, given in fields.items()}
        start = f"{path}."
        own = {key: value for key, value in self.state.items() if key.startswith(start)}
        weights = {key.removeprefix(start): value for key, value in own.items()}
        y, moved = self.ops.others[step.keyword](path, values, weights, x, self.training)
        self.changed.update({start + key: value for key, value in moved.items()})
        return y

    def known(self, given: Any) -> Any:
        return tuple(map(self.value, given)) if isinstance(given, tuple) else self.value(given)

    def layer(self, step: layers.Layer, path: str, x: Array) -> Array:
        if step.keyword in self.ops.others:
            return self.other(step, path, x)
        match step:
            case layers.Conv():
                return self.conv(step, path, x)
            case layers.SepConv():
                deep = self.convolve(step, f"{path}.depthwise", x, groups=x.shape[1])
                point = self.pointwise(deep, f"{path}.pointwise", step)
                bias = self.bias(step, path, "pointwise")
                return self.behind(step, path, point, bias)
            case layers.Deconv():
                return self.deconv(step, path, x)
            case layers.MaxPool():
                return self.pool(step, x)
            case layers.Linear():
                bias = self.state[f"{path}.bias"] if step.bias else None
                return self.ops.linear(_flat(x), self.state[f"{path}.weight"], bias)
            case layers.Norm():
                return normalised(self, step, path, x)
            case layers.LayerScale():
                gamma = self.state[f"{path}.gamma"]
                _agree(path, (x.shape[1],), gamma)
                return x * along(gamma, x)
            case layers.Activation():
                return self.activated(self.value(step.kind), path, x, self.value(step.slope))
        return self.plain(step, x)

    def plain(self, step: layers.Layer, x: Array) -> Array:
        """Layers without weights."""
        match step:
            case layers.GlobalPool() | layers.AdaptivePool():
                size: Any = 1 if isinstance(step, layers.GlobalPool) else step.size
                return self.ops.adaptive_pool(self.value(step.mode), x, self.axes(size, x))
            case layers.Upsample():
                return self.larger(step, x)
            case layers.Flatten():
                return _flat(x)
            case layers.Dropout() | layers.DropPath():
                return self.dropped(step, x) if self.training else x
            case layers.L2Norm():
                return self.ops.unit(x, self.number(step.eps))
            case layers.Softmax():
                return self.ops.softmax(x)
            case layers.LRN():
                alpha, beta, k = (self.number(n) for n in (step.alpha, step.beta, step.k))
                return self.ops.lrn(x, step.size, alpha, beta, k)
            case layers.Shuffle():
                return x[:, _in_turn(x.shape[1], int(self.value(step.groups)))]
            case layers.Identity():
                return x
        raise TypeError(type(step))

    def dropped(self, step: layers.Dropout | layers.DropPath, x: Array) -> Array:
        """Single elements zeroed, or whole samples."""
        drop = self.ops.dropout if isinstance(step, layers.Dropout) else self.ops.drop_path
        return drop(self.number(step.p), x)

    def conv(self, step: layers.Conv, path: str, x: Array) -> Array:
        groups = x.shape[1] if step.depthwise else int(self.value(step.groups))
        alone = not self.normed(step) and self.act(step) == "none"
        y = self.convolve(step, path if alone else f"{path}.conv", x, groups)
        return self.behind(step, path, y, self.bias(step, path, "" if alone else "conv"))

    def deconv(self, step: layers.Deconv, path: str, x: Array) -> Array:
        kernel, stride = self.axes(step.kernel, x), self.axes(step.stride, x)
        dilation = self.axes(step.dilation, x)
        mode = self.value(step.padding)
        mode = self.spec.defaults.padding if mode is None else mode
        if not isinstance(mode, str):
            cut = tuple((pad, pad) for pad in self.axes(mode, x))
        elif mode == "valid":
            cut = ((0, 0),) * len(kernel)
        else:
            cut = tuple(map(same_cut, kernel, stride, dilation))
        alone = not self.normed(step) and self.act(step) == "none"
        where, groups = path if alone else f"{path}.conv", int(self.value(step.groups))
        weight, width = self.state[f"{where}.weight"], int(self.value(step.width))
        _agree(where, (x.shape[1], width // groups, *kernel), weight)
        y = self.ops.deconv(x, weight, stride, cut, dilation, groups)
        return self.behind(step, path, y, self.bias(step, path, "" if alone else "conv"))

    def larger(self, step: layers.Upsample, x: Array) -> Array:
        factor = self.axes(step.factor * (x.ndim - 2 if len(step.factor) == 1 else 1), x)
        for axis, by in enumerate(factor, 2):
            low, high, share = between(x.shape[axis], by, str(step.mode))
            x = self.ops.between(x, axis, low, high, share)
        return x

    def pointwise(self, x: Array, where: str, step: layers.Filter) -> Array:
        """The 1x1 behind a depthwise convolution."""
        weight = self.state[f"{where}.weight"]
        one = (1,) * (x.ndim - 2)
        _agree(where, (int(self.value(step.width)), x.shape[1], *one), weight)
        return self.ops.conv(x, weight, one, ((0, 0),) * len(one), one, 1)

    def convolve(self, step: layers.Filter, where: str, x: Array, groups: int) -> Array:
        kernel, stride = self.axes(step.kernel, x), self.axes(step.stride, x)
        dilation = self.axes(step.dilation, x)
        mode = self.value(step.padding)
        mode = self.spec.defaults.padding if mode is None else mode
        padding = self.padding(mode, x, kernel, stride, dilation)
        weight = self.state[f"{where}.weight"]
        width = x.shape[1] if isinstance(step, layers.SepConv) or step.width is None else step.width
        _agree(where, (int(self.value(width)), x.shape[1] // groups, *kernel), weight)
        return self.ops.conv(x, weight, stride, padding, dilation, groups)

    def bias(self, step: layers.Filter, path: str, part: str) -> Array | None:
        """The bias rule: said outright; else by the defaults; else where no norm follows."""
        wanted = step.bias
        if wanted is None and not step.linear:
            wanted = self.spec.defaults.bias
        if wanted is None:
            wanted = not self.normed(step)
        key = f"{path}.{part}.bias" if part else f"{path}.bias"
        if wanted != (key in self.state):
            raise ValueError(f"{key} should {'' if wanted else 'not '}be there")
        return self.state[key] if wanted else None

    def normed(self, step: layers.Filter) -> bool:
        if step.linear and step.norm is None:
            return False
        return self.word(step.norm, self.spec.defaults.norm) != "none"

    def act(self, step: layers.Filter) -> str:
        if step.linear and step.act is None:
            return "none"
        return self.word(step.act, self.spec.defaults.act)

    def behind(self, step: layers.Filter, path: str, y: Array, bias: Array | None) -> Array:
        """The bias, norm and activation of a convolution."""
        if bias is not None:
            y = y + along(bias, y)
        if self.normed(step):
            y = norm_behind(self, step, path, y)
        return self.activated(self.act(step), f"{path}.act", y)

    def activated(self, said: str, path: str, x: Array, slope: Value | None = None) -> Array:
        """An activation, as `leakyrelu:0.1` says it; `path` holds what it has learned."""
        word, _, behind = said.partition(":")
        given = behind if slope is None else slope
        if word == "prelu":
            weight = self.state[f"{path}.weight"]
            _agree(path, (x.shape[1] if given == "channelwise" else 1,), weight)
            return self.ops.act(word, x, along(weight, x))
        if word == "leakyrelu":
            return self.ops.act(word, x, 0.01 if given == "" else float(given))
        return self.ops.act(word, x, None)

    def padding(self, mode: Any, x: Array, kernel: Axes, stride: Axes, dilation: Axes) -> Padding:
        if not isinstance(mode, str):
            return tuple((pad, pad) for pad in self.axes(mode, x))
        sides: list[tuple[int, int]] = []
        for axis, size in enumerate(x.shape[2:]):
            reach = dilation[axis] * (kernel[axis] - 1)
            if mode == "tf_same":
                sides.append(_tf_same(size, reach, stride[axis]))
            else:
                sides.append((reach // 2 if mode == "same" else 0,) * 2)
        return tuple(sides)

    def pool(self, step: layers.MaxPool, x: Array) -> Array:
        kernel, stride = self.axes(step.kernel, x), self.axes(step.stride, x)
        mode = self.value(step.padding)
        if mode is None:  # Caffe's rule rounds up instead of padding.
            mode = "valid" if step.ceil else self.spec.defaults.padding
        padding = self.padding(mode, x, kernel, stride, (1,) * len(kernel))
        averages = isinstance(step, layers.AvgPool)
        if isinstance(step, layers.Pool):
            averages = {"avg": True, "max": False}[self.value(step.mode)]
        if not isinstance(step, layers.AvgPool) or not averages:
            return self.ops.max_pool(x, kernel, stride, padding, step.ceil)
        count = step.count_padding
        if count is None:
            count = self.spec.defaults.avgpool == "countpad"
        return self.ops.avg_pool(x, kernel, stride, padding, step.ceil, count)


def _tf_same(size: int, reach: int, stride: int) -> tuple[int, int]:
    """The least padding that gives the size, divided and rounded up; more of it at the end."""
    outs = -(-size // stride)
    total = max((outs - 1) * stride + reach + 1 - size, 0)
    return total // 2, total - total // 2


def _in_turn(channels: int, groups: int) -> list[int]:
    """The first channel of each group, then the second of each, and so on."""
    size = channels // groups
    return [first + place for place in range(size) for first in range(0, channels, size)]


def _agree(where: str, wanted: tuple[int, ...], weight: Array) -> None:
    if tuple(weight.shape) != wanted:
        raise ValueError(f"{where}: weights of {tuple(weight.shape)} where {wanted} is said")


def _flat(x: Array) -> Array:
    return x.reshape(x.shape[0], -1)
