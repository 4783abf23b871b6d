"""tsai's InceptionTime, in torch: outputs, gradients, statistics, names, counts.

`tests.peers_series` says how its files are run without the package.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import dsl
from compiler.nn.module import CompiledNetwork, compile_spec
from compiler.weights.transfer import export_weights, load_weights
from dsl.models.spec import Spec, Variant
from tests.parity import CLASSES, TOLERANCE, agree, differ, error, randomise, with_fault
from tests.peers_series import tsai_network

CHANNELS = [1, 12]


def spec(channels: int) -> Spec:
    """The variant for series of so many channels: above one, the first module is like the rest."""
    found = dsl.load("inception_time", "tsai")
    if channels == 1:
        return found
    changes = {"input": [channels, 140], "body.group1.deep": ["module"] * 3}
    wide = Variant(set=changes, remove=("inception.first",))
    return dsl.choose(found.model_copy(update={"variants": {"wide": wide}}), "wide")


def pair(channels: int, dtype: torch.dtype = torch.float64) -> tuple[CompiledNetwork, nn.Module]:
    """Both networks with tsai's random weights and statistics, by the map of names."""
    torch.manual_seed(0)
    theirs = tsai_network(channels, CLASSES).to(dtype)
    randomise(theirs)
    ours = compile_spec(spec(channels), num_classes=CLASSES).to(dtype)
    report = load_weights(ours, theirs.state_dict(), "tsai")
    assert report.counts == {"copied": len(theirs.state_dict())}
    return ours, theirs


def series(channels: int, length: int, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(2, channels, length, generator=generator, dtype=torch.float64)
    return x.to(dtype)


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("channels", CHANNELS)
def test_evaluation(channels: int, dtype: torch.dtype) -> None:
    ours, theirs = pair(channels, dtype)
    for length in (140, 77, 5):
        x = series(channels, length, dtype)
        with torch.no_grad():
            got, wanted = ours.eval()(x), theirs.eval()(x)
        differ(wanted)
        agree(got, wanted)


@pytest.mark.parametrize("channels", CHANNELS)
def test_training(channels: int) -> None:
    """Logits from the batch's statistics, every gradient, and all statistics afterwards."""
    ours, theirs = pair(channels)
    for length in (96, 33):
        x = series(channels, length)
        got, wanted = ours.train()(x), theirs.train()(x)
        agree(got, wanted)
        got.square().mean().backward()
        wanted.square().mean().backward()
    after = export_weights(ours, "tsai")
    assert after.keys() == theirs.state_dict().keys()
    for name, tensor in theirs.state_dict().items():
        agree(after[name].double(), tensor.double())
    ours_by_name = export_weights(gradients(ours), "tsai")
    for name, parameter in theirs.named_parameters():
        assert parameter.grad is not None and float(parameter.grad.abs().max()) > 0
        agree(ours_by_name[name], parameter.grad)


def gradients(model: CompiledNetwork) -> CompiledNetwork:
    """The same network with its gradients where its parameters were."""
    with torch.no_grad():
        for parameter in model.parameters():
            assert parameter.grad is not None
            parameter.copy_(parameter.grad)
    return model


FAULTS = [
    {"defaults.eps": 0.001},
    {"body.group2.then": "identity"},
    {"head.pool": "globalpool max"},
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_shows(fault: dict[str, Any]) -> None:
    ours, theirs = pair(1)
    x = series(1, 96)
    wrong = with_fault("inception_time", "tsai", fault)
    wrong.load_state_dict(ours.state_dict(), strict=True)
    with torch.no_grad():
        assert error(wrong(x), theirs.eval()(x)) > 1e-6


@pytest.mark.parametrize("channels", CHANNELS)
def test_constants_and_counts(channels: int) -> None:
    ours, theirs = compile_spec(spec(channels)), tsai_network(channels, 5)
    assert sum(w.numel() for w in ours.parameters()) == sum(w.numel() for w in theirs.parameters())
    for model in (ours, theirs):
        found = {(m.eps, m.momentum) for m in model.modules() if isinstance(m, nn.BatchNorm1d)}
        assert found == {(1e-5, 0.1)}


def test_the_authors_network_refuses_tsais_weights() -> None:
    """Kernels of other sizes, and a shortcut without its convolution."""
    state = tsai_network(1, CLASSES).state_dict()
    with pytest.raises(dsl.SpecError) as caught:
        load_weights(compile_spec("inception_time", num_classes=CLASSES), state, "tsai")
    assert {"E152", "E153", "E154"} == {problem.code for problem in caught.value.problems}
