"""The compiled module as a torch citizen: compilers, copies, devices, arguments, errors."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import dsl
from compiler import compile_spec
from compiler.ir.network import Network
from compiler.lowering.lower import lower
from compiler.lowering.prepare import Overrides, prepare
from compiler.nn.module import CompiledNetwork, build
from compiler.source import emit
from compiler.source.classnames import class_name
from dsl.models.fields import INITS
from dsl.models.spec import Spec
from tests import odd_specs
from tests.networks import HEAD, TEXTS
from tests.test_source import imported, randomise, tensors

TF_SAME = """
name: squeezed
input: [3, 25, 32]
classes: 7
defaults: {padding: tf_same, avgpool: nopad}
stem: [3x3 8 /2, 2x2 8, sepconv 3x3 8 /2, maxpool 3x3 /2]
inception:
  A: {params: [n], concat: [1x1 n, [2x3 n, avgpool 2x2], [avgpool 3x3, 1x1 n], maxpool 4x4]}
reduction:
  R: {concat: [3x3 8 /2, avgpool 3x3 /2 countpad, avgpool 2x2 /2, maxpool 3x3 /2]}
body: [a: A n=4, b: A n=6 x2, r: R]
head: [globalpool avg, dropout 0.2, fc classes]
aux:
  - side: {from: a, weight: 0.3, do: [avgpool 3x3 /2, 1x1 4, flatten, fc classes]}
