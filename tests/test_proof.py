"""The emitted source is run before it is written: every mistake in it is told, at its place."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from torch import nn

import dsl
from compiler import nodes
from compiler.check import Check
from compiler.check_proof import prove
from compiler.check_size import MOST_BYTES, MOST_MACS, trial
from compiler.cli import run
from compiler.ir import Network
from compiler.lower import lower
from compiler.ops import rules
from compiler.ops.norm import BatchNorm2d
from compiler.prepare import prepare
from compiler.source import emit
from dsl.spec import Spec
from tests import odd_specs, strategies
from tests.shelf import IDS, NETWORKS

TEXT = """
name: probe
input: [3, 48, 48]
classes: 5
stem: [conv: 3x3 8 /2]
inception:
  A:
    concat: [1x1 4, 3x3 8]
    then: 1x1 in linear
    residual: {scale: 0.25}
  B:
    concat: [1x1 4, [avgpool 3x3 nopad, 1x1 6]]
reduction:
  R: {concat: [{concat: [maxpool 3x3 /2, maxpool 2x2 /2 tf_same]}, 3x3 8 /2 eps=0.01]}
body: [a: A, b: B, r: R]
head: [globalpool avg, dropout 0.4, fc classes]
aux:
  - aux1: {from: a, weight: 0.3, do: [adaptivepool avg 2x2, fc 7, relu, dropout 0.5, fc classes]}
  - aux2: {from: b, weight: 0.3, do: [7x7 4 /3 valid, globalpool avg, fc classes]}
"""


def probe() -> Network:
    return lower(dsl.loads(TEXT))


def failures(network: Network, text: str) -> dict[str, Check]:
    return {check.name: check for check in prove(network, text).failures}


@pytest.mark.parametrize(("name", "variant"), NETWORKS, ids=IDS)
def test_the_shelf_is_proved(name: str, variant: str | None) -> None:
    prepared = prepare(name, variant)
    report = prove(prepared.network, emit(prepared.network, prepared.digest))
    assert report.ok, "\n".join(report.lines())
    assert (report.left_out, len(report.checks)) == ("", 10)


@pytest.mark.parametrize("name", odd_specs.TEXTS)
def test_odd_specs_are_proved(name: str) -> None:
    network = lower(odd_specs.spec(name))
    report = prove(network, emit(network))
    assert report.ok, "\n".join(report.lines())


@settings(max_examples=25)
@given(strategies.specs())
def test_any_spec_is_proved(spec: Spec) -> None:
    network = lower(spec)
    report = prove(network, emit(network))
    assert report.ok, "\n".join(report.lines())


def test_what_is_compared() -> None:
    report = prove(probe(), emit(probe()))
    source, reading = report.modes().items()
    assert source[0] == "emitted source against the module, bit for bit at 2x3x4x6"
    assert source[1] == [
        "state",
        "initial weights",
        "weights",
        "evaluation",
        "training",
        "gradients",
        "running statistics",
    ]
    assert reading[0].startswith("module against another reading of the spec, in float64")
    assert reading[1] == ["evaluation", "training", "running statistics"]


# --- Mistakes in the text: what is replaced by what, what tells it, and where ---------------

CAT = "torch.cat([self.branch1(x), self.branch2(x)], dim=1)"
MISTAKES: dict[str, tuple[str, str, str, str]] = {
    "the residual's scale": ("0.25 * ", "", "evaluation", "a"),
    "a concat the other way round": (
        CAT,
        "torch.cat([self.branch2(x), self.branch1(x)], dim=1)",
        "evaluation",
        "a",
    ),
    "an eps": ("eps=0.01", "eps=0.02", "evaluation", "r.branch2.bn"),
    "an average that counts padding": (
        "count_include_pad=False",
        "count_include_pad=True",
        "evaluation",
        "b.branch2.0",
    ),
    "a helper's padding": ("total // 2, total - total // 2", "total, 0", "evaluation", "r"),
    "a dropout": ("nn.Dropout(p=dropout)", "nn.Dropout(p=0.1)", "training", "dropout"),
    "a head's dropout": ("nn.Dropout(p=0.5)", "nn.Dropout(p=0.6)", "training", "aux1.dropout"),
    "a head's place": ("self.aux1(x)", "self.aux1(torch.zeros_like(x))", "training", "aux1"),
    "a detached tensor": ("self.conv(x)", "self.conv(x.detach())", "gradients", "the input"),
    "momentum": ("BatchNorm2d(out_channels", "BatchNorm2d(out_channels, momentum=0.2", "", ""),
    "a bias": ("bias=False", "bias=True", "state", "conv.conv.bias"),
    "a width": ("nn.Linear(28, 7)", "nn.Linear(28, 8)", "state", "aux1.fc1.weight"),
    "no class": ("class Probe(nn.Module)", "class Other(nn.Module)", "a run", "the run"),
    "an import of ours": ("import torch\n", "import torch\nimport compiler\n", "a run", "the run"),
    "one of another package": ("import torch\n", "import torch, numpy\n", "a run", "the run"),
    "no import": ("import torch\n", "", "a run", "the run"),
    "no Python": ("import torch\n", "import torch\n)", "a run", "the run"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_the_source_is_told_at_its_place(name: str) -> None:
    old, new, found_by, where = MISTAKES[name]
    text = emit(probe())
    assert old in text, text
    found = failures(probe(), text.replace(old, new))
    assert found, name
    if found_by:
        assert found_by in found, found
        difference = found[found_by].difference
        assert difference is not None and difference.where == where, str(difference)
