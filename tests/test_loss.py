"""The training loss, by what each head ends in: the module's, and the emitted source's."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import dsl
from compiler import compile_spec
from compiler.ir.ending import endings
from compiler.nn.module import CompiledNetwork
from compiler.source import emit
from compiler.source.classnames import class_name
from tests.test_source import imported, randomise

HEAD = "name: ending\ninput: [3, 8, 8]\nclasses: 5\nstem: [3x3 8]\n"
ENDS = {
    "globalpool avg, fc classes": "logits",
    "globalpool avg, fc classes, relu": "logits",
    "globalpool avg, fc classes, softmax": "softmax",
    "globalpool avg, fc classes, softmax, identity, dropout 0, relu": "softmax",
    "1x1 classes linear, softmax, globalpool avg, flatten": "softmax",
    "globalpool avg, flatten, [fc classes, softmax]": "softmax",
    "flatten, fc classes, softmax, sigmoid": "sigmoid",
    "globalpool avg, fc classes, softmax, fc classes": "logits",
    "1x1 classes act=sigmoid norm=none, globalpool max, flatten": "sigmoid",
    "{concat: [1x1 2 act=sigmoid, 1x1 3 act=sigmoid]}, globalpool avg": "sigmoid",
    "{concat: [1x1 2, 1x1 3], then: 1x1 classes, residual: {act: sigmoid}}": "sigmoid",
    "{add: [1x1 classes, 1x1 classes]}, globalpool avg": "logits",
    "globalpool avg, fc classes, softmax, dropout 0.5": "altered",
    "1x1 classes, softmax, flatten": "altered",
    "1x1 classes, softmax, globalpool max": "altered",
    "1x1 classes, softmax, avgpool 3x3 countpad": "altered",
    "1x1 classes, softmax, avgpool 3x3 nopad": "softmax",
    "{add: [[1x1 classes, softmax], [1x1 classes, softmax]]}": "altered",
    "{concat: [[1x1 2, softmax], 1x1 3]}": "altered",
}


def model_of(head: str, aux: str = "") -> CompiledNetwork:
    torch.manual_seed(0)
    stem = HEAD if "residual" not in head else HEAD.replace("3x3 8", "3x3 5")
    model = compile_spec(dsl.loads(f"{stem}head: [{head}]\n{aux}"))
    randomise(model)
    return model


def emitted(model: CompiledNetwork) -> Any:
    made = getattr(imported(model.network, emit(model.network)), class_name(model.network))()
    made.load_state_dict(model.state_dict(), strict=True)
    return made


@pytest.mark.parametrize(("head", "ending"), ENDS.items())
def test_what_a_head_ends_in_is_read_off_the_tree(head: str, ending: str) -> None:
    assert endings(model_of(head).network) == {"logits": ending}


def test_softmax_is_scored_as_the_logits_before_it() -> None:
    """The case of the issue: 2.3042 came out where 2.3186 was true."""
    model = compile_spec("inception_v1", num_classes=10).eval()
    model.reset_parameters()
    x, target = torch.randn(2, 3, 224, 224), torch.tensor([3, 7])
    *_, (name, _) = model.named_children()
    with torch.no_grad():
        output = model(x)
        setattr(model, name, torch.nn.Identity())
        logits = model(x)
    torch.testing.assert_close(model.loss(output, target), F.cross_entropy(logits, target))
    assert abs(F.cross_entropy(output, target) - F.cross_entropy(logits, target)) > 1e-5


def test_gradients_are_those_of_cross_entropy() -> None:
    model = model_of("globalpool avg, fc classes, softmax").train()
    x, target = torch.randn(4, 3, 8, 8), torch.tensor([0, 4, 2, 2])
    model.loss(model(x), target).backward()  # type: ignore[no-untyped-call]  # torch's
    found = [p.grad.clone() for p in model.parameters() if p.grad is not None]
    model.zero_grad()
    logits = model.forward_head(model.forward_features(x), pre_logits=True)
    F.cross_entropy(model.get_submodule("fc")(logits), target).backward()  # type: ignore[no-untyped-call]  # torch's
    assert len(found) == len(list(model.parameters()))
    wanted = [p.grad for p in model.parameters() if p.grad is not None]
    for mine, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_a_perfect_and_a_hopeless_prediction_stay_finite(dtype: torch.dtype) -> None:
    model = model_of("globalpool avg, fc classes, softmax")
    z = torch.tensor([[1000.0, 0, 0, 0, -1000.0]], dtype=dtype, requires_grad=True)
    assert float(model.loss(z.softmax(1), torch.tensor([0])).detach()) == 0
    worst = model.loss(z.softmax(1), torch.tensor([4]))
    worst.backward()  # type: ignore[no-untyped-call]  # torch's
    assert z.grad is not None
    assert float(worst.detach()) > 9
    assert torch.isfinite(worst) and torch.isfinite(z.grad).all()


def test_sigmoid_is_scored_class_by_class() -> None:
    model = model_of("globalpool avg, fc classes, sigmoid").train()
    x = torch.randn(3, 3, 8, 8)
    target = torch.tensor([[1, 0, 0, 1, 0], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]])
    output = model(x)
    logits = torch.logit(output)
    expected = F.binary_cross_entropy_with_logits(logits, target.float())
    torch.testing.assert_close(model.loss(output, target), expected)
    torch.testing.assert_close(emitted(model).loss(output, target), expected)
    with torch.autocast("cpu"):
        torch.testing.assert_close(model.loss(output, target), expected)
    wrong = r"ending ends in a sigmoid, so its loss takes a target of .*\(3, 5\).* got \(3,\)"
    with pytest.raises(ValueError, match=wrong):
        model.loss(output, torch.tensor([1, 2, 3]))


AUX = """aux:
  - a: {from: conv, weight: 0.3, do: [globalpool avg, fc classes]}
  - b: {from: conv, weight: 2, do: [globalpool avg, fc classes, softmax]}
