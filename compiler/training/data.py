"""From what a recipe says of data to what a run is fed with, and what a network is judged by."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from compiler.ir.fit import norms_of_one
from compiler.ir.network import Network
from compiler.training.dice import generator
from compiler.training.faults import TrainingFault
from compiler.training.feeding import Batch
from compiler.training.images import data_of, images_for
from compiler.training.loading import Chosen, LoadedFeed, Loader
from compiler.training.order import Order
from compiler.training.preparing import Preparation, preparation, try_out
from compiler.training.processes import World
from compiler.training.sets.parts import Part
from compiler.training.sets.pictures import ImageSet, Pictures
from dsl.models.recipe import Recipe

TOGETHER = 32
"""How many images are evaluated together at least."""


def feed_for(network: Network, recipe: Recipe, world: World, *, workers: int = 0) -> LoadedFeed:
    """What a network is fed with by a recipe, in one of the processes of a world.

    Raises `TrainingFault` for all that is wrong with the images, but for those that begin and end
    as they should and turn out to be unreadable: these are named when their turn comes.
    """
    data = data_of(recipe)
    prepared = preparation(network, data, recipe.seed)
    try_out(prepared)
    images = images_for(network, data, prepared)
    pictures, training, held = _held_out(images, data.hold_out, recipe.seed)
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
        Chosen(pictures, training, prepared),
        _rest(images, held, prepared),
        _all(images.test, prepared),
        _loader(recipe, world, workers),
    )


@dataclass(frozen=True)
class Judged:
    """Images to evaluate a network on: the names of their classes, and this process's share."""

    names: tuple[str, ...]
    batches: Iterator[Batch] | None
    """None where there are no such images."""


def judged_for(
    network: Network, recipe: Recipe, world: World, part: Part, *, workers: int = 0
) -> Judged:
    """What a network is evaluated on; other images of the recipe's need not be there.

    Raises `TrainingFault` for all that is wrong with them.
    """
    data = data_of(recipe)
    prepared = preparation(network, data)
    shared = part != "test" and data.hold_out  # Those held out are some of those to train on.
    wanted: Collection[Part] = ("train", "held") if shared else (part,)
    images = images_for(network, data, prepared, wanted)
    loader = _loader(recipe, world, workers)
    return Judged(images.names, loader.evaluated(_part(images, part, recipe, prepared)))


def _part(images: ImageSet, part: Part, recipe: Recipe, prepared: Preparation) -> Chosen | None:
    if part == "test" or images.training is None:
        return _all(images.test if part == "test" else images.held, prepared)
    pictures, training, held = _held_out(images, data_of(recipe).hold_out, recipe.seed)
    return _rest(images, held, prepared) if part == "held" else Chosen(pictures, training, prepared)


def _loader(recipe: Recipe, world: World, workers: int) -> Loader:
    most = max(recipe.batch // (recipe.accumulate * world.size), TOGETHER)
    return Loader(world, most, workers)


def _held_out(images: ImageSet, share: float, seed: int) -> tuple[Pictures, Tensor, Tensor]:
    """Images, and the numbers of those to train on and of those held out: of each class alike."""
    pictures = images.training
    assert pictures is not None, "images to train on, and nobody asked for them"
    classes = pictures.classes
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
    return pictures, torch.nonzero(~held)[:, 0], torch.nonzero(held)[:, 0]


def _rest(images: ImageSet, held: Tensor, prepared: Preparation) -> Chosen | None:
    """Those that the best epoch is chosen by."""
    if len(held) and images.training:
        return Chosen(images.training, held, prepared)
    return _all(images.held, prepared)


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
