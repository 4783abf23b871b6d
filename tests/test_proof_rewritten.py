"""A rewritten network is proved before anybody relies on it: every mistake is told at its place."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings

import dsl
from compiler.cli import run
from compiler.ir.network import Network
from compiler.lowering.lower import lower
from compiler.oracle import proof_rewritten
from compiler.oracle.comparisons import CheckReport
from compiler.oracle.proof_rewritten import prove_rewritten
from compiler.passes import tensors
from compiler.passes.pipeline import optimized
from compiler.source import emit
from dsl.models.spec import Spec
from tests.strategies import specs
from tests.test_proof import CAT, TEXT, TOO_MUCH, TURNED, spec


def proved(original: Network, old: str = "", new: str = "") -> CheckReport:
    network, _ = optimized(original)
    text = emit(network)
    assert old in text
    return prove_rewritten(original, network, text.replace(old, new, 1))


@settings(max_examples=10)
@given(specs())
def test_any_spec_is_proved(drawn: Spec) -> None:
    network = lower(drawn)
    if optimized(network)[0].rewritten:
        report = proved(network)
        assert report.ok, "\n".join(report.lines())


@pytest.mark.parametrize("name", ["googlenet", "inception_next"])
def test_networks_of_the_shelf_are_proved(name: str) -> None:
    report = proved(lower(dsl.load(name)))
    assert report.ok, "\n".join(report.lines())
    assert (report.left_out, len(report.checks)) == ("", 4)


def test_what_is_compared() -> None:
    report = proved(lower(dsl.loads(TEXT)))
    source, module = report.modes().items()
    size = "2x3x9x11"
    assert source[0] == f"emitted source against the rewritten module, bit for bit at {size}"
    assert source[1] == ["state", "weights", "evaluation"]
    assert module[0] == f"rewritten module against the spec's, in float64 at {size}"
    assert module[1] == ["evaluation"]


MISTAKES = {
    ("F.relu(self", "F.elu(self"): ("evaluation", "conv"),
    (CAT, TURNED): ("evaluation", "a.then"),
    ("nn.Linear(", "nn.Bilinear("): ("a run", "the emitted file"),
}


@pytest.mark.parametrize("change", MISTAKES)
def test_mistakes_in_the_text(change: tuple[str, str]) -> None:
    (failure,) = proved(lower(dsl.loads(TEXT)), *change).failures
    assert failure.difference
    assert (failure.name, failure.difference.where.split("[")[0]) == MISTAKES[change]


def test_mistakes_in_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    real = tensors.factor_and_shift

    def wrong(weights: Any, path: str, leaf: Any) -> Any:
        """A norm in the step b is folded without its mean."""
        factor, shift = real(weights, path, leaf)
        mean = weights[f"{path}.running_mean"].double()
        return factor, shift + factor * mean if path.startswith("b.") else shift

    monkeypatch.setattr(tensors, "factor_and_shift", wrong)
    (failure,) = proved(lower(dsl.loads(TEXT))).failures
    assert failure.difference
    assert (failure.mode.split(",")[0], failure.difference.where) == (
        "rewritten module against the spec's",
        "b",
    )


def test_rounding_that_is_amplified_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    network = lower(dsl.loads(TEXT))
    monkeypatch.setattr(proof_rewritten, "close", torch.equal)
    assert proved(network).ok


def test_what_is_too_much_is_left_out_and_said() -> None:
    text, why = TOO_MUCH["time"]
    large = spec(text, 64)
    report = prove_rewritten(large, optimized(large)[0], "never looked at")
    assert report.ok and not report.checks
    assert report.left_out.endswith(why)


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "inception_v3_cifar10", "--optimize"]) == 0
    out = capsys.readouterr().out
    assert "rewritten module against the spec's, in float64 at 2x3x17x32:\n  equal: eval" in out
    assert out.endswith("equal\n")
