"""Optimizers, and which parameters weight decay is for."""

from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, ValidationInfo, field_validator

from dsl.models.alternatives import Alternative, table
from dsl.models.fields import Epsilon, Flag, Portion, meaning, one_or_more
from dsl.models.forms import formed, words_form
from dsl.models.scalars import number
from dsl.text.numbers import Misfit
from dsl.text.problems import closest, shown

NotNegative = Annotated[float, BeforeValidator(number(0, 1e6, named=False))]

Decayed = Literal["kernels", "biases", "norms", "scales"]
"""Kinds of parameters, as weight decay tells them apart."""
DECAYED_MEANINGS: dict[str, str] = {
    "kernels": "weights of convolutions and linear layers",
    "biases": "their biases",
    "norms": "scales and shifts of norms",
    "scales": "layer scales, and slopes that activations learn",
}
DECAYED: tuple[Decayed, ...] = get_args(Decayed)


def _kind(value: Any) -> str:
    if value not in DECAYED:
        meant = closest(value, DECAYED) if isinstance(value, str) else ""
        raise Misfit(f"must be a list of {', '.join(DECAYED)}, not {shown(value)}", meant)
    return str(value)


def _ordered(kinds: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(kinds)) < len(kinds) or not kinds:
        raise ValueError("must name each kind of parameters once, and one at least")
    return tuple(kind for kind in DECAYED if kind in kinds)


Kinds = Annotated[
    tuple[Annotated[str, BeforeValidator(formed(_kind, words_form(DECAYED_MEANINGS)))], ...],
    BeforeValidator(one_or_more),
    AfterValidator(_ordered),
]


class Optimizer(Alternative):
    """How gradients change parameters."""

    weight_decay: NotNegative = 0.0
    """Weight decay: what of each parameter is added to its gradient (`adamw` takes it off the
    parameter itself). A loss with the term `l2(w)`, as Keras writes it, is a decay of 2 w.
    """
    decay: Kinds = DECAYED
    """Which parameters decay: of `kernels`, `biases`, `norms` and `scales`. Left out, all."""

    @field_validator("decay")
    @classmethod
    def _something_decays(cls, decay: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if decay != DECAYED and not info.data.get("weight_decay", 1):
            raise ValueError("says which parameters decay, and there is no weight_decay")
        return decay


class Sgd(Optimizer):
    """Stochastic gradient descent, as torch computes it."""

    word: ClassVar[str] = "sgd"
    example: ClassVar[str] = "sgd: {momentum: 0.9}"
    momentum: Portion = 0.0
    """The share of the last step that is taken again."""
    nesterov: Flag = False
    """Whether the momentum is Nesterov's."""

    @field_validator("nesterov")
    @classmethod
    def _has_momentum(cls, nesterov: bool, info: ValidationInfo) -> bool:
        if nesterov and not info.data.get("momentum", 1):
            raise ValueError("is a kind of momentum, and needs a momentum above 0")
        return nesterov


FORMULA_MEANINGS = {
    "tensorflow": "the root of the mean square and epsilon; means begin at 1, and the rate is in "
    "the momentum",
    "torch": "epsilon beside the root of the mean square; means begin at 0",
}
"""Whose RMSprop: with an epsilon of 1 they are far from each other."""


class RmsProp(Optimizer):
    """RMSprop as TensorFlow computes it, with which the Inception papers were trained."""

    word: ClassVar[str] = "rmsprop"
    example: ClassVar[str] = "rmsprop: {decay_rate: 0.9, epsilon: 1.0}"
    decay_rate: Portion = 0.9
    """What the mean of squares keeps of itself at a step."""
    momentum: Portion = 0.9
    """The share of the last step that is taken again."""
    epsilon: Epsilon = 1.0
    """What is added to the mean of squares."""
    formula: Annotated[str, BeforeValidator(meaning(FORMULA_MEANINGS))] = "tensorflow"
    """Whose formula: `tensorflow` or `torch`."""


class Adam(Optimizer):
    """Adam (arXiv:1412.6980), as torch computes it."""

    word: ClassVar[str] = "adam"
    example: ClassVar[str] = "adam"
    beta1: Portion = 0.9
    """What the mean of gradients keeps of itself at a step."""
    beta2: Portion = 0.999
    """What the mean of their squares keeps of itself."""
    epsilon: Epsilon = 1e-8
    """What is added to the root of the mean square."""


class AdamW(Adam):
    """Adam whose weight decay is apart from the gradient (arXiv:1711.05101)."""

    word: ClassVar[str] = "adamw"
    example: ClassVar[str] = "adamw: {weight_decay: 0.01}"


OPTIMIZERS = table(Sgd, RmsProp, Adam, AdamW)
"""Every optimizer, by its word."""
