"""Whether every word in a step means something: a block, a parameter, an option."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from dsl.models import spelling
from dsl.models.activations import CHANNELWISE, word_of
from dsl.models.factors import name_in
from dsl.models.fields import ACTIVATION_WORDS, MODES
from dsl.models.kernels import PADDINGS
from dsl.models.layers import LAYERS, Call, Layer, Split, Step, spellings
from dsl.models.model import residual_around
from dsl.models.norms import NORM_FORMS, group_norm
from dsl.models.ramp import Ramp
from dsl.models.shares import EQUAL, fault, names_of
from dsl.models.spec import Spec, walk
from dsl.reading import opstring, parts
from dsl.reading.beginning import PLUGINS_TOO, given_kind, plugin_words, what_there_is
from dsl.text import foreign
from dsl.text.memory import Memory
from dsl.text.problems import NOWHERE, Fix, Note, Report, Span, closest
from dsl.text.values import Scalar

ALWAYS = ("in", "classes")
"""Names that stand for a number everywhere: the width that comes in, and the classes."""
WORDS = (*ACTIVATION_WORDS, *NORM_FORMS, *PADDINGS, *MODES, CHANNELWISE)
"""Words that a call may pass on to an option of the block."""


def references(step: Step) -> Iterator[tuple[str, str, Span]]:
    """Each field of a step that holds a name, with a factor or without: (field, name, place)."""
    found: list[tuple[str, Any, str]] = []
    at = step.at
    if isinstance(step, Call):
        found = [(key, value, f"args.{key}=") for key, value in step.args.items()]
        found.append(("repeat", step.repeat, "repeat"))
    elif isinstance(step, Layer):
        fields = [(name, getattr(step, name), mark) for name, mark in spellings(type(step))]
        found = [
            (name, value, name)
            for name, value, mark in fields
            if isinstance(value, tuple) or (isinstance(value, str) and not mark.says(value))
        ]
    elif isinstance(step, Split):
        for at_share, share in names_of(step.split):
            yield "split", name_in(share), share_place(step, at_share)
    if residual := residual_around(step):
        found = [(name, getattr(residual, name), name) for name in ("scale", "act")]
        at = residual.at
    for field, value, place in found:
        if isinstance(value, tuple):
            sizes = (size for size in value if isinstance(size, str))
            yield from ((f"{field} size", size, at.of(place)) for size in sizes)
        elif isinstance(value, str) and not group_norm(value):
            yield field, name_in(value), at.of(place)


def names_read(step: Step, beside: Collection[str] = ()) -> set[str]:
    """The names of numbers and parameters that a step reads, but for those of some fields."""
    found = (name for field, name, _ in references(step) if field not in beside)
    return {name for name in found if word_of(name) not in WORDS}


def share_place(step: Split, place: int) -> Span:
    """Where one of a split's shares stands."""
    return step.at.fields.get(f"split.{place}", step.at.of("split"))


CLOSED = {
    "padding": PADDINGS,
    "norm": NORM_FORMS,
    "act": (*ACTIVATION_WORDS, "none"),
    "kind": ACTIVATION_WORDS,
}
"""Fields that hold a word: what they take beside a parameter's name. Modes are a kind's own."""


def check_uses(
    steps: tuple[Step, ...],
    spec: Spec,
    params: Mapping[str, Span],
    report: Report,
    bare: tuple[Note, ...] = (),
) -> None:
    """Report every word of the steps, and of all inside, that means nothing there.

    `bare` names a block that has no parameters.
    """
    for step in walk(steps):
        if isinstance(step, Call):
            _call(step, spec, params, report)
        if isinstance(step, Split) and (wrong := fault(step.split, len(step.branches))):
            several = len(step.branches) > 1
            help = f"give each branch a share, or write `split: {EQUAL}`" if several else ""
            report.add("E013", step.at.of("split"), wrong, help=help)
        for field, name, span in references(step):
            free = field == "init" or (field == "mode" and not _closed(step, field))
            if free or name in params:
                continue
            if not (name in LAYERS and name not in ALWAYS and _layer_last(step, name, report)):
                _reference(step, field, name, span, params, report, bare)


def _layer_last(step: Step, name: str, report: Report) -> bool:
    """Report `3x3 /2 maxpool`, a layer whose word doesn't come first; whether it is one."""
    if not isinstance(step, Layer):
        return False
    words = spelling.write(step).split()
    text = " ".join([name, *(word for word in words if word != name)])
    trial = Report(trial=True)
    if opstring.parse(Scalar(text, NOWHERE), trial) is None:
        return False
    span = step.at.span
    fix = Fix(span, text) if span.exact else None
    message = f"{name} is a layer, whose word comes first in an op-string"
    report.add("E015", span, message, help=f"write `{text}`", fix=fix)
    return True


def _reference(
    step: Step,
    field: str,
    name: str,
    span: Span,
    params: Mapping[str, Span],
    report: Report,
    bare: tuple[Note, ...],
) -> None:
    call = isinstance(step, Call) and field != "repeat"
    words = WORDS if call else (CHANNELWISE,) if field == "slope" else _closed(step, field)
    closed = not call and field != "slope" and bool(words)
    known = (*words, *params) if closed else (*words, *ALWAYS, *params)
    if word_of(name) in known:
        return
    if not call and name in plugin_words() and _layer_last(step, name, report):
        return
    if closed:
        label = {"kind": "activation"}.get(field, field)
        message = f"{label} is one of {', '.join(words)}, not {name}"
    else:
        message = f"{name} is not a number, nor the name of a parameter here"
    if closed:
        help = f"parameters here: {', '.join(params)}" if params else ""
    else:
        numbers = f"names of numbers here: {', '.join(ALWAYS)}"
        help = numbers + (f", and the parameters {', '.join(params)}" if params else "")
    meant = foreign.meant(name, known) if report.advises else ""
    place = params.get(meant) or next(iter(params.values()), NOWHERE)
    said = f"{meant} is given" if meant in params else "the parameters begin"
    notes = ((place, said),) if place.line else bare
    report.add("E023", span, message, meant=meant, help=help, notes=notes)


