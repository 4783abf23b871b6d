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

from compiler import compile_spec
from compiler.cli import run
from compiler.cli.exporting import export
from compiler.oracle.emitted import randomise

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
SECTIONS = {part.split("\n", 1)[0]: part for part in TEXT.split("\n## ")}
EXPORTING = SECTIONS["Exporting"]


def blocks(language: str, section: str = "Exporting") -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", SECTIONS[section], re.DOTALL)


def test_an_image_file_goes_through_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    torch.manual_seed(0)
    model = compile_spec("googlenet", aux=False)
    randomise(model)
    torch.save(model.state_dict(), "googlenet.pth")
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(pixels).save("photo.jpg")
    (shell,) = blocks("sh")
    command = shlex.split(shell.replace("\\\n", " ").splitlines()[1])
    assert command[0] == "inception-compile"
    assert run(command[1:]) == 0
    (shown,) = blocks("text")
    rows, told = capsys.readouterr().out.splitlines(), shown.splitlines()
    assert [row.split()[:1] for row in rows] == [row.split()[:1] for row in told]
    same = [0, 4, 5]
    assert [rows[i] for i in same] == [told[i] for i in same]
    first, second = blocks("python")
    exec(first, found := {})  # type: ignore[var-annotated]  # the document's own names
    mean = torch.tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).reshape(3, 1, 1)
    x = torch.from_numpy(found["batch"][0].copy()).permute(2, 0, 1) / 255
    with torch.no_grad():
        wanted = model.eval()(((x - mean) / std)[None]).softmax(1)[0]
    assert len(capsys.readouterr().out.splitlines()) == 5
    torch.testing.assert_close(torch.from_numpy(found["probabilities"][0]), wanted)
    exec(second)
    assert capsys.readouterr().out.splitlines()[0] in EXPORTING


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
