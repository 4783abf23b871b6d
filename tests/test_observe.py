"""The runtime oracle against hand counts, torch's own counters and real CPU tensors."""

from collections.abc import Callable
from types import ModuleType

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.modules import module as nn_module
from torch.utils.flop_counter import FlopCounterMode

from compiler.oracle.observe import Observation, UnknownOpError, observe
from compiler.oracle.observe_memory import PeakMeter, SavedBytes
from compiler.oracle.observe_ops import KnownOps, storage_keys
from tests.peers import torchvision_models

N, C, H, W = 2, 16, 12, 12
E = N * C * H * W  # elements of the probe image
B = 4 * E  # its bytes

Maker = Callable[[], nn.Module]


class Fn(nn.Module):
    """A function as a composite module, so that its operators are its own."""

    def __init__(self, fn: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.fn = fn
        self.child = nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The function of `x`."""
        return self.fn(x)


def probe(layer: nn.Module, *, training: bool = True) -> Observation:
    """A layer behind a 1x1 convolution, which makes its input need a gradient."""
    model = nn.Sequential(nn.Conv2d(C, C, 1, bias=False), layer).to("meta")
    return observe(model, (C, H, W), batch=N, training=training)


def same_average(x: torch.Tensor) -> torch.Tensor:
    ones = torch.ones_like(x[:1, :1])
    return F.avg_pool2d(F.pad(x, (0, 1, 0, 1)), 3, 2) / F.avg_pool2d(
        F.pad(ones, (0, 1, 0, 1)), 3, 2
    )


POOLED = N * C * 25  # elements after a 3/2 pool
PADDED = N * C * 13 * 13  # elements after one row and column of padding
# The layer, what it saves besides the image (which the probe's convolution saves), and the
# elements it writes in training mode. B alone is the layer's input or output.
LAYERS: dict[str, tuple[Maker, int, int]] = {
    "identity": (nn.Identity, 0, 0),
    "conv": (lambda: nn.Conv2d(C, 8, 3), B, N * 8 * 100),
    "bn": (lambda: nn.BatchNorm2d(C), B + 2 * C * 4, E),
    "bn without affine": (lambda: nn.BatchNorm2d(C, affine=False), B + 2 * C * 4, E),
    "group norm": (lambda: nn.GroupNorm(4, C), B + 2 * N * 4 * 4, E),
    "relu": (nn.ReLU, B, E),
    "relu_": (lambda: nn.ReLU(True), B, E),
    "relu6": (nn.ReLU6, B, E),
    "relu6_": (lambda: nn.ReLU6(True), B, E),
    "silu": (nn.SiLU, B, E),
    "silu_": (lambda: nn.SiLU(True), B, E),
    "gelu": (nn.GELU, B, E),
    "leaky relu_": (lambda: nn.LeakyReLU(0.1, True), B, E),
    "prelu": (lambda: nn.PReLU(C), B, E),
    "hardswish_": (lambda: nn.Hardswish(True), B, E),
    "softplus": (nn.Softplus, B, E),
    "sigmoid": (nn.Sigmoid, B, E),
    "tanh": (nn.Tanh, B, E),
    "softmax": (lambda: nn.Softmax(1), B, E),
    "max pool": (lambda: nn.MaxPool2d(3, 2), B + 8 * POOLED, POOLED),
    "avg pool": (lambda: nn.AvgPool2d(3, 2), B, POOLED),
    "global avg pool": (lambda: nn.AdaptiveAvgPool2d(1), 0, N * C),
    "adaptive avg pool": (lambda: nn.AdaptiveAvgPool2d(4), B, N * C * 16),
    "adaptive max pool": (lambda: nn.AdaptiveMaxPool2d(1), B + 8 * N * C, N * C),
    "flatten": (nn.Flatten, 0, 0),
    "linear": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(C * H * W, 10)), B, N * 10),
    "dropout": (lambda: nn.Dropout(0.4), B, E),
    "dropout_": (lambda: nn.Dropout(0.4, True), B, E),
    "lrn": (lambda: nn.LocalResponseNorm(5), 3 * B + 4 * N * (C + 4) * H * W, E),
    "shuffle": (lambda: nn.ChannelShuffle(2), 0, E),
    "upsample": (lambda: nn.Upsample(scale_factor=2), 0, 4 * E),
    "bilinear": (lambda: nn.Upsample(scale_factor=2, mode="bilinear"), 0, 4 * E),
    "deconv": (lambda: nn.ConvTranspose2d(C, 8, 2, 2), B, N * 8 * 4 * H * W),
    "pad": (lambda: nn.ZeroPad2d((0, 1, 0, 1)), 0, PADDED),
    "cat": (lambda: Fn(lambda x: torch.cat([x, x], 1)), 0, 2 * E),
    "scaled add": (lambda: Fn(lambda x: torch.add(x, x, alpha=0.2)), 0, E),
    "scale, add": (lambda: Fn(lambda x: x + x * 0.2), 0, 2 * E),
    "same average": (
        lambda: Fn(same_average),
        4 * PADDED + 4 * 36,
        PADDED + N * C * 36 + H * W + 169 + 36 + N * C * 36,
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_what_a_layer_saves_and_writes(name: str) -> None:
    make, saved, writes = LAYERS[name]
    seen = probe(make())
    assert seen.saved_bytes == B + saved
    assert seen.all_outputs == E + writes


@pytest.mark.parametrize("name", LAYERS)
def test_meta_agrees_with_real_tensors(name: str) -> None:
    model = nn.Sequential(nn.Conv2d(C, C, 1, bias=False), LAYERS[name][0]())
    keys = storage_keys([*model.parameters(), *model.buffers()])
    image = torch.zeros(N, C, H, W)
    seen = observe(model, (C, H, W), batch=N)
    with SavedBytes(keys) as saved:
        kept = model(image)
    assert (saved.total, kept.device.type) == (seen.saved_bytes, "cpu")
    meter = PeakMeter(keys, image)
    with torch.no_grad(), KnownOps(meter.saw):
        model.eval()(image)
    assert meter.peak == seen.peak_bytes


def test_eval_dropout_writes_nothing() -> None:
    assert probe(nn.Dropout(0.4), training=False).all_outputs == E


PEAKS: dict[str, tuple[Maker, int]] = {
    # The probe's input stays alive throughout, as the caller's argument.
    "in place": (lambda: nn.ReLU(True), 2 * B),
    "out of place": (nn.ReLU, 3 * B),
    "three in a row": (lambda: nn.Sequential(nn.ReLU(), nn.ReLU(), nn.ReLU()), 4 * B),
    "max pool indices": (lambda: nn.MaxPool2d(3, 2), 2 * B + 12 * POOLED),
    "eval batch norm": (lambda: nn.BatchNorm2d(C), 3 * B),
    "views": (lambda: nn.Sequential(nn.Flatten(), nn.Unflatten(1, (C, H, W))), 2 * B),
    "cat": (lambda: Fn(lambda x: torch.cat([x, x], 1)), 4 * B),
    "lrn": (lambda: nn.LocalResponseNorm(5), 5 * B),
    "shuffle": (lambda: nn.ChannelShuffle(2), 3 * B),
}


@pytest.mark.parametrize("name", PEAKS)
def test_peak_by_hand(name: str) -> None:
    make, peak = PEAKS[name]
    assert probe(make()).peak_bytes == peak


def test_a_composite_keeps_its_input_alive() -> None:
    flat = nn.Sequential(nn.ReLU(), nn.ReLU(), nn.ReLU(), nn.ReLU())
    nested = nn.Sequential(nn.ReLU(), nn.Sequential(nn.ReLU(), nn.ReLU(), nn.ReLU()))
    assert observe(flat, (C, H, W)).peak_bytes == 3 * B // N
    assert observe(nested, (C, H, W)).peak_bytes == 4 * B // N


@pytest.fixture(scope="module")
def models() -> ModuleType:
    try:
        return torchvision_models()
    except ImportError as error:
        pytest.skip(str(error))


PUBLISHED = {
    "googlenet": (224, 6_624_904, 1_498_376_192, 3_227_160, 379),
    "inception_v3": (299, 23_834_568, 5_713_216_096, 8_968_488, 1311),
}


def build(models: ModuleType, name: str, **options: object) -> nn.Module:
    with torch.device("meta"):
        made: nn.Module = getattr(models, name)(weights=None, init_weights=False, **options)
    return made


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_totals(models: ModuleType, name: str) -> None:
    size, params, macs, activations, field = PUBLISHED[name]
    seen = observe(build(models, name, aux_logits=False), (3, size, size))
    assert sum(torch.Size(shape).numel() for shape in seen.params.values()) == params
    assert (seen.macs, seen.activations) == (macs, activations)
    assert (seen.receptive_field, seen.stride) == ((field, field), (32, 32))


def elements_by_hooks(model: nn.Module, image: torch.Tensor) -> int:
    """Outputs by module type: blind to functional cats and pools, so only for `googlenet`."""
    total = 0

    def add(module: nn.Module, args: object, out: torch.Tensor) -> None:
        nonlocal total
        # Every module but containers; BasicConv2d stands for its F.relu, Inception for its cat.
        if not isinstance(module, nn.Sequential | nn.Dropout) and module is not model:
            total += out.numel()

    hooks = [module.register_forward_hook(add) for module in model.modules()]
    model.eval()(image)
    for hook in hooks:
        hook.remove()
    return total


def test_googlenet_counts_functional_work(models: ModuleType) -> None:
    model = build(models, "googlenet", aux_logits=False)
    seen = observe(model, (3, 224, 224))
    assert seen.all_outputs == elements_by_hooks(model, torch.empty(1, 3, 224, 224, device="meta"))
    assert seen.layers["inception3a"].out == (256, 28, 28)  # its cat
    assert seen.layers["inception3a"].all_outputs == 256 * 28 * 28
    assert seen.layers["conv1"].all_outputs == 64 * 112 * 112  # its F.relu
    assert seen.layers["conv1.conv"].field == ((7, 7), (2, 2), (3, 3))
    assert list(seen.layers)[:4] == ["conv1.conv", "conv1.bn", "conv1", "maxpool1"]
    assert seen.layers["fc"].field is None


@pytest.mark.parametrize("name", PUBLISHED)
def test_training_with_aux_heads(models: ModuleType, name: str) -> None:
    size, _, _, _, field = PUBLISHED[name]
    model = build(models, name, aux_logits=True)
    seen = observe(model, (3, size, size), batch=2, training=True)
    with FlopCounterMode(display=False) as flops:
        model.train()(torch.empty(2, 3, size, size, device="meta"))
    assert seen.macs == flops.get_total_flops() // 2
    assert seen.receptive_field == (field, field)  # of the main path, not of an aux head's
    assert any("aux" in path.lower() for path in seen.layers)


def test_batch_norm_that_refuses_the_batch_leaves_no_saved_bytes() -> None:
    model = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(3))
    assert observe(model, (3, 8, 8)).saved_bytes is None
    assert observe(model, (3, 8, 8), batch=2).saved_bytes is not None


FIELDS: dict[str, Maker] = {
    "dilated": lambda: nn.Sequential(nn.Conv2d(1, 1, 3, 2, 1), nn.Conv2d(1, 1, 3, dilation=2)),
    "factorised": lambda: nn.Sequential(nn.Conv2d(1, 1, (1, 7), padding=(0, 3)), nn.AvgPool2d(2)),
    "branches": lambda: Fn(lambda x: torch.cat([F.avg_pool2d(x, 3, 1, 1), x], 1)),
    "padded": lambda: nn.Sequential(nn.ZeroPad2d((2, 0, 1, 0)), nn.AvgPool2d((2, 3), (1, 2))),
    "cropped": lambda: Fn(lambda x: x[:, :, 2:, 1::2]),
    "adaptive": lambda: nn.AdaptiveAvgPool2d((8, 4)),
}


@pytest.mark.parametrize("name", FIELDS)
def test_field_is_where_the_gradient_lands(name: str) -> None:
    """A middle output's non-zero gradients fill the predicted window, edge to edge."""
    model = FIELDS[name]()
    seen = observe(model, (1, 32, 32))
    for parameter in model.parameters():
        nn.init.ones_(parameter)
    out = model(image := torch.rand(1, 1, 32, 32, requires_grad=True))
    assert seen.receptive_field and seen.stride and seen.padding
    for axis in (0, 1):
        middle = [size // 2 for size in out.shape[2:]]
        start = middle[axis] * seen.stride[axis] - seen.padding[axis]
        (grad,) = torch.autograd.grad(out[0, :, *middle].sum(), image, retain_graph=True)
        touched = grad[0, 0].sum(1 - axis).nonzero().flatten()
        last = start + seen.receptive_field[axis] - 1
        assert (int(touched.min()), int(touched.max())) == (start, last)


def test_field_ends_where_the_map_ends() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AvgPool2d(6), nn.Flatten(), nn.Linear(4, 2))
    seen = observe(model, (3, 8, 8))
    assert [layer.field is None for layer in seen.layers.values()] == [False, True, True, True]
    assert seen.receptive_field == (3, 3)


def test_an_in_place_join_leaves_earlier_fields_alone() -> None:
    class Join(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(3, 4, 5, padding=2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y: torch.Tensor = self.a(x)
            y += self.b(x)
            return y

    seen = observe(Join(), (3, 8, 8))
    assert seen.layers["a"].field == ((3, 3), (1, 1), (1, 1))
    assert seen.receptive_field == (5, 5)


def test_repeated_calls_are_told_apart() -> None:
    relu = nn.ReLU()
    seen = observe(nn.Sequential(relu, relu), (3, 8, 8))
    assert list(seen.layers) == ["0", "0#2"]


def test_unknown_operators_are_named() -> None:
    with pytest.raises(UnknownOpError, match=r"aten\.cos"):
        observe(Fn(torch.cos), (3, 8, 8))


@pytest.mark.parametrize("fails", [False, True])
def test_observing_leaves_no_trace(fails: bool) -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), Fn(torch.cos if fails else F.relu))
    model[1].eval()  # frozen statistics in a training model
    before = {name: (id(t), t.clone(), t._version) for name, t in model.state_dict().items()}
    hooks = len(nn_module._global_forward_hooks), len(nn_module._global_forward_pre_hooks)
    try:
        observe(model, (3, 8, 8), training=True)
    except UnknownOpError:
        assert fails
    assert [m.training for m in model] == [True, False, True]
    for name, t in model.state_dict().items():
        assert torch.equal(t, before[name][1]) and t._version == before[name][2]
    assert hooks == (len(nn_module._global_forward_hooks), len(nn_module._global_forward_pre_hooks))
