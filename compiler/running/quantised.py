"""A rewritten network in int8 as an engine runs it, and what that costs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from torch import Tensor

from compiler.exporting.calibrating import Calibration, Images, calibration
from compiler.exporting.costing import Sum, affordable
from compiler.exporting.engines import Engine, Files
from compiler.exporting.forms import FORMS
from compiler.exporting.quantising import Subject
from compiler.exporting.wishes import Calibrate
from compiler.ir.nodes import macs
from compiler.oracle.likeness import worst
from compiler.running.engined import onnx_files, wishes_of
from compiler.running.inference import Rewritten
from compiler.running.ways import Step

Calibrating = str | Path | Iterable[Tensor]
"""A folder of images, batches of tensors, or noise by its name."""


def calibrated(module: Rewritten, images: Calibrating) -> Calibration:
    """The images, some of them held out. Raises `ExportFault` for what the network can't take."""
    return calibration(module.network, wishes_of(module), Calibrate(images))


def in_int8(engine: Engine, module: Rewritten, chosen: Calibration) -> Files:
    """What the engine loads, with ranges from these images.

    Raises `ExportFault` where its tool can't, `ImportError` where that isn't installed.
    """
    form = next(
        form for form in FORMS.values() if form.engines[0].name == engine.name and form.quantiser
    )
    assert form.quantiser
    files = onnx_files(module)
    if form is FORMS["openvino"]:
        from compiler.exporting.openvino_form import made

        files = made(files[".onnx"])
    noise = chosen.origin == "noise"
    subject = Subject(module.network, wishes_of(module), files, noise)
    return form.quantiser(subject, chosen.ranges)


def cost(step: Step, reference: Step, module: Rewritten, held: Images) -> float:
    """How far outputs are from the reference's on all these images, in the largest element.

    Of several maps that of the worst one; not a number where one isn't.
    """
    sums: dict[str, Sum] = {}
    for image in affordable(held, macs(*module.network.trunk)):
        ours, theirs = _named(step(image)), _named(reference(image))
        for name, wanted in theirs.items():
            sums.setdefault(name, Sum()).add(ours[name], wanted.to(ours[name]))
    return worst(found.share for found in sums.values())


def _named(output: Any) -> dict[str, Tensor]:
    return {"": output} if isinstance(output, Tensor) else output
