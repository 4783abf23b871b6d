"""Imports of small models: every op, how blocks are found, and every refusal."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import dsl
from compiler.cli import run
from compiler.importing import import_module, spec_of
from compiler.nn.module import compile_spec
from compiler.weights import load_weights
from dsl.models.spec import Spec
from tests.parity import agree, randomise, still

Function = Callable[[Tensor], Tensor]


class Conv(nn.Sequential):
    """Convolution, norm, ReLU."""

    def __init__(self, width: int, out: int, kernel: int = 1, **more: Any) -> None:
        conv = nn.Conv2d(width, out, kernel, bias=False, **more)
        super().__init__(conv, nn.BatchNorm2d(out), nn.ReLU(inplace=True))


class Net(nn.Module):
    """A stem, something in the middle, and a head."""

    def __init__(self, middle: nn.Module | Function, width: int = 6) -> None:
        super().__init__()
        self.stem = Conv(3, 6, 3, padding=1)
        self.middle = middle
        self.fc = nn.Linear(width, 5)

    def forward(self, x: Tensor) -> Any:
        x = self.middle(self.stem(x))
        return self.fc(x.mean((2, 3)) if x.dim() == 4 else x)


SIZE = (3, 20, 20)


def same(model: nn.Module, size: tuple[int, int, int] = SIZE, *, fixed: bool = False) -> Spec:
    """The model's spec, after a look at whether both give the same, at two sizes if not `fixed`."""
    torch.manual_seed(0)
    randomise(model)
    model = model.double()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    spec = import_module(model, size, name="net", weights="original")
    assert dsl.loads(dsl.dump(spec)) == spec
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name]), f"the import changed {name}"
    ours = compile_spec(spec).double()
    load_weights(ours, model.state_dict(), "original")
    generator = torch.Generator().manual_seed(1)
    shapes = [size, (size[0], size[1] + 1, size[2] + 7)][: 1 if fixed else 2]
    with torch.no_grad():
        for shape in shapes:
            x = torch.randn(2, *shape, generator=generator, dtype=torch.float64)
            agree(ours.eval()(x), model.eval()(x.clone()))
        still(ours, model)
        trained = parts(ours.train()(x)), parts(model.train()(x.clone()))
        for one, other in zip(*trained, strict=True):
            agree(one, other)
    return spec


def parts(output: Any) -> tuple[Tensor, ...]:
    """The logits, and what auxiliary heads give."""
    return (output,) if isinstance(output, Tensor) else tuple(output)


def refused(model: nn.Module, size: tuple[int, int, int] = SIZE) -> str:
    """The one error of an import, as a user sees it."""
    with pytest.raises(dsl.SpecError) as caught:
        import_module(model, size)
    (problem,) = caught.value.problems
    return problem.render()


def middle(layer: nn.Module | Function, width: int = 6) -> str:
    """How a spec says one layer between the stem and the global pool."""
    spec = same(Net(layer, width))
    text = dsl.dump(spec)
    lines = text[text.index("body:") :].split("\n") if "body:" in text else []
    start = next(line for line in lines[2:] if line.startswith("  - "))
    return start.removeprefix("  - ").partition(": ")[2] or start.removeprefix("  - ")


