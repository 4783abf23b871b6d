"""From a spec to the IR, threading the shape; nothing is built, so nothing can be slow.

Every fault is reported with its place in the spec and the calls that led there. A faulty
branch doesn't hide the faults of its neighbours.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from compiler.ir import (
    BlockUse,
    Leaf,
    Network,
    Node,
    Op,
    Parallel,
    Residual,
    Series,
    Shape,
    ShapeFault,
    Tap,
)
from compiler.ops.act import ACTIVATIONS, Activation
from compiler.ops.join import Add, Concat
from compiler.ops.rules import RULES, Lowered
from compiler.scope import Budget, Scope, Stop, Value, init_of
from compiler.symbols import Sym, SymFloat, substitute
from dsl import layers
from dsl.naming import branch_names, child_names, section_names, sequence_names
from dsl.problems import Report, Span
from dsl.spec import Aux, Block, Spec

LIMIT = 10**9
"""Parameters that a spec may resolve to unless the caller allows more."""
JOINS = {"concat": Concat(), "add": Add()}


def lower(spec: Spec, *, limit: int = LIMIT, variant: str | None = None, text: str = "") -> Network:
    """The spec's network. Raises `SpecError` with every fault that was found.

    `text` is the file's, for the excerpts in the errors; `limit` bounds the parameters.
    """
    report = Report()
    names: dict[str, Value] = {"classes": Sym.named(spec.classes, "num_classes")}
    scope = Scope(spec, report, Budget(limit), names)
    height, width = spec.input[1:]
    shape = Shape(Sym.named(spec.input[0], "in_channels"), height, width)
    nodes, sections = _Trunk(scope).run(shape)
    report.stop_if_any(text)
    return Network(
        name=spec.name,
        title=spec.title or spec.name,
        paper=spec.paper,
        input=shape,
        classes=spec.classes,
        nodes=nodes,
        sections=sections,
        init=init_of(spec.defaults.init),
        variant=variant,
    )


class _Trunk:
    """Stem, body and head in one line, with the auxiliary heads where they tap."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.nodes: list[Node] = []
        self.sections: dict[str, str] = {}

    def run(self, shape: Shape) -> tuple[tuple[Node, ...], dict[str, str]]:
        spec = self.scope.spec
        names = section_names(dict(spec.sections()))
        try:
            for section, steps in spec.sections():
                for name, step in zip(names[section], steps, strict=True):
                    shape = self.step(section, name, step, shape)
        except Stop:
            pass
        return tuple(self.nodes), self.sections

    def step(self, section: str, name: str, step: layers.Step, shape: Shape) -> Shape:
        scope = self.scope.given(**{"in": shape.channels})
        for node in lower_step(step, name, shape, scope, self.taken()):
            self.nodes.append(node)
            self.sections[node.name] = section
            shape = outer(node)
        for head in scope.spec.aux:
            if head.source == name:
                self.tap(head, shape)
        return shape

    def taken(self) -> set[str]:
        return set(self.sections) | {head.name for head in self.scope.spec.aux}

    def tap(self, head: Aux, shape: Shape) -> None:
        """Lower an auxiliary head; its own faults don't stop the trunk."""
        inner = Shape(Sym.named(shape.channels, "in_channels"), *shape[1:])
        names = {**self.scope.names, "in": inner.channels}
        scope = self.scope.inside(names, (head.at.span, head.name))
        try:
            nodes = lower_steps(head.steps, child_names(head.steps), inner, scope, head.name)
        except Stop:
            return
        body = Series(head.name, nodes, inner, "block", span=head.at.span)
        use = BlockUse("aux", "aux", {}, {}, body, shape, head.at.span)
        self.nodes.append(
            Tap(head.name, replace(body, use=use), head.weight, head.source, head.at.span)
        )


def outer(node: Node) -> Shape:
    """A node's output in the terms of whoever stands around it.

    Inside a block the shape is an expression over the block's own parameters; outside it
    is the same expression over what the caller passed.
    """
    use = node.use if isinstance(node, (Series, Parallel)) else None
    if use is None:
        last = node.nodes[-1] if isinstance(node, Series) and node.nodes else None
        return outer(last) if last is not None else node.out
    given = {name: value for name, value in use.params.items() if isinstance(value, int)}
    given |= {name: value for name, value in use.args.items() if isinstance(value, int)}
    given |= {"in_channels": use.inp.channels, "num_classes": _classes(node.out[0])}
    return Shape(substitute(node.out[0], given), *node.out[1:])


