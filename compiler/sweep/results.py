"""What came of a sweep as tables: text, CSV, JSON, Parquet; and as a plot."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from compiler.cost.footer import short_size
from compiler.cost.quantities import MEASURES, QUANTITIES, exactly
from compiler.lowering.lower import lower
from compiler.lowering.prepare import Prepared
from compiler.report.charts.pareto import Scale, Spot, Unit, alone, pareto
from compiler.sweep.counting import SOUND, STATUSES, Amount, Outcome, Status, best, worth
from compiler.sweep.plan import Plan
from dsl.models.axes import size
from dsl.models.sweep import SCORES
from dsl.text.counts import count

MOST_ROWS = 30
"""Rows of a table on a terminal; files have them all."""
MOST_PROBLEMS = 10
NONE = "variants that can't be built:"
EPOCH = "epoch"
"""What results call the best epoch of a trial."""


@dataclass(frozen=True)
class Results:
    """A sweep with what came of each variant."""

    plan: Plan
    outcomes: Sequence[Outcome]
    best: Sequence[Outcome]
    trained: bool = False

    @classmethod
    def of(cls, plan: Plan, outcomes: Sequence[Outcome], *, trained: bool = False) -> Results:
        """With those that no other one beats."""
        return cls(plan, outcomes, best(plan.sweep, outcomes), trained)

    @property
    def columns(self) -> tuple[str, ...]:
        """What each row has."""
        own = ("number", "status", *self.plan.addresses, *self.amounts)
        return (*own, *(["best"] if self.aims else []), "says")

    @property
    def amounts(self) -> tuple[str, ...]:
        """What is known of a variant: of trained ones how well they do, and in which epoch."""
        scores = (*SCORES, EPOCH) if self.trained else ()
        return (*self.plan.sweep.columns, *scores)

    @property
    def aims(self) -> tuple[str, ...]:
        """What is looked for."""
        return tuple(n for n in self.plan.sweep.aims if self.trained or n in QUANTITIES)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each variant as plain data; several sides are a list."""
        chosen = {id(each) for each in self.best}
        for each in self.outcomes:
            cells = _cells(each, self.plan)
            row: dict[str, Any] = {"number": each.point.number, "status": each.status}
            row |= dict(zip(self.plan.addresses, cells, strict=True))
            row |= {name: _plain(each.found.get(name)) for name in self.amounts}
            if self.aims:
                row["best"] = id(each) in chosen
            yield {**row, "says": each.says}


def _cells(each: Outcome, plan: Plan) -> list[int | float | str]:
    """What stands on each axis; nothing where that isn't known yet."""
    return [size(value) for value in each.point.values] or [""] * len(plan.addresses)


def _plain(found: Amount | None) -> int | float | list[int | float] | None:
    if isinstance(found, tuple):
        return [int(side) if side == int(side) else float(side) for side in found]
    return found


def as_json(results: Results) -> str:
    """An object with the sweep's spec, its axes, and a record a variant."""
    counts = Counter(each.status for each in results.outcomes)
    whole = {
        "spec": results.plan.sweep.spec,
        "axes": results.plan.addresses,
        "objectives": results.plan.sweep.aims,
        "counts": {status: counts[status] for status in STATUSES},
        "variants": [*results.rows()],
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def as_csv(results: Results) -> str:
    """A line a variant with a header; several sides as `224x224`."""
    out = io.StringIO()
    writer = csv.DictWriter(out, results.columns, lineterminator="\n")
    writer.writeheader()
    for row in results.rows():
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return exactly(tuple(value))
    if isinstance(value, bool):
        return str(value).lower()
    return value


def as_parquet(results: Results) -> bytes:
    """The same table in Parquet; several sides as text. Raises `ImportError` without pyarrow."""
    import pyarrow as pa  # Large, and few want it.
    import pyarrow.parquet as pq

    rows = [*results.rows()]
    columns = {name: _column([row[name] for row in rows]) for name in results.columns}
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _column(values: list[Any]) -> list[Any]:
    """Values of one type: numbers, or texts where any is one."""
    cells = [exactly(tuple(value)) if isinstance(value, list) else value for value in values]
    if any(isinstance(cell, str) for cell in cells):
        return [None if cell is None else str(cell) for cell in cells]
    if any(isinstance(cell, float) for cell in cells):
        return [None if cell is None else float(cell) for cell in cells]
    return cells


def as_text(results: Results) -> str:
    """What a terminal shows: how many there are, the best or the first of them, and problems."""
    return "\n".join([*_summary(results), *_table(results), *_problems(results), ""])


def _summary(results: Results) -> Iterator[str]:
    counts: Counter[Status] = Counter(each.status for each in results.outcomes)
    said = [
        f"{counts[status]:,} {words[counts[status] > 1]}"
        for status, words in STATUSES.items()
        if counts[status]
    ]
    what = count(len(results.outcomes), "trial" if results.trained else "variant")
    named = results.plan.sweep.title or results.plan.sweep.spec
    front = f"; {len(results.best):,} that no other beats" if results.best and results.aims else ""
    yield f"{named}: {what}; {', '.join(said)}{front}"


def _table(results: Results) -> Iterator[str]:
    shown = results.best if results.aims else [e for e in results.outcomes if e.status in SOUND]
    names = [*results.plan.addresses, *results.amounts]
    rows = [["", *names], *(_shown(each, results) for each in shown[:MOST_ROWS])]
    if len(rows) == 1:
        return
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.rjust, row, widths)) for row in rows]
    yield from ("", lines[0], "─" * max(map(len, lines)), *lines[1:])
    if len(shown) > MOST_ROWS:
        yield f"… {len(shown) - MOST_ROWS:,} more; a file (-o) has them all"


