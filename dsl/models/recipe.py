"""How a network is trained: a recipe, of a spec or in a file of its own."""

import re
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import (
    BeforeValidator,
    Field,
    SerializeAsAny,
    ValidationInfo,
    field_validator,
)

from dsl.models.alternatives import Alternative, Shortened, one_of_them, short_of, table
from dsl.models.fields import Count, Flag, Portion, Text, meaning, one_or_more
from dsl.models.forms import Form, formed
from dsl.models.model import Document, Filled, Model
from dsl.models.optimizers import OPTIMIZERS, NotNegative, Optimizer
from dsl.models.recipe_data import Data
from dsl.models.scalars import number, whole
from dsl.models.schedules import SCHEDULES, Schedule
from dsl.models.weights import OWN
from dsl.text.numbers import LEAST
from dsl.text.problems import shown

Positive = Annotated[float, BeforeValidator(number(LEAST, 1e6, named=False))]
Smoothing = Annotated[float, BeforeValidator(number(0, 0.99, named=False))]
Seed = Annotated[int, BeforeValidator(whole(0, 2**31 - 1, named=False))]
Precision = Literal["float32", "bfloat16", "float16"]
PRECISION_MEANINGS: dict[str, str] = {
    "float32": "everything in float32",
    "bfloat16": "convolutions and products in bfloat16, the rest in float32 (torch's autocast)",
    "float16": "the same in float16 with a scaled loss; for GPUs",
}
PRECISIONS: tuple[Precision, ...] = get_args(Precision)


class Norm(Alternative):
    """Gradients scaled so that the norm of all together is no more."""

    word: ClassVar[str] = "norm"
    example: ClassVar[str] = "norm: 2.0"
    short: ClassVar[str] = "most"
    most: Positive
    """The largest norm."""


class Value(Alternative):
    """Each gradient cut at plus and minus a value."""

    word: ClassVar[str] = "value"
    example: ClassVar[str] = "value: 0.1"
    short: ClassVar[str] = "most"
    most: Positive
    """The largest value."""


CLIPS = table(Norm, Value)
"""Ways to clip gradients, by their words."""


class Warmup(Shortened):
    """Epochs at the beginning in which the schedule's rate is reached along a line."""

    short: ClassVar[str] = "epochs"
    epochs: NotNegative
    """How many epochs; parts of one too, and 0 for none."""
    begin: Portion = 0.0
    """The share of the rate that it begins with."""

    def share_at(self, epoch: float) -> float:
        """The share of the rate once `epoch` epochs have passed."""
        if not self.epochs:
            return 1.0
        return min(self.begin + (1 - self.begin) * epoch / self.epochs, 1.0)


class Ema(Shortened):
    """An average of the weights over steps, which is evaluated in their place."""

    short: ClassVar[str] = "keep"
    keep: Portion
    """What the average keeps of itself at a step: 0.9999."""


class Start(Shortened):
    """Weights that training begins with, as `load_weights` takes them."""

    short: ClassVar[str] = "file"
    file: Text
    """A checkpoint: `.pth`, `.pt`, `.safetensors`, `.weights.h5` or `.h5`; beside the recipe."""
    source: Text = OWN
    """Whose names it has: `torchvision`, `timm`, `keras`, …, one that the spec has a map for."""
    skip_head: Flag = False
    """Whether the layers that tell the classes begin anew."""
    skip_aux: Flag = False
    """Whether auxiliary heads that the file lacks begin anew."""

    @field_validator("file")
    @classmethod
    def _named(cls, file: str) -> str:
        if not file:
            raise ValueError("must name a checkpoint")
        return file


class Reported(Model):
    """What the source of a recipe says came of it; accuracies are shares of 1."""

    train: Portion | None = None
    """Accuracy on the training images."""
    test: Portion | None = None
    """Accuracy on images that weren't trained on: top-1."""
    top5: Portion | None = None
    """The share of them whose class is among the five likeliest."""
    loss: NotNegative | None = None
    """The loss on the training images at the end."""


LAST_MEANINGS = {
    "keep": "they are a smaller batch",
    "drop": "they wait for another epoch, in which the order is another",
}
"""What may become of the last images of an epoch."""


def _path(value: Any) -> str:
    if not isinstance(value, str) or not PATH.fullmatch(value):
        raise ValueError(f"must be paths such as stem or mixed_5b.branch3, not {shown(value)}")
    return value


PATH = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
formed(_path, Form(PATH.pattern, said="paths such as stem or mixed_5b.branch3"))
Paths = Annotated[tuple[Annotated[str, BeforeValidator(_path)], ...], BeforeValidator(one_or_more)]


