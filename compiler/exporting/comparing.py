"""An export held against the module: on random input, of several batches and sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf, isnan

import torch
from torch import Tensor

from compiler.exporting.engines import Runner, line
from compiler.exporting.serving import Served, loaded
from compiler.exporting.sizes import free
from compiler.exporting.wishes import Dtype, ExportFault, Wishes
from compiler.ir.facts import Axes
from compiler.ir.fit import misfit
from compiler.ir.network import Network
from compiler.ir.nodes import macs
from compiler.ir.op import Shape
from compiler.ir.rewriting import threaded
from compiler.oracle.likeness import share_apart, worst
from dsl.models.extent import kernel_text

AT_MOST: dict[Dtype, float | None] = {
    "float32": 1e-5,
    "float64": 1e-12,
    "float16": None,
    "bfloat16": None,
}
"""The largest difference that rounding explains; of halves it depends on the network."""
MARGIN = 10
"""How much more than one rounding of each weight is taken for rounding; as the proof has it."""
MOST_MACS = 200 * 10**9
"""The largest pass that is run."""
STEPS = (13, 7, 1, 8, 16, 32, 64, -1, -8, -16, -32, -64)
"""By how much another size is smaller, as far as the network takes it: odd ones find the most."""


@dataclass(frozen=True)
class Comparison:
    """What was run, and how far it was from the module.

    `differences` has for each output the largest one of all runs, against the largest number that
    the module gives there.
    """

    engine: str
    sizes: tuple[str, ...]
    differences: dict[str, float]
    most: float | None
    rounding: float = 0.0
    """What rounding of the weights alone makes of the outputs, where that had to be asked."""

    @property
    def largest(self) -> float:
        """The largest difference of all outputs; not a number where one isn't."""
        return worst(self.differences.values())

    @property
    def ok(self) -> bool:
        """Whether rounding explains it; for halves, whether there are numbers at all."""
        return self.largest < inf if self.most is None else self.largest <= self.most


class Unsteady(ValueError):
    """A module whose own outputs can't be compared with anything."""


def compared(
    name: str, runner: Runner, reference: Served, outputs: tuple[str, ...], wishes: Wishes
) -> Comparison:
    """The export beside the module that it was made from, unoptimised and in float32 or float64.

    Raises `Unsteady` where that gives what are no numbers, `ExportFault` where the engine fails.
    """
    network = reference.model.network
    found = dict.fromkeys(outputs, 0.0)
    said = []
    most = AT_MOST[wishes.dtype]
    runs = trials(network, wishes)
    for batch, grid in runs:
        x = given(network, wishes, grid, batch)
        with torch.no_grad():
            wanted = reference(x)
        pairs = zip(outputs, ran(name, runner, x), outputs_of(wanted), strict=True)
        for output, theirs, ours in pairs:
            found[output] = worst((found[output], _difference(output, theirs, ours)))
        said.append(f"{batch} of {kernel_text(grid)}")
    made = Comparison(name, tuple(said), found, most)
    if most is None or made.ok or isnan(made.largest):
        return made
    unsure = _rounding(reference, wishes, [given(network, wishes, grid, n) for n, grid in runs])
    return replace(made, most=max(most, MARGIN * unsure), rounding=unsure)


