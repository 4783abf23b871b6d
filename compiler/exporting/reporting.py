"""What an export came to, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from compiler.exporting.engines import Files
from compiler.exporting.entering import INPUT
from compiler.exporting.folders import HOW
from compiler.exporting.forms import FORMS, FormName
from compiler.exporting.graph import Graph
from compiler.exporting.leaving import promised
from compiler.exporting.sizes import fixed
from compiler.exporting.wishes import Wishes
from compiler.ir.network import Network
from compiler.ir.nodes import Tap, nodes
from compiler.ir.op import Shape
from dsl.models.extent import AXES
from dsl.text.counts import count

if TYPE_CHECKING:
    from compiler.exporting.calibrating import Calibration
    from compiler.exporting.comparing import Comparison
    from compiler.exporting.costing import Quantised
    from compiler.exporting.giving import Given


@dataclass(frozen=True)
class Exported:
    """A network that was written in another format; `print` shows all of it.

    `compared` is what was run beside the module; None with the reason in `left_out` where
    nothing was. `quantised` is how it was made int8, if it was: what was compared was float32 then,
    and what int8 costs is said there. `seconds` are those that making and comparing took, twice
    with int8; `size` the bytes of all files. `optimize` says whether passes were to run.
    """

    given: Given
    network: Network
    """What was written: optimised, unless that was not wanted."""
    form: FormName
    path: Path
    wishes: Wishes
    files: Files
    compared: Comparison | None = None
    left_out: str = ""
    seconds: tuple[float, ...] = (0.0, 0.0)
    quantised: Quantised | None = None
    optimize: bool = True

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(map(len, self.files.values()))

    @property
    def outputs(self) -> dict[str, tuple[int, ...]]:
        """The outputs' names and shapes behind the batch, at the spec's own size."""
        return outputs(self.given.network, self.wishes)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        others = "".join(f", {self.path.with_suffix(each)}" for each in [*self.files][1:])
        yield f"{self.given.network.name} -> {self.path}{others}"
        rows = [*self._rows()]
        width = max(len(name) for name, _ in rows)
        yield from (f"  {name:<{width}}  {what}" for name, what in rows)
        yield from (f"note: {note}" for note in self._notes())

    def _rows(self) -> Iterator[tuple[str, str]]:
        opset = f", opset {self.wishes.version}" if FORMS[self.form].graph else ""
        found = self.quantised
        numbers = f"int8 by {found.tool}" if found else self.wishes.dtype
        yield "format", f"{self.form}{opset}, {numbers}, {self.size / 2**20:,.1f} MiB"
        yield "weights", self.given.origin
        yield (
            "optimised",
            ", ".join(self.network.rewritten) or ("nothing to do" if self.optimize else "no"),
        )
        yield "input", self._input()
        for name, shape in self.outputs.items():
            yield "output", f"{name}: {self.wishes.outside}, {self._batch()} x {_sides(shape)}"
        yield "compared", self._compared()
        made, compared, *longer = self.seconds
        took = f"{made:.2f} s to make it, {compared:.2f} s to compare"
        if found:
            yield "ranges", _ranges(found.calibration)
            yield "costs", _costs(found)
            took += f", {longer[0]:.2f} s to quantise, {longer[1]:.2f} s to compare again"
        yield "time", took

    def _batch(self) -> str:
        return str(self.wishes.batch) if self.wishes.dynamic == "none" else "batch"

    def _input(self) -> str:
        network, wishes = self.given.network, self.wishes
        kept = fixed(network, wishes)
        names = AXES[len(network.input.grid)]
        sides = [
            str(int(side)) if axis in kept else f"{name} ({int(side)})"
            for axis, (name, side) in enumerate(zip(names, network.input.grid, strict=True))
        ]
        channels = str(int(network.input.channels))
        last = wishes.preprocess is not None and wishes.preprocess.layout == "NHWC"
        dims = [*sides, channels] if last else [channels, *sides]
        kind = "uint8" if wishes.preprocess else wishes.outside
        return f"{INPUT}: {kind}, {' x '.join([self._batch(), *dims])}"

    def _compared(self) -> str:
        if (found := self.compared) is None:
            return f"nothing was compared: {self.left_out}"
        most = "" if found.most is None else f" (at most {found.most:.2g})"
        runs = ", ".join(found.sizes)
        before = "before it was int8: " if self.quantised else ""
        return (
            f"{before}{found.engine} and the module on random input ({runs}): "
            f"largest difference {found.largest:.1e} of the largest output{most}"
        )

    def _notes(self) -> Iterator[str]:
        yield from self.given.notes
        if self.compared and self.left_out:
            yield self.left_out
        if self.compared and self.compared.rounding:
            yield (
                "this network amplifies rounding: that of its weights alone moves the outputs by "
                f"{self.compared.rounding:.1e}, of which ten times are allowed"
            )
        if self.quantised and not self.quantised.calibration.apart:
            yield "too few images to hold some out: int8 was tried with those that made its ranges"
        names = AXES[len(self.given.network.input.grid)]
        for axis, path in fixed(self.given.network, self.wishes).items():
            if path:
                size = int(self.given.network.input.grid[axis])
                yield f"the {names[axis]} is {size} always, as {path} asks for it"


def outputs(network: Network, wishes: Wishes) -> dict[str, tuple[int, ...]]:
    """Names and shapes of what an export gives. Raises `ExportFault` for what isn't there."""
    found: dict[str, Shape] = {}
    for path, node in nodes(network.nodes):
        found[path] = node.body.out if isinstance(node, Tap) else node.out
    graph = Graph(network.name)
    graph.taken = {INPUT}
    last = network.trunk[-1].out
    return {
        each.name: tuple(map(int, found[each.path] if each.path else last))
        for each in promised(network, wishes, graph)
    }


def _ranges(calibration: Calibration) -> str:
    """From what the ranges of int8 are."""
    used = len(calibration.ranges)
    if calibration.origin == "noise":
        noise = f"of {count(used, 'input')} of noise, as asked"
        return f"{noise}: good for timing, the outputs mean little"
    if calibration.origin == "batches":
        return f"of {used} of the {count(calibration.total, 'image')} given"
    return f"of {used} of the {count(calibration.total, 'image')} in {calibration.name}, {HOW}"


def _costs(found: Quantised) -> str:
    """What int8 costs, and on which images."""
    cost, calibration = found.cost, found.calibration
    what, noise = ("input", " of noise") if calibration.origin == "noise" else ("image", "")
    which = f"{count(cost.images, f'other {what}' if calibration.apart else what)}{noise}"
    largest = f"largest difference {cost.largest:.1e} of the largest output"
    text = f"{cost.engine} and the module on {which}: {largest}"
    if cost.same is None:
        return text
    places = f"{cost.places:,}{' places' if cost.places != cost.images else ''}"
    return f"{text}, the same best class in {cost.same:,} of {places}"


def _sides(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
