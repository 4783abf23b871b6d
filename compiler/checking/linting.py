"""What the lints say of a network, placed and sorted."""

from __future__ import annotations

import dsl
from compiler.findings.subject import Subject
from compiler.ir.network import Network
from compiler.lints import every_lint
from dsl.models.spec import Spec
from dsl.text.problems import Problem, by_place


def linted(network: Network) -> tuple[Problem, ...]:
    """Every finding of every lint, by place."""
    subject = Subject(network)
    found = [problem for lint in every_lint() for problem in lint.problems(subject)]
    return by_place(found)


def placed(spec: Spec, file: str = "<spec>") -> Spec:
    """A spec whose steps have places, of which findings need each its own.

    One that a program made gets those of the text that it would be written as.
    """
    return spec if spec.at.span.line else dsl.loads(dsl.dump(spec), file)
