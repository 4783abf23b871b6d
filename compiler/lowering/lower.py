"""From a spec to the IR, threading the shape; nothing is built, so nothing can be slow.

Every fault is reported with its place in the spec and the calls that led there. A faulty
branch doesn't hide the faults of its neighbours.
"""

from __future__ import annotations

from bisect import bisect_left
from contextlib import suppress
from dataclasses import replace
from functools import partial

from compiler.ir.fit import Least
from compiler.ir.network import Network
from compiler.ir.nodes import BlockUse, Node, Series, Tap
from compiler.ir.op import Shape
from compiler.ir.symbols import Sym
from compiler.lowering.logits import say_fixed
from compiler.lowering.recall import recalled
from compiler.lowering.scope import Budget, Scope, Stop, Value, init_of
from compiler.lowering.size import Counter
from compiler.lowering.steps import lower_step, lower_steps
from dsl.models import layers
from dsl.models.faults import expect
from dsl.models.model import Section
from dsl.models.naming import child_names, section_names
from dsl.models.spec import Aux, Spec
from dsl.reading.names import check
from dsl.text.problems import Report

LIMIT = 10**9
"""Parameters that a spec may resolve to unless the caller allows more."""


def lower(spec: Spec, *, limit: int = LIMIT, variant: str | None = None) -> Network:
    """The spec's network. Raises `SpecError` with every fault that was found.

    `limit` bounds the parameters.
    """
    expect(spec, (Spec,), "lower takes a Spec", "`dsl.load` gives one")
    report = Report(check(spec), spec.texts)
    report.stop_if_any()
    network = _network(spec, report, limit, variant)
    _say_least(spec, report, limit)
    _say_heads(spec, report, limit, variant)
    report.stop_if_any()
    say_fixed(network, report)
    report.stop_if_any()
    return network


def _network(spec: Spec, report: Report, limit: int, variant: str | None = None) -> Network:
    """The spec's network; in parts only where a problem was found."""
    names: dict[str, Value] = {"classes": Sym.named(spec.classes, "num_classes")}
    scope = Scope(spec, report, Budget(limit), names)
    shape = Shape(Sym.named(spec.input[0], "in_channels"), *spec.input[1:])
    nodes, sections = _Trunk(scope).run(shape)
    return Network(
        name=spec.name,
        title=spec.title or spec.name,
        paper=spec.paper,
        input=shape,
        classes=spec.classes,
        nodes=nodes,
        sections=sections,
        spec=spec,
        init=init_of(spec.defaults.init),
        variant=variant,
    )


def _say_least(spec: Spec, report: Report, limit: int) -> None:
    """Where the input is too small, add which one would be large enough."""
    small = [problem for problem in report.problems if problem.code == "E102"]
    if not small or len(set(spec.input[1:])) != 1:
        return
    alone = _enough(spec.model_copy(update={"aux": ()}), limit)
    whole = _enough(spec, limit) if spec.aux else alone
    if alone is None or whole is None:
        return
    rank = len(spec.input) - 1
    least = Least((alone,) * rank, (whole,) * rank)
    for place, problem in enumerate(report.problems):
        if problem in small:
            help = f"the least input is {least}; padding or a smaller kernel would do too"
            report.problems[place] = replace(problem, help=help)


def _say_heads(spec: Spec, report: Report, limit: int, variant: str | None) -> None:
    """Where the input is too small for auxiliary heads alone, add how to do without them."""
    small = {problem for problem in report.problems if problem.code == "E102"}
    if not small or not spec.aux or "E102" in (trunk := _found(spec, (), limit)):
        return
    heads = [head for head in spec.aux if "E102" in _found(spec, (head,), limit) - trunk]
    inherited = any(head.at.span.file != spec.at.span.file for head in heads)
    addresses = ", ".join(f"aux.{head.name}" for head in heads)
    says = f"`remove: [{addresses}]` or `--no-aux`" if inherited or variant else "`--no-aux`"
    which = "the heads" if len(heads) > 1 else "the head"
    for place, problem in enumerate(report.problems):
        if problem in small:
            help = "; ".join(filter(None, (problem.help, f"{says} leaves {which} out")))
            report.problems[place] = replace(problem, help=help)


