"""What is passed in Python by mistake is told in our words: arguments, images, batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import dsl
from compiler import compile_features, compile_spec, feature_extractor
from tests.test_module import TF_SAME, compiled, image

WRONG = [
    ({"num_classes": "5"}, "num_classes must be a whole number from 0, not '5'"),
    ({"num_classes": True}, "num_classes must be a whole number from 0, not True"),
    ({"num_classes": 2.5}, "num_classes must be a whole number from 0, not 2.5"),
    ({"num_classes": -1}, "must be a whole number from 1 to 100,000"),
    ({"in_channels": "3"}, "in_channels must be a whole number from 1, not '3'"),
    ({"in_channels": 3.0}, "in_channels must be a whole number from 1, not 3.0"),
    ({"in_channels": False}, "in_channels must be a whole number from 1, not False"),
    ({"dropout": "0.2"}, "dropout must be a number from 0 to 1, not '0.2'"),
    ({"dropout": True}, "dropout must be a number from 0 to 1, not True"),
    ({"dropout": [0.2]}, "dropout must be a number from 0 to 1, not [0.2]"),
    ({"dropout": 2}, "dropout must be a number from 0 to 1, not 2"),
    ({"aux": "no"}, "aux must be True or False, not 'no'"),
    ({"aux": None}, "aux must be True or False, not None"),
]


@pytest.mark.parametrize(("given", "message"), WRONG, ids=[str(given) for given, _ in WRONG])
def test_wrong_arguments(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the words are compared below
        compile_spec(dsl.loads(TF_SAME), **given)
    assert message in str(caught.value)


def test_numbers_of_numpy_are_numbers() -> None:
    model = compile_spec(dsl.loads(TF_SAME), num_classes=np.int64(4), dropout=np.float64(0.5))  # type: ignore[arg-type]  # on purpose
    assert model.num_classes == 4
    assert model.get_submodule("dropout").p == 0.5


@pytest.mark.parametrize("classes", ["5", True, 2.5, None])
def test_wrong_classes_at_a_reset(classes: Any) -> None:
    model = compiled("squeezed")
    with pytest.raises(ValueError, match="num_classes must be a whole number from 0, not"):
        model.reset_classifier(classes)
    assert model.num_classes == 7


def test_features_of_what_was_not_compiled() -> None:
    with pytest.raises(ValueError, match="a compiled network, not of a Linear"):
        feature_extractor(nn.Linear(2, 2))  # type: ignore[arg-type]  # on purpose
    with pytest.raises(ValueError, match="in_channels must be a whole number"):
        compile_features(dsl.loads(TF_SAME), in_channels="3")  # type: ignore[arg-type]  # on purpose


# --- Images --------------------------------------------------------------------------------

IMAGES = [
    ([[1.0]], "got no tensor but a list"),
    (np.zeros((2, 3, 25, 32), np.float32), "got no tensor but a ndarray"),
    (None, "got no tensor but a NoneType"),
    (torch.zeros(2, 3, 25, 32, dtype=torch.uint8), "such as x.float() / 255; got torch.uint8"),
    (torch.zeros(2, 3, 25, 32).bool(), "got torch.bool"),
    (torch.zeros(2, 3, 25, 32).double(), "weights' type, torch.float32; got torch.float64"),
    (torch.zeros(3, 25, 32), "got 3 dimensions"),
]


@pytest.mark.parametrize(("x", "message"), IMAGES, ids=[message for _, message in IMAGES])
def test_wrong_images(x: Any, message: str) -> None:
    model = compiled("squeezed")
    backbone = feature_extractor(model)
    for run in (model, model.eval(), model.forward_features, backbone):
        with pytest.raises(ValueError, match=r"^squeezed takes \(N, 3, H, W\)") as caught:
            run(x)
        assert message in str(caught.value)


def test_wrong_features() -> None:
    model = compiled("squeezed").eval()
    features = model.forward_features(image("squeezed"))
    wanted = rf"^squeezed takes \(N, {features.shape[1]}, H, W\), such as .* features"
    for wrong in (features[:, :-1], features[0], [features], features.long()):
        for pre_logits in (False, True):
            with pytest.raises(ValueError, match=wanted):
                model.forward_head(wrong, pre_logits=pre_logits)  # type: ignore[arg-type]  # on purpose


def test_autocast_takes_what_torch_casts() -> None:
    model = compiled("squeezed").bfloat16().eval()
    with torch.autocast("cpu"):
        assert model(image("squeezed")).shape == (2, 7)


# --- Batches -------------------------------------------------------------------------------

ONE = """
name: one
input: [3, 16, 16]
classes: 4
stem: [3x3 4 /2]
body: [deep: [3x3 4 /2, 3x3 4 /2, last: 3x3 4 /2]]
head: [globalpool avg, fc classes]
aux: [side: {from: conv, weight: 0.3, do: [globalpool avg, tip: 1x1 4, fc classes]}]
"""


def test_one_image_where_batch_norm_needs_two() -> None:
    model = compile_spec(dsl.loads(ONE))
    x = torch.randn(1, 3, 16, 16)
    assert model.eval()(x).shape == (1, 4)
    layer = r"side\.tip\.bn normalises one value a channel of each image; got 1"
    with pytest.raises(ValueError, match=rf"^one needs 2 images or more in training: {layer}"):
        model.train()(x)
    model.get_submodule("side.tip.bn").eval()  # frozen, it normalises by its statistics
    with pytest.raises(ValueError, match=r"deep\.last\.bn normalises"):
        model(x)
    with pytest.raises(ValueError, match=r"deep\.last\.bn normalises"):
        model.forward_features(x)
    with pytest.raises(ValueError, match=r"deep\.last\.bn normalises"):
        feature_extractor(model)(x)
    model.get_submodule("deep.last.bn").eval()
    assert model(x).logits.shape == (1, 4)
    larger = compile_spec(dsl.loads(ONE), aux=False).train()
    assert larger(torch.randn(1, 3, 32, 32)).shape == (1, 4), "four values a channel"


def test_no_image_at_all() -> None:
    model = compile_spec(dsl.loads(ONE))
    x = torch.zeros(0, 3, 16, 16)
    assert model.eval()(x).shape == (0, 4)
    with pytest.raises(ValueError, match="one needs images to train on; got a batch of 0"):
        model.train()(x)
    assert not any(value.isnan().any() for value in model.state_dict().values())


# --- Classes -------------------------------------------------------------------------------

FIXED = "name: n\ninput: [3, 8, 8]\nclasses: {classes}\nstem: [3x3 8]\nhead: [{head}]\n"


@pytest.mark.parametrize(
    ("head", "step"),
    [
        ("globalpool avg, fc 10", "fc"),
        ("globalpool avg, last: fc 10, softmax, dropout 0.1", "last"),
        ("1x1 10, globalpool avg", "conv2"),
        ("globalpool avg, fc classes, fc 10", "fc2"),
        ("{concat: [1x1 4, 1x1 6]}, globalpool avg", "split"),
        ("globalpool avg, [fc 7, fc 10]", "1"),
    ],
)
def test_a_last_layer_that_classes_do_not_size(head: str, step: str) -> None:
    said = rf"E113.*classes is 5, but [\w.]*{step} gives 10"
    head = head.replace("globalpool avg, [", "globalpool avg, flatten, [")
    spec = dsl.loads(FIXED.format(classes=10, head=head))
    if "classes" not in head:
        assert compile_spec(spec).num_classes == 10, "by its number"
    with pytest.raises(dsl.SpecError, match=said):
        compile_spec(spec, num_classes=5)
    with pytest.raises(dsl.SpecError, match=said):
        compile_spec(dsl.change(spec, {"classes": 5}))
    with pytest.raises(dsl.SpecError, match=said):
        compile_spec(spec).reset_classifier(5)


def test_features_have_no_classes_to_choose() -> None:
    spec = dsl.loads(FIXED.format(classes=10, head="globalpool avg"))
    assert compile_spec(spec)(torch.zeros(2, 3, 8, 8)).shape == (2, 8, 1, 1)
    with pytest.raises(dsl.SpecError, match=r"E113.*has no layer that `classes` sizes"):
        compile_spec(spec, num_classes=5)