LAYERS: dict[str, tuple[nn.Module, int]] = {
    "3x3 8 /2": (Conv(6, 8, 3, stride=2, padding=1), 8),
    "3x3 8 valid": (Conv(6, 8, 3), 8),
    "5x5 8 pad=1": (Conv(6, 8, 5, padding=1), 8),
    "3x3 8 dil=2": (Conv(6, 8, 3, padding=2, dilation=2), 8),
    "3x3 8 groups=2": (Conv(6, 8, 3, padding=1, groups=2), 8),
    "3x3 depthwise": (Conv(6, 6, 3, padding=1, groups=6), 6),
    "3x3 12 depthwise": (Conv(6, 12, 3, padding=1, groups=6), 12),
    "3x3 8": (Conv(6, 8, 3, padding="same"), 8),
    "2x2 8 tf_same": (Conv(6, 8, 2, padding="same"), 8),
    "1x1 8 linear": (nn.Conv2d(6, 8, 1), 8),
    "1x1 8 linear nobias": (nn.Conv2d(6, 8, 1, bias=False), 8),
    "1x1 8 norm=none": (nn.Sequential(nn.Conv2d(6, 8, 1), nn.ReLU()), 8),
    "1x1 8 act=none": (nn.Sequential(nn.Conv2d(6, 8, 1, bias=False), nn.BatchNorm2d(8)), 8),
    "1x1 8 bias silu": (nn.Sequential(nn.Conv2d(6, 8, 1), nn.BatchNorm2d(8), nn.SiLU()), 8),
    "maxpool 3x3 /2": (nn.MaxPool2d(3, 2, 1), 6),
    "maxpool 3x3 /2 valid": (nn.MaxPool2d(3, 2), 6),
    "maxpool 3x3 /2 ceil": (nn.MaxPool2d(3, 2, ceil_mode=True), 6),
    "maxpool 3x3 /2 pad=1 ceil": (nn.MaxPool2d(3, 2, 1, ceil_mode=True), 6),
    "maxpool 3x3": (nn.MaxPool2d(3, 1, 1, ceil_mode=True), 6),
    "avgpool 3x3": (nn.AvgPool2d(3, 1, 1), 6),
    "avgpool 2x2 /2": (nn.AvgPool2d(2), 6),
    "adaptivepool avg 4x3": (nn.AdaptiveAvgPool2d((4, 3)), 6),
    "adaptivepool max 4x4": (nn.AdaptiveMaxPool2d(4), 6),
    "batchnorm eps=0.01": (nn.BatchNorm2d(6, eps=0.01), 6),
    "lrn 5 alpha=0.001": (nn.LocalResponseNorm(5, alpha=0.001), 6),
    "softmax": (nn.Softmax(1), 6),
    "shuffle 3": (nn.ChannelShuffle(3), 6),
    "upsample 2 nearest": (nn.Upsample(scale_factor=2), 6),
    "upsample 3 nearest": (nn.UpsamplingNearest2d(scale_factor=3), 6),
    "upsample 2x1 bilinear": (nn.Upsample(scale_factor=(2, 1), mode="bilinear"), 6),
    "deconv 2x2 8 /2 linear": (nn.ConvTranspose2d(6, 8, 2, 2), 8),
    "deconv 3x3 9 /2 linear groups=3": (nn.ConvTranspose2d(6, 9, 3, 2, 1, 1, groups=3), 9),
    "deconv 4x4 8 /2 linear nobias": (nn.ConvTranspose2d(6, 8, 4, 2, 1, bias=False), 8),
    "deconv 3x3 8 /2 pad=1 linear": (nn.ConvTranspose2d(6, 8, 3, 2, 1), 8),
    "deconv 3x3 8 /2 valid dil=2 linear": (nn.ConvTranspose2d(6, 8, 3, 2, dilation=2), 8),
    "silu": (nn.SiLU(), 6),
    "gelu": (nn.GELU(), 6),
    "relu6": (nn.ReLU6(), 6),
    "leakyrelu": (nn.LeakyReLU(inplace=True), 6),
    "leakyrelu 0.2": (nn.LeakyReLU(0.2), 6),
    "1x1 8 leakyrelu:0.2": (
        nn.Sequential(nn.Conv2d(6, 8, 1, bias=False), nn.BatchNorm2d(8), nn.LeakyReLU(0.2)),
        8,
    ),
    "prelu": (nn.PReLU(), 6),
    "prelu channelwise": (nn.PReLU(6), 6),
    "elu": (nn.ELU(), 6),
    "hardswish": (nn.Hardswish(), 6),
    "hardsigmoid": (nn.Hardsigmoid(), 6),
    "mish": (nn.Mish(), 6),
    "softplus": (nn.Softplus(), 6),
    "sigmoid": (nn.Sigmoid(), 6),
    "tanh": (nn.Tanh(), 6),
    "dropout 0.3": (nn.Dropout(0.3), 6),
}


@pytest.mark.parametrize("written", LAYERS)
def test_modules(written: str) -> None:
    layer, width = LAYERS[written]
    assert middle(layer, width) == written


