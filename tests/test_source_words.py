"""What the emitted source is called and says: names, docstrings, joins, one class a block."""

from __future__ import annotations

import ast
from itertools import product
from pathlib import Path

import pytest
import torch

import dsl
from compiler.ir.network import Network
from compiler.ir.nodes import Parallel, Series
from compiler.ir.symbols import (
    Quotient,
    Sym,
    SymFloat,
    half,
    names_in,
    substitute,
    substitute_real,
)
from compiler.ir.terms import inside, written_out
from compiler.lowering.lower import lower
from compiler.ops.act import ACTIVATIONS
from compiler.source import emit
from compiler.source.auditing import audit
from compiler.source.classnames import IMPORTED, class_name
from compiler.source.expr import Test as Check
from compiler.source.expr import condition
from compiler.source.helpers import helper_names
from compiler.source.unitnames import unit_names
from compiler.source.units import collect
from dsl.models.kernels import PADDINGS
from dsl.models.norms import NORM_FORMS
from tests import odd_specs
from tests.networks import dots
from tests.test_properties import both

HEAD = "input: [3, 16, 16]\nclasses: 5\n"


def made(text: str, name: str = "name: probe\n") -> Network:
    return lower(dsl.loads(f"{name}{HEAD}{text}"))


def docs(network: Network) -> dict[str, str]:
    """The docstring of each emitted class, on one line."""
    classes = [n for n in ast.parse(emit(network)).body if isinstance(n, ast.ClassDef)]
    return {node.name: " ".join((ast.get_docstring(node) or "").split()) for node in classes}


def odd(name: str) -> Network:
    return lower(odd_specs.spec(name))


# --- Names -----------------------------------------------------------------------------------


def test_every_unit_of_the_language_has_a_name_of_the_grammar() -> None:
    """A new activation, norm or padding can't be forgotten: the grammar is the registry's."""
    acts = [*ACTIVATIONS, "none", "prelu:channelwise"]
    windows = [f"{k} 32 {p}" for k in ("2x2", "sepconv 2x2") for p in ("tf_same", "valid")]
    words = product([*windows, "deconv 2x2 32 valid"], NORM_FORMS, acts, ("", "nogamma"))
    assert {"tf_same", "valid"} < set(PADDINGS)
    steps = [f"- {window} norm={n} act={a} {g}" for window, n, a, g in words]
    text = "".join(f"  {step}\n" for step in steps if "norm=none" not in step or "nog" not in step)
    network = lower(dsl.loads(f"name: p\ninput: [3, 300, 300]\nclasses: 5\nstem:\n{text}"))
    found = {unit.name for unit in collect(network.nodes).values()}
    single = {"Conv", "ConvSame", "ConvTranspose"}  # a convolution alone is no unit
    assert found == {name for name in unit_names() if name not in single}


CLASH = """
stem: [3x3 8 nogamma, 3x3 8, 2x2 4 tf_same, sepconv 3x3 4 act=none]
inception: {A: {params: [n], concat: [1x1 n, {add: [1x1 2, 3x3 2]}], then: 1x1 in, residual: {}}}
body: [a: A n=3, ValueError: {concat: [3x3 4, 1x1 4], then: 1x1 4}]
head: [globalpool avg, fc classes]
"""
TITLES = [
    *("ConvBNNoGammaReLU", "SepConvSameBNNoGammaReLU6", "ConvBN", "ConvGELU", "Conv2dSame"),
    *("Concat", "Add", "Tensor", "F", "NamedTuple", "OrderedDict", "None", "True", "Exception"),
    *("Ellipsis", "InceptionA", "Inception", "Split", "AuxHead", "ValueErrorBlock"),
    "BatchNorm2dNoGamma",
]  # fmt: skip  # a line each would be a page


@pytest.mark.parametrize("title", TITLES)
def test_no_name_of_a_network_is_one_of_its_classes(title: str) -> None:
    network = made(CLASH, f"name: {title.lower()}\ntitle: {title}\n")
    ours, theirs = both(network, emit(network))  # emitted, audited and run
    x = torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        assert torch.equal(ours.eval()(x), theirs.eval()(x))


def test_a_network_is_called_the_same_whatever_is_in_it() -> None:
    """A unit's name is taken even where the network has no such unit."""
    name = "name: convbnnogammarelu\ntitle: ConvBNNoGammaReLU\n"
    assert class_name(made(CLASH, name)) == class_name(made("stem: [relu]", name))
    assert {"F", "Tensor"} <= set(IMPORTED) and "Concat" in helper_names()


