"""The images that an int8 export finds its ranges with, and others to see what it costs.

Each is what the exported file takes: normalised numbers, or bytes where it preprocesses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from compiler.exporting.comparing import fits, given, usual
from compiler.exporting.entering import numbers, refuse_bytes
from compiler.exporting.folders import images_in, mode_of, read, spread
from compiler.exporting.wishes import (
    NOISE,
    Calibrate,
    ExportFault,
    Numbers,
    Preprocessing,
    Wishes,
)
from compiler.ir.network import Network
from dsl.models.extent import kernel_text

MOST = 300
"""How many images are taken; more change ranges little, and cost time."""
EVERY = 5
"""One of so many is held out: it has no say in the ranges."""
NOISES = 20
"""How many images of noise."""
Origin = Literal["folder", "batches", "noise"]


@dataclass(frozen=True)
class Images:
    """Images one after the other, each (1, …), made anew whenever they are gone through."""

    keys: tuple[Any, ...]
    load: Callable[[Any], Tensor]

    def __iter__(self) -> Iterator[Tensor]:
        return map(self.load, self.keys)

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True)
class Calibration:
    """Images to find ranges with, and those that are `held` out of it.

    They are the same where there are less than `EVERY`. `total` counts what there was to choose
    from, `name` is the folder.
    """

    origin: Origin
    name: str
    total: int
    ranges: Images
    held: Images

    @property
    def apart(self) -> bool:
        """Whether those held out had no say in the ranges."""
        return self.ranges is not self.held


def calibration(network: Network, wishes: Wishes, asked: Calibrate) -> Calibration:
    """What is asked for. Raises `ExportFault` or `OSError` for what can't be had."""
    what = asked.images
    if what == NOISE:
        _refuse_numbers(asked)
        return _noise(network, wishes)
    if isinstance(what, (str, Path)):
        return _folder(network, wishes, Path(what), asked)
    _refuse_numbers(asked)
    return _batches(network, wishes, what)


def _refuse_numbers(asked: Calibrate) -> None:
    if asked.mean is not None or asked.std is not None:
        raise ExportFault("mean and std are for images of a folder", "leave them out")


def batches(images: Images, size: int) -> Iterator[tuple[Tensor, int]]:
    """Images side by side, and how many of them count: the last one is repeated to the size."""
    kept: list[Tensor] = []
    for image in images:
        kept.append(image)
        if len(kept) == size:
            yield torch.cat(kept), size
            kept = []
    if kept:
        yield torch.cat(kept + kept[-1:] * (size - len(kept))), len(kept)


def _made(origin: Origin, name: str, total: int, every: Images) -> Calibration:
    """A fifth is held out; of less than five, none can be."""
    if len(every) < EVERY:
        return Calibration(origin, name, total, every, every)
    held = every.keys[EVERY - 1 :: EVERY]
    rest = [key for place, key in enumerate(every.keys) if place % EVERY != EVERY - 1]
    parts = Images(tuple(rest), every.load), Images(held, every.load)
    return Calibration(origin, name, total, *parts)


# --- Of a folder --------------------------------------------------------------------------------


def _folder(network: Network, wishes: Wishes, folder: Path, asked: Calibrate) -> Calibration:
    mode = mode_of(network)
    bytes_ = wishes.preprocess
    if bytes_:
        _refuse_numbers(asked)
    mean, std = numbers(network, bytes_ or Preprocessing(asked.mean, asked.std))
    refuse_bytes(mean, std)  # The spec's own, too.
    files = images_in(folder)
    grid = tuple(map(int, network.input.grid))

    def load(path: Path) -> Tensor:
        image = read(path, mode, (grid[0], grid[1]))
        if bytes_:
            image = image.permute(1, 2, 0) if bytes_.layout == "NHWC" else image
            return image[None].contiguous()
        return normalised(image, mean, std)[None]

    load(files[0])  # What is wrong or missing is said before anything is made.
    return _made("folder", str(folder), len(files), Images(tuple(spread(files, MOST)), load))


def normalised(image: Tensor, mean: Numbers, std: Numbers) -> Tensor:
    """Bytes (C, H, W) as numbers between 0 and 1, less the mean, divided by the deviation."""
    middle, width = (torch.tensor(each).reshape(-1, 1, 1) for each in (mean, std))
    return ((image.float() / 255 - middle) / width).contiguous()


# --- Of tensors ---------------------------------------------------------------------------------


def _batches(network: Network, wishes: Wishes, what: Iterable[Tensor]) -> Calibration:
    """The first images of batches: kept, since not everything can be gone through twice."""
    kept: list[Tensor] = []
    for batch in _iterated(what):
        _check(network, wishes, batch)
        wanted = batch if wishes.preprocess else batch.float()
        kept += (each[None].clone() for each in wanted.detach().cpu()[: MOST - len(kept)])
        if len(kept) == MOST:
            break
    if not kept:
        raise ExportFault("there are no images to calibrate with", "give batches of tensors")
    return _made("batches", "", len(kept), Images(tuple(kept), lambda image: image))


def _iterated(what: Any) -> Iterator[Tensor]:
    if isinstance(what, Tensor):
        yield what
        return
    if not isinstance(what, Iterable):
        message = f"there is no calibrating with what is a {type(what).__name__}"
        raise ExportFault(message, f"give a folder, batches of tensors, or {NOISE!r}")
    for each in what:
        if not isinstance(each, Tensor):
            message = f"a batch to calibrate with is a {type(each).__name__}, not a tensor"
            raise ExportFault(message, "with labels beside them: (images for images, _ in loader)")
        yield each


def _check(network: Network, wishes: Wishes, batch: Tensor) -> None:
    """Raise `ExportFault` for a batch that the exported file wouldn't take."""
    channels, own = int(network.input.channels), tuple(map(int, network.input.grid))
    last = wishes.preprocess is not None and wishes.preprocess.layout == "NHWC"
    sides = (*own, channels) if last else (channels, *own)
    kind = "uint8" if wishes.preprocess else "normalised floats"
    help = f"the network takes Nx{kernel_text(sides)} of {kind}"
    shape = tuple(batch.shape)
    if batch.dtype != torch.uint8 if wishes.preprocess else not batch.is_floating_point():
        raise ExportFault(f"a batch to calibrate with is of {batch.dtype}", help)
    fitting = len(shape) == len(sides) + 1 and shape[-1 if last else 1] == channels
    if fitting:
        grid = shape[1:-1] if last else shape[2:]
        fitting = grid == own or (wishes.dynamic == "all" and fits(network, wishes, grid))
    if not fitting:
        raise ExportFault(f"a batch to calibrate with is {kernel_text(shape)}", help)
    if not batch.isfinite().all():
        raise ExportFault("a batch to calibrate with has what isn't a number", "look at it")


# --- Of noise -----------------------------------------------------------------------------------


def _noise(network: Network, wishes: Wishes) -> Calibration:
    grid = usual(network, wishes) or tuple(map(int, network.input.grid))
    every = tuple(each[None] for each in given(network, wishes, grid, NOISES))
    return _made("noise", "", len(every), Images(every, lambda image: image))
