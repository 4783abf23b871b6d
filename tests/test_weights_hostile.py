"""Checkpoints that are damaged, odd or meant to harm: one sentence, and the model as it was."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dsl
from compiler import compile_spec, export_weights, load_weights
from compiler.weights import convert_weights
from tests.test_weights_strict import TINY, filled, unreadable

LAYER = "sep.main.0.pointwise.weight"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return path


# --- Tensors that can't be copied ---

NO_TENSOR = "is of type ndarray, and torch can't make a tensor of it"
ODD: dict[str, tuple[Callable[[Tensor], Any], str]] = {
    "meta": (lambda value: value.to("meta"), "is on meta and holds no numbers"),
    "sparse": (Tensor.to_sparse, "isn't stored densely; call its to_dense() first"),
    "objects": (lambda _: np.array([None]), NO_TENSOR),
    "backwards": (
        lambda value: value.numpy()[::-1],
        NO_TENSOR,
    ),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_can_t_be_copied_is_refused_before_anything_is(tiny: Path, kind: str) -> None:
    make, message = ODD[kind]
    ours, given = compile_spec(tiny), filled(compile_spec(tiny)).state_dict()
    before = {name: value.clone() for name, value in ours.state_dict().items()}
    with pytest.raises(dsl.SpecError) as caught:
        load_weights(ours, {**given, LAYER: make(given[LAYER])})
    assert f"{LAYER} {message}" in str(caught.value)
    for name, value in ours.state_dict().items():
        assert torch.equal(value, before[name]), name


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_nothing_is_written_of_a_model_without_numbers(
    tiny: Path, tmp_path: Path, suffix: str
) -> None:
    file = tmp_path / f"net.{suffix}"
    with pytest.raises(ValueError, match="the model is on meta and holds no numbers"):
        export_weights(compile_spec(tiny).to("meta"), file=file)
    assert not file.exists()


@pytest.mark.parametrize("name", [3, b"fc.weight", "fc\x1b[31m.weight", "fc\udcff"])
def test_names_are_printable_text(tiny: Path, name: object) -> None:
    given: Any = {**compile_spec(tiny).state_dict(), name: torch.zeros(1)}
    with pytest.raises(dsl.SpecError, match="is no name, so this isn't a state dict") as caught:
        load_weights(compile_spec(tiny), given)
    assert str(caught.value).replace("\n", "").isprintable()


def test_a_model_s_own_tensors_may_trade_places(tiny: Path) -> None:
    ours = filled(compile_spec(tiny))
    before = {name: value.clone() for name, value in ours.state_dict().items()}
    state = ours.state_dict()
    first, second = "mixed.0.branch1.bn.bias", "mixed.1.branch1.bn.bias"
    load_weights(ours, {**state, first: state[second], second: state[first]})
    assert torch.equal(ours.state_dict()[first], before[second])
    assert torch.equal(ours.state_dict()[second], before[first])


@pytest.mark.parametrize("prefix", ["_orig_mod.", "module._orig_mod.", "_orig_mod.module."])
@pytest.mark.parametrize("key", ["state_dict", "state_dict_ema", "model_ema"])
def test_what_training_puts_around_weights(tiny: Path, prefix: str, key: str) -> None:
    """torch.compile's models begin every name with _orig_mod."""
    theirs, ours = filled(compile_spec(tiny)), compile_spec(tiny)
    inner = {f"{prefix}{name}": value for name, value in theirs.state_dict().items()}
    report = load_weights(ours, {key: inner, "epoch": 3})
    assert f"the weights stand under {key!r}; what is beside them was passed over" in report.notes
    said = "the names began with _orig_mod., as torch.compile's models have them"
    assert said in report.notes
    for name, value in ours.state_dict().items():
        assert torch.equal(value, theirs.state_dict()[name]), name


def test_skipping_the_head_is_advised_only_where_classes_differ(tiny: Path) -> None:
    given = compile_spec(tiny).state_dict()
    tiny.write_text(TINY.replace("3x3 in", "3x3 24").replace("skip: identity", "skip: 1x1 24"))
    with pytest.raises(dsl.SpecError) as caught:
        load_weights(compile_spec(tiny), given)
    (wider,) = (p for p in caught.value.problems if p.message.startswith("fc.weight"))
    assert "4x16 in the checkpoint, 4x24 in the network" in wider.message
    assert not wider.help
    there = export_weights(compile_spec(tiny, num_classes=6), "keras")
    with pytest.raises(dsl.SpecError) as caught:
        load_weights(compile_spec(tiny), there, "keras", skip_aux=True)
    (other,) = (p for p in caught.value.problems if p.message.startswith("fc.weight"))
    assert "24x6 in the checkpoint, 24x4 in the network" in other.message
    assert other.help.startswith("leave the head as it is with skip_head")


