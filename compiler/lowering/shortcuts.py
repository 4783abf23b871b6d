"""Layers for a shortcut that doesn't give what it is added to, as the author would write them.

What is proposed has to hold for every use of the block: a stride and a width that come from
parameters are said by these, and never by what they are worth in one call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from compiler.ir.facts import Axes
from compiler.ir.nodes import Leaf, Node, Parallel, Series
from compiler.ir.symbols import Quotient, Sym, alone, is_plainly, names_in, same
from compiler.ir.terms import written_out
from compiler.ops.window import every
from dsl.models import layers, spelling
from dsl.models.extent import kernel_text
from dsl.models.kernels import KERNEL, kernel_sides

NAMES = {"in_channels": "in", "num_classes": "classes"}
"""What the language calls the numbers that are no parameters."""
STRIDED = (layers.Filter, layers.MaxPool, layers.AvgPool, layers.Pool)
Lowered = Callable[[layers.Step], Node | None]
"""What a step is in the shortcut's place; None where it can't stand there."""


def projection(node: Series | Parallel) -> str:
    """The 1x1 (or 1, 1x1x1) that gives what a node gives, of the same input.

    Empty where none does, or none that holds wherever the block is called.
    """
    if not (node.inp.is_map and node.out.is_map):
        return ""
    width, strides = _width(node.out.channels), _wanted(node)
    if width is None or strides is None:
        return ""
    return spelling.write(_pointwise(width, strides))


def mended(step: layers.Step, node: Series | Parallel, shortcut: Node, lowered: Lowered) -> str:
    """The author's own shortcut with another width or stride; empty where that doesn't do.

    One that only pools gets the 1x1 behind it that a new width takes.
    """
    if not (shortcut.out.is_map and node.out.is_map):
        return ""
    before = step.steps if isinstance(step, layers.Sequence) else (step,)
    if getattr(step, "residual", None) or not all(map(_is_plain, before)):
        return ""
    for after in _candidates(before, node, shortcut):
        made = after[0] if len(after) == 1 else layers.Sequence(steps=after)
        found = lowered(made)
        if found and found.out == node.out and _agree(found, node):
            texts = (f"{step.name}: " * bool(step.name) + spelling.write(step) for step in after)
            return ", ".join(texts) if len(after) == 1 else f"[{', '.join(texts)}]"
    return ""


def sum_of(width: int) -> str:
    """A width that no step can say, as an expression over the names of the language."""
    if _width(width) is not None:
        return ""
    text = str(width)
    for name, ours in NAMES.items():
        text = re.sub(rf"\b{name}\b", ours, text)
    return text


def _is_plain(step: layers.Step) -> bool:
    plain = isinstance(step, layers.Layer) and not isinstance(step, (layers.Call, layers.Identity))
    return plain and getattr(step, "repeat", 1) == 1


def _candidates(
    before: tuple[layers.Step, ...], node: Series | Parallel, shortcut: Node
) -> Iterator[tuple[layers.Layer, ...]]:
    """The author's steps with what is wrong about them put right, each where it can be."""
    steps = [step for step in before if isinstance(step, layers.Layer)]
    if not same(shortcut.out.channels, node.out.channels):
        width = _width(node.out.channels)
        wide = [at for at, step in enumerate(steps) if isinstance(step, layers.Filter)]
        if width is None:
            return
        if wide:
            steps[wide[-1]] = steps[wide[-1]].model_copy(update={"width": width})
        else:
            steps.append(_pointwise(width, every(1, node.out.grid)))
    if _agree(shortcut, node):
        yield tuple(steps)
        return
    strides = _wanted(node)
    if strides is None:
        return
    strided = {at: step.stride for at, step in enumerate(steps) if isinstance(step, STRIDED)}
    for at in sorted(strided, key=lambda at: set(strided[at]) == {1}):
        other = steps[at].model_copy(update={"stride": strides})
        yield (*steps[:at], other, *steps[at + 1 :])


def _agree(shortcut: Node, node: Series | Parallel) -> bool:
    """Whether a shortcut's map is as large, in this call and in any other."""
    one, other = _strides(written_out(shortcut)), _strides(written_out(node))
    told = one is None or other is None or same(one, other)
    return shortcut.out.grid == node.out.grid and (told or not names_in((one, other)))


def _pointwise(width: int | str, strides: tuple[int | str, ...]) -> layers.Conv:
    """What a shortcut usually is: its norm stays, and the activation is behind the sum."""
    return layers.Conv(kernel=(1,) * len(strides), width=width, stride=strides, act="none")


def _wanted(node: Series | Parallel) -> tuple[int | str, ...] | None:
    """The strides that a 1x1 beside a node has to have, as a step says them; None for none."""
    found = _strides(written_out(node))
    if found is None:
        return None
    sizes = tuple(zip(node.inp.grid, node.out.grid, strict=True))
    if any(-(-size // int(by)) != out for by, (size, out) in zip(found, sizes, strict=True)):
        if names_in(found):
            return None
        found = tuple(_least(int(size), int(out)) for size, out in sizes)
    sides = tuple(int(by) if not names_in(by) else _name(by) for by in found)
    if None in sides or 0 in sides:
        return None
    text = kernel_text(sides)
    spread = len(set(sides)) == 1
    if not spread and not (KERNEL.fullmatch(text) and len(kernel_sides(text)) == len(sides)):
        return None
    return tuple(side for side in sides if side is not None)


def _name(by: int) -> str | None:
    name = alone(by)
    return None if isinstance(name, Quotient) else name


def _least(size: int, out: int) -> int:
    """The least stride that a 1x1 takes so many rows to so many by; 0 for none."""
    fits = (by for by in range(1, size + 1) if -(-size // by) == out)
    return next(fits, 0) if out <= size else 0


def _strides(node: Node) -> Axes | None:
    """The stride of a node's map against what came in; None where no one number says it."""
    match node:
        case Leaf():
            if not node.inp.is_map or not node.out.is_map or node.op.enlarging(node.inp):
                return None
            window = node.op.window(node.inp)
            return window.stride if window else every(1, node.inp.grid)
        case Parallel():
            gates = node.join.spread(tuple(branch.out for branch in node.branches))
            branches = zip(node.branches, gates, strict=True)
            path = [next(branch for branch, gate in branches if not gate)]
            path += [node.then] if node.then else []
        case _:
            path = list(node.nodes) if isinstance(node, Series) else []
    found: Axes = every(1, node.inp.grid)
    for part in path:
        strides = _strides(part)
        found_now = strides and tuple(map(_times, found, strides))
        if not found_now or 0 in found_now:
            return None
        found = found_now
    return found


def _times(one: int, other: int) -> int:
    """A product of strides; 0 where it is none that a step can say."""
    if is_plainly(one, 1) or is_plainly(other, 1):
        return other if is_plainly(one, 1) else one
    return 0 if names_in((one, other)) else one * other


def _width(width: int) -> int | str | None:
    """A width as the language writes it, by its name with its factor; None for a sum."""
    if not names_in(width):
        return int(width)
    if not isinstance(width, Sym) or len(width.terms) != 1 or width.const:
        return None
    ((name, times),) = width.terms.items()
    if isinstance(name, Quotient):
        if times != 1 or not isinstance(name.of, str):
            return None
        return f"{NAMES.get(name.of, name.of)}/{name.by}"
    named = NAMES.get(name, name)
    return named if times == 1 else f"{named}*{times}"