class Recipe(Document):
    """How a network is trained: on what, by which steps, and for how long."""

    title: Text = ""
    """Free text: what the recipe is called in runs and figures."""
    source: Text = ""
    """Where the recipe comes from; free text."""
    data: Annotated[Data | None, short_of(Data)] = None
    """What the network is trained on: `digits`, or `{name: cifar10, augment: [flip]}`."""
    optimizer: Annotated[SerializeAsAny[Optimizer], one_of_them(OPTIMIZERS)]
    """How gradients change parameters: `adam`, or `{sgd: {momentum: 0.9}}`."""
    schedule: Annotated[SerializeAsAny[Schedule], one_of_them(SCHEDULES)]
    """The learning rate over the run: `{constant: 0.05}`, `{steps: {0: 0.1, 30: 0.01}}`."""
    epochs: Count
    """How often each training image is used."""
    batch: Count
    """Images a step, over all processes and parts of one."""
    accumulate: Count = 1
    """In how many parts a step's images go through the network, their gradients added."""
    last: Annotated[Literal["keep", "drop"], BeforeValidator(meaning(LAST_MEANINGS))] = "keep"
    """What becomes of the images that are left at an epoch's end, fewer than a batch."""
    warmup: Annotated[Warmup | None, short_of(Warmup)] = None
    """Epochs at the beginning in which the rate rises to the schedule's: `5`."""
    label_smoothing: Smoothing = 0.0
    """The share of each target that is spread evenly over the classes (arXiv:1512.00567)."""
    clip: Annotated[SerializeAsAny[Alternative] | None, one_of_them(CLIPS, optional=True)] = None
    """How gradients are held back: `{norm: 2.0}` or `{value: 0.1}`."""
    ema: Annotated[Ema | None, short_of(Ema)] = None
    """The average of the weights that is evaluated instead of them: `0.9999`."""
    precision: Annotated[Precision, BeforeValidator(meaning(PRECISION_MEANINGS))] = "float32"
    """What is computed in: `float32`, `bfloat16` or `float16`."""
    channels_last: Flag = False
    """Whether maps lie in memory channels last, which is quicker on most machines."""
    checkpointing: Flag = False
    """Whether maps inside blocks are computed again in the backward pass instead of kept, which
    takes longer and needs less memory.
    """
    sync_batchnorm: Flag = False
    """Whether batch norm takes its statistics over all processes."""
    freeze: Paths = ()
    """Paths that stay as they are: `[stem, mixed_5b]`. Their batch norm's statistics do as well."""
    weights: Annotated[Start | None, short_of(Start)] = None
    """Weights that training begins with: `mine.safetensors`, or
    `{file: googlenet.pth, source: torchvision, skip_head: true}`. Left out, they are drawn.
    """
    seed: Seed = 0
    """What all that is random in a run follows from."""
    reported: Annotated[Reported, Filled] = Field(default_factory=Reported)
    """What the source says came of it."""

    @field_validator("epochs")
    @classmethod
    def _long_enough(cls, epochs: int, info: ValidationInfo) -> int:
        schedule = info.data.get("schedule")
        if schedule is not None and schedule.last_epoch() >= epochs:
            last = schedule.last_epoch()
            raise ValueError(f"are {epochs}: the schedule changes at epoch {last}, after the end")
        return epochs

    @field_validator("accumulate")
    @classmethod
    def _divides(cls, parts: int, info: ValidationInfo) -> int:
        batch = info.data.get("batch", parts)
        if batch % parts:
            raise ValueError(f"must divide the batch of {batch} into equal parts, not {parts}")
        return parts

    @field_validator("warmup")
    @classmethod
    def _within(cls, warmup: Warmup | None, info: ValidationInfo) -> Warmup | None:
        epochs = info.data.get("epochs")
        if warmup and epochs and warmup.epochs > epochs:
            raise ValueError(f"takes {warmup.epochs:g} epochs, and the run has {epochs}")
        return warmup

    def rate_at(self, epoch: float) -> float:
        """The learning rate once `epoch` epochs have passed; a fraction is a place inside one.

        >>> recipe = Recipe(
        ...     optimizer="sgd", schedule={"constant": 0.1}, warmup=2, epochs=8, batch=4
        ... )
        >>> [round(recipe.rate_at(epoch), 3) for epoch in (0, 0.5, 2, 7)]
        [0.0, 0.025, 0.1, 0.1]
        """
        rate = self.schedule.rate_at(epoch, self.epochs)
        return rate * self.warmup.share_at(epoch) if self.warmup else rate
