"""A few of the mutants that `make fuzz` makes by the thousand; the same each time."""

from __future__ import annotations

import sys
from random import Random

import pytest

from dsl.text.problems import SpecError
from tests.fuzzing import texts, worker
from tests.fuzzing.__main__ import KINDS, fuzz, mutant
from tests.fuzzing.bounded import Bounded
from tests.fuzzing.locality import lines_of, place_of
from tests.fuzzing.reducing import reduced
from tests.fuzzing.seeds import Seed
from tests.fuzzing.texts import CUTTERS, Edit, Mutant

SEED = Seed("three", "a: 1\nb: 2\nc: 3\n")


def edited(start: int, end: int, text: str) -> Mutant:
    edit = Edit(start, end, text)
    return Mutant(SEED, "by hand", edit.made(SEED.text), edit)


@pytest.mark.parametrize(("kind", "count"), [("texts", 80), ("trees", 40)])
def test_mutants_are_answered(kind: str, count: int) -> None:
    with Bounded() as asked:
        found = fuzz(kind, 0, range(count), asked)
    assert found.failures == []
    assert found.refused + found.taken == count
    assert found.refused > count / 3
    assert found.taken > count / 20


def test_a_mutant_is_the_same_each_time() -> None:
    for kind in KINDS:
        assert mutant(kind, 7, 3) == mutant(kind, 7, 3)
        assert mutant(kind, 7, 3) != mutant(kind, 8, 3)


@pytest.mark.parametrize("cutter", CUTTERS, ids=lambda cutter: cutter.__name__)
def test_an_edit_stays_inside_its_text(cutter: texts.Cutter) -> None:
    for number in range(50):
        edit = cutter(Random(number), SEED.text)  # noqa: S311  # nothing secret
        assert 0 <= edit.start <= edit.end <= len(SEED.text) + 1


def test_a_traceback_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise KeyError("x")

    data = b"name: n\ninput: [3, 8, 8]\nclasses: 2\nstem: [3x3 8]\n"
    assert set(worker.answer(data)) == {"took"}
    monkeypatch.setattr(worker, "prepare", broken)
    assert worker.answer(data)["failed"].startswith("lowered: KeyError at test_fuzzing.py:")
    monkeypatch.undo()
    monkeypatch.setattr(worker, "STAGES", (refuse,))
    assert worker.answer(data)["failed"].startswith("refuse: SpecError")


def refuse(*args: object) -> None:
    """What could be lowered is no longer refused."""
    raise SpecError([])


@pytest.mark.parametrize(
    ("code", "failed"),
    [
        ("import os; os.abort()", "died with -6"),
        ("import time; input(); time.sleep(60)", "hangs"),
        ("""input(); print('{"took": {"lowered": 1.5}}', flush=True)""", "lowered: slow"),
    ],
)
def test_what_is_no_answer_is_a_failure(
    code: str, failed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fuzzing.bounded.PATIENCE", 1 if failed == "hangs" else 60)
    with Bounded((sys.executable, "-c", code)) as asked:
        assert asked.ask(b"x")["failed"] == failed


def test_a_failure_is_made_smaller() -> None:
    text = "".join(f"line {number}\n" for number in range(40))
    small = reduced(text, lambda text: "line 17" in text and "3" in text)
    assert sorted(small) == sorted("line 17" + "3")


@pytest.mark.parametrize(
    ("mutant", "lines"),
    [
        (edited(3, 4, "x"), [1]),
        (edited(8, 8, "\n"), [2, 3]),
        (edited(5, 10, ""), [1, 2]),
        (edited(5, 5, "d: 4\n"), [2]),
        (edited(5, 15, "c: 3\nb: 2\n"), [2, 3]),
    ],
)
def test_where_an_edit_is(mutant: Mutant, lines: list[int]) -> None:
    assert [*lines_of(mutant)] == lines


def test_where_an_error_is_told() -> None:
    at = edited(8, 9, "x")

    def told(*places: tuple[int, list[int]]) -> str | None:
        return place_of(at, {"refused": [{"line": line, "notes": n} for line, n in places]})

    assert told((2, [])) == "there"
    assert told((1, [2]), (2, [])) == "noted"
    assert told((1, []), (2, [])) == "later"
    assert told((3, [1])) == "elsewhere"
    assert place_of(at, {}) is None