"""


@pytest.mark.parametrize("last", ["softmax", "relu"])
def test_each_head_by_its_own_end(last: str) -> None:
    model = model_of(f"globalpool avg, fc classes, {last}", AUX).train()
    output, target = model(torch.randn(4, 3, 8, 8)), torch.tensor([0, 1, 2, 4])

    def likelihood(probabilities: Tensor) -> Tensor:
        return F.nll_loss(probabilities.log(), target)

    trunk = likelihood if last == "softmax" else lambda y: F.cross_entropy(y, target)
    expected = trunk(output.logits) + 0.3 * F.cross_entropy(output.a, target)
    expected = expected + 2 * likelihood(output.b)
    source = emitted(model)
    for made in (model, source):
        torch.testing.assert_close(made.loss(output, target), expected)
        torch.testing.assert_close(made.loss(output.logits, target), trunk(output.logits))


def test_a_criterion_takes_the_place_of_all() -> None:
    model = model_of("globalpool avg, fc classes, softmax, dropout 0.5", AUX).train()
    output = model(torch.randn(4, 3, 8, 8))
    target = torch.tensor([0, 1, 2, 4])
    assert float(model.loss(output, target, lambda y, _: y.new_ones(()))) == pytest.approx(3.3)
    with pytest.raises(ValueError, match=r"ending changes the probabilities .* a criterion"):
        model.loss(output, target)
    assert not hasattr(emitted(model), "loss")


def test_an_output_that_forward_never_gave() -> None:
    model = model_of("globalpool avg, fc classes", AUX)
    with pytest.raises(ValueError, match=r"ending\.loss takes what forward gave.*got tuple"):
        model.loss((torch.ones(2, 5),), torch.tensor([0, 1]))


def test_plain_networks_emit_no_loss() -> None:
    assert "loss(" not in emit(model_of("globalpool avg, fc classes").network)
