"""A model of OpenVINO in int8, by NNCF's post-training quantisation.

Activations get asymmetric ranges where they go below 0, weights a scale for each channel.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compiler.exporting.calibrating import Images, batches
from compiler.exporting.engines import Files, line
from compiler.exporting.openvino_form import signed
from compiler.exporting.quantising import quiet
from compiler.exporting.untold import untold
from compiler.exporting.wishes import ExportFault

if TYPE_CHECKING:
    from compiler.exporting.quantising import Subject

SAID = ("framework", "quantised")
"""Where the .xml holds by what it was made int8."""


def quantised(subject: Subject, images: Images, said: str) -> Files:
    """The .xml and the .bin in int8. Raises `ExportFault` where NNCF can't."""
    openvino = untold("openvino")

    files = subject.files
    model = openvino.Core().read_model(files[".xml"], weights=files[".bin"])
    with quiet():
        nncf = untold("nncf")
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # Its progress.
                made = _made(nncf, model, _Samples(images, subject.batch))
        except ExportFault:
            raise
        except Exception as error:  # It has many, which share no base.
            name = f"NNCF {nncf.__version__}"
            what = f"{name} can't make int8 of {subject.network.name}: {line(error)}"
            raise ExportFault(what, "leave it in float32, or please report it") from error
    made.set_rt_info(said, [*SAID])
    return signed(made)


def _made(nncf: Any, model: Any, samples: _Samples) -> Any:
    from nncf.quantization.advanced_parameters import AdvancedQuantizationParameters, OverflowFix
    from nncf.quantization.range_estimator import RangeEstimatorParametersSet

    ranges = RangeEstimatorParametersSet.MINMAX
    return nncf.quantize(
        model,
        nncf.Dataset(samples),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(samples),
        advanced_parameters=AdvancedQuantizationParameters(
            overflow_fix=OverflowFix.ENABLE, activations_range_estimator_params=ranges
        ),
    )


@dataclass(frozen=True)
class _Samples:
    """What NNCF goes through, more than once."""

    images: Images
    batch: int

    def __iter__(self) -> Iterator[Any]:
        return (x.numpy() for x, _ in batches(self.images, self.batch))

    def __len__(self) -> int:
        return (len(self.images) + self.batch - 1) // self.batch
