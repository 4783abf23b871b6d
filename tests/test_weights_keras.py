"""Keras's files of weights load into ours, and what we write loads in Keras.

`tests.test_parity_keras` builds both networks with the same weights, by names of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import h5py
import pytest
import torch

from compiler import compile_spec, export_weights, load_weights
from compiler.nn.module import CompiledNetwork
from compiler.weights.hdf5 import _renumbered
from tests.parity import CLASSES, agree, differ, images
from tests.test_parity_keras import PAIRS, Built, build

# Keras asks torch for an array in a way that NumPy 2 dislikes.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module", params=PAIRS)
def built(request: pytest.FixtureRequest) -> Built:
    return build(request.param, torch.float32)


@pytest.fixture(scope="module")
def file(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What Keras saves."""
    path = tmp_path_factory.mktemp("keras") / "theirs.weights.h5"
    built.theirs.save_weights(path)
    yield path
    path.unlink()  # pytest keeps folders of earlier runs


def loaded(built: Built, file: Path) -> CompiledNetwork:
    ours = compile_spec(*built.pair.ours, num_classes=CLASSES, aux=False)
    load_weights(ours, file, "keras")
    return ours


def same(ours: CompiledNetwork, others: CompiledNetwork) -> None:
    wanted = others.state_dict()
    for name, value in ours.state_dict().items():
        assert torch.equal(value, wanted[name]), name


def test_a_file_of_keras_gives_equal_logits(built: Built, file: Path) -> None:
    ours = loaded(built, file).eval()
    x = images((75, 98), torch.float32)
    with torch.no_grad():
        got, wanted = ours(x), built.run(x)
    differ(wanted)
    agree(got, wanted)
    same(ours, built.ours)


def test_what_is_exported_loads_in_keras(built: Built, tmp_path: Path) -> None:
    """Keras goes by the numbers of a file's layers, and refuses what isn't there."""
    made = tmp_path / "ours.weights.h5"
    export_weights(built.ours, "keras", made)
    before = [variable.numpy().copy() for variable in built.theirs.weights]
    for variable in built.theirs.weights:
        variable.assign(torch.zeros(variable.shape))
    built.theirs.load_weights(made)
    made.unlink()
    for variable, value in zip(built.theirs.weights, before, strict=True):
        assert (variable.numpy() == value).all(), variable.path


def test_a_file_without_names_goes_by_its_order(built: Built, file: Path) -> None:
    """Keras 3 wrote no names at first."""
    with h5py.File(file, "r+") as opened:
        kept = {}
        for name, group in opened["layers"].items():
            kept[name] = group["vars"].attrs.pop("name", None)
    try:
        same(loaded(built, file), built.ours)
    finally:
        with h5py.File(file, "r+") as opened:
            for name, label in kept.items():
                opened[f"layers/{name}/vars"].attrs["name"] = label


def test_the_layout_of_keras_2(built: Built, tmp_path: Path) -> None:
    """That of the weights that Keras offers for download."""
    path = tmp_path / "theirs.h5"
    built.theirs.save(path)
    same(loaded(built, path), built.ours)
    path.unlink()


def test_numbers_of_layers_depend_on_the_session_and_ours_do_not(built: Built) -> None:
    names = [layer.name for layer in built.theirs.layers if layer.weights]
    found = _renumbered(names)
    assert len(set(found.values())) == len(names)
    made = export_weights(built.ours, "keras")
    assert {name.partition("/")[0] for name in made} == set(found.values())
