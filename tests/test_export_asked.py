"""What a new user asks of `export`, and what every format says of itself."""

from __future__ import annotations

import io
import json
import site
import struct
import sys
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
from compiler.exporting.forms import FORMS, FormName
from compiler.exporting.wishes import ExportFault
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
