"""The table of torch functions that an import understands, and how a recording is read by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NoReturn, TypeVar

from torch.overrides import resolve_name

from compiler.importing.atoms import Reading, Unsaid
from compiler.importing.calls import Call, Recording, Weight
from compiler.importing.graph import Node
from compiler.importing.lying import ELSEWHERE, Lying, is_placewise
from compiler.importing.words import WORDS
from dsl.models.layers import Layer

Axes = tuple[int, ...]


class UnsaidError(Exception):
    """What a call does has no words."""

    def __init__(self, unsaid: Unsaid) -> None:
        super().__init__(unsaid.why)
        self.unsaid = unsaid


@dataclass(frozen=True)
class Given:
    """A call with its arguments by name, as its reader asks for them."""

    call: Call
    args: dict[str, Any]
    rank: int
    """How many axes the model's input has beside its channels."""
    last: bool = False
    """Whether the channels lie last; its shapes have them in front all the same."""

    def __call__(self, name: str, default: Any = None) -> Any:
        """An argument, or what torch takes where it is left out."""
        value = self.args.get(name)
        return default if value is None else value

    @property
    def inp(self) -> tuple[int, ...]:
        """The shape of the first tensor."""
        return self.call.shapes[0]

    def fault(self, why: str, help: str = "") -> UnsaidError:
        """The error that the language has no words for this."""
        return UnsaidError(Unsaid(why, help))

    def axes(self, name: str, default: Any = None) -> Axes:
        """An argument that is one number, or has one for each axis such as (height, width)."""
        value = self(name, default)
        if isinstance(value, int):
            return (value,) * self.rank
        fits = isinstance(value, tuple) and len(value) in (1, self.rank)
        if fits and all(type(side) is int for side in value):
            return (*value,) * (self.rank // len(value))
        raise self.fault(f"{name} is {value}, which is no fixed size")

    @property
    def is_map(self) -> bool:
        """Whether the first tensor has the axes of the model's input."""
        return len(self.inp) == self.rank + 1

    def hold_rank(self, rank: int) -> None:
        """Refuse a function for maps of so many axes where the model's input has others."""
        if rank != self.rank or not self.is_map:
            axes = f"{rank} {'axis' if rank == 1 else 'axes'}"
            raise self.fault(f"takes a map of {axes}, and here it gets {self.inp}")

    def weight(self, name: str) -> Weight | None:
        """A parameter; None for none. Computed and fixed ones are refused."""
        value = self(name)
        if value is not None and (not isinstance(value, Weight) or value.viewed):
            raise self.fault(f"computes its {name}, and a spec's layers draw theirs")
        if value is not None and value.buffer:
            raise self.fault(
                f"has a {name} that is fixed, a buffer, and a spec's layers learn theirs"
            )
        return value

    @property
    def weights(self) -> dict[str, str]:
        """The names of the parameters and buffers that it takes, by its own names for them."""
        return {name: value.name for name, value in self.args.items() if isinstance(value, Weight)}

    @property
    def owner(self) -> str:
        """The module that has all of them, under the call's names for them; empty for none.

        A factor for each channel, which may stand beside modules, is there by its own name.
        """
        factors = [each for each in self.args.values() if isinstance(each, Weight)]
        if len(factors) == 1 and self.call.func in BARE:
            return factors[0].name if factors[0].is_row else ""
        found = {
            name.removesuffix(f".{called}") if name.endswith(f".{called}") else ""
            for called, name in self.weights.items()
        }
        return found.pop() if len(found) == 1 else ""


BARE: set[Any] = set()
"""Functions that take a parameter as it is, whoever has it and whatever it is called."""
MERGES = Unsaid("gives a tensor whose first axis is no longer that of the images")
Reader = Callable[[Given], tuple[Reading, ...]]
TABLE: dict[Any, tuple[tuple[str, ...], Reader]] = {}
R = TypeVar("R", bound=Reader)


def reads(names: str, *functions: Any) -> Callable[[R], R]:
    """Register the reader of some functions that take arguments of the same names."""

    def register(reader: R) -> R:
        TABLE.update(dict.fromkeys(functions, (tuple(names.split()), reader)))
        return reader

    return register


def one(layer: Layer) -> tuple[Reading, ...]:
    """A call that is one layer and nothing else."""
    return ((layer,),)


RANKS = (1, 2, 3)
"""Of series, images and clips."""


def ranked(rank: int, names: str, function: str, *holders: Any) -> Callable[[Reader], Reader]:
    """Register the reader of a function for maps of so many axes, which `holders` have.

    Of one that torch has for each rank under another name: `conv1d`, `conv2d`, `conv3d`.
    """

    def register(reader: Reader) -> Reader:
        def held(given: Given) -> tuple[Reading, ...]:
            given.hold_rank(rank)
            return reader(given)

        reads(names, *(getattr(holder, function) for holder in holders))(held)
        return reader

    return register


def read(recording: Recording, size: tuple[int, ...]) -> tuple[Node, ...]:
    """The recorded calls as nodes behind the model's input of a `size` such as (C, H, W).

    What the language has no words for is a node that says so, if the outputs need it.
    """
    needed, used, lying = recording.needed(), set[str](), Lying()
    nodes = [Node(((),), (), "", recording.kinds[""], size)]
    for number, made in enumerate(recording.calls, 1):
        call, last = lying.seen(number, made)
        unread = Node(((),), call.inputs, call.path, call.kind, call.shape)
        given = Given(call, _named(call), len(size) - 1, last)
        nodes.append(_read(given, unread, used) if number in needed else unread)
    return tuple(nodes)


def _named(call: Call) -> dict[str, Any]:
    """A call's arguments by the names that its reader has for them."""
    names, _ = TABLE.get(call.func, ((), unknown))
    return {**dict(zip(names, call.args, strict=False)), **call.kwargs}


def _read(given: Given, unread: Node, used: set[str]) -> Node:
    """A call's node; `used` gathers the weights that have their layer."""
    call, (_, reader) = given.call, TABLE.get(given.call.func, ((), unknown))
    weights = tuple(given.weights.values())
    again = next((name for name in weights if name in used), "")
    used.update(weights)
    read_as = replace(unread, weights=weights, owner=given.owner)
    if unsaid := call.unsaid or _obstacle(given, again):
        return replace(read_as, fault_read=unsaid)
    merges = MERGES if call.merges else None
    try:
        readings = reader(given)
        if given.last and not all(is_placewise(call, reading) for reading in readings):
            merges = ELSEWHERE
        return replace(read_as, readings=readings, fault_read=merges)
    except UnsaidError as error:
        return replace(read_as, fault_read=error.unsaid)


def _obstacle(given: Given, again: str) -> Unsaid | None:
    """Why a call can't be taken, whatever it does; `again` is a weight in use."""
    if given("out") is not None:
        return Unsaid("writes its result into a tensor that is there already (out=)")
    return Unsaid(f"uses {again} again, and a spec's layers have their own") if again else None


def unknown(given: Given) -> NoReturn:
    """Refuse a call that does what the language has no words for, by torch's name of it."""
    func = given.call.func
    name = resolve_name(func) or getattr(func, "__name__", str(func))
    why = f"{name} has no counterpart in the language"
    help = ""
    if name.endswith("__getitem__"):
        help = "if the model prepares its input (transform_input), build it without that"
    words, telling = WORDS.get(name, ("", False))
    raise UnsaidError(Unsaid(f"{words}: {why}" if words else why, help, telling))
