"""Graphs in int8: each tool behind one function of files, images and what they are of.

Both tools write 7 bits of a weight's 8. Without VNNI or AMX a processor adds two products of bytes
in 16 bits, which saturate: on a trained network with all 8 bits, ONNX Runtime then gave another
class for one image in fourteen, and OpenVINO errors twice as large. So a file gives the same
wherever it is run. Ranges are from the smallest to the largest number that any image gave: cutting
off rare ones (percentiles, entropy) changed nothing there, and NNCF's own way, which takes the mean
of each image's ends, made errors three times as large.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib import metadata
from io import StringIO
from typing import TYPE_CHECKING

from compiler.exporting.engines import Files, line
from compiler.exporting.silence import quiet
from compiler.exporting.untold import untold
from compiler.exporting.wishes import ExportFault, Wishes

if TYPE_CHECKING:
    from compiler.exporting.calibrating import Images
    from compiler.ir.network import Network

KEY = "quantised"
"""Under what the metadata say by what tool, and from how many images."""


@dataclass(frozen=True)
class Subject:
    """What is quantised: `files` of float32, of a network that was exported as it was wished."""

    network: Network
    wishes: Wishes
    files: Files
    noise: bool = False
    """Whether the images are none."""

    @property
    def batch(self) -> int:
        """How many images the file takes at once: one where the caller chooses."""
        return self.wishes.batch if self.wishes.dynamic == "none" else 1


@dataclass(frozen=True)
class Quantiser:
    """A tool that makes int8 of float32; `package` is what is imported.

    `run` may raise whatever the tool does; the last argument is what the files say of it.
    """

    name: str
    package: str
    run: Callable[[Subject, Images, str], Files]

    @property
    def version(self) -> str:
        """Which one is installed, after its name."""
        return f"{self.name} {metadata.version(self.package)}"

    def __call__(self, subject: Subject, images: Images) -> Files:
        """The files in int8, with ranges from these images.

        Raises `ExportFault` where the tool can't, and `ImportError` where it isn't installed.
        """
        found: dict[str, object] = {"type": "int8", "by": self.version, "images": len(images)}
        if subject.noise:
            found["of"] = "noise"
        with quiet(), redirect_stdout(StringIO()):  # Its progress.
            untold(self.package)
            try:
                return self.run(subject, images, json.dumps(found))
            except (ExportFault, ImportError):
                raise
            except Exception as error:  # Each has many, which share no base.
                said = f"{self.version} can't make int8 of {subject.network.name}: {line(error)}"
                help = "leave it in float32, or please report it"
                raise ExportFault(said, help) from error


def _onnxruntime(subject: Subject, images: Images, said: str) -> Files:
    from compiler.exporting.quantising_onnx import quantised

    return quantised(subject, images, said)


def _nncf(subject: Subject, images: Images, said: str) -> Files:
    from compiler.exporting.quantising_openvino import quantised

    return quantised(subject, images, said)


ONNXRUNTIME = Quantiser("ONNX Runtime", "onnxruntime", _onnxruntime)
NNCF = Quantiser("NNCF", "nncf", _nncf)
