"""How training images are changed at random: `flip`, `shift 0.125`, `v2.RandAugment`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from dsl.models.alternatives import unknown
from dsl.models.fields import Named, one_or_more
from dsl.models.forms import Form, any_of, formed
from dsl.models.model import Model
from dsl.models.scalars import number_text
from dsl.text.numbers import NUMBER, Misfit, is_number
from dsl.text.problems import shown


@dataclass(frozen=True)
class Amount:
    """The number behind a word: its bounds, and what it is where it is left out, if it may be."""

    low: float
    high: float
    usual: float | None = None


@dataclass(frozen=True)
class Augmentation:
    """A way to change an image at random, and the number that says how much."""

    example: str
    """How it is written."""
    meaning: str
    amount: Amount


AUGMENTATIONS: Mapping[str, Augmentation] = {
    "flip": Augmentation(
        "flip", "mirrored left to right, with that probability", Amount(0, 1, 0.5)
    ),
    "vflip": Augmentation(
        "vflip", "mirrored top to bottom, with that probability", Amount(0, 1, 0.5)
    ),
    "shift": Augmentation(
        "shift 0.125",
        "moved along each axis by up to that share of the side, zeros behind it",
        Amount(0, 1),
    ),
    "rotate": Augmentation(
        "rotate 15", "turned by up to so many degrees, zeros behind it", Amount(0, 180)
    ),
    "crop": Augmentation(
        "crop",
        "a part with that share of the area at least, 3/4 to 4/3 as wide as high, at the input's "
        "size (as in the Inception papers, which take 0.08)",
        Amount(0.001, 1, 0.08),
    ),
    "brightness": Augmentation("brightness 0.4", "all values times 1 ± up to that", Amount(0, 1)),
    "contrast": Augmentation(
        "contrast 0.4", "distances from the image's mean times 1 ± up to that", Amount(0, 1)
    ),
    "saturation": Augmentation(
        "saturation 0.4", "distances from grey times 1 ± up to that", Amount(0, 1)
    ),
    "erase": Augmentation(
        "erase",
        "a box of 2 to 33 % of the area set to zero, with that probability (arXiv:1708.04896)",
        Amount(0, 1, 0.5),
    ),
}
"""Every way of our own, by its word."""
OUTSIDE = "v2."
"""What a transform of torchvision's begins with."""
_OUTSIDE = re.compile(r"v2\.[A-Z][A-Za-z0-9]{0,60}")
_OPTION = re.compile(r"([a-z_][a-z0-9_]{0,40})=(\S{1,60})")


class Augment(Model):
    """One of them: its word and its number; of one of torchvision's, its name and arguments."""

    word: str
    """Which: a word of our own, or `v2.` and the name of a transform of torchvision's."""
    amount: float | None = None
    """How much; None for what torchvision's takes."""
    options: Annotated[dict[str, int | float | str], Named] = Field(default_factory=dict)
    """Arguments of a transform of torchvision's."""

    @model_validator(mode="before")
    @classmethod
    def _usual(cls, fields: Any) -> Any:
        """A word alone means its usual amount, for a program as in a file."""
        word = fields.get("word") if isinstance(fields, dict) else None
        known = AUGMENTATIONS.get(word) if isinstance(word, str) else None
        return {"amount": known.amount.usual, **fields} if known else fields

    @model_validator(mode="after")
    def _can_be_written(self) -> Self:
        """What a program says is what its text would say."""
        if _said(str(self)) != dict(self):
            raise ValueError(f"is none that a list could name: {self}")
        return self

    def __str__(self) -> str:
        """As it is written in a list."""
        known = AUGMENTATIONS.get(self.word)
        shows = self.amount is not None and (not known or self.amount != known.amount.usual)
        options = (f"{name}={value}" for name, value in self.options.items())
        return " ".join((self.word, *([_short(self.amount)] if shows else ()), *options))


def _short(number: float | None) -> str:
    """A number as one writes it, without losing any of it."""
    return f"{number:g}" if number is not None and float(f"{number:g}") == number else repr(number)


def _said(text: str) -> dict[str, Any]:
    """The fields that a text says. Raises `Misfit`."""
    word, *rest = text.split()
    if word.startswith(OUTSIDE):
        return {"word": word, "amount": None, "options": _options(word, rest, text)}
    if word not in AUGMENTATIONS:
        fault = unknown(word, AUGMENTATIONS)
        advice = "a transform of torchvision's is written `v2.RandAugment`"
        raise Misfit(str(fault), fault.meant and text.replace(word, fault.meant, 1), help=advice)
    return {"word": word, "amount": _amount(word, rest, text), "options": {}}


def read_augment(value: Any) -> Augment:
    """One augmentation from its text. Raises `Misfit`."""
    if isinstance(value, Augment):
        return value
    if not isinstance(value, str) or not value.strip():
        raise Misfit(f"must be a text such as `flip` or `shift 0.125`, not {shown(value)}")
    return Augment(**_said(value))


def _amount(word: str, rest: list[str], value: str) -> float:
    amount = AUGMENTATIONS[word].amount
    if not rest and amount.usual is not None:
        return amount.usual
    found = number_text(rest[0]) if len(rest) == 1 else None
    if not is_number(found) or not amount.low <= found <= amount.high:  # type: ignore[operator]
        wanted = f"a number from {amount.low:g} to {amount.high:g} behind {word}"
        raise Misfit(f"must have {wanted}, not {shown(value)}")
    return float(found)  # type: ignore[arg-type]


def _options(word: str, rest: list[str], value: str) -> dict[str, int | float | str]:
    pairs = [_OPTION.fullmatch(part) for part in rest]
    if not _OUTSIDE.fullmatch(word) or not all(pairs):
        form = "v2.RandAugment num_ops=2 magnitude=9"
        raise Misfit(f"must be written like `{form}`, not {shown(value)}")
    return {pair[1]: number_text(pair[2]) for pair in pairs if pair}


_TEXTS = {known.example: known.meaning for known in AUGMENTATIONS.values()} | {
    f"{OUTSIDE}RandAugment num_ops=2": "a transform of torchvision's, with its arguments"
}
formed(
    read_augment,
    Form(
        any_of(
            *(rf"\s*{word}(?:\s+{NUMBER.pattern})?\s*" for word in AUGMENTATIONS),
            rf"\s*{_OUTSIDE.pattern}(?:\s+{_OPTION.pattern})*\s*",
        ),
        _TEXTS,
        said=f"one of {', '.join(AUGMENTATIONS)}, or `v2.` and a transform of torchvision's",
    ),
)
Augments = Annotated[
    tuple[Annotated[Augment, BeforeValidator(read_augment)], ...], BeforeValidator(one_or_more)
]
