"""The main job: everything that one spec gives, as files in one folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from compiler.cli.summary import summary
from compiler.contract import broken
from compiler.cost import Report, cost
from compiler.prepare import Prepared
from dsl.problems import SpecError


@dataclass(frozen=True)
class Results:
    """What a spec gives: texts by file name, and the drawings among them as DOT."""

    report: Report
    texts: Mapping[str, str]
    drawings: Mapping[str, str]

    @property
    def every_text(self) -> dict[str, str]:
        """All texts, the drawings' DOT included."""
        dots = {f"diagrams/{name}.dot": dot for name, dot in self.drawings.items()}
        return {**self.texts, **dots}


def measured(prepared: Prepared) -> Report:
    """The cost; raises `SpecError` where the spec's own `expect` isn't met."""
    report = cost(prepared.network)
    problems = broken(prepared.spec, report)
    if problems:
        raise SpecError(problems, prepared.spec.texts)
    return report


def results(prepared: Prepared) -> Results:
    """Every text that the spec gives; no torch needed."""
    from compiler.cost.render import as_csv, as_json, as_text
    from compiler.diagram import drawings
    from compiler.source import emit

    report = measured(prepared)
    texts = {
        source_name(prepared): emit(prepared.network, prepared.digest),
        "cost.txt": as_text(report),
        "cost.json": as_json(report),
        "cost.csv": as_csv(report),
        "summary.txt": summary(prepared, report),
    }
    return Results(report, texts, drawings(prepared.network))


def source_name(prepared: Prepared) -> str:
    """`googlenet.py`, or `googlenet_torchvision.py` for a variant."""
    network = prepared.network
    return f"{network.name}_{network.variant}.py" if network.variant else f"{network.name}.py"


LONGEST = 100
"""The longest name of a folder: file systems take 255 bytes."""
WORD = re.compile(r"[a-z]+-[A-Za-z0-9_.=]*[A-Za-z0-9_]")
"""An option that can be part of a folder's name as it stands."""


def folder(prepared: Prepared, out: Path) -> Path:
    """Where a network's files go below `out`: other variants and overrides go elsewhere.

    An option may hold anything, a path too. What isn't harmless is replaced, and a digest keeps
    such names apart: old files in the folder are deleted, so it must be this network's own.
    """
    network = prepared.network
    changes = [option.removeprefix("--").replace(" ", "-", 1) for option in network.options]
    name = "-".join(filter(None, [network.name, network.variant, *changes]))
    if len(name) <= LONGEST and all(map(WORD.fullmatch, changes)):
        return out / name
    digest = sha256("\n".join(network.options).encode()).hexdigest()[:8]
    harmless = re.sub(r"[^A-Za-z0-9_.=]+", "-", name)[:LONGEST].rstrip("-")
    return out / f"{harmless}-{digest}"


def old_pictures(where: Path, drawings: Mapping[str, str]) -> dict[str, str]:
    """The drawings whose SVG is missing, or was drawn from another DOT than today's.

    An SVG names the DOT that it shows, so this doesn't depend on Graphviz's version.
    """
    from compiler.diagram import fingerprint

    pictures = {name: where / "diagrams" / f"{name}.svg" for name in drawings}
    return {
        name: dot
        for name, dot in drawings.items()
        if not pictures[name].is_file()
        or fingerprint(dot) not in pictures[name].read_text(encoding="utf-8")
    }


def missing_pixels(
    where: Path, drawings: Mapping[str, str], old: Mapping[str, str]
) -> dict[str, str]:
    """The drawings that need a new PNG: it is missing, or its SVG is among the `old`."""
    gone = {name for name in drawings if not (where / "diagrams" / f"{name}.png").is_file()}
    return {name: dot for name, dot in drawings.items() if name in gone or name in old}


def strays(where: Path, results: Results) -> list[str]:
    """Files of an earlier run that no longer belong there."""
    wanted = {where / name for name in results.every_text}
    pictures = {f"{name}{end}" for name in results.drawings for end in (".svg", ".png")}
    wanted |= {where / "diagrams" / name for name in pictures}
    there = [path for path in where.rglob("*") if path.is_file()] if where.is_dir() else []
    ours = (".py", ".dot", ".svg", ".png", ".txt", ".json", ".csv")
    return sorted(str(path) for path in there if path.suffix in ours and path not in wanted)
