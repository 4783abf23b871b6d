"""A model from values that were read; what it won't take is told at the value's place."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any

from dsl.models.faults import NO_STEPS, Fault, Invalid
from dsl.models.model import Places
from dsl.text.problems import Note, Report, Span

NO_NOTES: Mapping[str, tuple[Note, ...]] = MappingProxyType({})
NO_NAMES: Mapping[str, str] = MappingProxyType({})


def build(
    kind: Callable[..., Any],
    values: dict[str, Any],
    places: Places,
    report: Report,
    broken: Collection[str] = (),
    notes: Mapping[str, tuple[Note, ...]] = NO_NOTES,
    called: Mapping[str, str] = NO_NAMES,
) -> Any:
    """Construct a model from raw values; each validation error becomes a problem.

    Nothing more is said about `broken` fields, whose faults have been told already. `notes` are
    of each field, and without a name of those that are missing. `called` says as what a field is
    written that isn't there by its own name.
    """
    try:
        model = kind(**values).placed(places)
    except Invalid as error:
        for fault in error.faults:
            if not broken or (fault.path and fault.path[0] not in broken):
                _explain(kind, fault, places, report, notes, called)
        return None
    return None if broken else model


NAMED = {"p": "probability", "kind": "activation"}
"""Fields that go by another name in a message."""


def _explain(
    kind: Any,
    fault: Fault,
    places: Places,
    report: Report,
    notes: Mapping[str, tuple[Note, ...]],
    called: Mapping[str, str],
) -> None:
    if fault.kind == NO_STEPS and (before := _before(kind, "stem", places)):
        report.add(fault.code, before, fault.message, hint="below this")
        return
    where = ".".join(fault.path)
    owner = where.rpartition(".")[0]
    spans = (places.fields.get(key) for key in (f"{where}=", where, owner))
    span = next((span for span in spans if span), places.span)
    name = re.sub(r"^(args|params)\.(?=[A-Za-z])|\.[0-9]+$", "", where)
    own = "." not in where
    name = NAMED.get(name, name.replace("_", " ")) if own and where not in called else name
    name = called.get(name, name)
    example, word = getattr(kind, "example", ""), getattr(kind, "word", "")
    if fault.kind == "missing" and example:
        what = "a value" if word and name == getattr(kind, "short", "") else f"its {name}"
        report.add("E011", span, f"{word} needs {what}, as in `{example}`".lstrip())
    elif fault.kind == "missing":
        message = f"the key `{where}` is missing"
        help = f"such as {KEYS[where]}" if where in KEYS else ""
        before = _before(kind, where, places)
        hint, strangers = "below this" * bool(before), notes.get("", ())
        report.add("E011", before or span, message, hint=hint, help=help, notes=strangers)
    else:
        said = f"{word if getattr(kind, 'whole', False) else name} {fault.message}".strip()
        own_notes = notes.get(fault.path[0], ()) if fault.path else ()
        report.add(fault.code, span, said, meant=fault.meant, help=fault.help, notes=own_notes)


def _before(kind: Any, key: str, places: Places) -> Span | None:
    """Where the last key stands that usually comes before another one; None where none does."""
    usual = [field.alias or name for name, field in kind.model_fields.items()]
    there = [places.fields[name] for name in usual[: usual.index(key)] if name in places.fields]
    return there[-1] if there and not places.fields.get("extends") else None


KEYS = {
    "name": "`name: my_network`",
    "input": "`input: [3, 299, 299]`",
    "classes": "`classes: 1000`, which the head's `fc classes` follows",
    "from": "`from: mixed_6e`",
    "weight": "`weight: 0.4`",
    "do": "`do: [globalpool avg, fc classes]`",
    "by": "`by: 0.5`",
    "optimizer": "`optimizer: {sgd: {momentum: 0.9}}`",
    "schedule": "`schedule: {cosine: 0.1}`",
    "rate": "`rate: 0.1`",
    "epochs": "`epochs: 90`",
    "batch": "`batch: 64`",
    "most": "`{norm: 2.0}`",
    "keep": "`ema: 0.9999`",
    "spec": "`spec: inception_v3`",
    "axes": "`axes: {mixed_6b.c7: [96, 128], width: {low: 0.5, high: 1.0, step: 0.25}}`",
}
"""How the keys that must be there are written."""
