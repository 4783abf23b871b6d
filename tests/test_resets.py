"""`reset_parameters` gives the weights and statistics of a new network: all, and by the seed."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import dsl
from compiler.ir.nodes import leaves
from compiler.ir.op import Op
from compiler.lowering.lower import lower
from compiler.lowering.prepare import prepare
from compiler.nn.module import build
from compiler.source import emit
from compiler.source.classnames import class_name
from compiler.source.resets import LAYERS
from tests import odd_specs
from tests.shelf import IDS, NETWORKS
from tests.test_source import imported
from tests.test_source_methods import SMALL, network


def check_resets(net: Any) -> None:
    torch.manual_seed(3)
    ours = build(net)
    wanted = {key: value.clone() for key, value in ours.state_dict().items()}
    for value in ours.state_dict().values():
        value.fill_(7)
    with torch.device("meta"):
        theirs = getattr(imported(net, emit(net)), class_name(net))()
    theirs = theirs.to_empty(device="cpu")
    for value in theirs.state_dict().values():
        value.fill_(float("nan") if value.is_floating_point() else 7)
    for model in (ours, theirs):
        if not wanted:
            continue
        torch.manual_seed(3)
        model.reset_parameters()
        for key, value in model.state_dict().items():
            assert torch.equal(value, wanted[key]), key


@pytest.mark.parametrize(("name", "variant"), NETWORKS, ids=IDS)
def test_the_shelf_resets_to_what_it_was_built_with(name: str, variant: str | None) -> None:
    check_resets(prepare(name, variant).network)


@pytest.mark.parametrize("name", SMALL)
def test_odd_networks_do_too(name: str) -> None:
    check_resets(network(name))


NORMED = """\
name: normed
input: [3, 8, 8]
classes: 2
body: [instancenorm gamma, layernorm, groupnorm 1, deconv 2x2 /2 4]
head: [flatten, fc classes]
"""
"""With layers that hold weights and that no odd spec has."""


def test_every_layer_with_a_state_has_its_reset() -> None:
    kinds: set[type[Op]] = set()
    for name in odd_specs.TEXTS:
        for _, leaf in leaves(network(name).nodes):
            if leaf.op.params(leaf.inp) or leaf.op.buffers(leaf.inp):
                kinds.add(type(leaf.op))
    others = lower(dsl.loads(NORMED))
    kinds |= {type(leaf.op) for _, leaf in leaves(others.nodes) if leaf.op.params(leaf.inp)}
    assert kinds == set(LAYERS)
    check_resets(others)
