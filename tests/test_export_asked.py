"""What a new user asks of `export`, and what every format says of itself."""

from __future__ import annotations

import io
import json
import re
import site
import struct
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any
from zipfile import ZipFile, is_zipfile

import numpy as np
import onnx
import openvino
import pytest
import torch

import compiler
from compiler import compile_spec
from compiler.cli import run
from compiler.exporting.forms import FORMS, FormName
from compiler.exporting.wishes import ExportFault, Preprocessing, Wishes
from compiler.nn.module import CompiledNetwork
from compiler.oracle.emitted import randomise

ROOT = Path(__file__).parent.parent
TINY = """\
name: tiny
input: [3, 24, 24]
classes: 5
meta: {mean: 0.5, std: [0.2, 0.3, 0.4]}
stem: [c1: 3x3 8 /2]
inception: {A: {concat: [1x1 4, 3x3 6]}}
body: [a: A]
head: [globalpool avg, fc: fc classes]
"""
HEAD = """\
aux:
  - h: {from: a, weight: 0.3, do: [globalpool avg, fc classes]}
"""
LABELS = ["ant", "bee", "cat", "dög", "elk"]
KEYS = ["spec", "digest", "version", "classes", "input", "rewritten", "mean", "std", "labels"]

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.load` is deprecated")


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CompiledNetwork:
    """A tiny network with statistics of its own; the working folder is an empty one."""
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(TINY, encoding="utf-8")
    torch.manual_seed(0)
    made = compile_spec("tiny.yaml")
    randomise(made)
    return made


def said(path: Path) -> dict[str, str]:
    """The texts that a file holds of itself, read back as a user does."""
    found: dict[str, Any] = dict.fromkeys(KEYS, "")
    match path.suffix:
        case ".onnx":
            return {each.key: each.value for each in onnx.load(path).metadata_props}
        case ".xml":
            model = openvino.Core().read_model(path)
            return {key: str(model.get_rt_info(["framework", key]).value) for key in KEYS}
        case ".pt":
            torch.jit.load(path, _extra_files=found)  # type: ignore[no-untyped-call]
        case ".pt2":
            torch.export.load(path, extra_files=found)
    return {key: each.decode() if isinstance(each, bytes) else each for key, each in found.items()}


@pytest.mark.parametrize("to", [*FORMS])
def test_every_format_says_what_it_is(model: CompiledNetwork, to: FormName) -> None:
    report = compiler.export(model, to=to, labels=LABELS)
    found = said(report.path)
    assert json.loads(found["labels"]) == LABELS
    assert np.allclose([json.loads(found["mean"]), json.loads(found["std"])],
                       [[0.5] * 3, [0.2, 0.3, 0.4]])  # fmt: skip
    assert json.loads(found["classes"]) == 5
    assert json.loads(found["input"]) == [3, 24, 24]
    assert "name: tiny" in found["spec"]
    assert len(found["digest"]) >= 16
    assert found["version"].startswith("inception-compile ")
    assert json.loads(found["rewritten"])
    with pytest.raises(ExportFault, match="4 labels, and tiny has 5 classes"):
        compiler.export(model, f"other{report.path.suffix}", labels=LABELS[1:])


@pytest.mark.parametrize("to", [*FORMS])
def test_no_format_has_paths_of_the_machine(model: CompiledNetwork, to: FormName) -> None:
    report = compiler.export(model, to=to, labels=LABELS)
    own = {str(ROOT), sys.prefix, *site.getsitepackages(), str(Path.cwd()), str(Path.home())}
    texts = {Path(torch.__file__).parts[-2], "site-packages", "tiny.yaml"} - {"torch"} | own - {"/"}
    for suffix, data in report.files.items():
        contents = {suffix: data}
        if is_zipfile(io.BytesIO(data)):
            with ZipFile(io.BytesIO(data)) as archive:
                contents |= {name: archive.read(name) for name in archive.namelist()}
        for name, content in contents.items():
            leaked = [text for text in texts if text.encode() in content]
            assert not leaked, f"{name} has {leaked}"


def test_an_archive_of_torch_stays_one(model: CompiledNetwork) -> None:
    """Its contents are aligned as torch's own are; it is loaded from a mapped file, and scripts."""
    data = compiler.export(model, "net.pt").files[".pt"]
    with ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        for each in archive.infolist():
            name, extra = struct.unpack_from("<HH", data, each.header_offset + 26)
            assert (each.header_offset + 30 + name + extra) % 64 == 0
    assert any("/code/" in name for name in names)
    assert any("/data/" in name for name in names)
    x = torch.randn(2, 3, 24, 24)
    with torch.no_grad():
        found = torch.jit.load("net.pt")(x)  # type: ignore[no-untyped-call]
        torch.testing.assert_close(found, model.eval()(x), rtol=1e-4, atol=1e-6)
    with pytest.raises(RuntimeError):  # What it says of a wrong size is about its own code.
        torch.jit.load("net.pt")(x[:, :2])  # type: ignore[no-untyped-call]


# --- What is asked for ----------------------------------------------------------------------


@pytest.mark.parametrize("asked", [True, Preprocessing(), Preprocessing(0.5, (0.2, 0.3, 0.4))])
def test_images_of_bytes(model: CompiledNetwork, asked: Any) -> None:
    report = compiler.export(model, "net.onnx", preprocess=asked, taps="a")
    assert [*report.outputs] == ["logits", "a"]
    raw = torch.randint(0, 256, (2, 24, 24, 3), dtype=torch.uint8)
    x = (raw.permute(0, 3, 1, 2) / 255 - 0.5) / torch.tensor([0.2, 0.3, 0.4]).reshape(3, 1, 1)
    found = FORMS["onnx"].engines[0].load(report.files)(raw)[0]
    with torch.no_grad():
        torch.testing.assert_close(found, model.eval()(x), rtol=1e-4, atol=1e-5)
    assert compiler.export(model, "net.onnx", preprocess=False).wishes.preprocess is None


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"mean": 0.5}, "say preprocess=Preprocessing(mean=...)"),
        ({"sofmax": True}, "'sofmax': did you mean softmax? it takes to, weights, "),
        ({"optimise": False}, "did you mean optimize?"),
    ],
)
def test_names_that_are_no_wish(model: CompiledNetwork, wish: Any, message: str) -> None:
    with pytest.raises(TypeError, match=re.escape(message)) as caught:
        compiler.export(model, "net.onnx", **wish)
    if "it takes" in message:
        assert all(each.name in str(caught.value) for each in fields(Wishes))


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"preprocess": 0.5}, "preprocess can't be 0.5: say True, or Preprocessing("),
        ({"batch": 4}, "a batch of 4 is for files of one size"),
        ({"batch": 4, "dynamic": "batch"}, "a batch of 4 is for files of one size"),
        ({"taps": 5}, "taps can't be 5: give a list of texts"),
        ({"taps": "a,c1"}, "no step or layer a,c1: give each on its own"),
        ({"labels": "labels.txt"}, "labels can't be 'labels.txt': give a list"),
        ({"labels": ["a", " ", "c", "d", "e"]}, "label 2 of 5 is empty"),
    ],
)
def test_wishes_of_another_kind(model: CompiledNetwork, wish: Any, message: str) -> None:
    with pytest.raises(ExportFault, match=re.escape(message)):
        compiler.export(model, "net.onnx", **wish)
    assert not Path("net.onnx").exists()


def test_layouts() -> None:
    with pytest.raises(ExportFault, match="layout can't be 'HWC': take NHWC, NCHW"):
        Preprocessing(layout="HWC")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--batch", "4"], "error: a batch of 4 is for files of one size"),
        (["--mean", "127,127,127", "--preprocess"], "it is 0.498039 here: divided by 255"),
        (["--std", "57", "--preprocess"], "std has 57, and it is of images between 0 and 1"),
        (["--taps", "h"], "no step or layer h\n  = help: auxiliary heads are asked for by aux"),
        (["--labels", "gaps.txt"], "error: line 2 of gaps.txt is blank"),
        (["--labels", "empty.txt"], "error: empty.txt is empty"),
        (["--weights", "nan.pth"], "help: a.branch1.conv.weight of its weights isn't all numbers"),
        (["--weights", "big.pth"], "help: its weights are numbers, but too large ones"),
    ],
)
def test_problems(
    model: CompiledNetwork, capsys: pytest.CaptureFixture[str], args: list[str], message: str
) -> None:
    Path("heads.yaml").write_text(TINY + HEAD, encoding="utf-8")
    Path("gaps.txt").write_text("a\n\nc\nd\ne\n", encoding="utf-8")
    Path("empty.txt").touch()
    state = model.state_dict()
    torch.save({**state, "fc.weight": torch.full((5, 10), 3e38)}, "big.pth")
    state["a.branch1.conv.weight"][1] = float("nan")
    torch.save(state, "nan.pth")
    spec = "heads.yaml" if "h" in args else "tiny.yaml"
    assert run(["export", spec, "-o", "net.onnx", *args]) == 1
    assert message in capsys.readouterr().err
    assert not Path("net.onnx").exists()


def test_only_what_is_missing_is_asked_for(
    model: CompiledNetwork, capsys: pytest.CaptureFixture[str]
) -> None:
    text = TINY.replace("meta: {mean: 0.5, std: [0.2, 0.3, 0.4]}\n", "")
    Path("none.yaml").write_text(text, encoding="utf-8")
    Path("half.yaml").write_text(text + "meta: {mean: 0.5}\n", encoding="utf-8")
    args = ["-o", "net.onnx", "--preprocess"]
    for spec, said, missing in (
        ("none.yaml", [], "mean and std"),
        ("none.yaml", ["--mean", "0.5"], "std"),
        ("half.yaml", [], "std"),
    ):
        assert run(["export", spec, *args, *said]) == 1
        assert f"doesn't say the {missing} of its images" in capsys.readouterr().err
    assert run(["export", "half.yaml", *args, "--std", "0.5"]) == 0


def test_what_can_be_refused_at_once_is(
    model: CompiledNetwork, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a spec is read, torch is imported or weights are."""

    def never(*args: Any, **options: Any) -> None:
        raise AssertionError

    monkeypatch.setattr("compiler.cli.exporting.load", never)
    for package in ("onnx", "numpy"):
        monkeypatch.setitem(sys.modules, package, None)
    for args, message in (
        (["-o", "no/net.onnx"], "there is no folder no"),
        (["-o", "net.safetensors"], "net.safetensors doesn't say which format is wanted"),
        (["-o", "net.onnx"], "pip install 'inception-compile[onnx]'"),
        (["-o", "net.pt", "--opset", "18"], "torchscript has no opset"),
    ):
        assert run(["export", "tiny.yaml", "--weights", "no.pth", *args]) == 1
        said = capsys.readouterr().err
        assert (message in said, "numpy" in said) == (True, False)


def test_what_optimising_did(model: CompiledNetwork) -> None:
    Path("plain.yaml").write_text(
        "name: plain\ninput: [3, 8, 8]\nclasses: 2\nhead: [globalpool avg, fc classes]\n",
        encoding="utf-8",
    )
    assert "optimised  nothing to do\n" in str(compiler.export("plain.yaml", to="onnx"))
    assert "optimised  no\n" in str(compiler.export("plain.yaml", "a.onnx", optimize=False))


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--classes", "7"], "help: say how many classes the checkpoint tells (--classes)"),
        (["--aux"], "help: export without auxiliary heads: leave out aux (--aux)"),
    ],
)
def test_what_helps_is_what_the_command_has(
    model: CompiledNetwork, capsys: pytest.CaptureFixture[str], args: list[str], message: str
) -> None:
    Path("heads.yaml").write_text(TINY + HEAD, encoding="utf-8")
    torch.save(model.state_dict(), "net.pth")
    assert run(["export", "heads.yaml", "-o", "net.onnx", "--weights", "net.pth", *args]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert "skip" not in said
