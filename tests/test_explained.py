"""What `explain` says of errors: an example draws its error and no other, mended it draws none."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

import dsl
from compiler.checking import explaining
from compiler.checking.examining import examined
from compiler.cli import run
from compiler.findings.frame import framed
from compiler.ir.op import ShapeFault
from dsl.codes.errors import ERRORS
from tests.test_bad import JARGON

EXAMPLES = [
    pytest.param(code, text, {code} if text == what.before else set(), id=f"{code}-{when}")
    for code, what in ERRORS.items()
    for when, text in (("before", what.before), ("after", what.after))
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, for what reads or writes where it stands."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def of_spec(text: str) -> set[str]:
    """All that is told of an example of a spec, findings included."""
    path = Path("example.yaml")
    path.write_text(text if "extends:" in text else framed(text), encoding="utf-8")
    return {problem.code for problem in examined(path).problems}


def of_command(text: str, capsys: pytest.CaptureFixture[str]) -> set[str]:
    """The errors that a command ends in."""
    program, *words = text.split()
    assert program == "inception-compile"
    code = run(words)
    found = set(re.findall(r"error\[(E\d+)\]", "".join(capsys.readouterr())))
    assert (code == 0) is not bool(found)
    return found


def of_python(text: str, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The codes of what Python code raises; of inputs that a module refuses, that of the fault."""
    raised: list[str] = []
    begin = ShapeFault.__init__

    def noted(self: ShapeFault, code: str, message: str, help: str = "") -> None:
        raised.append(code)
        begin(self, code, message, help)

    with monkeypatch.context() as patched:
        patched.setattr(ShapeFault, "__init__", noted)
        try:
            exec(compile(text, "example", "exec"), {"__name__": "example"})
        except dsl.SpecError as error:
            return {problem.code for problem in error.problems}
        except ValueError:
            return set(raised[-1:])
    return set()


@pytest.mark.parametrize(("code", "text", "wanted"), EXAMPLES)
def test_an_example_draws_its_error_and_mended_none(
    code: str,
    text: str,
    wanted: set[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    match ERRORS[code].form:
        case "spec":
            found = of_spec(text)
        case "command":
            found = of_command(text, capsys)
        case "python":
            found = of_python(text, monkeypatch)
    assert found == wanted


@pytest.mark.parametrize("code", ERRORS)
def test_an_error_is_explained_whole(code: str) -> None:
    what = ERRORS[code]
    assert what.before != what.after
    assert re.match(r"[A-Z`].*\.$", what.meaning, re.DOTALL)
    assert not what.means.endswith(".")
    assert not JARGON.search(f"{what.means} {what.meaning}")
    said = explaining.explanation(code)
    assert "](" not in said
    for line in (what.before + "\n" + what.after).splitlines():
        assert line in said
    for target in re.findall(r"\]\(([\w.]+)", what.meaning):
        assert (Path(__file__).parent.parent / "docs" / target).is_file()


def test_examples() -> None:
    found = doctest.testmod(explaining)
    assert found.attempted
    assert not found.failed
