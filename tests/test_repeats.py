"""`repeat=n`: a block's parameter says how often a step repeats."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

import dsl
from compiler.cost import cost
from compiler.diff import compare
from compiler.lowering.lower import lower
from compiler.lowering.size import MOST_LAYERS
from compiler.nn.module import compile_spec
from compiler.oracle.check import cross_check
from compiler.oracle.proof import prove
from compiler.source import emit
from dsl.models.changes import Depth, Width
from dsl.models.layers import Call, Conv
from dsl.models.ramp import Ramp
from tests.test_parameters import spec

BLOCKS = """inception:
  S: {params: [w, n], do: [1x1 w, 3x3 w repeat=n]}
  P: {params: {w: 8, n: 2}, concat: [1x1 w, [1x1 w, S w=w n=n, maxpool 3x3 repeat=n]]}
  U: {params: [p], do: [3x3 in linear, droppath p], residual: {}}
  Q: {params: {d: 3, p: 0.1}, do: [U p=0..0.2 repeat=d, dropout p]}
"""
CALLS = "body: [a: P, b: P n=3, c: Q d=1, d: Q d=2, e: P n=1, f: Q]\n"


def test_it_is_written_as_it_was_read() -> None:
    assert dsl.step("3x3 8 repeat=n") == Conv(kernel=(3, 3), width=8, repeat="n")
    call = dsl.step("B p=0..0.1 repeat=depth")
    assert call == Call(block="B", args={"p": Ramp(0, 0.1)}, repeat="depth")
    assert dsl.step("3x3 8 repeat=2") == dsl.step("3x3 8 x2")
    assert dsl.step("B repeat=2") == Call(block="B", repeat=2)
    made = spec(BLOCKS + CALLS)
    assert dsl.loads(dsl.dump(made)) == made
    for text in ("3x3 w repeat=n", "U p=0..0.2 repeat=d"):
        assert text in dsl.dump(made)


def test_it_is_what_is_written_out() -> None:
    by_name = lower(spec(BLOCKS + CALLS))
    assert (cross_check(by_name) + prove(by_name, emit(by_name))).ok
    for place, name, times in (("a", "P", 2), ("b", "P", 3), ("e", "P", 1)):
        out = f"{{concat: [1x1 8, [1x1 8, [1x1 8, 3x3 8 x{times}], maxpool 3x3 x{times}]]}}"
        alone = spec(f"{BLOCKS}body: [{place}: {name} n={times}]\n")
        assert cost(lower(alone)).total == cost(lower(spec(f"body: [{place}: {out}]\n"))).total
    keys = compile_spec(spec(BLOCKS + CALLS)).state_dict().keys()
    assert "b.branch2.1.conv2.2.conv.weight" in keys
    assert "e.branch2.1.conv2.conv.weight" in keys  # One alone has no number.
    assert {"c.block.conv.weight", "d.block.1.conv.weight", "f.block.2.conv.weight"} <= keys


def test_a_number_changes_over_as_many() -> None:
    written = CALLS.replace("c: Q d=1", "c: [U p=0, dropout 0.1]")
    written = written.replace("d: Q d=2", "d: [U p=0..0.2 x2, dropout 0.1]")
    written = written.replace("f: Q", "f: [U p=0, U p=0.1, U p=0.2, dropout 0.1]")
    rates = [
        sorted(re.findall(r"p=(0\.\d+)", emit(lower(spec(BLOCKS + calls)))))
        for calls in (CALLS, written.replace("Q: ", ""))
    ]
    assert set(rates[0]) == set(rates[1]) == {"0.0", "0.1", "0.2"}


def test_classes_may_say_it_and_another_number_of_them_is_asked_for() -> None:
    made = spec("body: [3x3 8 repeat=classes]\n")
    assert len(lower(made).nodes[0].nodes) == 4  # type: ignore[union-attr]  # a series
    fewer = dsl.change(made, {"classes": 2})
    assert len(lower(fewer).nodes[0].nodes) == 2  # type: ignore[union-attr]  # a series


def test_depth_scales_the_parameters_that_say_it() -> None:
    base = spec(BLOCKS + CALLS)
    deep = dsl.change(base, dsl.Changes(depth=Depth(by=2)))
    assert [block.params for block in deep.inception.values()] == [
        {"w": None, "n": None},
        {"w": 8, "n": 4},
        {"p": None},
        {"d": 6, "p": 0.1},
    ]
    args = [step.args for step in deep.body]  # type: ignore[attr-defined]  # calls
    assert args == [{}, {"n": 6}, {"d": 1}, {"d": 4}, {"n": 1}, {}]
    wide = dsl.change(base, dsl.Changes(width=Width(by=2)))
    assert wide.inception["P"].params == {"w": 16, "n": 2}
    inside = dsl.change(base, {"inception.P.branch2.2.repeat": 5})
    assert "maxpool 3x3 x5" in dsl.dump(inside)


@pytest.mark.parametrize(
    ("block", "change", "said"),
    [
        (
            "do: [3x3 n repeat=n]",
            {"depth": Depth(by=2)},
            "can't scale the repeats: n of block A also sets width",
        ),
        (
            "do: [3x3 n repeat=n]",
            {"width": Width(by=2)},
            "can't scale the widths: n of block A also sets repeat",
        ),
        (
            "do: [3x3 8 repeat=n, {split: [n, rest], concat: [identity, 3x3 4]}]",
            {"depth": Depth(by=2)},
            "can't scale the repeats: n of block A also sets split",
        ),
    ],
)
def test_a_parameter_of_two_roles_isnt_scaled(
    block: str, change: dict[str, object], said: str
) -> None:
    base = spec(f"inception: {{A: {{params: [n], {block}}}}}\nbody: [A n=2]\n")
    lower(base)
    with pytest.raises(dsl.SpecError, match=said):
        dsl.change(base, dsl.Changes.model_validate(change))


def test_a_difference_is_told() -> None:
    one, other = (lower(spec(f"{BLOCKS}body: [a: P n={n}]\n")) for n in (2, 4))
    told = [str(change) for change in compare(one, other)]
    assert len(told) == 2 and all("repeat" in text for text in told)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("[3x3 8 repeat=m]", "m is not a number, nor the name of a parameter here"),
        ("[3x3 8 repeat=relu]", "relu is not a number, nor the name of a parameter here"),
        ("[S w=8 n=2 repeat=relu]", "relu is not a number, nor the name of a parameter here"),
        ("[3x3 8 repeat=in]", "can't follow from a width that comes in, and in does here"),
        ("[S w=8 n=in/2]", "can't follow from a width that comes in, and n does here"),
        ("[{concat: [S w=8 n=relu]}]", "a whole number from 1 to 100,000, but n is relu here"),
        ("[S w=8 n=0]", "a whole number from 1 to 100,000, but n is 0 here"),
        ("[S w=8 n=1.5]", "a whole number from 1 to 100,000, but n is 1.5 here"),
        ("[3x3 8 repeat=2.5]", "a whole number from 1 to 100,000 or a parameter's name"),
        ("[3x3 8 repeat=n*2]", "a number or a name alone, without a factor"),
        ("[3x3 8 x2 repeat=2]", "repeat is given twice"),
        ("[3x3 8 xn]", "did you mean repeat=n"),
        ("[S xn]", "did you mean repeat=n"),
        ("[3x3 8, fc 3 repeat=classes]", "put flatten before it"),
        ("[T n=5000]", "resolves to 5,[0-9]{3} layers"),
        ("[S w=8 n=1..4001 x3]", r"resolves to 6,0[0-9]{2} layers"),
    ],
)
def test_what_is_no_repeat(body: str, said: str) -> None:
    more = "  T: {params: [n], do: [S w=4 n=n]}\n"
    with pytest.raises(dsl.SpecError, match=said):
        lower(spec(f"{BLOCKS}{more}body: {body}\n"))


def chain(call: Callable[[int], str], depth: int = 14) -> str:
    """Blocks that call each other, each with other numbers."""
    blocks = (f"  B{n}: {{params: [n], do: [{call(n + 1)}]}}\n" for n in range(depth))
    last = f"  B{depth}: {{params: [n], do: [1x1 4 repeat=n]}}\n"
    return f"inception:\n{''.join(blocks)}{last}body: [B0 n=1]\n"


def test_layers_are_counted_in_a_moment_however_many_numbers_there_are() -> None:
    many = chain(lambda n: ", ".join(f"B{n} n=n*{factor}" for factor in (2, 3, 5, 7, 11, 13, 17)))
    with pytest.raises(dsl.SpecError, match=r"resolves to at least [0-9,.e+]+ layers"):
        lower(spec(many))
    alike = chain(lambda n: f"B{n} n=n, B{n} n=n")
    with pytest.raises(dsl.SpecError, match=f"layers, the limit is {MOST_LAYERS:,}"):
        lower(spec(alike))
