"""What one call of a model does: a layer, a join, or a part of what several calls do together."""

from __future__ import annotations

from dataclasses import dataclass

from dsl.models.layers import Layer

Dims = tuple[int, ...]


def tidy(value: float) -> float:
    """A number as a person would write it: 0.0003, where 1 - 0.9997 leaves 17 digits."""
    return float(f"{value:.12g}")


@dataclass(frozen=True)
class Unsaid:
    """Why the language has no words for a call; a `telling` reason says what its module is."""

    why: str
    help: str = ""
    telling: bool = False


@dataclass(frozen=True)
class Join:
    """Several tensors become one, by a word of the language; of a sum the second times `alpha`."""

    word: str
    alpha: float = 1.0

    def __str__(self) -> str:
        return self.word if self.alpha == 1 else f"{self.word} of {self.alpha:g} times the second"


@dataclass(frozen=True)
class Scale:
    """A tensor times a number."""

    factor: float

    def __str__(self) -> str:
        return f"times {self.factor:g}"


@dataclass(frozen=True)
class Pad:
    """Places around a map, filled with a value: so many before and behind it on each axis."""

    before: Dims
    behind: Dims
    value: float = 0.0

    def __str__(self) -> str:
        return f"padding of {' '.join(map(str, self.sides))}"

    @property
    def sides(self) -> Dims:
        """How much it adds on each side, both of an axis together."""
        return tuple(side for pair in zip(self.before, self.behind, strict=True) for side in pair)


@dataclass(frozen=True)
class Ones:
    """A tensor of ones in the shape of another."""


@dataclass(frozen=True)
class Quotient:
    """A tensor divided by another."""


@dataclass(frozen=True)
class Spread:
    """A map of one place repeated over a larger one."""


@dataclass(frozen=True)
class Part:
    """The channels of a tensor from `start` up to `stop`."""

    start: int
    stop: int

    def __str__(self) -> str:
        return f"{self.start} to {self.stop - 1}"


@dataclass(frozen=True)
class Grouped:
    """Channels in so many groups, which are an axis of their own."""

    groups: int


@dataclass(frozen=True)
class Turned:
    """The first two axes behind the images' in each other's place."""


@dataclass(frozen=True)
class Reduced:
    """A mean (`avg`) or maximum over the axes `dims`, which are some of those of the grid."""

    mode: str
    dims: Dims
    grid: str
    """What the axes of the grid are called."""

    @property
    def unsaid(self) -> Unsaid:
        """Why it is a fault by itself."""
        dims = ", ".join(map(str, self.dims))
        return Unsaid(f"reduces other axes than {self.grid} (dim={dims})")


@dataclass(frozen=True)
class Lined:
    """The places of a map in one row."""


@dataclass(frozen=True)
class Placed:
    """A vector as a map of one place."""


@dataclass(frozen=True)
class Merged:
    """The first two axes behind the images' as one."""


@dataclass(frozen=True)
class Blank:
    """A tensor that holds nothing yet."""


@dataclass(frozen=True)
class Drawn:
    """One number for each sample, 1 with the chance of being kept and else 0."""

    kept: float


@dataclass(frozen=True)
class Sampled:
    """A tensor times one number for each sample; `unsaid` says why that is no product."""

    unsaid: Unsaid


Cut = Part | Grouped | Turned | Merged
Drop = Blank | Drawn | Sampled
Seen = Reduced | Lined | Placed
Atom = Layer | Join | Scale | Pad | Ones | Quotient | Spread | Cut | Drop | Seen
Reading = tuple[Atom, ...]
"""What one call does: atoms in order, none where it changes nothing."""


def times(factor: float) -> Reading:
    """A product with a number; with one it is nothing."""
    return (Scale(factor),) if factor != 1 else ()


CHANCE = Unsaid(
    "draws random numbers, which a spec's network does in dropout and droppath alone",
    "if the model drops whole layers (stochastic depth) in a way of its own, build it without that",
    telling=True,
)
LEFT = {
    Blank: Unsaid("makes a tensor that isn't filled"),
    Drawn: CHANCE,
    Ones: Unsaid("makes a tensor of ones"),
    Quotient: Unsaid("divides by something other than a number"),
    Grouped: Unsaid("puts channels into groups, and a spec only shuffles them"),
    Turned: Unsaid("moves axes, and a spec only shuffles channels"),
    Merged: Unsaid("makes one axis of two, and a spec can only flatten a whole image"),
    Lined: Unsaid("puts the places of a map in a row, and a spec only takes the mean of all"),
    Placed: Unsaid("makes a map of a vector, and in a spec one place stays a map"),
    Spread: Unsaid("repeats one place over a map, and in a spec only a product does so"),
}
"""What only means something beside others, and is a fault by itself."""
