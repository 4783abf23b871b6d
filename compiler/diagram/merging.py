"""Uses of one block right after each other that differ in numbers alone: drawn once, in letters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from compiler.diagram.differing import Drawn
from compiler.diagram.facts import amounts
from compiler.diagram.folding import Steps, inside_of, nameless
from compiler.diagram.items import Box, Chain
from compiler.diagram.naming import whose
from compiler.diagram.text import by, ending_of, place, plain, term
from compiler.diagram.uses import Use
from compiler.ir.network import Network
from compiler.ir.nodes import Node, Parallel, Series, Tap
from compiler.ir.symbols import names_in
from compiler.picture.labels import Run, beside, small, strong

MOST = 4
"""Values of a parameter that are told; of more the first and the last."""
INPUT = "in_channels"


@dataclass(frozen=True, slots=True)
class Merged:
    """Several uses that are one frame: what they agree on is a number, the rest has its name."""

    places: tuple[Use, ...]
    differing: frozenset[str]
    """The parameters that they don't agree on."""

    @classmethod
    def of(cls, places: list[Use]) -> Merged:
        """Some uses of one block."""
        args = [use.args for use in places]
        found = {name for name in args[0] if len({each[name] for each in args}) > 1}
        inputs = {int(use.node.inp.channels) for use in places}
        return cls(tuple(places), frozenset(found | ({INPUT} if len(inputs) > 1 else set())))

    @property
    def whose(self) -> str:
        """Of which use the numbers of a tooltip are."""
        return whose(list(self.places))

    def number(self, n: int) -> str:
        """A width, as all of them have it."""
        return term(n) if names_in(n) & self.differing else plain(n)

    def known(self, value: float) -> float:
        """A number of the block's, in plain where all of them have it."""
        if names_in(value) & self.differing:
            return value
        return int(value) if isinstance(value, int) else float(value)

    @property
    def _given(self) -> Iterator[str]:
        """What they are called with: `pool=32, 64, 64`."""
        first, differing = self.places[0], self.differing
        for name, value in first.args.items():
            values = [use.args[name] for use in self.places]
            if name in differing:
                yield f"{name}={_listed(values)}"
            elif name in first.call.args:
                yield f"{name}={value}"
        if INPUT in differing:
            yield f"in={_listed([plain(use.node.inp.channels) for use in self.places])}"

    def title(self) -> Box:
        """What stands on their frame."""
        first, last = self.places[0], self.places[-1]
        block, node = first.call.block, first.node
        names = " … ".join(ending_of(use.path) for use in (first, last))
        times = f"{len(self.places)} × {block}"
        said = [strong(times), Run(names)] if "." in names else [strong(names), Run(times)]
        text = beside(*said, small("; ".join(self._given)))
        told = f"{first.path} … {last.path}: {times}\n{self.whose}\n{amounts(node)}"
        came = by([self._input(), *map(plain, node.inp.grid)])
        return Box(text, "input", f"{told}\n{place(node.span)}", small(came), path=first.path)

    def _input(self) -> str:
        return "in" if INPUT in self.differing else plain(self.places[0].node.inp.channels)


def _listed(values: list[str]) -> str:
    return ", ".join(values) if len(values) <= MOST else f"{values[0]} … {values[-1]}"


@dataclass(frozen=True)
class Merging:
    """Finds them among steps, and in steps. Nothing leaves the trunk behind one but the last."""

    drawn: Drawn
    leaving: frozenset[str] = frozenset()
    """The steps of the trunk from which a head is taken."""
    _looks: dict[int, Chain] = field(default_factory=dict)

    @classmethod
    def of(cls, network: Network, drawn: Drawn) -> Merging:
        """What looks for those of a network."""
        pairs = pairwise(network.nodes)
        return cls(drawn, frozenset(one.name for one, then in pairs if isinstance(then, Tap)))

    def found(self, steps: Steps, outer: str = "") -> Mapping[str, Merged]:
        """Those uses by the path of their first, where they aren't all equal."""
        out: dict[str, Merged] = {}
        for run in self._runs(steps, outer):
            if len(run) > 1 and any(nameless(a.node) != nameless(b.node) for a, b in pairwise(run)):
                out[run[0].path] = Merged.of(run)
        gone = {use.path for many in out.values() for use in many.places}
        for step in steps:
            path = f"{outer}{step.name}"
            for inner in inside_of(step) if path not in gone else ():
                out |= self.found(inner, f"{path}.")
        return out

    def _runs(self, steps: Steps, outer: str) -> Iterator[list[Use]]:
        run: list[Use] = []
        for step in steps:
            use = _use(step, f"{outer}{step.name}")
            if run and (use is None or not self._goes_on(run, use)):
                yield run
                run = []
            run += [use] if use else []
        if run:
            yield run

    def _goes_on(self, run: list[Use], use: Use) -> bool:
        """Whether a use is built like the first of a run: as large, of the same steps."""
        first, one, other = run[0], run[0].node, use.node
        alike = first.call.block == use.call.block and one.inp.grid == other.inp.grid
        if run[-1].path in self.leaving or not alike or one.out.grid != other.out.grid:
            return False
        return self._look(first) == self._look(use)

    def _look(self, use: Use) -> Chain:
        if id(use.node) not in self._looks:
            self._looks[id(use.node)] = self.drawn(use)
        return self._looks[id(use.node)]


def _use(step: Node, path: str) -> Use | None:
    call = step.use if isinstance(step, Series | Parallel) else None
    return Use(path, "", "", step, call) if call and isinstance(step, Series | Parallel) else None
