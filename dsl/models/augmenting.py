"""How training images are changed at random: `flip`, `shift 0.125`, `v2.RandAugment`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from dsl.models.alternatives import unknown
from dsl.models.fields import Named
from dsl.models.model import Model
from dsl.models.scalars import number_text
from dsl.text.numbers import Misfit, is_number
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

    meaning: str
    amount: Amount


AUGMENTATIONS: Mapping[str, Augmentation] = {
    "flip": Augmentation("mirrored left to right, with that probability", Amount(0, 1, 0.5)),
    "vflip": Augmentation("mirrored top to bottom, with that probability", Amount(0, 1, 0.5)),
    "shift": Augmentation(
        "moved along each axis by up to that share of the side, zeros behind it", Amount(0, 1)
    ),
    "rotate": Augmentation("turned by up to so many degrees, zeros behind it", Amount(0, 180)),
    "crop": Augmentation(
        "a part with that share of the area at least, 3/4 to 4/3 as wide as high, at the input's "
        "size (as in the Inception papers, which take 0.08)",
        Amount(0.001, 1, 0.08),
    ),
    "brightness": Augmentation("all values times 1 ± up to that", Amount(0, 1)),
    "contrast": Augmentation("distances from the image's mean times 1 ± up to that", Amount(0, 1)),
    "saturation": Augmentation("distances from grey times 1 ± up to that", Amount(0, 1)),
    "erase": Augmentation(
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

    def __str__(self) -> str:
        """As it is written in a list."""
        known = AUGMENTATIONS.get(self.word)
        shows = self.amount is not None and (not known or self.amount != known.amount.usual)
        options = (f"{name}={value}" for name, value in self.options.items())
        return " ".join((self.word, *([f"{self.amount:g}"] if shows else ()), *options))


def read_augment(value: Any) -> Augment:
    """One augmentation from its text. Raises `Misfit`."""
    if isinstance(value, Augment):
        return value
    if not isinstance(value, str) or not value.strip():
        raise Misfit(f"must be a text such as `flip` or `shift 0.125`, not {shown(value)}")
    word, *rest = value.split()
    if word.startswith(OUTSIDE):
        return _outside(word, rest, value)
    if word not in AUGMENTATIONS:
        fault = unknown(word, AUGMENTATIONS)
        advice = "a transform of torchvision's is written `v2.RandAugment`"
        raise Misfit(str(fault), fault.meant and value.replace(word, fault.meant, 1), help=advice)
    return Augment(word=word, amount=_amount(word, rest, value))


def _amount(word: str, rest: list[str], value: str) -> float:
    amount = AUGMENTATIONS[word].amount
    if not rest and amount.usual is not None:
        return amount.usual
    found = number_text(rest[0]) if len(rest) == 1 else None
    if not is_number(found) or not amount.low <= found <= amount.high:  # type: ignore[operator]
        wanted = f"a number from {amount.low:g} to {amount.high:g} behind {word}"
        raise Misfit(f"must have {wanted}, not {shown(value)}")
    return float(found)  # type: ignore[arg-type]


def _outside(word: str, rest: list[str], value: str) -> Augment:
    pairs = [_OPTION.fullmatch(part) for part in rest]
    if not _OUTSIDE.fullmatch(word) or not all(pairs):
        form = "v2.RandAugment num_ops=2 magnitude=9"
        raise Misfit(f"must be written like `{form}`, not {shown(value)}")
    options = {pair[1]: number_text(pair[2]) for pair in pairs if pair}
    return Augment(word=word, options=options)


def _listed(value: Any) -> Any:
    """A list of them; one alone is a list of one."""
    return value if isinstance(value, (list, tuple)) else [value]


Augments = Annotated[
    tuple[Annotated[Augment, BeforeValidator(read_augment)], ...], BeforeValidator(_listed)
]
