"""The language as a whole: every spec can be written, read back, changed and refused in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.overrides import resolve_name

import dsl
from compiler.cost import cost
from compiler.cost.contract import broken
from compiler.importing import trace
from compiler.importing.table import TABLE
from compiler.importing.words import WORDS as UNSAYABLE
from compiler.ir.nodes import Parallel, leaves
from compiler.ir.verifying import verify
from compiler.lowering.lower import lower
from compiler.lowering.rules import RULES
from compiler.nn import runtime
from compiler.nn.module import build
from compiler.ops.act import ACTIVATIONS
from compiler.oracle import arithmetic
from compiler.source import emit
from dsl.models import layers, shelf
from dsl.models.fields import ACTIVATION_WORDS, JOIN_WORDS
from dsl.models.identifiers import name_fault
from dsl.models.layers import (
    Activation,
    AvgPool,
    Call,
    Conv,
    Deconv,
    Dropout,
    DropPath,
    GlobalPool,
    L2Norm,
    Layer,
    LayerScale,
    Linear,
    MaxPool,
    Residual,
    SepConv,
    Sequence,
    Split,
    Step,
    spellings,
)
from dsl.models.model import Places
from dsl.models.promises import Expect
from dsl.models.reserved import ATTRIBUTES, COMPILED, RESERVED
from dsl.models.spec import Aux, Block, Spec, Variant
from dsl.models.spelling import write
from dsl.reading import names
from dsl.text import foreign
from dsl.text.problems import NOWHERE, Problem, Span, SpecError
from dsl.text.source import MAX_DEPTH
from tests import numpy_network
from tests.counting import counted
from tests.shelf import IDS, NETWORKS
from tests.strategies import KEPT, specs

TEXT = """\
name: net
title: A small network
input: [3, 32, 32]
classes: 10
defaults: {eps: 0.001, avgpool: nopad}

stem:
  - conv1: 3x3 16 /2
  - pool: maxpool 3x3 /2
  - concat: [1x1 8, [1x1 8, 3x3 8, {concat: [1x3 4, 3x1 4]}]]

inception:
  A:
    params: {n: 8, s: 0.5}
    concat:
      - b1: 1x1 n
      - [1x1 4, deep: 3x3 n]
      - [avgpool 3x3, 1x1 n]
    then: 1x1 in linear
    residual: {scale: s}
  B:
    params: [c7]
    do: [1x7 c7, 7x1 c7]

reduction:
  R:
    concat: [3x3 16 /2, maxpool 3x3 /2]

body:
  - mixed_1: A n=8
  - mixed_2: B c7=12 x2
  - shrink: R

head: [globalpool avg, dropout 0.4, fc classes]

aux:
  - aux1: {from: mixed_1, weight: 0.3, do: [globalpool avg, fc 16, relu, fc classes]}