"""
SMALL = ["squeezed", "inline_splits", "heads_at_the_end"]
NAMES = [*SMALL, "residual", "googlenet"]


def spec(name: str) -> Spec:
    if name == "squeezed":
        return dsl.loads(TF_SAME)
    if name in odd_specs.TEXTS:
        return odd_specs.spec(name)
    if name in TEXTS:
        return dsl.loads(HEAD + TEXTS[name])
    return prepare(name, overrides=Overrides(size=(40, 33))).spec


@cache
def network(name: str) -> Network:
    return lower(spec(name))


def compiled(name: str) -> CompiledNetwork:
    torch.manual_seed(0)
    model = build(network(name))
    randomise(model)
    return model


def emitted(name: str) -> nn.Module:
    net = network(name)
    model: nn.Module = getattr(imported(net, emit(net)), class_name(net))()
    model.load_state_dict(compiled(name).state_dict())
    return model


def image(name: str, batch: int = 2) -> Tensor:
    shape = (batch, *(int(n) for n in network(name).input))
    return torch.randn(shape, generator=torch.Generator().manual_seed(5))


every_network = pytest.mark.parametrize("name", NAMES)
every_form = pytest.mark.parametrize("make", [compiled, emitted])
Make = Callable[[str], nn.Module]


def equal(ours: Any, theirs: Any) -> None:
    for a, b in zip(tensors(ours), tensors(theirs), strict=True):
        assert torch.equal(a, b)


def result(model: Any, x: Tensor) -> Any:
    torch.manual_seed(7)
    return model(x)


# --- Tracing and compiling -----------------------------------------------------------------


@every_form
@pytest.mark.parametrize("name", SMALL[::2])
def test_compiles_as_one_graph(name: str, make: Make) -> None:
    x = image(name)
    for training in (False, True):
        model, twin = make(name).train(training), make(name).train(training)
        torch._dynamo.reset()
        fast = torch.compile(model, backend="eager", fullgraph=True)
        outputs = result(fast, x)
        equal(outputs, result(twin, x))
        assert isinstance(outputs, Tensor) == (not training or not network(name).taps)
        for key, value in model.state_dict().items():
            assert torch.equal(value, twin.state_dict()[key]), key


@every_form
@pytest.mark.parametrize("name", SMALL)
def test_exports(name: str, make: Make) -> None:
    x, model = image(name), make(name).eval()
    batch = {0: torch.export.Dim("batch", min=2, max=64)}
    program = torch.export.export(model, (x,), dynamic_shapes=(batch,))
    more = image(name, batch=5)
    with torch.no_grad():
        torch.testing.assert_close(program.module()(x), model(x), rtol=0, atol=0)
        torch.testing.assert_close(program.module()(more), model(more))


@every_form
@every_network
def test_traces(name: str, make: Make) -> None:
    x, model = image(name), make(name).eval()
    with torch.no_grad():
        traced = torch.fx.symbolic_trace(model)
        assert torch.equal(traced(x), model(x))


def test_traces_keep_to_any_size() -> None:
    """SAME's padding follows the input's size, also once it is traced."""
    for make in (compiled, emitted):
        model = make("squeezed").eval()
        traced = torch.fx.symbolic_trace(model)
        x = torch.randn(1, 3, 30, 27)
        assert torch.equal(traced(x), model(x))


def test_traces_norms_without_gamma() -> None:
    own = dsl.loads("name: n\ninput: [3, 8, 8]\nclasses: 4\nstem: [3x3 4 nogamma]")
    model = compile_spec(own)
    emitted_model = imported(model.network, emit(model.network)).N()
    emitted_model.load_state_dict(model.state_dict(), strict=True)
    x = torch.randn(2, 3, 8, 8)
    for made in (model.eval(), emitted_model.eval()):
        assert torch.equal(torch.fx.symbolic_trace(made)(x), model(x))


# --- Copies and devices --------------------------------------------------------------------


@every_network
def test_pickles_and_copies(name: str) -> None:
    model, x = compiled(name), image(name)
    result(model.train(), x)  # What was checked and cached travels along, or not at all.
    for twin in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):  # noqa: S301  # our own
        assert isinstance(twin, CompiledNetwork)
        assert list(twin.state_dict()) == list(model.state_dict())
        for training in (False, True):
            equal(
                result(twin.train(training), x),
                result(copy.deepcopy(model).train(training), x),
            )
        for mine, other in zip(model.parameters(), twin.parameters(), strict=True):
            assert mine.data_ptr() != other.data_ptr()


def test_what_training_gives_pickles() -> None:
    output = compiled("squeezed").train()(image("squeezed"))
    again = pickle.loads(pickle.dumps(output))  # noqa: S301  # our own
    assert type(again) is type(output)
    assert again._fields == ("logits", "side")
    equal(again, output)


@every_network
def test_builds_on_meta(name: str) -> None:
    net = network(name)
    with torch.device("meta"):
        ours = build(net)
        theirs = getattr(imported(net, emit(net)), class_name(net))()
    for model in (ours, theirs):
        assert {parameter.device.type for parameter in model.parameters()} == {"meta"}
        assert model.eval()(image(name).to("meta")).shape == (2, *map(int, net.out))
        real = model.to_empty(device="cpu")
        real.load_state_dict(compiled(name).state_dict())
        with torch.no_grad():
            assert torch.equal(real(image(name)), compiled(name).eval()(image(name)))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_number_types(dtype: torch.dtype) -> None:
    for make in (compiled, emitted):
        model = make("squeezed").to(dtype)
        for output in tensors(model.train()(image("squeezed").to(dtype))):
            assert output.dtype == dtype


def test_channels_last() -> None:
    x = image("squeezed").double()
    model = compiled("squeezed").double().eval()
    with torch.no_grad():
        expected = model(x)
        for parameter in model.parameters():
            if parameter.dim() == 4:
                parameter.data = parameter.data.to(memory_format=torch.channels_last)
        torch.testing.assert_close(model(x.to(memory_format=torch.channels_last)), expected)


# --- Arguments -----------------------------------------------------------------------------


def test_classes_channels_and_heads() -> None:
    model = compile_spec(spec("squeezed"), num_classes=4, in_channels=1)
    outputs = model.train()(torch.randn(2, 1, 25, 32))
    assert [tuple(output.shape) for output in outputs] == [(2, 4), (2, 4)]
    assert outputs._fields == ("logits", "side")
    assert (model.network.classes, model.network.input) == (4, (1, 25, 32))

    alone = compile_spec(spec("squeezed"), aux=False)
    assert not any(key.startswith("side") for key in alone.state_dict())
    assert isinstance(alone.train()(image("squeezed")), Tensor)
    whole = compile_spec(spec("squeezed")).state_dict()
    rest = {key: value for key, value in whole.items() if not key.startswith("side.")}
    alone.load_state_dict(rest, strict=True)


def test_compiles_a_path_a_name_and_a_variant() -> None:
    slim = compile_spec("inception_v3_cifar10", "slim", num_classes=3)
    assert slim.network.variant == "slim"
    with pytest.raises(dsl.SpecError, match="no variant"):
        compile_spec("inception_v3_cifar10", "slimmer")
    with pytest.raises(dsl.SpecError, match="limit"):
        compile_spec("inception_v3_cifar10", limit=1000)


def test_loss_weighs_each_head() -> None:
    model = compile_spec(odd_specs.spec("heads")).train()
    torch.manual_seed(0)
    outputs, target = model(image("heads")), torch.tensor([1, 4])
    expected = F.cross_entropy(outputs.logits, target)
    weights = {tap.name: tap.weight for tap in network("heads").taps}
    assert list(weights.values()) == [0.3, 0.001, 12.5, 1.0]
    for name, weight in weights.items():
        expected = expected + weight * F.cross_entropy(getattr(outputs, name), target)
    assert torch.equal(model.loss(outputs, target), expected)
    logits = model.eval()(image("heads"))
    assert torch.equal(model.loss(logits, target), F.cross_entropy(logits, target))
    counts = model.loss(outputs, target, lambda logits, _: logits.new_ones(()))
    assert float(counts) == pytest.approx(1 + sum(weights.values()))


# --- Errors --------------------------------------------------------------------------------

WRONG = {
    (3, 25, 32): "takes (N, 3, H, W), such as 25x32 images; got 3 dimensions: (3, 25, 32)",
    (1, 1, 3, 25, 32): "got 5 dimensions",
    (2, 1, 25, 32): "takes (N, 3, H, W), such as 25x32 images; got 1 channel: (2, 1, 25, 32)",
}


@pytest.mark.parametrize(("shape", "message"), WRONG.items())
def test_wrong_inputs_say_what_was_expected(shape: tuple[int, ...], message: str) -> None:
    model = compiled("squeezed")
    for training in (False, True):
        for _ in range(2):  # The second time the answer is known already.
            with pytest.raises(ValueError, match=r"^squeezed takes") as caught:
                model.train(training)(torch.zeros(shape))
            assert message in str(caught.value)


def test_inputs_too_small_or_of_another_size() -> None:
    model = compile_spec("inception_v3").eval()
    with pytest.raises(ValueError, match=r"40x40 doesn't fit: .*needs 3 rows, the input has \d"):
        model(torch.zeros(1, 3, 40, 40))
    heads = compiled("squeezed")
    with torch.no_grad():
        assert heads.eval()(torch.zeros(2, 3, 50, 50)).shape == (2, 7)
    with pytest.raises(ValueError, match=r"50x50 doesn't fit: side\.fc.* was made for"):
        heads.train()(torch.zeros(2, 3, 50, 50))
    assert heads.train()(torch.zeros(2, 3, 25, 31)).logits.shape == (2, 7)


def test_the_flattened_map_must_keep_its_size() -> None:
    text = "name: flat\ninput: [1, 8, 8]\nclasses: 2\nhead: [flatten, fc classes]"
    model = compile_spec(dsl.loads(text))
    with pytest.raises(ValueError, match="fc was made for 64, it gets 81"):
        model(torch.zeros(1, 1, 9, 9))


# Deviations of 3x3 filters from 64 to 32 channels, and how far a draw goes in deviations.
FAN_IN, FAN_OUT = 9 * 64, 9 * 32
UNIFORM, NORMAL = (1.6, 1.74), (3.0, 6.0)
DRAWS = {
    "torch": ((1 / (3 * FAN_IN)) ** 0.5, UNIFORM),
    "normal:0.5": (0.5, NORMAL),
    "trunc_normal:0.1": (0.1, NORMAL),
    "trunc_normal:2": (1.0793, (1.8, 1.86)),  # Cut at 2, whatever the deviation is.
    "he_normal": ((2 / FAN_IN) ** 0.5, NORMAL),
    "he_uniform": ((2 / FAN_IN) ** 0.5, UNIFORM),
    "xavier_normal": ((2 / (FAN_IN + FAN_OUT)) ** 0.5, NORMAL),
    "xavier_uniform": ((2 / (FAN_IN + FAN_OUT)) ** 0.5, UNIFORM),
}


def test_every_init_is_held_to_its_formula() -> None:
    assert set(INITS) == {name.partition(":")[0] for name in DRAWS}


@pytest.mark.parametrize(
    ("init", "place"),
    [(init, "default") for init in DRAWS] + [(init, "own") for init in DRAWS],
)
def test_weights_are_drawn_as_their_scheme_says(init: str, place: str) -> None:
    default, own = (init, "") if place == "default" else ("normal:7", f" init={init}")
    steps = f"[first: 3x3 64, probe: 3x3 32{own}]"
    head = f"name: a\ninput: [3, 8, 8]\nclasses: 2\ndefaults: {{init: '{default}'}}\n"
    torch.manual_seed(0)
    model = build(lower(dsl.loads(f"{head}stem: {steps}")))
    weight = model.get_parameter("probe.conv.weight").detach()
    deviation, (low, high) = DRAWS[init]
    assert float(weight.std()) == pytest.approx(deviation, rel=0.03)
    assert low < float(weight.abs().max()) / deviation < high
