"""Splits that share channels out: what a spec says of them, and how they change with it.

What they compute is held where everything is: on the odd specs and on drawn ones, which have some.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import dsl
from compiler.cost import Report, cost
from compiler.diff import compare
from compiler.ir.ending import endings
from compiler.ir.network import Network
from compiler.ir.nodes import Parallel, leaves, nodes
from compiler.ir.op import Shape, ShapeFault
from compiler.ir.rewriting import thread
from compiler.ir.symbols import Sym, quotient, total
from compiler.lowering.lower import lower
from compiler.nn.module import build, compile_spec
from compiler.oracle.check import cross_check
from compiler.oracle.check_module import built, first_apart, observed
from compiler.oracle.observe import Observation
from compiler.source import emit
from dsl.models.layers import Split
from tests import odd_specs
from tests.test_scripting import check_scripts
from tests.test_source import imported

MIXER = """
name: mixer
input: [3, 16, 16]
classes: 10
stem: [3x3 64 /2]
inception:
  Mix:
    params: [w]
    split: [rest, w, in/8, w]
    concat: [identity, 3x3 depthwise, 1x11 depthwise, 11x1 depthwise]
    residual: {act: none}
body: [m: Mix w=8 x2, {split: [16, rest], concat: [b: 3x3 8, identity]}]
head: [globalpool avg, fc classes]
"""


def one(steps: str, head: str = "globalpool avg, fc classes") -> dsl.Spec:
    """A network whose body gets 16 channels."""
    return dsl.loads(
        f"name: one\ninput: [3, 12, 10]\nclasses: 4\nstem: [3x3 16]\n"
        f"body: [{steps}]\nhead: [{head}]\n"
    )


def parallel(net: Network) -> Parallel:
    """The first split, wherever it is."""
    return next(node for _, node in nodes(net.nodes) if isinstance(node, Parallel))


def changed(spec: dsl.Spec, **changes: Any) -> Parallel:
    return parallel(lower(dsl.change(spec, dsl.Changes(**changes))))


def test_each_branch_gets_its_share_in_order() -> None:
    node = parallel(lower(one("{split: [rest, in/4, 3], concat: [identity, relu, 1x1 5]}")))
    assert node.shares == (9, 4, 3)
    assert [branch.inp.channels for branch in node.branches] == [9, 4, 3]
    assert node.out == Shape(18, 12, 10)


def test_other_words_for_the_same_shares_make_the_same_network() -> None:
    texts = ["equal", "[rest, in/2]", "[8, rest]", "[8, 8]", "[in/2, in/2]"]
    nets = [lower(one(f"{{split: {text}, concat: [identity, 3x3 in]}}")) for text in texts]
    assert all(not compare(nets[0], net) for net in nets)
    assert len({emit(net) for net in nets}) == 1
    assert "x1, x2 = x.chunk(2, dim=1)" in emit(nets[0])


def test_other_shares_are_a_difference_even_where_nothing_else_is() -> None:
    steps = "{{split: {}, concat: [identity, relu]}}"
    mine, theirs = (lower(one(steps.format(text))) for text in ("[4, rest]", "[12, rest]"))
    assert [(c.what, c.old, c.new) for c in compare(mine, theirs)] == [("split", "4|12", "12|4")]
    whole = lower(one("{concat: [identity, relu]}"))
    assert ("split", "4|12", "none") in [(c.what, c.old, c.new) for c in compare(mine, whole)]
    nested = lower(one("{concat: [{split: [4, rest], concat: [identity, relu]}, tanh]}"))
    flat = lower(one("{concat: [identity, relu, tanh]}"))
    assert any(change.what != "form" for change in compare(nested, flat))


def test_a_split_in_python() -> None:
    branches = (dsl.step("identity"), dsl.step("1x1 8"))
    equal = Split(branches=branches, split="equal")  # type: ignore[arg-type]  # as in a file
    assert equal == Split(branches=branches, split=("equal",))
    assert Split(branches=branches, split=("rest", 8)).split == ("rest", 8)
    assert Split(branches=branches).split == ()
    with pytest.raises(dsl.SpecError, match=r"split\.1 takes rest"):
        Split(branches=branches, split=("rest", "in+1"))


def test_a_step_may_be_called_split_and_so_may_a_branch_beside_no_shares() -> None:
    spec = one("split: [{concat: [split: 1x1 8, 3x3 8]}, 1x1 16]")
    made = dsl.change(spec, dsl.Changes(set={"split.0.split.width": 4}))
    assert lower(made).nodes[1].name == "split"
    assert parallel(lower(made)).branches[0].out.channels == 4


def test_shares_are_set_removed_and_kept_while_branches_change() -> None:
    spec = dsl.loads(MIXER)
    assert changed(spec, set={"inception.Mix.split": ["rest", "w", "w", "w"]}).shares[0] == 40
    assert changed(spec, set={"inception.Mix.split": ["rest", 1, "w", 2]}).shares == (53, 1, 8, 2)
    assert changed(spec, set={"m.w": 4}).shares == (48, 4, 8, 4)
    made = dsl.change(spec, dsl.Changes(set={"split.b": "1x1 4"}))
    assert parallel_at(lower(made), "split").shares == (16, 48)
    made = dsl.change(spec, dsl.Changes(remove=("body.split.split",)))
    assert parallel_at(lower(made), "split").inputs == (Shape(64, 8, 8),) * 2
    with pytest.raises(dsl.SpecError, match="no split to remove"):
        dsl.change(made, dsl.Changes(remove=("body.split.split",)))
    with pytest.raises(dsl.SpecError, match="4 shares for 3 branches"):
        dsl.change(spec, dsl.Changes(remove=("inception.Mix.branch1",)))
    with pytest.raises(dsl.SpecError, match="must be equal, or a list"):
        dsl.change(spec, dsl.Changes(set={"inception.Mix.split": "even"}))


def parallel_at(net: Network, path: str) -> Parallel:
    found = dict(nodes(net.nodes))[path]
    assert isinstance(found, Parallel)
    return found


def test_scaling_widths_scales_shares() -> None:
    net = lower(dsl.change(dsl.loads(MIXER), dsl.Changes.model_validate({"width": 0.5})))
    assert parallel(net).shares == (20, 4, 4, 4)
    assert parallel_at(net, "split").shares == (8, 24)


def test_a_map_of_other_channels_has_no_shares() -> None:
    node = parallel(lower(one("{split: [4, rest], concat: [identity, relu]}")))
    same = thread(node, Shape(16, 6, 5))
    assert isinstance(same, Parallel) and same.shares == (4, 12)
    assert [branch.inp for branch in same.branches] == [Shape(4, 6, 5), Shape(12, 6, 5)]
    with pytest.raises(ShapeFault, match="split shares out 16 channels, it gets 20"):
        thread(node, Shape(20, 6, 5))


def test_a_split_is_built_with_its_shares_whatever_the_classes() -> None:
    spec = one(
        "globalpool avg", "fc classes*3, {split: [classes, rest], concat: [relu, tanh]}, fc classes"
    )
    model = compile_spec(spec, num_classes=7)
    assert parallel(model.network).shares == (7, 14)
    with pytest.raises(ValueError, match="the shares of split follow from them"):
        model.reset_classifier(9)
    assert "def reset_classifier" not in emit(model.network)
    beside = one("{split: [8, rest], concat: [identity, relu]}")
    assert "def reset_classifier" in emit(lower(beside))
    model = compile_spec(beside)
    model.reset_classifier(9)
    assert model(torch.zeros(2, 3, 12, 10)).shape == (2, 9)


def test_a_part_of_a_softmax_is_no_softmax_and_a_part_of_a_sigmoid_is_one() -> None:
    for act, ending in (("softmax", "altered"), ("sigmoid", "sigmoid")):
        split = "{split: [1, rest], concat: [identity, identity]}"
        assert endings(lower(one("identity", f"globalpool avg, fc classes, {act}, {split}"))) == {
            "logits": ending
        }


def test_parts_of_a_parameter_add_up_to_it_where_nothing_is_left_over() -> None:
    n = Sym.named(12, "n")
    third = quotient(n, 3)
    assert str(total([n, -1 * third, -1 * third])) == "n - 2 * (n // 3)"
    assert str(total([n, -1 * third])) == "n - n // 3"
    assert str(total([third, third, third])) == "n"
    assert str(total([quotient(n, 5)] * 5)) == "5 * (n // 5)"


def test_a_branch_in_place_leaves_the_others_alone() -> None:
    """Torch refuses work in place on a view that has siblings; no layer here does any."""
    acts = "relu, relu6, [3x3 in/4 relu], [batchnorm, relu]"
    net = lower(one(f"{{split: equal, concat: [{acts}]}}, {{split: equal, add: [relu, tanh]}}"))
    source = imported(net, emit(net)).One()
    for model in (build(net), source):
        model.train()(torch.randn(2, 3, 12, 10, requires_grad=True)).sum().backward()


@pytest.mark.parametrize("training", [False, True])
def test_it_is_exported_and_traced(training: bool) -> None:
    net = lower(dsl.loads(MIXER))
    x = torch.randn(2, 3, 16, 16)
    source = imported(net, emit(net)).Mixer().train(training)
    for model in (source, build(net).train(training)):
        exported = torch.export.export(model, (x,)).module()
        torch.testing.assert_close(exported(x), model(x), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(torch.fx.symbolic_trace(source)(x), source(x))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_it_scripts(tmp_path: Path) -> None:
    check_scripts(lower(odd_specs.spec("shares")), tmp_path, (16, 16))


NORMS = ["instancenorm", "instancenorm gamma", "groupnorm 2", "layernorm", "batchnorm", "l2norm"]


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("norm", NORMS)
def test_what_is_laid_out_anew_before_a_norm_counts(norm: str, training: bool, batch: int) -> None:
    """Of one image a piece of the channels lies in a row already."""
    shared = f"{{split: [12, 4], concat: [[{norm}, 1x1 1], [identity, {norm}, 1x1 1]]}}"
    report = cost(lower(one(shared)), batch=batch, training=training)
    found = observed(built(report), report)
    assert report.total.peak_bytes == found.peak_bytes
    assert not training or report.total.saved_for_backward_bytes == found.saved_bytes


def test_a_difference_beside_shares_is_found_in_the_whole_split() -> None:
    """A branch that has a share can't run without the others, which have the rest."""
    report = cost(lower(one("a: {split: [12, 4], concat: [[3x3 4, 1x1 2], identity]}")))

    def apart(short: Report, found: Observation) -> tuple[object, object]:
        return 0, int(any(path.startswith("a.") for path, _ in leaves(short.network.nodes)))

    path, _, _ = first_apart(report, apart)
    assert path == "a"


def test_one_channel_behind_a_layer_norm_is_checked() -> None:
    for size, window in (("16", "3"), ("16, 16", "3x3"), ("6, 6, 6", "3x3x3")):
        text = f"name: n\ninput: [1, {size}]\nclasses: 1\nbody: [{window} 1 norm=layer]\n"
        report = cross_check(lower(dsl.loads(f"{text}head: [globalpool avg, fc classes]\n")))
        assert report.ok, "\n".join(report.lines())
