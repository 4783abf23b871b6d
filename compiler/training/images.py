"""The images that a recipe names: where they are, their classes, and what becomes of one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from torch import Tensor

from compiler.exporting.folders import MODES
from compiler.ir.network import Network
from compiler.training.faults import TrainingFault
from compiler.training.preparing import Preparation, check_channels, preparation
from compiler.training.sets.cifar import CIFAR10, CIFAR100, cifar
from compiler.training.sets.digits import NAMES as DIGITS
from compiler.training.sets.digits import digits
from compiler.training.sets.fashion import NAMES as FASHION
from compiler.training.sets.fashion import fashion_mnist
from compiler.training.sets.faults import DataFault
from compiler.training.sets.folders import class_names, folder
from compiler.training.sets.opening import pixels
from compiler.training.sets.parts import PARTS, Part
from compiler.training.sets.pictures import ImageSet, Stack
from dsl.models.recipe import Recipe
from dsl.models.recipe_data import Data, DataName
from dsl.reading.recipes import beside
from dsl.text.counts import count

PLACE = Path("data")
"""Where data sets lie that nobody named a folder for: each in one of its name."""
PACKED: Mapping[DataName, Callable[[Path], ImageSet]] = {
    "digits": lambda _: digits(),
    "fashion_mnist": fashion_mnist,
    "cifar10": partial(cifar, CIFAR10),
    "cifar100": partial(cifar, CIFAR100),
}
"""Data sets that are read whole, from a folder."""
NAMES: Mapping[DataName, tuple[str, ...]] = {
    "digits": DIGITS,
    "fashion_mnist": FASHION,
    "cifar10": CIFAR10.names,
    "cifar100": CIFAR100.names,
}
"""What their classes are called."""


def prepared_for(network: Network, recipe: Recipe) -> Preparation:
    """What becomes of images before a network. Raises `TrainingFault` where they don't fit it."""
    return preparation(network, data_of(recipe))


def classes_of(recipe: Recipe) -> tuple[str, ...]:
    """The names of the classes that a recipe's images have, in the order of their numbers.

    Raises `TrainingFault` where they follow from folders that aren't there.
    """
    data = data_of(recipe)
    if data.name in NAMES:
        return NAMES[data.name]
    with _told():
        return class_names(data.name, _place(data))


def differing(told: Sequence[str], names: Sequence[str]) -> str:
    """Where classes that a run tells and those of images first differ; empty for nowhere."""
    for place, (one, other) in enumerate(zip(told, names, strict=False)):
        if one != other:
            return (
                f"class {place} was {one} as the run was trained, and is {other} among these images"
            )
    return ""


def check_names(names: Sequence[str], network: Network, whose: str) -> None:
    """Raise `TrainingFault` where there aren't as many names as a network has classes, or is one.

    Of a single class every image is right, whatever the weights.
    """
    at_least = "it takes images of two classes at least"
    if len(names) != network.classes:
        found = count(len(names), "class")
        message = f"{whose} has {found}, and {network.name} tells {network.classes}"
        fitting = f"`--classes {len(names)}` makes its last layer one for them"
        raise TrainingFault(message, fitting if len(names) > 1 else at_least)
    if len(names) == 1:
        message = f"{whose} has one class, {names[0]}, and nothing to tell it from"
        raise TrainingFault(message, at_least)


def prepared(file: str | Path, network: Network, recipe: Recipe) -> Tensor:
    """An image as the network takes it, (C, H, W), prepared as those of the test.

    Whatever colours it has, it gets the network's channels. Raises `TrainingFault` where it can't
    be read.
    """
    ready = prepared_for(network, recipe)
    with _told():
        return ready.plain(pixels(Path(file), MODES[ready.channels], help="")[None])[0]


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong with a data set, as what keeps a run from beginning."""
    try:
        yield
    except DataFault as fault:
        raise TrainingFault(str(fault), fault.help) from fault


def data_of(recipe: Recipe) -> Data:
    """What a recipe says of data. Raises `TrainingFault` where that is nothing."""
    if recipe.data is None:
        help = "name a data set or a folder, as in `data: digits`"
        raise TrainingFault("the recipe doesn't say what is trained on", help)
    return recipe.data


def _place(data: Data) -> Path:
    """The folder that images are in: as the recipe says, or the set's own place."""
    if data.path:
        return beside(data, "path", data.path)
    if data.name == "folder":
        raise TrainingFault("the recipe's data is a folder, and none is named", "give it a `path`")
    return PLACE / data.name


def images_for(
    network: Network, data: Data, prepared: Preparation, wanted: Collection[Part] = PARTS
) -> ImageSet:
    """The images that a recipe names, of the parts that are wanted.

    Raises `TrainingFault` for all that is wrong with them, and for a network that isn't for them.
    """
    with _told():
        if data.name in PACKED:
            images = PACKED[data.name](_place(data))
        else:
            images = folder(data.name, _place(data), MODES[prepared.channels], wanted)
    _check(network, images, prepared)
    return images


def _check(network: Network, images: ImageSet, prepared: Preparation) -> None:
    """Raise `TrainingFault` where the network isn't one for these images."""
    if isinstance(images.training, Stack):
        check_channels(prepared, images.name, images.training.images.shape[1])
    count = len(images.names)
    for part in (images.training, images.held, images.test):
        if part and int(part.classes.max()) >= count:
            worst = int(part.classes.max())
            message = f"an image of {images.name} has the class {worst}, and there are {count}"
            raise TrainingFault(message, "classes are counted from 0")
    check_names(images.names, network, images.name)
