"""The benchmarks compare what they say, and reckon correctly; nothing here looks at a clock."""

import doctest
import math
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import dsl
from benchmarks import (
    building,
    costing,
    editing,
    growth,
    pairs,
    running,
    startup,
    sweeping,
    training,
    watching,
)
from benchmarks.networks import SUBJECTS, Subject
from benchmarks.pairs import Estimate, Row
from compiler.cost import cost
from compiler.lowering.lower import lower
from compiler.lowering.prepare import Piped, prepare
from compiler.oracle.observe_ops import KnownOps, Ran
from compiler.training.feeding import Batch
from tests.speaking import editor

NAMES = [subject.name for subject in SUBJECTS]
subjects = pytest.mark.parametrize("subject", SUBJECTS, ids=NAMES)


@pytest.mark.parametrize("module", [pairs, growth])
def test_examples(module: Any) -> None:
    found = doctest.testmod(module)
    assert found.attempted
    assert not found.failed


class TestPairs:
    """Timing in turns, and what is made of it."""

    def test_turns(self) -> None:
        calls: list[str] = []
        works: dict[str, pairs.Work] = {name: partial(calls.append, name) for name in "ab"}
        seconds = pairs.alternate(works, rounds=3)
        assert "".join(calls) == "ab" + "ab" + "ba" + "ab"
        assert [len(times) for times in seconds.values()] == [3, 3]

    def test_a_ratio_is_taken_round_by_round(self) -> None:
        seconds = {"a": [1.0, 10.0, 3.0], "b": [2.0, 5.0, 1.0]}
        row = pairs.compared("x", seconds, "a", "b", 1.0)
        assert row == Row("x", "a 3 s", "b 2 s", Estimate(2.0, 0.5, 3.0), 1.0)
        assert row.cells[-1] == "within noise"

    def test_the_interval_holds_the_median_19_times_in_20(self) -> None:
        torch.manual_seed(0)
        found = [pairs.interval(row.tolist()) for row in torch.randn(2000, 15)]
        assert sum(low <= 0 <= high for low, high in found) >= 1900

    @pytest.mark.parametrize(
        ("value", "aim", "verdict"), [(1.0, 1.0, "yes"), (1.1, 1.0, "no"), (9.0, None, "")]
    )
    def test_verdicts(self, value: float, aim: float | None, verdict: str) -> None:
        assert Estimate.exactly(value).verdict(aim) == verdict


def on_meta(subject: Subject) -> dict[str, nn.Module]:
    return {name: building.on_meta(make) for name, make in subject.makers.items()}


def signature(ran: Ran) -> tuple[object, ...]:
    """The operator and its arguments, tensors by their elements.

    torchvision's GoogLeNet writes what comes to the same differently: `ceil_mode` at stride 1,
    dropout behind the flattening, one ReLU in place.
    """
    arguments = {
        name: value.numel() if isinstance(value, torch.Tensor) else str(value)
        for name, value in ran.bound.items()
        if name != "ceil_mode"
    }
    return ran.op.overloadpacket.__name__.rstrip("_"), *arguments.items()


@pytest.mark.parametrize("name", sweeping.SUBJECTS)
def test_a_sweep_makes_networks_that_differ(name: str) -> None:
    spec, addresses = dsl.load(name), sweeping.SUBJECTS[name]
    made = [lower(dsl.change(spec, dict.fromkeys(addresses, width))) for width in (8, 9)]
    counts = {cost(network).total.macs for network in (lower(spec), *made)}
    assert len(counts) == 3


@subjects
class TestSameNetwork:
    """All three run the same operators on weights of the same shapes."""

    def test_parameters(self, subject: Subject) -> None:
        assert len({type(model) for model in on_meta(subject).values()}) == 3
        shapes = [
            Counter(tuple(weight.shape) for weight in model.parameters())
            for model in on_meta(subject).values()
        ]
        assert shapes[0] == shapes[1] == shapes[2]

    @pytest.mark.parametrize("training", [False, True])
    def test_operators(self, subject: Subject, training: bool) -> None:
        ran = []
        for model in on_meta(subject).values():
            seen: list[Ran] = []
            with KnownOps(seen.append), torch.set_grad_enabled(training):
                model.train(training)(torch.empty(2, *subject.size, device="meta"))
            ran.append(Counter(signature(one) for one in seen))
        assert ran[0] == ran[1] == ran[2]


@pytest.mark.filterwarnings("ignore")  # fvcore's tracing is full of them
@subjects
def test_every_tool_counts_the_same_network(subject: Subject) -> None:
    pytest.importorskip("fvcore")
    pytest.importorskip("torchinfo")
    report = cost(subject.prepared.network)
    counted = {name: count() for name, count in costing.peers(subject).items()}
    assert counted == {
        "FlopCounterMode": 2 * report.total.macs,
        "torchinfo": report.views["torchinfo mult-adds"],
        "fvcore": report.views["fvcore"],
    }
    assert costing.from_class(subject) == 2 * report.total.macs
    assert costing.from_text(subject) == report.total


