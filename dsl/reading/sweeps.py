"""Sweeps: from YAML to the model, and the spec that one is of."""

from __future__ import annotations

from pathlib import Path

from dsl.models import shelf
from dsl.models.axes import Axis
from dsl.models.engines import ENGINES
from dsl.models.model import Places
from dsl.models.promises import Expect
from dsl.models.recipe import Recipe
from dsl.models.sweep import QUANTITIES, SCORES, Draw, Sweep, Training, quantity
from dsl.reading import recipes
from dsl.reading.extending import Find, base_file, pass_on, real
from dsl.reading.filler import Read
from dsl.reading.kinds import parsed
from dsl.reading.shortening import ShortReader
from dsl.text.numbers import Misfit
from dsl.text.problems import Report, Span, SpecError
from dsl.text.source import read
from dsl.text.values import Entry, Mapping, Scalar, Value
from dsl.text.values import Sequence as List

AXES = "as in `axes: {mixed_6b.c7: [96, 128], width: {low: 0.5, high: 1.0, step: 0.25}}`"
OBJECTIVES = "as in `objectives: {macs: minimise, receptive_field: maximise}`"


class SweepReader(ShortReader):
    """Reads one sweep; problems gather in `report`."""

    def sweep(self, root: Mapping) -> Sweep | None:
        """The whole sweep; None where a problem was found."""
        trained = {"engine": self.alternative("engine", ENGINES)}
        fields: dict[str, Read] = {
            "axes": self.axes,
            "random": self.shortened("random", Draw),
            "constraints": self.constraints,
            "objectives": self.objectives,
            "train": self.shortened("train", Training, trained),
        }
        sweep: Sweep | None = self.filled(Sweep, root, fields=fields)
        return sweep

    def axes(self, value: Value) -> dict[str, Axis]:
        """Each axis by its address."""
        if not isinstance(value, Mapping) or not value.entries:
            message = "axes are addresses with the values that stand there in turn"
            self.report.add("E012", value.span, message, help=AXES)
            return {}
        found = {entry.key.text: self.axis(entry) for entry in value.entries}
        return {address: axis for address, axis in found.items() if axis is not None}

    def axis(self, entry: Entry) -> Axis | None:
        """The values of one axis: a list, or a mapping that says a range."""
        value = entry.value
        axis: Axis | None = self.shortened(entry.key.text, Axis)(value)
        listed = value.get("values") if isinstance(value, Mapping) else value
        if axis is None:
            return None
        if fault := axis.fault():
            self.report.add("E012", value.span, f"{entry.key.text} {fault}", help=AXES)
            return None
        if isinstance(listed, List):
            axis.remember(listed.items)
        return axis.placed(Places(axis.at.span, {**axis.at.fields, "address": entry.key.span}))

    def constraints(self, value: Value) -> Expect | None:
        """What must hold, as `expect` says it."""
        if isinstance(value, Mapping):
            for entry in value.entries:
                if entry.key.text.startswith("out."):
                    message = "constraints are of quantities, and not of shapes at steps"
                    self.report.add("E010", entry.key.span, message)
            own = (each for each in value.entries if not each.key.text.startswith("out."))
            value = Mapping(tuple(own), value.span)
        kept: Expect | None = self.fill(Expect, value, {}, {"out": {}})
        return kept

    def objectives(self, value: Value) -> dict[str, str]:
        """Quantities, each with its direction."""
        if not isinstance(value, Mapping) or not value.entries:
            message = "objectives are quantities, each to `minimise` or to `maximise`"
            self.report.add("E012", value.span, message, help=OBJECTIVES)
            return {}
        for entry in value.entries:
            try:
                quantity(entry.key.text, (*QUANTITIES, *SCORES))
            except Misfit as fault:
                message = f"objectives {fault}"
                self.report.add("E010", entry.key.span, message, meant=fault.meant, help=fault.help)
        return {
            entry.key.text: entry.value.text
            for entry in value.entries
            if isinstance(entry.value, Scalar)
        }


def load(where: str | Path) -> Sweep:
    """A sweep from a file. Raises `SpecError` with every problem."""
    return loads(read(Path(where)), str(where))


def loads(source: str, file: str) -> Sweep:
    """A sweep from YAML text. Raises `SpecError` with every problem."""
    report = Report()
    root = parsed(source, file, "sweep", report)
    sweep = SweepReader(report).sweep(root)
    report.stop_if_any()
    assert sweep is not None, "no sweep, and no problem either"
    return sweep.read_from(report.texts)


def base_of(sweep: Sweep) -> tuple[Path, str]:
    """The file of the spec that a sweep is of, and the variant, if one is named.

    Raises `SpecError`.
    """
    where, variant = shelf.split(sweep.spec)
    return _file(sweep, where, sweep.at.of("spec"), shelf.find), variant


def _file(sweep: Sweep, where: str, span: Span, find: Find) -> Path:
    """A file that a sweep names: beside it, or on a shelf."""
    report = Report(texts=dict(sweep.texts))
    path = base_file(where, span, (real(Path(span.file)),), report, find)
    report.stop_if_any()
    assert path is not None, "no file, and no problem either"
    return path


def pointing(sweep: Sweep, span: Span, error: SpecError) -> SpecError:
    """The problems of a file that a sweep names, each saying where it does."""
    report = Report(texts=dict(sweep.texts))
    pass_on(error, span, report, "named")
    return SpecError(report.problems, report.texts)


def recipe_of(sweep: Sweep) -> Recipe | None:
    """The recipe that a sweep trains by; None where it is the spec's own. Raises `SpecError`."""
    if sweep.train is None or not sweep.train.recipe:
        return None
    said, span = sweep.train.recipe, sweep.train.at.of("recipe")
    path = _file(sweep, said, span, shelf.find_recipe)
    try:
        return recipes.load(path)
    except SpecError as error:
        raise pointing(sweep, span, error) from None
