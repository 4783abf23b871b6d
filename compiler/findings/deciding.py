"""Which word of a spec decides a number of a layer: the step's own, a call's, or a default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from compiler.findings.subject import Site, Subject, Use
from compiler.ir.nodes import Leaf, Node, use_of
from compiler.ir.symbols import names_in
from dsl.text.problems import Span


@dataclass(frozen=True)
class Decided:
    """A setting of one layer, and the step's use that has it."""

    value: Any
    leaf: Leaf
    site: Site
    use: Use

    @property
    def is_width(self) -> bool:
        """Whether the parameter that holds it is the layer's number of channels, too."""
        name = parameter(self.value)
        return bool(name) and name in names_in(self.leaf.inp.channels)


def decided(subject: Subject, kind: type[object], field: str) -> dict[Span, list[Decided]]:
    """A setting of all layers of a kind, by the word that decides it."""
    found: dict[Span, list[Decided]] = {}
    for site in subject.layers():
        for use in site.uses:
            for leaf in use.leaves:
                if isinstance(leaf.op, kind) and hasattr(leaf.op, field):
                    value = getattr(leaf.op, field)
                    span = decider(subject, site, use, field, value)
                    found.setdefault(span, []).append(Decided(value, leaf, site, use))
    return found


def decider(subject: Subject, site: Site, use: Use, field: str, value: Any) -> Span:
    """The word that decides a field: followed to the call, where a parameter holds it."""
    if name := parameter(value):
        return given(subject, use.around, name)
    written = site.step.at.fields
    if field not in written and field in subject.spec.defaults.at.fields:
        return subject.spec.defaults.at.of(field)
    return site.of(field)


def parameter(value: Any) -> str:
    """The one parameter that a value is read from; empty for a plain value."""
    names = names_in(value)
    return next(iter(names)) if len(names) == 1 else ""


def given(subject: Subject, around: tuple[Node, ...], name: str) -> Span:
    """Where the innermost block's parameter gets its value."""
    depth = next(i for i in reversed(range(len(around))) if use_of(around[i]))
    node, use = around[depth], use_of(around[depth])
    assert use
    if name not in use.args:
        places = subject.block(use.block).at
        return places.of(f"params.{name}=" if use.params.get(name) is not None else "params")
    outer = parameter(use.args[name])
    if outer and any(map(use_of, around[:depth])):
        return given(subject, around[:depth], outer)
    call = subject.steps.get(node.span)
    return call.at.of(f"args.{name}=") if call else node.span