def _classes(width: int) -> int:
    terms = width.terms if isinstance(width, Sym) else {}
    if "num_classes" not in terms:
        return 0
    assert isinstance(width, Sym)
    return Sym.named(0, "num_classes")


def lower_steps(
    steps: tuple[layers.Step, ...], names: list[str], x: Shape, scope: Scope, owner: str
) -> tuple[Node, ...]:
    """Steps in order, as siblings under one owner."""
    nodes: list[Node] = []
    for name, step in zip(names, steps, strict=True):
        taken = {node.name for node in nodes} | set(names)
        for node in lower_step(step, name, x, scope, taken):
            nodes.append(node)
            x = outer(node)
    return tuple(nodes)


def lower_step(
    step: layers.Step, name: str, x: Shape, scope: Scope, taken: set[str]
) -> tuple[Node, ...]:
    """One step as one node, or two where a map must be flattened before it."""
    match step:
        case layers.Sequence():
            names = sequence_names(step.steps)
            nodes = lower_steps(step.steps, names, x, scope, name)
            return (Series(name, nodes, x, span=step.at.span),)
        case layers.Split():
            return (_split(step, name, x, scope),)
        case layers.Layer() if step.repeat > 1:
            return (_repeat(step, name, x, scope),)
        case layers.Call():
            return (_call(step, name, x, scope),)
        case layers.Layer():
            return _layer(step, name, x, scope, taken)
    raise AssertionError(type(step))


def _repeat(step: layers.Layer, name: str, x: Shape, scope: Scope) -> Series:
    """`x4`: the same step again and again, numbered from 0."""
    once = step.model_copy(update={"repeat": 1})
    nodes: list[Node] = []
    shape = x
    for place in range(step.repeat):
        (node,) = lower_step(once, str(place), shape, scope, set())
        nodes.append(node)
        shape = outer(node)
    return Series(name, tuple(nodes), x, span=step.at.span)


def _layer(
    step: layers.Layer, name: str, x: Shape, scope: Scope, taken: set[str]
) -> tuple[Node, ...]:
    lowered: Lowered = RULES[type(step)](step, x, scope)
    span = step.at.span
    if lowered.before is None:
        return (_unit(lowered, name, x, scope, span),)
    if name.isdigit():
        message = "fc needs a vector, gets a map"
        scope.fail("E106", span, message, help="put flatten before it")
    before = _leaf(_free(lowered.before[0], taken), lowered.before[1], x, scope, span)
    return before, _unit(lowered, name, before.out, scope, span)


def _free(name: str, taken: set[str]) -> str:
    """A name that no sibling has."""
    number = 1
    found = name
    while found in taken:
        number += 1
        found = f"{name}{number}"
    return found


def _unit(lowered: Lowered, name: str, x: Shape, scope: Scope, span: Span) -> Node:
    """One op as a leaf; several as a unit."""
    if len(lowered.parts) == 1:
        return _leaf(name, lowered.parts[0][1], x, scope, span)
    leaves: list[Leaf] = []
    shape = x
    for part, op in lowered.parts:
        leaves.append(_leaf(part, op, shape, scope, span, label=name))
        shape = leaves[-1].out
    return Series(name, tuple(leaves), x, "unit", span=span)


def _leaf(name: str, op: Op, x: Shape, scope: Scope, span: Span, label: str = "") -> Leaf:
    leaf = Leaf(name, op, x, span)
    try:
        _ = leaf.out
    except ShapeFault as error:
        scope.fault(error, span, label or name)
    budget = scope.budget
    budget.leaves -= 1
    budget.params -= sum(prod(shape) for shape in op.params(x).values())
    if budget.params < 0:
        message = "the network resolves to more parameters than the limit"
        scope.fail("E140", span, message, help="raise it with --limit if that is meant")
    if budget.leaves < 0:
        scope.fail("E140", span, "the network resolves to more than 500,000 layers")
    return leaf


def _split(step: layers.Split, name: str, x: Shape, scope: Scope) -> Parallel:
    """Branches, join, `then` and the residual sum."""
    branches = _branches(step, x, scope)
    node = Parallel(name, branches, JOINS[step.join], x, span=step.at.span)
    node = _joined(node, scope)
    if step.then:
        then_name = step.then.name or "then"
        (then,) = lower_step(step.then, then_name, node.joined, scope, set())
        node = replace(node, then=then)
    return _residual(step.residual, node, scope) if step.residual else node


