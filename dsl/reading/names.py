"""Whether every name in a spec means something: blocks, parameters, taps, step names."""

from __future__ import annotations

from itertools import combinations

from dsl.models.activations import word_of
from dsl.models.fields import MODES
from dsl.models.kernels import KERNEL
from dsl.models.layers import FOREIGN, LAYERS, OPTIONS, Call, Sequence, Split, Step
from dsl.models.model import BLOCK_SECTIONS, residual_around
from dsl.models.naming import SHORTCUT, branch_names, child_names, inner_names, named_sections
from dsl.models.norms import NORMS, group_norm
from dsl.models.reserved import ATTRIBUTES, COMPILED, GLOBALS, KEYS
from dsl.models.shares import EQUAL, REST
from dsl.models.spec import Aux, Block, Spec, walk
from dsl.models.weights import OWN
from dsl.reading import limits, nesting, parts
from dsl.reading.alike import original
from dsl.reading.parts import Part
from dsl.reading.references import ALWAYS, WORDS, check_uses, references
from dsl.text import foreign
from dsl.text.memory import Memory
from dsl.text.problems import NOWHERE, Note, Problem, Report, Span, closest

SPECS: Memory[bool] = Memory(64)
"""Specs in which nothing was found, with what they promise or without: reading and lowering ask."""


def check(spec: Spec) -> list[Problem]:
    """Every name that is unknown, taken, reserved or missing."""
    first, promises = original(spec), bool(spec.expect.out or spec.variants)
    if SPECS.get((first,), promises):
        return []
    report = Report()
    if not nesting.too_deep(parts.of(spec), report):  # Nothing else can be asked of such a spec.
        _check(spec, parts.doubtful(spec), report)
    if not report.problems:
        for less in {promises, False}:  # What is sound is so with fewer promises, too.
            SPECS.put(True, (first,), less)
    return report.problems


def _check(spec: Spec, doubtful: list[Part], report: Report) -> None:
    if limits.exceeded(spec, report):
        return
    for one, other in combinations(BLOCK_SECTIONS, 2):
        twice = getattr(spec, one).keys() & getattr(spec, other).keys()
        for name in twice:
            span = getattr(spec, other)[name].at.of("name")
            article = "an" if one == "inception" else "a"
            report.add("E014", span, f"{name} is both {article} {one} and a {other} block")
    if FOREIGN:
        from dsl.reading import beside

        beside.check(spec, report)
    for part in doubtful:
        _part(part, spec, report)
    _trunk(spec, report)
    _sources(spec, report)
    _expected(spec, report)
    nesting.check_calls(spec, doubtful, report)
    if not report.problems:
        parts.remember(spec, doubtful)


def _part(part: Part, spec: Spec, report: Report) -> None:
    """The words and names in a step of the trunk, an auxiliary head or a block."""
    match part.owner:
        case Block():
            _block(part.name, part.owner, spec, report)
        case Aux():
            check_uses(part.steps, spec, {}, report)
            names = child_names(part.steps)
            _siblings(list(zip(names, part.steps, strict=True)), report)
        case Step():
            check_uses(part.steps, spec, {}, report)
            _inside(part.owner, top=False, report=report)


def _block(name: str, block: Block, spec: Spec, report: Report) -> None:
    if name in RESERVED or KERNEL.fullmatch(name):
        message = f"a block can't be called {name}: the word means a layer"
        report.add("E014", block.at.of("name"), message, hint=f"take another, such as {name}_block")
    for param, default in block.params.items():
        _param(param, default, block, report)
    places = {param: block.at.of(f"params.{param}") for param in block.params}
    own = block.at.fields.get("params", block.at.of("name"))
    bare = ((own, f"{name}, which has no parameters, is defined"),) if own.line else ()
    check_uses((block.body,), spec, places, report, bare if not places else ())
    _inside(block.body, top=True, report=report)
    _unused(name, block, report)


