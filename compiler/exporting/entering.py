"""What stands before the first layer: the input, images of bytes scaled, and the graph's dtype."""

from __future__ import annotations

from compiler.exporting.graph import Dim, Graph, Known, Operation
from compiler.exporting.place import Place, Value
from compiler.exporting.wishes import (
    ExportFault,
    Numbers,
    Preprocessing,
    Wishes,
    several,
)
from compiler.ir.network import Network
from dsl.models.extent import AXES, samples
from dsl.text.counts import count

INPUT = "input"
BATCH = "batch"


def enter(network: Network, wishes: Wishes, graph: Graph, free: tuple[bool, ...]) -> Value:
    """Declare the input, and give what the first layer takes."""
    value = Value(INPUT, network.input, free)
    names = AXES[len(free)]
    sides: list[Dim] = [
        name if chosen else int(side)
        for name, side, chosen in zip(names, network.input.grid, free, strict=True)
    ]
    channels = int(network.input.channels)
    if wishes.preprocess:
        return _scaled(network, wishes, graph, (value, channels, sides))
    graph.inputs.append(Known(INPUT, wishes.outside, (batch_of(wishes), channels, *sides)))
    if wishes.dtype == wishes.outside:
        return value
    return _cast(graph, INPUT, wishes, value)


def batch_of(wishes: Wishes) -> Dim:
    """The batch: a name, or a number where nothing is dynamic."""
    return wishes.batch if wishes.dynamic == "none" else BATCH


def _cast(graph: Graph, name: str, wishes: Wishes, value: Value) -> Value:
    made = graph.free(f"{INPUT}/{wishes.dtype}")
    graph.operations.append(Operation("Cast", made, (name,), (made,), {"to": wishes.dtype}))
    return Value(made, value.shape, value.free)


def _scaled(
    network: Network, wishes: Wishes, graph: Graph, given: tuple[Value, int, list[Dim]]
) -> Value:
    value, channels, sides = given
    assert wishes.preprocess
    if len(sides) != 2:
        raise ExportFault(
            f"{network.name} takes {samples(len(sides))}, and preprocessing is for images",
            "export it without",
        )
    last = wishes.preprocess.layout == "NHWC"
    dims = (*sides, channels) if last else (channels, *sides)
    graph.inputs.append(Known(INPUT, "uint8", (batch_of(wishes), *dims)))
    wide = wishes.outside
    at = Place(graph, INPUT, value, {}, (wide, wishes.version))
    x = at.add("Transpose", [INPUT], "channels_first", perm=(0, 3, 1, 2)) if last else INPUT
    x = at.add("Cast", [x], "real", to=wide)
    if not wishes.preprocess.in_weights:
        factors, shifts = scaling(network, wishes.preprocess)
        x = at.add("Mul", [x, at.numbers("factors", factors, channels, 1, 1)], "scaled")
        x = at.add("Add", [x, at.numbers("shifts", shifts, channels, 1, 1)], "normalised")
    made = Value(x, value.shape, value.free)
    return made if wishes.dtype == wide else _cast(graph, x, wishes, made)


def scaling(network: Network, asked: Preprocessing) -> tuple[Numbers, Numbers]:
    """What each channel's bytes are multiplied by, and what is added then.

    Raises `ExportFault` where nobody says mean and deviation.
    """
    mean, std = numbers(network, asked)
    factors = tuple(1 / (255 * each) for each in std)
    return factors, tuple(-middle / each for middle, each in zip(mean, std, strict=True))


def numbers(network: Network, asked: Preprocessing) -> tuple[Numbers, Numbers]:
    """Mean and deviation of images between 0 and 1, one a channel each.

    Those that are given, else the spec's: `meta: {mean: 0.5, std: 0.5}`, or lists of one a channel.
    Raises `ExportFault` where nobody says them, and where they are anything else.
    """
    given = {"mean": asked.mean, "std": asked.std}
    meta = network.spec.meta
    missing = [name for name, value in given.items() if value is None and name not in meta]
    if missing:
        what = " and ".join(missing)
        wanted = ", ".join(f"{name}: 0.5" for name in missing)
        options = " and ".join(f"--{name}" for name in missing)
        help = f"give {options}, or write `meta: {{{wanted}}}` in the spec"
        raise ExportFault(f"{network.name} doesn't say the {what} of its images", help)
    said = {
        name: several(f"the spec's meta.{name}", meta[name])
        if value is None
        else several(name, value)
        for name, value in given.items()
    }
    mean, std = (_each(name, values, network) for name, values in said.items())
    return mean, std


def refuse_bytes(mean: Numbers, std: Numbers) -> None:
    """Raise `ExportFault` for numbers of images between 0 and 255.

    What lies between 0 and 1 has neither a mean nor a deviation above 1. Nothing else
    would tell that such a file's answers are wrong: it agrees with the module.
    """
    for name, values in (("mean", mean), ("std", std)):
        if max(values) > 1:
            meant = ",".join(f"{value / 255:.6g}" for value in dict.fromkeys(values))
            said = f"{name} has {max(values):g}, and it is of images between 0 and 1"
            raise ExportFault(
                said, f"of images between 0 and 255 it is {meant} here: divided by 255"
            )


def _each(name: str, values: Numbers, network: Network) -> Numbers:
    channels = int(network.input.channels)
    if len(values) not in (1, channels):
        theirs = f"{network.name} {count(channels, 'channel')}"
        raise ExportFault(
            f"{name} has {len(values)} numbers, and {theirs}", "give one, or one a channel"
        )
    if name == "std" and not all(value > 0 for value in values):
        raise ExportFault("std has a number that isn't above 0", "images are divided by it")
    return values * (channels if len(values) == 1 else 1)
