"""A line that YAML can't read is often not the one at fault: what is told, and what is still read.

The fault is marked with `»` in front of its line, which isn't part of the text.
"""

from __future__ import annotations

import pytest

import dsl
from dsl.models import shelf
from dsl.text.lines import QUICK
from dsl.text.parsing import parse
from dsl.text.partial import partial
from dsl.text.problems import Problem, SpecError
from dsl.text.values import Mapping, Value

FAULTS = {
    "a bracket that isn't closed": """
        body:
        »  - [1x1 8, 3x3 8,
          - 1x1 8
        """,
    "brackets of two kinds": """
        body:
        »  - {a: [1x1 8, 3x3 8
          - b: 1x1 8
        head: fc 3
        """,
    "a bracket that isn't closed, in the place of a key": """
        inception:
          A:
        »    - [1x1 8,
            concat:
              - 1x1 8
        """,
    "brackets over lines, open at the end of the last one": """
        expect: {params: 1,
        »         out.a: [1, 2, 3]
        stem: 3x3 8
        """,
    "a bracket open at the end of a line between": """
        expect: {params: 1,
        »         out.a: [1, 2, 3,
                 out.b: [4, 5, 6]}
        stem: 3x3 8
        """,
    "a bracket behind a comment": """
        body:
        »  - {concat: #[3x3 4, 1x1 4]}
          - 1x1 4
        """,
    "a line between a bracket's": """
        expect: {params: 1,
        »stem: [3x3 8]
                 macs: 2}
        """,
    "a letter before a bracket in brackets": """
        head: [globalpool avg, elu,
        »  f[c classes, hardsigmoid]
        stem: 3x3 8
        """,
    "an item indented further than those below": """
        concat:
        »   - 1x1 8
          - 3x3 8
          - 5x5 8
        """,
    "an item among items": """
        concat:
          - 1x1 8
        »   - a: 3x3 8
          - 5x5 8
        """,
    "a line between a key and its items": """
        inception:
          A:
            concat:
        »    params: [n]
              - 1x1 n
              - 3x3 n
        """,
    "a key that has moved to the left": """
        inception:
          A:
        »params: [n]
            concat: [1x1 n, 3x3 n]
        """,
    "a key without its colon": """
        inception:
          A:
            params: [n]
        »    concat
              - 1x1 8
              - 3x3 8
        """,
    "a header that has moved to the left": """
        inception:
        »A:
            concat: [1x1 8, 3x3 8]
          B:
            concat: [1x1 8, 3x3 8]
          C: {concat: [1x1 8, 3x3 8]}
        """,
    "a header that has moved to the right": """
        inception:
        »   A:
            concat: [1x1 8, 3x3 8]
          B:
            concat: [1x1 8, 3x3 8]
          C: {concat: [1x1 8, 3x3 8]}
        """,
    "a line that fits nothing": """
        inception:
          A: {concat: [1x1 8, 3x3 8]}
        »   B: {concat: [1x1 8, 3x3 8]}
          C: {concat: [1x1 8, 3x3 8]}
        """,
}


def marked(text: str) -> tuple[str, int]:
    """A text without its mark, and the line of that."""
    lines = [line.replace(" " * 8, "", 1) for line in text.strip("\n").split("\n")]
    at = next(n for n, line in enumerate(lines) if line.startswith("»"))
    return "\n".join(lines).replace("»", ""), at + 1


def only(text: str) -> Problem:
    with pytest.raises(SpecError) as caught:
        parse(text, "net.yaml")
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize("name", FAULTS)
def test_the_line_at_fault_is_told(name: str) -> None:
    text, line = marked(FAULTS[name])
    problem = only(text)
    assert (problem.code, problem.span.line) == ("E002", line)


@pytest.mark.parametrize("name", FAULTS)
def test_an_editor_tells_that_line_alone_and_reads_the_rest(name: str) -> None:
    text, line = marked(FAULTS[name])
    found = partial(text, "net.yaml")
    assert {problem.span.line for problem in found.problems} == {line}
    assert found.root
    below = text.split("\n")[line:]
    last = next((row for row in reversed(below) if row[:1].isalpha()), "")
    assert last.partition(":")[0] in ("", *found.root.keys())


@pytest.mark.parametrize(
    "text",
    [
        "a:\n  b: 1\nc: 2\n    d: 3",
        "a:\n    - b: 1\n  - c: 2",
        "inception:\n  A:\n    concat: [1x1 8]\n   B: {concat: [1x1 8]}",
    ],
)
def test_of_two_lines_either_of_which_may_be_wrong_the_other_is_a_note(text: str) -> None:
    problem = only(text)
    last = text.count("\n") + 1
    assert problem.span.line == last
    assert last - 1 in [span.line for span, _ in problem.notes]


def test_where_a_line_lies_between_two_columns_both_are_notes() -> None:
    problem = only("body:\n      add:\n        - 1x1 8\n  - b: 1x1 8\n")
    assert [span.line for span, _ in problem.notes] == [3, 1, 2]


def test_a_part_too_long_to_be_tried_is_told_as_yaml_names_it() -> None:
    long = f"body:\n  - [1x1 8, {'3x3 8, ' * (QUICK // 7)}\n  - 1x1 8\n"
    assert only(long).span.line == 3


def test_what_is_advised_closes_the_bracket() -> None:
    problem = only("body:\n  - {a: [1x1 8, 3x3 8   # a comment\n  - b: 1x1 8\n")
    assert problem.fix
    assert (problem.fix.text, problem.fix.span.column) == ("]}", 22)


