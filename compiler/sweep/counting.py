"""What the variants of a sweep cost: each lowered and counted, on as many cores as there are."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from compiler.cost import cost
from compiler.cost.contract import exceeded
from compiler.cost.quantities import QUANTITIES, Found
from compiler.lowering.lower import lower
from compiler.sweep.plan import Plan, Point
from dsl.models.sweep import Direction, Sweep
from dsl.text.problems import Problem, SpecError

Status = Literal["fits", "beyond", "invalid", "trained", "pruned", "failed", "running", "waiting"]
STATUSES: dict[Status, tuple[str, str]] = {
    "fits": ("fits", "fit"),
    "trained": ("trained",) * 2,
    "beyond": ("breaks a constraint", "break a constraint"),
    "invalid": ("can't be built",) * 2,
    "pruned": ("ended early",) * 2,
    "failed": ("failed",) * 2,
    "running": ("running",) * 2,
    "waiting": ("waiting",) * 2,
}
"""What may become of a variant: what is said of one, and of several."""
SOUND: tuple[Status, ...] = ("fits", "trained")
Amount = Found | float
WORTH = 100
"""How many variants it takes until one more process is quicker: each makes the first one anew."""
CHUNK = 25
"""Variants that a process takes at a time: the last of them remember those before."""


@dataclass(frozen=True)
class Outcome:
    """What came of one variant; `says` is the first constraint that it breaks, or problem."""

    point: Point
    status: Status
    found: Mapping[str, Amount | None]
    says: str = ""


def outcome(plan: Plan, point: Point) -> Outcome:
    """One variant, lowered and counted."""
    try:
        spec = plan.variant(point)
        network = lower(spec, limit=plan.limit)
    except SpecError as error:
        return Outcome(point, "invalid", {}, _first(error))
    report = cost(network)
    found = {name: QUANTITIES[name].of(report) for name in plan.sweep.columns}
    broken = exceeded(limits(plan.sweep), spec, report)
    says = next(iter(broken.values())).message if broken else ""
    return Outcome(point, "beyond" if broken else "fits", found, says)


def limits(sweep: Sweep) -> dict[str, int | str]:
    """What must hold, by quantity."""
    asked = ((name, getattr(sweep.constraints, name)) for name in QUANTITIES)
    return {name: value for name, value in asked if value is not None}


def _first(error: SpecError) -> str:
    problem: Problem = error.problems[0]
    return f"{problem.code}: {problem.message}"


def processes_for(count: int, wanted: int | None = None) -> int:
    """How many processes are worth it: as many as are wanted, or as there are cores."""
    if "fork" not in multiprocessing.get_all_start_methods():
        return 1  # A child that begins anew would lack the plugins that were loaded here.
    return wanted or max(1, min(os.cpu_count() or 1, count // WORTH))


Progress = Callable[[int], None]
"""Who is told how many variants have been counted."""


def counted(
    plan: Plan, *, processes: int | None = None, progress: Progress = lambda done: None
) -> list[Outcome]:
    """What came of each variant, in order, however many processes count them."""
    found: list[Outcome] = []
    with unhurried():
        for each in _all(plan, processes_for(len(plan.points), processes)):
            found += each
            progress(len(found))
    return found


@contextmanager
def unhurried() -> Iterator[None]:
    """Let Python seldom look for garbage that refers to itself: counting makes none.

    It would look through all that is remembered of other variants, again and again.
    """
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _all(plan: Plan, processes: int) -> Iterator[list[Outcome]]:
    starts = range(0, len(plan.points), CHUNK)
    if processes < 2:
        yield from (_chunk(plan, start) for start in starts)
        return
    context = multiprocessing.get_context("fork")
    with context.Pool(processes, _begin, (plan,)) as pool:
        yield from pool.imap(_of_child, starts)


def _chunk(plan: Plan, start: int) -> list[Outcome]:
    end = min(start + CHUNK, len(plan.points))
    return [outcome(plan, plan.points[place]) for place in range(start, end)]


_PLANS: list[Plan] = []
"""What a child process counts; empty in its parent."""


def _begin(plan: Plan) -> None:
    _PLANS.append(plan)


def _of_child(start: int) -> list[Outcome]:
    return _chunk(_PLANS[-1], start)


def best(sweep: Sweep, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Of the variants that fit, those that no other one beats: the Pareto front."""
    from compiler.sweep.front import front

    fitting = [each for each in outcomes if each.status in SOUND]
    trained = any(each.status == "trained" for each in outcomes)
    aims = {name: aim for name, aim in sweep.aims.items() if trained or name in QUANTITIES}
    rows = [worth(each.found, aims) for each in fitting]
    known = [(each, row) for each, row in zip(fitting, rows, strict=True) if row is not None]
    chosen = front([row for _, row in known]) if aims else ()
    return [known[place][0] for place in chosen]


def worth(
    found: Mapping[str, Amount | None], aims: Mapping[str, Direction]
) -> tuple[float, ...] | None:
    """What a variant is worth by each objective, less being better; None where one isn't known."""
    row: list[float] = []
    for name, aim in aims.items():
        value = found.get(name)
        if value is None:
            return None
        sides = value if isinstance(value, tuple) else (value,)
        # Of several sides the worst one counts.
        row.append(max(sides) if aim == "minimise" else -min(sides))
    return tuple(row)