# --- torch's files ---


def test_damaged_files_of_torch(tiny: Path, tmp_path: Path) -> None:
    """Each cut and each change of a byte makes torch fail in another way."""
    file, damaged = tmp_path / "net.pth", tmp_path / "damaged.pth"
    for modern in (True, False):
        state = compile_spec(tiny).state_dict()
        torch.save(state, file, _use_new_zipfile_serialization=modern)
        whole = file.read_bytes()
        for end in range(0, len(whole), len(whole) // 60):
            damaged.write_bytes(whole[:end])
            assert unreadable(tiny, damaged).startswith(f"can't read {damaged}: it ")
        for place in range(0, 1200, 20):
            damaged.write_bytes(whole[:place] + b"\x9b" + whole[place + 1 :])
            try:
                load_weights(compile_spec(tiny), damaged)
            except dsl.SpecError as error:
                assert error.problems[0].message  # noqa: PT017  # some changes do no harm


def test_why_a_file_of_torch_is_refused(tiny: Path, tmp_path: Path) -> None:
    file = tmp_path / "net.pth"
    file.write_bytes(b"")
    assert unreadable(tiny, file).endswith("it is empty")
    export_weights(compile_spec(tiny), file=tmp_path / "net.safetensors")
    file.write_bytes((tmp_path / "net.safetensors").read_bytes())
    assert unreadable(tiny, file).endswith("it is a file of safetensors, and no .pth file")
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("net/constants.pkl", b"")
    assert unreadable(tiny, file).endswith(
        "it is a TorchScript archive; save its state_dict() instead"
    )
    torch.save({"model": nn.Linear(1, 1)}, file)
    assert "it holds more than tensors" in unreadable(tiny, file)


def test_a_file_of_torch_may_not_unpack_to_more_than_it_is(tiny: Path, tmp_path: Path) -> None:
    plain, bomb = tmp_path / "plain.pth", tmp_path / "bomb.pth"
    torch.save({"fc.weight": torch.zeros(10**6)}, plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as to:
        for name in source.namelist():
            to.writestr(name, source.read(name))
    assert bomb.stat().st_size < 10**5
    assert unreadable(tiny, bomb).endswith("it is compressed, and torch.save wouldn't")


# --- HDF5 ---


def hdf5(path: Path, fill: Callable[[Any], object]) -> Path:
    with h5py.File(path, "w") as file:
        fill(file)
    return path


def layer(file: Any, name: str = "conv2d") -> Any:
    inside = file.create_group(f"layers/{name}/vars")
    inside.attrs["name"] = name
    return inside


CROOKED: dict[str, Callable[[Any], object]] = {
    "layers is an array": lambda file: file.create_dataset("layers", data=np.zeros(3)),
    "a layer is an array": lambda file: file.create_dataset("layers/a", data=np.zeros(3)),
    "vars is an array": lambda file: file.create_dataset("layers/a/vars", data=np.zeros(3)),
    "a variable has no number": lambda file: layer(file).create_dataset("x", data=np.zeros(3)),
    "no array": lambda file: layer(file).create_dataset("0", data=h5py.Empty("f4")),
    "names are no list": lambda file: file.attrs.update(layer_names=5),
    "names are no text": lambda file: file.attrs.update(layer_names=[b"\xff"]),
}


@pytest.mark.parametrize("fault", CROOKED)
def test_crooked_hdf5(tiny: Path, tmp_path: Path, fault: str) -> None:
    file = hdf5(tmp_path / "net.weights.h5", CROOKED[fault])
    assert unreadable(tiny, file, "keras").endswith(
        "it isn't a file of Keras's weights, or it is damaged"
    )


def test_numbers_that_torch_lacks(tiny: Path, tmp_path: Path) -> None:
    def fill(file: Any) -> None:
        layer(file)["0"] = np.zeros(3, np.longdouble)

    file = hdf5(tmp_path / "net.weights.h5", fill)
    assert "/layers/conv2d/vars/0 can't be weights" in unreadable(tiny, file, "keras")


def test_the_order_of_bytes_is_any(tiny: Path, tmp_path: Path) -> None:
    file = tmp_path / "net.weights.h5"
    theirs = filled(compile_spec(tiny))
    export_weights(theirs, "keras", file)
    with h5py.File(file, "r+") as opened:
        for inside in [group["vars"] for group in opened["layers"].values()]:
            for name in list(inside):
                array = inside[name][()]
                del inside[name]
                inside[name] = array.astype(">f4")
    ours = compile_spec(tiny)
    load_weights(ours, file, "keras", skip_aux=True)
    assert torch.equal(ours.state_dict()[LAYER], theirs.state_dict()[LAYER])


def test_an_array_counts_as_often_as_it_is_linked(tiny: Path, tmp_path: Path) -> None:
    def fill(file: Any) -> None:
        zeros = np.zeros(10**6, "f4")
        array = file.create_dataset("z", data=zeros, chunks=True, compression="gzip")
        for number in range(1000):
            layer(file, f"conv2d_{number}")["0"] = array

    file = hdf5(tmp_path / "net.weights.h5", fill)
    assert "can't be weights" in unreadable(tiny, file, "keras")


# --- Files of other kinds, and numbers that are none ---

OTHERS = {
    "text": (b"not a checkpoint\n", "it is text, and no "),
    "text with letters": ("größer\n".encode() * 90, "it is text, and no "),
    "a number": (b"101", "it is text, and no "),
    "JSON": (b'{"a": 1}', "it is text, and no "),
    "a web page": (b"<!DOCTYPE html><html>", "it is a web page, and no "),
    "Git LFS": (
        b"version https://git-lfs.github.com/spec/v1\n",
        "it is a pointer of Git LFS, whose ",
    ),
    "gzip": (b"\x1f\x8b\x08" + b"0" * 50, "it is compressed with gzip, and no "),
    "nothing": (b"", "it is empty"),
    "zeros": (b"\0" * 100, "it isn't a"),
    "noise": (bytes(range(128, 256)) * 4, ""),
}
SUFFIXES = ("pth", "pt", "bin", "safetensors", "weights.h5", "h5")


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_files_of_another_kind_are_told_in_our_words(
    tiny: Path, tmp_path: Path, kind: str, suffix: str
) -> None:
    content, words = OTHERS[kind]
    file = tmp_path / f"net.{suffix}"
    file.write_bytes(content)
    message = unreadable(tiny, file, "keras" if "h5" in suffix else "own")
    assert message.startswith(f"can't read {file}: it is{words.removeprefix('it is')}")
    assert "(" not in message, "another's words are quoted"


def test_pickles_and_archives_that_torch_did_not_write(tiny: Path, tmp_path: Path) -> None:
    file = tmp_path / "net.pth"
    for value in ([1], {"a": 1}, None, "x"):
        file.write_bytes(pickle.dumps(value))
        assert unreadable(tiny, file).endswith("it isn't a file of torch.save, or it is damaged")
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("a.txt", "hello")
    assert unreadable(tiny, file).endswith("it is a zip archive, and torch.save didn't write it")
    for wrong, shown in ((5, "an int"), ([1], "a list"), (torch.zeros(2), "a Tensor")):
        torch.save(wrong, file)
        assert unreadable(tiny, file).endswith(f"it holds {shown}, not a state dict")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_damaged_file_is_told_in_our_words(tiny: Path, tmp_path: Path, suffix: str) -> None:
    source = "keras" if "h5" in suffix else "own"
    kind = {"bin": "pth", "h5": "weights.h5"}.get(suffix, suffix)
    file, damaged = tmp_path / f"whole.{kind}", tmp_path / f"damaged.{suffix}"
    export_weights(compile_spec(tiny), source, file)
    whole = file.read_bytes()
    for end in range(0, len(whole), len(whole) // 40):
        damaged.write_bytes(whole[:end])
        message = unreadable(tiny, damaged, source)
        assert "(" not in message.replace(" (keras)", ""), message


def test_weights_that_are_no_numbers_are_said(tiny: Path, tmp_path: Path) -> None:
    state = filled(compile_spec(tiny)).state_dict()
    assert not [n for n in load_weights(compile_spec(tiny), state).notes if "NaN" in n]
    state[LAYER].fill_(torch.nan)
    state["fc.bias"][0], state["fc.bias"][1] = torch.inf, torch.nan
    model, file = compile_spec(tiny), tmp_path / "net.pth"
    torch.save(state, file)
    for report in (load_weights(model, file), convert_weights(model.network, file).report):
        notes = {row.ours: row.note for row in report.rows}
        assert notes[LAYER] == "all NaN"
        assert notes["fc.bias"] == f"1 of {len(state['fc.bias'])} NaN, 1 of 4 infinite"
        named = f"{LAYER} and 1 more hold NaN or infinities"
        assert any(note.startswith(named) for note in report.notes)
    assert "NaN" in str(report) and "all NaN" in report.as_json()


def test_what_overflows_in_the_model_s_type_is_said(tiny: Path) -> None:
    state = filled(compile_spec(tiny)).state_dict()
    state["fc.bias"][0] = 1e30
    report = load_weights(compile_spec(tiny).half(), state)
    assert {row.ours: row.note for row in report.rows}["fc.bias"].endswith("1 of 4 infinite")
