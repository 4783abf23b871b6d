"""What differs between two networks: matched by name and kind, said once, with the cost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import dsl
from compiler.cli import run
from compiler.diff import Change, diff
from compiler.ir.network import Network
from compiler.ir.nodes import leaves
from compiler.lowering.lower import lower
from dsl.models import shelf
from tests.networks import BASE


def changed(edits: dict[str, object], text: str = BASE) -> list[Change]:
    """What a few edits of the base change."""
    base = dsl.loads(text)
    return list(diff(lower(base), lower(dsl.change(base, edits))).changes)


def said(change: Change) -> tuple[str, str, object, object]:
    return change.place.one or change.place.other, change.what, change.old, change.new


EDITS: dict[str, tuple[dict[str, object], list[tuple[object, ...]]]] = {
    "a kernel": ({"conv1": "5x5 16 /2"}, [("conv1", "kernel", "3x3", "5x5")]),
    "a width": ({"conv1.width": 24}, [("conv1", "width", 16, 24)]),
    "a stride": ({"conv1": "3x3 16"}, [("conv1", "stride", "2x2", "1x1")]),
    "TF's padding": ({"pool1.padding": "tf_same"}, [("pool1", "padding", "same", "tf_same")]),
    "no norm": (
        {"conv1.norm": "none"},
        [("conv1", "norm", "batch norm", "none"), ("conv1", "bias", False, True)],
    ),
    "gamma": ({"conv1.gamma": "false"}, [("conv1", "gamma", True, False)]),
    "eps": ({"conv1.eps": 0.001}, [("conv1", "eps", 1e-5, 0.001)]),
    "momentum": ({"conv1.momentum": 0.2}, [("conv1", "momentum", 0.1, 0.2)]),
    "an activation": ({"conv1.act": "silu"}, [("conv1", "activation", "ReLU", "SiLU")]),
    "groups": (
        {"inception.A.b2.1.groups": 2},
        [(f"{step}.b2.1", "groups", 1, 2) for step in ("a", "b", "row.0", "row.1", "row.2")],
    ),
    "dilation": ({"conv1.dilation": 2}, [("conv1", "dilation", "1x1", "2x2")]),
    "an initialisation": (
        {"conv1.init": "he_normal"},
        [("conv1", "init", "the network's", "he_normal")],
    ),
    "how weights are drawn": ({"defaults.init": "he_normal"}, [("", "init", "torch", "he_normal")]),
    "rounding": (
        {"pool1": "maxpool 3x3 /2 ceil"},
        [("pool1", "padding", "same", "valid"), ("pool1", "rounds", "down", "up")],
    ),
    "what an average counts": (
        {"defaults.avgpool": "nopad"},
        [
            (f"{step}.pool.0", "count_padding", True, False)
            for step in ("a", "b", "row.0", "row.1", "row.2")
        ],
    ),
    "another kind of layer": (
        {"pool1": "avgpool 3x3 /2"},
        [("pool1", "layer", "max pool 3×3 s2", "avg pool 3×3 s2")],
    ),
    "the rate of dropout": ({"head.dropout": 0.1}, [("dropout", "p", 0.4, 0.1)]),
    "classes": ({"classes": 7}, [("", "classes", 10, 7)]),
    "the input": ({"input": [1, 64, 96]}, [("", "input", "3x64x64", "1x64x96")]),
    "how often": ({"row.repeat": 2}, [("row", "repeat", 3, 2)]),
    "once": ({"row.repeat": 1}, [("row", "repeat", 3, 1)]),
    "the scale": ({"inception.R.residual.scale": 0.2}, [("res", "residual scale", 0.5, 0.2)]),
    "its activation": (
        {"inception.R.residual.act": "none"},
        [("res", "residual activation", "ReLU", "none")],
    ),
    "the loss": ({"aux.helper.weight": 0.4}, [("helper", "loss weight", 0.3, 0.4)]),
    "no head": ({"aux": []}, [("helper", "step", "auxiliary head from row", None)]),
}


@pytest.mark.parametrize("what", EDITS)
def test_each_fact_is_found_where_it_is_and_no_other(what: str) -> None:
    edits, expected = EDITS[what]
    assert sorted(map(repr, map(said, changed(edits)))) == sorted(map(repr, expected))


SHELF = [(name, variant) for name in shelf.names() for variant in (None, *dsl.load(name).variants)]


@pytest.mark.parametrize(("name", "variant"), SHELF)
def test_a_network_equals_itself(name: str, variant: str | None) -> None:
    network = lower(dsl.load(name, variant))
    again = lower(dsl.loads(dsl.dump(dsl.load(name, variant))))
    found = diff(network, again)
    assert found.changes == ()
    assert "no difference in structure" in found.as_text()


@pytest.mark.parametrize(("name", "variant"), [pair for pair in SHELF if pair[1]])
def test_the_other_way_round_it_is_the_opposite(name: str, variant: str) -> None:
    one, other = lower(dsl.load(name)), lower(dsl.load(name, variant))
    there, back = diff(one, other).changes, diff(other, one).changes
    assert there
    opposite = [(c.what, c.place.other, c.place.one, c.new, c.old) for c in back]
    found = [(c.what, c.place.one, c.place.other, c.old, c.new) for c in there]
    assert sorted(map(repr, found)) == sorted(map(repr, opposite))


def lines(one: Network, other: Network) -> list[str]:
    """The structure's lines, without the heading and the cost."""
    text = diff(one, other).as_text().partition("\n\ncost")[0]
    return [line.strip() for line in text.split("\n")[1:]]


