"""What a block's parameter may stand for: the sides of a kernel."""

from __future__ import annotations

import pytest

import dsl
from compiler.lowering.lower import lower
from compiler.oracle.check import cross_check
from compiler.oracle.proof import prove
from compiler.source import emit
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
