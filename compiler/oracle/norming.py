"""What the norms of a spec mean, computed a second time; part of `compiler.oracle.meaning`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsl.models import layers

if TYPE_CHECKING:  # It is the other half of this.
    from compiler.oracle.meaning import Meaning
    from compiler.oracle.operators import Array
else:
    Array = Any


def norm_behind(meaning: Meaning, step: layers.Filter, path: str, x: Array) -> Array:
    """The norm of a convolution's output."""
    kind, _, groups = meaning.word(step.norm, meaning.spec.defaults.norm).partition(":")
    if kind == "batch":
        return _batch_norm(meaning, step, f"{path}.bn", x)
    if step.momentum is not None:
        raise ValueError(f"{path}: {kind} norm has no momentum")
    counts = {"layer": 0, "instance": x.shape[1]}
    return _by_itself(meaning, step, f"{path}.norm", x, counts.get(kind) or int(groups or 0))


def normalised(meaning: Meaning, step: layers.Norm, path: str, x: Array) -> Array:
    """A norm that is a step of its own."""
    match step:
        case layers.BatchNorm():
            return _batch_norm(meaning, step, path, x)
        case layers.LayerNorm():
            return _by_itself(meaning, step, path, x, 0)
        case layers.GroupNorm():
            return _by_itself(meaning, step, path, x, int(meaning.value(step.groups)))
        case layers.InstanceNorm():
            return _by_itself(meaning, step, path, x, x.shape[1])
    raise TypeError(type(step))


def _by_itself(
    meaning: Meaning, step: layers.Filter | layers.Norm, path: str, x: Array, groups: int
) -> Array:
    """Each sample by its own mean and variance: of groups of channels, or of each place for 0."""
    eps = meaning.number(step.eps, meaning.spec.defaults.eps)
    y = (
        meaning.ops.normalise_groups(x, groups, eps)
        if groups
        else meaning.ops.normalise_places(x, eps)
    )
    if not _scaled(meaning, step, path):
        return y
    return y * along(meaning.state[f"{path}.weight"], y) + along(meaning.state[f"{path}.bias"], y)


def _scaled(meaning: Meaning, step: layers.Filter | layers.Norm, path: str) -> bool:
    scaled = meaning.spec.defaults.gamma if step.gamma is None else step.gamma
    if scaled != (f"{path}.weight" in meaning.state):
        raise ValueError(f"{path}.weight should {'' if scaled else 'not '}be there")
    return scaled


def _batch_norm(
    meaning: Meaning, step: layers.Filter | layers.BatchNorm, path: str, x: Array
) -> Array:
    eps = meaning.number(step.eps, meaning.spec.defaults.eps)
    mean, var = meaning.state[f"{path}.running_mean"], meaning.state[f"{path}.running_var"]
    if meaning.training:
        _move(meaning, step, path, x)
        mean, var = meaning.ops.mean(x), meaning.ops.variance(x, 0)
    y = meaning.ops.normalise(x, mean, var, eps)
    if _scaled(meaning, step, path):
        y = y * along(meaning.state[f"{path}.weight"], y)
    return y + along(meaning.state[f"{path}.bias"], y)


def _move(meaning: Meaning, step: layers.Filter | layers.BatchNorm, path: str, x: Array) -> None:
    """Running statistics take their share of the batch's; its variance is the unbiased."""
    share = meaning.number(step.momentum, meaning.spec.defaults.momentum)
    seen = {"running_mean": meaning.ops.mean(x), "running_var": meaning.ops.variance(x, 1)}
    for key, value in seen.items():
        old = meaning.state[f"{path}.{key}"]
        meaning.changed[f"{path}.{key}"] = (1 - share) * old + share * value
    count = f"{path}.num_batches_tracked"
    meaning.changed[count] = meaning.state[count] + 1


def along(values: Array, x: Array) -> Array:
    """A number a channel, so that it meets a map's or vector's channels."""
    return values.reshape(1, -1, *(1,) * (x.ndim - 2))
