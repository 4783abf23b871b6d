"""What is found of a network while its variants or promises are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.checking.examining import Examined, examined
from compiler.editor.reading import read
from compiler.lowering.prepare import Piped
from dsl.reading.kinds import top_of

SPEC = """\
name: net
input: [3, 32, 32]
classes: 10
stem: [conv: 3x3 16 bias]
head: [globalpool avg, fc classes]
expect: {params: 3}
variants:
  small:
    set: {stem.conv: 3x3 8}
"""
"""A dead bias and a broken promise, and a variant that is right."""


def codes(text: str) -> list[str]:
    return [problem.code for problem in looked(text).problems]


def looked(text: str) -> Examined:
    return examined(Piped(text, "net.yaml"))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("stem.conv", "stem.cnov", {"E026", "W130", "E130"}),
        ("set: {stem.conv: 3x3 8}", "width: many", {"E013", "W130", "E130"}),
        ("params: 3", "out.cnov: [16, 32, 32]", {"E029", "W130"}),
        ("params: 3", "parms: 3", {"E010", "W130"}),
    ],
)
def test_what_is_wrong_beside_the_network_hides_none_of_its_findings(
    old: str, new: str, told: set[str]
) -> None:
    text = SPEC.replace(old, new)
    found = looked(text)
    assert {problem.code for problem in found.problems} == told
    assert found.prepared is None
    places = {problem.code: problem.span.line for problem in found.problems}
    assert places["W130"] == 4
    assert {problem.code for problem in read(text, "net.yaml").problems} == told


@pytest.mark.parametrize(
    ("old", "new"), [("3x3 16 bias", "3x3 16 bais"), ("classes: 10", "classes: [10]")]
)
def test_what_is_wrong_in_the_network_is_told_alone(old: str, new: str) -> None:
    wrong = SPEC.replace(old, new)
    assert set(codes(wrong)) == set(codes(wrong.replace("stem.conv", "stem.cnov"))) - {"E026"}
    assert not any(code.startswith("W") for code in codes(wrong))


def test_allowances_hold_and_none_is_called_unused() -> None:
    wrong = SPEC.replace("stem.conv", "stem.cnov").replace("expect: {params: 3}\n", "")
    assert set(codes(wrong)) == {"E026", "W130"}
    allowed = wrong.replace("stem: [", "# lint: allow W130 as published\nstem: [")
    assert codes(allowed) == ["E026"]
    assert codes(allowed.replace(" bias", "")) == ["E026"]


@pytest.mark.parametrize("text", ["{name: net, expect: {parms: 3}}", "expect: {\n", "", "\0"])
def test_no_text_is_too_odd(text: str) -> None:
    assert looked(text).problems


def test_of_a_file_that_extends_another_its_own_variants_are_spared(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(SPEC.partition("expect")[0], encoding="utf-8")
    heir = tmp_path / "heir.yaml"
    heir.write_text(
        "name: heir\nextends: base.yaml\nset: {stem.conv: 3x3 8 bias}\n"
        "variants: {odd: {set: {stem.cnov: 3x3 8}}}\n",
        encoding="utf-8",
    )
    assert {problem.code for problem in examined(heir).problems} == {"E026", "W130"}


def test_what_a_file_is_can_be_asked_of_any_text() -> None:
    """By its keys, whatever ends its lines and whatever can't be seen in it."""
    text = "\ufeffname: x\r\nextends: base\r\nbody: [3x3 8]\r\n"
    assert top_of(text) == ({"name", "extends", "body"}, "base")
    for odd in ("\0", "\ud800", "\ufffe", "\x07"):
        assert top_of(f"{text}title: {odd}\n")[0] == {"name", "extends", "body", "title"}