"""
HEAD = "name: net\ninput: [3, 16, 16]\nclasses: 4\n"


def problems(spec: Spec) -> list[str]:
    """What lowering a spec complains of: code and message."""
    with pytest.raises(SpecError) as caught:
        lower(spec)
    return [f"{problem.code} {problem.message}" for problem in caught.value.problems]


def changed(address: str, value: Any, text: str = TEXT) -> Spec:
    """The small network with one value set, as a variant would."""
    spec = dsl.loads(text).model_copy(update={"variants": {"v": Variant(set={address: value})}})
    return dsl.choose(spec, "v")


# --- Writing and reading back ---


@pytest.mark.parametrize(("name", "variant"), NETWORKS, ids=IDS)
def test_the_shelf_reads_back_as_it_was(name: str, variant: str | None) -> None:
    spec = dsl.load(name, variant)
    text = dsl.dump(spec)
    assert dsl.loads(text) == spec
    assert dsl.dump(dsl.loads(text)) == text


@given(specs())
@settings(max_examples=40)
def test_a_drawn_spec_reads_back_lowers_and_holds_together(spec: Spec) -> None:
    assert dsl.loads(dsl.dump(spec)) == spec
    network = lower(spec)
    verify(network)
    assert network.out[0] == spec.classes


@given(KEPT)
def test_an_op_string_says_all_of_a_layer(step: Step) -> None:
    assert isinstance(step, Layer)
    assert dsl.step(write(step)) == step


KINDS: list[type[Layer]] = [Call, *layers.KINDS]
CASES: dict[str, Layer] = {
    "1x7 192 /2 valid": Conv(kernel=(1, 7), width=192, stride=(2, 2), padding="valid"),
    "3x3 64 /2x1 pad=1": Conv(kernel=(3, 3), width=64, stride=(2, 1), padding=(1, 1)),
    "3x3 n pad=0x1": Conv(kernel=(3, 3), width="n", padding=(0, 1)),
    "3x3 n pad=p": Conv(kernel=(3, 3), width="n", padding="p"),
    "1xk 8 tf_same dil=2 nobias": Conv(
        kernel=(1, "k"), width=8, padding="tf_same", dilation=(2, 2), bias=False
    ),
    "3x3 8 same bias relu6 groups=2": Conv(
        kernel=(3, 3), width=8, padding="same", bias=True, act="relu6", groups=2
    ),
    "3x3 depthwise": Conv(kernel=(3, 3), depthwise=True),
    "3x3 8 norm=none act=a eps=0.001 momentum=0.01 init=normal:0.02 x3": Conv(
        kernel=(3, 3),
        width=8,
        norm="none",
        act="a",
        eps=1e-3,
        momentum=0.01,
        init="normal:0.02",
        repeat=3,
    ),
    "1x1 in linear": Conv(kernel=(1, 1), width="in", linear=True),
    "sepconv 5x5 8 linear": SepConv(kernel=(5, 5), width=8, linear=True),
    "maxpool 3x3 /2 same ceil": MaxPool(kernel=(3, 3), stride=(2, 2), padding="same", ceil=True),
    "avgpool 3x3 /2 ceil": AvgPool(kernel=(3, 3), stride=(2, 2), ceil=True),
    "maxpool 3x3 /2 ceil": MaxPool(kernel=(3, 3), stride=(2, 2), ceil=True),
    "avgpool 3x3 pad=1 countpad": AvgPool(kernel=(3, 3), padding=(1, 1), count_padding=True),
    "avgpool 3x3 nopad": AvgPool(kernel=(3, 3), count_padding=False),
    "pool 3x3 /2 valid max": layers.Pool(kernel=(3, 3), stride=(2, 2), padding="valid", mode="max"),
    "pool kxk ceil nopad mode=p": layers.Pool(
        kernel=("k", "k"), ceil=True, count_padding=False, mode="p"
    ),
    "globalpool max": GlobalPool(mode="max"),
    "globalpool mode=p": GlobalPool(mode="p"),
    "globalpool avg": GlobalPool(),
    "adaptivepool avg 4x2": layers.AdaptivePool(size=(4, 2)),
    "adaptivepool max 3x3": layers.AdaptivePool(mode="max", size=(3, 3)),
    "adaptivepool mode=p 3x3": layers.AdaptivePool(mode="p", size=(3, 3)),
    "fc classes": Linear(width="classes"),
    "fc 1024 nobias init=torch": Linear(width=1024, bias=False, init="torch"),
    "flatten": layers.Flatten(),
    "dropout 0.4": Dropout(p=0.4),
    "silu": Activation(kind="silu"),
    "droppath 0.1": DropPath(p=0.1),
    "l2norm eps=0.1": L2Norm(eps=0.1),
    "deconv 2x2 64 /2": Deconv(kernel=(2, 2), width=64, stride=(2, 2)),
    "deconv 3 in*2 /s pad=1 linear groups=2": Deconv(
        kernel=(3,), width="in*2", stride=("s",), padding=(1,), groups=2, linear=True
    ),
    "deconv 4x4 8 valid dil=2 nobias norm=none nogamma relu eps=0.1 "
    "momentum=0.5 init=he_normal": Deconv(
        kernel=(4, 4),
        width=8,
        padding="valid",
        dilation=(2, 2),
        bias=False,
        norm="none",
        gamma=False,
        act="relu",
        eps=0.1,
        momentum=0.5,
        init="he_normal",
    ),
    "upsample 2 nearest": layers.Upsample(factor=(2,)),
    "upsample 1x2 bilinear": layers.Upsample(factor=(1, 2), mode="bilinear"),
    "scale 1e-06": LayerScale(value=1e-6),
    "leakyrelu 0.1": Activation(kind="leakyrelu", slope=0.1),
    "prelu channelwise": Activation(kind="prelu", slope="channelwise"),
    "act a": Activation(kind="a"),
    "softmax": layers.Softmax(),
    "shuffle 2": layers.Shuffle(groups=2),
    "shuffle in/4": layers.Shuffle(groups="in/4"),
    "batchnorm nogamma eps=0.001 momentum=0.2": layers.BatchNorm(
        gamma=False, eps=0.001, momentum=0.2
    ),
    "layernorm nogamma eps=0.001": layers.LayerNorm(eps=0.001, gamma=False),
    "groupnorm 32 nogamma eps=0.001": layers.GroupNorm(groups=32, gamma=False, eps=0.001),
    "instancenorm gamma eps=0.001": layers.InstanceNorm(gamma=True, eps=0.001),
    "3x3 8 norm=group:4": Conv(kernel=(3, 3), width=8, norm="group:4"),
    "B n=group:4": Call(block="B", args={"n": "group:4"}),
    "3x3 8 nogamma": Conv(kernel=(3, 3), width=8, gamma=False),
    "lrn 5 alpha=0.002 beta=0.5 k=2": layers.LRN(size=5, alpha=0.002, beta=0.5, k=2.0),
    "identity": layers.Identity(),
    "B c7=160 s=0.5 act=relu w=in x2": Call(
        block="B", args={"c7": 160, "s": 0.5, "act": "relu", "w": "in"}, repeat=2
    ),
}


@pytest.mark.parametrize("text", CASES)
def test_an_op_string_and_its_layer(text: str) -> None:
    assert dsl.step(text) == CASES[text]
    assert write(CASES[text]) == text


def test_every_field_of_every_kind_is_written_in_some_case() -> None:
    for kind in KINDS:
        given = [layer for layer in CASES.values() if type(layer) is kind]
        for name, field in kind.model_fields.items():
            if name in ("name", "repeat"):
                continue
            default = field.get_default(call_default_factory=True)
            needed = field.is_required()
            written = [layer for layer in given if needed or getattr(layer, name) != default]
            assert written or kind is SepConv, f"{kind.__name__}.{name}"


def test_options_come_in_any_order() -> None:
    assert dsl.step("3x3 valid /2 64 x2 silu") == dsl.step("3x3 64 /2 valid silu x2")


# --- The registry ---


def test_every_layer_kind_has_a_lowering_rule_and_every_field_a_spelling() -> None:
    for kind in layers.KINDS:
        assert kind in RULES
        spelled = {name for name, _ in spellings(kind)}
        assert spelled == set(kind.model_fields) - {"name"}, kind.__name__
        assert dsl.step(kind.example) == dsl.step(write(dsl.step(kind.example)))


def test_the_words_of_the_language_are_those_of_the_compiler() -> None:
    assert tuple(ACTIVATIONS) == ACTIVATION_WORDS
    assert all(hasattr(torch.nn, facts.class_name) for facts in ACTIVATIONS.values())


def test_every_reading_of_a_spec_knows_every_activation() -> None:
    words = {*ACTIVATION_WORDS, "none"}
    assert set(arithmetic.ACTIVATIONS) == set(numpy_network.ACTIVATIONS) == words


def test_what_the_language_has_is_nowhere_said_to_be_lacking() -> None:
    words = (*ACTIVATION_WORDS, *layers.LAYERS, *JOIN_WORDS)
    assert [word for word in words if foreign.lacking(word)] == []
    assert callable(trace.Trace)  # Importing it fills the table.
    lacking = {name for name, (_, telling) in UNSAYABLE.items() if telling}
    assert sorted({resolve_name(function) or "" for function in TABLE} & lacking) == []


@pytest.mark.parametrize("text", foreign.SPLITS)
def test_what_is_said_by_branches_can_be_pasted(text: str) -> None:
    lower(dsl.loads(f"{HEAD}body: [3x3 32, {text}]\nhead: [globalpool avg, fc classes]\n"))


def test_reserved_names_are_those_that_modules_have() -> None:
    kinds = (torch.nn.Module, torch.nn.Sequential, torch.nn.ModuleDict)
    known = {name for kind in kinds for name in dir(kind()) if not name.startswith("_")}
    known |= {name for kind in (runtime.Concat, runtime.Add, runtime.Mul) for name in dir(kind())}
    assert {name for name in known if not name.startswith("_")} <= ATTRIBUTES
    torch_names = {name for kind in kinds for name in (*dir(kind), *dir(kind()))}
    assert ATTRIBUTES - {"branches", "nodes", "register_module", "mtia"} <= torch_names
    model = build(lower(dsl.loads(HEAD + "head: [globalpool avg, fc classes]\n")))
    own = {name for name in dir(model) if not name.startswith("_")}
    assert own - known - {"pool", "flatten", "fc"} == COMPILED
    assert RESERVED >= ATTRIBUTES | COMPILED


# --- Building and changing specs in Python ---


def small(**update: Any) -> Spec:
    """A spec made by a program."""
    values: dict[str, Any] = {
        "name": "made",
        "input": (3, 16, 16),
        "classes": 4,
        "inception": {
            "A": Block(
                params={"n": None},
                body=Split(branches=(dsl.step("1x1 n"), dsl.step("3x3 8"))),
            )
        },
        "body": (Call(block="A", args={"n": 4}, name="first"),),
        "head": (GlobalPool(), Linear(width="classes")),
    }
    return Spec(**values | update)


def test_a_spec_is_built_changed_and_written_by_a_program() -> None:
    spec = small()
    wide = spec.model_copy(update={"body": (Call(block="A", args={"n": 32}, name="first"),)})
    assert lower(wide).nodes[0].out == (40, 16, 16)
    assert "first: A n=32" in dsl.dump(wide)
    assert dsl.loads(dsl.dump(wide)) == wide != spec


def test_what_is_dumped_is_validated_and_ends_with_one_newline() -> None:
    text = dsl.dump(small())
    assert text == text.rstrip() + "\n"
    assert dsl.dump(small().model_copy(update={"expect": {}})) == text
    for name, value in {"expect": 3, "classes": "many", "body": ["3x3 8"], "title": None}.items():
        with pytest.raises(dsl.SpecError, match=f"E013.: Spec: {name} must be"):
            dsl.dump(small().model_copy(update={name: value}))


def test_equality_ignores_places() -> None:
    spec = dsl.loads(TEXT)
    assert spec == dsl.loads("\n# moved down\n" + TEXT)
    assert spec.placed(Places(NOWHERE)) == dsl.loads(TEXT)
    assert spec != changed("classes", 11)
    assert Conv(kernel=(1, 1), width=8) != SepConv(kernel=(1, 1), width=8)


@pytest.mark.parametrize(
    ("make", "values", "message"),
    [
        (Conv, {"kernel": (3, 3), "width": 0}, "must be a whole number from 1 to 100,000"),
        (Conv, {"kernel": (3, 3), "width": True}, "must be a whole number"),
        (Conv, {"kernel": "3x", "width": 8}, "must be written like 3x3 or 1x7"),
        (Conv, {"kernel": (3, 3)}, "needs its width"),
        (Dropout, {"p": float("nan")}, "must be a number from 0 to 1"),
        (Split, {"branches": []}, "must be a list of steps, one at least"),
        (Split, {"branches": ["3x3 8"]}, "must be a step, such as Conv"),
        (Split, {"join": "max", "branches": [dsl.step("3x3 8")]}, "one of concat, add, mul"),
        (GlobalPool, {"mode": 3}, "must be a word, not '3'"),
        (Call, {"block": "a b"}, "must be a letter, then letters"),
        (small, {"input": (3,)}, "must be a list like [3, 299, 299]"),
        (small, {"body": "3x3 8"}, "must be a list of steps"),
        (small, {"title": "a\x00b"}, "without control characters"),
        (small, {"meta": {"a": object()}}, "must hold text, numbers, lists and mappings"),
        (small, {"body": (), "head": ()}, "a network needs steps"),
        (small, {"name": "class"}, "Python source can't use it"),
        (Expect, {"out": {"conv": ()}}, "must be a list like [768, 17, 17]"),
    ],
)
def test_models_refuse_bad_values_in_plain_words(
    make: Callable[..., Any], values: dict[str, Any], message: str
) -> None:
    with pytest.raises(dsl.SpecError) as caught:
        make(**values)
    assert message in str(caught.value)


def test_lowering_checks_the_names_of_a_spec_that_a_program_built() -> None:
    assert problems(small(body=(Call(block="B"),))) == ["E020 unknown layer or block B"]
    assert problems(small(body=(Call(block="A"),))) == ["E022 block A needs its parameter n"]
    assert problems(small(body=(Conv(kernel=(1, 1), width="n"),)))[0].startswith("E023 n is not")
    loop = Block(body=Sequence(steps=(Call(block="L"),)))
    assert problems(small(inception={"L": loop})) == [
        "E020 unknown block A",
        "E024 blocks call each other in a circle: L -> L",
    ]
    head = Aux.model_validate({"name": "aux", "from": "nowhere", "weight": 1, "do": [GlobalPool()]})
    assert problems(small(aux=(head,))) == ["E028 there is no step nowhere to tap"]


def test_steps_nested_too_deep_by_a_program_are_refused() -> None:
    step: Step = Conv(kernel=(1, 1), width=1)
    for _ in range(5000):
        step = Sequence(steps=(step,))
    assert problems(small(body=(step,))) == [f"E005 nested more than {MAX_DEPTH} levels deep"]
    assert problems(small(inception={"A": Block(body=step)}))[0].startswith("E005")


def test_the_deepest_nesting_that_is_allowed_lowers() -> None:
    step: Step = Conv(kernel=(1, 1), width=1)
    for _ in range(MAX_DEPTH - 1):
        step = Sequence(steps=(step,))
    verify(lower(small(body=(step,), inception={})))


def test_a_residual_without_act_takes_the_default_one() -> None:
    text = HEAD + "defaults: {act: %s}\nbody: [{add: [identity], residual: {scale: 1}}]\n"
    for act, ops in (("silu", ["Identity", "Activation"]), ("none", ["Identity"])):
        found = lower(dsl.loads(text % act)).nodes[0]
        assert [type(leaf.op).__name__ for _, leaf in leaves((found,))] == ops


def test_a_block_called_by_another_gives_its_width_in_the_callers_terms() -> None:
    text = HEAD + (
        "inception:\n"
        "  Inner: {params: [w], concat: [1x1 w, 3x3 8]}\n"
        "  Outer:\n    params: [n]\n"
        "    concat: [1x1 n, [1x1 8, Inner w=n]]\n    then: 1x1 in\n"
        "  Last: {concat: [1x1 classes, Inner w=classes]}\n"
        "body: [a: Outer n=16, b: Outer n=5, c: Last, d: 1x1 7]\n"
    )
    network = lower(dsl.loads(text))
    verify(network)
    assert [node.out[0] for node in network.nodes] == [3, 3, 16, 7]
    outer = network.nodes[0]
    assert isinstance(outer, Parallel) and outer.then
    assert str(outer.then.inp[0]) == "2 * n + 8"
    assert int(network.nodes[3].inp[0]) == 16


# --- Names ---


ODD_NAMES = ["x", "y", "self", "F", "nn", "super", "list", "id", "A", "a", "bn", "act", "scale"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_steps_may_be_called_what_the_source_uses_too(name: str) -> None:
    """Names that are allowed anywhere must not break what is emitted."""
    text = HEAD + (
        "inception:\n"
        f"  A: {{params: [k], concat: [{name}: 1x1 k, o: [{name}: 1x1 4, 3x3 k]]}}\n"
        f"  a: {{do: [{name}: 1x1 4, A k=2]}}\n"
        f"body: [first: A k=4, {name}: a, last: A k=5]\n"
        "head: [globalpool avg, fc classes]\n"
    )
    network = lower(dsl.loads(text))
    verify(network)
    space: dict[str, Any] = {"__name__": "emitted"}
    exec(emit(network), space)
    model, source = build(network).eval(), space["Net"]().eval()
    source.load_state_dict(model.state_dict())
    x = torch.rand(1, 3, 16, 16)
    assert torch.equal(model(x), source(x))


@pytest.mark.parametrize("name", ["list", "print", "out", "type", "training", "id", "x_", "c7"])
def test_parameters_may_be_called_like_builtins_and_attributes(name: str) -> None:
    text = HEAD + (
        f"inception: {{A: {{params: [{name}], concat: [1x1 {name}, [1x1 {name} x2]]}}}}\n"
        f"body: [A {name}=4]\nhead: [globalpool avg, fc classes]\n"
    )
    network = lower(dsl.loads(text))
    space: dict[str, Any] = {"__name__": "emitted"}
    exec(emit(network), space)
    assert space["Net"]().state_dict().keys() == build(network).state_dict().keys()


@given(st.text(max_size=70))
def test_a_name_is_an_ascii_identifier_or_refused(text: str) -> None:
    if not name_fault(text):
        assert text.isascii()
        assert text.isidentifier()
        assert len(text) <= 64


# --- Variants by address ---


def test_every_kind_of_address() -> None:
    spec = changed("classes", 100)
    assert spec.classes == 100
    assert changed("input", [1, 48, 40]).input == (1, 48, 40)
    assert changed("defaults.eps", 1e-5).defaults.eps == 1e-5
    assert changed("defaults.act", "silu").defaults.act == "silu"
    assert changed("stem.conv1", "5x5 24").stem[0] == dsl.step("5x5 24", "conv1")
    assert changed("stem.conv1", 24).stem[0] == dsl.step("3x3 24 /2", "conv1")
    assert changed("stem.conv1.stride", 1).stem[0] == dsl.step("3x3 16", "conv1")
    assert changed("stem.conv1.padding", "valid").stem[0] == dsl.step("3x3 16 /2 valid", "conv1")
    assert changed("head.dropout", 0.2).head[1] == Dropout(p=0.2)
    assert changed("head.dropout.p", 0.2).head[1] == Dropout(p=0.2)
    assert changed("body.mixed_2.c7", 20).body[1] == dsl.step("B c7=20 x2", "mixed_2")
    assert changed("body.mixed_2.repeat", 5).body[1] == dsl.step("B c7=12 x5", "mixed_2")
    assert changed("body.mixed_1", "A n=3").body[0] == dsl.step("A n=3", "mixed_1")
    assert changed("aux.aux1.weight", 0.5).aux[0].weight == 0.5
    assert changed("aux.aux1.from", "mixed_2").aux[0].source == "mixed_2"
    assert changed("aux.aux1.fc1", "fc 32").aux[0].steps[1] == Linear(width=32)
    assert changed("head", ["globalpool max", "fc classes"]).head == (
        GlobalPool(mode="max"),
        Linear(width="classes"),
    )


def test_addresses_inside_blocks_and_splits() -> None:
    def block(address: str, value: Any, name: str = "A") -> Block:
        return changed(address, value).blocks[name]

    def body(address: str, value: Any) -> Split:
        found = block(address, value).body
        assert isinstance(found, Split)
        return found

    assert block("inception.A.params.n", 9).params == {"n": 9, "s": 0.5}
    assert body("inception.A.b1", "3x3 n").branches[0] == dsl.step("3x3 n", "b1")
    branch = body("inception.A.branch2", ["1x1 2", "5x5 n"]).branches[1]
    assert branch == Sequence(steps=(dsl.step("1x1 2"), dsl.step("5x5 n")))
    branch = body("inception.A.branch2.deep", "5x5 n").branches[1]
    assert isinstance(branch, Sequence)
    assert branch.steps[1] == dsl.step("5x5 n", "deep")
    branch = body("inception.A.branch3.0", "maxpool 3x3").branches[2]
    assert isinstance(branch, Sequence)
    assert branch.steps[0] == MaxPool(kernel=(3, 3))
    assert body("inception.A.then", "1x1 in").then == dsl.step("1x1 in")
    assert body("inception.A.residual", {"act": "none", "scale": "s"}).residual == Residual(
        scale="s", act="none"
    )
    assert body("inception.A.residual.act", "tanh").residual == Residual(scale="s", act="tanh")
    new = block("inception.B", {"params": ["c7"], "concat": ["1x1 c7"]}, "B")
    assert isinstance(new.body, Split)
    assert block("inception.B.conv1", "1x7 3", "B").body == Sequence(
        steps=(dsl.step("1x7 3"), dsl.step("7x1 c7"))
    )
    split = changed("stem.split.branch2.2.branch1", "1x5 4").stem[2]
    assert "1x5 4" in dsl.dump(small(stem=(split,)))
    assert changed("reduction.R.branch1.width", 4).reduction["R"] != dsl.loads(TEXT).reduction["R"]


def test_a_variant_replaces_or_removes_auxiliary_heads() -> None:
    assert changed("aux", []).aux == ()
    head = {"from": "mixed_2", "weight": 1, "do": ["globalpool avg", "fc classes"]}
    (made,) = changed("aux.aux1", head).aux
    assert (made.name, made.source, made.weight) == ("aux1", "mixed_2", 1)
    assert changed("aux", [{"aux1": head}]).aux == (made,)
    text = TEXT + "variants: {v: {set: {aux: []}}}\n"
    spec = dsl.loads(text)
    assert dsl.loads(dsl.dump(spec)) == spec
    assert dsl.choose(spec, "v").aux == ()


def test_a_variant_keeps_the_rest_and_has_no_variants_of_its_own() -> None:
    spec = dsl.loads(TEXT + "variants: {v: {title: V, set: {classes: 7}, expect: {params: 3}}}\n")
    made = dsl.choose(spec, "v")
    assert (made.title, made.classes, made.variants) == ("V", 7, {})
    assert made.expect == Expect(params=3)
    assert made.body == spec.body
    assert dsl.choose(spec, None) is spec


def test_a_variant_changed_by_a_program_is_not_read_from_the_file() -> None:
    spec = dsl.loads(TEXT + "variants: {v: {set: {classes: 7}}}\n")
    variant = spec.variants["v"].model_copy(update={"set": {"classes": "8"}})
    assert dsl.choose(spec.model_copy(update={"variants": {"v": variant}}), "v").classes == 8


def test_every_variant_of_a_file_is_checked_whichever_is_asked_for() -> None:
    text = TEXT + "variants: {good: {set: {classes: 7}}, bad: {set: {clases: 7}}}\n"
    for asked in (None, "good"):
        with pytest.raises(SpecError, match="did you mean classes"):
            dsl.loads(text, "net.yaml", asked)


# --- Faults ---


def test_what_names_check_finds_once_it_says_once() -> None:
    problem = Problem("E013", Span("f", 1, 2), "too much", notes=((Span("f", 3, 4), "called"),))
    other = dataclasses.replace(problem, notes=((Span("f", 5, 6), "called"),))
    merged = SpecError([problem, other]).problems
    assert merged == (dataclasses.replace(problem, notes=problem.notes + other.notes),)


def test_places_that_nobody_knows_are_not_shown() -> None:
    note = ((NOWHERE, "A is defined"),)
    assert Problem("E108", NOWHERE, "no", notes=note).render() == (
        "error[E108]: no\n  = note: A is defined"
    )


def test_a_folder_hides_no_spec_of_the_shelf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "googlenet").mkdir()
    assert dsl.load("googlenet").name == "googlenet"
    for where in ("googlenet.yaml", "sub/googlenet.yml", Path("googlenet.yaml")):
        with pytest.raises(SpecError, match="on the shelf it is `googlenet`"):
            dsl.load(where)
    (tmp_path / "googlenet.yaml").write_text(dsl.dump(small()))
    assert dsl.load("googlenet.yaml").name == "made"
    (tmp_path / "googlenet").rmdir()
    (tmp_path / "googlenet").write_text(dsl.dump(small()))
    assert dsl.load("googlenet").name == "made"


def test_a_broken_promise_says_what_to_promise_instead() -> None:
    spec = small(expect=Expect(params=1, macs=2, out={"first": (1, 2, 3), "head": (4,)}))
    first, *others = broken(spec, cost(lower(spec)))
    assert first.help.endswith(
        "delete `expect:` or write what it has: "
        "expect: {params: 304, macs: 58416, out.first: [12, 16, 16], out.head: [4]}"
    )
    assert len(others) == 2
    assert not any(problem.help for problem in others)
    written = first.help.partition("write what it has: ")[2]
    kept = dsl.loads(dsl.dump(small()) + written)
    assert not broken(kept, cost(lower(kept)))


SHELF = {path.stem: path.read_text(encoding="utf-8") for path in shelf.folder().glob("*.yaml")}
WRONG = [
    path.read_text(encoding="utf-8") for path in (Path(__file__).parent / "bad").glob("*.yaml")
]
CHARACTERS = st.sampled_from(
    [*" \n\t:,-[]{}#&*!|>%@`'\"?=/x0123456789abn_.", "\x00", "é", "\u202e"]
)
TOKENS = """
3x3 1x7 nx1 64 /2 x3 in classes linear valid pad=1 pad=n dil=0 depthwise concat: add: then: x100000
residual: do: params: - [ ] { } maxpool fc flatten dropout relu act=none A B c7=128 0 -1 1e9 100000
name: input: aux: from: weight: set: variants: body: norm=none lrn
"""
WORDS = st.sampled_from(TOKENS.split())


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A text that was a good spec, after a few slips of the pen."""
    text = draw(st.sampled_from([TEXT, TEXT, *SHELF.values(), *WRONG]))
    for _ in range(draw(st.integers(1, 4))):
        text = draw(st.sampled_from([_in_lines, _in_words, _in_characters]))(draw, text)
    return text


