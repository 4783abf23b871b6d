"""Learning rates over a run, as functions of the place in it.

Each says its rate from nothing but how many epochs have passed, so that a run that is resumed
can't be at another one.
"""

import math
from abc import abstractmethod
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator

from dsl.models.alternatives import Alternative, table
from dsl.models.fields import Count, Flag, Portion
from dsl.models.scalars import MOST, number, number_text
from dsl.text.numbers import LEAST, Misfit, is_number
from dsl.text.problems import shown

Rate = Annotated[float, BeforeValidator(number(LEAST, 1e3, named=False))]
RateOrNone = Annotated[float, BeforeValidator(number(0, 1e3, named=False))]
Shrink = Annotated[float, BeforeValidator(number(LEAST, 1, named=False))]
Power = Annotated[float, BeforeValidator(number(LEAST, 100, named=False))]
Divisor = Annotated[float, BeforeValidator(number(1, 1e9, named=False))]


class Schedule(Alternative):
    """A learning rate for each place of a run."""

    @abstractmethod
    def rate_at(self, epoch: float, epochs: int) -> float:
        """The rate once `epoch` of `epochs` epochs have passed; a fraction is inside one."""

    def last_epoch(self) -> int:
        """The last epoch that it names; 0 where it names none."""
        return 0


class Constant(Schedule):
    """One rate from the first step to the last."""

    word: ClassVar[str] = "constant"
    example: ClassVar[str] = "constant: 0.1"
    short: ClassVar[str] = "rate"
    rate: Rate
    """The learning rate."""

    def rate_at(self, epoch: float, epochs: int) -> float:
        return self.rate


def _rates(value: Any) -> Any:
    if not isinstance(value, dict) or not value:
        form = "{0: 0.1, 30: 0.01}"
        raise ValueError(f"must say a rate for each epoch at which it changes, as in {form}")
    return value


def _begun(rates: dict[int, float]) -> dict[int, float]:
    if 0 not in rates:
        raise ValueError("must say the rate at the beginning, as in {0: 0.1, 30: 0.01}")
    return dict(sorted(rates.items()))


def _epoch(value: Any) -> int:
    found = number_text(value)
    if isinstance(found, int) and is_number(found) and 0 <= found <= MOST:
        return found
    raise Misfit(f"must have epochs for its keys, from 0 to {MOST:,}, not {shown(value)}")


Epoch = Annotated[int, BeforeValidator(_epoch)]
Rates = Annotated[dict[Epoch, Rate], BeforeValidator(_rates), AfterValidator(_begun)]


class Steps(Schedule):
    """A rate from each of some epochs on: `steps: {0: 0.1, 30: 0.01, 60: 0.001}`."""

    word: ClassVar[str] = "steps"
    example: ClassVar[str] = "steps: {0: 0.1, 30: 0.01}"
    short: ClassVar[str] = "rates"
    whole: ClassVar[bool] = True
    rates: Rates
    """The epoch from which on each rate holds, the first being 0."""

    def rate_at(self, epoch: float, epochs: int) -> float:
        return self.rates[max(start for start in self.rates if start <= epoch)]

    def last_epoch(self) -> int:
        return max(self.rates)


class Exponential(Schedule):
    """A rate that is multiplied by `factor` every few epochs, as the Inception papers lower it."""

    word: ClassVar[str] = "exponential"
    example: ClassVar[str] = "exponential: {rate: 0.045, factor: 0.94, every: 2}"
    short: ClassVar[str] = "rate"
    rate: Rate
    """The rate at the beginning."""
    factor: Shrink = 0.94
    """What it is multiplied by."""
    every: Count = 2
    """After how many epochs."""
    smooth: Flag = False
    """Whether it falls a little with every step instead, as much in all."""

    def rate_at(self, epoch: float, epochs: int) -> float:
        times = epoch / self.every
        return float(self.rate * self.factor ** (times if self.smooth else math.floor(times)))


class Cosine(Schedule):
    """A rate that falls along half a cosine, step by step (arXiv:1608.03983, without restarts)."""

    word: ClassVar[str] = "cosine"
    example: ClassVar[str] = "cosine: 0.1"
    short: ClassVar[str] = "rate"
    rate: Rate
    """The rate at the beginning."""
    end: RateOrNone = 0.0
    """The rate that it comes down to at the end."""

    def rate_at(self, epoch: float, epochs: int) -> float:
        return _between(self.rate, self.end, epoch / epochs)


class OneCycle(Schedule):
    """A rate that rises and falls along cosines within one run (arXiv:1708.07120)."""

    word: ClassVar[str] = "onecycle"
    example: ClassVar[str] = "onecycle: 0.1"
    short: ClassVar[str] = "rate"
    rate: Rate
    """The highest rate."""
    rise: Portion = 0.3
    """The share of the run in which it rises."""
    begin: Divisor = 25.0
    """The rate at the beginning is the highest divided by this."""
    end: Divisor = 1e4
    """The rate at the end is that at the beginning divided by this."""

    def rate_at(self, epoch: float, epochs: int) -> float:
        done, first = epoch / epochs, self.rate / self.begin
        if done < self.rise:
            return _between(first, self.rate, done / self.rise)
        rest = 1 - self.rise
        return _between(self.rate, first / self.end, (done - self.rise) / rest if rest else 1)


class Polynomial(Schedule):
    """A rate that falls to nothing as a power of what is left of the run."""

    word: ClassVar[str] = "polynomial"
    example: ClassVar[str] = "polynomial: {rate: 0.1, power: 0.5}"
    short: ClassVar[str] = "rate"
    rate: Rate
    """The rate at the beginning."""
    power: Power = 0.5
    """The power: 1 for a straight line."""

    def rate_at(self, epoch: float, epochs: int) -> float:
        return float(self.rate * max(1 - epoch / epochs, 0) ** self.power)


def _between(one: float, other: float, done: float) -> float:
    """From one rate to another along half a cosine."""
    return other + (one - other) * (1 + math.cos(math.pi * min(done, 1))) / 2


SCHEDULES = table(Constant, Steps, Exponential, Cosine, OneCycle, Polynomial)
"""Every schedule, by its word."""
