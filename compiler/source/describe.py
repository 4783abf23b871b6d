"""What the emitted docstrings say of a block: its branches in short, and its shapes."""

from __future__ import annotations

from compiler.ir import Leaf, Node, Parallel, Series
from compiler.op import Shape
from compiler.ops.linear import Flatten, Identity
from compiler.ops.pool import AdaptivePool2d, AvgPool2d, MaxPool2d


def branches(node: Node) -> str:
    """`1x1 | 1x1-3x3 | max-1x1`."""
    if isinstance(node, Series):
        return ", ".join(filter(None, map(brief, node.nodes))).replace("×", "x")
    plain = isinstance(node, Parallel) and not node.then and not node.residual
    text = brief(node).replace("×", "x")
    return text[1:-1] if plain else text


def brief(node: Node) -> str:
    """A node as kernel sizes: `-` in order, `|` side by side."""
    match node:
        case Leaf():
            return _leaf(node)
        case Series(role="unit"):
            return "sep " * (node.nodes[0].name == "depthwise") + brief(node.nodes[0])
        case Series(use=use) if use:
            return "-".join(filter(None, map(brief, node.nodes)))
        case Series():
            items = [brief(inner) for inner in node.nodes]
            if len(items) > 1 and len(set(items)) == 1:
                return f"({items[0]})x{len(items)}"
            return "-".join(filter(None, items))
        case Parallel():
            return _parallel(node)
    return ""


def _parallel(node: Parallel) -> str:
    mark = " | " if node.join.word == "concat" else " + "
    inside = "{" + mark.join(brief(branch) for branch in node.branches) + "}"
    then = f"-{brief(node.then)}" if node.then else ""
    residual = f"x + {node.residual.scale} * " if node.residual else ""
    return f"{residual}{inside}{then}"


def _leaf(leaf: Leaf) -> str:
    match leaf.op:
        case Flatten() | Identity():
            return "" if isinstance(leaf.op, Flatten) else "x"
        case MaxPool2d():
            return "max" + _stride(leaf.op.slide.stride)
        case AvgPool2d():
            return "avg" + _stride(leaf.op.slide.stride)
        case AdaptivePool2d():
            return f"global {leaf.op.mode}" if leaf.op.size == (1, 1) else f"{leaf.op.mode} pool"
    if leaf.op.family in ("pointwise", "conv", "factorised"):
        slide = getattr(leaf.op, "slide", None)
        kernel = f"{int(slide.kernel[0])}x{int(slide.kernel[1])}" if slide else ""
        return kernel + (_stride(slide.stride) if slide else "")
    return leaf.op.label


def _stride(stride: tuple[int, int]) -> str:
    if stride == (1, 1):
        return ""
    return f"/{stride[0]}" if stride[0] == stride[1] else f"/{stride[0]}x{stride[1]}"


def summary(node: Series | Parallel) -> str:
    """`(N, C, H, W) -> (N, 224 + pool, H, W)`."""
    return f"{_shape(node.inp, node.inp)} -> {_shape(node.out, node.inp)}"


def _shape(shape: Shape, inp: Shape) -> str:
    width = str(shape[0]).replace("in_channels", "C")
    if not shape.is_map:
        return f"(N, {width})"
    keeps = shape.grid == inp.grid
    height, breadth = ("H", "W") if keeps else ("H'", "W'")
    return f"(N, {width}, {height}, {breadth})"


def sizes(shape: Shape) -> str:
    """`(N, 192, 35, 35)`."""
    return f"(N, {', '.join(str(int(n)) for n in shape)})"
