"""Budgets: their grammar, what they are held against, and the limits of the command line."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import cast

import pytest

import dsl
from compiler.cli import run
from compiler.cli.limits import limit_options
from compiler.cost import cost
from compiler.cost.contract import broken
from compiler.cost.quantities import MEASURES, QUANTITIES
from compiler.lowering.lower import lower
from dsl.models.budgets import AXES, BYTES, COUNT, Bound, Measure
from dsl.models.forms import form_of
from dsl.models.promises import Expect
from dsl.text.numbers import Misfit

TAKEN: list[tuple[Measure, int | str, tuple[Bound, ...]]] = [
    (COUNT, 7, (Bound("=", (7,)),)),
    (COUNT, "< 8M", (Bound("<", (8_000_000,)),)),
    (COUNT, "<=1.5G", (Bound("<=", (1_500_000_000,)),)),
    (COUNT, "> 2 k", (Bound(">", (2000,)),)),
    (COUNT, "<= 1.0000001k", (Bound("<=", (cast(float, Fraction(10_000_001, 10_000)),)),)),
    (COUNT, "6M..8M", (Bound(">=", (6_000_000,)), Bound("<=", (8_000_000,)))),
    (COUNT, "0 .. 8M", (Bound(">=", (0,)), Bound("<=", (8_000_000,)))),
    (BYTES, "< 20 MB", (Bound("<", (20_000_000,)),)),
    (BYTES, "< 20 MiB", (Bound("<", (20_971_520,)),)),
    (BYTES, "< 20", (Bound("<", (20,)),)),
    (AXES, ">= 224", (Bound(">=", (224,)),)),
    (AXES, "<= 13x209x209", (Bound("<=", (13, 209, 209)),)),
    (AXES, "75x99", (Bound("=", (75, 99)),)),
]


@pytest.mark.parametrize(("measure", "value", "bounds"), TAKEN, ids=str)
def test_what_a_budget_says(measure: Measure, value: int | str, bounds: tuple[Bound, ...]) -> None:
    assert measure.read(value) == value
    form = form_of(measure.reader())
    assert form and re.fullmatch(form.pattern, str(value))
    assert measure.bounds(value) == bounds


REFUSED: list[tuple[Measure, object, str, str]] = [
    (COUNT, "8M", "write every digit", ""),
    (COUNT, "1.5", "must be a whole number", ""),
    (COUNT, "≤ 8M", "", "<= 8M"),
    (COUNT, "=< 8M", "", "<= 8M"),
    (COUNT, "8,000,000", "", "8000000"),
    (COUNT, "< 8_000_000", "", "< 8000000"),
    (COUNT, "<= 1e6", "", "<= 1000000"),
    (COUNT, "<   8 M", "", "< 8 M"),
    (COUNT, "< 8m", "k, M, G, T", "< 8M"),
    (COUNT, "< 8 MB", "k, M, G, T", ""),
    (COUNT, "< 010", "must be", ""),
    (COUNT, "< 8x8", "one number", ""),
    (COUNT, "< 0", "nothing is less", ""),
    (COUNT, "8M..6M", "from less to more", ""),
    (COUNT, "6..8M", "both ends", "6M..8M"),
    (COUNT, "< 6M..8M", "must be", ""),
    (COUNT, "< 999999T", "at most", ""),
    (COUNT, "<", "must be", ""),
    (COUNT, "", "an empty value", ""),
    (COUNT, "-1", "must be", ""),
    (COUNT, True, "must be", ""),
    (COUNT, 1.5, "must be", ""),
    (COUNT, 10**18, "must be", ""),
    (BYTES, "< 20M", "MiB", ""),
    (BYTES, "< 20 KB", "KiB", ""),
    (BYTES, "< 20x20", "one number", ""),
    (AXES, ">= 224px", "no unit", ""),
    (AXES, ">= 1x1x1x1", "three at most", ""),
    (AXES, "1..2x2", "as many numbers", ""),
]


@pytest.mark.parametrize(("measure", "value", "why", "meant"), REFUSED, ids=str)
def test_what_could_mean_two_things_is_refused(
    measure: Measure, value: object, why: str, meant: str
) -> None:
    with pytest.raises(Misfit) as caught:
        measure.reader()(value)
    assert why in str(caught.value)
    assert caught.value.meant == meant
    assert not meant or measure.read(int(meant) if meant.isdigit() else meant)


@pytest.mark.parametrize(
    ("budget", "kept"),
    [("< 7k", False), ("<= 7k", True), ("> 7k", False), (">= 7k", True), ("7k..7k", True)],
)
def test_the_ends_of_a_budget(budget: str, *, kept: bool) -> None:
    assert all(bound.holds((7000,)) for bound in COUNT.bounds(budget)) == kept


def test_every_quantity_has_its_measure_and_an_option() -> None:
    assert list(QUANTITIES) == list(MEASURES) == [k for k in Expect.model_fields if k != "out"]

    @limit_options
    def command() -> None:
        """Takes every limit."""

    options = [param.opts[0] for param in reversed(command.__click_params__)]  # type: ignore[attr-defined]  # click's
    assert options == [
        f"--{quantity.limit}-{name.replace('_', '-')}" for name, quantity in QUANTITIES.items()
    ]


SPEC = """
name: tiny
input: [3, 32, 32]
classes: 10
stem: [conv1: 3x3 4 /2]
body: [mixed: {concat: [1x1 8, [1x1 4, 3x3 8]]}]
head: [globalpool avg, fc classes]
"""


def held(expect: str) -> list[str]:
    spec = dsl.loads(f"{SPEC}expect: {expect}")
    assert dsl.loads(dsl.dump(spec)) == spec
    return [problem.message for problem in broken(spec, cost(lower(spec)))]


def test_a_broken_budget_has_both_numbers_at_its_place() -> None:
    text = f"{SPEC}expect: {{params: 1k..2k, macs: < 1k, peak: <= 8 KiB, receptive_field: 7}}"
    spec = dsl.loads(text)
    problems = broken(spec, cost(lower(spec)))
    line = text.splitlines()[-1]
    said = [
        (line[p.span.column - 1 :][: p.span.length], p.message.partition("the budget of ")[2])
        for p in problems
    ]
    assert said == [
        ("1k..2k", "params is 1k..2k, the network has 662"),
        ("< 1k", "macs is < 1k, the network has 113,824"),
        ("<= 8 KiB", "peak is <= 8 KiB, the network has 49,152 bytes (48.0 KiB)"),
    ]
    assert {problem.code for problem in problems} == {"E130"}


def test_what_a_broken_budget_advises_holds() -> None:
    text = f"{SPEC}expect: {{params: < 8, macs: '> 1G', receptive_field: '>= 7', saved: 3..5}}"
    spec = dsl.loads(text)
    (advice,) = filter(None, (p.help for p in broken(spec, cost(lower(spec)))))
    assert held(advice.partition("expect: ")[2]) == []


@pytest.mark.parametrize(
    ("expect", "kept"),
    [
        ("{receptive_field: '>= 7'}", True),
        ("{receptive_field: '>= 8'}", False),
        ("{receptive_field: 7x7}", True),
        ("{receptive_field: 7x7x7}", False),
        ("{least_input: <= 1}", True),
        ("{least_input: 1, least_training_input: 1}", True),
        ("{launches: 15, buffers: '> 0', weight_bytes: 2.5kB..3 KiB}", True),
    ],
)
def test_quantities_that_are_not_totals(expect: str, *, kept: bool) -> None:
    assert (held(expect) == []) == kept


def test_what_a_network_lacks_keeps_no_budget() -> None:
    vector = """
