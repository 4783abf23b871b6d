"""`export --calibrate`: int8 by either tool, from which images, at what cost, what can be wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from PIL import Image

import compiler
import dsl
from compiler import compile_spec
from compiler.cli import run
from compiler.exporting import calibrating, comparing, costing
from compiler.exporting.forms import FORMS
from compiler.exporting.wishes import Calibrate, ExportFault, Preprocessing, Wishes
from compiler.nn.module import CompiledNetwork
from compiler.oracle.emitted import randomise

ROOT = Path(__file__).parent.parent
TINY = """\
name: tiny
input: [3, 12, 12]
classes: 5
stem: [c1: 3x3 8 /2, c2: 1x1 8 act=silu]
inception: {A: {concat: [1x1 4, 3x3 6, [1x1 4, 5x5 3 tf_same]]}}
body: [a: A, b: {do: [1x1 in], residual: {scale: 0.5}}]
head: [globalpool avg, dropout 0.3, fc: fc classes]
aux:
  - h: {from: a, weight: 0.3, do: [globalpool avg, fc classes]}
"""
TOOLS = [name for name, form in FORMS.items() if form.quantiser]
HALF = ["--mean", "0.5", "--std", "0.25"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a spec, a checkpoint, and images of two classes in `photos`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    torch.manual_seed(0)
    torch.save(made().state_dict(), "net.pth")
    for number in range(20):
        photo(Path("photos", "ab"[number % 2], f"{number:02}.{('png', 'JPG')[number % 2]}"), number)
    return tmp_path


def made() -> CompiledNetwork:
    model = compile_spec("tiny.yaml")
    randomise(model)
    return model.eval()


def photo(path: Path, seed: int, size: tuple[int, int] = (15, 19)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels(seed, size)).save(path)


def pixels(seed: int, size: tuple[int, int]) -> Any:
    """Coarse colours, which are what makes a photograph."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize(size[::-1], Image.Resampling.BILINEAR))


