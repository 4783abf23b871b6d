"""Wrong specs and the very words of their errors: `tests/bad/NAME.yaml` and `NAME.txt`.

A first line `# variant: NAME` asks for that variant. `--accept` rewrites the texts. Lists of what
the language has stand there by name: a word more in the language is not a word more in each text.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dsl
from compiler.lowering.lower import lower
from dsl.models.layers import ACTIVATION_WORDS, LAYERS

FOLDER = Path(__file__).parent / "bad"
SPECS = sorted(FOLDER.glob("*.yaml"))
JARGON = re.compile(
    r"pydantic|ValueError|KeyError|Input should|validation|tuple|dict\b|\bint\b|\bstr\b|None|"
    r"scanner|parser|\bnode\b|Traceback|\[key\]|__|Literal|BeforeValidator"
)


LISTS = {", ".join(ACTIVATION_WORDS): "<activations>", ", ".join(LAYERS): "<layers>"}


def told(error: dsl.SpecError) -> str:
    """What a golden text holds: the error, with the name of each list in the list's place."""
    said = f"{error}\n"
    for listed, name in LISTS.items():
        said = said.replace(listed, name)
    return said


def complaint(path: Path) -> dsl.SpecError:
    """What loading and lowering a wrong spec raises."""
    text = path.read_text(encoding="utf-8")
    asked = re.match(r"# variant: (\w+)", text)
    with pytest.raises(dsl.SpecError) as caught:
        lower(dsl.loads(text, path.name, asked[1] if asked else None))
    return caught.value


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_words_of_every_error(path: Path, accept: bool) -> None:
    said = told(complaint(path))
    golden = path.with_suffix(".txt")
    if accept:
        golden.write_text(said, encoding="utf-8")
    assert said == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_errors_are_sorted_placed_and_free_of_jargon(path: Path) -> None:
    error = complaint(path)
    lines = path.read_text(encoding="utf-8").split("\n")
    places = [(problem.span.line, problem.span.column) for problem in error.problems]
    assert places == sorted(places)
    for problem in error.problems:
        span = problem.span
        assert 1 <= span.column <= len(lines[span.line - 1]) + 1, problem
        assert not JARGON.search(f"{problem.message} {problem.hint} {problem.help}"), problem
    count = len(error.problems)
    assert str(error).endswith(f"{count} problem{'s' if count > 1 else ''} found")


@pytest.mark.parametrize("listed", LISTS)
def test_lists_are_told_whole(listed: str) -> None:
    """Of each list that goldens name, some error shows every word."""
    assert any(listed in str(complaint(path)) for path in SPECS)


def test_each_wrong_spec_has_its_text_and_no_text_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in SPECS}


def test_no_error_is_raised_twice_for_one_fault() -> None:
    """Two messages of one code at one place would say the same thing twice."""
    for path in SPECS:
        problems = complaint(path).problems
        spots = [(p.code, p.span, p.notes) for p in problems if p.code != "E011"]
        assert len(set(spots)) == len(spots), path.name
