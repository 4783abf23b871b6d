"""Each lint on its own examples, and all of them on every network of the shelf.

`tests/lints/CODE.txt` is what a lint says of its example `before`, `tests/lints/shelf.txt` what
all say of the shelf; `--accept` writes both anew. `tests/lints/NAME.yaml` are more specs that a
lint must tell apart: each begins with a line `# expect: W112 W113`, or `# expect:` and nothing.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dsl
from compiler.checking.examining import examined, findings_of
from compiler.checking.explaining import mends
from compiler.checking.linting import placed
from compiler.checking.mending import mended
from compiler.findings.explained import SEVERITIES
from compiler.findings.frame import framed
from compiler.findings.lint import Lint
from compiler.lints import every_lint
from compiler.lowering.lower import lower
from dsl.models import shelf
from dsl.text.problems import Problem
from tests.test_bad import JARGON

FOLDER = Path(__file__).parent / "lints"
MORE = sorted(FOLDER.glob("*.yaml"))
each_lint = pytest.mark.parametrize("lint", every_lint(), ids=lambda lint: lint.code)


def findings(spec: dsl.Spec, variant: str | None = None) -> tuple[Problem, ...]:
    """What the lints say of a spec by itself, less what its comments allow."""
    return findings_of(lower(placed(spec), variant=variant))


def told(text: str, file: str, variant: str | None = None) -> str:
    """What a person reads of a spec's findings."""
    spec = dsl.loads(text, file, variant)
    return "".join(f"{found.render(text)}\n" for found in findings(spec))


@each_lint
def test_the_example_draws_it_and_the_mended_one_draws_nothing(lint: Lint, accept: bool) -> None:
    text = framed(lint.before)
    golden = FOLDER / f"{lint.code}.txt"
    said = told(text, f"{lint.name}.yaml")
    if accept:
        golden.write_text(said, encoding="utf-8")
    assert said == golden.read_text(encoding="utf-8")
    assert {found.code for found in findings(dsl.loads(text))} == {lint.code}
    assert told(framed(lint.after), "after.yaml") == ""


@each_lint
def test_what_it_offers_to_write_mends_its_example(lint: Lint) -> None:
    """What is no guess computes the same; all else is a guess, or for a person to decide."""
    text = framed(lint.before)
    offered = [found for found in findings(dsl.loads(text)) if found.fix]
    for found in offered:
        assert found.fix
        assert found.fix.text.strip(" ,-\n") in found.help, found
    sure, all_of_them = (mended(text, "net.yaml", examined, guesses=more) for more in (False, True))
    assert {each.code for each in all_of_them.done} == ({lint.code} if offered else set())
    assert bool(sure.done) == (mends(lint) == "--fix")
    if offered:
        assert told(all_of_them.text, "net.yaml") == ""


LEFT_OUT = {
    "head: [gap: globalpool, fc classes, probs: softmax]": "head: [gap: globalpool, fc classes]",
    "head: [relu, globalpool, fc classes]": "head: [globalpool, fc classes]",
    "head: [a: relu , globalpool, fc classes]": "head: [globalpool, fc classes]",
    "head:\n  - globalpool\n  - fc classes\n  - softmax": "head:\n  - globalpool\n  - fc classes",
    "head:\n  - gap: globalpool\n  - relu  # 1\n  - fc classes": (
        "head:\n  - gap: globalpool\n    # 1\n  - fc classes"
    ),
    "body: [{concat: [[relu, 1x1 8], 1x1 8]}]": "body: [{concat: [[1x1 8], 1x1 8]}]",
    "body: [1x1 8 pad=1 /2]": "body: [1x1 8 /2]",
    "body: [{concat: [b5x5: 3x3 8, b: [1x1 8]]}]": "body: [{concat: [b5x5: 5x5 8, b: [1x1 8]]}]",
}
PUT_BEFORE = {
    "do: [1x1 16, fc: fc classes]": "do: [1x1 16, adaptivepool avg 8x8, fc: fc classes]",
    "do:\n    - 1x1 16\n    - fc: fc classes": (
        "do:\n    - 1x1 16\n    - adaptivepool avg 8x8\n    - fc: fc classes"
    ),
}
KEPT = (
    "body: [{concat: [relu, 1x1 8]}]",
    "body: [{concat: [1x1 8, 3x3 8], then: relu}]",
    "head: [globalpool, fc classes,\n  'softmax']",
    "inception: {A: {params: [p], concat: [1x1 8 dil=p, 3x3 8]}}\nbody: [A p=1]",
    "body: [{concat: [b5x5: [3x3 8, 3x3 8 dil=3], 1x1 8]}]",
)
"""A branch, what isn't in a list, what is quoted, a parameter, and a name of two kernels."""


