"""What fine-tuning needs: other classes, another dropout rate."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import dsl
from compiler import compile_spec
from compiler.ir.network import Network
from compiler.ir.nodes import leaves
from compiler.nn.module import CompiledNetwork
from compiler.source import emit
from compiler.source.classnames import class_name
from tests import odd_specs
from tests.test_module import SMALL, compiled, image, spec
from tests.test_source import imported, randomise, tensors


def shapes(network: Network) -> dict[str, tuple[int, ...]]:
    """Parameters and buffers as the IR says."""
    found = {}
    for path, leaf in leaves(network.nodes):
        for key, shape in (leaf.op.params(leaf.inp) | leaf.op.buffers(leaf.inp)).items():
            found[f"{path}.{key}"] = tuple(map(int, shape))
    return found


def truthful(model: CompiledNetwork) -> bool:
    """Whether the IR tells the module's state and output."""
    state = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    return state == shapes(model.network)


def layer(key: str) -> str:
    return key.rpartition(".")[0]


def kept(model: CompiledNetwork) -> dict[str, Tensor]:
    return {key: value.clone() for key, value in model.state_dict().items()}


# --- Another number of classes -------------------------------------------------------------


@pytest.mark.parametrize("name", [*SMALL, "heads", "repeats", "nested_calls", "inits"])
def test_a_reset_network_is_one_compiled_so(name: str) -> None:
    own = spec(name) if name in SMALL else odd_specs.spec(name)
    model = compile_spec(own)
    randomise(model)
    before = kept(model)
    for classes in (9, 4):
        model.reset_classifier(classes)
        fresh = compile_spec(own, num_classes=classes)
        assert list(model.state_dict()) == list(fresh.state_dict())
        assert truthful(model) and truthful(fresh)
        assert replace(model.network, origin="") == replace(fresh.network, origin="")
        assert model.num_classes == model.network.classes == classes
        # In everything that classes don't size, nothing has moved.
        after = model.state_dict()
        sized = {layer(key) for key in after if after[key].shape != before[key].shape}
        assert sized
        for key, value in after.items():
            assert layer(key) in sized or torch.equal(value, before[key]), key
        fresh.load_state_dict(after)
        x = image(name) if name in SMALL else torch.randn(2, 3, 16, 16)
        for training in (False, True):
            results = []
            for twin in (model, fresh):
                torch.manual_seed(1)
                results.append(tensors(twin.train(training)(x)))
            for ours, theirs in zip(*results, strict=True):
                assert torch.equal(ours, theirs)
        before = kept(model)


def test_the_same_number_draws_a_new_classifier() -> None:
    model = compiled("squeezed")
    before = kept(model)
    model.reset_classifier(7)
    changed = {k for k, value in model.state_dict().items() if not torch.equal(value, before[k])}
    assert changed == {"fc.weight", "fc.bias", "side.fc.weight", "side.fc.bias"}


def test_new_layers_are_drawn_as_the_spec_says() -> None:
    model = compile_spec("inception_v3")
    model.reset_classifier(400)
    assert 0.08 < float(model.get_parameter("fc.weight").detach().std()) < 0.1, (
        "N(0, 0.1), cut at +-2"
    )
    aux = model.get_parameter("aux.fc.weight").detach()
    assert 0.0008 < float(aux.std()) < 0.0012, "a layer's own init"


def test_new_layers_go_where_the_rest_is() -> None:
    model = compiled("squeezed").double().eval()
    model.reset_classifier(3)
    assert model.get_parameter("fc.weight").dtype == torch.float64
    assert not model.get_submodule("fc").training
    assert model(image("squeezed").double()).shape == (2, 3)
    meta = compiled("squeezed").to("meta")
    meta.reset_classifier(3)
    assert {value.device.type for value in meta.state_dict().values()} == {"meta"}


def test_new_containers_are_in_the_mode_of_the_rest() -> None:
    text = "name: n\ninput: [3, 8, 8]\nclasses: 5\nhead: [last: 1x1 classes, globalpool avg]"
    model = compile_spec(dsl.loads(text)).eval()
    model.reset_classifier(0)
    model.reset_classifier(6)
    assert not any(module.training for module in model.modules())


def test_headers_tell_the_number() -> None:
    model = compile_spec("inception_v3", num_classes=20, aux=False)
    assert model.network.options == ("--classes 20", "--no-aux")
    model.reset_classifier(30)
    assert model.network.options == ("--classes 30", "--no-aux")
    assert not model.network.taps


def test_a_reset_network_pickles_and_emits() -> None:
    model, x = compiled("squeezed"), image("squeezed")
    model.reset_classifier(3)
    for twin in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):  # noqa: S301  # our own
        assert torch.equal(twin.eval()(x), model.eval()(x))
        twin.reset_classifier(2)
        assert twin.train()(x).side.shape == (2, 2)
    text = emit(model.network)
    other = getattr(imported(model.network, text), class_name(model.network))()
    other.load_state_dict(model.state_dict(), strict=True)
    assert torch.equal(other.eval()(x), model(x))