def ran(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = run(["export", "tiny.yaml", "--weights", "net.pth", *args])
    out, err = capsys.readouterr()
    return code, out, err


def row(out: str, name: str) -> str:
    (found,) = (line for line in out.splitlines() if line.strip().startswith(name))
    return found.strip().removeprefix(name).strip()


# --- What is made -----------------------------------------------------------------------------


@pytest.mark.parametrize("to", TOOLS)
def test_int8_is_made_and_told(folder: Path, capfd: pytest.CaptureFixture[str], to: Any) -> None:
    """Nothing is said but the summary, by whatever way to the terminal; nothing is left."""
    form = FORMS[to]
    assert form.quantiser
    code, out, err = ran(capfd, "--to", to, "--calibrate", "photos", *HALF)
    assert (code, err) == (0, "")
    assert out.startswith(f"tiny -> tiny{form.suffixes[0]}")
    assert f"int8 by {form.quantiser.version}, " in row(out, "format")
    assert row(out, "ranges").startswith("of 16 of the 20 images in photos, scaled to cover")
    assert row(out, "compared").startswith("before it was int8: ")
    costs = row(out, "costs")
    assert f"{form.engines[0].name} {form.engines[0].version} and the module on 4 other" in costs
    assert 1e-4 < float(costs.split("difference ")[1].split()[0]) < 0.2
    assert costs.endswith(" of 4")
    left = {each.name for each in folder.iterdir()}
    assert left == {"tiny.yaml", "net.pth", "photos", *(f"tiny{end}" for end in form.suffixes)}
    files = {end: Path(f"tiny{end}").read_bytes() for end in form.suffixes}
    for data in files.values():
        assert str(folder).encode() not in data
        assert b"/tmp" not in data
    model = made()
    model.load_state_dict(torch.load("net.pth"))
    runner = form.engines[0].load(files)
    for shape in ((1, 3, 12, 12), (3, 3, 12, 12), (2, 3, 15, 21)):  # Whatever the caller chooses.
        x = torch.randn(shape).clamp(-2, 2)
        with torch.no_grad():
            wanted = model(x)
        (found,) = runner(x)
        assert (found - wanted).abs().max() < 0.2 * wanted.abs().max()


@pytest.mark.parametrize("to", TOOLS)
def test_the_same_twice(folder: Path, to: Any) -> None:
    """OpenVINO numbers its nodes from the start of the process, which its .xml shows."""
    model = made()
    asked = Calibrate("photos", (0.5,), (0.25,))
    output = f"net{FORMS[to].suffixes[0]}"
    one, two = (compiler.export(model, output, calibrate=asked).files for _ in range(2))
    assert one[FORMS[to].suffixes[-1]] == two[FORMS[to].suffixes[-1]]


@pytest.mark.parametrize("to", TOOLS)
def test_every_wish(folder: Path, capsys: pytest.CaptureFixture[str], to: str) -> None:
    """Bytes of images, of a fixed batch, with further outputs."""
    wishes = ["--softmax", "--taps", "a", "--aux", "--preprocess", "--dynamic", "none"]
    args = ("--to", to, "--calibrate", "photos", *HALF, *wishes, "--batch", "3")
    code, out, err = ran(capsys, *args)
    assert (code, err) == (0, "")
    assert "input: uint8, 3 x 12 x 12 x 3\n" in out
    names = [line.split()[1] for line in out.splitlines() if line.startswith("  output")]
    assert names == ["probabilities:", "h:", "a:"]
    assert row(out, "costs").endswith(" of 4")
    assert float(row(out, "costs").split("difference ")[1].split()[0]) < 0.2


def test_what_the_graph_computes_in(folder: Path) -> None:
    asked = Calibrate("photos", (0.5,), (0.25,))
    compiler.export(made(), "net.onnx", calibrate=asked, softmax=True)
    model = onnx.load("net.onnx")
    onnx.checker.check_model(model, full_check=True)
    said = {prop.key: prop.value for prop in model.metadata_props}
    assert json.loads(said["quantised"]) == {
        "type": "int8",
        "by": FORMS["onnx"].quantiser.version,  # type: ignore[union-attr]
        "images": 16,
    }
    assert model.producer_name == "inception-compile"
    writers = {output: node for node in model.graph.node for output in node.output}
    layers = [node for node in model.graph.node if node.op_type in ("Conv", "Gemm")]
    assert len(layers) == 8
    for node in layers:
        assert {writers[name].op_type for name in node.input[:2]} == {"DequantizeLinear"}, node.name
    stored = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    weights = [array for name, array in stored.items() if name.endswith("weight_quantized")]
    assert len(weights) == len(layers)
    assert all(np.abs(array.astype(int)).max() == 64 for array in weights)
    scales = [array for name, array in stored.items() if name.endswith("weight_scale")]
    assert all(array.ndim == 1 for array in scales)
    names = {node.name: node for node in model.graph.node}
    assert writers[names["softmax"].input[0]] is names["fc"]  # Logits aren't rounded.
    sigmoid = next(node for node in model.graph.node if node.op_type == "Sigmoid")
    assert not any("Sigmoid" in each or sigmoid.output[0] == each for each in _rounded(model))


def test_what_openvino_holds(folder: Path) -> None:
    """Bytes of 7 bits for all weights, and by what they were made."""
    import openvino

    compiler.export(made(), "net.xml", calibrate=Calibrate("photos", (0.5,), (0.25,)))
    model = openvino.Core().read_model("net.xml")
    held = [node for node in model.get_ordered_ops() if node.get_type_name() == "Constant"]
    weights = [node.data for node in held if node.get_element_type() == openvino.Type.i8]
    assert len(weights) == 8
    assert max(np.abs(array.astype(int)).max() for array in weights) in (63, 64)
    text = Path("net.xml").read_text(encoding="utf-8")
    said = {"type": "int8", "by": FORMS["openvino"].quantiser.version, "images": 16}  # type: ignore[union-attr]
    assert json.dumps(said).replace('"', "&quot;") in text


def _rounded(model: Any) -> set[str]:
    return {node.input[0] for node in model.graph.node if node.op_type == "QuantizeLinear"}


DIGITS = """\
name: digits
input: [1, 8, 8]
classes: 10
stem: [3x3 12]
inception: {A: {concat: [1x1 6, [1x1 6, 3x3 10], [maxpool 3x3 /1, 1x1 6]]}}
body: [a: A, p: maxpool 2x2 /2, b: A]
head: [globalpool avg, fc: fc classes]
"""


@pytest.fixture(scope="module")
def digits() -> tuple[CompiledNetwork, torch.Tensor, torch.Tensor]:
    """A network that reads handwritten digits, and others that it wasn't trained on."""
    data = pytest.importorskip("sklearn.datasets").load_digits()  # NNCF brings it.
    torch.manual_seed(0)
    order = torch.randperm(len(data.images))
    x = ((torch.tensor(data.images, dtype=torch.float32)[:, None] / 16 - 0.3) / 0.38)[order]
    y = torch.tensor(data.target)[order]
    model = compile_spec(dsl.loads(DIGITS))
    optimizer = torch.optim.AdamW(model.parameters(), 5e-3)
    for _ in range(7):
        for rows in torch.randperm(1000).view(20, 50):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(x[rows]), y[rows])
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return model.eval(), x[1000:], y[1000:]