FUNCTIONS: list[tuple[str, Function]] = [
    ("relu", F.relu),
    ("relu", torch.relu),
    ("relu", lambda x: x.relu_()),
    ("relu6", lambda x: F.hardtanh(x, 0.0, 6.0)),
    ("silu", F.silu),
    ("leakyrelu 0", lambda x: F.leaky_relu(x, 0.0)),
    ("elu", lambda x: F.elu(x, inplace=True)),
    ("hardswish", F.hardswish),
    ("mish", F.mish),
    ("sigmoid", torch.sigmoid),
    ("tanh", Tensor.tanh),
    ("maxpool 3x3 /2 valid", lambda x: F.max_pool2d(x, 3, stride=2)),
    ("maxpool 3x3 /3 valid", lambda x: F.max_pool2d(x, 3)),
    ("maxpool 3x3 /2", lambda x: torch.max_pool2d(x, 3, 2, 1)),
    ("avgpool 3x3 /2", lambda x: F.avg_pool2d(x, 3, 2, padding=1)),
    ("avgpool 3x3 /2x1", lambda x: F.avg_pool2d(x, (3, 3), (2, 1), padding=(1, 1))),
    ("adaptivepool avg 3x2", lambda x: F.adaptive_avg_pool2d(x, (3, 2))),
    ("softmax", lambda x: x.softmax(dim=-3)),
    ("lrn 3 k=2", lambda x: F.local_response_norm(x, 3, k=2.0)),
]


def test_functions_and_modules_are_read_alike() -> None:
    for written, function in FUNCTIONS:
        assert middle(function) == written, written


GLOBAL: dict[str, Function] = {
    "mean": lambda x: x.mean((2, 3)),
    "mean from the back": lambda x: torch.mean(x, dim=[-1, -2], keepdim=True).flatten(1),
    "adaptive": lambda x: F.adaptive_avg_pool2d(x, 1).view(x.size(0), -1),
    "as large as the map": lambda x: F.avg_pool2d(x, x.shape[2:]).squeeze(-1).squeeze(-1),
    "reshaped": lambda x: F.adaptive_avg_pool2d(x, (1, 1)).reshape(x.shape[0], 6),
}


@pytest.mark.parametrize("how", GLOBAL)
def test_a_global_pool_is_one_however_it_is_written(how: str) -> None:
    spec = same(Net(GLOBAL[how]))
    assert dsl.dump(spec).split("head:\n")[1].startswith("  - globalpool avg\n  - fc classes\n")


def test_a_global_maximum() -> None:
    spec = same(Net(lambda x: x.amax(dim=(2, 3))))
    assert "  - globalpool max\n" in dsl.dump(spec)


def test_flatten_makes_a_network_of_one_size() -> None:
    spec = same(Net(nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Dropout(0.1)), 150), fixed=True)
    text = dsl.dump(spec)
    assert "  - middle_0: avgpool 4x4 /4" in text
    assert text.split("head:\n")[1].startswith("  - dropout 0.1\n  - fc classes\n")


