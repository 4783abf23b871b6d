"""Whether every name in a spec means something: blocks, parameters, taps, step names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dsl.fields import KERNEL, PADDINGS
from dsl.layers import ACTIVATION_WORDS, LAYERS, Call, Layer, Split, Step, spellings
from dsl.naming import branch_names, child_names, section_names, sequence_names
from dsl.problems import Problem, Report, Span, did_you_mean
from dsl.reserved import RESERVED
from dsl.spec import Block, Spec, inner_steps, walk

ALWAYS = ("in", "classes")
"""Names that stand for a number everywhere: the width that comes in, and the classes."""
VALUES = {*ACTIVATION_WORDS, *PADDINGS, *ALWAYS, "none", "batch"}
"""Words that already mean something as a value; a parameter can't take their place."""
EMITTED = {"self", "x", "in_channels", "num_classes", "aux_logits"}
"""Names that the emitted source uses beside a block's parameters."""


def check(spec: Spec) -> list[Problem]:
    """Every name that is unknown, taken, reserved or missing."""
    report = Report()
    _blocks(spec, report)
    for _, steps in spec.sections():
        _uses(steps, spec, (), report)
    for head in spec.aux:
        _uses(head.steps, spec, (), report)
    _trunk(spec, report)
    _cycles(spec, report)
    return report.problems


def _blocks(spec: Spec, report: Report) -> None:
    for name in set(spec.inception) & set(spec.reduction):
        span = spec.reduction[name].at.span
        report.add("E014", span, f"{name} is both an inception and a reduction block")
    for name, block in spec.blocks.items():
        if name in {*LAYERS, *VALUES} or KERNEL.fullmatch(name):
            report.add("E014", block.at.span, f"a block can't be called {name}: the word is taken")
        for param in block.params:
            if param in VALUES | EMITTED:
                message = f"a parameter can't be called {param}: the word is taken"
                report.add("E014", block.at.of(f"params.{param}"), message)
        _uses((block.body,), spec, tuple(block.params), report)
        _siblings(_level(block.body, top=True), report)
        _unused(name, block, report)


def _unused(name: str, block: Block, report: Report) -> None:
    """A parameter that nothing reads is a slip of the pen."""
    read: set[str] = set()
    for step in walk((block.body,)):
        read |= {value for _, value, _ in _references(step)}
    for param in block.params:
        if param not in read:
            span = block.at.of(f"params.{param}")
            report.add("E025", span, f"block {name} never uses its parameter {param}")


def _references(step: Step) -> Iterator[tuple[str, str, Span]]:
    """Each field of a step that holds a name: (field, name, place)."""
    if isinstance(step, Call):
        for key, value in step.args.items():
            if isinstance(value, str):
                yield key, value, step.at.of(f"args.{key}=")
    elif isinstance(step, Layer):
        for name, _ in spellings(type(step)):
            value = getattr(step, name)
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, str):
                    yield name, part, step.at.of(name)
    elif isinstance(step, Split) and step.residual:
        for name in ("scale", "act"):
            if isinstance(value := getattr(step.residual, name), str):
                yield name, value, step.residual.at.of(name)


CLOSED = {
    "padding": PADDINGS,
    "norm": ("batch", "none"),
    "act": (*ACTIVATION_WORDS, "none"),
    "kind": ACTIVATION_WORDS,
    "mode": ("avg", "max"),
}
"""Fields that hold a word: what they take beside a parameter's name."""


def _uses(
    steps: tuple[Step, ...], spec: Spec, params: tuple[str, ...], report: Report
) -> None:
    for step in walk(steps):
        if isinstance(step, Call):
            _call(step, spec, report)
        for field, name, span in _references(step):
            if field == "init" or name in params:
                continue
            _reference(field, name, span, params, isinstance(step, Call), report)


def _reference(
    field: str, name: str, span: Span, params: tuple[str, ...], call: bool, report: Report
) -> None:
    words = (*ACTIVATION_WORDS, "none", *PADDINGS) if call else CLOSED.get(field, ())
    known = (*words, *params) if field in CLOSED and not call else (*words, *ALWAYS, *params)
    if name in known:
        return
    if field in CLOSED and not call:
        message = f"{field} is one of {', '.join(words)}, not {name}"
    else:
        message = f"{name} is not a number, nor the name of a parameter here"
    report.add("E023", span, message, hint=did_you_mean(name, known))


