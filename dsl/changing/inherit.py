"""From a text to one resolved spec: what it extends, its own changes, its variants.

A spec that extends another is that spec with its own keys put in and its changes made; what
comes out extends nothing. Every value keeps the place that it came from.
"""

from __future__ import annotations

from pathlib import Path

from dsl.changing import variants
from dsl.models import shelf
from dsl.models.changes import Changes
from dsl.models.promises import Expect
from dsl.models.spec import Spec
from dsl.reading import names
from dsl.reading.alike import alike
from dsl.reading.extending import Chain, base_file, is_circular, pass_on, real
from dsl.reading.kinds import parsed
from dsl.reading.reader import Reader
from dsl.reading.recalling import settled
from dsl.text.memory import Memory
from dsl.text.problems import Report, Span, SpecError
from dsl.text.source import read
from dsl.text.values import Entry, Mapping, Scalar


def loads(source: str, file: str, variant: str | None = None, chain: Chain = ()) -> Spec:
    """The spec that a text says, or its variant. Raises `SpecError` with every problem.

    Every variant is checked, whichever is asked for. `chain` are the files that extend it.
    """
    report = Report()
    spec = _read(source, file, (*chain, real(Path(file))), report)
    if spec is not None:
        report.problems += names.check(spec)
    report.stop_if_any()
    assert spec is not None, "no spec, and no problem either"
    wanted = [*spec.variants, *([variant] if variant and variant not in spec.variants else [])]
    made = {name: _variant(spec, name, report) for name in wanted}
    report.stop_if_any()
    return made[variant] or spec if variant else spec


def chosen(spec: Spec, variant: str) -> Spec:
    """The spec's named variant, checked. Raises `SpecError`."""
    report = Report(texts=spec.texts)
    made = _variant(spec, variant, report)
    report.stop_if_any()
    assert made is not None, "no variant, and no problem either"
    return made


def changed(spec: Spec, changes: Changes) -> Spec:
    """The spec with changes made, checked; it promises nothing. Raises `SpecError`."""
    report = Report(texts=spec.texts)
    made = variants.changed(spec, changes, report)
    if made is not None:
        made = alike(made.model_copy(update={"expect": Expect(), "variants": {}}), made)
        report.problems += names.check(made)
    report.stop_if_any()
    assert made is not None, "no spec, and no problem either"
    return made


VARIANTS: Memory[Spec] = Memory(64)
"""Variants in which nothing was found: reading makes them all, and they are asked for again."""


def _variant(spec: Spec, variant: str, report: Report, asked: Span | None = None) -> Spec | None:
    if known := VARIANTS.get((spec,), variant):
        return known
    before = len(report.problems)
    made = variants.apply(spec, variant, report, asked)
    if made is not None:
        made = settled(made)
        report.problems += names.check(made)
        if len(report.problems) == before:
            VARIANTS.put(made, (spec,), variant)
    return made


def _read(source: str, file: str, chain: Chain, report: Report) -> Spec | None:
    root = parsed(source, file, "spec", report)
    entry = root.entry("extends")
    made = _extended(root, entry, chain, report) if entry else Reader(report).spec(root)
    return made.read_from(report.texts) if made else None


def _extended(root: Mapping, entry: Entry, chain: Chain, report: Report) -> Spec | None:
    """The base, scaled; then with the file's own keys; then with its other changes."""
    base = _base(entry, chain, report)
    reader = Reader(report)
    changes = reader.heirs_changes(root)
    if base is None or changes is None:
        return None
    spec = reader.heir(root, variants.resized(base, changes, report))
    if spec is None or report.problems:
        return None
    return variants.edited(spec, changes, report, root)


def _base(entry: Entry, chain: Chain, report: Report) -> Spec | None:
    """The spec that is extended; None where a problem was found."""
    if not isinstance(entry.value, Scalar) or not entry.value.text:
        message = "extends names one spec: a file, or a name on the shelf"
        help = "as in `extends: inception_v3.yaml` or `extends: googlenet@torchvision`"
        report.add("E012", entry.value.span, message, help=help)
        return None
    span = entry.value.span
    where, variant = shelf.split(entry.value.text)
    path = base_file(where, span, chain, report, shelf.find)
    if path is None or is_circular(path, span, chain, report):
        return None
    try:
        base = loads(read(path), str(path), chain=chain)
    except SpecError as error:
        pass_on(error, span, report)
        return None
    report.texts.update(base.texts)
    if not variant:
        return base
    asked = entry.value.at(len(entry.value.text) - len(variant), len(variant))
    return _variant(base, variant, report, asked)