class Padded(nn.Module):
    """A window with TensorFlow's padding in front of it."""

    def __init__(self, window: Function, kernel: int, value: float = 0.0) -> None:
        super().__init__()
        self.window, self.kernel, self.value = window, kernel, value

    def forward(self, x: Tensor) -> Tensor:
        pads: list[int] = []
        for side in (x.shape[3], x.shape[2]):
            total = max((-(-side // 2) - 1) * 2 + self.kernel - side, 0)
            pads += [total // 2, total - total // 2]
        return self.window(F.pad(x, pads, value=self.value))


@pytest.mark.parametrize("side", [20, 21, 23])
def test_padding_by_the_input_s_size_is_tf_same(side: int) -> None:
    size = (3, side, side + 1)
    conv = nn.Conv2d(6, 4, 3, stride=2)
    assert " 3x3 4 /2 tf_same linear" in dsl.dump(same(Net(Padded(conv, 3), 4), size))
    pools = {
        "maxpool 3x3 /2 tf_same": Padded(nn.MaxPool2d(3, 2), 3, -float("inf")),
        "avgpool 3x3 /2 tf_same": Padded(nn.AvgPool2d(3, 2, count_include_pad=False), 3),
    }
    for written, pool in pools.items():
        assert f": {written}\n" in dsl.dump(same(Net(pool), size))


def test_even_padding_in_front_of_a_window_is_its_own() -> None:
    conv = nn.Sequential(nn.ZeroPad2d(2), nn.Conv2d(6, 4, 5, stride=2, bias=False))
    assert "5x5 4 /2 linear nobias" in dsl.dump(same(Net(conv, 4)))


class Mixed(nn.Module):
    """Four branches, written as a class."""

    def __init__(self, width: int, c: int, pool: int) -> None:
        super().__init__()
        self.branch1 = Conv(width, c)
        self.branch3_1 = Conv(width, 4)
        self.branch3_2 = Conv(4, c, 3, padding=1)
        self.branch_pool = Conv(width, pool)

    def forward(self, x: Tensor) -> Tensor:
        pooled = self.branch_pool(F.avg_pool2d(x, 3, 1, 1, count_include_pad=False))
        return torch.cat([self.branch1(x), self.branch3_2(self.branch3_1(x)), pooled], 1)


class Shrink(nn.Module):
    """Two branches that halve the grid."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = Conv(width, 6, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.conv(x), F.max_pool2d(x, 3, 2)], 1)


class Scaled(nn.Module):
    """A scaled residual sum."""

    def __init__(self, width: int, how: str, scale: float = 0.2) -> None:
        super().__init__()
        self.one, self.two = Conv(width, 4), Conv(width, 4, 3, padding=1)
        self.up = nn.Conv2d(8, width, 1)
        self.how, self.scale = how, scale

    def forward(self, x: Tensor) -> Tensor:
        y = self.up(torch.cat([self.one(x), self.two(x)], 1))
        if self.how == "alpha":
            return F.relu(torch.add(x, y, alpha=self.scale))
        if self.how == "in place":
            y *= self.scale
            y += x
            return F.relu_(y)
        return F.relu(x + self.scale * y)


def test_equal_structures_become_blocks_with_parameters() -> None:
    body = nn.Sequential(Mixed(6, 8, 4), Mixed(20, 8, 4), Shrink(20), Mixed(26, 6, 8))
    text = dsl.dump(same(Net(body, 20)))
    assert text.startswith(
        "name: net\ninput: [3, 20, 20]\nclasses: 5\ndefaults: {avgpool: nopad}\n\nstem:\n"
        "  - stem: 3x3 6\n\n"
        "inception:\n  Mixed:\n    params: [c3, pool]\n    concat:\n"
        "      - 1x1 c3\n"
        "      - branch3: [1x1 4, 3x3 c3]\n"
        "      - branch_pool: [avgpool 3x3, 1x1 pool]\n\n"
        "reduction:\n  Shrink:\n    concat:\n"
        "      - conv: 3x3 6 /2 valid\n"
        "      - maxpool 3x3 /2 valid\n\n"
        "body:\n"
        "  - middle_0: Mixed c3=8 pool=4 x2\n"
        "  - middle_2: Shrink\n"
        "  - middle_3: Mixed c3=6 pool=8\n\n"
        "head:\n  - globalpool avg\n  - fc classes\n"
    )


@pytest.mark.parametrize("how", ["alpha", "in place", "plain"])
def test_scaled_residual_sums(how: str) -> None:
    body = nn.Sequential(Scaled(6, how), Scaled(6, how, 0.5))
    text = dsl.dump(same(Net(body)))
    assert "    then:\n      up: 1x1 in linear\n" in text
    assert "    residual: {scale: scale}\n" in text
    assert "    params: {scale: 0.2}\n" in text
    assert "  - middle_1: Scaled scale=0.5\n" in text


class Wide(nn.Module):
    """A residual block whose uses differ in width and scale."""

    def __init__(self, mid: int, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.a, self.b = Conv(6, mid), Conv(6, mid, 3, padding=1)
        self.up = nn.Conv2d(2 * mid, 6, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.up(torch.cat([self.a(x), self.b(x)], 1))
        return F.relu(x + self.scale * y)


def test_a_scale_beside_widths_is_written_so_that_it_can_be_read() -> None:
    """One parameter has a default, the others have none."""
    spec = same(Net(nn.Sequential(Wide(3, 0.2), Wide(4, 0.2), Wide(5, 0.1))))
    text = dsl.dump(spec)
    assert re.search(r"    params:\n      \w+:\n      scale: 0.2\n", text)
    assert dsl.loads(text) == spec


class Bottleneck(nn.Module):
    """A residual block of plain convolutions, with an activation behind the sum."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.a, self.b = Conv(width, 3), nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.bn(self.b(self.a(x)))
        return F.relu(y + x)


def test_residual_blocks_of_one_branch() -> None:
    text = dsl.dump(same(Net(nn.Sequential(*(Bottleneck(6) for _ in range(3))))))
    block = "    add:\n      - [1x1 3, 3x3 6 act=none]\n      - identity\n    then: relu\n"
    assert f"inception:\n  Bottleneck:\n{block}" in text
    assert "  - middle: Bottleneck x3\n" in text


def test_a_scaled_branch_without_a_split_is_a_residual_too() -> None:
    conv = nn.Conv2d(6, 6, 1)

    class One(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = conv

        def forward(self, x: Tensor) -> Any:
            return x + self.conv(x) / 4

    text = dsl.dump(same(Net(One())))
    assert "concat:\n      - 1x1 6 linear\n" in text or "- conv: 1x1 6 linear\n" in text
    assert "residual: {scale: 0.25, act: none}\n" in text


def test_branches_that_part_again_nest_though_one_cat_joins_all() -> None:
    class Flat(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = Conv(6, 2), Conv(6, 4)
            self.c, self.d = Conv(4, 3, 3, padding=1), nn.Conv2d(4, 5, 1)

        def forward(self, x: Tensor) -> Tensor:
            b = self.b(x)
            return torch.cat([self.a(x), self.c(b), self.d(b)], 1)

    text = dsl.dump(same(Net(Flat(), 10)))
    assert "[1x1 4, {concat: [3x3 3, 1x1 5 linear]}]" in text


def test_sums_of_several_branches_and_python_s_sum() -> None:
    class Three(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convs = nn.ModuleList(nn.Conv2d(6, 6, k, padding=k // 2) for k in (1, 3, 5))

        def forward(self, x: Tensor) -> Any:
            return sum(conv(x) for conv in self.convs)

    text = dsl.dump(same(Net(Three())))
    assert "    add:\n      - 1x1 6\n      - 3x3 6\n      - 5x5 6\n" in text
    assert "defaults: {norm: none, act: none}\n" in text


def test_separable_convolutions() -> None:
    deep, point = (
        nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False),
        nn.Conv2d(6, 8, 1, bias=False),
    )
    assert middle(nn.Sequential(deep, point, nn.BatchNorm2d(8), nn.ReLU()), 8) == "sepconv 3x3 8"
    deep = nn.Conv2d(6, 6, 3, (2, 1), (2, 4), dilation=(2, 3), groups=6, bias=False)
    assert (
        middle(nn.Sequential(deep, point), 8) == "sepconv 3x3 8 /2x1 pad=2x4 dil=2x3 linear nobias"
    )
    biased = nn.Conv2d(6, 6, 3, padding=1, groups=6)
    assert "depthwise" in middle(nn.Sequential(biased, point), 8)


def test_defaults_are_what_most_layers_have() -> None:
    def conv(width: int) -> nn.Sequential:
        norm = nn.BatchNorm2d(6, eps=0.01, momentum=0.3)
        return nn.Sequential(nn.Conv2d(width, 6, 3), norm, nn.SiLU())

    model = nn.Sequential(conv(3), conv(6), conv(6), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    text = dsl.dump(same(nn.Sequential(model, nn.Linear(6, 4))))
    assert "defaults: {act: silu, bias: true, eps: 0.01, momentum: 0.3, padding: valid}\n" in text
    assert text.count(": 3x3 6\n") + text.count("- 3x3 6\n") == 3


def test_numbers_are_written_as_people_would() -> None:
    norm = nn.BatchNorm2d(6, momentum=1 - 0.9997)
    model = nn.Sequential(nn.Conv2d(3, 6, 1, bias=False), norm, nn.ReLU(), nn.Conv2d(6, 4, 1))
    text = dsl.dump(import_module(model, SIZE))
    assert "momentum: 0.0003}" in text
    assert dsl.loads(text).defaults.momentum == 0.0003


def test_a_norm_without_gamma() -> None:
    bn = nn.BatchNorm2d(6)
    bn.register_parameter("weight", None)
    model = nn.Sequential(nn.Conv2d(3, 6, 3, bias=False), bn, nn.ReLU(), nn.Conv2d(6, 4, 1))
    assert import_module(model, SIZE).defaults.gamma is False


class WithHead(nn.Module):
    """A network with an auxiliary head behind a block."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = Mixed(3, 8, 4), Mixed(20, 8, 4)
        self.AuxLogits = nn.Sequential(Conv(20, 7), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.aux_fc = nn.Linear(7, 5)
        self.drop, self.fc = nn.Dropout(0.5), nn.Linear(20, 5)

    def forward(self, x: Tensor) -> Any:
        x = self.first(x)
        aux = self.aux_fc(self.AuxLogits(x)) if self.training else None
        x = self.fc(self.drop(self.second(x).mean((2, 3))))
        return (x, aux) if self.training else x


def test_auxiliary_heads() -> None:
    model = WithHead()
    text = dsl.dump(same(model))
    assert (
        "aux:\n  - auxlogits:\n      from: first\n      weight: 0.3\n"
        "      do: [1x1 7, globalpool avg, fc classes]\n"
    ) in text
    assert text.endswith("aux_weight: assumed, no module holds it\n")
    assert import_module(model, SIZE, aux_weight=0.25).aux[0].weight == 0.25


def test_a_dropout_that_is_a_function() -> None:
    class Dropping(Net):
        def forward(self, x: Tensor) -> Any:
            x = F.dropout(self.stem(x).mean((2, 3)), 0.3, self.training)
            return self.fc(F.dropout(x, 0.2) if self.training else x)

    text = dsl.dump(import_module(Dropping(nn.Identity()), SIZE))
    assert "head:\n  - globalpool avg\n  - dropout 0.3\n  - dropout 0.2\n  - fc classes\n" in text


def test_functions_of_the_model_s_class_are_read_as_far_as_needed() -> None:
    class Idle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.unused = nn.Conv2d(3, 4, 1), nn.Linear(2, 3)

        def forward(self, x: Tensor) -> Any:
            torch.fft.fft(x)  # Nothing depends on it.
            assert x.shape[1] == 3
            return self.conv(x).mean((2, 3))

    spec = import_module(Idle(), SIZE, name="idle")
    assert spec.meta["imported"] == {"from": "Idle", "unused_parameters": 9}
    assert spec.expect.params == 16


# What can't be imported.


def function(of: Function) -> str:
    """The error for a function between stem and head, without the help."""
    return refused(Net(of)).split("\n")[0]


REFUSED: dict[str, Function] = {
    "multiplies 6x20x20 and 6x1x20: the branches' grids differ": lambda x: (
        x * F.avg_pool2d(x, (20, 1))
    ),
    "multiplies by a tensor that isn't made from the input": lambda x: (
        x * torch.ones(6, 1, 1, device=x.device)
    ),
    "repeats one place over a map, and in a spec only a product does so": lambda x: (
        x + x.mean((2, 3), keepdim=True).expand_as(x)
    ),
    "repeats (6, 20, 1) as (6, 20, 20)": lambda x: x * F.avg_pool2d(x, (1, 20)).expand_as(x),
    "adds something other than two tensors of one shape": lambda x: x + 1,
    "concatenates along dim=2, a spec joins channels (dim=1)": lambda x: torch.cat([x, x], 2),
    "arranges (6, 20, 20) as (6, 400, 1); a spec can only flatten a whole image": lambda x: (
        x.reshape(-1, 6, 400, 1)
    ),
    "reduces other axes than height and width (dim=2)": lambda x: x.mean(2, keepdim=True),
    "is a softmax over dim=2, a spec's is over the channels": lambda x: x.softmax(2),
    "approximates GELU, and a spec's gelu is exact": lambda x: F.gelu(x, approximate="tanh"),
    "is a leaky relu with a slope of -0.5, and a spec's is 0 or more": lambda x: F.leaky_relu(
        x, -0.5
    ),
    "is an elu with an alpha of its own, and a spec's has 1": lambda x: F.elu(x, 0.5),
    "is a softplus of another beta or threshold than torch's own, 1 and 20": lambda x: F.softplus(
        x, 2
    ),
    "clips to other bounds than 0 and 6, which relu6 has": F.hardtanh,
    "is a dilated max pool": lambda x: F.max_pool2d(x, 3, dilation=2),
    "is an average pool with a divisor of its own": lambda x: F.avg_pool2d(
        x, 3, divisor_override=2
    ),
    "is a dropout that works in evaluation too, or not in training": F.dropout,
    "multiplies by 2": lambda x: x * 2,
    "divides by something other than a number": lambda x: x / F.relu(x),
    "pads with mode=reflect by (1, 1, 1, 1)": lambda x: F.pad(x, (1, 1, 1, 1), mode="reflect"),
    "pads a map, which only a convolution or pooling behind it could do": lambda x: F.relu(
        F.pad(x, (1, 1, 1, 1))
    ),
    "follows a padding that is neither even nor TensorFlow's SAME": lambda x: F.max_pool2d(
        F.pad(x, (2, 0, 0, 0), value=-float("inf")), 3
    ),
    "follows a padding of 0; a spec's padding for it is another": lambda x: F.max_pool2d(
        F.pad(x, (1, 1, 1, 1)), 3
    ),
    "joins what is multiplied by a number": lambda x: F.relu(x) * 2 + F.silu(x) * 3,
    "scales the shortcut of a residual sum": lambda x: x * 2 + F.relu(x),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_a_spec_can_t_say_is_refused_by_name(why: str) -> None:
    assert function(REFUSED[why]) == f"error[E161]: the model itself (Net): {why}"


def test_an_unknown_function_is_named_with_its_module() -> None:
    shuffle = nn.Sequential(Conv(6, 4), nn.PixelShuffle(2))
    assert refused(Net(shuffle, 1)) == (
        "error[E161]: middle.1 (PixelShuffle): moves channels into space: "
        "torch.nn.functional.pixel_shuffle has no counterpart in the language"
    )


RMS = "is an RMS norm: torch.nn.functional.rms_norm has no counterpart in the language"
NORMS: dict[str, nn.Module] = {
    "is a batch norm without running statistics or without beta": nn.BatchNorm2d(
        6, track_running_stats=False
    ),
    "computes its weight, and a spec's layers draw theirs": nn.utils.parametrizations.weight_norm(
        nn.Conv2d(6, 6, 1)
    ),
    RMS: nn.RMSNorm(20),
}


@pytest.mark.parametrize("why", NORMS)
def test_modules_that_a_spec_has_no_words_for(why: str) -> None:
    assert refused(Net(NORMS[why])).startswith("error[E161]: middle (")
    assert refused(Net(NORMS[why])).endswith(f": {why}")


class Odd(nn.Module):
    """A network with one of several properties that no spec has."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 3, 1), nn.Linear(3, 4)
        self.bn = nn.BatchNorm2d(3).requires_grad_(False)
        self.how = how

    def forward(self, x: Tensor) -> Any:
        y = getattr(self, f"do_{self.how}")(x)
        return y if isinstance(y, tuple) else self.fc(y.mean((2, 3)))

    def do_twice(self, x: Tensor) -> Any:
        return self.conv(self.conv(x))

    def do_training(self, x: Tensor) -> Tensor:
        return F.relu(self.conv(x)) if self.training else F.silu(self.conv(x))

    def do_only(self, x: Tensor) -> Tensor:
        return F.relu(self.conv(x)) if self.training else self.conv(x)

    def do_several(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.conv(x), x

    def do_crossed(self, x: Tensor) -> Tensor:
        a, b = F.relu(x), F.silu(x)
        return torch.add(torch.add(a, b), a)

    def do_view(self, x: Tensor) -> Any:
        y = self.conv(x)
        F.relu_(y.view(y.shape[0], -1))
        return y

    def do_frozen(self, x: Tensor) -> Any:
        self.bn.eval()
        return self.bn(x)

    def do_value(self, x: Tensor) -> Tensor:
        return x if x.sum() > 0 else self.conv(x)


ODD = {
    "twice": "error[E161]: conv (Conv2d): uses conv.weight again, and a spec's layers have their "
    "own",
    "training": "error[E161]: the model itself (Odd): does another thing in training than in "
    "evaluation",
    "only": "error[E161]: the model itself (Odd): does another thing in training than in "
    "evaluation",
    "several": "error[E161]: the model returns several tensors in evaluation, a spec's one",
    "crossed": "error[E162]: the model itself (Odd): its output is used in several branches, by "
    "the model itself (Odd)\n  = help: a spec's branches start from one tensor and meet in one "
    "join",
    "view": "error[E161]: the model itself (Odd): takes a tensor that was changed in place through "
    "another view of it",
    "frozen": "error[E161]: bn (BatchNorm2d): is a batch norm that keeps its statistics in "
    "training, or renews them later",
}


@pytest.mark.parametrize("how", ODD)
def test_what_no_network_of_a_spec_does(how: str) -> None:
    assert refused(Odd(how)) == ODD[how]


def test_every_tangle_is_told_at_once() -> None:
    class Crossed(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            a, b = F.relu(x), F.silu(x)
            return a + b + a

    class Between(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            a, b = F.relu(x), F.silu(x)
            return torch.cat([F.gelu(a), b, F.silu(a)], 1)

    parts = (Crossed(), nn.Conv2d(3, 4, 1), Between(), nn.Conv2d(12, 4, 1), Crossed())
    with pytest.raises(dsl.SpecError) as caught:
        import_module(nn.Sequential(*parts), SIZE)
    touched = "its output is used in several branches, by"
    assert [(each.code, each.message) for each in caught.value.problems] == [
        ("E162", f"0 (Crossed): {touched} 0 (Crossed)"),
        ("E162", "2 (Between): joins branches in an order that is no nesting"),
        ("E162", f"4 (Crossed): {touched} 4 (Crossed)"),
    ]


def test_a_decision_on_values_is_told_with_torch_s_words() -> None:
    first = refused(Odd("value")).split("\n")[0]
    assert first.startswith("error[E160]: the model itself (Odd) fails on an input of 3x20x20: ")


def test_an_input_that_the_model_can_t_take_names_the_module() -> None:
    message = refused(Net(nn.Conv2d(6, 6, 9)), (3, 4, 4))
    assert message.startswith("error[E160]: middle (Conv2d) fails on an input of 3x4x4: Runtime")
    assert message.endswith("on torch's meta device; --input says the size")


def test_a_head_inside_a_block_is_refused() -> None:
    class Tapped(Mixed):
        def forward(self, x: Tensor) -> Any:
            y = self.branch3_1(x)
            out = torch.cat([self.branch1(x), self.branch3_2(y)], 1).mean((2, 3))
            return (out, y.mean((2, 3))) if self.training else out

    assert refused(Tapped(3, 8, 4)) == (
        "error[E161]: an auxiliary head starts inside a block, and a spec's heads tap steps"
    )


# From names to models.

FACTORY = """
import torch
from torch import nn

print("hello from the factory")


class Net(nn.Sequential):
    def __init__(self, num_classes=3, act="relu"):
        conv = nn.Conv2d(3, 4, 3, padding=1)
        super().__init__(conv, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(4, num_classes))


def broken():
    raise LookupError("no such thing\\nmore")


def leaves():
    raise SystemExit(3)


number = 4
"""


@pytest.fixture
def factory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a user's own module in it, to work in."""
    (tmp_path / "their_nets.py").write_text(FACTORY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "their_nets", raising=False)
    return tmp_path


def ran(args: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    code = run(args)
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize("where", ["their_nets", "their_nets.py"])
def test_the_command(where: str, factory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["import", f"{where}:Net", "--kwargs", "num_classes=7", "--input", "32x48"]
    code, out, err = ran(args, capsys)
    assert (code, err) == (0, "hello from the factory\n")
    spec = dsl.loads(out)
    assert (spec.name, spec.input, spec.classes) == ("net", (3, 32, 48), 7)
    assert spec.meta == {"imported": {"from": f"{where}:Net"}}
    code, out, _ = ran([*args, "-o", "mine.yaml", "--name", "mine"], capsys)
    assert (code, out) == (0, "wrote mine.yaml: 0 blocks, 18 lines\n")
    assert ran(["check", "mine.yaml"], capsys)[0] == 0


WRONG = {
    "nothing:Net": "nothing:Net can't be built: ModuleNotFoundError: No module named 'nothing'",
    "their_nets:broken": "their_nets:broken can't be built: LookupError: no such thing",
    "their_nets:leaves": "their_nets:leaves can't be built: SystemExit: 3",
    "their_nets:number": "their_nets:number gives int, and no nn.Module",
    "their_nets:Nett": "there is no Nett in their_nets\n  = help: did you mean Net?",
    "missing.py:Net": "missing.py:Net can't be built: FileNotFoundError: [Errno 2] No such file or "
    "directory",
}


@pytest.mark.parametrize("source", WRONG)
def test_the_user_s_own_faults_are_one_message(
    source: str, factory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = ran(["import", source], capsys)
    assert (code, out) == (1, "")
    assert err.removeprefix("hello from the factory\n").startswith(f"error[E160]: {WRONG[source]}")
    assert "Traceback" not in err


def test_wrong_arguments_of_the_factory(factory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = ran(["import", "their_nets:Net", "--kwargs", "classes=3"], capsys)
    assert code == 1
    assert "TypeError: Net.__init__() got an unexpected keyword argument 'classes'" in err


@pytest.mark.parametrize(
    "args",
    [["Net"], ["a:b", "--kwargs", "x"], ["a:b", "--name", "1x"], ["a:b", "--input", "4x"], []],
)
def test_wrong_usage(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = ran(["import", *args], capsys)
    assert (code, out) == (2, "")
    assert "Error" in err


def test_values_of_arguments() -> None:
    from compiler.cli.importing import ARGUMENT

    read = ARGUMENT.convert
    found = [read(f"a={text}", None, None)[1] for text in ("1", "true", "(1, 2)", "relu", "None")]
    assert found == [1, True, (1, 2), "relu", None]


def test_a_source_needs_two_parts() -> None:
    with pytest.raises(dsl.SpecError, match=r"E160.*googlenet names no model"):
        spec_of("googlenet")