def _found(spec: Spec, heads: tuple[Aux, ...], limit: int) -> set[str]:
    """The codes of what is wrong with the spec if it has these auxiliary heads."""
    report = Report()
    _network(spec.model_copy(update={"aux": heads}), report, limit)
    return {problem.code for problem in report.problems}


LARGEST = 4096
"""The largest side that is tried."""
MOST_SIDES = 64
"""How many sides are tried, from the first that is enough, until all branches agree."""


def _enough(spec: Spec, limit: int) -> int | None:
    """The side of the least input of equal sides that the spec can be compiled for.

    None where no input up to the largest of all is enough.
    """
    sides = range(1, LARGEST)
    start = bisect_left(sides, True, key=lambda n: "E102" not in _faults(spec, n, limit))
    tried = sides[start : start + MOST_SIDES]
    return next((side for side in tried if not _faults(spec, side, limit)), None)


def _faults(spec: Spec, side: int, limit: int) -> set[str]:
    """The codes of what is wrong with the spec for an input of equal sides."""
    grid = (side,) * (len(spec.input) - 1)
    sized = spec.model_copy(update={"input": (spec.input[0], *grid)})
    return _found(sized, spec.aux, limit)


class _Trunk:
    """Stem, body and head in one line, with the auxiliary heads where they tap."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.nodes: list[Node] = []
        self.sections: dict[str, Section] = {}
        self.names = section_names(dict(scope.spec.sections()))

    def run(self, shape: Shape) -> tuple[tuple[Node, ...], dict[str, Section]]:
        spec, budget = self.scope.spec, self.scope.budget
        try:
            Counter(self.scope).check()
            for section, steps in spec.sections():
                for name, step in zip(self.names[section], steps, strict=True):
                    shape = self.step(section, name, step, shape)
        except Stop:
            pass
        if budget.crossed:
            self.too_large()
        return tuple(self.nodes), self.sections

    def too_large(self) -> None:
        """Report that the network has more parameters than it may, at its largest step."""
        spec, budget = self.scope.spec, self.scope.budget
        least = "at least " if self.scope.report.problems else ""  # a fault ends the count
        heads = " with its auxiliary heads" if spec.aux else ""
        size = f"has {least}{budget.params:,} parameters{heads}, the limit is {budget.limit:,}"
        params, span, name = budget.largest
        hint = f"{name} has {params:,} of them"
        help = "raise the limit with --limit if that is meant"
        self.scope.tell("E140", span, f"the network {size}", hint=hint, help=help)

    def step(self, section: Section, name: str, step: layers.Step, shape: Shape) -> Shape:
        scope = self.scope

        def make() -> tuple[Node, ...]:
            inside = scope.given(**{"in": shape.channels})
            return lower_step(step, name, shape, inside, self.taken)

        out = shape
        with scope.budget.weighing(step.at.span, name):
            for node in recalled(step, (step,), name, shape, scope, make):
                self.nodes.append(node)
                self.sections[node.name] = section
                out = node.out
        for head in scope.spec.aux:
            if head.source == name:
                self.tap(head, out)
        return out

    def taken(self) -> set[str]:
        """What no node that is added may be called: steps before and behind it, and heads."""
        steps = {name for names in self.names.values() for name in names}
        return steps | set(self.sections) | {head.name for head in self.scope.spec.aux}

    def tap(self, head: Aux, shape: Shape) -> None:
        """Lower an auxiliary head; its own faults don't stop the trunk."""
        make = partial(self.head, head, shape)
        with suppress(Stop), self.scope.budget.weighing(head.at.span, head.name):
            self.nodes += recalled(head, head.steps, head.name, shape, self.scope, make)

    def head(self, head: Aux, shape: Shape) -> tuple[Node]:
        """An auxiliary head. Raises `Stop` where it can't be lowered."""
        inp = Shape(Sym.named(shape.channels, "in_channels"), *shape[1:])
        names = {**self.scope.names, "in": inp.channels}
        note = f"in auxiliary head {head.name}, which only training needs,"
        scope = self.scope.inside(names, (head.at.span, note))
        nodes = lower_steps(head.steps, child_names(head.steps), inp, scope, head.name)
        use = BlockUse("aux", "aux", {}, {}, shape, head.at.span, head.at.span)
        body = Series(head.name, nodes, inp, "block", use, head.at.span)
        return (Tap(head.name, body, head.weight, head.source, head.at.span),)