@pytest.mark.parametrize(
    "text",
    [
        "class A:\n    pass\nclass A:\n    pass",
        "class A:\n    pass\ndef A():\n    return 1",
        "from torch import nn\nclass nn:\n    x = 1",
        "class ValueError:\n    x = 1",
        "class A:\n    def b(self):\n        return 1\n    def b(self):\n        return 2",
        "class A:\n    def __init__(self):\n        self.b = 1\n        self.b = 2",
        "class A:\n    def __init__(self):\n        self.b = 1\n    def b(self):\n        return 1",
        "class A:\n    def __init__(self):\n        self.train = 1",
    ],
)
def test_the_audit_lets_no_name_be_given_twice(text: str) -> None:
    with pytest.raises(AssertionError, match=r"two of|hides"):
        audit(text.replace("    pass", "    x = 1"))


# --- Docstrings ------------------------------------------------------------------------------

BLOCKS = {
    "concat: [1x1 4, 3x3 4]": "1x1 | 3x3: (N, C, H, W) -> (N, 8, H, W).",
    "add: [1x1 4, 3x3 4]": "1x1 + 3x3: (N, C, H, W) -> (N, 4, H, W).",
    "{concat: [1x1 4, 3x3 4], then: 1x1 7}": "{1x1 | 3x3}-1x1: (N, C, H, W) -> (N, 7, H, W).",
    "{add: [1x1 in, identity], then: relu}": "{1x1 + x}-ReLU: (N, C, H, W) -> (N, C, H, W).",
    "{add: [1x1 in, 3x3 in], residual: {}}": (
        "ReLU(x + {1x1 + 3x3}): (N, C, H, W) -> (N, C, H, W)."
    ),
    "{concat: [1x1 4, 3x3 4], then: 1x1 in, residual: {scale: 0.2, act: silu}}": (
        "SiLU(x + 0.2 * {1x1 | 3x3}-1x1): (N, C, H, W) -> (N, C, H, W)."
    ),
    "{concat: [1x1 4, 3x3 4], then: 1x1 in, residual: {scale: 0.2, act: none}}": (
        "x + 0.2 * {1x1 | 3x3}-1x1: (N, C, H, W) -> (N, C, H, W)."
    ),
    "{add: [1x1 in, identity], residual: {scale: -1, act: none}}": (
        "x + -1.0 * {1x1 + x}: (N, C, H, W) -> (N, C, H, W)."
    ),
    "{concat: [[1x1 4, 3x3 in]], residual: {act: none}}": (
        "x + {1x1-3x3}: (N, C, H, W) -> (N, C, H, W)."
    ),
    "{concat: [[1x1 4, 3x3 9]]}": "1x1-3x3: (N, C, H, W) -> (N, 9, H, W).",
    "{concat: [{add: [1x1 4, 3x3 4]}]}": "1x1 + 3x3: (N, C, H, W) -> (N, 4, H, W).",
    "{do: [1x1 4, {add: [1x1 in, 3x3 4], residual: {act: none}}, 1x1 4]}": (
        "1x1, (x + {1x1 + 3x3}), 1x1: (N, C, H, W) -> (N, 4, H, W)."
    ),
    "{do: [identity]}": "x: (N, C, H, W) -> (N, C, H, W).",
}


@pytest.mark.parametrize(("body", "said"), BLOCKS.items())
def test_a_docstring_says_what_forward_does(body: str, said: str) -> None:
    body = body if body.startswith("{") else f"{{{body}}}"
    network = made(f"stem: [3x3 4]\ninception: {{A: {body}}}\nbody: [a: A]\nhead: [flatten]")
    assert docs(network)["InceptionA"] == said


def test_a_switch_is_said_and_a_factor_that_is_a_parameter() -> None:
    found = docs(odd("one_branch"))
    assert found["InceptionB"].startswith("x + s * {1x1-3x3}, ReLU if a: (N, C, H, W)")
    assert found["InceptionC"].startswith("tanh(x + {max | 3x3}-1x1)-1x1: ")


def test_a_class_that_is_used_at_several_widths_says_none() -> None:
    """`Split` takes no width, so what comes in is `C`."""
    said = "{max | x}-ReLU: (N, C, H, W) -> (N, 2 * C, H, W)."
    assert said in docs(odd("one_branch")).values()


# --- One branch ------------------------------------------------------------------------------


@pytest.mark.parametrize("join", ["concat", "add"])
@pytest.mark.parametrize(
    "rest", ["", ", then: 1x1 4", ", residual: {}", ", then: 3x3 4, residual: {}"]
)
def test_one_branch_is_joined_with_nothing(join: str, rest: str) -> None:
    body = f"{{{join}: [x: 3x3 4]{rest}}}"
    network = made(
        f"stem: [3x3 4, y: {body}]\ninception: {{A: {body}}}\nbody: [a: A]\nhead: [flatten]"
    )
    text = emit(network)
    assert "torch.cat" not in text and "Concat" not in text and "Add" not in text
    for dot in dots(network).values():
        assert f"<B>{join}</B>" not in dot
    ours, theirs = both(network, text)
    assert [key for key in theirs.state_dict() if key.startswith("a.x.conv")]
    x = torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        assert torch.equal(ours.eval()(x), theirs.eval()(x))


