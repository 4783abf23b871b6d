"""Gradient checkpointing: less is kept, and nothing else changes."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

import compiler.nn.trunk
import dsl
from compiler import compile_spec, feature_extractor
from compiler.nn.module import CompiledNetwork
from tests.test_module import compiled, image
from tests.test_source import randomise, tensors

WITH_DROPOUT = """
name: dropping
input: [3, 17, 20]
classes: 4
stem: [3x3 8 /2, relu, maxpool 3x3]
inception:
  A:
    concat: [1x1 8, [1x1 4, dropout 0.5, 3x3 8 act=silu], [avgpool 3x3, 1x1 4]]
    then: 1x1 in linear norm=batch
    residual: {scale: 0.3}
body: [w: 1x1 12, a: A x3, r: 3x3 6 /2]
head: [globalpool avg, dropout 0.3, fc classes]
aux:
  - side: {from: a, weight: 0.3, do: [1x1 4, globalpool avg, dropout 0.2, fc classes]}
"""


def dropping() -> CompiledNetwork:
    torch.manual_seed(0)
    model = compile_spec(dsl.loads(WITH_DROPOUT))
    randomise(model)
    return model


def pair() -> tuple[CompiledNetwork, CompiledNetwork, Tensor]:
    """A model, the same with checkpointing, and images."""
    plain, saving = dropping().train(), dropping().train()
    saving.set_grad_checkpointing()
    return plain, saving, torch.randn(3, 3, 17, 20)


def step(model: Any, x: Tensor, *, backwards: int = 1) -> list[Tensor]:
    """One training step; what the model gave."""
    torch.manual_seed(3)
    outputs = tensors(model(x))
    loss = torch.stack([output.float().square().mean() for output in outputs]).sum()
    for again in range(backwards, 0, -1):
        loss.backward(retain_graph=again > 1)  # type: ignore[no-untyped-call]
    return outputs


def assert_equal(plain: nn.Module, saving: nn.Module) -> None:
    """Equal to the bit: gradients, weights and running statistics."""
    for (key, mine), other in zip(plain.named_parameters(), saving.parameters(), strict=True):
        assert mine.grad is not None and other.grad is not None, key
        assert torch.equal(mine.grad, other.grad), key
    assert list(plain.state_dict()) == list(saving.state_dict())
    for (key, mine), other in zip(
        plain.state_dict().items(), saving.state_dict().values(), strict=True
    ):
        assert torch.equal(mine, other), key


@pytest.mark.parametrize("backwards", [1, 2])
def test_changes_nothing_but_memory(backwards: int) -> None:
    plain, saving, x = pair()
    for _ in range(2):
        for ours, theirs in zip(
            step(plain, x, backwards=backwards), step(saving, x, backwards=backwards), strict=True
        ):
            assert torch.equal(ours, theirs)
        assert_equal(plain, saving)
        for model in (plain, saving):
            torch.optim.SGD(model.parameters(), lr=0.1).step()
    assert int(saving.get_buffer("w.bn.num_batches_tracked")) == 2
    expected = plain.eval()(x)
    assert torch.equal(saving.eval()(x), expected)


def test_counts_batches_once_where_torch_alone_counts_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The trap that this is about, so that the test above is known to see it."""

    def naive(module: nn.Module, x: Tensor) -> Any:
        return checkpoint(module, x, use_reentrant=False)

    monkeypatch.setattr(compiler.nn.trunk, "checkpointed", naive)
    _, saving, x = pair()
    step(saving, x)
    assert int(saving.get_buffer("w.bn.num_batches_tracked")) == 2
    assert int(saving.get_buffer("side.conv.bn.num_batches_tracked")) == 1


def test_buffers_are_the_same_tensors_afterwards() -> None:
    _, saving, x = pair()
    before = dict(saving.named_buffers())
    step(saving, x)
    for key, buffer in saving.named_buffers():
        assert buffer is before[key], key


def kept_bytes(model: nn.Module, x: Tensor) -> int:
    """Bytes of the distinct tensors that autograd keeps of a call, weights apart."""
    weights = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    sizes: dict[int, int] = {}
    alive: list[Tensor] = []  # So that no address is used twice.

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            sizes[storage.data_ptr()] = storage.nbytes()
            alive.append(tensor.detach())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        model(x)
    return sum(sizes.values())


def test_keeps_less() -> None:
    model = compile_spec("googlenet", aux=False).train()
    x = torch.randn(2, 3, 64, 64)
    plain = kept_bytes(model, x)
    model.set_grad_checkpointing()
    saving = kept_bytes(model, x)
    assert 0 < saving < plain / 3
    model.set_grad_checkpointing(False)
    assert kept_bytes(model, x) == plain


def test_only_in_training_with_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> Tensor:
        raise AssertionError("checkpointed")

    monkeypatch.setattr(compiler.nn.trunk, "checkpointed", never)
    _, saving, x = pair()
    with torch.no_grad():
        saving.train()(x)
    saving.eval()(x).sum().backward()
    with pytest.raises(AssertionError, match="checkpointed"):
        saving.train()(x)


def test_frozen_batch_norm_stays_frozen() -> None:
    plain, saving, x = pair()
    for model in (plain, saving):
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        step(model, x)
    assert_equal(plain, saving)
    assert int(saving.get_buffer("w.bn.num_batches_tracked")) == 0


def test_a_model_may_be_in_evaluation_before_its_backward_pass() -> None:
    plain, saving, x = pair()
    for model in (plain, saving):
        torch.manual_seed(3)
        loss = torch.stack([output.square().mean() for output in tensors(model(x))]).sum()
        model.eval()
        loss.backward()  # type: ignore[no-untyped-call]
        assert not any(module.training for module in model.modules())
    assert_equal(plain, saving)


def test_under_autocast_and_channels_last() -> None:
    plain, saving, x = pair()
    for model in (plain, saving):
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch takes it
        with torch.autocast("cpu", torch.bfloat16):
            step(model, x.to(memory_format=torch.channels_last))
    assert_equal(plain, saving)


def test_compiles() -> None:
    plain, saving, x = pair()
    torch._dynamo.reset()
    for model in (plain, saving):
        step(torch.compile(model, backend="aot_eager", fullgraph=True), x)
    assert_equal(plain, saving)


def test_copies_keep_it() -> None:
    plain, saving, x = pair()
    twin = copy.deepcopy(saving)
    assert kept_bytes(twin, x) < kept_bytes(copy.deepcopy(plain), x)
    traced = torch.fx.symbolic_trace(saving.eval())
    assert torch.equal(traced(x), saving(x))


def test_feature_maps_too() -> None:
    results = []
    for enable in (False, True):
        model = compiled("squeezed").train()
        backbone = feature_extractor(model, ["a", "r"])
        backbone.set_grad_checkpointing(enable)
        torch.manual_seed(1)
        sum(found.square().mean() for found in backbone(image("squeezed")).values()).backward()
        results.append(backbone)
    assert_equal(*results)
