"""Every tensor of a network beside what a source calls it and how it lies there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, leaves
from compiler.lowering.classifier import classified
from compiler.ops.linear import Flatten
from compiler.ops.norm import COUNTER, Norm
from compiler.weights import keras
from compiler.weights.paths import Place, naming
from compiler.weights.turn import Dims, Key, Turn
from dsl.models.weights import KERAS
from dsl.text.problems import NOWHERE, Problem, Span, SpecError

NO_KEY = Key()


@dataclass(frozen=True)
class Slot:
    """One tensor: its path and shape here, and its `key` in the source.

    `default` is the value that it has where the source leaves it out. `head` is the auxiliary
    head that it belongs to; `per_class` says that its size is the number of classes.
    """

    path: str
    shape: Dims
    key: Key = NO_KEY
    default: int | None = None
    head: str = ""
    per_class: bool = False
    span: Span = NOWHERE

    @property
    def name(self) -> str:
        """Its name there; empty where it has none."""
        return self.key.name or ""

    @property
    def turn(self) -> Turn:
        """How it lies there."""
        return self.key.turn

    @property
    def public_shape(self) -> Dims:
        """Its shape there."""
        return self.turn.shape(self.shape)


def slots(network: Network, source: str) -> tuple[Slot, ...]:
    """Every tensor of a network in construction order, as a source has it.

    Raises `SpecError` where the source isn't known or gives two tensors one name, and where
    Keras's arrays would have to be shuffled.
    """
    if source == KERAS:
        _check_flat(network)
    places = naming(network, source).places(network)
    if source == KERAS:
        _check_known(network, places)
    sized = {*classified(network), *_last_layers(network, places)}
    keys = keras.keys(places) if source == KERAS else _torch_keys(places)
    found = tuple(slot for place in places for slot in _slots(place, keys, place.path in sized))
    _check_unique(found, source)
    return found


def _slots(place: Place, keys: Mapping[str, Key], per_class: bool) -> Iterator[Slot]:
    leaf = place.leaf
    for name, shape in tensors(leaf).items():
        path = f"{place.path}.{name}"
        key = keys.get(path, NO_KEY)
        default = _default(leaf, name, key)
        dims = tuple(map(int, shape))
        yield Slot(path, dims, key, default, place.head, per_class, place.span)


def _default(leaf: Leaf, name: str, key: Key) -> int | None:
    """What a source that leaves a tensor out means: no batches yet, or a gamma of one."""
    if name.rpartition(".")[2] == COUNTER:
        return 0
    gamma = isinstance(leaf.op, Norm) and name == "weight"
    return 1 if gamma and key.kind else None


def tensors(leaf: Leaf) -> dict[str, Dims]:
    """Names and shapes of a layer's parameters and buffers."""
    return {**leaf.op.params(leaf.inp), **leaf.op.buffers(leaf.inp)}


def _last_layers(network: Network, places: tuple[Place, ...]) -> Iterable[str]:
    """The last layer of the trunk and of each auxiliary head, where they tell the classes."""
    last = {place.head: place for place in places if place.leaf.op.params(place.leaf.inp)}
    ends = last.values()
    return [place.path for place in ends if place.leaf.out.channels == network.classes]


def _torch_keys(places: tuple[Place, ...]) -> dict[str, Key]:
    """Names of tensors as torch's modules have them."""
    found = {}
    for place in places:
        for name in tensors(place.leaf):
            found[f"{place.path}.{name}"] = Key(place.named(name))
    return found


def _check_flat(network: Network) -> None:
    """A map that is flattened to a vector comes out in another order in Keras."""
    for path, leaf in leaves(network.trunk):
        if isinstance(leaf.op, Flatten) and not leaf.inp.is_point:
            message = f"{path} gives {leaf.inp} in another order than Keras does, "
            message += "which puts the channels last"
            raise SpecError([Problem("E155", leaf.span, message)], network.spec.texts)


def _check_known(network: Network, places: tuple[Place, ...]) -> None:
    """How Keras's arrays lie is known for the language's own layers."""
    for place in places:
        if place.public is not None and not keras.is_known(place):
            message = f"{place.path} is a plugin's layer, whose weights nobody can find in Keras's"
            help = "write `none` for its name, and load its weights by themselves"
            raise SpecError([Problem("E155", place.span, message, help=help)], network.spec.texts)


def _check_unique(found: Iterable[Slot], source: str) -> None:
    first: dict[str, Slot] = {}
    problems = []
    for slot in found:
        if slot.name and first.setdefault(slot.name, slot) is not slot:
            both = f"{first[slot.name].path} and {slot.path}"
            message = f"{source} gives two tensors one name, {slot.name}: {both}"
            problems.append(Problem("E151", slot.span, message))
    if problems:
        raise SpecError(problems[:10])
