"""What doesn't fit is named, all of it, and nothing is half-loaded."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import h5py
import pytest
import torch
from torch import nn

import dsl
from compiler import compile_spec, export_weights, load_weights
from compiler.lowering.prepare import prepare
from compiler.nn.module import CompiledNetwork
from compiler.weights import convert_weights
from compiler.weights.slots import slots
from dsl.models.weights import NameMap

TINY = """\
name: tiny
input: [3, 16, 16]
classes: 4
stem: [first: 3x3 8 /2 valid]
inception:
  A: {params: [c], concat: [1x1 c, [1x1 4, 3x3 c]]}
  S: {add: [main: [sepconv 3x3 in], skip: identity]}
body: [mixed: A c=8 x2, sep: S]
head: [globalpool avg, fc classes]
aux:
  - helper: {from: mixed, weight: 0.3, do: [globalpool avg, fc classes]}
weights:
  there:
    first: stem.1
    mixed.*: blocks.#3
    A: {branch1: one, branch2: two, branch2.1: three}
    helper: extra
    fc: classifier
  flat: maps/flat.yaml
  keras: {"**.conv": conv2d_#, "**.bn": batch_normalization_#, helper: none, fc: logits,
          S: {main.0.depthwise: wide, main.0.pointwise: wide, main.0.bn: norm}}
"""
FLAT = """\
first.conv: conv
first.bn: norm
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """The spec, with a map in a file beside it."""
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "flat.yaml").write_text(FLAT)
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return path


def names(path: Path, source: str, **options: Any) -> dict[str, str]:
    network = prepare(path, **options).network
    return {slot.path: slot.name for slot in slots(network, source)}


def filled(model: CompiledNetwork) -> CompiledNetwork:
    """The same with every number different."""
    with torch.no_grad():
        for place, value in enumerate(model.state_dict().values()):
            value.copy_(torch.randn(value.shape) + place)
    return model


def fault(path: Path, given: Any, source: str, **options: Any) -> dsl.SpecError:
    """What loading raises; the model stays as it was."""
    ours = compile_spec(path)
    before = {name: value.clone() for name, value in ours.state_dict().items()}
    with pytest.raises(dsl.SpecError) as caught:
        load_weights(ours, given, source, **options)
    for name, value in ours.state_dict().items():
        assert torch.equal(value, before[name]), name
    return caught.value


# --- Maps ---


def test_the_longest_address_names_and_the_rest_goes_on_unchanged(tiny: Path) -> None:
    found = names(tiny, "there")
    assert found["first.conv.weight"] == "stem.1.conv.weight"
    assert found["mixed.0.branch1.bn.bias"] == "blocks.3.one.bn.bias"
    assert found["mixed.1.branch2.0.conv.weight"] == "blocks.4.two.0.conv.weight"
    assert found["mixed.1.branch2.1.conv.weight"] == "blocks.4.three.conv.weight"
    assert found["sep.main.0.depthwise.weight"] == "sep.main.0.depthwise.weight"
    assert found["helper.fc.bias"] == "extra.fc.bias"
    assert found["fc.bias"] == "classifier.bias"


def test_addresses_of_one_name_count_together(tiny: Path) -> None:
    """Whatever each is called here, and as often as the names are asked for."""
    text = TINY.replace("first: stem.1", "first: part.#1").replace("blocks.#3", "part.#1")
    tiny.write_text(text.replace("    helper: extra", "    sep: part.#1\n    helper: extra"))
    network = prepare(tiny).network
    for _ in range(2):
        found = {slot.path: slot.name for slot in slots(network, "there")}
        assert found["first.conv.weight"] == "part.1.conv.weight"
        assert found["mixed.0.branch1.bn.bias"] == "part.2.one.bn.bias"
        assert found["mixed.1.branch1.bn.bias"] == "part.3.one.bn.bias"
        assert found["sep.main.0.bn.bias"] == "part.4.main.0.bn.bias"


def test_a_map_may_stand_in_a_file(tiny: Path) -> None:
    found = names(tiny, "flat")
    assert found["first.conv.weight"] == "conv.weight"
    assert found["first.bn.running_var"] == "norm.running_var"