@pytest.mark.parametrize("text", LEFT_OUT)
def test_steps_and_words_that_are_left_out_go_with_their_signs(text: str) -> None:
    """Names, commas, dashes and the line itself, where nothing is left of it; no comment."""
    stem = "stem: [3x3 8]\n"
    found = mended(framed(stem + text), "net.yaml", examined, guesses=True)
    assert found.text == framed(stem + LEFT_OUT[text])


@pytest.mark.parametrize("text", PUT_BEFORE)
def test_a_step_more_stands_in_the_list_as_the_others_do(text: str) -> None:
    start = "stem: [a: 8x8 32 /8 valid, b: 3x3 32 /2]\naux:\n"
    start += "- aux1:\n    from: a\n    weight: 0.3\n    "
    found = mended(framed(start + text), "net.yaml", examined, guesses=True)
    assert found.text == framed(start + PUT_BEFORE[text])


@pytest.mark.parametrize("text", KEPT)
def test_what_can_not_simply_be_left_out_stays(text: str) -> None:
    whole = framed(f"stem: [3x3 8]\n{text}")
    assert mended(whole, "net.yaml", examined, guesses=True).text == whole


@each_lint
def test_a_lint_is_whole(lint: Lint) -> None:
    assert re.fullmatch(r"[WI]\d{3}", lint.code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", lint.name)
    for text in (lint.meaning, lint.why, lint.seen):
        assert text[0].isupper()
        assert text.endswith("."), text
        assert not JARGON.search(text)
    assert not lint.title.endswith(".")


def test_no_two_lints_share_a_code_or_a_name() -> None:
    lints = every_lint()
    assert len({lint.code for lint in lints}) == len({lint.name for lint in lints}) == len(lints)


def test_findings_have_places_and_words() -> None:
    for lint in every_lint():
        for found in findings(dsl.loads(framed(lint.before))):
            assert found.span.line, lint.code
            assert found.severity == SEVERITIES[lint.code[0]]
            assert not JARGON.search(f"{found.message} {found.hint} {found.help}"), found


@pytest.mark.parametrize("path", MORE, ids=lambda path: path.stem)
def test_more_specs_draw_what_their_first_line_says(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    expected = re.match(r"# expect:(.*)", text)
    assert expected, path
    assert sorted(found.code for found in findings(dsl.loads(text))) == expected[1].split()


def test_the_shelf(accept: bool) -> None:
    """Canonical networks are clean, and each port has the findings that it earned."""
    said = "".join(map(_of_the_shelf, shelf.names()))
    golden = FOLDER / "shelf.txt"
    if accept:
        golden.write_text(said, encoding="utf-8")
    assert said == golden.read_text(encoding="utf-8")


def _of_the_shelf(name: str) -> str:
    """Findings of a spec, and what each variant has besides."""
    spec = dsl.load(name)
    own = _lines(spec)
    variants = {key: _lines(dsl.choose(spec, key), key) for key in spec.variants}
    said = [f"{name}\n", *own]
    for key, lines in variants.items():
        said += [f"{name} --variant {key}\n", *(line for line in lines if line not in own)]
    return "".join(said)


def _lines(spec: dsl.Spec, variant: str | None = None) -> list[str]:
    return [
        f"  {Path(found.span.file).name}:{found.span.line}:{found.span.column}: "
        f"{found.code} {found.message}\n"
        for found in findings(spec, variant)
    ]