def test_no_classes_leave_the_pooled_features() -> None:
    model, x = compiled("squeezed"), image("squeezed")
    features = model.eval().forward_head(model.forward_features(x), pre_logits=True)
    model.reset_classifier(0)
    for training in (False, True):
        output = model.train(training)(x)
        assert isinstance(output, Tensor), "no heads"
        assert output.shape == features.shape == (2, *map(int, model.network.out))
    assert torch.equal(model.eval()(x), features) is False, "the training pass moved statistics"
    assert (model.num_classes, model.network.taps, truthful(model)) == (0, (), True)
    assert not any(key.startswith(("fc", "side")) for key in model.state_dict())
    model.reset_classifier(0)
    model.reset_classifier(4)
    assert model.eval()(x).shape == (2, 4)
    assert isinstance(model.train()(x), Tensor), "heads that were dropped stay away"
    assert truthful(model)


def test_no_classes_drop_what_follows_the_classifier() -> None:
    model = compile_spec(odd_specs.spec("inline_splits"), num_classes=None)
    assert "softmax" in dict(model.named_children())
    # Its body has a layer of `classes` channels, which no features can do without.
    with pytest.raises(ValueError, match="probe can't do without classes: they size s"):
        model.reset_classifier(0)
    text = "name: n\ninput: [3, 8, 8]\nclasses: 5\nhead: [globalpool avg, fc classes, softmax]"
    model = compile_spec(dsl.loads(text))
    model.reset_classifier(0)
    x = torch.randn(2, 3, 8, 8)
    assert torch.equal(model(x), x.mean((2, 3), keepdim=True).flatten(1))
    model.reset_classifier(6)
    assert torch.allclose(model(x).sum(1), torch.ones(2))


def test_compiled_without_classes() -> None:
    model = compile_spec(spec("squeezed"), num_classes=0)
    assert model.eval()(image("squeezed")).shape == (2, model.num_features)
    assert model.num_classes == 0


@pytest.mark.parametrize("classes", [-1, 10**6])
def test_wrong_numbers_of_classes(classes: int) -> None:
    model = compiled("squeezed")
    before = kept(model)
    with pytest.raises(ValueError, match="must be a whole number from 1 to 100,000"):
        model.reset_classifier(classes)
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    assert model.num_classes == 7


@pytest.mark.parametrize("classes", [0, 3])
def test_networks_without_a_classifier(classes: int) -> None:
    model = compile_spec(odd_specs.spec("only_a_pool"))
    with pytest.raises(ValueError, match="probe has no layer that `classes` sizes"):
        model.reset_classifier(classes)


# --- Dropout -------------------------------------------------------------------------------


def test_the_heads_dropout() -> None:
    model = compile_spec("googlenet", dropout=0.3)
    rates = {name: m.p for name, m in model.named_modules() if isinstance(m, nn.Dropout)}
    assert rates == {"dropout": 0.3, "aux1.dropout": 0.7, "aux2.dropout": 0.7}
    assert model.network.options == ("--set head.dropout=0.3",)
    model.reset_classifier(4)
    rates = {name: m.p for name, m in model.named_modules() if isinstance(m, nn.Dropout)}
    assert rates["dropout"] == 0.3
    assert dict(leaves(model.network.nodes))["dropout"].op.p == 0.3  # type: ignore[attr-defined]
    assert compile_spec("googlenet", dropout=0).get_submodule("dropout").p == 0


def test_emitted_source_has_the_same_rate() -> None:
    model = compile_spec("googlenet", dropout=0.3)
    module: Any = imported(model.network, emit(model.network))
    with torch.device("meta"):
        assert module.GoogLeNet().dropout.p == 0.3


DROPOUTS = {
    "only_a_pool": "probe has no dropout in its head, so its rate can't be set",
    "heads": "probe has several dropouts in its head",
    "nothing_at_all": "its head has no steps",
}


@pytest.mark.parametrize(("name", "message"), DROPOUTS.items())
def test_heads_without_one_dropout(name: str, message: str) -> None:
    with pytest.raises(dsl.SpecError, match="E026") as caught:
        compile_spec(odd_specs.spec(name), dropout=0.3)
    assert message in str(caught.value)


@pytest.mark.parametrize("channels", [0, -1])
def test_wrong_numbers_of_channels(channels: int) -> None:
    with pytest.raises(ValueError, match="must be a whole number from 1 to 100,000"):
        compile_spec("googlenet", in_channels=channels)


@pytest.mark.parametrize("rate", [1.5, -0.1, float("nan")])
def test_wrong_rates(rate: float) -> None:
    with pytest.raises(dsl.SpecError):
        compile_spec("googlenet", dropout=rate)