def outputs_of(given: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """What a served module gives, as a tuple in any case."""
    return given if isinstance(given, tuple) else (given,)


def ran(name: str, runner: Runner, x: Tensor) -> list[Tensor]:
    """What an engine gives. Raises `ExportFault` where it fails."""
    try:
        return runner(x)
    except Exception as error:  # Each engine has its own.
        shape = kernel_text(x.shape)
        said = f"{name} fails on input of {shape}: {line(error)}"
        raise ExportFault(said, "nothing was written; please report it") from error


def _rounding(reference: Served, wishes: Wishes, inputs: list[Tensor]) -> float:
    """How far the outputs move, in float64, once each weight is moved as far as it is rounded.

    Of all inputs the furthest, since one may be tame.
    """
    network, state = reference.model.network, reference.model.state_dict()
    generator = torch.Generator().manual_seed(0)
    outs: list[list[Tensor]] = []
    for step in (0.0, float(torch.finfo(getattr(torch, wishes.outside)).eps / 2)):
        moved = {
            key: value.double() * (1 + step * torch.randn(value.shape, generator=generator).sign())
            if value.is_floating_point()
            else value
            for key, value in state.items()
        }
        exact = replace(wishes, dtype="float64", opset=None)
        model = Served(loaded(network, moved, aux=wishes.aux), exact)
        with torch.no_grad():
            made = [model(x if wishes.preprocess else x.double()) for x in inputs]
        outs.append([out for each in made for out in outputs_of(each)])
    pairs = zip(*outs, strict=True)
    return worst(_difference("outputs", moved, exact) for exact, moved in pairs)


def _difference(name: str, theirs: Tensor, ours: Tensor) -> float:
    """How far an output is from ours. Raises `Unsteady` where ours are no numbers."""
    if not ours.isfinite().all():
        raise Unsteady(f"the module's own {name} aren't all numbers")
    return share_apart(theirs, ours)


def trials(network: Network, wishes: Wishes) -> list[tuple[int, Axes]]:
    """Batches and grids to compare with: two of each where the caller chooses them.

    The spec's own size, or one that is quicker to run. None at all where every one takes long.
    """
    first = usual(network, wishes)
    if first is None:
        return []
    if wishes.dynamic == "none":
        return [(wishes.batch, first)]
    return [(1, first), (2, _near(network, wishes, first))]


def usual(network: Network, wishes: Wishes) -> Axes | None:
    """The spec's own size, or a part of it that is quick to run; None where no part is."""
    own = tuple(map(int, network.input.grid))
    return next((grid for grid in _smaller(network, wishes, own) if quick(network, grid)), None)


def _smaller(network: Network, wishes: Wishes, own: Axes) -> Iterator[Axes]:
    """The size itself, and parts of it that the network takes."""
    yield own
    chosen = free(network, wishes)
    for part in (2, 3, 4):
        pairs = zip(own, chosen, strict=True)
        grid = tuple(max(1, side // part) if open_ else side for side, open_ in pairs)
        if fits(network, wishes, grid):
            yield grid


def _near(network: Network, wishes: Wishes, own: Axes) -> Axes:
    """Another size that the network takes, a little smaller if it can be; else the same."""
    chosen = free(network, wishes)
    if not any(chosen):
        return own
    for first in range(len(STEPS)):
        for turn in (1, 0):
            steps = (STEPS[(first + turn * axis) % len(STEPS)] for axis in range(len(own)))
            pairs = zip(own, steps, chosen, strict=True)
            grid = tuple(side - step if open_ else side for side, step, open_ in pairs)
            if min(grid) > 0 and fits(network, wishes, grid):
                return grid
    return own


def fits(network: Network, wishes: Wishes, grid: Axes) -> bool:
    """Whether the network takes images of a size."""
    return not misfit(network, (1, int(network.input.channels), *grid), training=wishes.aux)


def quick(network: Network, grid: Axes) -> bool:
    """Whether a pass of one image is run at all: of a size that fits."""
    nodes = threaded(network.trunk, Shape(network.input.channels, *grid))
    return macs(*nodes) <= MOST_MACS


def given(network: Network, wishes: Wishes, grid: Axes, batch: int) -> Tensor:
    """Random input: of normal numbers, or of bytes where those are wished; always the same."""
    generator = torch.Generator().manual_seed(batch)
    channels = int(network.input.channels)
    if wishes.preprocess is None:
        kind = getattr(torch, wishes.outside)
        return torch.randn(batch, channels, *grid, generator=generator, dtype=kind)
    last = wishes.preprocess.layout == "NHWC"
    sides = (*grid, channels) if last else (channels, *grid)
    return torch.randint(0, 256, (batch, *sides), generator=generator, dtype=torch.uint8)
