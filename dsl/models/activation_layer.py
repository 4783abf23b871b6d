"""An activation as a step of its own."""

from typing import Annotated, Any

from pydantic import ValidationInfo, field_validator, model_validator

from dsl.models.activations import (
    CHANNELWISE,
    SLOPED,
    ActOrName,
    Slope,
    slope_of,
    with_slope,
)
from dsl.models.model import Layer, Spelled


class Activation(Layer):
    """`relu`, `act relu`, `leakyrelu 0.1`…: a nonlinearity as a step of its own.

    `slope` is how steep it is below 0: of a `leakyrelu` a number, 0.01 if left out; that of a
    `prelu` is learned, one for all or `channelwise`.
    """

    keyword = "act"
    example = "act relu"
    auto = "act"
    kind: Annotated[ActOrName, Spelled(place=True)]
    """Which activation, or the parameter that says so."""
    slope: Annotated[Slope | None, Spelled(place=True)] = None
    """How steep it is below 0: of `leakyrelu` a number; of `prelu` it is learned, for each channel
    with `channelwise`.
    """

    @model_validator(mode="before")
    @classmethod
    def _apart(cls, values: Any) -> Any:
        """`leakyrelu:0.1`, as it stands behind a convolution, is taken for the two."""
        kind = values.get("kind") if isinstance(values, dict) else None
        if not isinstance(kind, str) or ":" not in kind or values.get("slope") is not None:
            return values
        word, _, slope = kind.partition(":")
        return {**values, "kind": word, "slope": slope}

    @field_validator("slope")
    @classmethod
    def _fits(cls, slope: float | str | None, info: ValidationInfo) -> float | str | None:
        """What the kind can have; a parameter's name is held to that once its value is known."""
        kind = info.data.get("kind", "")
        named = isinstance(slope, str) and slope != CHANNELWISE
        if slope is None or not kind or (named and kind in SLOPED):
            return slope
        return slope_of(kind, slope)

    @property
    def text(self) -> str:
        """Kind and slope as they stand behind a convolution."""
        return with_slope(str(self.kind), self.slope)

    @property
    def has_weights(self) -> bool:
        return self.kind == "prelu"
