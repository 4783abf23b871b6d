"""Faults of the compiler that are planted: each can be, and those tried here are found.

`make defects` plants them all.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.defects.planted import DEFECTS, Defect
from tests.defects.planting import ROOT, copied, planted, tried


def test_faults_are_forty_or_more_and_go_by_their_names() -> None:
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS) >= 40


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_fault_still_has_its_place(defect: Defect) -> None:
    text = (ROOT / defect.file).read_text("utf-8")
    assert ast.dump(ast.parse(planted(defect, text))) != ast.dump(ast.parse(text))


NOTHING = Defect(
    "nothing", "compiler/ops/unlearned.py", '"""Norms without', '"""The norms without',
    "tests/test_ops.py -k local_response",
)  # fmt: skip
BY_TESTS = next(defect for defect in DEFECTS if defect.name.startswith("the constant of a"))


def test_a_fault_is_found_and_what_is_none_is_not(tmp_path: Path) -> None:
    copied(tmp_path)
    assert not tried(NOTHING, tmp_path, job=False).by_tests
    verdict = tried(BY_TESTS, tmp_path)
    assert verdict.by_tests
    assert verdict.by_job
    assert "reading" in verdict.said
    file = (tmp_path / BY_TESTS.file).read_text("utf-8")
    assert file == (ROOT / BY_TESTS.file).read_text("utf-8")