def test_keras_counts_from_a_bare_name_and_says_what_it_lacks(tiny: Path) -> None:
    found = names(tiny, "keras")
    assert found["first.conv.weight"] == "conv2d/kernel"
    assert found["mixed.0.branch1.conv.weight"] == "conv2d_1/kernel"
    assert found["mixed.1.branch2.1.bn.weight"] == "batch_normalization_6/gamma"
    assert found["sep.main.0.depthwise.weight"] == "sep_wide/depthwise_kernel"
    assert found["sep.main.0.pointwise.weight"] == "sep_wide/pointwise_kernel"
    assert found["sep.main.0.bn.running_mean"] == "sep_norm/moving_mean"
    assert found["helper.fc.weight"] == found["first.bn.num_batches_tracked"] == ""


def test_names_of_the_spec_need_no_map(tiny: Path) -> None:
    found = names(tiny, "own")
    assert found == {name: name for name in compile_spec(tiny).state_dict()}


def test_an_address_is_misspelt_where_it_resembles_what_has_no_name(tiny: Path) -> None:
    tiny.write_text(TINY.replace("    first: stem.1", "    frist: stem.1"))
    with pytest.raises(dsl.SpecError) as caught:
        names(tiny, "there")
    assert str(caught.value) == (
        f"{tiny}:14:5: error[E026]: the names of there lead nowhere: tiny has no frist\n"
        " 14 |     frist: stem.1\n"
        "    |     ^^^^^ did you mean first?\n"
        "1 problem found"
    )


def test_a_misspelt_address_in_a_file_is_shown_there(tiny: Path) -> None:
    flat = tiny.parent / "maps" / "flat.yaml"
    flat.write_text(FLAT.replace("first.conv", "first.cnov"))
    with pytest.raises(dsl.SpecError) as caught:
        names(tiny, "flat")
    assert str(caught.value) == (
        f"{flat}:1:1: error[E026]: the names of flat lead nowhere: tiny has no first.cnov\n"
        " 1 | first.cnov: conv\n"
        "   | ^^^^^^^^^^ did you mean conv?\n"
        "1 problem found"
    )


def test_a_misspelt_address_inside_a_block(tiny: Path) -> None:
    tiny.write_text(TINY.replace("branch1: one", "brunch1: one"))
    with pytest.raises(dsl.SpecError, match=r"block A has no brunch1\n.*\n.*did you mean branch1"):
        names(tiny, "there")


def test_what_a_variant_removes_needs_no_other_map(tiny: Path) -> None:
    tiny.write_text(TINY + "variants: {short: {remove: [body.sep, aux.helper]}}\n")
    assert names(tiny, "there", variant="short")["fc.bias"] == "classifier.bias"


def test_two_tensors_can_t_have_one_name(tiny: Path) -> None:
    tiny.write_text(TINY.replace("branch2.1: three", "branch2.1: one"))
    with pytest.raises(dsl.SpecError) as caught:
        names(tiny, "there")
    problem = caught.value.problems[0]
    assert problem.code == "E151"
    assert problem.span.line == 16
    assert problem.message.startswith("there gives two tensors one name, blocks.3.one.")


def test_an_unknown_source_is_named_with_those_that_there_are(tiny: Path) -> None:
    error = fault(tiny, {}, "thre")
    assert str(error) == (
        "error[E150]: tiny has no names for weights of thre\n"
        "  = hint: did you mean there?\n"
        "  = help: it has those of there, flat, keras, own\n"
        "1 problem found"
    )


def test_a_file_of_names_must_lie_with_its_spec(tiny: Path, tmp_path: Path) -> None:
    flat = tiny.parent / "maps" / "flat.yaml"
    outside = tmp_path.parent / f"{tmp_path.name}_outside.yaml"
    outside.write_text(FLAT)
    flat.unlink()
    flat.symlink_to(outside)
    with pytest.raises(dsl.SpecError, match=r"maps/flat\.yaml leads out of the spec's folder"):
        names(tiny, "flat")
    flat.unlink()
    outside.unlink()
    with pytest.raises(dsl.SpecError, match=r"can't read .*flat\.yaml: no such file"):
        names(tiny, "flat")
    spec = dsl.loads(TINY)
    with pytest.raises(dsl.SpecError, match="lies beside a spec, and this one has no file"):
        slots(prepare(spec).network, "flat")


