"""The benchmark of deploying times right answers, and says what it left out; no clock is read."""

from __future__ import annotations

import doctest
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from benchmarks.deploying import engines, goals, memory, shelf, speed, ways
from benchmarks.deploying.models import Models, batch_for, models, shelved
from benchmarks.deploying.ready import Ready, ready
from benchmarks.deploying.report import cores, machine
from benchmarks.deploying.speed import Measured
from benchmarks.deploying.ways import BFLOAT16, EAGER, GRAPH, IN_ORT, OURS, WAYS, Way
from compiler.exporting.engines import ONNXRUNTIME
from compiler.running.choosing import difference

NAME = "googlenet"
SMALL = torch.randn(1, 3, 64, 64)


def test_examples() -> None:
    found = doctest.testmod(memory)
    assert found.attempted
    assert not found.failed


class TestWays:
    """All of them are one network, in one set of weights."""

    def test_each_is_another(self) -> None:
        assert len(ways.BY_NAME) == len(WAYS)
        assert WAYS[0] is EAGER

    @pytest.mark.parametrize(
        "way", [way for way in WAYS if "torch.onnx" not in way.imports], ids=lambda way: way.name
    )
    def test_gives_what_torchvision_gives(self, way: Way) -> None:
        if why := way.missing():
            pytest.skip(why)
        given = models(NAME)
        with torch.no_grad():
            wanted = given.theirs(SMALL)
            try:
                found = way.prepare(given, SMALL)(SMALL)
            except ValueError as refused:
                pytest.skip(str(refused))
        assert difference(found, wanted) <= (speed.AT_MOST if way.exact else 0.1)

    def test_all_use_torchs_number_of_threads(self, monkeypatch: pytest.MonkeyPatch) -> None:
        onnxruntime = pytest.importorskip("onnxruntime")
        seen: list[Any] = []

        def session(file: bytes, options: object, providers: object) -> object:
            seen.append(options)
            raise RuntimeError("seen")

        monkeypatch.setattr(onnxruntime, "InferenceSession", session)
        with pytest.raises(RuntimeError, match="seen"):
            engines.in_onnxruntime(b"", SMALL)
        (options,) = seen
        assert options.intra_op_num_threads == torch.get_num_threads()


def refusing(given: Models, x: Tensor) -> engines.Answer:
    raise ValueError("this processor can't")


def wrong(given: Models, x: Tensor) -> engines.Answer:
    return lambda x: given.theirs(x) + 1


class TestSpeed:
    """Wrong answers aren't timed."""

    def test_what_is_wrong_or_missing_is_left_out_and_said(self) -> None:
        found = Measured(NAME)
        lost = replace(EAGER, name="lost", missing=lambda: "it isn't installed")
        off = Way("off", wrong)
        rough = Way("rough", wrong, exact=False)
        works = speed._works(found, [EAGER, lost, Way("no", refusing), off, rough], 1)
        assert [*works] == [EAGER.name, "rough"] == [*found.errors]
        assert found.left_out["lost"] == "it isn't installed"
        assert found.left_out["no"] == "this processor can't"
        assert found.left_out["off"].startswith("it gives something else: ")

    def test_the_table(self) -> None:
        found = Measured(NAME)
        found.seconds[1] = {EAGER.name: [2.0, 4.0], OURS.name: [1.0, 1.0]}
        found.errors = {EAGER.name: 0.0, OURS.name: 2e-6}
        found.ready[OURS.name] = Ready((3.0, 1.0, 2.0), 2.0**21)
        found.left_out["lost"] = "it isn't installed"
        heading, first, second, last = found.lines()
        assert first.split()[2:] == ["1.000", "exact", "3", "s", *"---", "0e+00", "-", "-"]
        expected = "3.000 2.000 to 4.000 1 s - - - 2e-06 2.00 s 2 MiB"
        assert " ".join(second.split()) == f"{OURS.name} {expected}"
        assert last == "left out: lost: it isn't installed"
        assert heading.startswith("way ")


def test_goals_are_held_against_what_was_timed() -> None:
    found = Measured(NAME)
    found.seconds[8] = {
        OURS.name: [1.0, 1.0],
        GRAPH.name: [2.0, 2.0],
        IN_ORT[1].name: [0.5, 0.5],
        EAGER.name: [9.0, 9.0],
    }
    found.ready[OURS.name] = Ready((2.0, 2.5, 4.0), None)
    graph, runtime, began = goals.rows(found)
    assert [row.ratio.value for row in (graph, runtime)] == [0.5, 2.0]
    assert [row.cells[-1] for row in (graph, runtime, began)] == ["yes", "no", "yes"]
    found.seconds[8] |= {BFLOAT16.name: [1.0, 1.0]}  # type: ignore[operator]  # a dict, here
    assert [row.cells[-1] for row in goals.rows(found)][2] == "yes"


class TestShelf:
    """Our ONNX models beside the exporter's."""

    def test_models_that_differ_are_told(self) -> None:
        x = torch.ones(1, 2)
        answers = {"ours": torch.clone, "exporter's": lambda x: x + 1e-3}
        assert shelf.unequal(answers, x, x).startswith("exporter's gives something else: 1.0e-03")
        assert not shelf.unequal({"ours": torch.clone}, x, x)

    def test_no_exporter_is_one_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(engines, "find_spec", lambda name: None)
        left_out: dict[str, str] = {}
        assert not [*shelf.rows(left_out, quick=True)]
        (why,) = left_out.values()
        assert "inception-compile[bench,onnx]" in why

    def test_ours_is_run_as_it_is_written(self) -> None:
        pytest.importorskip("onnxruntime")
        model = shelved("googlenet_96")
        x = batch_for(model, 2)
        answer = engines.LOADERS[ONNXRUNTIME](engines.ours(model), x)
        assert not shelf.unequal({"ours": answer}, x, model(x))


def test_a_fresh_process_tells_how_soon_and_how_large() -> None:
    found = ready(NAME, EAGER, 1)
    (seconds,) = found.seconds
    assert seconds > 0
    assert found.peak is None or found.peak > 0


def test_a_process_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match="no such way"):
        ready(NAME, replace(EAGER, name="no such way"), 1)


def test_the_machine_is_named() -> None:
    assert cores() >= 1
    assert f"{torch.get_num_threads()} threads" in machine()
