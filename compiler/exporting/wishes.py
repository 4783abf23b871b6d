"""What a file that is exported should be like, and why it can't be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from torch import Tensor

Numbers = tuple[float, ...]
Dtype = Literal["float32", "float16", "bfloat16", "float64"]
"""In what numbers a graph computes; `float64` is for comparing, since few engines run it."""
Dynamic = Literal["all", "batch", "none"]
"""Which sizes the caller of the graph chooses: the batch and each side of the input that can be
another one, the batch alone, or none."""
Layout = Literal["NHWC", "NCHW"]
"""How the bytes of images lie: channels last, as in image files, or first."""
LEAST_OPSET, MOST_OPSET = 13, 25
"""The versions of ONNX's operators that graphs are written in."""
USUAL_OPSET: dict[Dtype, int] = {"float32": 18, "float16": 18, "bfloat16": 22, "float64": 18}
"""What a graph is written in unless another one is asked for; bfloat16 had no convolution."""
NOISE = "random"
"""The name by which calibrating with noise is asked for; a folder called so is `./random`."""


class ExportFault(ValueError):
    """Why a network can't be exported as it is wished; `help` says what would do."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(f"{message}: {help}" if help else message)
        self.message, self.help = message, help


@dataclass(frozen=True)
class Preprocessing:
    """Images of bytes as the input: scaled to [0, 1], then less `mean` and divided by `std`.

    One number or one a channel, in the order of the network's channels. None for either is what
    the spec says under `meta: {mean: …, std: …}`. `in_weights` is not for callers: an export
    says so of weights that hold mean and deviation already, so that bytes go in as they are.
    """

    mean: Numbers | float | None = None
    std: Numbers | float | None = None
    layout: Layout = "NHWC"
    in_weights: bool = False

    def __post_init__(self) -> None:
        """Raise `ExportFault` for a layout that there isn't."""
        if self.layout not in get_args(Layout):
            raise ExportFault(
                f"layout can't be {self.layout!r}", f"take {', '.join(get_args(Layout))}"
            )


@dataclass(frozen=True)
class Calibrate:
    """Images that say which ranges int8 needs.

    A folder, whose images are normalised by `mean` and `std` (as in `Preprocessing`; None for what
    the spec says); or batches of tensors that the exported file takes; or noise, by its name.
    """

    images: str | Path | Iterable[Tensor]
    mean: Numbers | float | None = None
    std: Numbers | float | None = None


@dataclass(frozen=True)
class Wishes:
    """How a network is exported.

    `opset` None is the usual one for the dtype. `taps` are paths whose values become outputs as
    well, in that order. `aux` exports the auxiliary heads as outputs under their names. `softmax`
    makes the output `probabilities` instead of `logits`. `batch` counts where nothing is dynamic.
    `labels`, one for each class, are written beside the graph. `calibrate` makes it int8, with
    ranges from these images.

    Whatever the dtype, inputs and outputs are float32 (float64 for float64; bytes with
    `preprocess`), so that a program runs either file.
    """

    opset: int | None = None
    dtype: Dtype = "float32"
    dynamic: Dynamic = "all"
    softmax: bool = False
    taps: tuple[str, ...] = ()
    preprocess: Preprocessing | None = None
    aux: bool = False
    batch: int = 1
    labels: tuple[str, ...] = ()
    calibrate: Calibrate | None = None

    def __post_init__(self) -> None:
        """Raise `ExportFault` for what can't be wished of any network."""
        for value, known, what in (
            (self.dtype, get_args(Dtype), "dtype"),
            (self.dynamic, get_args(Dynamic), "dynamic"),
        ):
            if value not in known:
                raise ExportFault(f"{what} can't be {value!r}", f"take {', '.join(known)}")
        _check_opset(self.opset, self.dtype)
        if type(self.batch) is not int or self.batch < 1:
            raise ExportFault(f"a batch of {self.batch!r}", "take 1 or more")
        if self.batch != 1 and self.dynamic != "none":
            said = f"a batch of {self.batch} is for files of one size, where nothing is dynamic"
            raise ExportFault(said, "say dynamic none, or let the caller choose the batch")
        for place, label in enumerate(self.labels, 1):
            if not label.strip():
                raise ExportFault(f"label {place} of {len(self.labels)} is empty", "name the class")

    @property
    def outside(self) -> Literal["float32", "float64"]:
        """What inputs and outputs hold."""
        return "float64" if self.dtype == "float64" else "float32"

    @property
    def version(self) -> int:
        """The opset that the graph is written in."""
        return self.opset or USUAL_OPSET[self.dtype]


def _check_opset(opset: int | None, dtype: Dtype) -> None:
    if opset is None:
        return
    if type(opset) is not int or not LEAST_OPSET <= opset <= MOST_OPSET:
        help = f"take {LEAST_OPSET} to {MOST_OPSET}"
        raise ExportFault(f"there is no writing ONNX's opset {opset}", help)
    if dtype == "bfloat16" and opset < USUAL_OPSET[dtype]:
        least = USUAL_OPSET[dtype]
        raise ExportFault(f"opset {opset} has no convolution in bfloat16", f"take {least} or more")


def several(name: str, value: object) -> Numbers:
    """One number or some, as a tuple. Raises `ExportFault` for anything else."""
    found: list[Any] = [*value] if isinstance(value, (list, tuple)) else [value]
    real = (isinstance(each, (int, float)) and not isinstance(each, bool) for each in found)
    if not all(real) or not all(map(isfinite, found)):
        raise ExportFault(f"{name} is {value!r}", "write one number, or a list of one a channel")
    return tuple(float(each) for each in found)
