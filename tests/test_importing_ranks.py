"""Models of series and of clips are imported as those of images are."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import dsl
from compiler.diff import compare
from compiler.importing import import_module, spec_of
from compiler.importing.sources import load, whole_size
from compiler.lowering.lower import lower
from compiler.nn.module import build, compile_spec
from compiler.ops.act import ACTIVATIONS
from compiler.weights import load_weights
from tests.parity import agree, differ, randomise, still
from tests.test_importing import ran
from tests.test_importing_round_trip import AS_WELL, emitted, returned, same
from tests.test_ranks import TEXTS, every_rank

INPUTS = {1: "[3, 38]", 3: "[3, 7, 19, 22]"}
KERNELS: dict[int, dict[str, str]] = {
    1: {"L": "linear", "K": "3", "W": "5", "P": "2", "S": "2", "M": "2", "A": "1"},
    3: {
        "L": "trilinear",
        "K": "3x3x3",
        "W": "1x3x5",
        "P": "1x2x2",
        "S": "1x2x2",
        "M": "3x1x2",
        "A": "1x1x1",
    },
}
"""What letters of the steps below stand for: kernels, a pool's, strides, pads, one place."""
STEPS = [
    "K 6", "K 6 /S", "W 6 valid", "K 6 pad=A", "K 6 dil=S same", "K 6 groups=3", "K depthwise",
    "K 6 linear", "K 6 bias", "K 6 nogamma eps=0.01 momentum=0.3", "K 6 leakyrelu:0.2",
    "K 6 /S tf_same", "W 6 /2 tf_same dil=1", "K 6 prelu:channelwise",
    "sepconv K 6", "sepconv W 6 /S bias",
    "maxpool K", "maxpool K /S", "maxpool P /2 ceil", "maxpool K /2 tf_same", "maxpool K /3 pad=A",
    "avgpool K", "avgpool K /S nopad", "avgpool P /P", "avgpool P /2 tf_same nopad",
    "globalpool avg", "globalpool max", "adaptivepool avg M", "adaptivepool max M",
    "batchnorm", "batchnorm nogamma", "lrn 3", "shuffle 3", "scale 0.5", "softmax", "dropout 0.4",
    "{concat: [A 4, [A 2, K 5], maxpool K]}", "{add: [A 6, K 6], then: relu}",
    "{concat: [A 4, K 5], then: A in linear, residual: {scale: 0.2}}",
    "{mul: [identity, [globalpool avg, A in/2, A in linear sigmoid]]}",
    "{split: [2, rest], concat: [identity, K in/3]}",
    "deconv P 6 /P", "deconv K 6 /S linear groups=3", "deconv W 4 /S valid dil=S nobias",
    "upsample 2", "upsample P L",
    *(f"act {kind}" for kind in ACTIVATIONS),
]  # fmt: skip
ranks = pytest.mark.parametrize("rank", INPUTS, ids=["series", "clips"])


def network(step: str, rank: int) -> dsl.Spec:
    kernels = KERNELS[rank]
    words = "".join(kernels.get(letter, letter) for letter in step)
    return dsl.loads(
        f"name: net\ninput: {INPUTS[rank]}\nclasses: 5\n"
        f"stem: [{kernels['K']} 6, {words}]\nhead: [globalpool avg, fc classes]\n"
    )


@ranks
@pytest.mark.parametrize("step", STEPS)
def test_layers_and_joins_come_back(step: str, rank: int) -> None:
    """Of the module and of emitted source, at three sizes and in batches of two, three and four."""
    spec = network(step, rank)
    for model in (build(lower(spec)), emitted(spec)):
        changes = {change.what for change in returned(spec, model)}
        assert changes <= AS_WELL, (step, changes)
    same(spec, emitted(spec))


@every_rank
def test_whole_networks_come_back(name: str) -> None:
    """Blocks, repeats, a reduction and a head."""
    spec = dsl.loads(TEXTS[name]).model_copy(update={"weights": {}})
    for model in (build(lower(spec)), emitted(spec)):
        back = import_module(model, spec.input, name="net", weights="original")
        assert dsl.loads(dsl.dump(back)) == back
        ours = compile_spec(back).double()
        torch.manual_seed(0)
        randomise(model.double())
        load_weights(ours, model.state_dict(), "original")
        still(ours, model)
        alike(ours, model, [spec.input[1:], tuple(side + 9 for side in spec.input[1:])])


def alike(ours: nn.Module, theirs: nn.Module, sizes: list[Any], channels: int = 2) -> None:
    """Equal in evaluation and in training, in batches of two and three."""
    for batch, size in ((batch, size) for size in sizes for batch in (2, 3)):
        x = torch.randn(batch, channels, *size, dtype=torch.float64)
        for training in (False, True):
            with torch.no_grad():
                got, wanted = ours.train(training)(x.clone()), theirs.train(training)(x.clone())
            if training and isinstance(got, tuple):
                wanted = tuple(wanted)
            pairs = zip(got, wanted, strict=True) if isinstance(got, tuple) else [(got, wanted)]
            for one, other in pairs:
                differ(other)
                agree(one, other)