def _shown(each: Outcome, results: Results) -> list[str]:
    cells = map(str, _cells(each, results.plan))
    found = [told(name, each.found.get(name)) for name in results.amounts]
    return [str(each.point.number), *cells, *found]


def told(name: str, found: Amount | None) -> str:
    """A quantity as a table has it."""
    if found is None:
        return ""
    if isinstance(found, tuple):
        return exactly(found)
    if isinstance(found, float):
        return f"{found:.4f}"
    if name == EPOCH:
        return str(found)
    return short_size(found) if "B" in MEASURES[name].suffixes else f"{found:,}"


def _problems(results: Results) -> Iterator[str]:
    """The variants that can't be built, and where none is left those that break a constraint."""
    heading = "what could not be had:" if results.trained else NONE
    wrong: tuple[Status, ...] = ("invalid", "failed")
    yield from _listed(heading, results, wrong)
    if all(each.status in ("beyond", *wrong) for each in results.outcomes):
        yield from _listed("nothing fits:", results, ("beyond",))


def _listed(heading: str, results: Results, statuses: tuple[Status, ...]) -> Iterator[str]:
    """The variants of some statuses, those with one problem together."""
    by_problem: dict[str, list[int]] = {}
    for each in results.outcomes:
        if each.status in statuses:
            by_problem.setdefault(each.says, []).append(each.point.number)
    if by_problem:
        yield from ("", heading)
    for problem, numbers in [*by_problem.items()][:MOST_PROBLEMS]:
        more = f" and {len(numbers) - 1:,} more" if len(numbers) > 1 else ""
        yield f"  {numbers[0]}{more}: {problem}"
    if len(by_problem) > MOST_PROBLEMS:
        left = count(len(by_problem) - MOST_PROBLEMS, "more problem")
        yield f"  … {left}; a file (-o) has them all"


MOST_REPORTED = 6
"""Networks that a report has: the best, or the first that fit."""


def as_report(results: Results, command: str) -> str:
    """The best networks in one HTML file, below a plot of all. Raises `ValueError` for none."""
    from compiler.report.page import as_swept  # Templates take time to load.

    plan = results.plan
    chosen = results.best or [each for each in results.outcomes if each.status in SOUND]
    if not chosen:
        raise ValueError("no variant fits, so there is none to report on")
    found = []
    for each in chosen[:MOST_REPORTED]:
        spec = plan.spec_of(each.point.values)
        network = lower(spec, limit=plan.limit, variant=f"variant_{each.point.number}")
        found.append(Prepared(spec, network))
    return as_swept(found, plot(results, page=True) if len(results.aims) > 1 else "", command)


def plot(results: Results, *, page: bool = False) -> str:
    """The first two objectives as a chart; for a page, or a file of its own.

    Raises `ValueError` where there are fewer.
    """
    if len(results.aims) < 2:
        raise ValueError("a plot is of two objectives, and the sweep has fewer")
    one, other = results.aims[:2]
    scales = [_scale(name) for name in (one, other)]
    chosen = {id(each) for each in results.best}
    spots = [
        Spot(*amounts, str(each.point.number), _says(each, results),
             "best" if id(each) in chosen else "beyond" if each.status == "beyond" else "fits")
        for each in results.outcomes
        if each.status in (*SOUND, "beyond") and (amounts := _amounts(each, (one, other)))
    ]  # fmt: skip
    title = results.plan.sweep.title or results.plan.sweep.spec
    svg = pareto("sweep.chart", spots, scales[0], scales[1], title)
    return svg if page else alone(svg)


def _amounts(each: Outcome, names: tuple[str, str]) -> tuple[float, float] | None:
    row = worth(each.found, dict.fromkeys(names, "minimise"))
    return None if row is None else (float(row[0]), float(row[1]))


def _scale(name: str) -> Scale:
    if name not in QUANTITIES:
        return Scale(name)
    measure = MEASURES[name]
    unit: Unit = "bytes" if "B" in measure.suffixes else "plain" if measure.by_axis else "count"
    return Scale(QUANTITIES[name].words, unit)


def _says(each: Outcome, results: Results) -> str:
    axes = zip(results.plan.addresses, each.point.values, strict=True)
    values = ", ".join(f"{address} {size(value)}" for address, value in axes)
    found = (f"{name} {told(name, each.found.get(name))}" for name in results.amounts)
    return f"{each.point.number}: {values}; {', '.join(found)}"
