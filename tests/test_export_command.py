"""The command `export` and `compiler.export`: every format, what is said, what can be wrong."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import compiler
from compiler import compile_spec
from compiler.cli import run
from compiler.exporting import comparing, engines, export, forms, placing
from compiler.exporting.forms import FORMS, FormName
from compiler.exporting.wishes import ExportFault
from compiler.oracle.emitted import randomise

ROOT = Path(__file__).parent.parent
TINY = """\
name: tiny
input: [3, 24, 24]
classes: 5
meta: {mean: 0.5, std: [0.2, 0.3, 0.4]}
stem: [c1: 3x3 8 /2]
inception: {A: {concat: [1x1 4, 3x3 6, [1x1 4, 5x5 3 tf_same]]}}
body: [a: A, b: A]
head: [globalpool avg, dropout 0.3, fc: fc classes]
aux:
  - h: {from: a, weight: 0.3, do: [globalpool avg, fc classes]}
variants:
  flat: {title: flat, set: {head: [flatten, fc: fc classes]}}
"""
EVERY = [*FORMS]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with a spec and a checkpoint of it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    torch.manual_seed(0)
    model = compile_spec("tiny.yaml")
    randomise(model)
    torch.save(model.state_dict(), "net.pth")
    return tmp_path


Said = tuple[int, str, str]


def ran(capsys: pytest.CaptureFixture[str], *args: str) -> Said:
    code = run(["export", "tiny.yaml", *args])
    out, err = capsys.readouterr()
    return code, out, err


def answer(model: Any, x: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(x)
    return found


# --- Every format ---------------------------------------------------------------------------


@pytest.mark.parametrize("to", EVERY)
def test_every_format_gives_what_the_module_gives(
    folder: Path, capsys: pytest.CaptureFixture[str], to: FormName
) -> None:
    suffix = FORMS[to].suffixes[0]
    code, out, err = ran(capsys, "--to", to, "--weights", "net.pth")
    assert (code, err) == (0, "")
    head, *rows = out.splitlines()
    assert head.startswith(f"tiny -> tiny{suffix}")
    (compared,) = (row for row in rows if row.strip().startswith("compared"))
    engine = FORMS[to].engines[0]
    assert f"{engine.name} {engine.version} and the module on random input (1 of 24x24, 2 of" in out
    assert float(compared.split("largest difference ")[1].split()[0]) < 1e-5
    assert "net.pth (own): " in out
    model = compile_spec("tiny.yaml")
    model.load_state_dict(torch.load("net.pth"))
    files = {each: Path(f"tiny{each}").read_bytes() for each in FORMS[to].suffixes}
    x = torch.randn(3, 3, 24, 24)
    (found,) = engine.load(files)(x)
    torch.testing.assert_close(found, answer(model.eval(), x), rtol=1e-4, atol=1e-6)
    left = {each.name for each in folder.iterdir()}
    assert left == {"tiny.yaml", "net.pth", *(f"tiny{each}" for each in FORMS[to].suffixes)}


@pytest.mark.parametrize("to", EVERY)
def test_every_format_takes_every_wish(
    folder: Path, capsys: pytest.CaptureFixture[str], to: FormName
) -> None:
    wishes = ["--softmax", "--taps", "a", "--taps", "c1", "--aux", "--preprocess"]
    code, out, err = ran(capsys, "--to", to, "--weights", "net.pth", *wishes)
    assert (code, err) == (0, "")
    names = [row.split()[1] for row in out.splitlines() if row.startswith("  output")]
    assert names == ["probabilities:", "h:", "a:", "c1:"]
    assert "uint8, batch x " in out


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_what_a_half_costs_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], dtype: str
) -> None:
    code, out, _ = ran(capsys, "-o", "net.onnx", "--weights", "net.pth", "--dtype", dtype)
    assert code == 0
    difference = float(out.split("largest difference ")[1].split()[0])
    assert 1e-5 < difference < 0.1
    assert "at most" not in out
    assert ("note: ONNX Runtime" in out) == (dtype == "bfloat16")


def test_fixed_sizes_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["--to", "torchscript", "--variant", "flat"]
    code, out, _ = ran(capsys, *args)
    assert code == 0
    assert out.startswith("tiny -> tiny_flat.pt\n")
    assert "note: the height is 24 always, as flatten asks for it" in out
    assert "1 of 24x24, 2 of 24x24" in out
    code, _, err = ran(capsys, *args, "--dynamic", "all")
    assert code == 1
    assert "error: tiny takes images of one size" in err


def test_nothing_dynamic(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ran(capsys, "-o", "net.onnx", "--dynamic", "none", "--batch", "3")
    assert code == 0
    assert "input: float32, 3 x 3 x 24 x 24\n" in out
    assert "(3 of 24x24)" in out
    assert "weights    random, since none were given" in out


@pytest.mark.parametrize(
    ("text", "grid"),
    [("input: [2, 40]", "1 of 40"), ("input: [2, 8, 12, 12]", "1 of 8x12x12")],
)
def test_series_and_clips(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, grid: str
) -> None:
    kernel = "3" if text.count(",") == 1 else "3x3x3"
    spec = f"name: odd\n{text}\nclasses: 3\nstem: [{kernel} 4]\nhead: [globalpool, fc classes]\n"
    Path("odd.yaml").write_text(spec, encoding="utf-8")
    for to in ("onnx", "openvino"):
        assert run(["export", "odd.yaml", "--to", to]) == 0
        assert grid in capsys.readouterr().out


def test_from_python(folder: Path) -> None:
    model = compile_spec("tiny.yaml")
    randomise(model)
    model.train()
    report = compiler.export(model, "net.onnx", taps=["a"])
    assert model.training
    assert report.outputs == {"logits": (5,), "a": (13, 12, 12)}
    assert report.compared is not None and report.compared.largest < 1e-5
    assert report.network.rewritten
    assert str(report).startswith("tiny -> net.onnx\n")
    assert not compiler.export(model, "net.onnx", optimize=False).network.rewritten
    with pytest.raises(ExportFault, match="a model has weights"):
        compiler.export(model, "net.onnx", weights="net.pth")
    with pytest.raises(ExportFault, match="a model that compile_spec made is needed"):
        compiler.export(torch.nn.Linear(2, 2), "net.onnx")


# --- What can be wrong ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "say which format: --to onnx|openvino|torchscript|pt2, or -o FILE"),
        (["--to", "tflite"], "'tflite' is not one of"),
        (["--to", "onnx", "--source", "keras"], "say --weights FILE"),
        (["--to", "onnx", "--layout", "NCHW"], "--layout is for images of bytes: say --preprocess"),
        (["--to", "onnx", "--mean", "0.5"], "say --preprocess or --calibrate"),
        (["--to", "onnx", "--mean", "half"], "'half' isn't numbers"),
        (["--to", "onnx", "--opset", "5"], "5 is not in the range"),
        (["--to", "onnx", "-o", "."], "is a directory"),
    ],
)
def test_wrong_usage(
    folder: Path, capsys: pytest.CaptureFixture[str], args: list[str], message: str
) -> None:
    code, _, err = ran(capsys, *args)
    assert (code, message in err) == (2, True), err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["-o", "net.h5"],
            "wanted\n  = help: its name may end in .onnx (onnx), .xml (openvino), .pt",
        ),
        (["-o", "net.pt", "--to", "onnx"], "net.pt must end in .onnx"),
        (["-o", "no/net.onnx"], "no/net.onnx: there is no folder no"),
        (["-o", "tiny.yaml/net.onnx"], "there is no folder tiny.yaml"),
        (["--to", "onnx", "--weights", "no.pth"], "can't read no.pth: no such file"),
        (
            ["--to", "onnx", "--weights", "net.pth", "--source", "kears"],
            "tiny has no names for weights of kears",
        ),
        (["--to", "onnx", "--weights", "net.pth", "--classes", "9"], "fc.bias has another shape"),
        (
            ["--to", "onnx", "--taps", "aa"],
            "no step or layer aa\n  = help: did you mean a?",
        ),
        (["--to", "pt2", "--opset", "18"], "pt2 has no opset"),
        (["--to", "onnx", "--opset", "18", "--dtype", "bfloat16"], "no convolution in bfloat16"),
        (["--to", "onnx", "--taps", "c1.conv"], "once the network is optimised\n  = help: leave"),
        (["--to", "onnx", "--aux", "--no-aux"], "tiny has no auxiliary heads"),
        (["--to", "onnx", "--labels", "tiny.yaml"], "labels, and tiny has 5 classes"),
        (["--to", "onnx", "--labels", "net.pth"], "net.pth isn't text in UTF-8"),
        (["--to", "onnx", "--preprocess", "--mean", "1,2"], "mean has 2 numbers"),
    ],
)
def test_problems(
    folder: Path, capsys: pytest.CaptureFixture[str], args: list[str], message: str
) -> None:
    code, out, err = ran(capsys, *args)
    assert (code, out) == (1, "")
    assert message in err
    assert "Traceback" not in err
    assert {each.name for each in folder.iterdir()} == {"tiny.yaml", "net.pth"}


def test_files_that_are_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(capsys, "--to", "onnx")[0] == 0
    code, _, err = ran(capsys, "--to", "onnx")
    assert code == 1
    assert "tiny.onnx is there already\n  = help: -o tiny.onnx replaces it" in err
    assert ran(capsys, "-o", "tiny.onnx")[0] == 0
    before = Path("net.pth").read_bytes()
    Path("net.pth").rename("net.bin")
    code, _, err = ran(capsys, "--weights", "net.bin", "-o", "net.xml")
    assert code == 1
    assert "net.bin is what this is made from" in err
    assert "nothing tells that the compiler wrote it" in ran(capsys, "-o", "net.xml")[2]
    assert Path("net.bin").read_bytes() == before
    for _ in range(2):
        assert ran(capsys, "-o", "mine.xml")[0] == 0  # Its own .bin is replaced.
    with Path("mine.bin").open("ab") as file:
        file.write(b"\0")
    assert "mine.bin is there already" in ran(capsys, "-o", "mine.xml")[2]


def test_what_disagrees_is_not_written(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def off(files: engines.Files, settings: engines.Settings = engines.USUAL) -> engines.Runner:
        runner = engines.ONNXRUNTIME.load(files)
        return lambda x: [1.0001 * output for output in runner(x)]

    made = replace(engines.ONNXRUNTIME, load=off)
    monkeypatch.setitem(forms.FORMS, "onnx", replace(FORMS["onnx"], engines=(made,)))
    code, out, err = ran(capsys, "--to", "onnx")
    assert (code, out) == (1, "")
    assert "gives other logits than the module: they differ by 1.0e-04 of the largest" in err
    assert not Path("tiny.onnx").exists()


def test_an_engine_that_fails_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(files: engines.Files, settings: engines.Settings = engines.USUAL) -> engines.Runner:
        def runner(x: torch.Tensor) -> list[torch.Tensor]:
            raise RuntimeError("first\nlast words")

        return runner

    made = replace(engines.ONNXRUNTIME, load=failing)
    monkeypatch.setitem(forms.FORMS, "onnx", replace(FORMS["onnx"], engines=(made,)))
    code, _, err = ran(capsys, "--to", "onnx")
    assert (code, "fails on input of 1x3x24x24: last words" in err) == (1, True)
    assert not Path("tiny.onnx").exists()


def test_rounding_that_a_network_amplifies_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is large and taken off again leaves what was rounded."""
    state = torch.load("net.pth")
    state["b.branch1.bn.bias"][0] += 1e4
    state["fc.bias"] -= 1e4 * state["fc.weight"][:, 0]
    torch.save(state, "net.pth")
    args = ["-o", "net.onnx", "--weights", "net.pth"]
    code, out, err = ran(capsys, *args)
    assert code == 0, err
    assert float(out.split("largest difference ")[1].split()[0]) > 1e-5
    assert "note: this network amplifies rounding: that of its weights alone moves" in out
    monkeypatch.setattr(comparing, "MARGIN", 0)
    code, _, err = ran(capsys, *args)
    assert (code, "gives other logits" in err) == (1, True)


