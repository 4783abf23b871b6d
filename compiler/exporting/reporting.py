"""What an export came to, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from compiler.exporting.engines import Files
from compiler.exporting.entering import INPUT
from compiler.exporting.forms import FORMS, FormName
from compiler.exporting.graph import Graph
from compiler.exporting.leaving import promised
from compiler.exporting.sizes import fixed
from compiler.exporting.wishes import Wishes
from compiler.ir.network import Network
from compiler.ir.nodes import Tap, nodes
from compiler.ir.op import Shape
from dsl.models.extent import AXES

if TYPE_CHECKING:
    from compiler.exporting.comparing import Comparison
    from compiler.exporting.giving import Given


@dataclass(frozen=True)
class Exported:
    """A network that was written in another format; `print` shows all of it.

    `compared` is what was run beside the module; None with the reason in `left_out` where
    nothing was. `seconds` are those that making and comparing took, `size` the bytes of all files.
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
    seconds: tuple[float, float] = (0.0, 0.0)

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
        yield "format", f"{self.form}{opset}, {self.wishes.dtype}, {self.size / 2**20:,.1f} MiB"
        yield "weights", self.given.origin
        yield "optimised", ", ".join(self.network.rewritten) or "no"
        yield "input", self._input()
        for name, shape in self.outputs.items():
            yield "output", f"{name}: {self.wishes.outside}, {self._batch()} x {_sides(shape)}"
        yield "compared", self._compared()
        made, compared = self.seconds
        yield "time", f"{made:.2f} s to make it, {compared:.2f} s to compare"

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
        return (
            f"{found.engine} and the module on random input ({runs}): "
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


def _sides(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
