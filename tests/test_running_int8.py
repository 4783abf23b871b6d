"""`optimize_for_inference` with images to calibrate with: int8 by an engine, and what it costs."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import torch
from torch import Tensor

from compiler import feature_extractor, optimize_for_inference
from compiler.running import choosing
from compiler.running.engined import ENGINES, EngineName
from tests.test_running import batch
from tests.test_running_engines import doctored, gap, model


@pytest.fixture(autouse=True)
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure no longer than a test needs."""
    monkeypatch.setattr(choosing, "SECONDS", 0.0)


def images(count: int = 20) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(5, 3, 20, 24, generator=generator) for _ in range(count // 5)]


@pytest.mark.parametrize("engine", ENGINES)
def test_it_says_what_it_costs_on_images_that_were_held_out(engine: EngineName) -> None:
    made, given = model(), images()
    fast = optimize_for_inference(made, given[0][:1], engine=engine, calibration=given)
    assert fast.way == f"{ENGINES[engine].name}, int8"
    assert fast.dtype == torch.int8
    held = torch.cat([each[4:] for each in given])
    with torch.no_grad():
        wanted = made.eval()(held)
    ours = torch.cat([fast(image[None]) for image in held])
    assert fast.choice.error == pytest.approx(gap(ours, wanted), rel=1e-4)
    assert 1e-4 < fast.choice.error < 0.1
    other = torch.randn(3, 3, 26, 30)
    assert 1e-4 < gap(fast(other), made(other).detach()) < 0.2
    assert fast(other.bfloat16()).dtype == torch.bfloat16
    with pytest.raises(ValueError, match=r"small takes .* got 4 channels"):
        fast(torch.randn(1, 4, 20, 24))


@pytest.mark.parametrize("engine", ENGINES)
def test_what_ranges_did_not_see_costs_more(engine: EngineName) -> None:
    """Only the images held out are as large: nothing of them is in the ranges."""
    given = images()
    for each in given:
        each[4] *= 20
    fast = optimize_for_inference(model(), engine=engine, calibration=given)
    assert fast.choice.error > 0.3


@pytest.mark.parametrize("engine", ENGINES)
def test_feature_maps_in_int8(engine: EngineName) -> None:
    maps = feature_extractor(model(), ["b", "a"])
    x = images()[0]
    fast = optimize_for_inference(maps, x, engine=engine, calibration=x)
    with torch.no_grad():
        ours, theirs = fast(x), maps.eval()(x)
    assert list(ours) == list(theirs) == ["b", "a"]
    assert all(1e-4 < gap(ours[name], theirs[name]) < 0.3 for name in theirs)


def test_auto_takes_the_quickest_of_those_that_have_int8(monkeypatch: pytest.MonkeyPatch) -> None:
    made, x = model(), images()[0]
    names = {f"{engine.name}, int8" for engine in ENGINES.values()}
    whole = choosing.measured

    for wanted in names:

        def favouring(ways: Any, x: Tensor, *seconds: float, wanted: str = wanted) -> Any:
            return {name: float(name != wanted) for name in whole(ways, x, *seconds)}

        monkeypatch.setattr(choosing, "measured", favouring)
        fast = optimize_for_inference(made, x, engine="auto", calibration=x)
        assert (fast.way, fast.choice.usual.name) == (wanted, wanted)
        assert set(fast.choice.measured) == names
        assert fast.choice.left_out == {"torch": "it has no int8 here"}


def test_numbers_that_are_none_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for engine in ENGINES:
        doctored(engine, lambda out: out * torch.nan, monkeypatch)
        with pytest.raises(ValueError, match=r"can't run small: in int8 .* no numbers"):
            optimize_for_inference(model(), engine=engine, calibration=images())


def test_a_tool_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    made, given = model(), images()
    said = "this needs nncf, which isn't installed: pip install 'inception-compile[int8]'"
    monkeypatch.setitem(sys.modules, "nncf", None)
    with pytest.raises(ImportError, match=r"compiler\.optimize_for_inference: this needs nncf"):
        optimize_for_inference(made, engine="openvino", calibration=given)
    fast = optimize_for_inference(made, engine="auto", calibration=given)
    assert fast.choice.left_out["OpenVINO"] == said
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ValueError, match="nothing runs small in int8") as caught:
        optimize_for_inference(made, engine="auto", calibration=given)
    assert said in str(caught.value)


def test_what_cannot_be_calibrated_is_said() -> None:
    made = model()
    with pytest.raises(ValueError, match=r"torch has no int8 here: take engine=\"onnxruntime\""):
        optimize_for_inference(made, calibration=images())
    with pytest.raises(ValueError, match="calibration makes int8 of float32: leave out dtype"):
        optimize_for_inference(made, engine="openvino", calibration=images(), dtype=torch.bfloat16)
    with pytest.raises(ValueError, match="the network takes Nx3x20x24"):
        optimize_for_inference(made, engine="openvino", calibration=torch.ones(2, 4, 20, 24))
    with pytest.raises(ValueError, match="there are no images"):
        optimize_for_inference(made, engine="openvino", calibration=[])


def test_modes_stay_and_nothing_is_shared() -> None:
    made, x = model().train(), batch(model())
    fast = optimize_for_inference(made, x, engine="onnxruntime", calibration=images())
    assert all(module.training for module in made.modules())
    before = fast(x)
    with torch.no_grad():
        for weight in made.parameters():
            weight.zero_()
    assert torch.equal(fast(x), before)