class TestRunning:
    """The passes that are timed."""

    subject = SUBJECTS[0]
    batch = running.Batch.of(subject, 2, (3, 64, 64))

    def models(self) -> dict[str, nn.Module]:
        return {name: running.settle(make()) for name, make in self.subject.makers.items()}

    def test_memory(self) -> None:
        models = self.models()
        for what in running.PASSES.values():
            module, source = running.memory_rows("memory", what, models, self.batch)
            assert module.ratio == Estimate.exactly(1.0)
            # The source's `forward` holds what an auxiliary head taps while the next half runs.
            theirs = running.peak(what, models[running.PEER], self.batch)
            assert 0 <= round((source.ratio.value - 1) * theirs) <= self.tapped()

    def tapped(self) -> int:
        """Bytes of the largest map that an auxiliary head taps, for the batch."""
        network = lower(dsl.change(self.subject.prepared.spec, {"input": [3, 64, 64]}))
        return max(4 * len(self.batch.images) * tap.inp.elements for tap in network.taps)

    def test_a_step_has_a_loss_and_gradients(self) -> None:
        for model in self.models().values():
            assert math.isfinite(running.step(model, self.batch))
            assert all(weight.grad is not None for weight in model.parameters())

    def test_the_peak_is_the_highest_sum(self) -> None:
        changes = [(2.0, -5), (0.0, 5), (1.0, 5), (3.0, 4)]
        events = [
            {"name": "[memory]", "ts": time, "args": {"Bytes": size}} for time, size in changes
        ]
        assert running.highest([*events, {"name": "conv", "ts": 9}]) == 10


@pytest.mark.parametrize("name", ["check", "cost", "source", "draw"])
def test_commands_run(name: str, tmp_path: Path) -> None:
    startup.run(startup.commands(tmp_path)[name])
    written = {"source": ["net.py"], "draw": ["net.dot"]}
    assert [path.name for path in tmp_path.iterdir()] == written.get(name, [])


class TestGrowth:
    """The networks that grow."""

    @pytest.mark.parametrize("form", growth.FORMS.values(), ids=growth.FORMS)
    def test_as_many_blocks_as_asked_for(self, form: Any) -> None:
        one, many = (cost(lower(dsl.loads(form(count)))).total.params for count in (1, 20))
        wide = cost(lower(dsl.loads(form(2)))).total.params
        assert many - wide == 18 * (wide - one)

    def test_every_stage_runs(self) -> None:
        for work in growth.stages(growth.repeated(2)).values():
            work()

    def test_both_forms_are_the_same_network(self) -> None:
        totals = [cost(lower(dsl.loads(form(10)))).total for form in growth.FORMS.values()]
        assert totals[0].params == totals[1].params
        assert totals[0].macs == totals[1].macs


def test_what_is_edited_is_a_network_and_is_answered(tmp_path: Path) -> None:
    with editor(tmp_path) as speaker:
        speaker.begin()
        session = editing.Session(speaker)
        seen = [session.edit(), session.edit()]
        assert [{problem["code"] for problem in problems} for problems in seen] == [{"E130"}] * 2
        assert session.completed() > 0
        assert session.version == 3 + editing.BURST


@pytest.mark.parametrize("edit", watching.EDITS, ids=lambda edit: f"{edit.name}: {edit.what}")
def test_each_save_that_is_watched_has_a_network_and_is_another_text(edit: watching.Edit) -> None:
    texts = [edit.text(count) for count in range(watching.SAVES)]
    assert len(set(texts)) == len(texts)
    one, other = (prepare(Piped(text, "a.yaml")).network for text in texts[:2])
    assert (one == other) == ("line" in edit.what)


def test_the_engine_and_the_plain_loop_take_the_same_steps() -> None:
    """To the bit, on a small network: the engine does no less than the loop that it is held to."""
    head = "head: [globalpool avg, fc classes]"
    text = f"name: tiny\ninput: [1, 8, 8]\nclasses: 10\nbody: [3x3 4]\n{head}\n"
    network = lower(dsl.loads(text))
    torch.manual_seed(0)
    given = Batch(torch.randn(8, 1, 8, 8), torch.randint(10, (8,)))
    model, loop = training.looped(network, given)
    trainer, run = training.engined(network, given)
    loop()
    run()
    alike = zip(model.state_dict().values(), trainer.model.state_dict().values(), strict=True)
    assert all(torch.equal(one, other) for one, other in alike)
