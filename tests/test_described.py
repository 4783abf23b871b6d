"""Every key, option and word of the language is described, once, where it is defined."""

from __future__ import annotations

import pytest

from dsl.models import described
from dsl.models.changes import Depth, Width
from dsl.models.fields import ACTIVATION_WORDS, INITS, JOIN_WORDS
from dsl.models.kernels import PADDINGS
from dsl.models.layers import KINDS, Call, Conv, Layer
from dsl.models.model import BESIDE, Model, Residual, Sequence, Split
from dsl.models.norms import NORM_FORMS
from dsl.models.promises import Expect
from dsl.models.spec import Aux, Block, Defaults, Spec, Variant
from dsl.models.weights import NameMap

PIECES: tuple[type[Model], ...] = (
    Spec,
    Defaults,
    Block,
    Aux,
    Expect,
    Variant,
    Width,
    Depth,
    Residual,
    Sequence,
    Split,
    NameMap,
)


@pytest.mark.parametrize("model", [*PIECES, Call, *KINDS], ids=lambda model: model.__name__)
def test_every_field_of_every_model_is_described(model: type[Model]) -> None:
    lacking = [name for name in model.model_fields if not described.of_key(model, name)]
    assert lacking == []


def test_a_key_is_asked_for_as_a_file_writes_it() -> None:
    assert described.of_key(Aux, "from") == described.of_key(Aux, "source")
    assert described.of_key(Spec, "clases") == ""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_layer_is_described(kind: type[Layer]) -> None:
    assert kind.keyword in described.of_layer(kind) or kind is Conv


def test_every_key_of_a_step_is_described() -> None:
    keys = (*JOIN_WORDS, "do", *BESIDE)
    assert all(map(described.of_step_key, keys))
    assert len({described.of_step_key(key) for key in keys}) == len(keys)


def test_every_word_says_what_it_means() -> None:
    words = {word for group in described.WORDS.values() for word in group}
    assert {*ACTIVATION_WORDS, *PADDINGS, *NORM_FORMS} <= words
    assert {word.partition(":")[0] for word in described.WORDS["init"]} == set(INITS)
    assert all(text for group in described.WORDS.values() for text in group.values())
