"""What a spec means, computed a second time: an interpreter of the language in NumPy.

It reads the `dsl` models and runs them on an array with the operators of
`tests.numpy_reference`. Nothing of the compiler is in reach here, and names of state-dict
keys are made anew too, so that it can settle what defaults, the bias rule, paddings,
parameters, repeats and residuals mean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dsl import layers
from dsl.spec import Aux, Block, Spec
from tests import numpy_reference as reference
from tests.numpy_reference import Array, Padding, Pair

Value = int | float | str
State = dict[str, Array]

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "relu": reference.relu,
    "relu6": reference.relu6,
    "silu": reference.silu,
    "gelu": reference.gelu,
    "sigmoid": reference.sigmoid,
    "tanh": reference.tanh,
    "none": lambda x: x,
}


# --- Names ---------------------------------------------------------------------------------


def class_names(steps: Seq[layers.Step]) -> list[str]:
    """Attributes of a network or block: `fc`, or `conv1`, `conv2` where there are several."""
    given = [step.name for step in steps if step.name]
    alone = Counter(step.auto for step in steps if not step.name)
    names: list[str] = []
    for step in steps:
        taken = {*given, *names}
        numbered = (f"{step.auto}{n}" for n in range(1, 10**6))
        if step.name:
            names.append(step.name)
        elif alone[step.auto] == 1 and step.auto not in taken:
            names.append(step.auto)
        else:
            names.append(next(name for name in numbered if name not in taken))
    return names


def list_names(steps: Seq[layers.Step]) -> list[str]:
    """Steps of a nested list: their own names, or their places from 0."""
    return [step.name or str(place) for place, step in enumerate(steps)]


def split_names(branches: Seq[layers.Step]) -> list[str]:
    """Branches: their own names, or `branch1`, `branch2` and so on."""
    given = {branch.name for branch in branches if branch.name}
    names: list[str] = []
    for place, branch in enumerate(branches):
        name = branch.name or f"branch{place + 1}"
        while not branch.name and name in given:
            name = f"{name}_"
        names.append(name)
    return names


# --- Running -------------------------------------------------------------------------------


@dataclass
class Result:
    """What a network gives, and its state afterwards."""

    logits: Array
    heads: dict[str, Array]
    state: State
    shapes: dict[str, tuple[int, ...]]
    """What each step of the trunk gave, without the batch."""


@dataclass(frozen=True)
class Run:
    """One pass: the spec, the weights, the mode, and what names stand for here."""

    spec: Spec
    state: State
    training: bool
    names: Mapping[str, Value]
    changed: State = field(default_factory=dict)

    # What fields say, names replaced by their values.

    def value(self, given: Any) -> Any:
        return self.names.get(given, given) if isinstance(given, str) else given

    def pair(self, given: Any) -> Pair:
        value = self.value(given)
        if not isinstance(value, tuple):
            return int(value), int(value)
        return int(self.value(value[0])), int(self.value(value[1]))

    def word(self, given: Any, default: str) -> str:
        value = self.value(given)
        return default if value is None else str(value)

    def number(self, given: Any, default: float = 0.0) -> float:
        value = self.value(given)
        return default if value is None else float(value)

    # Steps.

    def step(self, step: layers.Step, path: str, x: Array) -> Array:
        match step:
            case layers.Sequence():
                return self.steps(step.steps, list_names(step.steps), path, x)
            case layers.Split():
                return self.split(step, path, x)
            case layers.Layer() if step.repeat > 1:
                once = step.model_copy(update={"repeat": 1})
                for place in range(step.repeat):
                    x = self.step(once, f"{path}.{place}", x)
                return x
            case layers.Call():
                return self.call(step, path, x)
            case layers.Layer():
                return self.layer(step, path, x)
        raise TypeError(type(step))

    def steps(self, steps: Iterable[layers.Step], names: list[str], path: str, x: Array) -> Array:
        for name, step in zip(names, steps, strict=True):
            x = self.step(step, f"{path}.{name}", x)
        return x

    def split(self, step: layers.Split, path: str, x: Array) -> Array:
        names = split_names(step.branches)
        outs = [
            self.step(branch, f"{path}.{name}", x)
            for name, branch in zip(names, step.branches, strict=True)
        ]
        y = np.concatenate(outs, axis=1) if step.join == "concat" else _sum(outs)
        if step.then is not None:
            y = self.step(step.then, f"{path}.{step.then.name or 'then'}", y)
        if step.residual is not None:
            summed = x + self.number(step.residual.scale) * y
            y = ACTIVATIONS[self.word(step.residual.act, self.spec.defaults.act)](summed)
        return y

    def call(self, step: layers.Call, path: str, x: Array) -> Array:
        block: Block = {**self.spec.inception, **self.spec.reduction}[step.block]
        names = {name: value for name, value in block.params.items() if value is not None}
        names |= {name: self.value(value) for name, value in step.args.items()}
        names |= {"in": x.shape[1], "classes": self.spec.classes}
        inside = replace(self, names=names)
        if isinstance(block.body, layers.Sequence):
            steps = block.body.steps
            return inside.steps(steps, class_names(steps), path, x)
        return inside.step(block.body, path, x)

    # Layers.

    def layer(self, step: layers.Layer, path: str, x: Array) -> Array:
        match step:
            case layers.Conv():
                return self.conv(step, path, x)
            case layers.SepConv():
                deep = self.convolve(step, f"{path}.depthwise", x, groups=x.shape[1])
                point = reference.conv2d(
                    deep, self.state[f"{path}.pointwise.weight"], self.bias(step, path, "pointwise")
                )
                return self.behind(step, path, point)
            case layers.MaxPool():
                return self.pool(step, x)
            case layers.Linear():
                bias = self.state[f"{path}.bias"] if step.bias else None
                return reference.linear(_flat(x), self.state[f"{path}.weight"], bias)
            case layers.BatchNorm():
                return self.batch_norm(step, path, x)
        return self.plain(step, x)

    def plain(self, step: layers.Layer, x: Array) -> Array:
        """Layers without weights."""
        match step:
            case layers.GlobalPool():
                return _adaptive(step.mode)(x, (1, 1))
            case layers.AdaptivePool():
                return _adaptive(step.mode)(x, self.pair(step.size))
            case layers.Flatten():
                return _flat(x)
            case layers.Dropout():
                return self.dropout(self.number(step.p), x)
            case layers.Activation():
                return ACTIVATIONS[self.value(step.kind)](x)
            case layers.Softmax():
                return reference.softmax(x, axis=1)
            case layers.LRN():
                alpha, beta, k = (self.number(n) for n in (step.alpha, step.beta, step.k))
                return reference.local_response_norm(x, step.size, alpha, beta, k)
            case layers.Identity():
                return x
        raise TypeError(type(step))

    def dropout(self, p: float, x: Array) -> Array:
        if not self.training or p == 0:
            return x
        if p != 1:
            raise ValueError("dropout is random: run it with a probability of 0 or 1")
        return np.zeros_like(x)

    def conv(self, step: layers.Conv, path: str, x: Array) -> Array:
        groups = x.shape[1] if step.depthwise else int(self.value(step.groups))
        alone = not self.normed(step) and self.act(step) == "none"
        where = path if alone else f"{path}.conv"
        y = self.convolve(step, where, x, groups)
        bias = self.bias(step, path, "" if alone else "conv")
        return self.behind(step, path, y if bias is None else y + bias.reshape(1, -1, 1, 1))

    def convolve(self, step: layers.Filter, where: str, x: Array, groups: int) -> Array:
        kernel, stride = self.pair(step.kernel), self.pair(step.stride)
        dilation = self.pair(step.dilation)
        mode = self.value(step.padding)
        padding = self.padding(
            self.spec.defaults.padding if mode is None else mode, x, kernel, stride, dilation
        )
        weight = self.state[f"{where}.weight"]
        if weight.shape[2:] != kernel:
            raise ValueError(f"{where}: a kernel of {kernel}, weights of {weight.shape}")
        width = x.shape[1] if isinstance(step, layers.SepConv) or step.width is None else step.width
        if weight.shape[0] != int(self.value(width)):
            raise ValueError(f"{where}: a width of {width}, weights of {weight.shape}")
        return reference.conv2d(x, weight, None, stride, padding, dilation, groups)

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
        return self.word(step.norm, self.spec.defaults.norm) == "batch"

    def act(self, step: layers.Filter) -> str:
        if step.linear and step.act is None:
            return "none"
        return self.word(step.act, self.spec.defaults.act)

    def behind(self, step: layers.Filter, path: str, y: Array) -> Array:
        """The norm and activation of a convolution."""
        if self.normed(step):
            y = self.batch_norm(step, f"{path}.bn", y)
        return ACTIVATIONS[self.act(step)](y)

    def padding(self, mode: Any, x: Array, kernel: Pair, stride: Pair, dilation: Pair) -> Padding:
        if not isinstance(mode, str):
            rows, columns = self.pair(mode)
            return rows, rows, columns, columns
        sides: list[int] = []
        for axis in (0, 1):
            if mode == "tf_same":
                size = x.shape[2 + axis]
                sides += reference.tf_same_padding(size, kernel[axis], stride[axis], dilation[axis])
            else:
                reach = dilation[axis] * (kernel[axis] - 1)
                sides += [reach // 2 if mode == "same" else 0] * 2
        top, bottom, left, right = sides
        return top, bottom, left, right

    def pool(self, step: layers.MaxPool, x: Array) -> Array:
        kernel, stride = self.pair(step.kernel), self.pair(step.stride)
        mode = self.value(step.padding)
        if mode is None:  # Caffe's rule rounds up instead of padding.
            mode = "valid" if step.ceil else self.spec.defaults.padding
        padding = self.padding(mode, x, kernel, stride, (1, 1))
        if not isinstance(step, layers.AvgPool):
            return reference.max_pool(x, kernel, stride, padding, step.ceil)
        count = step.count_padding
        if count is None:
            count = self.spec.defaults.avgpool == "countpad"
        return reference.avg_pool(x, kernel, stride, padding, step.ceil, count)

    def batch_norm(self, step: layers.Filter | layers.BatchNorm, path: str, x: Array) -> Array:
        eps = self.number(step.eps, self.spec.defaults.eps)
        scaled = self.spec.defaults.gamma if step.gamma is None else step.gamma
        beta = self.state[f"{path}.bias"]
        gamma = self.state[f"{path}.weight"] if scaled else np.ones_like(beta)
        mean, var = self.state[f"{path}.running_mean"], self.state[f"{path}.running_var"]
        if not self.training:
            return reference.batch_norm(x, mean, var, gamma, beta, eps)
        share = self.number(step.momentum, self.spec.defaults.momentum)
        batch = x.transpose(1, 0, 2, 3).reshape(x.shape[1], -1)
        seen = {"running_mean": batch.mean(axis=1), "running_var": batch.var(axis=1, ddof=1)}
        for key, value in seen.items():
            self.changed[f"{path}.{key}"] = (1 - share) * self.state[
                f"{path}.{key}"
            ] + share * value
        count = f"{path}.num_batches_tracked"
        self.changed[count] = self.state[count] + 1
        return reference.batch_norm_train(x, gamma, beta, eps)


def _sum(outs: list[Array]) -> Array:
    total = outs[0]
    for out in outs[1:]:
        if out.shape != total.shape:
            raise ValueError(f"{total.shape} and {out.shape} don't add")
        total = total + out
    return total


def _flat(x: Array) -> Array:
    return x.reshape(x.shape[0], -1)


def _adaptive(mode: str) -> Callable[[Array, Pair], Array]:
    return {"avg": reference.adaptive_avg_pool, "max": reference.adaptive_max_pool}[mode]


def run(spec: Spec, state: Mapping[str, Any], x: Array, *, training: bool = False) -> Result:
    """The network of `spec` on a batch `x` with the weights of a state dict, all in float64."""
    weights = {key: np.asarray(value, dtype=np.float64) for key, value in state.items()}
    if x.shape[1:] != tuple(spec.input):
        raise ValueError(f"{spec.name} takes {spec.input}, not {x.shape[1:]}")
    base = Run(spec, weights, training, {"classes": spec.classes})
    heads: dict[str, Array] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    for name, step in _trunk(spec):
        x = replace(base, names={**base.names, "in": x.shape[1]}).step(step, name, x)
        shapes[name] = x.shape[1:]
        for head in spec.aux:
            if training and head.source == name:
                heads[head.name] = _head(base, head, x)
    return Result(x, heads, {**weights, **base.changed}, shapes)


def _trunk(spec: Spec) -> Iterator[tuple[str, layers.Step]]:
    steps = (*spec.stem, *spec.body, *spec.head)
    yield from zip(class_names(steps), steps, strict=True)


def _head(base: Run, head: Aux, x: Array) -> Array:
    inside = replace(base, names={**base.names, "in": x.shape[1]})
    return inside.steps(head.steps, class_names(head.steps), head.name, x)