HALF = [
    "- A: [1x1 64,", "- A: [1x1 64", "- {a: 1x1 64", "- {a: [1x1 64, 3x3 64", "- [1x1 64 # [",
    "- [", "- {", '- "1x1 64', "- a: '1x1 64", '- [a, "b]', "- [1x1 64]]", "- [1x1 64, 3x3 64}",
    "abc", "abc:", "-abc", "\t- 1x1 64", " \t- 1x1 64", "-\t1x1 64", "  - 1x1 64", " - 1x1 64",
    "- a b: c: d", "]", "}", ": a", "- @a", "- &", "- *", "- !", "%",
]  # fmt: skip
"""What one may have typed so far in the place of an item."""


def leaves(value: Value) -> int:
    """How many values there are."""
    if isinstance(value, Mapping):
        return sum(leaves(entry.value) for entry in value.entries)
    return sum(map(leaves, getattr(value, "items", ()))) or 1


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize("typed", HALF)
def test_what_is_typed_in_the_middle_of_a_file_is_wrong_alone(typed: str, ends: str) -> None:
    lines = shelf.find("inception_v3").read_text(encoding="utf-8").split("\n")
    at = lines.index("      - [1x1 64, 3x3 96, 3x3 96]")
    whole = partial("\n".join(lines), "net.yaml").root
    found = partial(ends.join([*lines[:at], f"      {typed}", *lines[at:]]), "net.yaml")
    assert {problem.span.line for problem in found.problems} == {at + 1}
    assert len(found.problems) == 1
    assert whole
    assert found.root
    assert found.root.keys() == whole.keys()
    blocks = [root.get("inception") for root in (found.root, whole)]
    assert blocks[0].keys() == blocks[1].keys()  # type: ignore[union-attr]  # mappings both
    assert leaves(found.root) >= leaves(whole)


HEAD = "name: net\ninput: [3, 32, 32]\nclasses: 10\n"
NOTED = {
    "a block by another name": """
        inception:
        »  Mix: {concat: [1x1 8, 3x3 8]}
          Basic: {concat: [1x1 8, 3x3 8]}
        body: [Basic, Mixed]
        """,
    "a block by a name that is like none": """
        inception:
        »  norm2: {concat: [1x1 8, 3x3 8]}
          Basic: {concat: [1x1 8, 3x3 8]}
        body: [Basic, Other]
        """,
    "a step that a head taps by its old name": """
        body:
        »  - mixed_b: 3x3 8
          - other: 3x3 8
        head: [globalpool avg, fc classes]
        aux:
          - aux1: {from: mixed_a, weight: 0.3, do: [globalpool avg, fc classes]}
        """,
    "a step expected by its old name beside a likelier one": """
        body:
          - mixed_5b: 3x3 8
        »  - mixed4b: 3x3 8
        expect: {out.mixed_5b: [8, 32, 32], out.mixed_4b: [8, 32, 32]}
        """,
    "a parameter by another name": """
        inception:
        »  A: {params: [width], concat: [1x1 width, 3x3 8]}
        body: [A widht=8]
        """,
    "a parameter without its default": """
        inception:
        »  A: {params: {act: }, concat: [1x1 8 act=act, 3x3 8]}
        body: [A]
        """,
    "parameters of a block that declares none": """
        inception:
        »  A:
            concat: [1x1 n, 3x3 8]
        body: [A]
        """,
    "a key that stands for the one that is missing": """
        body:
          - a: 3x3 8
        aux:
          - aux1: {from: a,
                   weight: 0.4,
        »           steps: [globalpool avg, fc classes]}
        """,
    "a header that nothing is indented under": """
        inception:
        »A: {concat: [1x1 8, 3x3 8]}
        body: [A]
        """,
    "a step that nothing is indented under": """
        body:
          - a:
        »  - 3x3 8
        """,
    "a header that has lost its block": """
        inception:
          A:
            params: [n]
            concat: [1x1 n, 3x3 8]
        »    B:
            params: [n]
            concat: [1x1 n, 3x3 8]
        """,
    "a number that goes on in the next line": """
        expect:
          params: 5
        »    - 3x3 8
        body: [3x3 8]
        """,
}


@pytest.mark.parametrize("name", NOTED)
def test_the_other_place_is_a_note(name: str) -> None:
    text, line = marked(NOTED[name])
    with pytest.raises(SpecError) as caught:
        dsl.loads(HEAD + text, "net.yaml")
    first = caught.value.problems[0]
    told = [first.span.line, *(span.line for span, _ in first.notes)]
    assert line + 3 in told
    assert first.span.line != line + 3


def test_an_item_indented_further_is_told_and_not_the_one_above() -> None:
    with pytest.raises(SpecError) as caught:
        dsl.loads(f"{HEAD}body:\n  - 3x3 8\n    - 1x1 8\n  - 3x3 8\n", "net.yaml")
    (problem,) = caught.value.problems
    assert (problem.code, problem.span.line) == ("E015", 6)


def test_one_slip_in_a_parameters_use_is_one_error() -> None:
    block = "inception:\n  A: {params: [width, n], concat: [1x1 width, 3x3 zzz, B]}\n"
    with pytest.raises(SpecError) as caught:
        dsl.loads(f"{HEAD}{block}  B: {{concat: [1x1 8, 3x3 8]}}\nbody: [A width=8 n=8]\n", "f")
    assert [problem.code for problem in caught.value.problems] == ["E023"]
    with pytest.raises(SpecError) as caught:
        dsl.loads(f"{HEAD}{block.replace('zzz', '8')}body: [A width=8 n=8, B]\n", "f")
    assert {problem.code for problem in caught.value.problems} == {"E020", "E025"}


def test_a_network_without_steps_is_told_where_they_belong() -> None:
    with pytest.raises(SpecError) as caught:
        dsl.loads(HEAD, "net.yaml")
    (problem,) = caught.value.problems
    assert (problem.span.line, problem.hint) == (3, "below this")
