"""Engines behind `optimize_for_inference`: what they give, take and refuse, and what is picked."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import openvino
import pytest
import torch
from torch import Tensor

from compiler import feature_extractor, optimize_for_inference
from compiler.exporting import engines
from compiler.exporting.engines import Files, Runner, Settings, Unable
from compiler.ir.fit import least
from compiler.lowering.prepare import Overrides, prepare
from compiler.nn.module import CompiledNetwork, build
from compiler.oracle.emitted import randomise
from compiler.running import choosing, engined
from compiler.running.choosing import Wish
from compiler.running.engined import ENGINES, EngineName
from tests.shelf import for_small_clips
from tests.test_running import batch
from tests.test_running import model as model_of

SMALL = """
name: small
classes: 5
input: [3, 20, 24]
stem: [3x3 8 /2, 3x3 12 tf_same, maxpool 3x3 /2]
inception:
  A:
    params: [n]
    concat: [1x1 n, [1x1 4, 3x3 n linear], [avgpool 3x3, 1x1 6]]
    residual: {}
    then: 1x1 in linear
body: [a: A n=8, b: A n=6]
head: [globalpool avg, dropout 0.3, fc classes]
aux:
  side: {from: a, weight: 0.3, do: [globalpool avg, fc classes]}
"""
FIXED = """
name: fixed
classes: 5
input: [3, 20, 24]
stem: [3x3 8 /2]
head: [flatten, fc classes]
"""
RELU_FIRST = """
name: first
classes: 3
input: [2, 9, 9]
stem: [relu, 3x3 4]
head: [globalpool avg, fc classes]
"""
WISHES: tuple[Wish, ...] = (*ENGINES, "auto")


@pytest.fixture(autouse=True)
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure no longer than a test needs."""
    monkeypatch.setattr(choosing, "SECONDS", 0.0)


def model(text: str = SMALL) -> CompiledNetwork:
    return model_of(text)


def gap(ours: Tensor, theirs: Tensor) -> float:
    return float((ours - theirs).abs().max()) / float(theirs.abs().max())


def close(ours: Tensor, theirs: Tensor) -> bool:
    return ours.shape == theirs.shape and gap(ours, theirs) <= 1e-5


@pytest.mark.parametrize("engine", ENGINES)
def test_they_give_what_the_model_gives_at_every_shape(engine: EngineName) -> None:
    made = model()
    x = batch(made)
    fast = optimize_for_inference(made, x, engine=engine)
    assert fast.way == ENGINES[engine].name
    assert list(fast.choice.measured) == [fast.way]
    assert 0 < fast.choice.error <= 1e-5
    assert fast.dtype == torch.float32
    assert fast.network.rewritten
    made.eval()
    shapes = ((2, 3, 20, 24), (1, 3, 20, 24), (3, 3, 33, 21), (5, 3, 20, 24))
    with torch.no_grad():
        for shape in shapes:
            given = torch.randn(*shape)
            assert close(fast(given), made(given))


@pytest.mark.parametrize("engine", ENGINES)
def test_they_take_any_strides_and_types(engine: EngineName) -> None:
    made = model()
    x = batch(made)
    fast = optimize_for_inference(made, x, engine=engine)
    with torch.no_grad():
        wanted = made.eval()(x)
    wide = torch.stack([x, x], -1).flatten(-2)
    for given in (x.to(memory_format=torch.channels_last), wide[..., ::2], x.expand(2, -1, -1, -1)):
        assert close(fast(given), wanted)
    assert close(fast(x[1:]), wanted[1:])  # It begins in the middle of its memory.
    needy = fast(x.clone().requires_grad_())
    assert close(needy, wanted)
    assert not needy.requires_grad
    assert fast(x.double()).dtype == torch.float64
    half = fast(x.bfloat16())
    assert half.dtype == torch.bfloat16
    assert gap(half.float(), wanted) < 0.1
    assert fast(x[:0]).shape == (0, 5)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("text", [SMALL, RELU_FIRST])
