"""What is written differently and computes the same is no difference; what looks alike may be."""

from __future__ import annotations

import json

import pytest
import torch

import dsl
from compiler.diff import Diff, diff
from compiler.diff.canonical import form
from compiler.ir.join import Join
from compiler.lowering.lower import lower
from compiler.nn.module import build
from compiler.ops.join import JOINS

SPEC = """
name: net
input: [3, 24, 24]
classes: 5
stem: [3x3 16]
inception:
  A: {{params: [n], concat: [1x1 n, [1x1 8, 1x7 n], [1x7 8]]}}
  Sum: {{add: [identity, [1x1 8, 3x3 16 linear]]}}
  Flipped: {{add: [[1x1 8, 3x3 16 linear], identity]}}
  Res: {{concat: [[1x1 8, 3x3 16 linear]], residual: {{act: none}}}}
  ResAct: {{concat: [[1x1 8, 3x3 16 linear]], residual: {{}}}}
  Half: {{concat: [[1x1 8, 3x3 16 linear]], residual: {{scale: 0.5, act: none}}}}
  Wide: {{concat: [1x1 8, {{concat: [3x3 8, 5x5 8]}}]}}
  Flat: {{concat: [1x1 8, 3x3 8, 5x5 8]}}
  Turned: {{concat: [3x3 8, 1x1 8, 5x5 8]}}
  AddL: {{add: [1x1 8, {{add: [3x3 8, 5x5 8]}}]}}
  AddF: {{add: [1x1 8, 3x3 8, 5x5 8]}}
body: {body}
head: [globalpool avg, fc classes]
"""


def compared(one: str, other: str) -> Diff:
    first, second = (lower(dsl.loads(SPEC.format(body=body))) for body in (one, other))
    return diff(first, second)


SAME = {
    "a repeat and its steps": ("[m: 3x3 16 x3]", "[3x3 16, 3x3 16, 3x3 16]"),
    "a repeat of blocks": ("[m: A n=8 x2]", "[p: A n=8, q: A n=8]"),
    "one repeat cut in two": ("[m: A n=8 x5]", "[p: A n=8 x2, q: A n=8 x3]"),
    "a repeat in a line": (
        "[a: Flat, m: 3x3 24 x2, b: Flat]", "[Flat, 3x3 24, 3x3 24, Flat]"),
    "add with identity and a residual": ("[Sum]", "[Res]"),
    "either side of a sum": ("[Sum]", "[Flipped]"),
    "an activation behind the sum": ("[Sum, relu]", "[ResAct]"),
    "a list in a list": (
        "[{concat: [[1x1 8, [3x3 8]], 1x1 4]}]", "[{concat: [[1x1 8, 3x3 8], 1x1 4]}]"),
    "a join of one branch": ("[{concat: [[1x1 8, 3x3 8]]}]", "[1x1 8, 3x3 8]"),
    "a concat in a concat": ("[Wide]", "[Flat]"),
    "a step that does nothing": ("[3x3 8, identity, 3x3 8]", "[3x3 8, 3x3 8]"),
}  # fmt: skip


@pytest.mark.parametrize("what", SAME)
def test_what_is_written_differently_is_equal_in_structure_and_named(what: str) -> None:
    for pair in (SAME[what], SAME[what][::-1]):
        found = compared(*pair)
        assert found.changes == (), found.as_text()
        assert found.rewritten, found.as_text()
        text = found.as_text()
        assert "no difference in structure\n  = " in text
        assert json.loads(found.as_json())["rewritten"][0]["kind"] == "rewritten"


@pytest.mark.parametrize("what", SAME)
def test_it_really_computes_the_same(what: str) -> None:
    """The comparison's own opinion is held against what torch computes with equal weights."""
    first, second = (build(lower(dsl.loads(SPEC.format(body=body)))).eval() for body in SAME[what])
    torch.manual_seed(0)
    state = [torch.randn_like(p) / 4 for p in first.parameters()]
    for model in (first, second):
        with torch.no_grad():
            for parameter, value in zip(model.parameters(), state, strict=True):
                parameter.copy_(value)
    x = torch.randn(2, 3, 24, 24)
    assert torch.equal(first(x), second(x))


ALIKE = {
    "a scaled residual": ("[Sum]", "[Half]"),
    "an activation behind one sum": ("[Res]", "[ResAct]"),
    "branches in another order": ("[Flat]", "[Turned]"),
    "sums of three, rounded in another order": ("[AddL]", "[AddF]"),
    "one step more": ("[m: 3x3 16 x3]", "[3x3 16, 3x3 16]"),
    "an order of two steps": ("[3x3 16, 1x1 16]", "[1x1 16, 3x3 16]"),
    "a repeat of something else": ("[m: A n=8 x2]", "[p: A n=8, q: A n=16]"),
}


@pytest.mark.parametrize("what", ALIKE)
def test_what_only_looks_alike_is_told_apart(what: str) -> None:
    for pair in (ALIKE[what], ALIKE[what][::-1]):
        assert compared(*pair).changes, what


def test_every_use_of_a_block_that_changed_is_named() -> None:
    found = compared("[m: A n=8 x7, last: A n=8]", "[m: A n=16 x7, last: A n=16]")
    paths = {change["path"] for change in json.loads(found.as_json())["changes"]}
    assert {f"m.{n}.branch1" for n in range(7)} | {"last.branch1"} <= paths
    assert "(m.0 to last, 8 steps)" in found.as_text()


def test_steps_beside_a_repeat_are_counted_and_not_guessed() -> None:
    found = compared("[m: 3x3 16 x4]", "[3x3 16, 3x3 16]")
    assert [change.kind for change in found.changes] == ["removed", "removed"]
    assert all(change.place.one.startswith("m.") for change in found.changes)


KERNELS = {
    "alone in a list": ("{concat: [1x1 8, [1x7 8]]}", "{concat: [1x1 8, [1x5 8]]}"),
    "behind a 1x1": ("{concat: [1x1 8, [1x1 4, 1x7 8]]}", "{concat: [1x1 8, [1x1 4, 1x5 8]]}"),
    "one of a pair": ("{concat: [[1x7 8, 7x1 8], 1x1 8]}", "{concat: [[1x5 8, 7x1 8], 1x1 8]}"),
    "no list": ("{concat: [1x1 8, 1x7 8]}", "{concat: [1x1 8, 1x5 8]}"),
}  # fmt: skip


@pytest.mark.parametrize("what", KERNELS)
def test_a_kernel_that_changed_in_one_branch_is_one_change(what: str) -> None:
    one, other = KERNELS[what]
    (change,) = compared(f"[m: {one}]", f"[m: {other}]").changes
    assert (change.what, change.old, change.new) == ("kernel", "1x7", "1x5")


@pytest.mark.parametrize(("word", "join"), JOINS.items())
def test_two_branches_change_places_only_where_their_join_lets_them(word: str, join: Join) -> None:
    def made(*steps: str) -> object:
        body = f"[{{{word}: [{', '.join(steps)}]}}]"
        spec = f"{{name: a, input: [3, 8, 8], classes: 2, body: {body}, head: [flatten]}}"
        return form(lower(dsl.loads(spec)).nodes)

    assert (made("1x1 4", "3x3 4") == made("3x3 4", "1x1 4")) == join.commutes
    nested = made("1x1 4", f"{{{word}: [3x3 4, 5x5 4]}}")
    assert (nested == made("1x1 4", "3x3 4", "5x5 4")) == join.nests
