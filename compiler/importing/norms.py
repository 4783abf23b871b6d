"""Readers of norms."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from compiler.importing.atoms import Reading, tidy
from compiler.importing.table import Given, reads
from dsl.models import layers


@reads(
    "input running_mean running_var weight bias training momentum eps",
    F.batch_norm,
)
def _batch_norm(given: Given) -> tuple[Reading, ...]:
    if given("running_mean") is None or given.weight("bias") is None:
        raise given.fault("is a batch norm without running statistics or without beta")
    if given("training", False) != given.call.training:
        raise given.fault(
            "is a batch norm that keeps its statistics in training, or renews them later"
        )
    gamma = given.weight("weight") is not None
    eps, momentum = tidy(given("eps", 1e-5)), tidy(given("momentum", 0.1))
    return ((layers.BatchNorm(eps=eps, momentum=momentum, gamma=gamma),),)


@reads("input normalized_shape weight bias eps", F.layer_norm, torch.layer_norm)
def _layer_norm(given: Given) -> tuple[Reading, ...]:
    if len(given("normalized_shape")) != 1:
        raise given.fault("is a layer norm over more than the channels of a place")
    if len(given.inp) > 1 and not given.last:
        raise given.fault(
            "is a layer norm over the last axis of a map, where no channels lie",
            "a spec's layernorm normalises the channels at each place",
        )
    return ((layers.LayerNorm(eps=_eps(given), gamma=_learned(given)),),)


@reads("input num_groups weight bias eps", F.group_norm, torch.group_norm)
def _group_norm(given: Given) -> tuple[Reading, ...]:
    groups = given("num_groups")
    return ((layers.GroupNorm(groups=groups, eps=_eps(given), gamma=_learned(given)),),)


@reads(
    "input running_mean running_var weight bias use_input_stats momentum eps",
    F.instance_norm,
)
def _instance_norm(given: Given) -> tuple[Reading, ...]:
    if given("running_mean") is not None or not given("use_input_stats", True):
        raise given.fault("is an instance norm with running statistics, and a spec's has none")
    return ((layers.InstanceNorm(eps=_eps(given), gamma=_learned(given)),),)


def _eps(given: Given) -> float:
    return tidy(given("eps", 1e-5))


def _learned(given: Given) -> bool:
    """Whether a norm scales and shifts by what is learned; both or neither, as in a spec."""
    scales, shifts = (given.weight(name) is not None for name in ("weight", "bias"))
    if scales != shifts:
        raise given.fault("is a norm that only scales or only shifts, and a spec's does both")
    return scales
