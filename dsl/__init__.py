"""The language: specs of Inception-style networks, read, checked and written.

>>> spec = load("googlenet")                       # a name on the shelf, or a path
>>> half = spec.model_copy(update={"classes": 10})
>>> loads(dump(half)) == half
True

Nothing here needs torch.
"""

from __future__ import annotations

from pathlib import Path

from dsl import names, opstring, reader, shelf, text, variants
from dsl.dump import dump
from dsl.layers import Layer, Places
from dsl.problems import Problem, Report, Span, SpecError
from dsl.spec import Spec
from dsl.text import Scalar

__all__ = ["Problem", "Span", "Spec", "SpecError", "dump", "load", "loads", "step"]


def load(where: str | Path, variant: str | None = None) -> Spec:
    """Read a spec from a file, or by its name on the shelf.

    Raises `SpecError` with every problem found.
    """
    path = shelf.find(where)
    return loads(text.read(path), str(path), variant)


def loads(source: str, file: str = "<text>", variant: str | None = None) -> Spec:
    """Read a spec from YAML text. Raises `SpecError` with every problem found.

    Every variant is checked, whichever is asked for.
    """
    report = Report()
    spec = reader.Reader(report).spec(text.parse(source, file))
    if spec is not None:
        report.problems += names.check(spec)
    report.stop_if_any(source)
    assert spec is not None, "no spec, and no problem either"
    wanted = [*spec.variants, *([variant] if variant and variant not in spec.variants else [])]
    made = {name: _changed(spec, name, report) for name in wanted}
    report.stop_if_any(source)
    return made[variant] or spec if variant else spec


def choose(spec: Spec, variant: str | None, source: str = "") -> Spec:
    """The spec's named variant; the spec itself for None. Raises `SpecError`."""
    if variant is None:
        return spec
    report = Report()
    changed = _changed(spec, variant, report)
    report.stop_if_any(source)
    assert changed is not None, "no variant, and no problem either"
    return changed


def _changed(spec: Spec, variant: str, report: Report) -> Spec | None:
    """A variant, checked; None where a problem was found."""
    changed = variants.apply(spec, variant, report)
    if changed is not None:
        report.problems += names.check(changed)
    return changed


def step(source: str, name: str | None = None) -> Layer:
    """One step from its op-string: `step("3x3 64 /2", name="conv1")`. Raises `SpecError`."""
    report = Report()
    found = opstring.parse(Scalar(source, Span("<text>", 1, 1, len(source))), report)
    report.stop_if_any(source)
    assert found is not None, "no step, and no problem either"
    return found.model_copy(update={"name": name}).placed(Places())
