"""A sweep: variants of one spec over the values of some axes, and what is asked of them."""

from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import BeforeValidator, Field, SerializeAsAny, ValidationInfo, field_validator

from dsl.models.alternatives import Shortened, one_of_them, short_of
from dsl.models.axes import Axis
from dsl.models.engines import ENGINES, Engine, Optuna
from dsl.models.fields import Count, Named, Text, meaning, one_or_more
from dsl.models.forms import formed, words_form
from dsl.models.model import Document, Filled
from dsl.models.promises import Expect
from dsl.models.recipe import Seed
from dsl.models.scalars import whole
from dsl.text.numbers import Misfit
from dsl.text.problems import closest, shown

Direction = Literal["minimise", "maximise"]
DIRECTION_MEANINGS: dict[str, str] = {
    "minimise": "less of it is better",
    "maximise": "more of it is better",
}
Score = Literal["accuracy", "loss"]
SCORES: tuple[Score, ...] = get_args(Score)
"""What is only known of a network that was trained: of the images that choose the best epoch."""
QUANTITIES = (*Expect.measures(),)
"""What is known of a network without training it."""
USUAL = ("params", "macs", "peak")
"""Quantities that results have without being asked."""
MOST_VARIANTS = 1_000_000
"""How many variants one sweep may have."""


class Draw(Shortened):
    """Variants that are drawn, instead of all there are."""

    short: ClassVar[str] = "count"
    count: Annotated[int, BeforeValidator(whole(1, MOST_VARIANTS, named=False))]
    """How many."""
    seed: Seed = 0
    """What they follow from: the same seed draws the same ones."""


Sampler = Literal["tpe", "random", "grid"]
SAMPLER_MEANINGS: dict[str, str] = {
    "tpe": "values like those that did well (Optuna's TPESampler, arXiv:2304.11127)",
    "random": "any values",
    "grid": "every variant in turn, or those that `random` draws",
}
Pruner = Literal["none", "median", "halving"]
PRUNER_MEANINGS: dict[str, str] = {
    "none": "every trial is trained to the end",
    "median": "a trial ends that is worse after an epoch than half of the others were",
    "halving": "of trials as long the better ones go on (Optuna's SuccessiveHalvingPruner)",
}


class Training(Shortened):
    """Training each variant, by a search that learns from those before."""

    short: ClassVar[str] = "recipe"
    recipe: Text = ""
    """The recipe: a file beside the sweep, or a name on the shelf. Left out, the spec's own."""
    epochs: Count | None = None
    """Epochs a trial, instead of the recipe's."""
    trials: Annotated[int | None, BeforeValidator(whole(1, MOST_VARIANTS, named=False))] = None
    """How many variants are trained. Left out, with the sampler `grid` all, else 20."""
    sampler: Annotated[Sampler, BeforeValidator(meaning(SAMPLER_MEANINGS))] = "tpe"
    """How the next variant is chosen: `tpe`, `random` or `grid`."""
    pruner: Annotated[Pruner, BeforeValidator(meaning(PRUNER_MEANINGS))] = "none"
    """Which trials end before their last epoch: `none`, `median` or `halving`."""
    engine: Annotated[SerializeAsAny[Engine], one_of_them(ENGINES)] = Optuna()
    """What trains them: `optuna`, or `ray` on the machines of a cluster."""
    seed: Seed = 0
    """What the search follows from; how a network is trained follows from its recipe's."""


def _axes(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        raise ValueError("must be addresses with their values, as in {mixed_6b.c7: [96, 128]}")
    return {key: _axis(axis) for key, axis in value.items()}


def _axis(value: Any) -> Axis:
    axis = value if isinstance(value, Axis) else Axis(**Axis.fields_of(value))
    if fault := axis.fault():
        raise ValueError(fault)
    return axis


def _objectives(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"must be quantities with a direction, not {shown(value)}")
    for key in value:
        quantity(key, (*QUANTITIES, *SCORES))
    return value


def quantity(value: Any, known: tuple[str, ...] = QUANTITIES) -> str:
    """The name of a quantity. Raises `Misfit` for any other."""
    if not isinstance(value, str) or value not in known:
        meant = closest(value, known) if isinstance(value, str) else ""
        help = f"there is: {', '.join(known)}"
        message = f"must name what is known of a network, such as params, not {shown(value)}"
        raise Misfit(message, meant, help=help)
    return value


formed(quantity, words_form(dict.fromkeys(QUANTITIES, "")))
Quantities = Annotated[
    tuple[Annotated[str, BeforeValidator(quantity)], ...], BeforeValidator(one_or_more)
]
Aim = Annotated[Direction, BeforeValidator(meaning(DIRECTION_MEANINGS))]


class Sweep(Document):
    """Variants of one spec: what changes, what must hold, and what is looked for."""

    title: Text = ""
    """Free text: what the sweep is called in figures."""
    spec: Text
    """The spec: a file beside the sweep, or a name on the shelf; `@` picks one of its variants,
    as in `inception_v3@slim`.
    """
    axes: Annotated[dict[str, Axis], BeforeValidator(_axes)]
    """What changes, by the addresses that `set` takes, `width` and `depth`: a list of values, or
    a range, `{low: 64, high: 192, step: 32}`.
    """
    random: Annotated[Draw | None, short_of(Draw)] = None
    """How many variants are drawn, instead of all: `500`, or `{count: 500, seed: 1}`."""
    constraints: Annotated[Expect, Filled] = Field(default_factory=Expect)
    """What must hold, in the words of a spec's `expect`: `{params: < 8M, receptive_field: >= 224}`.
    """
    objectives: Annotated[dict[str, Aim], BeforeValidator(_objectives), Named] = Field(
        default_factory=dict
    )
    """What is looked for: quantities that are to be small or large, `{macs: minimise}`; with
    `train` also `accuracy` and `loss`.
    """
    quantities: Quantities = USUAL
    """What results have of each network, beside what is asked of it above."""
    train: Annotated[Training | None, short_of(Training)] = Field(
        default=None, validate_default=True
    )
    """Trains the variants: by which recipe, and how they are chosen."""

    @field_validator("spec")
    @classmethod
    def _named(cls, spec: str) -> str:
        if not spec:
            raise ValueError("must name a spec: a file, or a name on the shelf")
        return spec

    @field_validator("constraints")
    @classmethod
    def _of_numbers(cls, constraints: Expect) -> Expect:
        if constraints.out:
            raise ValueError("are of quantities, and not of shapes at steps")
        return constraints

    @field_validator("train")
    @classmethod
    def _fits(cls, train: Training | None, info: ValidationInfo) -> Training | None:
        objectives = info.data.get("objectives", {})
        if train is None and (scores := [name for name in objectives if name in SCORES]):
            raise ValueError(f"must say by which recipe: {scores[0]} is known of trained networks")
        if train is not None and train.pruner != "none" and len(objectives) > 1:
            raise ValueError(f"can't end trials early by {train.pruner} for several objectives")
        return train

    @property
    def columns(self) -> tuple[str, ...]:
        """The quantities that results have, each once."""
        asked = [name for name in self.constraints.model_fields_set if name in QUANTITIES]
        wanted = {*self.quantities, *asked, *self.objectives}
        return tuple(name for name in QUANTITIES if name in wanted)

    @property
    def aims(self) -> dict[str, Direction]:
        """What is looked for; where networks are trained without a word, accuracy."""
        return {**self.objectives} or ({"accuracy": "maximise"} if self.train else {})
