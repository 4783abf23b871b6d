"""Norms as ops: behind a convolution, and as steps of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from compiler.ir.op import Op
from compiler.lowering.scope import Scope
from compiler.ops.norm import BATCH_NORM, NORM, BatchNorm, GroupNorm, InstanceNorm, LayerNorm
from dsl.models import layers
from dsl.text.numbers import LEAST

Normed = layers.Filter | layers.Norm


def norm_behind(step: layers.Filter, scope: Scope) -> tuple[tuple[str, Op], ...]:
    """The norm of a convolution's unit under its name there; nothing where it has none."""
    if step.linear and step.norm is None:
        return ()
    kind, groups = scope.norm(step)
    if kind == "none":
        return ()
    if kind == "batch":
        return ((BATCH_NORM, _batch(step, scope)),)
    if step.momentum is not None:
        message = f"{kind} norm has no momentum, as it keeps no running statistics"
        help = "leave momentum= out, or take norm=batch"
        scope.fail("E013", step.at.of("momentum"), message, help=help)
    if kind == "group":
        return ((NORM, GroupNorm(groups, _eps(step, scope), _gamma(step, scope))),)
    return ((NORM, {"layer": _layer, "instance": _instance}[kind](step, scope)),)


def _eps(step: Normed, scope: Scope) -> float:
    return scope.number(step, "eps", LEAST)


def _gamma(step: Normed, scope: Scope) -> bool:
    return scope.spec.defaults.gamma if step.gamma is None else step.gamma


def _batch(step: layers.Filter | layers.BatchNorm, scope: Scope) -> BatchNorm:
    return BatchNorm(_eps(step, scope), scope.number(step, "momentum", 0, 1), _gamma(step, scope))


def _layer(step: Normed, scope: Scope) -> LayerNorm:
    return LayerNorm(_eps(step, scope), _gamma(step, scope))


def _group(step: layers.GroupNorm, scope: Scope) -> GroupNorm:
    groups = scope.positive(step, "groups")
    return GroupNorm(groups, _eps(step, scope), _gamma(step, scope))


def _instance(step: Normed, scope: Scope) -> InstanceNorm:
    return InstanceNorm(_eps(step, scope), _gamma(step, scope))


NORMS: Mapping[type[layers.Layer], Callable[[Any, Scope], Op]] = {
    layers.BatchNorm: _batch,
    layers.LayerNorm: _layer,
    layers.GroupNorm: _group,
    layers.InstanceNorm: _instance,
}
"""The norms as steps of their own."""
