"""Residual sums around steps in order, and layers on their shortcuts."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import dsl
from compiler.cost import cost
from compiler.diff import compare
from compiler.lowering.lower import lower
from compiler.nn.extractor import compile_features
from compiler.nn.module import build, compile_spec
from compiler.oracle.check import cross_check
from compiler.oracle.proof import prove
from compiler.source import emit
from dsl.models.changes import Width
from tests import odd_specs
from tests.networks import dots
from tests.numpy_network import run
from tests.parity import randomise
from tests.test_source import imported

HEAD = "name: n\ninput: [3, 16, 16]\nclasses: 4\nstem: [conv: 3x3 8]\n"
TAIL = "head: [globalpool avg, fc classes]\n"
DOWN = """strided:
  Down:
    params: {w: , s: 2}
    do: [3x3 w /s, 3x3 w act=none]
    residual: {shortcut: 1x1 w /s act=none, scale: 0.5}
body: [a: Down w=16, b: Down w=16 s=1]
"""


def spec(body: str) -> dsl.Spec:
    return dsl.loads(f"{HEAD}{body}{TAIL}")


def test_a_block_is_written_as_one_thinks_it() -> None:
    model = compile_spec(spec(DOWN)).double()
    randomise(model)
    names = dict(model.named_modules())
    x = torch.randn(2, 3, 16, 16, dtype=torch.float64)
    for mode in (True, False):
        model.train(mode)
        y = names["conv"](x)
        for block in ("a", "b"):
            f = names[f"{block}.conv2"](names[f"{block}.conv1"](y))
            y = torch.relu(names[f"{block}.shortcut"](y) + 0.5 * f)
        logits = names["fc"](y.mean((2, 3)))
        torch.testing.assert_close(model(x), logits, rtol=1e-12, atol=1e-12)
    assert {key.split(".")[1] for key in model.state_dict() if key.startswith("a.")} == {
        "conv1", "conv2", "shortcut"}  # fmt: skip


def test_numpy_agrees() -> None:
    made = spec(DOWN)
    model = compile_spec(made).double().eval()
    randomise(model)
    x = torch.randn(2, 3, 16, 16, dtype=torch.float64)
    state = {key: value.numpy() for key, value in model.state_dict().items()}
    np.testing.assert_allclose(
        run(made, state, x.numpy()).logits, model(x).detach().numpy(), rtol=1e-9, atol=1e-9
    )


def test_the_emitted_source_reads_as_written_by_hand() -> None:
    text = emit(lower(spec(DOWN)))
    assert '"""ReLU(1x1/s + 0.5 * {3x3/s-3x3}): (N, C, H, W) -> (N, w, H\', W\')."""' in text
    assert "y: Tensor = self.conv1(x)\n        y = self.conv2(y)\n" in text
    assert "return F.relu(torch.add(self.shortcut(x), y, alpha=0.5), inplace=True)" in text
    plain = emit(lower(spec(DOWN.replace(", scale: 0.5", ""))))
    assert "return F.relu(y + self.shortcut(x), inplace=True)" in plain
    model = imported(lower(spec(DOWN)), text).N()
    assert model(torch.randn(2, 3, 16, 16)).shape == (2, 4)


def one_branch(form: str) -> str:
    return f"body: [{form}]\n"


@pytest.mark.parametrize(
    "form",
    [
        "{concat: [3x3 8]}",
        "{add: [[3x3 8, 1x1 8]], then: 1x1 8}",
        "{concat: [[3x3 8, 1x1 in]], residual: {}}",
        "{concat: [3x3 8], residual: {shortcut: 1x1 8}}",
        "{do: [3x3 8], residual: {shortcut: {concat: [1x1 8]}}}",
    ],
)
def test_one_branch_is_joined_with_nothing(form: str) -> None:
    network = lower(spec(one_branch(form)))
    text = emit(network)
    assert "torch.cat" not in text and "Concat" not in text and "Add(" not in text
    for drawing in dots(network).values():
        assert ">concat<" not in drawing and ">add<" not in drawing


def test_an_unnamed_step_leaves_the_shortcut_its_name() -> None:
    network = lower(spec("body: [x: {do: [3x3 8], residual: {shortcut: {conv: 1x1 8 linear}}}]\n"))
    keys = build(network).state_dict()
    assert {"x.conv1.conv.weight", "x.conv.weight"} <= keys.keys()
    report = prove(network, emit(network))
    assert report.ok, "\n".join(report.lines())


def test_what_is_written_in_two_ways_computes_the_same() -> None:
    pairs = [
        (
            "{do: [3x3 8, 3x3 8 linear], residual: {shortcut: 1x1 8 linear}}",
            "[{add: [[3x3 8, 3x3 8 linear], 1x1 8 linear]}, relu]",
        ),
        (
            "{do: [3x3 8, 3x3 8], residual: {act: none}}",
            "{concat: [[3x3 8, 3x3 8]], residual: {act: none}}",
        ),
        (
            "{do: [3x3 8], residual: {shortcut: 1x1 8, scale: 0.1}}",
            "{concat: [3x3 8], residual: {shortcut: 1x1 8, scale: 0.1}}",
        ),
    ]
    for one, other in pairs:
        first, second = (lower(spec(f"body: [x: {form}]\n")) for form in (one, other))
        assert {change.what for change in compare(first, second)} == {"form"}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("residual: {shortcut: 1x1 8 linear, scale: 0.1}", "residual scale"),
        ("residual: {shortcut: 1x1 8 linear, act: tanh}", "residual activation"),
        ("residual: {shortcut: 3x3 8 linear}", "kernel"),
        ("residual: {}", "step"),
    ],
)
def test_what_differs_is_told(change: str, what: str) -> None:
    for form in ("do: [3x3 8]", "concat: [1x1 4, 3x3 4]"):
        one = lower(spec(f"body: [x: {{{form}, residual: {{shortcut: 1x1 8 linear}}}}]\n"))
        other = lower(spec(f"body: [x: {{{form}, {change}}}]\n"))
        found = compare(one, other)
        assert what in {each.what for each in found}
        assert compare(one, one) == []


