"""Whether every word in a step means something: a block, a parameter, an option."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dsl.fields import ACTIVATION_WORDS, NORMS, PADDINGS
from dsl.layers import LAYERS, Call, Conv, Layer, Split, Step, spellings
from dsl.problems import Report, Span, did_you_mean
from dsl.spec import Spec, walk

ALWAYS = ("in", "classes")
"""Names that stand for a number everywhere: the width that comes in, and the classes."""
WORDS = (*ACTIVATION_WORDS, *NORMS, *PADDINGS)
"""Words that a call may pass on to an option of the block."""
KINDS: tuple[type[Layer], ...] = (Conv, *LAYERS.values())
OPTIONS = {word for kind in KINDS for _, mark in spellings(kind) for word in mark.words}
"""Words that mean something behind a layer."""


def references(step: Step) -> Iterator[tuple[str, str, Span]]:
    """Each field of a step that holds a name: (field, name, place)."""
    found: list[tuple[str, Any, str]] = []
    at = step.at
    if isinstance(step, Call):
        found = [(key, value, f"args.{key}=") for key, value in step.args.items()]
    elif isinstance(step, Layer):
        found = [(name, getattr(step, name), name) for name, _ in spellings(type(step))]
    elif isinstance(step, Split) and step.residual:
        found = [(name, getattr(step.residual, name), name) for name in ("scale", "act")]
        at = step.residual.at
    for field, value, place in found:
        if isinstance(value, tuple):
            sizes = (size for size in value if isinstance(size, str))
            yield from ((f"{field} size", size, at.of(place)) for size in sizes)
        elif isinstance(value, str):
            yield field, value, at.of(place)


CLOSED = {
    "padding": PADDINGS,
    "norm": NORMS,
    "act": (*ACTIVATION_WORDS, "none"),
    "kind": ACTIVATION_WORDS,
}
"""Fields that hold a word: what they take beside a parameter's name."""


def check_uses(
    steps: tuple[Step, ...], spec: Spec, params: tuple[str, ...], report: Report
) -> None:
    """Report every word of the steps, and of all inside, that means nothing there."""
    for step in walk(steps):
        if isinstance(step, Call):
            _call(step, spec, report)
        for field, name, span in references(step):
            if field in ("init", "mode") or name in params:
                continue
            _reference(field, name, span, params, isinstance(step, Call), report)


def _reference(
    field: str, name: str, span: Span, params: tuple[str, ...], call: bool, report: Report
) -> None:
    words = WORDS if call else CLOSED.get(field, ())
    known = (*words, *params) if field in CLOSED and not call else (*words, *ALWAYS, *params)
    if name in known:
        return
    if field in CLOSED and not call:
        label = {"kind": "activation"}.get(field, field)
        message = f"{label} is one of {', '.join(words)}, not {name}"
    else:
        message = f"{name} is not a number, nor the name of a parameter here"
    if field in CLOSED and not call:
        help = f"parameters here: {', '.join(params)}" if params else ""
    else:
        numbers = f"names of numbers here: {', '.join(ALWAYS)}"
        help = numbers + (f", and the parameters {', '.join(params)}" if params else "")
    hint = did_you_mean(name, known)
    report.add("E023", span, message, hint=hint, help=help)


MOST_HINTS = 1_000
"""Problems after which no more names are compared: ten times what is shown of them."""


def _call(step: Call, spec: Spec, report: Report) -> None:
    block = spec.blocks.get(step.block)
    if block is None:
        names = [*spec.blocks, *LAYERS, *ACTIVATION_WORDS]
        hint = did_you_mean(step.block, names) if len(report.problems) < MOST_HINTS else ""
        known = ", ".join(spec.blocks) or "this spec defines none"
        message = f"unknown block {step.block}"
        report.add("E020", step.at.of("block"), message, hint=hint, help=f"blocks: {known}")
        return
    takes = ", ".join(block.params) or "no parameters"
    line = block.at.of("name")
    where = f" (defined at {line.line}:{line.column})" if line.line else ""
    help = f"{step.block} takes {takes}{where}"
    meant: set[str] = set()
    for key in step.args:
        if key not in block.params:
            hint = _meant(key, [name for name in block.params if name not in step.args])
            meant |= {name for name in block.params if hint == f"did you mean {name}?"}
            message = f"block {step.block} has no parameter {key}"
            report.add("E021", step.at.of(f"args.{key}"), message, hint=hint, help=help)
    missing = [name for name, default in block.params.items() if default is None]
    missing = [name for name in missing if name not in step.args and name not in meant]
    if missing:
        what = "parameter" if len(missing) == 1 else "parameters"
        message = f"block {step.block} needs its {what} {', '.join(missing)}"
        report.add("E022", step.at.of("block"), message, help=help)


def _meant(key: str, params: list[str]) -> str:
    """The parameter that was probably meant; `w` is short for `width`."""
    longer = [name for name in params if name.startswith(key)]
    return did_you_mean(longer[0], longer) if len(longer) == 1 else did_you_mean(key, params)
