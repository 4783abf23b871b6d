"""From what a recipe says of data to what a run is fed with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from compiler.exporting.folders import MODES
from compiler.ir.fit import norms_of_one
from compiler.ir.network import Network
from compiler.training.dice import generator
from compiler.training.faults import TrainingFault
from compiler.training.loading import Chosen, LoadedFeed
from compiler.training.order import Order
from compiler.training.preparing import Preparation, check_channels, preparation, try_out
from compiler.training.processes import World
from compiler.training.sets.cifar import CIFAR10, CIFAR100, cifar
from compiler.training.sets.digits import NAMES as DIGITS
from compiler.training.sets.digits import digits
from compiler.training.sets.fashion import NAMES as FASHION
from compiler.training.sets.fashion import fashion_mnist
from compiler.training.sets.faults import DataFault
from compiler.training.sets.folders import class_names, folder
from compiler.training.sets.opening import pixels
from compiler.training.sets.pictures import ImageSet, Pictures, Stack
from dsl.models.recipe import Recipe
from dsl.models.recipe_data import Data, DataName
from dsl.reading.recipes import beside
from dsl.text.counts import count

PLACE = Path("data")
"""Where data sets lie that nobody named a folder for: each in one of its name."""
TOGETHER = 32
"""How many images are evaluated together at least."""
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


def feed_for(
    network: Network,
    recipe: Recipe,
    world: World,
    *,
    path: str | Path | None = None,
    workers: int = 0,
) -> LoadedFeed:
    """What a network is fed with by a recipe, in one of the processes of a world.

    `path` is where the images are, if not where the recipe says. Raises `TrainingFault` for all
    that is wrong with them, but for images that turn out to be unreadable: those are named when
    their turn comes.
    """
    data = _data(recipe)
    prepared = preparation(network, data, recipe.seed)
    try_out(prepared)
    images = _image_set(data, _place(data, path), prepared.channels)
    _check(network, images, prepared)
    training, held = _held_out(images, data.hold_out, recipe.seed)
    order = Order(
        len(training),
        recipe.batch,
        recipe.seed,
        recipe.accumulate,
        recipe.last == "drop",
        world.rank,
        world.size,
    )
    _check_norms(network, recipe, order)
    return LoadedFeed(
        order,
        images.names,
        Chosen(images.training, training, prepared),
        _rest(images, held, prepared),
        _all(images.test, prepared),
        max(recipe.batch // (recipe.accumulate * world.size), TOGETHER),
        workers,
        world.device.type == "cuda",
    )


def prepared_for(network: Network, recipe: Recipe) -> Preparation:
    """What becomes of images before a network. Raises `TrainingFault` where they don't fit it."""
    return preparation(network, _data(recipe))


def classes_of(recipe: Recipe, *, path: str | Path | None = None) -> tuple[str, ...]:
    """The names of the classes that a recipe's images have, in the order of their numbers.

    Raises `TrainingFault` where they follow from folders that aren't there.
    """
    data = _data(recipe)
    if data.name in NAMES:
        return NAMES[data.name]
    with _told():
        return class_names(data.name, _place(data, path))


def check_names(names: Sequence[str], network: Network, whose: str) -> None:
    """Raise `TrainingFault` where there aren't as many names as a network has classes."""
    if len(names) != network.classes:
        found = count(len(names), "class")
        message = f"{whose} has {found}, and {network.name} tells {network.classes}"
        raise TrainingFault(message, f"`--classes {len(names)}` makes its last layer one for them")


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


def _data(recipe: Recipe) -> Data:
    if recipe.data is None:
        help = "name a data set or a folder, as in `data: digits`"
        raise TrainingFault("the recipe doesn't say what is trained on", help)
    return recipe.data


def _place(data: Data, path: str | Path | None) -> Path:
    """The folder that images are in: as asked for, as the recipe says, or the set's own place."""
    if path is not None:
        return Path(path).expanduser()
    if data.path:
        return beside(data, "path", data.path)
    if data.name == "folder":
        raise TrainingFault("the recipe's data is a folder, and none is named", "give it a `path`")
    return PLACE / data.name


def _image_set(data: Data, place: Path, channels: int) -> ImageSet:
    with _told():
        if data.name in PACKED:
            return PACKED[data.name](place)
        return folder(data.name, place, MODES[channels])


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


def _held_out(images: ImageSet, share: float, seed: int) -> tuple[Tensor, Tensor]:
    """The numbers of images that are trained on, and of those held out: of each class alike."""
    classes = images.training.classes
    held = torch.zeros(len(classes), dtype=torch.bool)
    if share and images.held:
        message = f"{images.name} has images that the best epoch is chosen by, and hold_out is "
        raise TrainingFault(f"{message}{share:g}", "leave one of the two out")
    for number in range(len(images.names) if share else 0):
        own = torch.nonzero(classes == number)[:, 0]
        mixed = torch.randperm(len(own), generator=generator(seed, "held out", number))
        held[own[mixed[: min(round(share * len(own)), len(own) - 1)]]] = True
    if share and not held.any():
        message = f"hold_out is {share:g}, and of the images of any class that is none"
        raise TrainingFault(message, "hold out more, or none")
    return torch.nonzero(~held)[:, 0], torch.nonzero(held)[:, 0]


def _rest(images: ImageSet, held: Tensor, prepared: Preparation) -> Chosen | None:
    """Those that the best epoch is chosen by."""
    return Chosen(images.training, held, prepared) if len(held) else _all(images.held, prepared)


def _all(pictures: Pictures | None, prepared: Preparation) -> Chosen | None:
    if pictures is None:
        return None
    return Chosen(pictures, torch.arange(len(pictures.classes)), prepared)


def _check_norms(network: Network, recipe: Recipe, order: Order) -> None:
    """Raise `TrainingFault` where batch norm would have one value to normalise."""
    shared = recipe.sync_batchnorm and order.world > 1
    if order.smallest_part > 1 or shared:
        return
    resting = {
        *recipe.freeze,
        *(n for n, part in network.sections.items() if part in recipe.freeze),
    }
    alone = [
        path
        for path in norms_of_one(network, network.input, training=True)
        if not any(f"{path}.".startswith(f"{each}.") for each in resting)
    ]
    if alone:
        message = f"the smallest part of a batch is one image, of which {alone[0]} gets one value"
        help = "`last: drop` leaves a small rest out; else make batches larger, or parts fewer"
        raise TrainingFault(f"{message}: batch norm needs two", help)
