"""One emitted class in the making: everything that is known of it once all its uses are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from compiler.ir.nodes import Leaf, Node, Parallel, Series, children, residual_of, use_of
from compiler.ir.symbols import Sym, SymFloat, names_in
from compiler.source.describe import document
from compiler.source.expr import Expr, lay_out, signature, text
from compiler.source.switches import Switch

Assignments = list[tuple[str, Expr]]
"""What a constructor gives its attributes."""


@dataclass(frozen=True)
class ClassText:
    """One emitted class, ready for the template."""

    name: str
    doc: list[str]
    init: list[str]
    forward: list[str]


@dataclass
class Made:
    """A class, with all nodes that it is the class of.

    `defaults` are its constructor's parameters in order, None for one without a default.
    """

    name: str
    defaults: Mapping[str, Any]
    body: list[str]
    forward: list[str]
    switch: Switch | None
    nodes: list[Series | Parallel] = field(default_factory=list)

    def text(self) -> ClassText:
        """The class as the template wants it; types and docstring hold for every use."""
        kinds = self.kinds()
        params = [_param(name, kinds[name], value) for name, value in self.defaults.items()]
        params.sort(key=lambda param: " = " in param)  # those with a default go last
        init = [*signature("__init__", ["self", *params], "None", 1), "        super().__init__()"]
        doc = list(document(self.nodes, frozenset(self.defaults), self.switch))
        return ClassText(self.name, doc, [*init, *self.body], self.forward)

    def kinds(self) -> dict[str, str]:
        """The type of each parameter: what some use takes for a float and no layer for an int."""
        found = dict.fromkeys(self.defaults, "int")
        for node in self.nodes:
            found |= dict.fromkeys(floats(node), "float")
        defaults = (name for name, value in self.defaults.items() if isinstance(value, float))
        found |= dict.fromkeys(defaults, "float")
        return found | ({self.switch.param: "bool"} if self.switch else {})


def assignments(assigned: Assignments) -> list[str]:
    """The lines of a constructor's body."""
    rows = (lay_out(f"self.{name} = ", expr, depth=2) for name, expr in assigned)
    return [line for lines in rows for line in lines]


def floats(node: Node) -> frozenset[str]:
    """The parameters that a class's constructor takes for floats and for nothing else."""
    reals, wholes = set[str](), set[str]()
    for value, real in _numbers(node):
        (reals if real else wholes).update(names_in(value))
    return frozenset(reals - wholes)


def _numbers(node: Node) -> Iterator[tuple[Any, bool]]:
    """Each expression that a class's constructor reads, and whether it is a float there."""
    if isinstance(node, Parallel):
        yield from _typed(node.shares)
    if residual := residual_of(node):
        yield residual.scale, True
    for child in children(node):
        if use := use_of(child):
            rates = floats(child)
            yield from _typed(use.inp.channels)
            for key, value in use.args.items():
                yield from ((value, True),) if key in rates else _typed(value)
        elif isinstance(child, Leaf):
            made = child.call
            for value in (*made.args, *made.kwargs.values()):
                yield from _typed(value)
        else:
            yield from _numbers(child)


def _typed(value: Any) -> Iterator[tuple[Any, bool]]:
    for part in value if isinstance(value, tuple) else (value,):
        if isinstance(part, (Sym, SymFloat)):
            yield part, isinstance(part, SymFloat)


def _param(name: str, kind: str, default: Any) -> str:
    return f"{name}: {kind}" + ("" if default is None else f" = {text(default)}")
