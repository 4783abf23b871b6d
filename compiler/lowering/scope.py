"""What names mean at one place of a spec, and what to do when something is wrong there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from compiler.ir.facts import Axes
from compiler.ir.op import Init, ShapeFault
from compiler.ir.symbols import quotient, real
from dsl.models.activations import word_of
from dsl.models.factors import factor
from dsl.models.fields import INITS
from dsl.models.layers import Filter, Linear, Model
from dsl.models.norms import NORM_FORMS, norm_of
from dsl.models.scalars import MOST
from dsl.models.spec import Spec
from dsl.reading.building import NAMED
from dsl.text import foreign
from dsl.text.numbers import Misfit, bound
from dsl.text.problems import NOWHERE, Problem, Report, Span, question

Value = int | float | str


class Stop(Exception):
    """What is wrong has been reported; the step can't be lowered."""


@dataclass
class Budget:
    """Parameters so far, so that nothing absurd is ever built."""

    limit: int
    params: int = 0
    largest: tuple[int, Span, str] = (0, NOWHERE, "")
    """The part that has the most: its parameters, its place and its name."""

    @property
    def crossed(self) -> bool:
        """Whether there are more than there may be."""
        return self.params > self.limit

    def spend(self, params: int) -> None:
        """Take some parameters into account."""
        self.params += params

    @contextmanager
    def weighing(self, span: Span, name: str) -> Iterator[None]:
        """Remember a part of the network if it is the largest so far."""
        before = self.params
        try:
            yield
        finally:
            if self.params - before > self.largest[0]:
                self.largest = (self.params - before, span, name)