def _closed(step: Step, field: str) -> tuple[str, ...]:
    """The words that a field of a layer may hold; none where it holds a number."""
    if field != "mode" or not isinstance(step, Layer):
        return CLOSED.get(field, ())
    words = next((mark.words for name, mark in spellings(type(step)) if name == field), {})
    return tuple(word for word in words.values() if isinstance(word, str))


def _unknown(step: Call, spec: Spec, params: Mapping[str, Span], report: Report) -> None:
    """Report a word that begins nothing."""
    span = step.at.of("block")
    if step.block in params:
        message = f"{step.block} is a parameter, and a step begins with a layer's word or a block"
        report.add("E020", span, message, help=given_kind(step.block))
        return
    names = [*spec.blocks, *LAYERS, *plugin_words(), *ACTIVATION_WORDS]
    near = foreign.meant(step.block, names) if report.advises else ""
    message = f"unknown {'block' if step.args else 'layer or block'} {step.block}"
    help = f"blocks: {', '.join(spec.blocks)}" if spec.blocks else "this spec defines no blocks"
    if near and not spec.blocks:
        help = ""
    if not (near or step.args):
        help += f"; {PLUGINS_TOO}"
    if lacking := foreign.lacking(step.block):
        message, help = lacking, what_there_is()
    elif split := foreign.branched(step.block):
        help = f"write it as branches: `{split}`"
    said = {near: f"{near} is defined"} if near in spec.blocks else {}
    if report.advises:
        idle = [name for name in _idle(spec) if name != step.block]
        said |= {idle[0]: f"{idle[0]}, which nothing calls, is defined"} if len(idle) == 1 else {}
    found = ((spec.blocks[name].at.of("name"), note) for name, note in said.items())
    notes = tuple((place, note) for place, note in found if place.line)
    report.add("E020", span, message, meant=near, help=help, notes=notes)


IDLE: Memory[list[str]] = Memory(4)
"""What was found for the specs that were asked about last: each unknown word asks."""


def _idle(spec: Spec) -> list[str]:
    """The blocks that nothing calls."""
    if (found := IDLE.get((spec,))) is not None:
        return found
    steps = tuple(step for part in parts.of(spec) for step in part.steps)
    called = {step.block for step in walk(steps) if isinstance(step, Call)}
    idle = [name for name in spec.blocks if name not in called]
    IDLE.put(idle, (spec,))
    return idle


def _call(step: Call, spec: Spec, params: Mapping[str, Span], report: Report) -> None:
    block = spec.blocks.get(step.block)
    if block is None:
        _unknown(step, spec, params, report)
        return
    _ramps(step, report)
    takes = ", ".join(block.params) or "no parameters"
    line = block.at.of("name")
    where = f" (defined at {line.line}:{line.column})" if line.line else ""
    help = f"{step.block} takes {takes}{where}"
    meant: set[str] = set()
    strange = [key for key in step.args if key not in block.params]
    left = {name: default for name, default in block.params.items() if name not in step.args}
    for key in strange:
        near = _meant(key, left, alone=len(strange) == 1)
        meant.add(near)
        message = f"block {step.block} has no parameter {key}"
        place = block.at.of(f"params.{near}") if near else line
        said = f"{near} is declared" if near else f"{step.block} is defined"
        notes = ((place, said),) if place.line else ()
        span = step.at.of(f"args.{key}")
        report.add("E021", span, message, meant=near, help=help, notes=notes)
    missing = [name for name, default in block.params.items() if default is None]
    missing = [name for name in missing if name not in step.args and name not in meant]
    if missing:
        what = "parameter" if len(missing) == 1 else "parameters"
        message = f"block {step.block} needs its {what} {', '.join(missing)}"
        lacks = [(block.at.of(f"params.{name}"), f"{name} has no default") for name in missing]
        given = tuple(note for note in lacks if note[0].line)
        report.add("E022", step.at.of("block"), message, help=help, notes=given)


def _ramps(step: Call, report: Report) -> None:
    """A range has something to change over; where a repeat was scaled to one, its first number."""
    for key, value in step.args.items():
        if isinstance(value, Ramp) and step.repeat == 1 and not step.at.changes:
            message = f"{key}={value} changes over repeats, and {step.block} stands here once"
            help = f"write `{step.block} {key}={value} x3`, or one number"
            report.add("E013", step.at.of(f"args.{key}="), message, help=help)


def _meant(key: str, params: Mapping[str, object], *, alone: bool) -> str:
    """The parameter that was probably meant; `w` and `width` are short and long for each other.

    One strange name `alone` stands for the one parameter that the call lacks, whatever it says.
    """
    alike = [name for name in params if name.startswith(key) or key.startswith(name)]
    if len(alike) == 1:
        return alike[0]
    needed = [name for name, default in params.items() if default is None]
    return closest(key, params) or (needed[0] if alone and len(needed) == 1 else "")
