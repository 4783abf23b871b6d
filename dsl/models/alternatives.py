"""One of several ways to do a thing, written as its word: `adam`, or `sgd: {momentum: 0.9}`."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from pydantic import BeforeValidator

from dsl.models.model import Model, own_first
from dsl.text.numbers import Misfit
from dsl.text.problems import closest, shown


class Shortened(Model):
    """A model that one value fills, where nothing else is said: that of its field `short`."""

    short: ClassVar[str] = ""

    @classmethod
    def fields_of(cls, said: Any) -> dict[str, Any]:
        """The fields that a value fills. Raises `Misfit` for one that can't be alone."""
        if isinstance(said, Mapping):
            return dict(said)
        if not cls.short:
            raise Misfit(f"must be a mapping, as in {{{own_first(cls)[0]}: …}}")
        return {cls.short: said}


class Alternative(Shortened):
    """One way, with what it needs to know.

    With `whole` a mapping fills the field `short` as any value does, and its keys are no fields:
    `steps: {0: 0.1, 30: 0.01}`.
    """

    word: ClassVar[str]
    example: ClassVar[str]
    """How it is written, for the advice in an error."""
    whole: ClassVar[bool] = False

    @classmethod
    def fields_of(cls, said: Any) -> dict[str, Any]:
        if said in (None, ""):
            return {}
        return {cls.short: said} if cls.whole else super().fields_of(said)


Kind = TypeVar("Kind", bound=Alternative)


def table(*kinds: type[Kind]) -> dict[str, type[Kind]]:
    """Alternatives by their words."""
    return {kind.word: kind for kind in kinds}


def unknown(said: object, kinds: Mapping[str, Any]) -> Misfit:
    """The fault of a word that is none of them."""
    meant = closest(said, kinds) if isinstance(said, str) else ""
    return Misfit(f"must be one of {', '.join(kinds)}, not {shown(said)}", meant)


def one_of_them(
    kinds: Mapping[str, type[Alternative]], *, optional: bool = False
) -> BeforeValidator:
    """A reader of one alternative, of a word alone, or of `{word: fields}`; or of None."""

    def read(value: Any) -> Alternative | None:
        if optional and value is None:
            return None
        if isinstance(value, Alternative) and type(value) is kinds.get(value.word):
            return value
        word, said = value, None
        if isinstance(value, Mapping):
            if len(value) != 1:
                raise Misfit(f"must be one of {', '.join(kinds)}, with its fields behind it")
            word, said = next(iter(value.items()))
        kind = kinds.get(word) if isinstance(word, str) else None
        if kind is None:
            raise unknown(word, kinds)
        if isinstance(said, kind):
            return said
        return kind(**kind.fields_of(said))

    return BeforeValidator(read)


def short_of(model: type[Shortened]) -> BeforeValidator:
    """A reader of a model that one value may fill; None is left alone."""

    def read(value: Any) -> Any:
        if value is None or isinstance(value, Shortened):
            return value
        return model(**model.fields_of(value))

    return BeforeValidator(read)