# --- One class -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["alike", "calls_with_kernels", "one_branch"])
def test_a_block_is_written_once(name: str) -> None:
    """However wide, grouped or long its uses are, and whatever words show in nothing."""
    blocks = [made for made in docs(odd(name)) if made.startswith(("Inception", "Reduction"))]
    spec = odd_specs.spec(name)
    assert sorted(blocks) == sorted(
        [f"Inception{block}" for block in spec.inception]
        + [f"Reduction{block}" for block in spec.reduction]
    )


def test_the_number_of_classes_is_an_argument_wherever_it_is_read() -> None:
    assert "def __init__(self, num_classes: int = 5, *," in emit(odd("classes_as_an_argument"))


# --- Terms -----------------------------------------------------------------------------------

NESTED = """
stem: [3x3 8]
inception:
  Inner: {params: {w: 4}, concat: [1x1 w, 1x1 w]}
  Outer: {params: [a], concat: [[1x1 a, Inner w=24], 3x3 a]}
  Deep: {params: [w, a], concat: [Outer a=w, [Outer a=a, Inner w=a], Inner, Inner w=in]}
  Same: {params: [w], do: [Inner w=w, Inner w=w]}
body: [o: Outer a=6, d: Deep w=3 a=5, e: Deep w=4 a=2, s: Same w=3]
head: [globalpool avg, fc classes]
aux:
  - h: {from: o, weight: 0.3, do: [Inner w=in, Outer a=4, globalpool avg, fc classes]}
"""


def test_what_a_called_block_gives_is_in_its_callers_terms() -> None:
    found = docs(made(NESTED))
    assert found["InceptionOuter"].endswith("(N, C, H, W) -> (N, a + 48, H, W).")
    assert "-> (N, w + 2 * a + 2 * C + 56, H, W)." in found["InceptionDeep"]
    assert found["InceptionSame"].endswith("-> (N, 2 * w, H, W).")
    assert "-> (N, num_classes)." in found["AuxHead"]


def test_a_drawing_is_in_the_terms_of_its_block() -> None:
    found = dots(made(NESTED))
    assert "(a + 48)" in found["Outer"] and ">w<" not in found["Outer"]
    assert "(w + 2a + 2·in + 56)" in found["Deep"]
    assert ">w<" in found["Inner"] and ">a<" not in found["Inner"], "its uses are in numbers"


def test_a_block_written_out_is_the_same_in_numbers() -> None:
    """Every name that is left is one of the block's own."""
    for name in ("calls_with_kernels", "nested_calls", "float_parameters"):
        for node in odd(name).nodes:
            if isinstance(node, (Series, Parallel)) and node.use:
                own = {*node.use.params, "in_channels", "num_classes"}
                out = written_out(inside(node))
                assert tuple(out.out) == tuple(node.out)
                assert names_in(tuple(out.out)) <= own
                assert names_in(tuple(node.out)) <= {"in_channels", "num_classes"}
                assert _named(out) <= own


def _named(node: object) -> frozenset[str]:
    """The names in everything that a node holds."""
    found = names_in(node)
    for value in getattr(node, "__dict__", {}).values():
        parts = value if isinstance(value, tuple) else (value,)
        found = found.union(*(_named(part) for part in parts))
    return found


def test_substituting_keeps_values_and_what_is_not_given() -> None:
    k, n = Sym.named(7, "k"), Sym.named(3, "n")
    both_of = 2 * k + n + 1
    assert str(substitute(both_of, {"k": 7})) == "n + 15"
    assert str(substitute(both_of, {"k": Sym.named(7, "q"), "n": 3})) == "2 * q + 4"
    assert substitute(both_of, {"k": 7, "n": 3}) == 18
    assert str(substitute(half(k), {"k": Sym.named(7, "q")})) == "q // 2"
    assert substitute(half(k), {"k": 7}) == 3
    assert str(2 * half(k)) == "2 * (k // 2)" and names_in(half(k)) == {"k"}
    assert substitute_real(SymFloat(0.5, "s"), {"s": SymFloat(0.5, "t")}).__str__() == "t"
    assert repr(substitute_real(SymFloat(2.0, "s"), {"s": 2})) == "2.0"
    assert Quotient("k", 2, exact=False).of == "k"


# --- The header ------------------------------------------------------------------------------


def test_the_file_is_the_users_and_says_how_to_write_it_anew() -> None:
    text = emit(made("stem: [relu]"))
    assert "yours to take" in text.splitlines()[0]
    assert "inception-compile source probe.yaml" in text
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    assert "yours to take" in readme


def test_a_condition_is_laid_out_from_its_parts() -> None:
    short, long = (Check("self.training"), Check("self." + "h" * 61, "is not None"))
    assert list(condition("and", [short], 2)) == ["        if self.training:"]
    assert list(condition("and", [short, long], 2)) == [
        "        if (",
        "            self.training",
        f"            and {long.subject}",
        "            is not None",
        "        ):",
    ]
