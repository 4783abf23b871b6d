"""All that a page says of one network, ready to be laid out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from shlex import quote

from compiler.cost import Report, cost
from compiler.cost.contract import broken
from compiler.cost.footer import mebibytes
from compiler.cost.growing import peak_growth, saved_growth
from compiler.cost.render import as_data
from compiler.ir.network import Network
from compiler.lowering.prepare import Prepared
from compiler.report.charts.along import alive, along, field_growth, kept
from compiler.report.charts.bars import AMOUNTS, Bar, bars, by_step, wasted
from compiler.report.costs import Shown, contract, shown
from compiler.report.drawn import Drawn, Overview
from compiler.report.figures import figures
from compiler.report.findings import Finding, findings
from compiler.report.island import island
from compiler.report.source_lines import lines_by_path
from compiler.report.steps import Step, steps
from compiler.report.texts import Line, Piece, Text, texts
from compiler.source import emit
from compiler.source.foreign import provenance

NONE = "nothing, as batch norm can't train on one of this size,"
SIZES = {1: "int8", 2: "half", 4: "float", 8: "double"}
"""Bytes that a number may have, and what such a number is called."""


@dataclass(frozen=True)
class Chapter:
    """One network on a page, which calls it `key`: every id of its begins with that."""

    prepared: Prepared
    key: str
    apart: str = ""
    """What is said behind its title, where another network on the page has the same one."""

    @property
    def network(self) -> Network:
        """The network itself."""
        return self.prepared.network

    @property
    def title(self) -> str:
        """What it is called, its variant too."""
        network = self.network
        variant = network.variant or ""
        named = f" ({variant})" if variant not in network.title.lower() else ""
        changed = f" {' '.join(network.options)}" if network.options else ""
        behind = f" ({self.apart})" if self.apart else ""
        return f"{network.title or network.name}{named}{changed}{behind}"

    @cached_property
    def report(self) -> Report:
        """The cost of one input while evaluating."""
        return cost(self.network)

    @property
    def figures(self) -> list[tuple[str, str]]:
        """What people compare."""
        return [*figures(self.prepared, self.report)]

    @property
    def contract(self) -> list[tuple[str, str]]:
        """What the spec promises."""
        return [*contract(self.network)]

    @property
    def broken(self) -> int:
        """How many of these promises the network doesn't keep."""
        return len(broken(self.network.spec, self.report))

    @property
    def named(self) -> str:
        """The words of the command line that give this network."""
        network = self.network
        origin = network.origin or f"{network.name}.yaml"
        variant = f"@{network.variant}" if network.variant else ""
        _, plugins = provenance(network)
        return " ".join((quote(f"{origin}{variant}"), *network.options)) + plugins

    @cached_property
    def _drawn(self) -> Drawn:
        return Drawn(self.network, self.key)

    @property
    def usual(self) -> Overview:
        """The first of the overviews, which needs none of the others."""
        return self._drawn.usual

    @cached_property
    def overviews(self) -> list[Overview]:
        """The drawing of the whole, coloured by each amount."""
        return [*self._drawn.overviews()]

    @cached_property
    def steps(self) -> list[Step]:
        """What opens below the overview."""
        return [*steps(self.network, self._drawn)]

    def anchor(self, path: str) -> str:
        """Where on the page a step opens."""
        return f"{self.key}/{self._opening.get(path, path)}"

    @cached_property
    def _opening(self) -> dict[str, str]:
        """Which step opens for each of the network's."""
        return {path: step.path for step in self.steps for path in step.paths}

    @cached_property
    def costs(self) -> tuple[Shown, ...]:
        """The rows of the cost table."""
        return shown(self.report)

    @cached_property
    def findings(self) -> list[Finding]:
        """What the lints say."""
        return [*findings(self.network)]

    @property
    def charts(self) -> list[tuple[str, str]]:
        """Titles and drawings: amounts by step, then what changes along the network."""
        found = [
            (f"{name} by step and branch", self._bars(name, given))
            for name, amount in AMOUNTS.items()
            if (given := by_step(self.network, amount))
        ]
        if waste := wasted(self.network):
            found.append(("MACs that read padding", self._bars("padding", waste)))
        batch = self._trained.batch
        at = f" at batch {batch}, as one is too few" if batch > 1 else ""
        runs = {
            "Receptive field, step by step": field_growth(self.report),
            "Memory of an evaluating pass: alive as each layer runs": alive(self.report),
            f"Memory of a training pass{at}: kept for the backward pass so far": kept(
                self._trained
            ),
        }
        for title, run in runs.items():
            if run and run.values:
                name = f"{self.key}.chart-{len(found)}"
                most = f"{title}; the most is {run.says(run.highest[1])} at {run.highest[0]}"
                found.append((title, along(name, most, run)))
        return found

    def _bars(self, name: str, given: list[Bar]) -> str:
        most = max(given, key=lambda each: each.length, default=None)
        about = f"{name} by step" + (f"; the most is {most.says} at {most.path}" if most else "")
        return bars(f"{self.key}.chart-{name}", about, given)

    @cached_property
    def _trained(self) -> Report:
        """The training pass of one input, or of two where batch norm refuses one."""
        one = cost(self.network, training=True)
        return one if one.kept is not None else cost(self.network, batch=2, training=True)

    @cached_property
    def spec(self) -> tuple[Text, ...]:
        """The files of the spec, in pieces."""
        return texts(self.network, tuple(each.problem for each in self.findings))

    @cached_property
    def source(self) -> tuple[Line, ...]:
        """The emitted source, each line with the layers that it is about."""
        text = emit(self.network, self.prepared.digest)
        paths = lines_by_path(self.network, text)
        return tuple(
            Line(number, (Piece(line, tuple(paths.get(number, ()))),))
            for number, line in enumerate(text.removesuffix("\n").split("\n"), 1)
        )

    @property
    def peak(self) -> str:
        """The bytes at the peak, for a person and exactly."""
        return mebibytes(self.report.total.peak_bytes)

    @property
    def saved(self) -> str:
        """The bytes kept for the backward pass; nothing of a network that isn't trained."""
        saved = self.report.total.saved_for_backward_bytes
        if saved is None:
            return "" if self.network.rewritten else NONE
        return mebibytes(saved)

    @property
    def none(self) -> str:
        """What is said instead, where a batch of one can't be trained."""
        return NONE

    @property
    def sizes(self) -> dict[int, str]:
        """The sizes of numbers that memory is told for."""
        return SIZES

    @property
    def memory(self) -> str:
        """Peak and saved bytes as they grow with the batch, by the size of a number."""
        grown = {
            size: {
                "peak": peak_growth(self.network, size),
                "saved": saved_growth(self.network, size),
            }
            for size in SIZES
        }
        return island(json.dumps(grown, separators=(",", ":")))

    @property
    def island(self) -> str:
        """The data that `cost --format json` prints, without its spaces and lines."""
        return island(json.dumps(as_data(self.report), separators=(",", ":")))
