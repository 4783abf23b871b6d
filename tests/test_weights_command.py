"""The command `weights`: the map, conversions, and what can be wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from compiler import compile_spec, export_weights, load_weights
from compiler.cli import run
from tests.test_weights_strict import FLAT, TINY, filled

ROOT = Path(__file__).parent.parent


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec with a map in a file, and a checkpoint of it, in an empty working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "flat.yaml").write_text(FLAT)
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    torch.manual_seed(0)
    export_weights(filled(compile_spec(path)), "there", tmp_path / "net.pth")
    return path


def ran(args: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = run(["weights", "tiny.yaml", *args])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.usefixtures("tiny")
def test_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ran([], capsys)
    assert (code, out) == (0, "there\nflat\nkeras\nown (the names of the spec)\n")
    assert json.loads(ran(["--format", "json"], capsys)[1]) == ["there", "flat", "keras", "own"]


@pytest.mark.usefixtures("tiny")
def test_the_map(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ran(["--source", "keras"], capsys)
    assert code == 0
    assert out.splitlines()[0].split() == ["first.conv.weight", "conv2d/kernel", "3x3x3x8"]
    found = json.loads(ran(["--source", "keras", "--format", "json"], capsys)[1])
    assert found["first.conv.weight"] == "conv2d/kernel"
    assert found["helper.fc.bias"] is None


def test_there_and_back(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ran(
        ["--source", "there", "--from", "net.pth", "--to", "own.safetensors"], capsys
    )
    assert code == 0
    assert out.splitlines()[0] == "tiny <- net.pth (there)"
    assert out.splitlines()[-1] == "wrote own.safetensors (own)"
    load_weights(compile_spec(tiny), tiny.parent / "own.safetensors")
    code, out, _ = ran(["--from", "own.safetensors", "--to", "back.pth", "--as", "there"], capsys)
    assert code == 0
    before, after = torch.load("net.pth"), torch.load("back.pth")
    assert before.keys() == after.keys()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


@pytest.mark.usefixtures("tiny")
def test_to_keras_and_back(capsys: pytest.CaptureFixture[str]) -> None:
    to_keras = ["--from", "net.pth", "--source", "there", "--to", "net.weights.h5", "--as", "keras"]
    assert ran(to_keras, capsys)[0] == 0
    args = ["--from", "net.weights.h5", "--source", "keras", "--skip-aux"]
    code, out, _ = ran([*args, "--format", "json"], capsys)
    assert code == 0
    report = json.loads(out)
    assert report["counts"] == {"copied": 33, "transposed": 10, "default": 8, "skipped": 2}
    assert report["origin"] == "net.weights.h5"


@pytest.mark.usefixtures("tiny")
def test_a_head_is_left_out_by_asking(capsys: pytest.CaptureFixture[str]) -> None:
    args = ["--from", "net.pth", "--source", "there", "--classes", "9"]
    code, _, err = ran(args, capsys)
    assert code == 1
    assert "fc.bias (classifier.bias) has another shape: 4 in the checkpoint, 9 in the" in err
    assert "--skip-head" in err
    code, out, _ = ran([*args, "--skip-head", "--to", "own.pth"], capsys)
    assert code == 0
    assert "fc.weight" not in torch.load("own.pth")
    assert "4 skipped" in out


@pytest.mark.usefixtures("tiny")
def test_the_first_layer_is_folded(capsys: pytest.CaptureFixture[str]) -> None:
    args = ["--from", "net.pth", "--source", "there", "--transform-input", "--to", "own.pth"]
    code, out, _ = ran(args, capsys)
    assert code == 0
    assert "folded (transform_input)" in out
    folded, before = torch.load("own.pth"), torch.load("net.pth")
    assert not torch.equal(folded["first.conv.weight"], before["stem.1.conv.weight"])


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--to", "x.pth"], "there is nothing to convert: say --from FILE"),
        (["--skip-head"], "there is nothing to convert: say --from FILE"),
        (["--from", "net.pth", "--as", "there"], "there is nothing to write: say --to FILE"),
        (["--from", "net.pth", "--format", "csv"], "'csv' is not one of"),
    ],
)
@pytest.mark.usefixtures("tiny")
def test_wrong_usage(args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = ran(args, capsys)
    assert code == 2
    assert message in err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--source", "thre"], "did you mean there?"),
        (["--from", "no.pth"], "can't read no.pth: no such file"),
        (["--from", "net.pth"], "these aren't own's names of tiny, they are there's"),
        (["--from", "net.pth", "--source", "there", "--to", "net.onnx"], "can't write net.onnx"),
        (["--from", "net.pth", "--source", "there", "--to", "tiny.yaml/net.pth"], "tiny.yaml"),
    ],
)
@pytest.mark.usefixtures("tiny")
def test_problems(args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = ran(args, capsys)
    assert code == 1
    assert message in err
    assert "Traceback" not in err


def test_the_map_needs_no_torch() -> None:
    code = (
        "import sys; from compiler.cli import run; "
        "code = run(['weights', 'inception_v3', '--source', 'timm']); "
        "assert 'torch' not in sys.modules; sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
