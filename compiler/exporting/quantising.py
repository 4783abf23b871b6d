"""Graphs in int8: each tool behind one function of files, images and what they are of.

Both tools write 7 bits of a weight's 8. Without VNNI or AMX a processor adds two products of bytes
in 16 bits, which saturate: on a trained network with all 8 bits, ONNX Runtime then gave another
class for one image in fourteen, and OpenVINO errors twice as large. So a file gives the same
wherever it is run. Ranges are from the smallest to the largest number that any image gave: cutting
off rare ones (percentiles, entropy) changed nothing there, and NNCF's own way, which takes the mean
of each image's ends, made errors three times as large.
"""

from __future__ import annotations

import contextlib
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

from compiler.exporting.engines import Files
from compiler.exporting.wishes import Wishes

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

    `run` raises `ExportFault` for what it can't, and `ImportError` where it isn't installed.
    """

    name: str
    package: str
    run: Callable[[Subject, Images, str], Files]

    @property
    def version(self) -> str:
        """Which one is installed, after its name."""
        return f"{self.name} {metadata.version(self.package)}"

    def __call__(self, subject: Subject, images: Images) -> Files:
        """The files in int8, with ranges from these images."""
        found: dict[str, object] = {"type": "int8", "by": self.version, "images": len(images)}
        if subject.noise:
            found["of"] = "noise"
        return self.run(subject, images, json.dumps(found))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without what tools log and warn of; nor do they set up logging for everyone else.

    `logging.warning` does that where the root has no handler.
    """
    root, silent, level = logging.getLogger(), logging.NullHandler(), logging.root.manager.disable
    root.addHandler(silent)
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
        root.removeHandler(silent)


def _onnxruntime(subject: Subject, images: Images, said: str) -> Files:
    from compiler.exporting.quantising_onnx import quantised

    return quantised(subject, images, said)


def _nncf(subject: Subject, images: Images, said: str) -> Files:
    from compiler.exporting.quantising_openvino import quantised

    return quantised(subject, images, said)


ONNXRUNTIME = Quantiser("ONNX Runtime", "onnxruntime", _onnxruntime)
NNCF = Quantiser("NNCF", "nncf", _nncf)
