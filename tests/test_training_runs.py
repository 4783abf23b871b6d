"""A run as a user has it: its folder, what ends it, and going on to the same numbers."""

from __future__ import annotations

import csv
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import sklearn.datasets
import torch
from PIL import Image

import dsl
from compiler.cli import run
from compiler.training.folder import BEST, LAST, METRICS, STATE, RunFolder
from compiler.training.packing import pack, unpack
from tests.feeding import SMALL

RECIPE = """
data: {name: digits, augment: [shift 0.125], hold_out: 0.1}
optimizer: {sgd: {momentum: 0.9, nesterov: true, weight_decay: 1e-4, decay: [kernels]}}
schedule: {cosine: 0.1}
warmup: 0.5
epochs: 2
batch: 64
ema: 0.5
label_smoothing: 0.1
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "ours.yaml").write_text(RECIPE, encoding="utf-8")
    return tmp_path


def train(*words: str) -> int:
    return run(["train", "small.yaml", "--recipe", "ours.yaml", "--device", "cpu", *words])


def started(*words: str) -> subprocess.Popen[str]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "compiler", "train", "small.yaml", "--recipe", "ours.yaml"]
    root = str(Path(__file__).parent.parent)
    threads = str(torch.get_num_threads())
    environment = {**os.environ, "PYTHONPATH": root, "OMP_NUM_THREADS": threads}
    return subprocess.Popen(
        [*command, "--device", "cpu", *words], env=environment, stderr=subprocess.PIPE, text=True
    )


def ended(at: Path, number: int) -> tuple[int, str]:
    """The exit code of a run that got a signal somewhere within its steps, and what it said."""
    process = started("--out", str(at), "--save-every", "0", "--epochs", "4")
    deadline = time.monotonic() + 240
    while not (at / METRICS).exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    return process.returncode, said


def state_of(folder: Path) -> dict[str, Any]:
    found = RunFolder(folder).state()
    assert found is not None
    return found


def alike(one: Any, other: Any, place: str = "") -> None:
    """Two states are the same to the bit, but for how long they took."""
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other), place
    elif isinstance(one, dict):
        assert one.keys() == other.keys(), place
        for key in one.keys() - {"seconds"}:
            alike(one[key], other[key], f"{place}.{key}")
    elif isinstance(one, list):
        assert len(one) == len(other), place
        for i, pair in enumerate(zip(one, other, strict=True)):
            alike(*pair, f"{place}.{i}")
    else:
        assert one == other, place


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_was_ended_goes_on_to_the_bit(here: Path, number: int) -> None:
    assert train("--out", "whole", "--epochs", "4") == 0
    code, said = ended(here / "ended", number)
    if number == signal.SIGINT:
        assert (code, "--resume goes on" in said) == (130, True), said
    reached = state_of(here / "ended")
    assert reached["epoch"] < 4, "it had ended before the signal came"
    assert train("--out", "ended", "--resume", "--epochs", "4") == 0
    alike(state_of(here / "whole"), state_of(here / "ended"))
    for name in (BEST, LAST):
        assert (here / "whole" / name).read_bytes() == (here / "ended" / name).read_bytes()


def test_a_run_says_what_it_did(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train("--out", "one") == 0
    told = capsys.readouterr()
    assert "best: epoch 2 of 2" in told.out
    assert told.err.startswith("1 process on cpu: 1,299 images to train on, ")
    assert "epoch 1: trained on: loss" in told.err
    folder = RunFolder(here / "one")
    spec = dsl.loads(SMALL)
    assert folder.spec() == spec
    assert folder.recipe() == dsl.loads_recipe(RECIPE)
    table = (here / "one" / METRICS).read_text(encoding="utf-8")
    rows = list(csv.DictReader(table.splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[1]["test_top1"]) > float(rows[0]["train_top1"])
    assert folder.facts()["seed"] == 0
    assert run(["weights", "small.yaml", "--from", str(here / "one" / BEST), "--to", "w.pth"]) == 0
    assert train("--out", "two") == 0
    assert (here / "one" / BEST).read_bytes() == (here / "two" / BEST).read_bytes()
    assert train("--out", "three", "--seed", "1") == 0
    assert (here / "one" / BEST).read_bytes() != (here / "three" / BEST).read_bytes()
    assert train("--out", "one", "--resume") == 0, "there is nothing left to do"


def test_what_a_run_refuses(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(*words: str, code: int = 1) -> str:
        assert train(*words) == code
        return capsys.readouterr().err

    assert "there is no run in none to go on with" in refused("--out", "none", "--resume")
    assert train("--out", "one", "--epochs", "1") == 0
    said = refused("--out", "one", "--epochs", "1")
    assert "there is a run in one already" in said
    assert "--resume goes on with it" in said
    said = refused("--out", "one", "--resume")
    assert "the run in one has another recipe: epochs" in said
    assert "another network: aux" in refused(
        "--out", "one", "--resume", "--epochs", "1", "--set", "aux.aux.weight=0.2"
    )
    (here / "kept").mkdir()
    (here / "kept" / "mine").write_text("mine", encoding="utf-8")
    assert "there is something in kept already" in refused("--out", "kept")
    (here / "one" / STATE).write_bytes((here / "one" / STATE).read_bytes()[:1000])
    assert "is damaged, or was cut off" in refused("--out", "one", "--resume", "--epochs", "1")
    assert "is no folder, and none of digits" in refused("--data", "nowhere", code=2)
    assert "'nan' is not a valid number" in refused("--save-every", "nan", code=2)
    assert run(["train", "small.yaml"]) == 1
    assert "small has no recipe to train by" in capsys.readouterr().err


def test_a_loss_that_is_no_number_ends_a_run(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was kept before stays as it was."""
    assert train("--out", "good", "--epochs", "1") == 0
    wild = RECIPE.replace("0.1}\nwarmup: 0.5", "1e3}").replace("shift 0.125", "flip 0")
    (here / "ours.yaml").write_text(wild, encoding="utf-8")
    capsys.readouterr()
    assert train("--out", "wild") == 1
    said = capsys.readouterr().err
    assert "the loss is nan at epoch 1, step" in said or "the loss is inf" in said
    assert "a lower rate" in said
    assert not (here / "wild" / BEST).exists()