SMALL = """
extends: inception_v3
name: small
classes: 10
width: 0.5
stem: [3x3 16 /2, 3x3 96, maxpool 3x3 /2]
"""


def test_the_five_lines_of_a_small_network_show_up_right() -> None:
    base, small = lower(dsl.load("inception_v3")), lower(dsl.loads(SMALL))
    assert lines(base, small) == [
        "~ widths x 0.5 in 93 of the 93 that differ",
        "~ network: classes 1000 -> 10",
        "~ conv_1a = conv1, conv_4a = conv2, pool_5a = pool1: padding valid -> same",
        "- conv_2a: conv 3×3 V → 32",
        "- conv_2b: conv 3×3 → 64",
        "- pool_3a: max pool 3×3 s2 V",
        "- conv_3b: conv 1×1 → 80",
    ]


def test_a_parameter_of_one_step_is_said_with_the_step() -> None:
    """All six widths that differ share a factor, and yet what matters is where they are."""
    base = dsl.load("inception_v3")
    made = dsl.change(base, {"mixed_6b.c7": 96})
    (said,) = lines(lower(base), lower(made))
    assert said.startswith("~ block B ")
    assert "(mixed_6b)" in said
    assert said.endswith(": width 128 -> 96")


def test_what_is_the_same_all_over_is_said_once() -> None:
    one, other = (lower(dsl.load("googlenet", v)) for v in (None, "torchvision"))
    assert lines(one, other) == [
        "~ block v1 b5.1 (inception_3a to inception_5b, 9 steps): kernel 5x5 -> 3x3",
        "~ pool4: kernel 3x3 -> 2x2, padding valid -> same",
        "~ dropout: rate 0.4 -> 0.2",
    ]
    slower = dsl.change(dsl.load("googlenet"), {"defaults.momentum": 0.01})
    assert lines(one, lower(slower)) == ["~ 59 layers: momentum 0.1 -> 0.01"]
    deep = dsl.load("inception_resnet_v2")
    changed = dsl.change(deep, {"defaults.eps": 0.5})
    normed = sum(key.endswith("running_mean") for key in _state(lower(deep)))
    assert lines(lower(deep), lower(changed)) == [f"~ {normed} layers: eps 0.001 -> 0.5"]


def _state(network: Network) -> list[str]:
    return [
        f"{path}.{name}"
        for path, leaf in leaves(network.nodes)
        for name in leaf.op.buffers(leaf.inp)
    ]


def test_branches_are_matched_by_what_they_are_and_not_by_their_places() -> None:
    base = dsl.loads(BASE)
    branch = {"before": "inception.A.b1", "new": "3x3 4"}
    made = dsl.change(base, dsl.Changes(insert=(branch,), remove=("inception.A.b2",)))
    assert lines(lower(base), lower(made)) == [
        "+ block A new (a to row.2, 5 steps): conv 3×3 → 4",
        "- block A b2 (a to row.2, 5 steps): conv 1×1 → 8, conv 3×3 → 16",
        "~ block R then (res): width 28 -> 16",
    ]


