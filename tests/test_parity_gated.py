"""SE-Inception-v3 and SE-Inception-ResNet-v2 against torchvision's and timm's networks, gated here.

The gates are written as the paper has them, with fully connected layers on pooled vectors, and
put around the public blocks. Weights go over in the order in which the layers run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from compiler.nn.module import compile_spec
from tests.parity import CLASSES, agree, differ, error, images, randomise, still, with_fault
from tests.peers import timm, torchvision_models
from tests.test_importing_peers import running

RATIO = 16


class Excited(nn.Module):
    """Equations 2 to 4 of arXiv:1709.01507 behind a block: (N, C, H, W) -> (N, C, H, W)."""

    def __init__(self, block: nn.Module, width: int) -> None:
        super().__init__()
        self.block = block
        self.down = nn.Linear(width, width // RATIO, bias=False)
        self.up = nn.Linear(width // RATIO, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        u: Tensor = self.block(x)
        z = u.flatten(2).mean(2)
        s = torch.sigmoid(self.up(torch.relu(self.down(z))))
        return torch.einsum("nchw,nc->nchw", u, s)


V3 = {"5b": 256, "5c": 288, "5d": 288, "6a": 768, "6b": 768, "6c": 768, "6d": 768, "6e": 768} | {
    "7a": 1280, "7b": 2048, "7c": 2048,
}  # fmt: skip


def v3() -> nn.Module:
    model: nn.Module = torchvision_models().inception_v3(
        weights=None, num_classes=CLASSES, init_weights=False, aux_logits=True
    )
    for name, width in V3.items():
        setattr(model, f"Mixed_{name}", Excited(getattr(model, f"Mixed_{name}"), width))
    return model


def resnet_v2() -> nn.Module:
    """What the residual blocks add is gated before it is scaled, as in figure 3."""
    model: Any = timm().create_model("inception_resnet_v2", num_classes=CLASSES, drop_rate=0.2)
    for name, width in (("mixed_5b", 320), ("mixed_6a", 1088), ("mixed_7a", 2080)):
        setattr(model, name, Excited(getattr(model, name), width))
    for width, blocks in (
        (320, model.repeat),
        (1088, model.repeat_1),
        (2080, [*model.repeat_2, model.block8]),
    ):
        for block in blocks:
            block.conv2d = Excited(block.conv2d, width)
    found: nn.Module = model
    return found


MODELS: dict[str, tuple[Callable[[], nn.Module], tuple[int, int]]] = {
    "se_inception_v3": (v3, (299, 299)),
    "se_inception_resnet_v2": (resnet_v2, (139, 155)),
}
"""How each is built here, and the images that it is trained on: heads need more."""
FAULTS: dict[str, dict[str, str]] = {
    "another pool": {"inception.SE.gate.0": "globalpool max"},
    "another activation": {"inception.SE.gate.1.act": "silu"},
    "another gate": {"inception.SE.gate.2.act": "tanh"},
}


def transplant(ours: nn.Module, theirs: nn.Module, x: Tensor) -> None:
    """Give ours the weights and statistics of theirs; a matrix is a 1x1 kernel here."""
    sources, targets = running(theirs, x)[0], running(ours, x)[0]
    assert len(sources) == len(targets)
    for target, source in zip(targets, sources, strict=True):
        own = target.state_dict()
        state = {key: value.reshape(own[key].shape) for key, value in source.state_dict().items()}
        target.load_state_dict(state)


@pytest.fixture(scope="module", params=MODELS)
def pair(request: pytest.FixtureRequest) -> tuple[str, nn.Module, nn.Module]:
    """A network of ours and the one built here, of equal weights."""
    torch.manual_seed(0)
    theirs = MODELS[request.param][0]().double()
    ours = compile_spec(request.param, num_classes=CLASSES).double()
    still(ours, theirs)
    randomise(theirs)
    for module in theirs.modules():
        if isinstance(module, Excited):  # From a half to one, or nothing would come through.
            module.up.weight.data.abs_()
    x = images(MODELS[request.param][1], torch.float64)
    transplant(ours.train(), theirs.train(), x)
    return request.param, ours, theirs


def outputs(output: Any) -> list[Tensor]:
    return [output] if isinstance(output, Tensor) else list(output)


def test_they_have_as_many_parameters(pair: tuple[str, nn.Module, nn.Module]) -> None:
    _, ours, theirs = pair
    counts = [sum(p.numel() for p in model.parameters()) for model in (ours, theirs)]
    assert counts[0] == counts[1]


@pytest.mark.parametrize("size", [(107, 139), (128, 96)])
def test_they_evaluate_alike(pair: tuple[str, nn.Module, nn.Module], size: tuple[int, int]) -> None:
    _, ours, theirs = pair
    x = images(size, torch.float64)
    with torch.no_grad():
        logits = theirs.eval()(x)
        differ(logits)
        agree(ours.eval()(x), logits)


def test_they_train_alike(pair: tuple[str, nn.Module, nn.Module]) -> None:
    name, ours, theirs = pair
    x = images(MODELS[name][1], torch.float64)
    results = [outputs(model.train()(x)) for model in (ours, theirs)]
    for one, other in zip(*results, strict=True):
        agree(one, other)
    for result in results:
        sum(each.square().mean() for each in result).backward()  # type: ignore[union-attr]  # a tensor
    layers = [running(model, x)[0] for model in (ours, theirs)]
    for one, other in zip(*layers, strict=True):
        assert one.weight.grad is not None and other.weight.grad is not None
        agree(one.weight.grad.reshape(other.weight.shape), other.weight.grad)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_slip_in_a_gate_shows(pair: tuple[str, nn.Module, nn.Module], fault: str) -> None:
    name, ours, theirs = pair
    x = images((107, 139), torch.float64)
    wrong = with_fault(name, None, FAULTS[fault])
    wrong.load_state_dict({k: v for k, v in ours.state_dict().items() if not k.startswith("aux")})
    with torch.no_grad():
        assert error(wrong(x), theirs.eval()(x)) > 1e-6
