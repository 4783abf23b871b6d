"""What a block's parameter may stand for: the sides of a kernel, what a pooling does."""

from __future__ import annotations

import re

import pytest

import dsl
from compiler.diff import compare
from compiler.lowering.lower import lower
from compiler.oracle.check import cross_check
from compiler.oracle.proof import prove
from compiler.source import emit
from dsl.models.fields import MODES
from dsl.models.layers import Call, Conv, MaxPool

HEAD = "name: n\ninput: [3, 16, 16]\nclasses: 4\n"
TAIL = "head: [globalpool avg, fc classes]\n"


def spec(body: str, head: str = HEAD) -> dsl.Spec:
    return dsl.loads(f"{head}{body}{TAIL}")


@pytest.mark.parametrize(
    ("text", "kernel"),
    [
        ("kxk 8", ("k", "k")),
        ("kxkxk 8", ("k", "k", "k")),
        ("1xkxk 8", (1, "k", "k")),
        ("kx1xk 8", ("k", 1, "k")),
        ("kx1 8", ("k", 1)),
        ("1xsize 8", (1, "size")),
        ("k 8", ("k",)),
    ],
)
def test_a_side_of_a_kernel(text: str, kernel: tuple[int | str, ...]) -> None:
    step = dsl.step(text)
    assert isinstance(step, Conv) and step.kernel == kernel
    pool = dsl.step(f"maxpool {text.removesuffix(' 8')}")
    assert isinstance(pool, MaxPool) and pool.kernel == kernel
    name = {side for side in kernel if isinstance(side, str)}.pop()
    block = spec(f"inception: {{A: {{params: [{name}], do: [{text}, {text}]}}}}\n")
    assert dsl.loads(dsl.dump(block)) == block


@pytest.mark.parametrize("word", ["k", "exp", "kxn", "kxk1", "axis"])
def test_what_is_no_kernel_calls_a_block(word: str) -> None:
    assert dsl.step(word) == Call(block=word) == dsl.step(f"{word} x1")


@pytest.mark.parametrize("word", ["kxn", "sizexsize"])
def test_sides_that_cant_be_told_apart_are_told(word: str) -> None:
    with pytest.raises(dsl.SpecError, match="a name of one letter, as in `kxk`"):
        dsl.step(f"{word} 64")


def test_one_class_has_every_kernel() -> None:
    text = "inception: {A: {params: [k], concat: [kxk 4, maxpool kxk]}}\nbody: [A k=3, A k=5]\n"
    network = lower(spec(text))
    assert (cross_check(network) + prove(network, emit(network))).ok
    source = emit(network)
    assert source.count("class InceptionA(") == 1
    assert "ConvBNReLU(in_channels, 4, k, padding=k // 2)" in source
    assert "nn.MaxPool2d(k, stride=1, padding=k // 2)" in source


def test_the_kernel_of_a_series() -> None:
    text = "inception: {A: {params: [k, w], concat: [k w, [1 4, k w], maxpool k]}}\n"
    network = lower(spec(f"{text}body: [A k=3 w=4, A k=9 w=2]\n", HEAD.replace("16, 16", "64")))
    assert (cross_check(network) + prove(network, emit(network))).ok
    assert "ConvBNReLU(in_channels, w, k, padding=k // 2)" in emit(network)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kxk 4", "kernel must be a whole number from 1 to 100,000, but k is relu here"),
        ("nxn 4", "n is not a number, nor the name of a parameter here"),
        ("k 4", "kernel k has 1 axis, the map here has 2 axes"),
    ],
)
def test_a_kernel_that_no_parameter_is(text: str, said: str) -> None:
    with pytest.raises(dsl.SpecError, match=said):
        lower(spec(f"inception: {{A: {{params: [k], do: [{text}, 1xk 4]}}}}\nbody: [A k=relu]\n"))


POOLED = """inception:
  A: {params: {m: avg}, concat: [1x1 4, [pool 3x3 mode=m, 1x1 4]]}
  G: {params: [m], do: [{mul: [identity, globalpool mode=m]}, 3x3 4]}
strided:
  R: {params: [m, s], concat: [3x3 4 /s valid, pool 3x3 /s valid mode=m, adaptivepool mode=m 7x7]}
body: [a: A, b: A m=max, g: G m=max, h: G m=avg, r: R m=max s=2, t: A m=avg]
"""


def test_one_definition_averages_and_takes_the_maximum() -> None:
    made = spec(POOLED)
    assert dsl.loads(dsl.dump(made)) == made
    network = lower(made)
    assert (cross_check(network) + prove(network, emit(network))).ok
    source = emit(network)
    assert source.count("class InceptionA") == 2  # Another layer is another class.
    assert "nn.AvgPool2d(3, stride=1, padding=1)" in source
    assert "nn.MaxPool2d(3, stride=1, padding=1)" in source


@pytest.mark.parametrize("mode", MODES)
def test_what_a_parameter_says_is_what_is_written_out(mode: str) -> None:
    by_name = POOLED.replace("[m]", f"{{m: {mode}}}").replace("avg}", f"{mode}}}")
    written = by_name.replace("pool 3x3 mode=m", f"{mode}pool 3x3")
    written = written.replace("pool 3x3 /s valid mode=m", f"{mode}pool 3x3 /s valid")
    written = written.replace("mode=m", mode).replace("[m, s]", "[s]")
    written = written.replace(f"params: {{m: {mode}}}, ", "")
    one, other = (
        re.sub("^body.*", f"body: [A, G, {end} s=2]", text, flags=re.MULTILINE)
        for text, end in ((by_name, f"R m={mode}"), (written, "R"))
    )
    assert compare(lower(spec(one)), lower(spec(other))) == []


def test_changes_set_it() -> None:
    base = spec(POOLED)
    made = dsl.change(base, {"body.b.m": "avg", "inception.A.params.m": "max"})
    assert made.inception["A"].params == {"m": "max"}
    fixed = dsl.change(base, {"strided.R.branch2.mode": "max"})
    assert "pool 3x3 /s valid max" in dsl.dump(fixed)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pool 3x3", "needs its mode, as in `pool 3x3 max`"),
        ("pool 3x3 max nopad", "can't take countpad or nopad beside max"),
        ("pool 3x3 max avg", "mode is given twice"),
        ("pool 3x3 mode=mx", "mode is one of avg, max, not mx"),
        ("pool 3x3 mode=m /2 x2", "mode must be one of avg, max, but m is tanh here"),
        ("globalpool mode=m", "mode must be one of avg, max, but m is tanh here"),
    ],
)
def test_a_mode_that_is_none(text: str, said: str) -> None:
    with pytest.raises(dsl.SpecError, match=said):
        lower(spec(f"reduction: {{A: {{params: [m], do: [{text}]}}}}\nbody: [A m=tanh]\n"))