RESERVED = {*LAYERS, *WORDS, *NORMS, *ALWAYS} - set(MODES)
"""What no block can be called; `avg` and `max` begin no op-string."""
TAKEN = {*WORDS, *NORMS, *OPTIONS, *GLOBALS, EQUAL, REST, "classes", "repeat"}
"""What no parameter can be called."""


def param_fault(name: str) -> str:
    """Why a parameter can't have a name: it must mean nothing else where it is used."""
    if name[:1] == "x" and name[1:].isdigit():
        return f"a parameter can't be called {name}: it would repeat a step, as x2 does"
    if name in TAKEN:
        return f"a parameter can't be called {name}: the word means something else already"
    if name[:1].isupper():
        return f"a parameter can't be called {name}: it begins with a small letter"
    return ""


def param_advice(name: str) -> str:
    """Another name for a parameter that can't have this one."""
    return f"take another, such as {name.lower()}_size"


def _param(name: str, default: object, block: Block, report: Report) -> None:
    """A parameter's name, and its default."""
    span = block.at.of(f"params.{name}")
    if fault := param_fault(name):
        report.add("E014", span, fault, hint=param_advice(name))
    said = isinstance(default, str) and (word_of(default) in WORDS or group_norm(default))
    if isinstance(default, str) and not said:
        span = block.at.fields.get(f"params.{name}=", span)
        message = f"the default of {name} is a number or one of {', '.join(WORDS)}, not {default}"
        report.add("E023", span, message, meant=foreign.meant(default, WORDS))


def _unused(name: str, block: Block, report: Report) -> None:
    """A parameter that nothing reads is a slip of the pen.

    Nothing is said of as many as there are names that mean nothing, which they were meant by.
    """
    names: list[str] = []
    calls: list[str] = []
    for step in walk((block.body,)):
        names += [name for _, name, _ in references(step)]
        calls += [step.block] if isinstance(step, Call) else []  # That it begins none is told.
    read = {name for name in names if word_of(name) not in (*WORDS, *ALWAYS)}
    unknown = read - set(block.params)
    misspelt = {closest(name, block.params) for name in (*unknown, *calls)}
    unused = [param for param in block.params if param not in (*read, *calls)]
    for param in unused if len(unused) > len(unknown) else ():
        if param not in misspelt:
            span = block.at.of(f"params.{param}")
            message = f"block {name} never uses its parameter {param}"
            report.add("E025", span, message, help=f"write {param} where its value belongs")


def _trunk(spec: Spec, report: Report) -> None:
    """The names that become attributes of the network's class."""
    level = _trunk_level(spec)
    seen = {name: step.at.of("name") for name, step in level}
    for head in spec.aux:
        _head(head, seen, dict(level), report)
        seen.setdefault(head.name, head.at.of("name"))
    _level_names(level, report)


def _sources(spec: Spec, report: Report) -> None:
    """The spec's own names need no map."""
    if OWN in spec.weights:
        message = f"no source can be called {OWN}: that means the names of the spec"
        report.add("E014", spec.weights[OWN].at.of("name"), message)


def _trunk_level(spec: Spec) -> list[tuple[str, Step]]:
    return [pair for level in named_sections(dict(spec.sections())).values() for pair in level]


OUTPUTS = ("logits", "count", "index")
"""What the network's output in training has besides the heads: its logits, a tuple's methods."""


def _head(head: Aux, seen: dict[str, Span], trunk: dict[str, Step], report: Report) -> None:
    """An auxiliary head: its name, its tap, and the names inside."""
    span = head.at.of("name")
    _name(head.name, span, report)
    if head.name in {*GLOBALS, *OUTPUTS} or head.name[:1].isupper():
        why = "it begins with a small letter" if head.name[:1].isupper() else "the word is taken"
        message = f"an auxiliary head can't be called {head.name}: {why}"
        report.add("E014", span, message, hint=f"take another, such as {head.name.lower()}_head")
    elif head.name in seen:
        _taken(head.name, span, seen[head.name], report)
    if head.source not in trunk:
        meant = closest(head.source, trunk)
        help = f"if the step is gone, set aux.{head.name}.from or remove aux.{head.name}"
        help += "" if meant else f"; steps: {', '.join(trunk)}"
        message = f"there is no step {head.source} to tap"
        notes = _stands(meant, trunk.get(meant))
        report.add("E028", head.at.of("from"), message, meant=meant, help=help, notes=notes)


