"""One factor behind a name, `in*6` and `in/16`: read, written, lowered, emitted, scaled."""

from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import dsl
from compiler.ir.symbols import Quotient, Sym, SymFloat, names_in, quotient, real, substitute
from compiler.ir.symbols import substitute_real as substituted
from compiler.lowering.classifier import classified, with_classes
from compiler.lowering.lower import lower
from compiler.nn.module import compile_spec
from compiler.source import emit
from dsl.models.changes import Width
from dsl.models.layers import Conv
from tests import odd_specs
from tests.test_source import imported

GATED = """
name: gated
input: [3, 12, 12]
classes: 6
stem: [3x3 16]
inception: {G: {params: [n], do: [1x1 in/4, 3x3 n*2 groups=n/2, 1x1 in linear]}}
body: [a: G n=4, b: G n=8]
head: [1x1 classes*4, globalpool avg, fc classes*2, fc classes]
"""


def test_a_factor_is_kept_as_it_was_written() -> None:
    layer = dsl.step("3x3 k*4 groups=k/2")
    assert layer == Conv(kernel=(3, 3), width="k*4", groups="k/2")
    spec = odd_specs.spec("factors")
    assert dsl.loads(dsl.dump(spec)) == spec
    assert "1x1 in/4" in dsl.dump(spec)


def test_the_emitted_source_prints_the_expression() -> None:
    text = emit(lower(dsl.loads(GATED)))
    assert "ConvBNReLU(in_channels, in_channels // 4, 1)" in text
    assert "ConvBNReLU(in_channels // 4, 2 * n, 3, padding=1, groups=n // 2)" in text
    assert "(N, C, H, W) -> (N, C, H, W)" in text
    assert text.count("class InceptionG") == 1
    assert "nn.Linear(4 * num_classes, 2 * num_classes)" in text


def test_another_number_of_classes_is_as_if_written() -> None:
    text = GATED.replace("classes*4", "classes/3")
    for spec in (dsl.loads(GATED), dsl.loads(text)):
        network = lower(spec)
        assert with_classes(network, 9).nodes == lower(dsl.change(spec, {"classes": 9})).nodes
        assert "conv2.conv" in classified(network)
    with pytest.raises(ValueError, match="must come out whole, and num_classes would be 10"):
        with_classes(lower(dsl.loads(text)), 10)


@pytest.mark.parametrize("width", [0.5, 2.0])
def test_scaling_follows_the_name_and_keeps_the_factor(width: float) -> None:
    base = dsl.loads(GATED)
    scaled = dsl.change(base, dsl.Changes(width=Width(by=width)))
    block = scaled.inception["G"]
    assert block == base.inception["G"]
    assert [step.args["n"] for step in scaled.body] == [4 * width, 8 * width]  # type: ignore[attr-defined]  # calls
    lower(scaled)


def test_a_last_layer_is_renewed_by_its_own_expression() -> None:
    spec = dsl.loads(
        GATED.replace("fc classes*2, fc classes]", "fc classes*2]").replace("1x1 classes*4, ", "")
    )
    text = emit(lower(spec))
    assert "self.fc = nn.Linear(self.fc.in_features, 2 * num_classes)" in text
    theirs = imported(lower(spec), text).Gated(num_classes=6)
    ours = compile_spec(spec)
    for model in (ours, theirs):
        model.reset_classifier(5)
        assert model(torch.randn(2, 3, 12, 12)).shape == (2, 10)


@given(st.integers(0, 500), st.integers(2, 9), st.integers(2, 9))
def test_quotients_are_those_of_numbers(value: int, by: int, more: int) -> None:
    k = Sym.named(value, "k")
    part = quotient(k, by)
    assert (int(part), str(part)) == (value // by, f"k // {by}")
    assert int(quotient(part, more)) == value // by // more
    assert str(quotient(part, more)) == f"k // {by * more}"
    assert names_in(part) == {"k"}
    assert quotient(k * by, by) == value and str(quotient(k * by, by)) == "k"
    whole = k * (by * 2 + 1) + 1
    assert str(quotient(whole, by * 2)) == f"({whole}) // {by * 2}"
    assert quotient(7, 2) == 3


def test_a_quotient_in_other_terms() -> None:
    part = quotient(Sym.named(12, "k"), 4) * 5
    assert str(part) == "5 * (k // 4)"
    assert str(substitute(part, {"k": Sym.named(12, "n")})) == "5 * (n // 4)"
    assert str(substitute(part, {"k": 8 * Sym.named(3, "n")})) == "10 * n"
    assert substitute(part, {"k": 24}) == 30
    rate = real(quotient(Sym.named(12, "k"), 4))
    assert str(rate) == "k // 4" and isinstance(rate, SymFloat) and names_in(rate) == {"k"}
    assert str(substituted(rate, {"k": Sym.named(12, "n")})) == "n // 4"
    assert Quotient("k", 4, exact=True).by == 4


def test_a_quotient_of_a_sum() -> None:
    part = quotient(3 * Sym.named(4, "n") + Sym.named(8, "pool") + 12, 16)
    assert (int(part), str(part)) == (2, "(3 * n + pool + 12) // 16")
    assert names_in(part) == {"n", "pool"}
    assert str(2 * part + 1) == "2 * ((3 * n + pool + 12) // 16) + 1"
    assert str(quotient(part, 2)) == "(3 * n + pool + 12) // 32"
    assert str(substitute(part, {"n": 4})) == "(pool + 24) // 16"
    assert substitute(part, {"n": 4, "pool": 8}) == 2
    assert type(substitute(part, {"n": 4, "pool": 8})) is int
    assert str(copy.deepcopy(part)) == str(part)
