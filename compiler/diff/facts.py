"""What a layer is, as facts that can be compared: one word or number each.

Facts are read off the ops' own fields, so a new kind of op needs nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from compiler.ir.nodes import Leaf, Node, Parallel, Tap, children, use_of
from compiler.ir.op import Op
from compiler.ir.symbols import names_in
from compiler.ops.conv import DEPTHWISE, POINTWISE, Conv
from compiler.ops.window import Sliding
from compiler.ops.words import (
    WEIGHTED,
    core,
    in_numbers,
    is_separable,
    is_unit,
    joining,
    kind_of,
    parts,
)
from dsl.models.extent import kernel_text

Facts = dict[str, Any]
FAMILIES = {"norm": "norm", "act": "activation"}
"""Parts of a unit that may be there or not, and the fact that says which."""
UNSAID = (("act", "inplace"), ("act", "kind"))
"""Fields of a family that change nothing about what comes out, or that its label says."""


def is_layer(node: Node) -> bool:
    """Whether a node is compared by its facts: a layer, or a unit around a convolution."""
    return isinstance(node, Leaf) or is_unit(node)


def facts(node: Node) -> Facts:
    """The facts of a layer or unit by name, such as `kernel`, `width`, `eps`."""
    leaves = parts(node)
    if len(leaves) == 1 and leaves[0].op.family == "act":
        return {"layer": leaves[0].op.label}
    found: Facts = dict.fromkeys(FAMILIES.values(), "none") if is_unit(node) else {}
    for leaf in leaves:
        if len(leaves) > 1 and leaf.op.family in FAMILIES:
            found[FAMILIES[leaf.op.family]] = leaf.op.label.split(",")[0]  # The rest are facts.
        elif leaf is core(node):
            found["layer"] = _kind(leaf, node)
    for leaf in reversed(leaves):  # The convolution's own fields win.
        found |= dict(_fields(leaf))
    if isinstance(width := _width(core(node)), str):
        found["width"] = width
    return found


def layer_facts(leaf: Leaf) -> tuple[Any, ...]:
    """All that one op is: its kind, and every fact but the names of the symbols in it."""
    known = tuple((name, repr(value)) for name, value in _fields(leaf) if name != "width")
    word = leaf.op.label if leaf.op.family == "act" else ""
    return (type(leaf.op).__name__, word, _width(leaf), *known)


def _width(leaf: Leaf) -> Any:
    """What it gives, in numbers; `classes` where the number of classes says it."""
    width = getattr(leaf.op, "width", None)
    if "num_classes" in names_in(width):
        return str(width).replace("num_classes", "classes")
    return None if width is None else int(width)


def _kind(leaf: Leaf, node: Node) -> str:
    """The op's kind; of a depthwise separable convolution, that."""
    kind = type(leaf.op).__name__
    return f"Separable{kind}" if is_separable(node) else kind


def _fields(leaf: Leaf) -> Iterator[tuple[str, Any]]:
    """The op's fields in numbers."""
    op: Op = in_numbers(leaf.op)
    for field in fields(op):  # type: ignore[arg-type]  # every op is a dataclass
        value = getattr(op, field.name)
        if isinstance(value, Sliding):
            yield from _window(value)
        elif field.name == "init":
            yield "init", str(value or "the network's")
        elif (leaf.op.family, field.name) not in UNSAID:
            yield _named(field.name, leaf), value
    if leaf.name == POINTWISE and isinstance(leaf.op, Conv):
        yield "width", int(leaf.out[0])


def _named(name: str, leaf: Leaf) -> str:
    """A depthwise convolution's width and groups follow from what comes in."""
    return f"depthwise {name}" if leaf.name == DEPTHWISE else name


def _window(slide: Sliding) -> Iterator[tuple[str, str]]:
    yield "kernel", kernel_text(slide.kernel)
    yield "stride", kernel_text(slide.stride)
    yield "padding", _padding(slide)
    yield "dilation", kernel_text(slide.dilation)
    yield "rounds", "up" if slide.ceil else "down"


def _padding(slide: Sliding) -> str:
    """In words where it can be, so that it follows a kernel that changes."""
    if slide.tf_same:
        return "tf_same"
    if slide.padding == tuple((span - 1) // 2 for span in slide.spans):
        return "same"
    return kernel_text(slide.padding) if any(slide.padding) else "valid"


def text(node: Node) -> str:
    """A node in few words: `conv 3×3 s2 → 32`, `block B (c7=128)`, `concat of 4 branches`."""
    if (use := use_of(node)) and use.kind != "aux":
        args = ", ".join(f"{key}={_plain(value)}" for key, value in use.args.items())
        return f"block {use.block}" + (f" ({args})" if args else "")
    match node:
        case _ if is_layer(node):
            leaf = core(node)
            width = f" → {int(node.out[0])}" if leaf.op.family in WEIGHTED else ""
            return kind_of(node) + width  # type: ignore[arg-type]  # a leaf or a unit
        case Parallel():
            return joining(node)
        case Tap():
            return f"auxiliary head from {node.source}"
    inside = [text(child) for child in children(node)]
    if len(inside) > 1 and len(set(inside)) == 1:
        return f"{len(inside)} × {inside[0]}"
    return ", ".join(inside)


def _plain(value: Any) -> Any:
    return f"{float(value):g}" if isinstance(value, (int, float)) else value