def _expected(spec: Spec, report: Report) -> None:
    """A contract about a step that isn't there would hold whatever happens."""
    known: list[str] = [name for name, steps in spec.sections() if steps]
    steps = dict(_trunk_level(spec))
    known += steps
    for name in spec.expect.out:
        if name not in known:
            message = f"there is no step {name} whose output could be expected"
            span = spec.expect.at.of(f"out.{name}")
            advice = "if the network was changed on purpose, delete"
            help = f"{advice} `out.{name}` or name what it has: {', '.join(known)}"
            meant = closest(name, [each for each in known if each not in spec.expect.out])
            meant = meant or closest(name, known)
            notes = _stands(meant, steps.get(meant))
            report.add("E029", span, message, meant=meant, help=help, notes=notes)


def _stands(name: str, step: Step | None) -> tuple[Note, ...]:
    """Where the step stands that was probably meant."""
    place = step.at.of("name") if step else NOWHERE
    return ((place, f"{name} stands"),) if place.line else ()


def _level(step: Step, top: bool) -> list[tuple[str, Step]]:
    """The named children of a step."""
    level: list[tuple[str, Step]] = []
    if isinstance(step, Split):
        level = list(zip(branch_names(step), step.branches, strict=True))
        level += [(step.then.name or "then", step.then)] if step.then else []
    elif isinstance(step, Sequence):
        level = list(zip(inner_names(step, top), step.steps, strict=True))
    if (residual := residual_around(step)) and residual.shortcut:
        level.append((residual.shortcut.name or SHORTCUT, residual.shortcut))
    return level


def _siblings(level: list[tuple[str, Step]], report: Report) -> None:
    """The names on one level, and in each step of it."""
    _level_names(level, report)
    for _, step in level:
        _inside(step, top=False, report=report)


def _level_names(level: list[tuple[str, Step]], report: Report) -> None:
    """Names on one level are attributes of one module: usable, and each given once."""
    first: dict[str, Step] = {}
    for name, step in level:
        if step.name:
            _name(name, step.at.of("name"), report)
        if name in first:
            _taken(name, step.at.of("name"), first[name].at.of("name"), report)
        first.setdefault(name, step)


def _inside(step: Step, top: bool, report: Report) -> None:
    """The names inside a step; beside a residual sum `act` is its activation."""
    level = _level(step, top)
    _siblings(level, report)
    if not isinstance(step, (Sequence, Split)):
        return
    split = step if isinstance(step, Split) else None
    what, shares = "branch" if split else "step", bool(split and split.split)
    for name, branch in level:
        taken = "the residual sum's activation is" if name == "act" and step.residual else ""
        taken = "that is what says the shares" if name == "split" and shares else taken
        if taken:
            message = f"no {what} can be called {name}: {taken}"
            span, hint = branch.at.of("name"), f"take another, such as {name}_1"
            report.add("E014", span, message, hint=hint)


def _taken(name: str, span: Span, first: Span, report: Report) -> None:
    note = ((first, "first used"),)
    report.problems.append(Problem("E014", span, f"the name {name} is already taken", notes=note))


def _name(name: str, span: Span, report: Report) -> None:
    hint = f"take another, such as {name}_1"
    if name in ATTRIBUTES or name in COMPILED:
        message = f"a step can't be called {name}: torch's modules use that name themselves"
        report.add("E014", span, message, hint=hint)
    elif name in KEYS:
        message = f"a step can't be called {name}: the word means something else in a spec"
        report.add("E014", span, message, hint=hint)