def test_what_they_gave_stays_and_what_they_took_too(engine: EngineName, text: str) -> None:
    made = model(text)
    x = batch(made)
    fast = optimize_for_inference(made, x, engine=engine)
    kept = x.clone()
    for given in (x, x[:1]):
        first = fast(given)
        copied = first.clone()
        fast(given * 3)
        assert torch.equal(first, copied)
        first.zero_()
        assert torch.equal(fast(given), copied)
    assert torch.equal(x, kept)
    with torch.no_grad():
        for weight in made.parameters():
            weight.zero_()
    assert torch.equal(fast(x[:1]), copied)  # Nothing is shared with the model.


@pytest.mark.parametrize("engine", ENGINES)
def test_feature_maps_come_out_by_name(engine: EngineName) -> None:
    made = model()
    x = batch(made)
    for steps in (["b", "a"], ["a"], None):
        maps = feature_extractor(made, steps)
        fast = optimize_for_inference(maps, x, engine=engine)
        with torch.no_grad():
            for given in (x, x[:1]):
                ours, theirs = fast(given), maps.eval()(given)
                assert list(ours) == list(theirs)
                assert all(close(ours[name], theirs[name]) for name in theirs)
        first = {name: out.clone() for name, out in ours.items()}
        fast(x[:1] * 2)
        assert all(torch.equal(out, first[name]) for name, out in ours.items())


@pytest.mark.parametrize("wish", WISHES)
def test_what_does_not_fit_is_said_by_the_module(wish: Wish) -> None:
    fast = optimize_for_inference(model(), engine=wish)
    with pytest.raises(ValueError, match=r"small takes .*3.* got 4 channels"):
        fast(torch.randn(1, 4, 20, 24))
    with pytest.raises(ValueError, match="floating-point"):
        fast(torch.ones(1, 3, 20, 24, dtype=torch.uint8))
    fast = optimize_for_inference(model(FIXED), engine=wish)
    assert fast(torch.randn(3, 3, 20, 24)).shape == (3, 5)
    with pytest.raises(ValueError, match=r"fixed takes .* doesn't fit"):
        fast(torch.randn(1, 3, 20, 28))


TAKEN = {"googlenet_96": None, "inception_time": None, "inception_v3": ("mixed_5d", "mixed_7c")}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", TAKEN)
def test_networks_of_the_shelf(name: str, engine: EngineName) -> None:
    torch.manual_seed(0)
    network = prepare(for_small_clips(name, None), overrides=Overrides(aux=False)).network
    made = build(network, aux=False)
    randomise(made)
    size = [max(int(side), 8) for side in least(network).evaluating]
    x = torch.randn(2, int(network.input.channels), *size)
    steps = TAKEN[name]
    whole: Any = feature_extractor(made, steps) if steps else made
    fast = optimize_for_inference(whole, x, engine=engine)
    with torch.no_grad():
        ours, theirs = fast(x), whole.eval()(x)
    if not steps:
        ours, theirs = {"": ours}, {"": theirs}
    assert list(ours) == list(theirs)
    assert all(close(ours[key], theirs[key]) for key in theirs)


@pytest.mark.parametrize("engine", ENGINES)
def test_several_threads_may_call_it(engine: EngineName) -> None:
    made = model()
    fast = optimize_for_inference(made, engine=engine)
    inputs = [batch(made, 1 + place % 2) for place in range(24)]
    wanted = [fast(x) for x in inputs]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(fast, inputs))
    assert all(map(close, found, wanted))


@pytest.mark.parametrize("engine", ENGINES)
def test_they_are_told_how_many_threads_torch_has(
    engine: EngineName, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int | None] = []
    whole = ENGINES[engine]

    def noting(files: Files, settings: Settings = engines.USUAL) -> Runner:
        seen.append(settings.threads)
        return whole.load(files, settings)

    monkeypatch.setitem(ENGINES, engine, replace(whole, load=noting))
    before = torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            optimize_for_inference(model(), engine=engine)
    finally:
        torch.set_num_threads(before)
    assert seen == [1, 2]


@pytest.mark.filterwarnings("ignore")  # torch says of itself that tracing is deprecated.
@pytest.mark.parametrize("wish", ["torch", *ENGINES])
def test_what_torch_traces_and_exports_is_the_module(wish: Wish) -> None:
    """A trace would hold what an engine gave as a constant."""
    made = model()
    x = batch(made)
    fast = optimize_for_inference(made, x, engine=wish)
    traced = torch.jit.trace(fast, x)  # type: ignore[no-untyped-call]  # torch leaves it untyped
    exported = torch.export.export(fast, (x,)).module()
    for given in (x, x * 3 + 1):
        assert close(traced(given), fast(given))
        assert close(exported(given), fast(given))


