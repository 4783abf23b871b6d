"""What a spec means, computed a second time: an interpreter of the language.

It reads the `dsl` models and runs them on an array, whoever's arithmetic that is. Nothing of
the compiler is in reach here, and names of state-dict keys are made anew too, so that it can
settle what defaults, the bias rule, paddings, parameters, repeats and residuals mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from compiler.oracle.addressing import class_names, list_names, split_names
from compiler.oracle.meaning import Meaning
from compiler.oracle.operators import Arithmetic, Array, State
from dsl.models import layers
from dsl.models.spec import Aux, Block, Spec


@dataclass
class Result:
    """What a network gives, and its state afterwards."""

    logits: Array
    heads: dict[str, Array]
    state: State
    outs: dict[str, Array]
    """What each step of the trunk gave."""


@dataclass(frozen=True)
class Reading(Meaning):
    """One pass: the spec, the weights, the mode, and what names stand for here."""

    def step(self, step: layers.Step, path: str, x: Array) -> Array:
        """What a step gives; its weights are those below `path`."""
        y = self.unseen(step, path, x)
        self.saw(path, y)
        return y

    def unseen(self, step: layers.Step, path: str, x: Array) -> Array:
        """The same, told to nobody: a block's body stands at the place of its call."""
        match step:
            case layers.Sequence():
                return self.in_order(step, path, x, listed=True)
            case layers.Split():
                return self.split(step, path, x)
            case layers.Layer() if step.repeat != 1:
                return self.repeated(step, path, x)
            case layers.Call():
                return self.call(step, path, x)
            case layers.Layer():
                return self.layer(step, path, x)
        raise TypeError(type(step))

    def repeated(self, step: layers.Layer, path: str, x: Array) -> Array:
        """One after the other, numbered from 0; a step that a parameter says once has no number."""
        count = self.value(step.repeat)
        for place in range(count):
            x = self.step(_one_of(step, place, count), f"{path}.{place}" if count > 1 else path, x)
        return x

    def steps(self, steps: Iterable[layers.Step], names: list[str], path: str, x: Array) -> Array:
        for name, step in zip(names, steps, strict=True):
            x = self.step(step, f"{path}.{name}", x)
        return x

    def in_order(self, step: layers.Sequence, path: str, x: Array, *, listed: bool) -> Array:
        """Steps of a list are numbered; those of a `do` go by their kind."""
        names = list_names(step.steps) if listed else class_names(step.steps)
        if step.residual is not None:
            beside = step.residual.shortcut
            used = [beside.name or "shortcut"] if beside else []
            names = class_names(step.steps, ["act", *used])
        y = self.steps(step.steps, names, path, x)
        return y if step.residual is None else self.summed(step.residual, path, x, y)

    def summed(self, residual: layers.Residual, path: str, x: Array, y: Array) -> Array:
        """`act(shortcut(x) + scale * y)`."""
        if residual.shortcut is not None:
            x = self.step(residual.shortcut, f"{path}.{residual.shortcut.name or 'shortcut'}", x)
        if x.shape != y.shape:
            raise ValueError(f"{x.shape} and {y.shape} don't add")
        act = self.word(residual.act, self.spec.defaults.act)
        return self.activated(act, f"{path}.act", x + self.number(residual.scale) * y)

    def split(self, step: layers.Split, path: str, x: Array) -> Array:
        names = split_names(step)
        pieces = self.pieces(step, x)
        outs = [
            self.step(branch, f"{path}.{name}", piece)
            for name, branch, piece in zip(names, step.branches, pieces, strict=True)
        ]
        y = {"concat": self.ops.concat, "add": _sum, "mul": _product}[step.join](outs)
        if step.then is not None:
            y = self.step(step.then, f"{path}.{step.then.name or 'then'}", y)
        return y if step.residual is None else self.summed(step.residual, path, x, y)

    def pieces(self, step: layers.Split, x: Array) -> list[Array]:
        """What each branch works on: all of the input, or channels of its own."""
        count, channels = len(step.branches), x.shape[1]
        if not step.split:
            return [x] * count
        sizes = [channels // count] * count
        if step.split != ("equal",):
            said = [0 if share == "rest" else int(self.value(share)) for share in step.split]
            sizes = [size or channels - sum(said) for size in said]
        if sum(sizes) != channels or min(sizes) < 1:
            raise ValueError(f"{sizes} channels are no shares of {channels}")
        ends = [sum(sizes[: place + 1]) for place in range(count)]
        return [x[:, end - size : end] for size, end in zip(sizes, ends, strict=True)]

    def call(self, step: layers.Call, path: str, x: Array) -> Array:
        spec = self.spec
        block: Block = {**spec.inception, **spec.reduction, **spec.strided}[step.block]
        names = {name: value for name, value in block.params.items() if value is not None}
        names |= {name: self.value(_first(value)) for name, value in step.args.items()}
        names |= {"in": x.shape[1], "classes": self.spec.classes}
        inside = replace(self, names=names)
        if isinstance(block.body, layers.Sequence):
            return inside.in_order(block.body, path, x, listed=False)
        return inside.unseen(block.body, path, x)


def _one_of(step: layers.Layer, place: int, count: int) -> layers.Layer:
    """One of the repeats of a step: a range has come so far on its way."""
    once: dict[str, Any] = {"repeat": 1}
    if isinstance(step, layers.Call):
        share = place / max(count - 1, 1)
        once["args"] = {
            name: value.first * (1 - share) + value.last * share
            if isinstance(value, layers.Ramp)
            else value
            for name, value in step.args.items()
        }
    return step.model_copy(update=once)


def _first(value: Any) -> Any:
    return value.first if isinstance(value, layers.Ramp) else value


def _sum(outs: list[Array]) -> Array:
    total = outs[0]
    for out in outs[1:]:
        if out.shape != total.shape:
            raise ValueError(f"{total.shape} and {out.shape} don't add")
        total = total + out
    return total


def _product(outs: list[Array]) -> Array:
    """A factor may have one value a channel, for all places of the others."""
    product = outs[0]
    for out in outs[1:]:
        one_place = (1,) * (len(out.shape) - 2)
        grids = {product.shape[2:], out.shape[2:]} - {one_place}
        if product.shape[:2] != out.shape[:2] or len(grids) > 1:
            raise ValueError(f"{product.shape} and {out.shape} don't multiply")
        product = product * out
    return product


def read(
    spec: Spec,
    state: Mapping[str, Array],
    x: Array,
    ops: Arithmetic,
    *,
    training: bool = False,
    apart: Mapping[str, Array] | None = None,
    saw: Callable[[str, Array], None] = lambda path, y: None,
) -> Result:
    """The network of `spec` on a batch `x`, with the weights of a state dict.

    Auxiliary heads run in training; one that is set `apart` works on the array given for it
    and not on the trunk's, behind everything else. Raises `ValueError` for weights that
    aren't those that the spec asks for.
    """
    base = Reading(spec, state, training, ops, {"classes": spec.classes}, {}, saw)
    apart = apart or {}
    heads: dict[str, Array] = {}
    outs: dict[str, Array] = {}
    for name, step in _trunk(spec):
        x = replace(base, names={**base.names, "in": x.shape[1]}).step(step, name, x)
        outs[name] = x
        for head in spec.aux:
            if training and head.source == name:
                heads[head.name] = x if head.name in apart else _head(base, head, x)
    for head in spec.aux:
        if training and head.name in apart:
            heads[f"{head.name} alone"] = _head(base, head, apart[head.name])
    return Result(x, heads, {**state, **base.changed}, outs)


def _trunk(spec: Spec) -> Iterator[tuple[str, layers.Step]]:
    steps = (*spec.stem, *spec.body, *spec.head)
    yield from zip(class_names(steps), steps, strict=True)


def _head(base: Reading, head: Aux, x: Array) -> Array:
    inside = replace(base, names={**base.names, "in": x.shape[1]})
    return inside.steps(head.steps, class_names(head.steps), head.name, x)