def test_numbers_that_the_dtype_lacks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = torch.load("net.pth")
    state["fc.weight"] *= 1e6
    torch.save(state, "net.pth")
    args = ["--to", "onnx", "--weights", "net.pth"]
    code, _, err = ran(capsys, *args, "--dtype", "float16")
    assert code == 1
    assert "numbers that the dtype can't hold\n  = help: take bfloat16 or float32" in err
    state["fc.weight"] *= float("nan")
    torch.save(state, "net.pth")
    code, _, err = ran(capsys, *args)
    assert code == 1
    assert "the module's own logits aren't all numbers" in err


@pytest.mark.parametrize("to", ["onnx", "openvino"])
def test_missing_engines(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    for package in ("onnxruntime", "openvino"):
        monkeypatch.setitem(sys.modules, package, None)
    code, out, err = ran(capsys, "--to", to)
    if to == "openvino":
        assert code == 1
        assert err == (
            "error: this needs openvino, which isn't installed: "
            "pip install 'inception-compile[openvino]'\n"
        )
        return
    assert code == 0
    assert (
        "nothing was compared: ONNX Runtime isn't installed (pip install 'inception-compile[onnx]')"
        in out
    )
    assert Path("tiny.onnx").exists()


def test_a_pass_that_would_take_long_is_left_out(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "MOST_MACS", 100)
    code, out, _ = ran(capsys, "--to", "onnx")
    assert code == 0
    assert "nothing was compared: a pass of tiny takes too many multiply-accumulates" in out


def test_a_full_disk_leaves_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("compiler.files.parts.write_all", full)
    for output in ("net.onnx", "net.xml"):
        code, _, err = ran(capsys, "-o", output)
        assert (code, "No space left on device" in err) == (1, True)
        assert {each.name for each in folder.iterdir()} == {"tiny.yaml", "net.pth"}


def test_the_command_starts_without_torch() -> None:
    code = (
        "import sys, compiler.cli.exporting; "
        "sys.exit(bool({'torch', 'onnx', 'numpy', 'openvino'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_engines_are_known_to_what_says_what_is_missing() -> None:
    assert all(engine.advice for engine in engines.ENGINES)
    assert {engine for form in FORMS.values() for engine in form.engines} == {*engines.ENGINES}


def test_targets() -> None:
    assert placing.targets(Path("a.b/n.xml"), (".xml", ".bin")) == [
        Path("a.b/n.xml"),
        Path("a.b/n.bin"),
    ]
    assert export.export.__doc__