def test_the_field_is_that_of_both_sides() -> None:
    deep = spec("body: [x: {do: [1x1 8], residual: {shortcut: 5x5 8 linear}}]\n")
    report = cost(lower(deep))
    assert {row.path: row.receptive_field for row in report.blocks}["x"] == (7, 7)
    assert cross_check(lower(deep)).ok


def test_features_are_taken_behind_it() -> None:
    assert [info.reduction for info in compile_features(spec(DOWN)).feature_info] == [1, 2]


def test_an_odd_size_that_the_sides_halve_differently_is_refused_by_name() -> None:
    text = "body: [x: {do: [maxpool 2x2 /2 valid], residual: {shortcut: 1x1 in /2 linear}}]\n"
    model = compile_spec(spec(text)).eval()
    assert model(torch.randn(1, 3, 10, 10)).shape == (1, 4)
    with pytest.raises(ValueError, match=r"x: the residual sum adds 8x6x6 and 8x5x5"):
        model(torch.randn(1, 3, 11, 11))


# --- Changing, writing -----------------------------------------------------------------------


def test_addresses_lead_to_the_shortcut() -> None:
    base = spec(DOWN)
    made = dsl.change(
        base,
        {
            "strided.Down.residual.shortcut": ["avgpool 2x2 /s", "1x1 w act=none"],
            "strided.Down.conv1.act": "tanh",
        },
    )
    assert "residual: {shortcut: [avgpool 2x2 /s, 1x1 w act=none], scale: 0.5}" in dsl.dump(made)
    assert "3x3 w /s tanh" in dsl.dump(made)
    gone = dsl.change(base, dsl.Changes(remove=("strided.Down.residual.shortcut",)))
    assert "residual: {scale: 0.5}" in dsl.dump(gone)
    wide = dsl.change(base, {"strided.Down.residual.shortcut.kernel": "3x3"})
    assert "shortcut: 3x3 w /s act=none" in dsl.dump(wide)