TASKS = Path("/proc/self/task")


@pytest.mark.skipif(not TASKS.exists(), reason="it counts threads as Linux does")
def test_onnxruntime_keeps_to_the_threads_that_it_gets() -> None:
    """One of them is the caller."""
    files = engined.onnx_files(optimize_for_inference(model()).module)
    for threads in (1, 2, 3):
        before = len([*TASKS.iterdir()])
        runner = engines.ONNXRUNTIME.load(files, Settings(threads))
        assert len([*TASKS.iterdir()]) - before == threads - 1
        del runner


def test_openvino_keeps_to_the_threads_that_it_gets() -> None:
    files = engined.onnx_files(optimize_for_inference(model()).module)
    for threads in (1, 2):
        runner: Any = engines.OPENVINO.load(files, Settings(threads))
        compiled = runner._compiled  # Nothing else shows it.
        assert compiled.get_property("INFERENCE_NUM_THREADS") == threads
        assert compiled.get_property("ENABLE_CPU_PINNING") is False


def test_auto_measures_all_and_takes_the_quickest() -> None:
    made = model()
    x = batch(made)
    fast = optimize_for_inference(made, x, engine="auto")
    assert {engine.name for engine in ENGINES.values()} < set(fast.choice.measured)
    assert {"contiguous", "channels_last"} < set(fast.choice.measured)
    assert close(fast(x), made.eval()(x).detach())
    assert fast.choice.error <= 1e-5


