"""What an error advises to write, written: the fault is gone, and no other came of it.

`Problem.fix` holds what hint or help tell a person to write, and where.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import dsl
from compiler.checking.mending import applied
from compiler.lowering.lower import lower
from dsl.text.problems import Problem

BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))
HEAD = "name: net\ninput: [3, 64, 64]\nclasses: 10\n"
BLOCK = "inception:\n  A:\n    params: [w, p]\n    concat: [1x1 w, [avgpool 3x3, 1x1 p]]\n"
CALL = f"{HEAD}{BLOCK}body:\n  - one: A w=8 p=8\n"


def problems(text: str, name: str) -> tuple[Problem, ...]:
    """Everything that is wrong with a spec."""
    try:
        lower(dsl.loads(text, name))
    except dsl.SpecError as error:
        return error.problems
    return ()


def told(found: tuple[Problem, ...]) -> Counter[tuple[str, int, str]]:
    """How often each thing is said of each line."""
    return Counter((problem.code, problem.span.line, problem.message) for problem in found)


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_what_is_advised_mends_what_it_is_advised_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    before = problems(text, path.name)
    for problem in before:
        if problem.fix is None or problem.fix.span.file != path.name:
            continue
        assert not problem.fix.text or problem.fix.text in problem.render(), problem
        after = problems(applied(text, problem.fix), path.name)
        (key,) = told((problem,))
        assert told(after)[key] < told(before)[key], f"{problem.render()}\n--\n{problem.fix}"


def steps(*lines: str) -> str:
    """A spec with these steps, each on a line of its own."""
    return HEAD + BLOCK + "body:\n" + "".join(f"  - {line}\n" for line in lines)


SLIPS = {
    "a call without its colon": steps("mixed_2 A w=96 p=64"),
    "a layer without its colon": steps("conv1 3x3 32 /2"),
    "without its colon in brackets": HEAD + "body: [conv1 3x3 32, gap globalpool]",
    "without its colon as a value": HEAD + "stem: conv1 3x3 32",
    "a colon without its space": steps("conv1:3x3 8"),
    "a call as a mapping": steps("mixed: {A: {w: 96, p: 64}}"),
    "a call as a mapping without a name": steps("{A: {w: 96, p: 64}}"),
    "do in a list": steps("mixed: {do: [3x3 8, 1x1 8]}"),
    "do without a name": steps("{do: [3x3 8, a: {add: [1x1 8, 3x3 8]}]}"),
    "parentheses": steps("mixed: A(w=96, p=64)"),
    "parentheses behind a space": steps("A (w=96, p=64)"),
    "parentheses in brackets": HEAD + BLOCK + "body: [3x3 8, A(w=96, p=64), 1x1 8]",
    "parentheses of a layer": steps("dropout(0.2)", "1x1 8"),
    "parentheses of a convolution": steps("conv(3x3, 64)"),
    "no colon, and parentheses": steps("mixed A(w=96, p=64)"),
    "no comma in brackets": steps("[1x1 48 3x3 64]"),
    "no comma on a line": steps("1x1 48 3x3 64"),
    "no comma behind a name": steps("a: maxpool 3x3 /2 3x3 64 relu"),
    "no commas in a head": HEAD + "head: [globalpool avg dropout 0.2 fc classes]",
    "no comma between calls": HEAD + BLOCK + "body: [A w=8 p=8 A w=8 p=8, 1x1 8]",
    "no comma as a value": HEAD + "head: globalpool avg fc classes",
    "spaces around =": steps("mixed: A w = 96 p = 64"),
    "spaces on one side of =": steps("A w= 96 p =64"),
    "spaces around an option's =": steps("3x3 8 eps = 0.1"),
    "a comma between parameters": steps("A w=96, p=64"),
    "a comma at the end": steps("3x3 8,"),
    "a colon for =": steps("A w:96 p:64"),
    "depthwise first": steps("depthwise 3x3"),
    "depthwise first, with a width": steps("depthwise 3x3 6"),
    "a padding first": steps("valid 3x3 8"),
    "a stride first": steps("/2 3x3 8"),
    "the width first": steps("64 3x3"),
    "the layer last": steps("3x3 /2 maxpool"),
    "the kernel before the word": steps("3x3 sepconv 8 /2"),
    "the rate first": steps("0.5 dropout"),
    "a kernel with ×": steps("3×3 8"),  # as people paste it from papers
    "a kernel with *": steps("3*3 8"),
    "a kernel with spaces": steps("3 x 3 8"),
    "a repeat with a space": steps("3x3 8 x 2"),
    "a word of torch": steps("conv2d 3x3 8"),
    "a word of Keras": steps("conv2d 8 3x3"),
    "dense": steps("dense 10"),
    "linear": steps("linear 10"),
    "bn": steps("bn eps=0.1"),
    "swish": steps("3x3 8 swish"),
    "act=swish": steps("3x3 8 act=swish"),
    "swish as a step": steps("swish"),
    "avg_pool": steps("avg_pool 3x3"),
    "GlobalAveragePooling2D": steps("GlobalAveragePooling2D x1"),
    "capitals": steps("MaxPool 3x3"),
    "a word in capitals": steps("3x3 8 ReLU"),
    "stride=2": steps("3x3 8 stride=2"),
    "s2": steps("3x3 8 s2"),
    "padding=same": steps("3x3 8 padding=same"),
    "a percentage": steps("dropout 20%"),
    "a decimal comma": steps("dropout 0,2"),
    "thousands": steps("3x3 1,000"),
    "a whole number with a point": steps("3x3 8.0"),
    "a whole number with a sign": steps("3x3 +8"),
    "a deviation with a comma": steps("3x3 8 init=normal:0,1"),
    "a short parameter": steps("A w=8 pp=8"),
    "channels last": CALL.replace("[3, 64, 64]", "[64, 64, 3]"),
    "a key without its colon": CALL.replace("classes: 10", "classes 10"),
    "a key without its space": CALL.replace("classes: 10", "classes:10"),
    "no colon before a brace": CALL.replace("inception:\n", "defaults {eps: 0.1}\ninception:\n"),
    "a tab behind a colon": CALL.replace("classes: 10", "classes:\t10"),
    "a tab behind a dash": CALL.replace("- one", "-\tone"),
    "a tab behind a comma": CALL.replace("64, 64]", "64,\t64]"),
    "a tab at a line's end": CALL.replace("classes: 10", "classes: 10\t"),
    "a tab before a comment": CALL.replace("classes: 10", "classes: 10\t# ten"),
    "tabs behind a bare key": CALL.replace("body:\n", "body:\t\t\n"),
    "no colon in the first line": CALL.replace("name: ", "name "),
    "no space in the first line": CALL.replace("name: ", "name:"),
    "= in the first line": CALL.replace("name: ", "name = "),
    "- in the last line but one": CALL.replace("classes: ", "classes - "),
    "no colon in a block": CALL.replace("params: ", "params "),
    "= for a step's colon": steps("a = 3x3 8"),
    "- for a step's colon": steps("a - 3x3 8"),
    "an arrow": HEAD + "body: [3x3 8 -> 1x1 8, 1x1 8]",
    "a plus": HEAD + "body: [3x3 8 + 1x1 8, 1x1 8]",
    "a semicolon": HEAD + "body: [3x3 8; 1x1 8, 1x1 8]",
    "no opening bracket": steps("1x1 8, 3x3 8]"),
    "braces for a list": HEAD + "body: {3x3 8, 1x1 8}",
    "s=2": steps("maxpool 3x3 s=2"),
    "stride 2": steps("3x3 8 stride 2"),
    "pad 1": steps("3x3 8 pad 1"),
    "a unit": steps("3x3 64px"),
    "a comma behind a value": CALL.replace("10", "10,"),
    "a comma behind the name": CALL.replace("name: net", "name: net,"),
    "a comma behind a bracket": CALL.replace("64]", "64],"),
    "parentheses for the input": CALL.replace("[3, 64, 64]", "(3, 64, 64)"),
    "no commas in the input": CALL.replace("[3, 64, 64]", "[3 64 64]"),
    "an x in the input": CALL.replace("[3, 64, 64]", "3x64x64"),
    "a dash without its space": CALL + "  -two: 3x3 8\n",
    "a key in capitals": CALL.replace("concat", "Concat"),
    "an unclosed quote before a comment": CALL.replace("A w=8 p=8", '"A w=8 p=8  # one')
    + 'title: "N"',
    "an unclosed quote": CALL.replace("input", 'title: "One\ninput') + 'paper: "Two"\n',
}
"""Specs with one slip each."""


@pytest.mark.parametrize("text", SLIPS.values(), ids=SLIPS)
def test_one_slip_is_one_message_whose_advice_works_as_it_stands(text: str) -> None:
    for _ in range(3):  # two steps of one spec may hold the slip
        found = problems(text, "net.yaml")
        if not found:
            return
        fix = found[0].fix
        assert fix is not None, found[0].render(text)
        assert not fix.text.strip() or fix.text in found[0].render(text)
        text = applied(text, fix)
    assert not problems(text, "net.yaml")


@pytest.mark.parametrize("text", SLIPS.values(), ids=SLIPS)
def test_one_slip_gives_one_message_a_step(text: str) -> None:
    found = problems(text, "net.yaml")
    assert len(found) == (2 if "conv1 3x3 32, gap" in text else 1), [p.render(text) for p in found]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("deform_conv 3x3 8", "the language has no deform_conv (a deformable convolution)"),
        ("attention", "the language has no attention"),
        ("selu", "the language has no selu (an activation)"),
        ("3x3 8 soft_sign", "the language has no soft_sign (an activation)"),
        ("rms_norm", "the language has no rms_norm (a norm)"),
        ("LSTM 8", "the language has no LSTM (a recurrent layer)"),
        ("unpool 2", "the language has no unpool (a layer that enlarges its map)"),
        ("PixelShuffle 2", "the language has no PixelShuffle (a layer that enlarges its map)"),
    ],
)
def test_what_the_language_lacks_is_said_and_nothing_else_is_offered(
    text: str, wanted: str
) -> None:
    (problem,) = problems(steps(text), "net.yaml")
    assert (problem.message, problem.hint, problem.fix) == (wanted, "", None)


def test_a_block_may_be_called_by_a_word_that_the_language_lacks() -> None:
    text = CALL.replace("A:", "Attention:").replace("one: A", "Attention")
    assert not problems(text, "net.yaml")
    (problem,) = problems(text.replace("- Attention", "- attention"), "net.yaml")
    assert problem.fix is not None and problem.fix.text == "Attention"