name: vector
input: [3, 1, 1]
classes: 10
stem: [conv1: 1x1 4]
head: [flatten, fc classes]
expect: {saved: < 1 GiB}
"""
    spec = dsl.loads(vector)
    (problem,) = broken(spec, cost(lower(spec)))
    assert problem.message.endswith("none: batch norm can't train on one image of this size")


def test_variants_have_their_own_and_heirs_none() -> None:
    wide_one = "{width: 2, expect: {params: '> 1k'}}"
    text = f"{SPEC}expect: {{params: < 1k}}\nvariants: {{wide: {wide_one}}}"
    spec = dsl.loads(text)
    wide = dsl.choose(spec, "wide")
    assert (spec.expect.params, wide.expect.params) == ("< 1k", "> 1k")
    assert not broken(wide, cost(lower(wide)))
    assert dsl.loads("name: heir\nextends: googlenet").expect == Expect()


def test_limits_of_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    limits = ["--max-params", "8M", "--max-peak", "20 MiB", "--min-receptive-field", "224"]
    assert run(["check", "googlenet", *limits]) == 0
    assert run(["check", "googlenet", "--max-params", "7M", "--input", "64x64"]) == 1
    said = capsys.readouterr().err
    assert "error[E130]: the limit of params is <= 7M, the network has 7,005,832" in said
    assert "googlenet.yaml:3:7:" in said
    assert run(["check", "googlenet", "--max-peak", "20M"]) == 2
    said = capsys.readouterr().err
    assert "MB is 1,000,000, MiB is 1,048,576" in said
    assert run(["check", "googlenet", "--max-params", "< 20M"]) == 2