def _edited(draw: st.DrawFn, parts: list[str], new: st.SearchStrategy[str]) -> list[str]:
    place = draw(st.integers(0, max(0, len(parts) - 1)))
    other = draw(st.integers(0, max(0, len(parts) - 1)))
    match draw(st.sampled_from(["delete", "double", "swap", "insert", "replace"])):
        case "delete":
            return parts[:place] + parts[place + 1 :]
        case "double":
            return parts[:place] + parts[place : place + 1] * 2 + parts[place + 1 :]
        case "swap" if parts:
            parts[place], parts[other] = parts[other], parts[place]
            return parts
        case "replace":
            return [*parts[:place], draw(new), *parts[place + 1 :]]
    return [*parts[:place], draw(new), *parts[place:]]


def _in_lines(draw: st.DrawFn, text: str) -> str:
    return "\n".join(_edited(draw, text.split("\n"), WORDS))


def _in_words(draw: st.DrawFn, text: str) -> str:
    return " ".join(_edited(draw, text.split(" "), WORDS))


def _in_characters(draw: st.DrawFn, text: str) -> str:
    return "".join(_edited(draw, list(text), CHARACTERS))


@given(mutated())
@settings(max_examples=150)
def test_slips_of_the_pen_are_answered_in_words_and_places(text: str) -> None:
    assert counted(partial(_answered, text)) < 1_000_000


