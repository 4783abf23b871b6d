"""Which lines of the emitted source are about which layer.

The text is read as Python, along the tree: an attribute that a constructor sets is a step, an
argument of what holds steps is one of them, and a class of the text is gone into. So nothing of
this is known to the emitter, and whatever it writes otherwise is the lines of what stands around.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from compiler.ir.network import Network
from compiler.ir.nodes import Node, Tap, children
from compiler.source.parsing import stretches, tree_of
from dsl.text.memory import by_value


def lines_by_path(network: Network, text: str) -> dict[int, list[str]]:
    """The paths of the layers that each line of the source is about, by its number."""
    reader = _Reader(text)
    main = [each for each in reader.classes.values() if _sets(each, network.nodes)]
    if main:
        reader.steps(network.nodes, "", main[-1])
    return {number: list(paths) for number, paths in reader.found.items()}


def _sets(made: _Class, steps: tuple[Node, ...]) -> bool:
    """Whether a class has a step of the network as an attribute: its own class stands last."""
    return any(node.name in made.assigned for node in steps)


class _Class(NamedTuple):
    """What a class of the text does with its own attributes, by their names."""

    assigned: dict[str, tuple[ast.expr, ast.stmt]]
    """What its constructor sets: values, and the statements that do it."""
    used: dict[str, list[ast.expr]]
    before: int = 0
    """Lines of the text before those that its syntax counts."""


@by_value(512)
def _classes(text: str) -> dict[str, _Class]:
    """The classes of a stretch of text."""
    return {node.name: _read(node) for node in tree_of(text).body if isinstance(node, ast.ClassDef)}


def _read(made: ast.ClassDef) -> _Class:
    found = _Class({}, {})
    for node in ast.walk(made):
        if isinstance(node, ast.Assign) and _own(node.targets[0]):
            assert isinstance(node.targets[0], ast.Attribute)
            found.assigned[node.targets[0].attr] = node.value, node
        if isinstance(node, ast.Attribute) and _own(node):
            found.used.setdefault(node.attr, []).append(node)
    return found


def _own(node: ast.AST) -> bool:
    """Whether it is an attribute of `self`."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    )


@dataclass
class _Reader:
    """Goes through tree and text together."""

    text: str
    found: dict[int, dict[str, None]] = field(default_factory=dict)
    """Paths by line, each once, in the order in which they are met."""

    @cached_property
    def classes(self) -> dict[str, _Class]:
        """The text's classes by name, each read once however often it is used."""
        found, before = {}, 0
        for each in stretches(self.text):
            for name, made in _classes(each).items():
                found[name] = made._replace(before=before)
            before += each.count("\n")
        return found

    def steps(self, nodes: tuple[Node, ...], prefix: str, made: _Class) -> None:
        """What a class has as attributes: where each is made, and where it is run."""
        for node in nodes:
            path = f"{prefix}{node.name}"
            for use in made.used.get(node.name, ()):
                self._note(use, path, made)
            if node.name in made.assigned:
                value, where = made.assigned[node.name]
                self._note(where, path, made)
                self._inside(node, path, value, made)

    def _inside(self, node: Node, path: str, value: ast.expr, within: _Class) -> None:
        """What is made by an expression, in a class, that makes a node."""
        call = value.body if isinstance(value, ast.IfExp) else value
        if not isinstance(call, ast.Call):
            return
        inner = children(node.body) if isinstance(node, Tap) else children(node)
        made = self.classes.get(call.func.id) if isinstance(call.func, ast.Name) else None
        given = dict(_arguments(call, len(inner)))
        if made and not set(given) & {child.name for child in inner}:
            self.steps(inner, f"{path}.", made)
            return
        for child in inner:
            if child.name in given:
                own = f"{path}.{child.name}"
                self._note(given[child.name], own, within)
                self._inside(child, own, given[child.name], within)

    def _note(self, where: ast.expr | ast.stmt, path: str, within: _Class) -> None:
        for number in range(where.lineno, (where.end_lineno or where.lineno) + 1):
            self.found.setdefault(within.before + number, {})[path] = None


def _arguments(call: ast.Call, most: int) -> Iterator[tuple[str, ast.expr]]:
    """What a call is given that may be a step: by its name, or by its number.

    One expression may make all of them: `*(Block(320) for _ in range(10))`.
    """
    for place, value in enumerate(call.args):
        if isinstance(value, ast.Starred) and isinstance(value.value, ast.GeneratorExp):
            yield from ((str(n), value.value.elt) for n in range(place, most))
        elif isinstance(value, ast.Call) and ast.unparse(value.func) == "OrderedDict":
            yield from _pairs(value)
        else:
            yield str(place), value
    yield from ((word.arg, word.value) for word in call.keywords if word.arg)


def _pairs(made: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """The steps of `OrderedDict([("conv", ...), ("se", ...)])`."""
    for node in ast.walk(made.args[0]):
        match node:
            case ast.Tuple(elts=[ast.Constant(value=str(name)), value]):
                yield name, value