LARGER: dict[int, dict[str, nn.Module]] = {
    1: {
        "deconv 2 5 /2 linear": nn.ConvTranspose1d(6, 5, 2, 2),
        "deconv 3 6 /2 linear nobias groups=3": nn.ConvTranspose1d(
            6, 6, 3, 2, 1, 1, groups=3, bias=False
        ),
        "deconv 3 5 /2 valid dil=2 linear": nn.ConvTranspose1d(6, 5, 3, 2, dilation=2),
        "deconv 5 5 /3 pad=2 linear": nn.ConvTranspose1d(6, 5, 5, 3, 2),
        "upsample 3 nearest": nn.Upsample(scale_factor=3),
        "upsample 2 linear": nn.Upsample(scale_factor=2, mode="linear"),
    },
    3: {
        "deconv 1x2x2 5 /1x2x2 linear": nn.ConvTranspose3d(6, 5, (1, 2, 2), (1, 2, 2)),
        "deconv 3x3x3 6 /2 linear nobias groups=3": nn.ConvTranspose3d(
            6, 6, 3, 2, 1, 1, groups=3, bias=False
        ),
        "deconv 2x3x3 5 /1x2x2 valid dil=1x2x2 linear": nn.ConvTranspose3d(
            6, 5, (2, 3, 3), (1, 2, 2), dilation=(1, 2, 2)
        ),
        "upsample 1x2x3 nearest": nn.Upsample(scale_factor=(1, 2, 3)),
        "upsample 2 trilinear": nn.Upsample(scale_factor=2, mode="trilinear"),
    },
}
"""Torch's modules that make a series or a clip larger, by what is written for them."""


class Larger(nn.Module):
    """One of them between two convolutions."""

    def __init__(self, rank: int, layer: nn.Module) -> None:
        super().__init__()
        conv = {1: nn.Conv1d, 3: nn.Conv3d}[rank]
        norm = {1: nn.BatchNorm1d, 3: nn.BatchNorm3d}[rank]
        self.first: nn.Module = conv(3, 6, 3, padding=1, bias=False)
        self.norm: nn.Module = norm(6)
        self.layer = layer
        self.last: nn.Module = conv(getattr(layer, "out_channels", 6), 4, 3, padding=1)
        self.fc = nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Any:
        x = self.last(self.layer(torch.relu(self.norm(self.first(x)))))
        return self.fc(x.flatten(2).mean(2))


@pytest.mark.parametrize(
    ("rank", "written"), [(rank, written) for rank in LARGER for written in LARGER[rank]]
)
def test_what_makes_a_series_or_a_clip_larger(rank: int, written: str) -> None:
    theirs = Larger(rank, LARGER[rank][written]).double()
    size = (3, 19) if rank == 1 else (3, 4, 7, 9)
    spec = import_module(theirs, size, name="net", weights="original")
    assert written in dsl.dump(spec)
    torch.manual_seed(0)
    randomise(theirs)
    ours = compile_spec(spec).double()
    load_weights(ours, theirs.state_dict(), "original")
    alike(ours, theirs, [size[1:], tuple(side + 3 for side in size[1:])], channels=3)


@ranks
def test_differences_of_what_is_larger_are_told(rank: int) -> None:
    def told(one: str, other: str) -> set[str]:
        first, second = (lower(network(step, rank)) for step in (one, other))
        assert compare(first, lower(network(one, rank))) == []
        return {change.what for change in compare(first, second)}

    assert "groups" in told("deconv K 6 /S", "deconv K 6 /S groups=3")
    assert "stride" in told("deconv K 6 /S", "deconv K 6 /3")
    assert "mode" in told("upsample 2", "upsample 2 L")
    assert "factor" in told("upsample 2", "upsample 3")


# --- Functions ---


class Series(nn.Module):
    """All in functions, and padding by a step of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(3, 6, 5, bias=False)
        self.conv = nn.Conv1d(6, 8, 3, padding="same")
        self.norm = nn.BatchNorm1d(8)
        self.fc = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Any:
        x = F.max_pool1d(F.relu(F.conv1d(F.pad(x, (2, 2)), self.first.weight, stride=2)), 2)
        x = F.avg_pool1d(self.norm(self.conv(x)), 3, 1, 1, count_include_pad=False)
        return self.fc(F.adaptive_avg_pool1d(x, 1).squeeze(-1) + x.mean(2) + x.amax(-1))


class Clips(nn.Module):
    """The same for clips, where a dimension of the mean counts from the end."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv3d(3, 8, (3, 5, 5), (1, 2, 2))
        self.norm = nn.BatchNorm3d(8)
        self.fc = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Any:
        x = F.relu(self.norm(self.conv(F.pad(x, (2, 2, 2, 2, 1, 1)))))
        x = F.avg_pool3d(F.max_pool3d(x, (1, 2, 2)), (1, 3, 3), 1, (0, 1, 1))
        return self.fc(F.adaptive_max_pool3d(x, 1).flatten(1) + x.mean((-3, -2, -1)))