def _answered(text: str) -> None:
    try:
        spec = dsl.loads(text, "net.yaml")
        lower(spec)
        for variant in spec.variants:
            lower(dsl.choose(spec, variant))
    except SpecError as error:
        check_places(error, text)


def check_places(error: SpecError, text: str) -> None:
    """Each problem stands inside the file and renders."""
    lines = text.split("\n")
    for problem in error.problems:
        span = problem.span
        assert span.file == "net.yaml", problem
        assert 1 <= span.line <= len(lines), problem
        assert 1 <= span.column <= len(lines[span.line - 1]) + 1, problem
        for place, _ in problem.notes:
            assert 1 <= place.line <= len(lines), problem
    assert "^" in str(error)


def test_names_are_checked_as_often_as_one_likes() -> None:
    spec = dsl.loads(TEXT)
    assert names.check(spec) == names.check(spec) == []


def test_a_flood_of_problems_is_counted_but_not_all_shown() -> None:
    text = HEAD + "body:\n" + "".join(f"  - s{i}: 1x1 n{i}\n" for i in range(300))
    with pytest.raises(SpecError) as caught:
        dsl.loads(text)
    assert len(caught.value.problems) == 300
    assert str(caught.value).endswith("300 problems found; the first 100 are shown")
    assert str(caught.value).count("error[E023]") == 100


def test_a_long_spec_is_read_and_lowered_at_once() -> None:
    few, many = (HEAD + "body: [" + ", ".join(["1x1 8"] * n) + "]\n" for n in (1225, 4900))
    less = counted(lambda: lower(dsl.loads(few)))
    assert counted(lambda: lower(dsl.loads(many))) < 5 * less


def test_a_file_holds_only_so_many_variants() -> None:
    many = "".join(f"  v{i}: {{set: {{classes: 5}}}}\n" for i in range(40))
    with pytest.raises(SpecError, match="more than 32 variants"):
        dsl.loads(TEXT + "variants:\n" + many)