def _branches(step: layers.Split, x: Shape, scope: Scope) -> tuple[Node, ...]:
    found: list[Node] = []
    failed = False
    for name, branch in zip(branch_names(step.branches), step.branches, strict=True):
        try:
            found += lower_step(branch, name, x, scope, set())
        except Stop:
            failed = True
    if failed:
        raise Stop
    return tuple(found)


def _joined(node: Parallel, scope: Scope) -> Parallel:
    """The parallel itself, if its branches fit together."""
    shapes = tuple(outer(branch) for branch in node.branches)
    try:
        _ = node.join.out(shapes)
    except ShapeFault as error:
        sizes = ", ".join(
            f"{branch.name} gives {shape}" for branch, shape in zip(node.branches, shapes)
        )
        help = "give the branches equal strides, paddings and ceil"
        message = f"{node.join.word} at {node.name}: {error} ({sizes})"
        scope.fail(error.code, node.span, message, help=help)
    return node


def _residual(residual: layers.Residual, node: Parallel, scope: Scope) -> Parallel:
    """`act(x + scale * f(x))`; f must give back what came in."""
    span = residual.at.span
    if tuple(node.out) != tuple(node.inp):
        message = f"{node.name}: the residual sum needs {node.inp}, the branches give {node.out}"
        help = "end with a linear 1x1 of the width that came in: then: 1x1 in linear"
        scope.fail("E112", span, message, help=help)
    scale = scope.number(residual, "scale")
    kind = scope.word(residual, "act", (*ACTIVATIONS, "none"))
    act = None
    if kind != "none":
        op = Activation(kind, inplace=ACTIVATIONS[kind].inplace)
        act = _leaf("act", op, node.out, scope, span)
    return replace(node, residual=Residual(scale, act))


def _call(step: layers.Call, name: str, x: Shape, scope: Scope) -> Node:
    """A block, lowered with its parameters as symbols."""
    spec = scope.spec
    block = spec.blocks[step.block]
    args = {key: _argument(value, scope) for key, value in step.args.items()}
    inner = Shape(Sym.named(x.channels, "in_channels"), *x[1:])
    names = _bound(block, args, scope) | {"in": inner.channels}
    inside = scope.inside(names, (step.at.span, name))
    node = _body(block, name, inner, inside)
    kind = "inception" if step.block in spec.inception else "reduction"
    _grid(kind, step, node, scope)
    params = dict(block.params)
    use = BlockUse(step.block, kind, params, args, node, x, block.at.span)
    return replace(node, use=use, span=step.at.span)


def _argument(value: Value, scope: Scope) -> Value:
    return scope.names.get(value, value) if isinstance(value, str) else value


def _bound(block: Block, args: dict[str, Value], scope: Scope) -> dict[str, Value]:
    """What the names of a block's body mean: each parameter as a symbol of itself."""
    names: dict[str, Value] = {"classes": scope.names["classes"]}
    for param, default in block.params.items():
        value = args.get(param, default)
        match value:
            case int():
                names[param] = Sym.named(int(value), param)
            case float():
                names[param] = SymFloat(float(value), param)
            case str():
                names[param] = value
    return names


def _body(block: Block, name: str, x: Shape, scope: Scope) -> Series | Parallel:
    if isinstance(block.body, layers.Split):
        return _split(block.body, name, x, scope)
    assert isinstance(block.body, layers.Sequence), type(block.body)
    steps = block.body.steps
    nodes = lower_steps(steps, child_names(steps), x, scope, name)
    return Series(name, nodes, x, "block", span=block.body.at.span)


def _grid(kind: str, step: layers.Call, node: Series | Parallel, scope: Scope) -> None:
    """Inception blocks keep the grid, reductions shrink it."""
    before, after = node.inp.grid, node.out.grid
    note = {"notes": ((scope.spec.blocks[step.block].at.span, f"{step.block} is defined"),)}
    sizes = f"{before[0]}x{before[1]} to {after[0]}x{after[1]}"
    if kind == "inception" and before != after:
        message = f"inception block {step.block} must keep the grid, it goes from {sizes}"
        help = "a block that shrinks the grid belongs under reduction:"
        scope.fail("E108", step.at.of("block"), message, help=help, **note)
    if kind == "reduction" and not (after[0] < before[0] and after[1] < before[1]):
        message = f"reduction block {step.block} must shrink the grid, it goes from {sizes}"
        help = "a block that keeps the grid belongs under inception:"
        scope.fail("E109", step.at.of("block"), message, help=help, **note)