@pytest.mark.parametrize("to", TOOLS)
def test_a_trained_network_keeps_its_accuracy(
    folder: Path, digits: tuple[CompiledNetwork, torch.Tensor, torch.Tensor], to: Any
) -> None:
    """Calibrated with 80 images, of the 697 others not five more are taken for another digit."""
    model, x, y = digits
    report = compiler.export(model, f"net{FORMS[to].suffixes[0]}", calibrate=x[:100])
    (found,) = FORMS[to].engines[0].load(report.files)(x[100:])
    with torch.no_grad():
        wanted = model(x[100:])
    right, kept = (int((each.argmax(1) == y[100:]).sum()) for each in (wanted, found))
    assert right > 640
    assert kept >= right - 5
    assert (found - wanted).square().mean().sqrt() < 0.06 * wanted.square().mean().sqrt()
    assert report.quantised
    cost, alike = report.quantised.cost, (found.argmax(1) == wanted.argmax(1)).double().mean()
    assert cost.places == 20
    assert (cost.same or 0) / 20 > alike - 0.15  # Of so few, two or three may differ by chance.


def test_nobody_is_told(folder: Path) -> None:
    """Nothing reaches for the network, is left in the user's home, or logs for everyone."""
    code = (
        "import logging, socket, sys, torch, compiler\n"
        "def connect(*args): print('told')\n"
        "socket.socket.connect = socket.getaddrinfo = connect\n"
        "compiler.export('tiny.yaml', 'net.xml', calibrate='random')\n"
        "compiler.export('tiny.yaml', 'net.onnx', calibrate='random')\n"
        "assert not logging.root.handlers and 'openvino_telemetry' not in sys.modules\n"
    )
    home = folder / "home"
    home.mkdir()
    env = {**os.environ, "HOME": str(home), "USERPROFILE": str(home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert not [*home.iterdir()]


# --- From which images ------------------------------------------------------------------------


def test_images_become_what_the_file_takes(folder: Path) -> None:
    network = made().network
    asked = Calibrate("photos", (0.5, 0.4, 0.3), (0.25, 0.2, 0.1))
    found = calibrating.calibration(network, Wishes(), asked)
    first = next(iter(found.ranges))
    assert (found.total, len(found.ranges), len(found.held), found.apart) == (20, 16, 4, True)
    wanted = Image.open("photos/a/00.png").crop((2, 0, 17, 15))  # The middle columns.
    fitted = wanted.resize((12, 12), Image.Resampling.BILINEAR)
    exact = (np.asarray(fitted, np.float64) / 255 - (0.5, 0.4, 0.3)) / (0.25, 0.2, 0.1)
    assert (
        np.abs(first[0].permute(1, 2, 0).numpy() - exact).max() < 0.1
    )  # Two steps of a byte, at the edges.
    bytes_ = Wishes(preprocess=Preprocessing((0.5,), (0.5,)))
    (raw, *_) = calibrating.calibration(network, bytes_, Calibrate("photos")).ranges
    assert (raw.dtype, tuple(raw.shape)) == (torch.uint8, (1, 12, 12, 3))
    made_of = (raw[0].double() / 255).permute(2, 0, 1)
    again = (made_of - torch.tensor([0.5, 0.4, 0.3])[:, None, None]) / torch.tensor(
        [0.25, 0.2, 0.1]
    )[:, None, None]
    torch.testing.assert_close(first[0], again.float())


def test_at_most_so_many_evenly_spread(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrating, "MOST", 10)
    Path("photos/.hidden.png").write_bytes(b"no image")
    Path("photos/readme.txt").write_text("no image", encoding="utf-8")
    asked = Calibrate("photos", (0.5,), (0.5,))
    found = calibrating.calibration(made().network, Wishes(), asked)
    ranges, held = ([path.stem for path in each.keys] for each in (found.ranges, found.held))
    assert (found.total, len(ranges) + len(held)) == (20, 10)
    assert ranges == ["00", "04", "08", "12", "01", "05", "09", "13"]
    assert held == ["16", "17"]


def test_odd_images_are_read_without_a_word(folder: Path) -> None:
    """Of whatever mode, behind links that go round; pytest makes an error of a warning."""
    odd = Path("odd")
    odd.mkdir()
    image = Image.fromarray(pixels(0, (20, 20)))
    for mode, end in (("L", "tiff"), ("RGBA", "webp"), ("CMYK", "jpeg"), ("1", "bmp")):
        image.convert(mode).save(odd / f"{mode}.{end}")
    image.quantize(8).save(odd / "P.png", transparency=bytes(range(8)))
    (odd / "again").symlink_to(odd.resolve(), target_is_directory=True)
    asked = Calibrate(odd, (0.5,), (0.5,))
    found = calibrating.calibration(made().network, Wishes(), asked)
    assert found.total == 5
    for each in (*found.ranges, *found.held):
        assert each.shape == (1, 3, 12, 12)


def test_too_few_to_hold_some_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo(Path("few", "one.png"), 0)
    code, out, _ = ran(capsys, "--to", "onnx", "--calibrate", "few", *HALF)
    assert code == 0
    assert "of 1 of the 1 image in few" in row(out, "ranges")
    assert "on 1 image:" in row(out, "costs")
    assert "note: too few images to hold some out" in out


def test_noise_only_by_its_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ran(capsys, "-o", "net.onnx", "--calibrate", "random")
    assert code == 0
    assert "of 16 inputs of noise, as asked: good for timing" in row(out, "ranges")
    said = {prop.key: prop.value for prop in onnx.load("net.onnx").metadata_props}
    assert json.loads(said["quantised"])["of"] == "noise"
    code, _, err = ran(capsys, "-o", "net.onnx", "--calibrate", "./random", *HALF)
    assert (code, "random" in err) == (1, True)


def test_batches_of_tensors(folder: Path) -> None:
    model = made()
    loader = (torch.randn(3, 3, 12, 12, dtype=torch.float64) for _ in range(4))
    report = compiler.export(model, "net.onnx", calibrate=loader)
    assert report.quantised
    assert (report.quantised.calibration.total, report.quantised.cost.images) == (12, 2)
    assert "of 10 of the 12 images given" in str(report)
    assert report.quantised.cost.places == 2
    sized = compiler.export(model, "net.onnx", calibrate=torch.randn(5, 3, 15, 12))
    assert sized.quantised


def test_other_inputs_than_images(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = "name: odd\ninput: [2, 40]\nclasses: 3\nstem: [3 4]\nhead: [globalpool, fc classes]\n"
    Path("odd.yaml").write_text(spec, encoding="utf-8")
    for to in TOOLS:
        assert run(["export", "odd.yaml", "--to", to, "--calibrate", "random"]) == 0
    capsys.readouterr()
    assert run(["export", "odd.yaml", "-o", "n.onnx", "--calibrate", "photos"]) == 1
    assert "odd takes series, not images of a folder" in capsys.readouterr().err
    depth = TINY.replace("[3, 12", "[4, 12")
    Path("odd.yaml").write_text(depth, encoding="utf-8")
    assert run(["export", "odd.yaml", "-o", "n.onnx", "--calibrate", "photos"]) == 1
    assert "takes 4 channels, and images of a folder have 1 or 3" in capsys.readouterr().err


# --- What can be wrong ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--calibrate", "photos"], "doesn't say the mean and std of its images"),
        (["--calibrate", "no", *HALF], "no: No such file"),
        (["--calibrate", "net.pth", *HALF], "a folder is wanted"),
        (["--calibrate", "empty", *HALF], "there are no images in empty\n  = help: put some"),
        (["--calibrate", "broken", *HALF], "can't read broken/b.png as an image ("),
        (["--calibrate", "broken", *HALF, "--to", "openvino"], "can't read broken/b.png as an"),
        (["--calibrate", "deep", *HALF], "deep/d.png has numbers of more than 8 bits"),
        (["--calibrate", "photos", *HALF, "--dtype", "float16"], "float16 is wished, and"),
        (["--calibrate", "photos", *HALF, "--no-optimize"], "leave out --no-optimize"),
        (["--calibrate", "photos", "--mean", "1,2", "--std", "1"], "mean has 2 numbers"),
        (
            ["--calibrate", "photos", *HALF, "--to", "pt2"],
            "nothing here makes int8 of pt2\n  = help: take one of onnx, openvino",
        ),
    ],
)
def test_problems(
    folder: Path, capsys: pytest.CaptureFixture[str], args: list[str], message: str
) -> None:
    Path("empty").mkdir()
    for name in ("broken", "deep"):
        photo(Path(name, "a.png"), 0)
    Path("broken/b.png").write_bytes(Path("broken/a.png").read_bytes()[:60])
    Image.fromarray(np.full((20, 20), 40000, np.uint16)).save("deep/d.png")
    before = {each.name for each in folder.iterdir()}
    code, out, err = ran(capsys, *(args if "--to" in args else [*args, "--to", "onnx"]))
    assert (code, out) == (1, "")
    assert message in err
    assert "Traceback" not in err
    assert {each.name for each in folder.iterdir()} == before


def test_the_specs_own_numbers_may_be_of_bytes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = Path("tiny.yaml").read_text(encoding="utf-8")
    Path("tiny.yaml").write_text(f"{text}meta: {{mean: 127, std: 57}}\n", encoding="utf-8")
    code, out, err = ran(capsys, "--to", "onnx", "--calibrate", "photos")
    assert (code, out) == (1, "")
    assert "mean has 127, and it is of images between 0 and 1" in err


def test_numbers_without_images(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = ran(capsys, "--to", "onnx", "--calibrate", "random", *HALF)
    assert (code, "--mean and --std are for images" in err) == (2, True)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ([], "no images to calibrate with"),
        (3, "no calibrating with what is a int"),
        ([torch.zeros(2, 3, 12, 12).byte()], "of torch.uint8: the network takes Nx3x12x12 of norm"),
        ([torch.zeros(3, 12, 12)], "is 3x12x12: the network takes"),
        ([torch.zeros(2, 1, 12, 12)], "is 2x1x12x12"),
        ([torch.full((2, 3, 12, 12), float("nan"))], "isn't a number"),
        ([(torch.zeros(2, 3, 12, 12), torch.zeros(2))], "is a tuple, not a tensor: with labels"),
        (Calibrate("random", (0.5,), (0.5,)), "mean and std are for images of a folder"),
    ],
)
def test_tensors_that_will_not_do(folder: Path, what: Any, message: str) -> None:
    with pytest.raises(ExportFault, match=message):
        compiler.export(made(), "net.onnx", calibrate=what)
    assert not Path("net.onnx").exists()


@pytest.mark.parametrize(
    ("package", "to", "advice"),
    [
        ("PIL", "onnx", "this needs pillow, which isn't installed: pip install pillow"),
        ("nncf", "openvino", "pip install 'inception-compile[int8]'"),
        ("onnxruntime", "onnx", "pip install 'inception-compile[onnx]'"),
    ],
)
def test_missing_packages(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    package: str,
    to: str,
    advice: str,
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    code, out, err = ran(capsys, "--to", to, "--calibrate", "photos", *HALF)
    assert (code, out) == (1, "")
    assert advice in err
    assert len(err.splitlines()) == 1


def test_what_is_no_number_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = comparing.ran
    monkeypatch.setattr(costing, "ran", lambda *args: [y * float("inf") for y in honest(*args)])
    code, _, err = ran(capsys, "--to", "onnx", "--calibrate", "photos", *HALF)
    assert (code, "the file in int8 gives logits that aren't all numbers" in err) == (1, True)
    assert not Path("tiny.onnx").exists()
