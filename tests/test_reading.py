"""From text to values: numbers, the order of an input's sides, what can't be seen or printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dsl
from compiler.cli import run
from compiler.lowering.lower import lower
from dsl.models.extent import channels_last
from dsl.models.layers import LRN, Conv, Dropout
from dsl.models.spec import Defaults
from dsl.text.numbers import LEAST
from dsl.text.problems import Problem, Span, SpecError

HEAD = "name: net\ninput: [3, 64, 64]\nclasses: 10\n"


def problems(text: str, file: str = "net.yaml") -> tuple[Problem, ...]:
    """Everything that is wrong with a spec."""
    with pytest.raises(SpecError) as caught:
        lower(dsl.loads(text, file))
    return caught.value.problems


NUMBERS = {".001": 0.001, "+1e-3": 0.001, "1.": 1.0, "+.5": 0.5, "1E-3": 0.001, "5e-1": 0.5}


@pytest.mark.parametrize(("text", "value"), NUMBERS.items())
def test_a_number_may_be_written_in_any_plain_way(text: str, value: float) -> None:
    spec = dsl.loads(f"{HEAD}defaults: {{eps: {text}, momentum: {text}}}\nstem: 3x3 8 eps={text}")
    assert spec.defaults == Defaults(eps=value, momentum=value)
    assert spec.stem == (Conv(kernel=(3, 3), width=8, eps=value),)
    assert dsl.step(f"dropout {text}") == Dropout(p=value)
    assert dsl.step(f"lrn 5 alpha={text}") == LRN(size=5, alpha=value)
    assert dsl.step(f"A w={text}").args == {"w": value}  # type: ignore[attr-defined]
    assert dsl.step(f"3x3 8 init=normal:{text}").init == f"normal:{text}"  # type: ignore[attr-defined]


@given(st.floats(LEAST, 1e6))
def test_every_number_in_range_is_read_as_it_was_written(value: float) -> None:
    spec = dsl.loads(f"{HEAD}stem: 3x3 8")
    spec = spec.model_copy(update={"defaults": Defaults(eps=value)})
    assert dsl.loads(dsl.dump(spec)) == spec


NO_NUMBERS = (
    "0",
    "-0",
    "0.0",
    "0e5",
    "1e-400",
    "1e-38",
    "-1",
    "nan",
    "inf",
    "-inf",
    "1e400",
    ".inf",
)


@pytest.mark.parametrize("text", [*NO_NUMBERS, "NaN", "Infinity", ".nan", "5e-324", "."])
def test_no_epsilon_vanishes(text: str) -> None:
    found = problems(f"{HEAD}defaults: {{eps: {text}}}\nstem: 3x3 8")
    assert [(p.code, p.span) for p in found] == [("E013", Span("net.yaml", 4, 17, len(text)))]
    for layer in ("3x3 8 eps=", "batchnorm eps=", "lrn 5 k="):
        (problem,) = problems(f"{HEAD}stem: [3x3 8, {layer}{text}]")
        assert problem.code in ("E013", "E023")  # `nan` and `inf` could be a parameter's name
        assert problem.span.column == 15 + len(layer)


@pytest.mark.parametrize(
    "step", ["dropout {}", "3x3 8 momentum={}", "lrn 5 alpha={}", "lrn 5 beta={}", "A w={}"]
)
@pytest.mark.parametrize("text", ["1e-400", "1e-45", "0.00000000000000001e-30"])
def test_no_number_is_lost_below_the_least(step: str, text: str) -> None:
    with pytest.raises(SpecError, match=r"E013.*\(above 0, the least is 1e-37\)"):
        dsl.step(step.format(text))
    assert dsl.step(step.format("0")).repeat == 1


def test_python_is_held_to_the_same() -> None:
    for eps in (0, 0.0, 1e-40, float("nan"), float("inf"), True):
        with pytest.raises(ValueError, match="must be a number from 1e-37"):
            Defaults(eps=eps)


@pytest.mark.parametrize(
    "sides", [(64, 64, 3), (224, 320, 3), (28, 28, 1), (32, 32, 4), (16, 16, 3)]
)
def test_channels_last_are_refused_and_can_be_said_by_name(sides: tuple[int, int, int]) -> None:
    text = HEAD.replace("[3, 64, 64]", str(list(sides))) + "stem: 1x1 8\n"
    (problem,) = problems(text)
    assert (problem.code, problem.span.line, problem.span.column) == ("E013", 2, 8)
    named = problem.help.partition("`")[2].rstrip("`")
    spec = dsl.loads(text.replace(str(list(sides)), named))
    assert spec.input == sides
    assert dsl.loads(dsl.dump(spec)) == spec
    assert dsl.change(spec, {"classes": 3}).input == sides


@pytest.mark.parametrize(
    "sides", [(3, 64, 64), (64, 56, 56), (1, 1024, 3), (6, 128, 3), (16, 128, 1), (3, 3, 3)]
)
def test_other_inputs_are_taken_as_they_stand(sides: tuple[int, int, int]) -> None:
    assert not channels_last(sides)
    assert dsl.loads(HEAD.replace("[3, 64, 64]", str(list(sides))) + "stem: 1x1 8").input == sides


def test_channels_last_in_a_change_and_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SpecError, match=r"did you mean \[3, 96, 96\]"):
        dsl.change(dsl.load("googlenet"), {"input": [96, 96, 3]})
    path = tmp_path / "net.yaml"
    path.write_text(f"{HEAD}stem: 1x1 8\n")
    assert run(["check", str(path), "--input", "96x96x3"]) == 2
    assert "looks like 96x96 pixels with 3 channels" in capsys.readouterr().err
    assert run(["check", str(path), "--set", "input=[96, 96, 3]"]) == 1
    assert run(["check", str(path), "--set", "input={channels: 96, height: 96, width: 3}"]) == 0
    assert "96 x 96 x 3" in capsys.readouterr().out


def test_line_ends_of_old_are_one_problem() -> None:
    (problem,) = problems(f"{HEAD}stem: 3x3 8\n".replace("\n", "\r"))
    assert problem.message == "U+000D ends a line for YAML only, here and 3 times more"
    assert problem.span.column == 10


def test_a_hidden_character_is_told_once_with_its_places() -> None:
    (problem,) = problems(f"{HEAD}title: a\u202eb\nstem: 3x3 8 # \u202e\nbody: 3x3 8 # \u202e")
    assert problem.span == Span("net.yaml", 4, 9)
    assert [span.line for span, _ in problem.notes] == [5, 6]
    (problem,) = problems(HEAD + "# \x1b\n" * 40)
    assert problem.notes[-1][1] == "and 30 times more after the one"
    assert len(problem.notes) == 9


NASTY = "\x1b[31m\u202e\u200f\x07\x9b"


@pytest.mark.parametrize(
    "args",
    [
        ["check", "googlenet", "--set", f"title={NASTY}"],
        ["check", "googlenet", "--set", f"{NASTY}=3"],
        ["check", "googlenet", "--set", f"stem.conv1=3x3 {NASTY}"],
        ["check", "googlenet", "--set", NASTY],
        ["check", "googlenet", "--variant", NASTY],
        ["check", "googlenet", "--input", NASTY],
        ["check", f"{NASTY}.yaml"],
        ["draw", "googlenet", "--what", NASTY],
        ["source", "googlenet", "--variant", f"torchvision{NASTY}"],
        ["new", NASTY],
        ["diff", "googlenet", NASTY],
        ["weights", "googlenet", "--source", NASTY],
        [f"chec{NASTY}", "x"],
        ["check", "googlenet", f"--{NASTY}"],
    ],
)
def test_nothing_that_a_terminal_would_obey_is_printed(
    args: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(args) in (1, 2)
    said = capsys.readouterr()
    assert (said.out + said.err).replace("\n", "").isprintable()


def test_no_problem_holds_what_a_terminal_would_obey() -> None:
    problem = Problem(
        "E001", Span(f"a{NASTY}", 1, 1), NASTY, NASTY, NASTY, ((Span(NASTY, 2, 2), NASTY),)
    )
    for text in (None, f"name: {NASTY}"):
        assert problem.render(text).replace("\n", "").isprintable()
    assert (problem.message + problem.hint + problem.help).isprintable()
    assert str(SpecError([problem])).replace("\n", "").isprintable()


def test_a_wrapped_title_is_no_unclosed_quote() -> None:
    """Though it holds what looks like a key, what is wrong far below is told."""
    text = f'{HEAD}title: "One\n  two: three"\nstem: [3x3 8\nhead: fc classes\n'
    (problem,) = problems(text)
    assert problem.message == "this bracket is never closed"
    (problem,) = problems(text.replace('three"', "three"))
    assert problem.span.line == 4


@pytest.mark.parametrize(
    ("steps", "place", "hint"),
    [
        ("body: [3x3 8, 3x3 90000, 3x3 90000 x2]", (4, 26), "conv3 has 145,800,360,000 of them"),
        ("stem: 3x3 8\naux: {h: {from: conv, weight: 1, do: [3x3 9, 99x99 99999]}}",
         (5, 7), "h has 8,821,012,455 of them"),
        ("body: [1x1 8, [3x3 90000, 3x3 90000, 99x99 1 valid]]", (4, 15), "seq has"),
    ],
)  # fmt: skip
def test_too_many_parameters_point_at_the_step_that_has_most(
    steps: str, place: tuple[int, int], hint: str
) -> None:
    found = [problem for problem in problems(HEAD + steps) if problem.code == "E140"]
    assert [(p.span.line, p.span.column) for p in found] == [place]
    assert found[0].hint.startswith(hint)
