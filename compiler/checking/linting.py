"""What the lints say of a network, placed and sorted."""

from __future__ import annotations

from collections.abc import Callable

import dsl
from compiler.findings.subject import Subject
from compiler.ir.network import Network
from compiler.lints import every_lint
from dsl.models.spec import Spec
from dsl.text.memory import Memory
from dsl.text.problems import Problem, by_place

Between = Callable[[], object]
"""What is called between one lint and the next; an exception of it ends the search."""


def nothing() -> None:
    """Go on, whatever happens meanwhile."""


LINTED: Memory[tuple[Problem, ...]] = Memory(8)
"""What was found of the last networks: a report tells what the check before it has found."""


def linted(network: Network, between: Between = nothing) -> tuple[Problem, ...]:
    """Every finding of every lint, by place."""
    known = LINTED.get((network,))
    if known is not None:
        return known
    subject = Subject(network)
    found: list[Problem] = []
    for lint in every_lint():
        between()
        found += lint.problems(subject)
    told = by_place(found)
    LINTED.put(told, (network,))
    return told


def placed(spec: Spec, file: str = "<spec>") -> Spec:
    """A spec whose steps have places, of which findings need each its own.

    One that a program made gets those of the text that it would be written as.
    """
    return spec if spec.at.span.line else dsl.loads(dsl.dump(spec), file)
