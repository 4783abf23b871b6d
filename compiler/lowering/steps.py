"""Steps of the language as nodes of the IR: layers, sequences, splits, repeats, calls.

Every fault is reported with its place in the spec and the calls that led there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from math import prod

from compiler.ir.nodes import BlockKind, BlockUse, Leaf, Node, Parallel, Residual, Role, Series
from compiler.ir.op import Op, Shape, ShapeFault, shrunk
from compiler.ir.symbols import Sym, SymFloat, same
from compiler.lowering import summing
from compiler.lowering.joining import joined, where
from compiler.lowering.recall import recalled
from compiler.lowering.rules import Lowered, activation, rule_of
from compiler.lowering.scope import Scope, Stop, Value
from compiler.lowering.sharing import shares
from compiler.ops.join import join_of
from compiler.ops.norm import NORM
from dsl.models import layers
from dsl.models.extent import kernel_text
from dsl.models.naming import SHORTCUT, branch_names, inner_names
from dsl.models.ramp import Ramp
from dsl.models.spec import Block

Taken = Callable[[], set[str]]


def lower_steps(
    steps: tuple[layers.Step, ...], names: list[str], x: Shape, scope: Scope, owner: str
) -> tuple[Node, ...]:
    """Steps in order, as siblings under one owner."""
    nodes: list[Node] = []
    for name, step in zip(names, steps, strict=True):
        for node in lower_step(step, name, x, scope, lambda: {*names, *(n.name for n in nodes)}):
            nodes.append(node)
            x = node.out
    return tuple(nodes)


def lower_step(
    step: layers.Step, name: str, x: Shape, scope: Scope, taken: Taken | None = None
) -> tuple[Node, ...]:
    """One step as one node, or two where a map must be flattened before it.

    `taken` gives its siblings' names; None where there is room for one node only.
    """
    if isinstance(step, layers.Layer):  # Most are.
        if step.repeat != 1:
            count = int(scope.positive(step, "repeat"))
            if count > 1:
                return (_repeat(step, count, name, x, scope),)
            return lower_step(next(_repeats(step, 1)), name, x, scope, taken)
        if isinstance(step, layers.Call):
            return (_call(step, name, x, scope),)
        return _layer(step, name, x, scope, taken)
    if isinstance(step, layers.Sequence):
        return (_sequence(step, name, x, scope.part_of(name)),)
    assert isinstance(step, layers.Split), type(step)
    return (_split(step, name, x, scope),)


def _repeat(step: layers.Layer, count: int, name: str, x: Shape, scope: Scope) -> Series:
    """`x4`: the same step again and again, numbered from 0.

    What keeps the shape is lowered once: the others are the same node under other names. It
    does so only if what it gives is what it gets as an expression, too.
    """
    steps = list(_repeats(step, count))
    scope = scope.part_of(name)
    nodes: list[Node] = []
    shape = x
    for place, once in enumerate(steps):
        before = scope.budget.params
        (node,) = lower_step(once, str(place), shape, scope)
        nodes.append(node)
        if once is steps[-1] and same(node.out, shape):
            others = range(place + 1, count)
            nodes += [replace(node, name=str(other)) for other in others]
            scope.budget.spend((scope.budget.params - before) * len(others))
            break
        shape = node.out
    return Series(name, tuple(nodes), x, span=step.at.span)


def _repeats(step: layers.Layer, count: int) -> Iterator[layers.Layer]:
    """The step by itself, as often as it repeats: the same one, or each with its own numbers."""
    once = step.model_copy(update={"repeat": 1})
    args = step.args if isinstance(step, layers.Call) else {}
    ramps = {key: value for key, value in args.items() if isinstance(value, Ramp)}
    for place in range(count):
        given = {key: ramp.at(place, count) for key, ramp in ramps.items()}
        yield once.model_copy(update={"args": {**args, **given}}) if given else once


def _layer(
    step: layers.Layer, name: str, x: Shape, scope: Scope, taken: Taken | None
) -> tuple[Node, ...]:
    lowered = rule_of(step)(step, x, scope)
    if lowered.before is None:
        return (_unit(lowered, name, x, scope, step.at),)
    if taken is None or name.isdigit():
        message = f"{step.keyword} needs a vector, gets a map of {x}"
        scope.fail("E106", step.at.span, message, help="put flatten before it: [flatten, fc 1024]")
    before = _leaf(_free(lowered.before[0], taken()), lowered.before[1], x, scope, step.at)
    return before, _unit(lowered, name, before.out, scope, step.at)


def _free(name: str, taken: set[str]) -> str:
    """A name that no sibling has."""
    number = 1
    found = name
    while found in taken:
        number += 1
        found = f"{name}{number}"
    return found


def _unit(lowered: Lowered, name: str, x: Shape, scope: Scope, at: layers.Places) -> Node:
    """One op as a leaf; several as a unit."""
    if len(lowered.parts) == 1:
        return _leaf(name, lowered.parts[0][1], x, scope, at)
    leaves: list[Leaf] = []
    shape = x
    for part, op in lowered.parts:
        leaves.append(_leaf(part, op, shape, scope, at, label=name))
        shape = leaves[-1].out
    return Series(name, tuple(leaves), x, "unit", span=at.span)


def _leaf(name: str, op: Op, x: Shape, scope: Scope, at: layers.Places, label: str = "") -> Leaf:
    """One op; with a `label` one of several that are a step of that name."""
    leaf = Leaf(name, op, x, at.span)
    try:
        vars(leaf)["out"] = op.out(x)  # What `leaf.out` would keep, with a call less.
    except ShapeFault as error:
        field = NORM if label and name == NORM else error.field  # A convolution's has one word.
        scope.fault(error, at.of(field), label or name)
    budget = scope.budget
    for shape in op.params(x).values():
        budget.params += prod(shape)
    return leaf


def _split(step: layers.Split, name: str, x: Shape, scope: Scope) -> Parallel:
    """Branches, join, `then` and the residual sum."""
    given = shares(step, x, scope)
    branches = _branches(step, x, given, scope)
    join = join_of(step.join, len(branches))
    node = Parallel(name, branches, join, x, shares=given, span=step.at.span)
    shape = joined(node, scope)
    if step.then:
        (then,) = lower_step(step.then, step.then.name or "then", shape, scope)
        node = replace(node, then=then)
    return replace(node, residual=_residual(step.residual, node, scope)) if step.residual else node


def _sequence(
    step: layers.Sequence, name: str, x: Shape, scope: Scope, top: bool = False
) -> Series:
    """Steps in order and the residual sum; at the `top` those that are a block."""
    nodes = lower_steps(step.steps, inner_names(step, top), x, scope, name)
    role: Role = "block" if top or step.residual else "sequence"
    node = Series(name, nodes, x, role, span=step.at.span)
    return replace(node, residual=_residual(step.residual, node, scope)) if step.residual else node


def _branches(
    step: layers.Split, x: Shape, given: tuple[int, ...], scope: Scope
) -> tuple[Node, ...]:
    """Each branch on the whole input, or on the share that it is given."""
    found: list[Node] = []
    failed = False
    widths = given or (x.channels,) * len(step.branches)
    names = branch_names(step)
    for name, branch, width in zip(names, step.branches, widths, strict=True):
        try:
            inp = Shape(width, *x[1:]) if given else x
            make = partial(lower_step, branch, name, inp, scope)
            found += recalled(branch, (branch,), name, inp, scope, make)
        except Stop:
            failed = True
    if failed:
        raise Stop
    return tuple(found)


def _residual(residual: layers.Residual, node: Series | Parallel, scope: Scope) -> Residual:
    """`act(shortcut(x) + scale * f(x))`, where the node is f; the two sides must be alike."""
    shortcut: Node | None = None
    if step := residual.shortcut:
        (shortcut,) = lower_step(step, step.name or SHORTCUT, node.inp, scope)

    def instead(step: layers.Step) -> Node | None:
        """Another step in the shortcut's place; None where it can't stand there."""
        try:
            return lower_step(step, SHORTCUT, node.inp, scope.trial)[0]
        except Stop:
            return None

    summing.check(residual, node, shortcut, scope, where(node, scope), instead)
    scale = scope.number(residual, "scale")
    op = activation(residual, "act", scope)
    act = _leaf("act", op, node.out, scope, residual.at) if op else None
    return Residual(scale, act, shortcut)


def _call(step: layers.Call, name: str, x: Shape, scope: Scope) -> Node:
    """A block, lowered with its parameters as symbols."""
    spec = scope.spec
    block = spec.blocks[step.block]
    args = {
        key: scope.meaning(_start(value), step.at.of(f"args.{key}="), key)
        for key, value in step.args.items()
    }
    inp = Shape(Sym.named(x.channels, "in_channels"), *x[1:])
    names = _bound(block, args, scope) | {"in": inp.channels}
    note = f"called from {scope.label(name)}"
    inside = scope.inside(names, (step.at.span, note), step.block)
    node = _body(block, name, inp, inside)
    kind = spec.section_of(step.block)
    _grid(kind, step, node, scope)
    params = dict(block.params)
    use = BlockUse(step.block, kind, params, args, x, block.at.of("name"), node.span)
    return replace(node, use=use, span=step.at.span)


def _start(value: Value | Ramp) -> Value:
    """Of a range whose repeats were scaled down to one call, the number that it begins with."""
    return value.first if isinstance(value, Ramp) else value


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
    return _sequence(block.body, name, x, scope, top=True)


EITHER = ", one that may keep or shrink it under strided:"


def _grid(kind: BlockKind, step: layers.Call, node: Series | Parallel, scope: Scope) -> None:
    """Inception blocks keep the grid, reductions shrink it; the strided ones may do either."""
    before, after = node.inp.grid, node.out.grid
    note = {"notes": ((scope.spec.blocks[step.block].at.of("name"), f"{step.block} is defined"),)}
    sizes = f"{kernel_text(before)} to {kernel_text(after)}"
    if kind == "inception" and before != after:
        message = f"inception block {step.block} must keep the grid, it goes from {sizes}"
        help = f"a block that shrinks the grid belongs under reduction:{EITHER}"
        scope.fail("E108", step.at.of("block"), message, help=help, **note)
    if kind == "reduction" and not shrunk(before, after):
        message = f"reduction block {step.block} must shrink the grid, it goes from {sizes}"
        help = f"a block that keeps the grid belongs under inception:{EITHER}"
        scope.fail("E109", step.at.of("block"), message, help=help, **note)