def _call(step: Call, spec: Spec, report: Report) -> None:
    block = spec.blocks.get(step.block)
    if block is None:
        hint = did_you_mean(step.block, [*spec.blocks, *LAYERS, *ACTIVATION_WORDS])
        known = ", ".join(spec.blocks) or "this spec defines none"
        message = f"unknown block {step.block}"
        report.add("E020", step.at.of("block"), message, hint=hint, help=f"blocks: {known}")
        return
    takes = ", ".join(block.params) or "no parameters"
    line = block.at.span
    help = f"{step.block} takes {takes} (defined at {line.line}:{line.column})"
    for key in step.args:
        if key not in block.params:
            hint = did_you_mean(key, block.params)
            message = f"block {step.block} has no parameter {key}"
            report.add("E021", step.at.of(f"args.{key}"), message, hint=hint, help=help)
    for param, default in block.params.items():
        if default is None and param not in step.args:
            message = f"block {step.block} needs its parameter {param}"
            report.add("E022", step.at.of("block"), message, help=help)


def _trunk(spec: Spec, report: Report) -> None:
    """The names that become attributes of the network's class."""
    sections = dict(spec.sections())
    names = section_names(sections)
    level = [
        (name, step)
        for section, steps in sections.items()
        for name, step in zip(names[section], steps, strict=True)
    ]
    heads: list[tuple[str, Step]] = []
    seen = {name for name, _ in level}
    for head in spec.aux:
        _name(head.name, head.at.of("name"), report)
        if head.name in seen or head.name == "logits":
            message = f"the name {head.name} is already taken"
            report.add("E014", head.at.of("name"), message)
        seen.add(head.name)
        if head.source not in dict(level):
            message = f"there is no step {head.source} to tap"
            hint = did_you_mean(head.source, dict(level))
            report.add("E028", head.at.of("from"), message, hint=hint)
        _siblings(list(zip(child_names(head.steps), head.steps, strict=True)), report)
    _siblings(level + heads, report)


def _level(step: Step, top: bool) -> list[tuple[str, Step]]:
    """The named children of a step."""
    if isinstance(step, Split):
        level = list(zip(branch_names(step.branches), step.branches, strict=True))
        return [*level, (step.then.name or "then", step.then)] if step.then else level
    steps = inner_steps(step)
    names = child_names(steps) if top else sequence_names(steps)
    return list(zip(names, steps, strict=True))


def _siblings(level: list[tuple[str, Step]], report: Report) -> None:
    """Names on one level are attributes of one module: usable, and each given once."""
    first: dict[str, Step] = {}
    for name, step in level:
        if step.name:
            _name(name, step.at.of("name"), report)
        if name in first:
            where = first[name].at.of("name")
            span = step.at.of("name")
            message = f"the name {name} is already taken"
            note = ((where, "first used"),)
            report.problems.append(Problem("E014", span, message, notes=note))
        first.setdefault(name, step)
        if inner_steps(step):
            _siblings(_level(step, top=False), report)


def _name(name: str, span: Span, report: Report) -> None:
    if name in RESERVED:
        message = f"a step can't be called {name}: torch's modules already use that name"
        report.add("E014", span, message, hint=f"take another, such as {name}_1")


def _cycles(spec: Spec, report: Report) -> None:
    """A block that calls itself, over however many others."""
    calls: Mapping[str, list[Call]] = {
        name: [step for step in walk((block.body,)) if isinstance(step, Call)]
        for name, block in spec.blocks.items()
    }
    done: set[str] = set()
    for name in calls:
        _visit(name, (), calls, done, report)


def _visit(
    name: str,
    chain: tuple[str, ...],
    calls: Mapping[str, list[Call]],
    done: set[str],
    report: Report,
) -> None:
    if name in done or name not in calls:
        return
    for call in calls[name]:
        if call.block in (*chain, name):
            loop = " -> ".join([*chain, name, call.block])
            report.add("E024", call.at.of("block"), f"blocks call each other in a circle: {loop}")
        else:
            _visit(call.block, (*chain, name), calls, done, report)
    done.add(name)
