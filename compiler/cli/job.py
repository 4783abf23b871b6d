"""The main job: everything that one spec gives, as files in one folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from compiler.cli import files
from compiler.cli.summary import measured, summary
from compiler.cost import Report
from compiler.files import manifest
from compiler.files.folder import Folder
from compiler.lowering.prepare import Prepared

if TYPE_CHECKING:
    from compiler.picture import Sheet


@dataclass(frozen=True)
class Results:
    """What a spec gives: texts by file name, and its drawings."""

    report: Report
    texts: Mapping[str, str]
    drawings: Mapping[str, Sheet]

    @cached_property
    def dots(self) -> dict[str, str]:
        """The drawings as DOT."""
        from compiler.picture import as_dot

        return {name: as_dot(sheet) for name, sheet in self.drawings.items()}

    @property
    def every_file(self) -> dict[str, bytes]:
        """All texts as files, those of the drawings included."""
        from compiler.cli import pictures
        from compiler.picture import as_svg

        dots = {pictures.path(name, "dot"): dot for name, dot in self.dots.items()}
        svgs = {pictures.path(name, "svg"): as_svg(each) for name, each in self.drawings.items()}
        return {name: text.encode() for name, text in {**self.texts, **dots, **svgs}.items()}


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
    such names apart: a run replaces what earlier ones made there, so it must be this network's own.
    """
    network = prepared.network
    changes = [option.removeprefix("--").replace(" ", "-", 1) for option in network.options]
    name = "-".join(filter(None, [network.name, network.variant, *changes]))
    if len(name) <= LONGEST and all(map(WORD.fullmatch, changes)):
        return out / name
    digest = sha256("\n".join(network.options).encode()).hexdigest()[:8]
    harmless = re.sub(r"[^A-Za-z0-9_.=]+", "-", name)[:LONGEST].rstrip("-")
    return out / f"{harmless}-{digest}"


def drift(where: Folder, results: Results) -> list[str]:
    """What a folder has otherwise than a run would leave it: a line each, or a diff."""
    from compiler.cli import pictures

    wanted = {**results.every_file, **pictures.untouched(results.drawings)}
    plan = where.plan(wanted)
    found = list(files.stale(where, results.every_file))
    found += [f"no longer made: {where.path / name}" for name in plan.remove]
    found += [f"left by a run that was killed: {path}" for path in where.abandoned(wanted)]
    found += [f"{where.path / name}: {why}" for name, why in plan.refused.items()]
    listing = where.see(manifest.NAME).data
    if not manifest.same(listing, plan.entries):
        state = "missing" if listing is None else "stale"
        found.append(f"{state}: {where.path / manifest.NAME}")
    return found
