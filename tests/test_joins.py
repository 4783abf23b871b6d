"""Every join of the registry is known wherever a join must be: to all who read or write one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dsl
from compiler.cost import cost
from compiler.diff import compare
from compiler.importing import import_module
from compiler.ir.op import Shape
from compiler.lowering.lower import lower
from compiler.nn import runtime
from compiler.nn.module import compile_spec
from compiler.ops.join import JOINS
from compiler.oracle.arithmetic import Functions
from compiler.oracle.reading import read
from compiler.source import emit
from dsl.models.fields import JOIN_WORDS
from tests.numpy_network import Numpy
from tests.parity import randomise
from tests.test_source import imported

BRANCHES = 3
DOCS = Path(__file__).parents[1] / "docs" / "language.md"


def network(word: str) -> dsl.Spec:
    """Three branches of one shape, which any join takes."""
    layers = ", ".join(f"1x1 4 act={act}" for act in ("relu", "tanh", "sigmoid"))
    return dsl.loads(
        f"{{name: joined, input: [3, 6, 5], classes: 2, defaults: {{norm: none}}, "
        f"body: [{{{word}: [{layers}]}}], head: [flatten, fc classes]}}"
    )


def test_the_language_and_the_registry_have_the_same() -> None:
    assert tuple(JOINS) == JOIN_WORDS
    assert all(join.word == word for word, join in JOINS.items())


@pytest.mark.parametrize("word", JOINS)
def test_it_has_a_helper_that_emitted_source_may_copy(word: str) -> None:
    helper = getattr(runtime, JOINS[word].helper)
    branches = {f"branch{n}": nn.Conv2d(3, 4, 1) for n in range(BRANCHES)}
    x = torch.randn(2, 3, 6, 5)
    given = [branch(x) for branch in branches.values()]
    assert tuple(helper(**branches)(x).shape[1:]) == JOINS[word].out(
        tuple(shape_of(each) for each in given)
    )


def shape_of(tensor: Tensor) -> Shape:
    return Shape(*tensor.shape[1:])


@pytest.mark.parametrize("word", JOINS)
def test_module_source_and_both_readings_agree(word: str) -> None:
    spec = network(word)
    net = lower(spec)
    model = compile_spec(spec).double().eval()
    randomise(model)
    source = imported(net, emit(net)).Joined().double().eval()
    source.load_state_dict(model.state_dict())
    x = torch.randn(2, 3, 6, 5, dtype=torch.float64)
    ours = model(x)
    assert torch.equal(ours, source(x))
    state = dict(model.state_dict())
    torch.testing.assert_close(read(spec, state, x, Functions()).logits, ours, rtol=1e-9, atol=1e-9)
    arrays = {key: value.numpy() for key, value in state.items()}
    found = read(spec, arrays, x.numpy(), Numpy()).logits
    np.testing.assert_allclose(found, ours.detach().numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("word", JOINS)
def test_it_comes_back_from_its_module(word: str) -> None:
    spec = network(word)
    back = import_module(compile_spec(spec), (3, 6, 5))
    assert not list(compare(lower(spec), lower(back)))


@pytest.mark.parametrize("word", JOINS)
def test_it_is_told_in_rows_and_in_the_docs(word: str) -> None:
    assert word in {row["kind"] for row in cost(lower(network(word))).records()}
    assert f"`{word}`" in DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize("word", JOINS)
def test_what_it_says_of_nesting_and_of_order_is_so(word: str) -> None:
    join = JOINS[word]
    a, b, c = (nn.Conv2d(3, 4, 1, bias=False) for _ in range(3))
    helper = getattr(runtime, join.helper)
    x = torch.randn(64, 3, 6, 5)

    def made(*branches: nn.Module) -> Tensor:
        given: Tensor = helper(**{f"b{n}": branch for n, branch in enumerate(branches)})(x)
        return given

    assert torch.equal(made(a, helper(b=b, c=c)), made(a, b, c)) == join.nests
    assert torch.equal(made(a, b), made(b, a)) == join.commutes
