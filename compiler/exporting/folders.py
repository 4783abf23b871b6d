"""Images of a folder, read one at a time with Pillow."""

from __future__ import annotations

import errno
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from compiler.exporting.wishes import ExportFault
from compiler.ir.network import Network
from dsl.models.extent import samples

if TYPE_CHECKING:
    import PIL.Image
    from torch import Tensor

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
"""Of files that are taken for images, in small letters or capitals."""
REMOVE = "remove it"
"""What helps against an image that can't be read, among others."""
MODES = {1: "L", 3: "RGB"}
"""What Pillow calls images of so many channels."""
DEEP = ("I", "F")
"""How modes begin whose numbers aren't bytes: converted, Pillow would cut them off at 255."""
HOW = "scaled to cover the input, bilinear, and centre cropped"
"""How an image gets the input's size: as for classifying, it isn't stretched."""


def mode_of(network: Network) -> str:
    """As what the network takes images. Raises `ExportFault` where it takes no usual ones."""
    rank, channels = len(network.input.grid), int(network.input.channels)
    help = "from Python, give batches of tensors"
    if rank != 2:
        raise ExportFault(f"{network.name} takes {samples(rank)}, not images of a folder", help)
    if channels not in MODES:
        message = f"{network.name} takes {channels} channels, and images of a folder have 1 or 3"
        raise ExportFault(message, help)
    return MODES[channels]


def images_in(folder: Path) -> list[Path]:
    """Its images, and those of the folders in it, sorted by path.

    Hidden ones aren't taken. Raises `OSError` for what is no folder, or can't be looked into, and
    `ExportFault` where there are none.
    """
    if folder.is_file():
        raise NotADirectoryError(errno.ENOTDIR, "it's a file, and a folder is wanted", str(folder))
    found = sorted(_files(folder))
    if not found:
        help = f"put some there that end in {', '.join(SUFFIXES)}"
        raise ExportFault(f"there are no images in {folder}", help)
    return found


def _files(folder: Path) -> Iterator[Path]:
    """Links are followed, but into no folder twice: they may go round."""
    seen = set()
    for root, folders, names in os.walk(folder, followlinks=True, onerror=_raised):
        real = os.path.realpath(root)
        folders[:] = [] if real in seen else [n for n in folders if not n.startswith(".")]
        if real not in seen:
            kept = (name for name in names if not name.startswith("."))
            yield from (Path(root, n) for n in kept if Path(n).suffix.lower() in SUFFIXES)
        seen.add(real)


def _raised(error: OSError) -> None:
    raise error


def spread(files: list[Path], most: int) -> list[Path]:
    """At most so many, evenly from all of them: sorted ones lie class by class."""
    count = min(most, len(files))
    return [files[index * len(files) // count] for index in range(count)]


def read(path: Path, mode: str, grid: tuple[int, int]) -> Tensor:
    """An image as bytes (C, H, W) of these sides. Raises `ExportFault` where it can't be read."""
    from PIL import Image, ImageOps

    size = (grid[1], grid[0])
    return as_bytes(ImageOps.fit(opened(path, mode), size, Image.Resampling.BILINEAR))


def opened(path: Path, mode: str, help: str = REMOVE) -> PIL.Image.Image:
    """An image as what Pillow calls `mode`.

    Raises `ExportFault` where it can't be read; then `help` is what would do.
    """
    import PIL.Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Of what is odd about a file, and read nevertheless.
        try:
            with PIL.Image.open(path) as image:
                image.load()
        except Exception as error:  # Each of Pillow's readers has its own.
            said = getattr(error, "strerror", None) or str(error).replace(f" {str(path)!r}", "")
            why = said.strip() or type(error).__name__
            raise ExportFault(f"can't read {path} as an image ({why})", help) from error
        if image.mode.startswith(DEEP):
            help = "how they become bytes is yours to say: convert it first"
            raise ExportFault(f"{path} has numbers of more than 8 bits", help)
        return image.convert(mode)


def as_bytes(image: PIL.Image.Image) -> Tensor:
    """The bytes of an image, (C, H, W)."""
    import torch

    data = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return data.reshape(image.height, image.width, -1).permute(2, 0, 1)
