"""docs/deploying.md does what it says: from a spec to ONNX Runtime with an image file."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from compiler import compile_spec, export_weights
from compiler import export as compile_export
from compiler.cli import run
from compiler.cli.exporting import export
from compiler.exporting.wishes import ExportFault
from compiler.oracle.emitted import randomise

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
SECTIONS = {part.split("\n", 1)[0]: part for part in TEXT.split("\n## ")}
EXPORTING = SECTIONS["Exporting"]


def blocks(language: str, section: str = "Exporting") -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", SECTIONS[section], re.DOTALL)


def commands(block: str) -> list[list[str]]:
    """The lines that are ours, without the command's name."""
    lines = [shlex.split(line, comments=True) for line in block.replace("\\\n", " ").splitlines()]
    return [line[1:] for line in lines if line[0] == "inception-compile"]


def saved(name: str, path: str, **options: Any) -> torch.nn.Module:
    """A network whose checkpoint is there, none of whose numbers is a default."""
    torch.manual_seed(0)
    model = compile_spec(name, **options)
    randomise(model)
    torch.save(model.state_dict(), path)
    return model.eval()


def test_an_image_file_goes_through_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    making, first, *_ = blocks("python")
    exec(making, {})
    assert "conv1.conv.weight" in torch.load("googlenet.pth")
    model = saved("googlenet", "googlenet.pth")
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(pixels).save("photo.jpg")
    (command,) = commands(blocks("sh")[0])
    assert run(command) == 0
    (shown,) = blocks("text")
    rows, told = capsys.readouterr().out.splitlines(), shown.splitlines()
    assert [row.split()[:1] for row in rows] == [row.split()[:1] for row in told]
    same = [0, 1, 2, 3, 4, 5, 8]
    assert [rows[i] for i in same] == [told[i] for i in same]
    exec(first, found := {})  # type: ignore[var-annotated]  # the document's own names
    x = torch.from_numpy(found["batch"][0].copy()).permute(2, 0, 1) / 255
    with torch.no_grad():
        wanted = model(((x - 0.5) / 0.5)[None]).softmax(1)[0]
    assert len(capsys.readouterr().out.splitlines()) == 5
    torch.testing.assert_close(torch.from_numpy(found["probabilities"][0]), wanted)


@pytest.mark.filterwarnings("ignore:`torch.jit.load` is deprecated")  # It works.
def test_every_format_is_run_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model = saved("googlenet_96", "clothes.pth")
    names = [f"class {index}" for index in range(10)]
    Path("labels.txt").write_text("\n".join(names), encoding="utf-8")
    for command in commands(blocks("sh")[1]):
        assert run(command) == 0
    onnx, openvino, in_torch = blocks("python")[2:5]
    with torch.no_grad():
        wanted = model(torch.zeros(1, 1, 96, 96))
    for block in (onnx, openvino, in_torch):
        exec(block, found := {})  # type: ignore[var-annotated]
        assert found["labels"] == names
        for name in {"logits", "same"} & {*found}:
            torch.testing.assert_close(torch.as_tensor(found[name]), wanted)
    rows = re.findall(r"^\| (`.*?) \|", EXPORTING.split("### Metadata")[1], re.MULTILINE)
    keys = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    exec(onnx, found := {})
    assert {*found["found"]} | {"rewritten", "quantised"} == keys


def test_from_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    *_, plain, images = blocks("python")
    exec(plain)
    assert capsys.readouterr().out.splitlines()[0] in EXPORTING
    exec(images)
    assert Path("bytes.onnx").exists()


def test_taps_are_what_it_says(tmp_path: Path) -> None:
    model = compile_spec("googlenet")
    for gone in ("conv1.bn", "conv1.conv", "aux1.pool"):
        with pytest.raises(ExportFault):
            compile_export(model, tmp_path / "net.onnx", taps=[gone])
    taps = ["inception_4a", "inception_4a.b1", "conv1"]
    report = compile_export(model, tmp_path / "net.onnx", taps=taps, aux=True)
    assert [*report.outputs] == ["logits", "aux1", "aux2", *taps]


def test_the_optimised_source_takes_the_folded_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    torch.manual_seed(0)
    model = compile_spec("googlenet", variant="torchvision")
    randomise(model)
    torch.save(export_weights(model, "torchvision"), "tv.pth")
    asked = [line for block in blocks("sh", "Optimising") for line in commands(block)]
    assert {line[0] for line in asked} == {"cost", "diff", "draw", "source", "ir", "weights",
                                           "verify"}  # fmt: skip
    for command in asked:
        assert run(command) in {0, int(command[0] == "diff")}
    (block,) = blocks("python", "Optimising")
    exec(block, found := {})  # type: ignore[var-annotated]
    x = torch.rand(1, 3, 224, 224)
    with torch.no_grad():
        torch.testing.assert_close(found["model"](x), model.eval()(x), rtol=1e-4, atol=1e-4)


def test_it_names_every_option() -> None:
    shared = {"spec", "variant", "limit", "stdin_name", "plugin"}
    own = {param.name for param in export.params} - shared
    changes = {"width", "depth", "remove", "insert", "set", "classes", "size", "no_aux"}
    options = {param.opts[0] for param in export.params if param.name in own - changes}
    assert {option for option in options if option not in EXPORTING} == set()


def test_a_network_in_torch(capsys: pytest.CaptureFixture[str]) -> None:
    plain, int8 = blocks("python", "In torch")
    found: dict[str, Any] = {"loader": [(torch.rand(5, 1, 96, 96), 0)]}
    exec(plain, found)
    assert found["logits"].shape == (1, 10)
    assert capsys.readouterr().out.strip() in found["fast"].choice.measured
    exec(int8, found)
    assert capsys.readouterr().out.startswith("OpenVINO, int8 0.")
