"""A model of OpenVINO in int8, by NNCF's post-training quantisation.

Activations get asymmetric ranges where they go below 0, weights a scale for each channel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compiler.exporting.calibrating import Images, batches
from compiler.exporting.engines import Files
from compiler.exporting.openvino_form import signed
from compiler.exporting.quantising import KEY
from compiler.exporting.untold import untold

if TYPE_CHECKING:
    from compiler.exporting.quantising import Subject

SAID = ("framework", KEY)
"""Where the .xml holds by what it was made int8."""


def quantised(subject: Subject, images: Images, said: str) -> Files:
    """The .xml and the .bin in int8."""
    files = subject.files
    model = untold("openvino").Core().read_model(files[".xml"], weights=files[".bin"])
    made = _made(untold("nncf"), model, _Samples(images, subject.batch))
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