def test_a_series_in_functions_is_read() -> None:
    text = dsl.dump(import_module(Series(), (3, 40)))
    for step in ("5 6 /2", "maxpool 2 /2", "3 8", "avgpool 3", "globalpool max", "fc classes"):
        assert step in text


@pytest.mark.parametrize(("model", "size"), [(Series(), (3, 40)), (Clips(), (3, 6, 30, 28))])
def test_functions_compute_the_same(model: nn.Module, size: tuple[int, ...]) -> None:
    spec = import_module(model, size, weights="original")
    torch.manual_seed(0)
    randomise(model.double())
    ours = compile_spec(spec).double()
    load_weights(ours, model.state_dict(), "original")
    alike(ours, model, [size[1:], tuple(side + 7 for side in size[1:])], channels=3)


def gate(x: Tensor, axes: int, fc: nn.Module) -> Any:
    """A gate whose linear layer works on a vector."""
    found = fc(x.flatten(2).mean(-1)).sigmoid()
    return x * found[(slice(None), slice(None), *(None for _ in range(axes)))]


class Anew(nn.Module):
    """A mean in two steps, a gate of a vector, a norm of channels that lie last, a padded map."""

    def __init__(self, axes: int) -> None:
        super().__init__()
        conv, self.axes = getattr(nn, f"Conv{axes}d"), axes
        self.conv, self.fc, self.norm = conv(3, 6, 3), nn.Linear(6, 6), nn.LayerNorm(6)
        self.drop = getattr(nn, f"Dropout{axes}d")(0.5)
        self.out = nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Any:
        x = gate(self.conv(F.pad(x, (1, 1) * self.axes)), self.axes, self.fc)
        x = self.norm(x.movedim(1, -1)).movedim(-1, 1)
        if self.axes == 3:
            return self.out(x.mean((3, 4)).mean(2))
        return self.out(self.drop(F.adaptive_avg_pool1d(x, 1)).flatten(1))


@pytest.mark.parametrize("axes", INPUTS)
def test_other_ways_to_write_it_are_read(axes: int) -> None:
    model, size = Anew(axes), (3, *(6, 18, 17)[-axes:])
    spec = import_module(model, size, weights="original")
    text = dsl.dump(spec)
    for step in ("mul:", "sigmoid", "layernorm", "globalpool avg"):
        assert step in text, text
    torch.manual_seed(0)
    randomise(model.double())
    ours = compile_spec(spec).double()
    load_weights(ours, model.state_dict(), "original")
    still(ours, model)
    model.drop.p = 0.0
    alike(ours, model, [size[1:], tuple(side + 7 for side in size[1:])], channels=3)


