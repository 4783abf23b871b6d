"""What a spec promises of its network, under `expect:`."""

from typing import Annotated, get_args

from pydantic import BeforeValidator, Field

from dsl.models.budgets import AXES, BYTES, COUNT, Measure
from dsl.models.fields import Named, Sizes
from dsl.models.model import Model

Counted = Annotated[int | str, COUNT, BeforeValidator(COUNT.reader())]
Stored = Annotated[int | str, BYTES, BeforeValidator(BYTES.reader())]
Sided = Annotated[int | str, AXES, BeforeValidator(AXES.reader())]
"""What may be promised of a quantity: a number, or a budget as text."""


class Expect(Model):
    """A contract, checked at every compile: quantities of the network, and shapes at steps."""

    params: Counted | None = None
    """Parameters that are trained, without auxiliary heads: `7005832`, or a budget, `< 8M`."""
    params_with_aux: Counted | None = None
    """Parameters that are trained, with auxiliary heads."""
    trainable: Counted | None = None
    """Parameters that are trained."""
    buffers: Counted | None = None
    """Elements of buffers, such as running statistics."""
    keras_total: Counted | None = None
    """Parameters and running statistics, as Keras counts."""
    macs: Counted | None = None
    """Multiply-accumulates for one input: `1582671872`, or a budget, `<= 1.6G`."""
    activations: Counted | None = None
    """Outputs of convolutions and linear layers for one input."""
    all_outputs: Counted | None = None
    """Outputs of all operations for one input."""
    launches: Counted | None = None
    """Operations that write something: kernels to launch."""
    weight_bytes: Stored | None = None
    """Bytes of the weights, `<= 25 MiB`."""
    peak: Stored | None = None
    """The most activation bytes alive at once while evaluating one input, `<= 20 MiB`."""
    saved: Stored | None = None
    """Activation bytes that a training pass of one input keeps for the backward pass."""
    receptive_field: Sided | None = None
    """Pixels that one position of the last map sees: `'>= 224'`, or by axes, `715x715`."""
    least_input: Sided | None = None
    """The sides of the least input while evaluating: `<= 75`, or by axes, `13x209x209`."""
    least_training_input: Sided | None = None
    """The sides of the least input in training."""
    out: Annotated[dict[str, Sizes], Named] = Field(default_factory=dict)
    """The shape that a step of the trunk gives, channels first: `out.mixed_6e: [768, 17, 17]`."""

    @classmethod
    def measures(cls) -> dict[str, Measure]:
        """How each quantity is measured that may be promised."""
        kinds = {name: get_args(field.annotation)[0] for name, field in cls.model_fields.items()}
        return {
            name: next(filter(_is_measure, kind.__metadata__))
            for name, kind in kinds.items()
            if any(map(_is_measure, getattr(kind, "__metadata__", ())))
        }


def _is_measure(value: object) -> bool:
    return isinstance(value, Measure)
