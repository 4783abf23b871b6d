"""Networks for inference: the same outputs, nothing shared, and no use but inference."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import dsl
from compiler import compile_features, compile_spec, feature_extractor, optimize_for_inference
from compiler.nn.module import CompiledNetwork
from compiler.oracle.emitted import randomise
from compiler.running import choosing
from compiler.running.timing import medians
from compiler.running.ways import Way

HEAD = "name: small\nclasses: 5\n"
TWO = f"""{HEAD}input: [3, 20, 24]
stem: [3x3 8 /2, 3x3 12 tf_same, maxpool 3x3 /2]
inception:
  A:
    params: [n]
    concat: [1x1 n, [1x1 4, 3x3 n linear], [avgpool 3x3, 1x1 6]]
    residual: {{}}
    then: 1x1 in linear
body: [a: A n=8, b: A n=6]
head: [globalpool avg, dropout 0.3, fc classes]
aux:
  side: {{from: a, weight: 0.3, do: [globalpool avg, fc classes]}}
"""
ONE = f"{HEAD}input: [2, 40]\nstem: [7 8, 5 6 /2]\nhead: [globalpool avg, fc classes]\n"
THREE = (
    f"{HEAD}input: [2, 6, 12, 12]\nstem: [3x3x3 8, 1x3x3 6]\nhead: [globalpool avg, fc classes]\n"
)
SPECS = {"series": ONE, "images": TWO, "clips": THREE}


@pytest.fixture(autouse=True)
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure no longer than a test needs."""
    monkeypatch.setattr(choosing, "SECONDS", 0.0)


def model(text: str) -> CompiledNetwork:
    torch.manual_seed(0)
    made = compile_spec(dsl.loads(text))
    randomise(made)
    return made


def batch(made: nn.Module, count: int = 2) -> Tensor:
    network: Any = made.network
    return torch.randn(count, *map(int, network.input))


def close(ours: Tensor, theirs: Tensor, share: float = 1e-5) -> bool:
    return float((ours - theirs).abs().max()) <= share * float(theirs.abs().max())


