"""OpenVINO's own files, converted from a model of ONNX."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from compiler.exporting.engines import Files
from compiler.exporting.untold import untold
from compiler.exporting.wishes import ExportFault

OURS = ("inception_compile", "bin_sha256")
"""Where the .xml holds the digest of its .bin, by which both are known to be ours."""


def made(onnx: bytes) -> Files:
    """The .xml and the .bin. Raises `ImportError` without OpenVINO, `ExportFault` if it can't."""
    openvino = untold("openvino")

    try:
        model = openvino.Core().read_model(onnx)
    except RuntimeError as error:
        last = str(error).strip().splitlines()[-1].strip()
        raise ExportFault(f"OpenVINO {openvino.__version__} can't read the graph", last) from None
    return signed(model)


def signed(model: Any) -> Files:
    """What OpenVINO writes of a model, with the digest of its weights."""
    _, weights = _saved(model)
    model.set_rt_info(sha256(weights).hexdigest(), [*OURS])
    text, weights = _saved(model)
    return {".xml": text, ".bin": weights}


def _saved(model: object) -> tuple[bytes, bytes]:
    """What OpenVINO writes, which it does to files alone."""
    openvino = untold("openvino")

    with TemporaryDirectory(prefix="inception-compile-") as folder:
        path = Path(folder, "model.xml")
        openvino.save_model(model, path, compress_to_fp16=False)
        return path.read_bytes(), path.with_suffix(".bin").read_bytes()


def is_ours(text: bytes, weights: bytes) -> bool:
    """Whether a pair is one that we wrote, its weights to the last byte."""
    sign = f'<{OURS[1]} value="{sha256(weights).hexdigest()}"'
    return f"<{OURS[0]}>".encode() in text and sign.encode() in text
