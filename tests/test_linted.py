"""The table of public networks: what it counts, and that the docs have a place for it."""

from __future__ import annotations

from collections import Counter

import dsl
from benchmarks.linted.judging import Judged, judgements
from benchmarks.linted.looking import MODELS, Looked, looked_at, ports
from benchmarks.linted.speed import SHARED, times
from benchmarks.linted.table import DOCS, MARKS, replaced, table
from compiler.lints import every_lint

KNOWN = {
    "port": {"W104": Judged("earned", "it fails"), "W130": Judged("false", "it has none")},
    "timm:a": {"I114": Judged("known", "it was made so")},
}
FOUND = (
    Looked("timm:b", Counter(), ""),
    Looked("timm:a", Counter(I114=1, W112=1), ""),
    Looked("port", Counter(W104=1, W130=3), ""),
)


def test_the_table_counts_each_finding_once() -> None:
    count, _, _, _, *rows = table(FOUND, KNOWN)
    assert count.startswith("1 ports and 2 models of torchvision ")
    assert "6 findings, of which 1 faults or waste, 1 as published" in count
    assert "3 false alarms, 1 not judged yet" in count
    assert rows[:2] == [
        "| port | W104 | earned: it fails |",
        "| port | W130, 3 times | false: it has none |",
    ]
    assert "| timm:a | W112 | not judged yet |" in rows
    assert rows[-1] == "Clean are 1: timm:b."


def test_the_docs_have_a_place_for_it_and_keep_what_is_around() -> None:
    docs = DOCS.read_text(encoding="utf-8")
    assert all(docs.count(mark) == 1 for mark in MARKS)
    other = replaced(docs, ["a line"])
    assert other.partition(MARKS[0])[0] == docs.partition(MARKS[0])[0]
    assert other.partition(MARKS[1])[2] == docs.partition(MARKS[1])[2]


def test_every_judgement_is_of_a_network_that_is_looked_at() -> None:
    assert set(judgements()) <= {*ports(), *MODELS}


def test_a_port_is_looked_at_by_its_name() -> None:
    found = looked_at("googlenet_kuangliu")
    assert found.codes["W130"] == 1
    assert "7,904 parameters" in found.told


def test_each_lint_is_timed() -> None:
    spec = dsl.loads("name: a\ninput: [3, 32, 32]\nclasses: 2\nstem: [3x3 8]\n")
    taken = times(spec, rounds=2)
    assert set(taken) == {SHARED, *(lint.code for lint in every_lint())}
    assert all(ms >= 0 for ms in taken.values())