def test_steps_are_matched_whatever_else_they_are_called() -> None:
    renamed = BASE.replace("a: A", "Mixed_A: A").replace("b: A", "other: A")
    assert diff(lower(dsl.loads(BASE)), lower(dsl.loads(renamed))).changes == ()


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    assert run(["diff", "inception_v3", str(path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"inception_v3 -> {path}\n  ~ widths x 0.5 in 93 of the 93 that differ\n")
    assert "parameters" in out
    assert run(["diff", "googlenet", "googlenet@torchvision", "--exit-code"]) == 1
    assert run(["diff", "googlenet", "googlenet", "--exit-code"]) == 0
    capsys.readouterr()
    assert run(["diff", "googlenet", "googlenet@torchvision", "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["names"] == ["googlenet", "googlenet@torchvision"]
    assert data["cost"]["params"] == [7005832, 6624904]
    assert data["changes"][0] == {
        "kind": "changed", "what": "kernel", "old": "5x5", "new": "3x3", "block": "v1",
        "path": "inception_3a.b5.1", "other_path": "inception_3a.b5.1", "inner": "b5.1",
    }  # fmt: skip


def test_the_command_s_refusals(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "googlenet", "googlenet@torchvison"]) == 1
    assert "did you mean torchvision?" in capsys.readouterr().err
    assert run(["diff", "googlenet"]) == 2
    assert "there is nothing to compare with: name B" in capsys.readouterr().err
    assert run(["diff", "googlenet", "no_such_module_:Net"]) == 1
    assert "no_such_module_" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("inception_v3", "torchvision:inception_v3"),
        ("googlenet@torchvision", "torchvision:googlenet"),
    ],
)
def test_against_public_models(ours: str, theirs: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", ours, theirs, "--exit-code"]) == 0
    assert "no difference in structure" in capsys.readouterr().out
    assert run(["diff", "googlenet", theirs, "--exit-code"]) == 1


def test_ties_are_broken_the_same_both_ways() -> None:
    ends = "input: [3, 16, 16]\nclasses: 2\nhead: [globalpool avg, fc classes]\n"
    texts = ("[1x1 4, 3x3 4]", "[3x3 4, 1x1 4]", "[lrn 5, 3x3 4, silu]", "[silu, 3x3 4, lrn 5]")
    networks = [lower(dsl.loads(f"name: net\nstem: {stem}\n{ends}")) for stem in texts]
    for one, other in ((networks[0], networks[1]), (networks[2], networks[3])):
        there, back = diff(one, other).changes, diff(other, one).changes
        opposite = [(c.what, c.place.other, c.place.one, c.new, c.old) for c in back]
        found = [(c.what, c.place.one, c.place.other, c.old, c.new) for c in there]
        assert found
        assert sorted(map(repr, found)) == sorted(map(repr, opposite))


def test_what_a_model_prints_is_no_part_of_the_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "talkative.py"
    path.write_text(
        "from torch import nn\n\ndef net() -> nn.Module:\n    print('hello')\n"
        "    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(),\n"
        "                         nn.Linear(8, 10))\n",
        encoding="utf-8",
    )
    one = tmp_path / "one.yaml"
    one.write_text(BASE, encoding="utf-8")
    assert run(["diff", str(one), f"{path}:net", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["names"][0] == str(one)
    assert "hello" in err


FAMILY = """
name: {name}
input: [3, 64, 64]
classes: 10
stem: [conv1: 3x3 16 /2]
inception:
  A: {{concat: [1x1 8, 3x3 8], then: 1x1 in linear, residual: {{}}}}
  B: {{concat: [1x1 8, [1x7 8, 7x1 8]], then: 1x1 in linear, residual: {{}}}}
  plain: {{concat: [1x1 12, 3x3 12]}}
reduction:
  R: {{concat: [3x3 8 /2, maxpool 3x3 /2]}}
body: [{body}]
head: [globalpool avg, fc classes]
"""


def paired(one: str, other: str) -> list[tuple[str, str]]:
    """The steps that belong together and differ, and what is on one side only, in either order."""
    both = [lower(dsl.loads(FAMILY.format(name=n, body=b))) for n, b in (("a", one), ("b", other))]
    found = [
        (old.name if old else "", new.name if new else "")
        for beside in diff(both[0], both[1]).steps
        for old, new in beside.pairs
    ]
    swapped = [pair for beside in diff(both[1], both[0]).steps for pair in beside.pairs]
    assert sorted((n.name if n else "", o.name if o else "") for o, n in swapped) == sorted(found)
    return found[1:-3]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [  # Inception-ResNet-v1 and v2 call the blocks of their grids so.
     ("r1: A x5, m: R, r2: B x9", "plain: plain, r0: A x10, m: R, r1: B x20",
      [("", "plain"), ("r1", "r0"), ("m", "m"), ("r2", "r1")]),
     # The same name, and what is there is the same as well: only its grid is another.
     ("m: R, a1: A, a2: A", "a1: A, a2: A", [("m", ""), ("a1", "a1"), ("a2", "a2")]),
     # Without names, the grid: the reduction stands beside the reduction.
     ("a: plain, b: plain, m: R, c: plain, d: plain", "e: plain, f: plain, n: R",
      [("a", "e"), ("b", "f"), ("m", "n"), ("c", ""), ("d", "")]),
     # What there is more of comes last, whatever the layers before.
     ("x: 3x3 8, y: 1x1 8, a: plain, b: plain", "c: plain, d: plain, e: plain",
      [("x", ""), ("y", ""), ("a", "c"), ("b", "d"), ("", "e")]),
     ("r: B x3, m: R", "q: B x2, m: R, r: A x3", [("r", "q"), ("m", "m"), ("", "r")])],
)  # fmt: skip
def test_blocks_belong_together_by_their_grid_and_by_what_they_are(
    one: str, other: str, expected: list[tuple[str, str]]
) -> None:
    assert paired(one, other) == expected


def test_inception_resnets_of_one_family_are_paired_block_by_block() -> None:
    one, other = (lower(dsl.load(f"inception_resnet_{v}")) for v in ("v1", "v2"))
    blocks = {c.place.block for c in diff(one, other).changes if c.place.block}
    assert blocks == {"block35", "A_to_B", "block17", "B_to_C", "block8"}
