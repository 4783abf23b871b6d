"""Fashion-MNIST from its four files: images and classes in the format of MNIST, packed by gzip."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

import torch
from torch import Tensor

from compiler.training.sets.faults import DataFault
from compiler.training.sets.pictures import ImageSet, Stack
from compiler.training.sets.published import Published, contents
from dsl.text.counts import count

NAMES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
    "Ankle boot",
)  # fmt: skip
PAGE = "https://github.com/zalandoresearch/fashion-mnist"
FILES = (
    Published("train-images-idx3-ubyte.gz", 26421880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
    Published("train-labels-idx1-ubyte.gz", 29515, "25c81989df183df01b3e8a0aad5dffbe"),
    Published("t10k-images-idx3-ubyte.gz", 4422102, "bef4ecab320f06d8554ea6380940ec79"),
    Published("t10k-labels-idx1-ubyte.gz", 5148, "bb300cfdad3c16e7a12a480ee83cd310"),
)
"""Images and classes, to train on and for the test."""
BYTES = 8
"""What the format calls numbers of a byte each."""


def fashion_mnist(folder: Path, files: tuple[Published, ...] = FILES) -> ImageSet:
    """The set from a folder. Raises `DataFault` for files that aren't there, or aren't theirs."""
    packed = contents("fashion_mnist", folder, files, PAGE)
    names = [str(folder / file.name) for file in files]
    images, classes, test, test_classes = map(idx, packed, names, (3, 1, 3, 1))
    training = Stack(images[:, None], classes.long())
    return ImageSet("fashion_mnist", NAMES, training, Stack(test[:, None], test_classes.long()))


def idx(packed: bytes, name: str, rank: int) -> Tensor:
    """Numbers from a file of this format. Raises `DataFault` where it is another one."""
    try:
        data = gzip.decompress(packed)
    except (OSError, EOFError, zlib.error) as error:
        raise DataFault(f"can't unpack {name}: {error}") from error
    head = 4 + 4 * rank
    if len(data) < head or data[:4] != bytes((0, 0, BYTES, rank)):
        raise DataFault(f"{name} isn't a file of bytes of rank {rank} in the format of MNIST")
    shape = struct.unpack(f">{rank}I", data[4:head])
    values = torch.frombuffer(bytearray(data), dtype=torch.uint8)[head:]
    if len(values) != torch.Size(shape).numel():
        raise DataFault(f"{name} has {count(len(values), 'value')} for a shape of {shape}")
    return values.reshape(shape)
