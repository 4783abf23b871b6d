"""Python in the browser says what the command line says, byte for byte: all there is to ask."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from compiler.checking.explaining import every_code
from compiler.findings.frame import framed
from compiler.lints import every_lint
from dsl.models import shelf
from playground.answering import answer
from tests.browsing import browser
from tests.commanding import (
    Given,
    commanded,
    commands,
    complained,
    complaints,
    questions,
    refusals,
    texts,
)
from tests.playing import LONG, SITE, unmade, until
from tests.serving import served
from tests.test_bad import SPECS as BAD

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = [
    pytest.mark.skipif(bool(unmade()), reason=unmade() or "a page and a browser are here"),
    pytest.mark.xdist_group("playground-answers"),
]
ASK = """
const [questions] = arguments;
const script = new URL('worker.js', document.querySelector('script[src]').src).href;
const source = new Blob([`import ${JSON.stringify(script)};`], { type: 'text/javascript' });
const worker = new Worker(URL.createObjectURL(source), { type: 'module' });
window.answers = [];
worker.onmessage = ({ data }) => {
  const fault = data.why ?? data.fault;
  if (fault) answers.push(JSON.stringify({ fault }));
  else if (data.id !== undefined) answers.push(data.answer);
};
questions.forEach((question, id) => worker.postMessage({ id, question }));
"""
"""Starts asking, and lets the command line work meanwhile."""


class Case(NamedTuple):
    """What is asked, what the command line says, and what of the answers is compared with it."""

    name: str
    asked: list[Given]
    wanted: Callable[[], list[str]]
    read: Callable[[list[Given]], list[str]]


def _cases() -> Iterator[Case]:
    for name in shelf.names():
        file = _file(name, shelf.find(name).read_text(encoding="utf-8"))
        asked = questions(_text(file), file, "googlenet")
        yield Case(name, asked, partial(commands, file, "googlenet"), texts)
    for path in BAD:
        file = _file(path.stem, path.read_text(encoding="utf-8"))
        yield Case(path.stem, complaints(_text(file), file), partial(complained, file), refusals)
    for lint in every_lint():
        file = _file(lint.name, framed(lint.before))
        fix = _only_fix(file)
        asked = complaints(_text(file), file, fix)
        yield Case(lint.code, asked, partial(complained, file, fix), refusals)
    for code in every_code():
        asked = [{"ask": "explain", "code": code}]
        yield Case(code, asked, partial(_explained_by_command, code), _explained)


def _explained_by_command(code: str) -> list[str]:
    return [commanded("explain", code)[0].rstrip("\n")]


def _file(name: str, text: str) -> str:
    Path(f"{name}.yaml").write_text(text, encoding="utf-8")
    return f"{name}.yaml"


def _text(file: str) -> str:
    return Path(file).read_text(encoding="utf-8")


def _only_fix(file: str) -> int | None:
    """The place of the one problem that could be mended; the command mends all that it can."""
    found = json.loads(answer(json.dumps({"ask": "check", "text": _text(file), "file": file})))
    problems = json.loads(found["json"])["problems"]
    fixes = [place for place, each in enumerate(problems) if each["fix"]]
    return fixes[0] if len(fixes) == 1 else None


def _explained(answers: list[Given]) -> list[str]:
    return [each["text"].rstrip("\n") for each in answers]


@pytest.fixture
def chromium() -> Iterator[Chrome]:
    with browser() as driver:
        yield driver


def test_python_in_the_browser_says_what_the_command_line_says(
    chromium: Chrome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every spec of the shelf, every wrong one of the tests, every lint and its fix, every code."""
    monkeypatch.chdir(tmp_path)
    cases = [*_cases()]
    assert len([case for case in cases if len(case.asked) == 4]) > 20  # Lints with a fix.
    asked = [each for case in cases for each in case.asked]
    with served(SITE) as root:
        chromium.get(f"{root}playground/made-of.txt")
        chromium.get(f"{root}playground/#googlenet")
        until(chromium, "document.documentElement.dataset.python === 'ready'")
        chromium.execute_script(ASK, asked)
        wanted = [case.wanted() for case in cases]
        until(chromium, f"answers.length >= {len(asked)}", within=4 * LONG)
        answers = [json.loads(each) for each in chromium.execute_script("return answers")]
    assert [each for each in answers if "fault" in each] == []
    for case, said in zip(cases, wanted, strict=True):
        assert case.read(answers[: len(case.asked)]) == said, case.name
        del answers[: len(case.asked)]