def test_a_sum_is_put_around_a_block_that_had_none() -> None:
    base = spec("inception: {A: [3x3 8, 1x1 in]}\nbody: [A]\n")
    made = dsl.change(base, {"inception.A.residual": {"shortcut": "1x1 in linear", "scale": 0.5}})
    assert "residual: {shortcut: 1x1 in linear, scale: 0.5}" in dsl.dump(made)
    assert dsl.loads(dsl.dump(made)) == made
    back = dsl.change(made, dsl.Changes(remove=("inception.A.residual",)))
    assert back.inception == base.inception


def test_widths_on_the_shortcut_scale_with_the_rest() -> None:
    base = spec("body: [x: {do: [3x3 64], residual: {shortcut: 1x1 64 linear}}]\n")
    made = dsl.change(base, dsl.Changes(width=Width(by=0.5)))
    assert "residual: {shortcut: 1x1 32 linear}" in dsl.dump(made)
    lower(made)


def test_it_is_written_and_read_again() -> None:
    for made in (odd_specs.spec("shortcuts"), spec(DOWN)):
        assert dsl.loads(dsl.dump(made)) == made


# --- Advice ----------------------------------------------------------------------------------


MENDED = {
    # What the steps say, and the shortcut: what is advised for it.
    ("1x1 w, 3x3 w /s, 1x1 w*4 act=none", "1x1 w /s act=none"): "1x1 w*4 /s act=none",
    ("3x3 w /s, 3x3 w act=none", "1x1 w /2 linear"): "1x1 w /s linear",
    ("3x3 w*4 /s", "1x1 w /2 linear"): "1x1 w*4 /s linear",
    ("3x3 w /s, 3x3 w act=none", "1x1 64 /2 norm=layer nogamma"): "1x1 w /s norm=layer nogamma",
    ("3x3 w /s", ""): "1x1 w /s act=none",
    ("3x3 w /s", "identity"): "1x1 w /s act=none",
    ("Down w=w*2 s=s, 3x3 w", ""): "1x1 w /s act=none",
    ("3x3 w /sx1", ""): "1x1 w /sx1 act=none",
    ("3x3 w, 3x3 in /s", "1x1 w /s"): "1x1 in /s",
    ("1x1 w, 1x1 in/2 /s", "avgpool 3x3 /s"): "[avgpool 3x3 /s, 1x1 in/2 act=none]",
    ("3x3 w /s", "[avgpool 3x3 /2, 1x1 64 linear]"): "[avgpool 3x3 /s, 1x1 w linear]",
    ("3x3 w /s", "[pool: avgpool 3x3 /s, 1x1 w*2]"): "[pool: avgpool 3x3 /s, 1x1 w]",
}
CALLED = """strided:
  Down: {{params: {{w: , s: 2}}, concat: [3x3 w /s, maxpool 3x3 /s]}}
  A: {{params: {{w: , s: 1}}, do: [{steps}], residual: {{{shortcut}}}}}
body: [{calls}]
"""


@pytest.mark.parametrize(("given", "advised"), MENDED.items(), ids=str)
def test_following_the_advice_is_right_for_every_call_of_the_block(
    given: tuple[str, str], advised: str
) -> None:
    """The author's step stays but for what is wrong, and parameters stay parameters."""
    steps, shortcut = given
    first, then = "a: A w=16 s=4", "b: A w=24, c: A w=12 s=2"
    before = f"shortcut: {shortcut}" if shortcut else ""
    text = CALLED.format(steps=steps, shortcut=before, calls=first)
    with pytest.raises(dsl.SpecError) as caught:
        lower(spec(text))
    (problem,) = caught.value.problems
    assert problem.code == "E112"
    assert f"`shortcut: {advised}`" in problem.help or f"{{shortcut: {advised}}}`" in problem.help
    calls = f"{first}, {then}"
    lower(spec(CALLED.format(steps=steps, shortcut=f"shortcut: {advised}", calls=calls)))