@dataclass(frozen=True)
class Scope:
    """The spec, the values of the names that may be used, and the trail of calls."""

    spec: Spec
    report: Report
    budget: Budget
    names: Mapping[str, Value]
    calls: tuple[tuple[Span, str], ...] = ()
    """Each with its place and the words of the note about it."""
    block: str = ""
    """The block whose body this is; empty in a section and in an auxiliary head."""
    within: str = ""
    """What the numbered step here is a part of."""

    def inside(self, names: Mapping[str, Value], call: tuple[Span, str], block: str = "") -> Scope:
        """The scope of a called block's body, or of an auxiliary head."""
        calls = *self.calls, call
        return Scope(self.spec, self.report, self.budget, names, calls, block, self.within)

    def part_of(self, name: str) -> Scope:
        """The scope of the steps of a nested list, and of repeats."""
        here, within = (self.names, self.calls, self.block), self.label(name)
        return Scope(self.spec, self.report, self.budget, *here, within)

    @property
    def trial(self) -> Scope:
        """The same scope for what is only tried: nothing of it is reported, or counts."""
        return replace(self, report=Report(), budget=Budget(self.budget.limit))

    def label(self, name: str) -> str:
        """A step's name as an error says it; a number alone would tell nothing."""
        if not name.isdigit():
            return name
        return f"{self.within}.{name}" if self.within else f"step {name}"

    def given(self, **names: Value) -> Scope:
        """The same scope with more names."""
        return replace(self, names={**self.names, **names})

    def fail(self, code: str, span: Span, message: str, **more: Any) -> NoReturn:
        """Report a problem with the trail of calls that led here, and give up the step."""
        self.tell(code, span, message, **more)
        raise Stop

    def tell(self, code: str, span: Span, message: str, **more: Any) -> None:
        """Report a problem with the trail of calls that led here."""
        more["notes"] = (*more.get("notes", ()), *reversed(self.calls))
        self.report.problems.append(Problem(code, span, message, **more))

    def fault(self, error: ShapeFault, span: Span, name: str) -> NoReturn:
        """Report what an op can't take."""
        self.fail(error.code, span, f"{self.label(name)}: {error}", help=error.help)

    def value(self, step: Model, name: str) -> Any:
        """A field of a step, a parameter's name replaced by its value."""
        value = getattr(step, name)
        return self.names.get(value, value) if isinstance(value, str) else value

    def wrong(
        self,
        step: Model,
        name: str,
        given: Any,
        wanted: str,
        code: str = "E013",
        *,
        value: Any = None,
        **more: Any,
    ) -> NoReturn:
        """Report a field whose `value`, known only now, is not what is wanted."""
        if value is None:
            value = self.names.get(given, given) if isinstance(given, str) else given
        shown = told(value)
        found = f"but {given} is {shown} here" if value is not given else f"not {shown}"
        label = NAMED.get(name, name)
        if value is not given and (place := self.default_of(given)):
            more["notes"] = (*more.get("notes", ()), (place, f"{given} is given"))
        self.fail(code, step.at.of(name), f"{label} must be {wanted}, {found}", **more)

    def default_of(self, param: Any) -> Span | None:
        """Where a block says what a parameter of it is unless a call says otherwise."""
        block = self.spec.blocks.get(self.block)
        return block.at.fields.get(f"params.{param}=") if block else None

    def whole(self, step: Model, name: str, given: Any, least: int) -> int:
        """A whole number from `least`, given as such or by a parameter."""
        if isinstance(given, int) and least <= given <= MOST:
            return given
        value = self.meaning(given, step.at.of(name), NAMED.get(name, name))
        if not isinstance(value, int) or not least <= value <= MOST:
            self.wrong(step, name, given, f"a whole number from {least} to {MOST:,}", value=value)
        return value

    def meaning(self, given: Any, span: Span, label: str) -> Any:
        """What stands for `given`: of a name its value, with its factor if it has one.

        Reports a factor of what is no whole number, and one that doesn't divide.
        """
        if not isinstance(given, str):
            return given
        found = None if given in self.names else factor(given)
        if found is None:
            return self.names.get(given, given)
        value = self.names.get(found.name, found.name)
        if not isinstance(value, int):
            said = f"{label} {given}: {found.name} is no whole number"
            shown = f", but {told(value)}" if found.name in self.names else ""
            self.fail("E013", span, f"{said}{shown}")
        if not found.divides:
            return value * found.number
        if value % found.number:
            said = f"{label} {given} must come out whole, but {found.name} is {int(value)} here"
            fits = [n for n in range(2, found.number) if value % n == 0]
            help = f"{int(value)} can be divided by {fits[-1]}" if fits else ""
            self.fail("E013", span, said, help=help)
        return quotient(value, found.number)

    def positive(self, step: Model, name: str) -> int:
        """A field that holds a whole number from 1."""
        given = getattr(step, name)
        if isinstance(given, int) and 1 <= given <= MOST:
            return given  # Most are, and a network has thousands.
        return self.whole(step, name, given, least=1)

    def axes(self, step: Model, name: str, rank: int, least: int = 1) -> Axes:
        """A field that holds a number for each axis, or a parameter for all of them."""
        given = getattr(step, name)
        sides = given if isinstance(given, tuple) else (given,) * rank
        return tuple(self.whole(step, name, side, least) for side in sides)

    def number(self, step: Model, name: str, low: float = -1e6, high: float = 1e6) -> float:
        """A field that holds a number; left out, the spec's default of that name."""
        value = self.value(step, name)
        if value is None:
            step = self.spec.defaults
            value = self.value(step, name)
        if not isinstance(value, (int, float)) or not low <= value <= high:
            wanted = f"a number from {bound(low)} to {bound(high)}"
            self.wrong(step, name, getattr(step, name), wanted)
        return value if isinstance(value, float) else real(value)

    def word(self, step: Model, name: str, known: Any, *, settable: bool = False) -> str:
        """A field that holds one of the `known` words; left out, the spec's default.

        One that is `settable` may have a number behind it, as `leakyrelu:0.1` has.
        """
        value = self.value(step, name)
        if value is None:
            step = self.spec.defaults
            value = self.value(step, name)
        if (word_of(str(value)) if settable else value) not in known:
            hint = question(foreign.meant(str(value), known))
            wanted = f"one of {', '.join(known)}"
            self.wrong(step, name, getattr(step, name), wanted, "E023", hint=hint)
        return str(value)

    def norm(self, step: Filter) -> tuple[str, int]:
        """The norm behind a convolution, and of a group norm how many groups it has."""
        value = self.value(step, "norm")
        value = self.spec.defaults.norm if value is None else value
        try:
            return norm_of(str(value))
        except Misfit as fault:
            wanted, hint = f"one of {', '.join(NORM_FORMS)}", question(fault.meant)
            self.wrong(step, "norm", step.norm, wanted, "E023", hint=hint)

    def init(self, step: Filter | Linear) -> Init | None:
        """How a step's weights are drawn otherwise than the rest; None where they aren't."""
        if step.init == "torch" and init_of(self.spec.defaults.init):
            return Init("torch")
        return init_of(step.init)


def told(value: Value) -> str:
    """A value as an error says it."""
    if isinstance(value, int):
        return str(int(value))
    return f"{float(value):g}" if isinstance(value, float) else value


def init_of(text: str | None) -> Init | None:
    """`trunc_normal:0.01` as the init that it names; None for torch's own."""
    if text is None or text == "torch":
        return None
    scheme, _, rest = text.partition(":")
    return Init(scheme, {name: float(rest) for name in INITS[scheme]})
