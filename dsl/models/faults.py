"""What is wrong with a model's values, in our words: pydantic's own are for its users."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from dsl.text.numbers import Misfit
from dsl.text.problems import NO_TEXTS, NOWHERE, Problem, SpecError, did_you_mean

NO_STEPS = "no_steps"
"""What we call the kind of fault of a spec without any."""
PREFIX = "Value error, "
"""What pydantic puts before the message of a validator."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one value: the path of names to it, and pydantic's word for the kind."""

    path: tuple[str, ...]
    kind: str
    message: str
    code: str = "E013"
    meant: str = ""
    """What probably should stand there."""
    help: str = ""

    def below(self, path: tuple[str, ...]) -> Fault:
        """The same fault of a model that stands at `path`."""
        return replace(self, path=(*path, *self.path))


class Invalid(SpecError):
    """Values that a model can't have; `faults` are the same as data."""

    def __init__(
        self,
        problems: Iterable[Problem],
        texts: Mapping[str, str] = NO_TEXTS,
        faults: tuple[Fault, ...] = (),
    ) -> None:
        super().__init__(problems, texts)
        self.faults = faults


def invalid(model: type[Any], error: ValidationError) -> Invalid:
    """The error of a model that a program builds: nothing in it has a place in a file."""
    faults = tuple(_faults(error))
    return Invalid([_problem(model, fault) for fault in faults], faults=faults)


def _faults(error: ValidationError) -> Iterator[Fault]:
    """Each fault; those of a model inside one that came as a mapping by their whole path."""
    for item in error.errors(include_url=False):
        path = tuple(str(part) for part in item["loc"] if part != "[key]")
        inner = item.get("ctx", {}).get("error")
        if isinstance(inner, Invalid):
            yield from (fault.below(path) for fault in inner.faults)
        elif isinstance(inner, Misfit):
            yield Fault(path, item["type"], str(inner), inner.code, inner.meant, inner.help)
        else:
            yield Fault(path, item["type"], _message(item))


def _message(item: Mapping[str, Any]) -> str:
    words = OURS.get(item["type"], "")
    if item["type"] == "model_type":
        words = words.format(item["ctx"]["class_name"])
    return words or str(item["msg"]).removeprefix(PREFIX)


OURS = {
    "missing": "is missing",
    "extra_forbidden": "is no field here",
    "invalid_key": "must be a word",
    "string_type": "must be text",
    "tuple_type": "must be a list",
    "model_type": "must be `{}(…)`, or a mapping of its fields",
}
"""What pydantic finds itself; the rest say the readers of `dsl.models.fields`."""


def expect(value: object, kinds: tuple[type, ...], wanted: str, help: str = "") -> None:
    """Refuse what a program passes that is none of the `kinds`; raises `SpecError`."""
    if not isinstance(value, kinds):
        message = f"{wanted}, not {type(value).__name__}"
        raise SpecError([Problem("E012", NOWHERE, message, help=help)])


def _problem(model: type[Any], fault: Fault) -> Problem:
    name, fields = ".".join(fault.path), list(model.model_fields)
    message = f"{model.__name__}: {f'{name} {fault.message}'.strip()}"
    hint = help = ""
    if fault.kind == "extra_forbidden" and len(fault.path) == 1:
        hint, help = did_you_mean(name, fields), f"its fields: {', '.join(fields)}"
    return Problem("E013", NOWHERE, message, hint=hint, help=help)