def test_other_images_are_prepared_as_the_recipe_says(here: Path) -> None:
    """Only name and path of the data change where a folder is named."""
    digits = sklearn.datasets.load_digits()
    for place in range(40):
        folder = here / "images" / "test" / str(digits.target[place])
        folder.mkdir(parents=True, exist_ok=True)
        pixels = (digits.images[place] * 255 / 16).round().astype("uint8")
        Image.fromarray(pixels).save(folder / f"{place}.png")
    shutil.copytree(here / "images" / "test", here / "images" / "train")
    more = ("--set", "training.batch=8", "--set", "training.data.mean=0.3")
    assert train("--out", "two", "--epochs", "1", "--data", "images", *more) == 0
    data = RunFolder(here / "two").recipe().data
    assert data is not None
    assert (data.name, data.mean, data.hold_out) == ("folder", (0.3,), 0.1)
    assert [str(augment) for augment in data.augment] == ["shift 0.125"]
    assert run(["evaluate", "two", "--data", "digits"]) == 0


def test_a_run_begins_with_the_weights_of_another(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A path on the command line is from where that is given; a state is of one run."""
    assert train("--out", "one", "--epochs", "1") == 0
    weights = f"training.weights={Path('one') / LAST}"
    assert train("--out", "two", "--epochs", "1", "--set", weights) == 0
    shutil.copy(here / "one" / STATE, here / "two" / STATE)
    assert train("--out", "two", "--epochs", "1", "--set", weights, "--resume") == 1
    said = capsys.readouterr().err
    assert f"{Path('two') / STATE} is not a state of this run" in said
    assert "begins with its weights" in said


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"WORLD_SIZE": "2"}, ""),
        (
            {"WORLD_SIZE": "x", "RANK": "0", "MASTER_ADDR": "a", "MASTER_PORT": "1"},
            "a launcher counts processes, and says WORLD_SIZE=x",
        ),
    ],
)
def test_what_is_left_of_a_launcher(
    here: Path,
    names: dict[str, str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Some of what it tells its processes is nothing; what can't be is said."""
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    assert train("--out", "one", "--epochs", "1") == int(bool(said))
    assert said in capsys.readouterr().err


def test_an_average_that_can_not_move_is_told(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("--out", "one", "--epochs", "1", "--set", "training.ema=0.9999") == 0
    assert "keeps 0.9999 of itself hardly moves in 21 steps" in capsys.readouterr().err


def test_heads_that_can_not_learn_classes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = SMALL.replace("fc classes]\n", "fc classes, sigmoid]\n").replace("]}}]", ", sigmoid]}}]")
    (here / "small.yaml").write_text(text, encoding="utf-8")
    assert train("--out", "one") == 1
    assert "ends in a sigmoid, and each image here is of one class" in capsys.readouterr().err
    assert not (here / "one").exists()


def test_a_state_is_read_back_to_the_bit(tmp_path: Path) -> None:
    nest = {"a": [torch.arange(3), {"b": None, 3: 1.5}], "c": "text", "d": torch.tensor(2.0)}
    (tmp_path / "state").write_bytes(pack(nest))
    alike(unpack(tmp_path / "state"), nest)
    with pytest.raises(TypeError, match="which no state holds"):
        pack({"a": object()})


def test_the_first_run_of_the_docs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its spec and its commands, for fewer epochs."""
    text = (Path(__file__).parent.parent / "docs" / "training.md").read_text(encoding="utf-8")
    spec = re.findall(r"^```yaml\n(name:.*?)^```", text, re.MULTILINE | re.DOTALL)[0]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small_inception.yaml").write_text(spec, encoding="utf-8")
    pixels = sklearn.datasets.load_digits().images[3] * 255 / 16
    Image.fromarray(pixels.astype("uint8")).save(tmp_path / "some_digit.png")
    commands = re.findall(r"^inception-compile (.*)$", text, re.MULTILINE)[:3]
    assert [command.split()[0] for command in commands] == ["train", "evaluate", "predict"]
    assert run([*commands[0].split(), "--epochs", "3"]) == 0
    assert run(commands[1].split()) == 0
    told = re.search(r"355 images: loss .* top-1 ([0-9.]+)%", capsys.readouterr().out)
    assert told
    assert float(told[1]) > 97
    assert run(commands[2].split()) == 0
    assert re.match(r"some_digit.png\n  3 +9", capsys.readouterr().out)