def advice(body: str, grid: str = "16, 16", inception: str = "") -> str:
    """The help of the one error that a spec has."""
    text = f"name: n\ninput: [8, {grid}]\nclasses: 4\n{inception}body: [{body}]\n"
    with pytest.raises(dsl.SpecError) as caught:
        lower(dsl.loads(text))
    (problem,) = caught.value.problems
    return problem.help


def test_a_projection_is_advised_in_words_of_the_language() -> None:
    assert "{shortcut: 1x1 16 act=none}" in advice("{do: [3x3 16], residual: {}}")
    assert "{shortcut: 1x1 16 /2x1 act=none}" in advice("{do: [3x3 16 /2x1], residual: {}}")
    assert "{shortcut: 1 16 /2 act=none}" in advice("{do: [3 16 /2], residual: {}}", "64")
    clip = advice("{do: [3x3x3 16 /1x2x2], residual: {}}", "4, 16, 16")
    assert "{shortcut: 1x1x1 16 /1x2x2 act=none}" in clip
    twice = advice("{do: [3x3 16 /2, maxpool 3x3 /2], residual: {}}", "15, 16")
    assert "{shortcut: 1x1 16 /4 act=none}" in twice
    assert advice("{do: [upsample 2], residual: {}}").startswith("keep the grid that came in")
    assert advice("{do: [flatten], residual: {}}").startswith("keep the grid that came in")


def test_no_layer_is_advised_that_holds_for_one_call_alone() -> None:
    """A width that is a sum, and a stride that is a product of two parameters."""
    strided = "strided: {A: {params: [w, s, t], do: [3x3 w /s, 3x3 w /t], residual: {}}}\n"
    assert "`" not in advice("A w=8 s=2 t=2", inception=strided)
    joined = "inception: {A: {params: [w], concat: [3x3 w, 1x1 in], residual: {}}}\n"
    assert "a parameter of the block can say the width, w + in" in advice("A w=4", inception=joined)


def test_unnamed_branches_leave_the_names_that_stand_beside_them() -> None:
    body = """inception:
  A: {concat: [1x1 4, 3x3 4], then: {branch1: 1x1 in}, residual: {act: none}}
  B: {concat: [1x1 4, 3x3 4], residual: {shortcut: {branch2: 1x1 8}}}
  C: {concat: [1x1 4, branch1: 3x3 4], then: {branch1_: 1x1 8}}
body: [a: A, b: B, c: C]
"""
    network = lower(spec(body))
    assert (cross_check(network) + prove(network, emit(network))).ok
    keys = {key.rpartition(".conv")[0] for key in build(network).state_dict()}
    assert {"a.branch1_", "a.branch2", "a.branch1", "b.branch2_", "b.branch2"} <= keys
    assert {"c.branch1__", "c.branch1", "c.branch1_"} <= keys
    wider = dsl.change(spec(body), {"inception.A.branch1_": "1x1 6", "inception.C.then.width": 5})
    assert "- 1x1 6" in dsl.dump(wider) and "branch1_: 1x1 5" in dsl.dump(wider)
    again = dsl.loads(dsl.dump(spec(body)))
    assert again == spec(body)


def test_a_width_that_is_a_sum_is_told_in_the_names_of_the_language() -> None:
    body = "inception:\n  A: {params: [min_channels], concat: [3x3 min_channels, 1x1 in],"
    body += " residual: {shortcut: 1x1 4}}\nbody: [A min_channels=3]\n"
    with pytest.raises(dsl.SpecError, match="residual sum") as caught:
        lower(spec(body))
    (problem,) = caught.value.problems
    assert problem.help.endswith("can say the width, min_channels + in")