WRONG: dict[str, Any] = {
    "a mean over time alone": (nn.Conv3d(3, 4, 1), lambda x: x.mean(2), "frames, height and"),
    "a mean over pixels alone": (nn.Conv3d(3, 4, 1), lambda x: x.mean((3, 4)), "reduces other"),
    "padded channels": (nn.Conv1d(3, 4, 1), lambda x: F.pad(x, (0, 0, 1, 1)), "pads channels"),
    "an image of a series": (
        nn.Conv1d(3, 4, 1), lambda x: F.max_pool2d(x, 2), r"takes a map of 2 axes, and .* \(4, 32\)"
    ),
    "a vector": (nn.Conv1d(3, 4, 1), lambda x: F.layer_norm(x, x.shape[1:]), "is a layer norm"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_there_are_no_words_for(what: str) -> None:
    conv, function, said = WRONG[what]

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = conv

        def forward(self, x: Tensor) -> Tensor:
            found: Tensor = function(self.conv(x))
            return found

    size = (3, 32) if isinstance(conv, nn.Conv1d) else (3, 8, 32, 32)
    with pytest.raises(dsl.SpecError, match=said):
        import_module(Model(), size)


# --- Sizes ---


@pytest.mark.parametrize(
    ("conv", "given", "whole"),
    [
        (nn.Conv1d(12, 4, 1), (500,), (12, 500)),
        (nn.Conv1d(12, 4, 1), (12, 500), (12, 500)),
        (nn.Conv2d(1, 4, 1), (64, 48), (1, 64, 48)),
        (nn.Conv2d(1, 4, 1), None, (1, 224, 224)),
        (nn.Conv3d(2, 4, 1), (16, 64, 48), (2, 16, 64, 48)),
        (nn.Conv3d(2, 4, 1), (2, 16, 64, 48), (2, 16, 64, 48)),
        (nn.Conv3d(2, 4, 1), None, (2, 16, 112, 112)),
        (nn.ReLU(), (3, 16, 64, 48), (3, 16, 64, 48)),
        (nn.ReLU(), (64, 48), (3, 64, 48)),
    ],
)
def test_a_size_has_the_axes_of_the_model(conv: nn.Module, given: Any, whole: Any) -> None:
    assert whole_size(conv, given, "mine") == whole


@pytest.mark.parametrize(
    ("conv", "given", "said", "help"),
    [
        (nn.Conv1d(3, 4, 1), None, "of series, and no size", "--input 500"),
        (nn.Conv1d(3, 4, 1), (3, 64, 64), "is of series, and 3x64x64", "as L or CxL"),
        (nn.Conv2d(3, 4, 1), (3, 8, 64, 64), "is of images, and 3x8x64x64", "as HxW or CxHxW"),
        (nn.Conv3d(3, 4, 1), (64, 64), "is of clips, and 64x64", "16x112x112"),
    ],
)
def test_a_size_of_other_axes_is_refused(conv: nn.Module, given: Any, said: str, help: str) -> None:
    with pytest.raises(dsl.SpecError, match=said) as caught:
        whole_size(conv, given, "mine")
    assert help in caught.value.problems[0].help


@pytest.mark.parametrize("size", [(3,), (), (3, 2, 8, 64, 64)])
def test_what_is_no_size_at_all(size: tuple[int, ...]) -> None:
    with pytest.raises(dsl.SpecError, match="is no size of an input"):
        import_module(nn.Conv2d(3, 4, 1), size)


MODEL = """
from torch import nn

def series():
    return nn.Sequential(nn.Conv1d(2, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(),
                         nn.Linear(4, 3))
"""


def test_the_command_line_takes_series(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.py"
    path.write_text(MODEL, encoding="utf-8")
    for size in ("128", "2x128"):
        code, said, _ = ran(["import", f"{path}:series", "--input", size], capsys)
        assert code == 0
        assert "input: [2, 128]" in said
        assert "3 4 bias" in said or "3 4" in said
    code, _, said = ran(["import", f"{path}:series"], capsys)
    assert code == 1
    assert "E160" in said and "--input 500" in said


# --- torchvision's networks for clips ---

VIDEO = {"s3d": 8_320_048, "r3d_18": 33_371_472, "mc3_18": 11_695_440, "r2plus1d_18": 31_505_325}
"""With their parameters, as torchvision's table of weights has them."""
CLIPS = [(5, 28, 36), (8, 33, 25), (4, 40, 32)]


@cache
def named(name: str) -> dsl.Spec:
    return spec_of(f"torchvision:{name}", weights=True)


@pytest.mark.parametrize("name", VIDEO)
def test_torchvision_s_networks_of_clips(name: str) -> None:
    spec = named(name)
    assert dsl.loads(dsl.dump(spec)) == spec
    side = 224 if name == "s3d" else 112
    assert spec.input == (3, 16, side, side)
    assert spec.expect.params == VIDEO[name]


@pytest.mark.parametrize("name", VIDEO)
def test_torchvision_s_networks_of_clips_compute_the_same(name: str) -> None:
    """S3D with a smaller last window, which else asks for clips of 13x209x209."""
    theirs: Any = load(f"torchvision:{name}", {"num_classes": 11})[0]
    size, sizes = (3, 16, 64, 64), CLIPS
    if name == "s3d":
        theirs.avgpool.kernel_size = (2, 1, 1)
        sizes = [(13, 40, 33), (16, 33, 40), (17, 36, 36)]
    spec = import_module(theirs, size, weights="torchvision")
    torch.manual_seed(0)
    randomise(theirs.double())
    ours = compile_spec(spec).double()
    load_weights(ours, theirs.state_dict(), "torchvision")
    still(ours, theirs)
    alike(ours, theirs, sizes, channels=3)


REFUSED = {
    "mvit_v1_b": {"is a layer norm", "is a linear layer over", "(MultiscaleAttention)"},
    "swin3d_t": {"is a layer norm", "is a linear layer over the last axis", "moves axes"},
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_attention_over_clips_is_refused_with_every_reason(name: str) -> None:
    with pytest.raises(dsl.SpecError) as caught:
        spec_of(f"torchvision:{name}")
    said = [problem.message for problem in caught.value.problems]
    assert {problem.code for problem in caught.value.problems} == {"E161"}
    for reason in REFUSED[name]:
        assert any(reason in message for message in said), reason
