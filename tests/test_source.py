"""The emitted source: behaves as the compiled module, reads and checks as hand-written code."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from compiler import compile_spec
from compiler.ir.network import Network
from compiler.lowering.prepare import prepare
from compiler.source import emit
from compiler.source.classnames import class_name
from tests.shelf import IDS, NETWORKS, for_small_clips

every_network = pytest.mark.parametrize(("name", "variant"), NETWORKS, ids=IDS)


def imported(network: Network, text: str) -> Any:
    """The emitted text as a module."""
    module = types.ModuleType(f"emitted_{network.name}")
    sys.modules[module.__name__] = module
    exec(compile(text, f"{network.name}.py", "exec"), module.__dict__)
    return module


def randomise(model: nn.Module, seed: int = 0) -> None:
    """Random batch-norm statistics and scales: at their defaults they hide most defects."""
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
            assert module.running_mean is not None and module.running_var is not None
            for tensor in (module.running_mean, *(p.data for p in module.parameters())):
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.2 + 0.5)
            module.running_var.copy_(
                torch.rand(module.running_var.shape, generator=generator) + 0.5
            )


def tensors(output: Any) -> list[Tensor]:
    return [output] if isinstance(output, Tensor) else list(output)


def both(name: str, variant: str | None) -> tuple[Network, nn.Module, nn.Module]:
    """The compiled module and the emitted one, with the same randomised state."""
    spec = for_small_clips(name, variant)
    prepared = prepare(spec)
    torch.manual_seed(0)
    ours = compile_spec(spec)
    randomise(ours)
    module = imported(prepared.network, emit(prepared.network, prepared.digest))
    theirs = getattr(module, class_name(prepared.network))()
    theirs.load_state_dict(ours.state_dict(), strict=True)
    return prepared.network, ours, theirs


def images(network: Network) -> Tensor:
    """Two images; smaller ones where the network is large and no head ties it to its own size."""
    size = tuple(map(int, network.input.grid))
    if len(size) == 3:
        size = (13, 34, 65)
    elif size == (299, 299) and not network.taps:
        size = (131, 128)
    shape = (2, int(network.input.channels), *size)
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


@every_network
def test_equals_the_module_bit_for_bit(name: str, variant: str | None) -> None:
    network, ours, theirs = both(name, variant)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    x = images(network)
    with torch.no_grad():
        assert torch.equal(ours.eval()(x), theirs.eval()(x))
    results = []
    for model in (ours.train(), theirs.train()):
        torch.manual_seed(2)
        outputs = tensors(model(x))
        sum(output.square().mean() for output in outputs).backward()  # type: ignore[union-attr]
        results.append(outputs)
    assert len(results[0]) == len(results[1]) == 1 + len(network.taps)
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))
    for (key, mine), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert mine.grad is not None and other.grad is not None, key
        assert torch.equal(mine.grad, other.grad), key
    for (key, mine), other in zip(
        ours.state_dict().items(), theirs.state_dict().values(), strict=True
    ):
        assert torch.equal(mine, other), f"{key} after a training forward"


@every_network
def test_same_seed_gives_the_same_weights(name: str, variant: str | None) -> None:
    prepared = prepare(name, variant)
    module = imported(prepared.network, emit(prepared.network))
    torch.manual_seed(3)
    ours = compile_spec(name, variant)
    torch.manual_seed(3)
    theirs = getattr(module, class_name(prepared.network))()
    for (key, mine), other in zip(
        ours.state_dict().items(), theirs.state_dict().values(), strict=True
    ):
        assert torch.equal(mine, other), key


@every_network
def test_is_deterministic(name: str, variant: str | None) -> None:
    first, second = prepare(name, variant), prepare(name, variant)
    assert emit(first.network, first.digest) == emit(second.network, second.digest)


def test_constructor_arguments() -> None:
    prepared = prepare("inception_v3")
    module = imported(prepared.network, emit(prepared.network))
    model = module.InceptionV3(num_classes=7, in_channels=1, aux_logits=False, dropout=0.1)
    assert model.train()(torch.randn(2, 1, 299, 299)).shape == (2, 7)
    assert model.dropout.p == 0.1
    assert not any(key.startswith("aux") for key in model.state_dict())


def test_traces_and_scripts() -> None:
    _, ours, theirs = both("googlenet", None)
    x = torch.randn(1, 3, 224, 224)
    expected = theirs.eval()(x)
    assert torch.equal(torch.fx.symbolic_trace(theirs)(x), expected)
    assert torch.equal(torch.export.export(theirs, (x,)).module()(x), expected)
    assert torch.equal(ours.eval()(x), expected)
