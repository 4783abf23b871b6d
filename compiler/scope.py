"""What names mean at one place of a spec, and what to do when something is wrong there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from compiler.ir import Init, Pair, ShapeFault
from dsl.fields import INITS, MOST
from dsl.layers import Model
from dsl.problems import Problem, Report, Span, did_you_mean
from dsl.spec import Spec

Value = int | float | str


class Stop(Exception):
    """What is wrong has been reported; the step can't be lowered."""


@dataclass
class Budget:
    """How much a spec may still grow to, so that nothing absurd is ever built."""

    params: int
    leaves: int = 500_000


@dataclass(frozen=True)
class Scope:
    """The spec, the values of the names that may be used, and the trail of calls."""

    spec: Spec
    report: Report
    budget: Budget
    names: Mapping[str, Value]
    calls: tuple[tuple[Span, str], ...] = ()
    defining: bool = field(default=False)

    def inside(self, names: Mapping[str, Value], call: tuple[Span, str]) -> Scope:
        """The scope of a called block's body."""
        return replace(self, names=names, calls=(*self.calls, call))

    def given(self, **names: Value) -> Scope:
        """The same scope with more names."""
        return replace(self, names={**self.names, **names})

    def fail(self, code: str, span: Span, message: str, **more: Any) -> NoReturn:
        """Report a problem with the trail of calls that led here, and give up the step."""
        self.tell(code, span, message, **more)
        raise Stop

    def tell(self, code: str, span: Span, message: str, **more: Any) -> None:
        """Report a problem with the trail of calls that led here."""
        notes = tuple((call, f"called from {name}") for call, name in reversed(self.calls))
        more["notes"] = (*more.get("notes", ()), *notes)
        self.report.problems.append(Problem(code, span, message, **more))

    def fault(self, error: ShapeFault, span: Span, name: str) -> NoReturn:
        """Report what an op can't take."""
        self.fail(error.code, span, f"{name}: {error}", help=error.help)

    def value(self, step: Model, name: str) -> Any:
        """A field of a step, a parameter's name replaced by its value."""
        value = getattr(step, name)
        return self.names.get(value, value) if isinstance(value, str) else value

    def whole(self, step: Model, name: str, value: Any = None) -> int:
        """A field that holds a whole number."""
        value = self.value(step, name) if value is None else self.names.get(value, value)
        if not isinstance(value, int) or not 0 <= value <= MOST:
            message = f"{name} must be a whole number up to {MOST:,}, here it is {value}"
            self.fail("E013", step.at.of(name), message)
        return value

    def positive(self, step: Model, name: str) -> int:
        """A field that holds a whole number from 1."""
        value = self.whole(step, name)
        if value < 1:
            self.fail("E013", step.at.of(name), f"{name} must be at least 1, here it is {value}")
        return value

    def pair(self, step: Model, name: str, least: int = 1) -> Pair:
        """A field that holds HxW."""
        value = self.value(step, name)
        halves = value if isinstance(value, tuple) else (value, value)
        height, width = (self.whole(step, name, half) for half in halves)
        if min(height, width) < least:
            message = f"{name} must be at least {least}, here it is {height}x{width}"
            self.fail("E013", step.at.of(name), message)
        return height, width

    def number(self, step: Model, name: str, default: str = "") -> float:
        """A field that holds any number; left out, the spec's default of that name."""
        value = self.value(step, name)
        if value is None:
            value = self.value(self.spec.defaults, default or name)
        if isinstance(value, (int, float)):
            return value if isinstance(value, float) else float(value)
        self.fail("E013", step.at.of(name), f"{name} must be a number, here it is {value}")

    def word(self, step: Model, name: str, known: Any, default: str = "") -> str:
        """A field that holds one of the `known` words; left out, the spec's default."""
        value = self.value(step, name)
        if value is None:
            step, name = self.spec.defaults, default or name
            value = self.value(step, name)
        if value not in known:
            message = f"{name} is one of {', '.join(known)}, not {value}"
            hint = did_you_mean(str(value), known)
            self.fail("E023", step.at.of(name), message, hint=hint)
        return str(value)


def init_of(text: str | None) -> Init | None:
    """`trunc_normal:0.01` as the init that it names; None for torch's own."""
    if text is None or text == "torch":
        return None
    scheme, _, rest = text.partition(":")
    return Init(scheme, {name: float(rest) for name in INITS[scheme]})
