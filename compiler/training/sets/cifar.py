"""CIFAR-10 and CIFAR-100 from their binary archives, each read as it was published.

The archives for Python hold pickles, which run what they like as they are read; these hold bytes.
"""

from __future__ import annotations

import io
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import torch

from compiler.training.sets.faults import DataFault
from compiler.training.sets.pictures import ImageSet, Stack
from compiler.training.sets.published import Published, contents
from dsl.text.counts import count

PAGE = "https://www.cs.toronto.edu/~kriz/cifar.html"
SHAPE = (3, 32, 32)


@dataclass(frozen=True)
class Cifar:
    """One of the two: its archive, the files in it, and how many bytes of classes an image has.

    The last of those bytes is the class; CIFAR-100 has a coarser one before it.
    """

    name: str
    archive: Published
    training: tuple[str, ...]
    test: str
    labels: int
    names: tuple[str, ...]


CIFAR10 = Cifar(
    "cifar10",
    Published("cifar-10-binary.tar.gz", 170052171, "c32a1d4ab5d03f1284b67883e8d87530"),
    tuple(f"cifar-10-batches-bin/data_batch_{number}.bin" for number in range(1, 6)),
    "cifar-10-batches-bin/test_batch.bin",
    1,
    (
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    ),
)  # fmt: skip
CIFAR100 = Cifar(
    "cifar100",
    Published("cifar-100-binary.tar.gz", 168513733, "03b5dce01913d631647c71ecec9e9cb8"),
    ("cifar-100-binary/train.bin",),
    "cifar-100-binary/test.bin",
    2,
    (
        "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle",
        "bottle", "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle",
        "caterpillar", "cattle", "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch",
        "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish", "forest", "fox",
        "girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion",
        "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain", "mouse", "mushroom",
        "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree",
        "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road",
        "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake",
        "spider", "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank",
        "telephone", "television", "tiger", "tractor", "train", "trout", "tulip", "turtle",
        "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
    ),
)  # fmt: skip


def cifar(which: Cifar, folder: Path) -> ImageSet:
    """One of the sets from a folder. Raises `DataFault` where its archive isn't there."""
    (packed,) = contents(which.name, folder, (which.archive,), PAGE)
    path = str(folder / which.archive.name)
    members = _members(packed, path)
    training = b"".join(_member(members, name, path) for name in which.training)
    test = _member(members, which.test, path)
    parts = (_stack(which, data, path) for data in (training, test))
    return ImageSet(which.name, which.names, *parts)


def _members(packed: bytes, path: str) -> dict[str, bytes]:
    """What the files in an archive hold; nothing is written anywhere."""
    found = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() else None
                if file:
                    found[member.name] = file.read()
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise DataFault(f"can't unpack {path}: {error}") from error
    return found


def _member(members: dict[str, bytes], name: str, path: str) -> bytes:
    if name not in members:
        raise DataFault(f"{path} has no {name} in it")
    return members[name]


def _stack(which: Cifar, data: bytes, path: str) -> Stack:
    """Images one after the other, each behind its classes."""
    length = which.labels + torch.Size(SHAPE).numel()
    if not data or len(data) % length:
        raise DataFault(f"{path} holds {count(len(data), 'byte')} of images, {length:,} each")
    rows = torch.frombuffer(bytearray(data), dtype=torch.uint8).reshape(-1, length)
    images = rows[:, which.labels :].reshape(-1, *SHAPE)
    return Stack(images, rows[:, which.labels - 1].long())