def test_a_spec_that_extends_another_has_its_names(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    child = tmp_path / "below" / "child.yaml"
    child.parent.mkdir()
    child.write_text("extends: ../tiny.yaml\nname: child\nset: {classes: 5}\n")
    assert names(child, "flat")["first.conv.weight"] == "conv.weight"
    child.write_text("extends: inception_v3\nname: child\nset: {classes: 5}\n")
    assert names(child, "timm")["conv_1a.conv.weight"] == "Conv2d_1a_3x3.conv.weight"


def test_maps_are_written_and_read_again(tiny: Path) -> None:
    spec = dsl.load(tiny)
    assert dsl.loads(dsl.dump(spec)) == spec
    assert spec.weights["flat"] == NameMap(file="maps/flat.yaml")
    assert spec.weights["there"].names["A"]["branch2"] == "two"


@pytest.mark.parametrize(
    "wrong",
    [
        {"file": "/etc/passwd"},
        {"file": "a/../../b.yaml"},
        {"file": "net.yaml", "names": {"fc": "fc"}},
        {"names": {"a b": "c"}},
        {"names": {"a": 3}},
        {"names": {"A": {"x": {"y": "z"}}}},
    ],
)
def test_a_program_s_maps_are_checked_too(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must|can't be used"):
        NameMap(**wrong)


# --- Tensors that don't fit ---


def test_every_fault_is_named_at_once(tiny: Path) -> None:
    given = export_weights(compile_spec(tiny), "there")
    del given["stem.1.conv.weight"], given["stem.1.bn.num_batches_tracked"]
    given["stem.2.conv.weight"] = torch.zeros(3)
    given["blocks.3.one.conv.weight"] = torch.zeros(8, 8, 3, 3)
    given["sep.main.0.bn.bias"] = torch.zeros(16, dtype=torch.int32)
    shapes = "has another shape: 8x8x3x3 in the checkpoint, 8x8x1x1 in the network"
    assert [problem.message for problem in fault(tiny, given, "there").problems] == [
        "the checkpoint lacks first.conv.weight (stem.1.conv.weight) 8x3x3x3",
        f"mixed.0.branch1.conv.weight (blocks.3.one.conv.weight) {shapes}",
        "sep.main.0.bn.bias holds int32, not real numbers",
        "the checkpoint has stem.2.conv.weight 3, the network no such tensor",
    ]


def test_names_of_another_source_are_recognised(tiny: Path) -> None:
    given = export_weights(compile_spec(tiny), "there")
    (problem,) = fault(tiny, given, "own").problems
    assert problem.message == "these aren't own's names of tiny, they are there's"
    assert problem.help == "say source='there' (--source there)"


def test_checkpoints_of_old_lack_the_count_of_batches(tiny: Path) -> None:
    ours = filled(compile_spec(tiny))
    given = {name: value for name, value in ours.state_dict().items() if "num_batches" not in name}
    there = compile_spec(tiny)
    filled(there)
    report = load_weights(there, given)
    rows = [row for row in report.rows if row.action == "default"]
    assert {row.note for row in rows} == {"0: the checkpoint has none"}
    for name, value in there.state_dict().items():
        wanted = ours.state_dict()[name]
        assert torch.equal(value, wanted if name in given else torch.zeros_like(wanted)), name


def test_other_number_formats_convert_and_are_said(tiny: Path) -> None:
    ours = filled(compile_spec(tiny))
    given = {
        name: value.half() if value.dim() else value for name, value in ours.state_dict().items()
    }
    report = load_weights(ours, given)
    assert report.rows[0].note == "float16 to float32"
    assert torch.equal(ours.state_dict()["fc.bias"], given["fc.bias"].float())
    assert convert_weights(ours.network, given).state["fc.bias"].dtype == torch.float16


def test_what_training_scripts_put_around_weights_is_taken_off(tiny: Path) -> None:
    ours = compile_spec(tiny)
    state = {f"module.{name}": value for name, value in ours.state_dict().items()}
    report = load_weights(ours, {"state_dict": state, "epoch": 3})
    assert report.notes == (
        "the weights stand under 'state_dict'; what is beside them was passed over",
        "the names began with module., as DataParallel writes them",
    )


def test_a_gamma_that_keras_lacks_is_one(tiny: Path) -> None:
    given = export_weights(compile_spec(tiny, aux=False), "keras")
    bare = {name: value for name, value in given.items() if not name.endswith("gamma")}
    ours = filled(compile_spec(tiny, aux=False))
    report = load_weights(ours, bare, "keras")
    assert {row.note for row in report.rows if row.ours.endswith("bn.weight")} == {
        "1: the checkpoint has none"
    }
    assert torch.equal(ours.state_dict()["first.bn.weight"], torch.ones(8))


def test_a_flattened_map_lies_otherwise_in_keras(tiny: Path) -> None:
    head = "head: [adaptivepool avg 2x2, flatten, fc classes]"
    tiny.write_text(TINY.replace("head: [globalpool avg, fc classes]", head))
    (problem,) = fault(tiny, {}, "keras").problems
    assert (problem.code, problem.message) == (
        "E155",
        "flatten gives 16x2x2 in another order than Keras does, which puts the channels last",
    )


def test_keras_has_no_auxiliary_heads(tiny: Path) -> None:
    ours = compile_spec(tiny)
    given = export_weights(ours, "keras")
    assert not any("helper" in name for name in given)
    (problem,) = fault(tiny, given, "keras").problems
    assert problem.message == (
        "the checkpoint lacks the auxiliary head helper: 2 tensors, the first is helper.fc.weight"
    )
    assert load_weights(ours, given, "keras", skip_aux=True).counts["skipped"] == 2


def test_heads_that_a_variant_removed_are_passed_over_by_asking(tiny: Path) -> None:
    given = export_weights(compile_spec(tiny), "there")
    tiny.write_text(TINY + "variants: {bare: {remove: [aux.helper]}}\n")
    ours = compile_spec(tiny, "bare")
    with pytest.raises(dsl.SpecError) as caught:
        load_weights(ours, given, "there")
    (problem,) = caught.value.problems
    assert problem.message == "the checkpoint has helper (2 tensors), and this network hasn't"
    assert load_weights(ours, given, "there", skip_aux=True).counts["skipped"] == 2


def test_a_folded_bias_takes_the_place_of_a_norm(tiny: Path) -> None:
    tiny.write_text(TINY.replace("first: 3x3 8 /2 valid", "first: 3x3 8 /2 valid linear"))
    ours = filled(compile_spec(tiny)).eval()
    scaled = torch.rand(2, 3, 16, 16) * 2 - 1
    std = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
    usual = ((scaled + 1) / 2 - mean) / std
    with torch.no_grad():
        wanted = ours.get_submodule("first")(scaled)
        load_weights(ours, dict(ours.state_dict()), transform_input=True)
        torch.testing.assert_close(ours.get_submodule("first")(usual), wanted)


def test_only_our_own_models_are_taken(tiny: Path) -> None:
    with pytest.raises(TypeError, match="a model that compile_spec made is needed, not a Linear"):
        load_weights(nn.Linear(1, 1), {})
    with torch.device("meta"):
        empty = compile_spec(tiny)
    with pytest.raises(ValueError, match="the model is on meta and holds no numbers"):
        load_weights(empty, {})


# --- Files ---


def unreadable(tiny: Path, file: Path, source: str = "own") -> str:
    (problem,) = fault(tiny, file, source).problems
    assert problem.code == "E001"
    return problem.message


class Harmful:
    """What a checkpoint must not run."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (print, ("harm is done",))


def test_nothing_but_tensors_is_unpickled(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "harmful.pth"
    torch.save({"fc.weight": Harmful()}, file)
    said = unreadable(tiny, file)
    assert said.endswith(
        "it holds more than tensors, which could run code; save its state_dict() instead"
    )
    assert "harm" not in capsys.readouterr().out


def test_files_that_are_no_checkpoints(tiny: Path, tmp_path: Path) -> None:
    file = tmp_path / "net.pth"
    assert unreadable(tiny, file).endswith("no such file")
    file.write_bytes(b"not a checkpoint")
    assert unreadable(tiny, file).startswith(f"can't read {file}: ")
    torch.save([1, 2], file)
    assert unreadable(tiny, file).endswith("it holds a list, not a state dict")
    torch.save({"fc.weight": 3}, file)
    assert unreadable(tiny, file).endswith("fc.weight is no tensor, so this isn't a state dict")
    for kind in ("safetensors", "weights.h5", "onnx"):
        other = tmp_path / f"net.{kind}"
        other.write_bytes(b"not a checkpoint")
        assert unreadable(tiny, other, "keras").startswith(f"can't read {other}: ")


def test_an_hdf5_file_may_not_reach_out_of_itself(tiny: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "net.weights.h5", tmp_path / "other.h5"
    with h5py.File(other, "w") as made:
        made["secret"] = [1.0]
    with h5py.File(file, "w") as made:
        group = made.create_group("layers/dense/vars")
        group.attrs["name"] = "logits"
        group["0"] = h5py.ExternalLink(str(other), "secret")
    assert unreadable(tiny, file, "keras").endswith("/0 isn't an array of its own")
    with h5py.File(file, "w") as made:
        group = made.create_group("layers/dense/vars")
        group.attrs["name"] = "logits"
        group.create_dataset("0", (10**6, 10**6), "f4", chunks=True)
    assert "can't be weights" in unreadable(tiny, file, "keras")
    with h5py.File(file, "w") as made:
        made["other"] = 1
    assert unreadable(tiny, file, "keras").endswith("it isn't a file of Keras's weights")


@pytest.fixture
def without_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("h5py", "safetensors", "safetensors.torch"):
        monkeypatch.setitem(sys.modules, package, None)


@pytest.mark.usefixtures("without_extras")
@pytest.mark.parametrize(("suffix", "package"), [("safetensors", "safetensors"), ("h5", "h5py")])
def test_a_missing_package_is_said(tiny: Path, tmp_path: Path, suffix: str, package: str) -> None:
    file = tmp_path / f"net.{suffix}"
    file.write_bytes(b"")
    (problem,) = fault(tiny, file, "keras").problems
    assert problem.message.endswith(f"this needs the package {package}")
    assert problem.help == f"pip install {package}, or pip install 'inception-compile[weights]'"


@pytest.mark.parametrize("suffix", ["pth", "pt", "safetensors"])
def test_what_is_written_is_read_again(tiny: Path, tmp_path: Path, suffix: str) -> None:
    ours = filled(compile_spec(tiny))
    file = tmp_path / f"net.{suffix}"
    export_weights(ours, "there", file)
    again = compile_spec(tiny)
    report = load_weights(again, file, "there")
    assert report.origin == str(file)
    for name, value in again.state_dict().items():
        assert torch.equal(value, ours.state_dict()[name]), name


def test_what_can_t_be_written(tiny: Path, tmp_path: Path) -> None:
    ours = compile_spec(tiny)
    with pytest.raises(dsl.SpecError, match=r"it must end in \.pth, \.pt, \.safetensors or"):
        export_weights(ours, "there", tmp_path / "net.onnx")
    with pytest.raises(
        dsl.SpecError, match=r"\.weights\.h5 is for Keras's weights, these are there"
    ):
        export_weights(ours, "there", tmp_path / "net.weights.h5")
    tiny.write_text(TINY.replace("helper: none, fc: logits", "helper: none, fc: none"))
    with pytest.raises(dsl.SpecError, match=r"fc\.weight has no name in the map of keras"):
        export_weights(compile_spec(tiny), "keras")
    assert not list(tmp_path.glob("net.*"))


def test_the_report_reads_well(tiny: Path) -> None:
    ours: CompiledNetwork = compile_spec(tiny)
    report = load_weights(ours, export_weights(ours, "keras"), "keras", skip_aux=True)
    lines = str(report).splitlines()
    assert lines[0] == "tiny <- a state dict (keras)"
    assert lines[1].split() == ["first.conv.weight", "conv2d/kernel", "8x3x3x3", "transposed"]
    assert report.summary == "33 copied, 10 transposed, 8 default, 2 skipped"
    assert lines[-1].startswith("note: feed RGB scaled to [-1, 1]")
    data = json.loads(report.as_json())
    assert data["rows"][0] == {
        "ours": "first.conv.weight",
        "theirs": "conv2d/kernel",
        "shape": [8, 3, 3, 3],
        "action": "transposed",
        "note": "",
    }
    assert data["counts"] == report.counts