@pytest.mark.parametrize("kind", SPECS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_it_gives_what_the_model_gives(kind: str, dtype: torch.dtype) -> None:
    made = model(SPECS[kind]).to(dtype)
    x = batch(made).to(dtype)
    fast = optimize_for_inference(made, x)
    share = 1e-5 if dtype == torch.float32 else 1e-12
    wanted = made.eval()
    with torch.no_grad():
        for given in (x, x[:1], torch.cat([x, x + 1])):
            assert close(fast(given), wanted(given), share)
        other = torch.randn(1, *x.shape[1:-1], x.shape[-1] + 8).to(dtype)
        assert close(fast(other), wanted(other), share)
    assert fast.network.rewritten
    assert fast.choice.error <= share


def test_both_layouts_and_the_graph_are_measured() -> None:
    made = model(TWO)
    fast = optimize_for_inference(made, batch(made))
    layouts = {"contiguous", "channels_last"}
    names = set(fast.choice.measured) | set(fast.choice.left_out)
    assert layouts < names
    assert any("oneDNN graph" in name for name in names - layouts)
    assert fast.way in fast.choice.measured
    assert fast.choice.measured[fast.way] == min(fast.choice.measured.values())


def test_it_shares_no_state_and_leaves_the_model_as_it_was() -> None:
    made = model(TWO).train()
    frozen, other = made.get_submodule("a").eval(), made.get_submodule("b")
    before = {key: value.clone() for key, value in made.state_dict().items()}
    x = batch(made)
    fast = optimize_for_inference(made, x)
    assert (made.training, frozen.training, other.training) == (True, False, True)
    assert all(torch.equal(value, before[key]) for key, value in made.state_dict().items())
    wanted = fast(x)
    with torch.no_grad():
        for weight in made.parameters():
            weight.zero_()
    assert torch.equal(fast(x), wanted)
    theirs = {weight.data_ptr() for weight in made.parameters()}
    assert not any(weight.data_ptr() in theirs for weight in fast.module.parameters())


def test_what_it_gave_stays_and_what_it_took_too() -> None:
    made = model(TWO)
    x = batch(made)
    fast = optimize_for_inference(made, x)
    kept = x.clone()
    first = fast(x)
    copied = first.clone()
    fast(x * 3)
    assert torch.equal(first, copied)
    assert torch.equal(x, kept)
    assert not first.requires_grad


def test_feature_maps_come_out_by_name() -> None:
    made = model(TWO)
    x = batch(made)
    for features in (feature_extractor(made, ["a", "b"]), compile_features(dsl.loads(TWO), ["b"])):
        randomise(features)
        fast = optimize_for_inference(features, x)
        with torch.no_grad():
            ours, theirs = fast(x), features.eval()(x)
        assert list(ours) == list(theirs)
        assert all(close(ours[name], theirs[name]) for name in theirs)


def test_a_shorter_type_costs_what_is_said() -> None:
    made = model(TWO)
    x = batch(made)
    fast = optimize_for_inference(made, x, dtype=torch.bfloat16)
    with torch.no_grad():
        ours, theirs = fast(x), made.eval()(x)
    assert ours.dtype == torch.float32
    gap = float((ours - theirs).abs().max() / theirs.abs().max())
    assert 0 < gap < 0.1
    assert fast.choice.error == pytest.approx(gap, rel=1e-3)


def test_a_way_that_gives_something_else_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(way: Way, x: Tensor) -> Way:
        return replace(way, name="twice", step=lambda x: 2 * way(x))

    monkeypatch.setattr(choosing, "graphed", twice)
    made = model(TWO)
    x = batch(made)
    fast = optimize_for_inference(made, x)
    assert "something else" in fast.choice.left_out["twice"]
    assert fast.way in ("contiguous", "channels_last")
    assert close(fast(x), made.eval()(x).detach())


@pytest.mark.parametrize("text", SPECS.values(), ids=SPECS)
def test_the_graph_compiler_is_tried(text: str) -> None:
    choice = optimize_for_inference(model(text)).choice
    assert not choice.left_out
    assert any("oneDNN graph" in name for name in choice.measured)


def test_a_way_that_gives_no_numbers_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(way: Way, x: Tensor) -> Way:
        return replace(way, name="broken", step=lambda x: way(x) * torch.nan)

    monkeypatch.setattr(choosing, "graphed", broken)
    fast = optimize_for_inference(model(TWO))
    assert "broken" in fast.choice.left_out
    assert fast.way in ("contiguous", "channels_last")


def test_a_compiler_that_fails_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(way: Way, x: Tensor) -> Way:
        raise RuntimeError("no such\n  instruction")

    monkeypatch.setattr(choosing, "graphed", failing)
    fast = optimize_for_inference(model(TWO))
    assert fast.choice.left_out == {"oneDNN graph": "it failed: no such instruction"}


def test_torch_is_left_as_it_was() -> None:
    jit: Any = torch.jit
    before = jit.onednn_fusion_enabled()
    optimize_for_inference(model(ONE))
    assert jit.onednn_fusion_enabled() == before


def test_it_is_for_inference_alone() -> None:
    fast = optimize_for_inference(model(TWO))
    assert fast.eval() is fast
    refused: dict[str, Callable[[], object]] = {
        "small is for inference .*batch norm.*: train the model that it came from": fast.train,
        "move or convert the model that it came from": lambda: fast.to(torch.half),
        "can't be copied or saved": lambda: copy.deepcopy(fast),
        "keep the model that it came from": lambda: pickle.dumps(fast),
    }
    for said, call in refused.items():
        with pytest.raises(RuntimeError, match=said):
            call()


def test_what_it_cannot_take_is_said() -> None:
    made = model(TWO)
    fast = optimize_for_inference(made)
    with pytest.raises(ValueError, match=r"small takes .*3.* got"):
        fast(torch.randn(1, 4, 20, 24))
    with pytest.raises(ValueError, match="floating-point"):
        fast(torch.ones(1, 3, 20, 24, dtype=torch.uint8))
    with pytest.raises(ValueError, match="not a Linear"):
        optimize_for_inference(nn.Linear(2, 2))  # type: ignore[arg-type]  # on purpose
    with pytest.raises(ValueError, match="dtype must be one of"):
        optimize_for_inference(made, dtype=torch.int8)
    with pytest.raises(ValueError, match=r"small takes .* got"):
        optimize_for_inference(made, torch.randn(1, 4, 20, 24))
    with torch.device("meta"):
        empty = compile_spec(dsl.loads(TWO))
    with pytest.raises(ValueError, match="on meta"):
        optimize_for_inference(empty)


def test_runs_take_turns() -> None:
    seen: list[int] = []
    found = medians([lambda: seen.append(0), lambda: seen.append(1)], 0.01)
    assert seen[:6] == [0, 1, 0, 1, 0, 1]
    assert len(found) == 2
