"""One trial as a run: begun, or gone on with where a killed one was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from compiler.files.holding import holding
from compiler.lowering.lower import lower
from compiler.training.calling import Wanted, alone, trained
from compiler.training.faults import TrainingFault
from compiler.training.folder import is_run
from compiler.training.processes import joined
from compiler.training.records import Record
from compiler.training.running import Observer
from compiler.training.stopping import Stop
from dsl.models.spec import Spec

Tell = Callable[[str], None]
LOCKS = "locks"
"""The folder beside those of trials in which processes hold files."""


class Broken(Exception):
    """A run that began and can't go on, as its loss is no number: no fault of the others."""


def tried(
    spec: Spec,
    limit: int,
    folder: Path,
    device: str,
    observers: Sequence[Observer],
    tell: Tell,
    stop: Stop | None = None,
) -> Record:
    """The best epoch of a run, which one process trains at a time: another may still be ending.

    Raises `Broken`, `TrainingFault` where none would begin, and `Interrupted`.
    """
    recipe = spec.training
    assert recipe is not None, "a plan that trains has a recipe"
    network = lower(spec, limit=limit)
    lock = folder.parent / LOCKS / f"{folder.name}.lock"
    try:
        with holding(lock), joined(device) as world:
            wanted = Wanted(alone(spec), network, recipe, folder, resume=is_run(folder))
            return trained(wanted, world, observers, tell, stop).best
    except TrainingFault as fault:
        if is_run(folder):
            raise Broken(str(fault)) from fault
        raise