@pytest.mark.parametrize("wanted", ["ONNX Runtime", "OpenVINO", "contiguous"])
def test_auto_takes_whatever_is_the_quickest(wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = choosing.measured

    def favouring(ways: Any, x: Tensor, *seconds: float) -> dict[str, float]:
        return {name: float(name != wanted) for name in whole(ways, x, *seconds)}

    monkeypatch.setattr(choosing, "measured", favouring)
    made = model()
    fast = optimize_for_inference(made, batch(made), engine="auto")
    assert fast.way == wanted
    other = torch.randn(3, 3, 30, 30)
    assert close(fast(other), made.eval()(other).detach())
    assert (fast.choice.usual.name, fast.module.training) == (wanted, False)


def doctored(engine: EngineName, change: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have an engine give something else."""
    whole = ENGINES[engine]

    def load(files: Files, settings: Settings = engines.USUAL) -> Runner:
        runner = whole.load(files, settings)
        return lambda x: [change(out) for out in runner(x)]

    monkeypatch.setitem(ENGINES, engine, replace(whole, load=load))


def by_a_little(out: Tensor) -> Tensor:
    return out * 1.0001


def by_far(out: Tensor) -> Tensor:
    return out * torch.nan


@pytest.mark.parametrize("change", [by_a_little, by_far])
@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_that_gives_something_else_is_not_taken(
    engine: EngineName, change: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    doctored(engine, change, monkeypatch)
    name = ENGINES[engine].name
    with pytest.raises(ValueError, match=f"{name} can't run small: .*something else"):
        optimize_for_inference(model(), engine=engine)
    fast = optimize_for_inference(model(), engine="auto")
    assert "something else" in fast.choice.left_out[name]
    assert fast.way != name


def test_maps_that_are_no_numbers_are_seen_behind_good_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    maps = feature_extractor(model(), ["a", "b"])
    doctored("onnxruntime", lambda out: out * (torch.nan if out.shape[-1] == 6 else 1), monkeypatch)
    calls: list[int] = []

    def last(out: Tensor) -> Tensor:
        calls.append(0)
        return out * (1 if len(calls) % 2 else torch.nan)

    doctored("openvino", last, monkeypatch)
    for engine in ENGINES:
        with pytest.raises(ValueError, match="something else: nan"):
            optimize_for_inference(maps, engine=engine)


def test_an_engine_that_cannot_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(files: Files, settings: Settings = engines.USUAL) -> Runner:
        raise Unable("no such node")

    monkeypatch.setitem(ENGINES, "openvino", replace(engines.OPENVINO, load=failing))
    with pytest.raises(ValueError, match="OpenVINO can't run small: no such node"):
        optimize_for_inference(model(), engine="openvino")
    assert optimize_for_inference(model(), engine="auto").choice.left_out["OpenVINO"] == (
        "no such node"
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_a_missing_engine(engine: EngineName, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, engine, None)
    missing = ENGINES[engine]
    said = f"isn't installed: {missing.advice}"
    with pytest.raises(ImportError) as caught:
        optimize_for_inference(model(), engine=engine)
    assert str(caught.value).startswith("compiler.optimize_for_inference: this needs ")
    assert str(caught.value).endswith(said)
    assert "\n" not in str(caught.value)
    fast = optimize_for_inference(model(), engine="auto")
    assert fast.choice.left_out[missing.name].endswith(said)
    assert fast.way != missing.name


def test_without_any_engine_it_is_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("onnx", *ENGINES):
        monkeypatch.setitem(sys.modules, package, None)
    fast = optimize_for_inference(model(), engine="auto")
    assert set(fast.choice.left_out) >= {engine.name for engine in ENGINES.values()}
    assert fast.way in fast.choice.measured


def test_an_engine_is_one_of_those_that_there_are() -> None:
    with pytest.raises(
        ValueError, match="engine must be one of torch, onnxruntime, openvino, auto"
    ):
        optimize_for_inference(model(), engine="onnx")  # type: ignore[arg-type]  # on purpose


def test_engines_run_on_the_processor() -> None:
    made = model()
    elsewhere = torch.empty(1, 3, 20, 24, device="meta")
    for engine in ENGINES.values():
        with pytest.raises(Unable, match="runs on the processor, and this is on meta"):
            engined.engined(engine, made, elsewhere, torch.float32, dict, dict)


def test_types_that_an_engine_lacks_are_refused() -> None:
    lacked: tuple[tuple[EngineName, torch.dtype, str], ...] = (
        ("onnxruntime", torch.bfloat16, "computes in float32, not in bfloat16"),
        ("onnxruntime", torch.float16, "computes in float32, not in float16"),
        ("openvino", torch.float64, "not in float64"),
    )
    for engine, dtype, said in lacked:
        with pytest.raises(ValueError, match=said):
            optimize_for_inference(model(), engine=engine, dtype=dtype)
        fast = optimize_for_inference(model(), engine="auto", dtype=dtype)
        assert said in fast.choice.left_out[ENGINES[engine].name]
        assert fast.dtype == dtype
    with pytest.raises(ValueError, match="not in float64"):
        optimize_for_inference(model().double(), engine="openvino")


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_openvino_computes_in_a_half_or_says_that_it_does_not(dtype: torch.dtype) -> None:
    """What the compiled model says of itself decides: it falls back to float32 without a word."""
    made = model()
    x = batch(made)
    has = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    name = str(dtype).removeprefix("torch.")
    if {"bfloat16": "BF16", "float16": "FP16"}[name] not in has:
        with pytest.raises(ValueError, match=f"computes in float32 there, having no {name}"):
            optimize_for_inference(made, x, engine="openvino", dtype=dtype)
        return
    fast = optimize_for_inference(made, x, engine="openvino", dtype=dtype)
    assert (fast.way, fast.dtype) == (f"OpenVINO, {name}", dtype)
    with torch.no_grad():
        ours, theirs = fast(x), made.eval()(x)
    assert fast.choice.error == pytest.approx(gap(ours, theirs), rel=1e-3)
    assert 1e-5 < fast.choice.error < 0.1


def test_a_network_that_amplifies_rounding_is_not_refused() -> None:
    """What is large and taken off again leaves what was rounded, in torch as in engines."""
    made = model()
    state = made.state_dict()
    with torch.no_grad():
        state["b.then.bias"] += 1e3
        state["fc.bias"] -= 1e3 * state["fc.weight"].sum(1)
    x = batch(made)
    for engine in ENGINES:
        fast = optimize_for_inference(made, x, engine=engine)
        assert fast.choice.error > choosing.ROUNDINGS * torch.finfo(torch.float32).eps
