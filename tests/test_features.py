"""Feature maps at named steps, and the two halves of `forward`."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch import Tensor, nn

import dsl
from compiler import compile_features, compile_spec, feature_extractor
from compiler.ir.features import FeatureInfo
from compiler.lowering.prepare import prepare
from compiler.nn.extractor import FeatureNetwork
from tests import odd_specs
from tests.peers import timm
from tests.test_module import NAMES, compiled, image, network, spec
from tests.test_source import randomise

every_network = pytest.mark.parametrize("name", [*NAMES, "heads", "tiny", "only_a_pool"])


def outputs_of_steps(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """What each step gives, as hooks see it."""
    seen: dict[str, Tensor] = {}

    def keep(name: str) -> None:
        def hook(_module: nn.Module, _args: object, output: Tensor) -> None:
            seen[name] = output.detach().clone()

        handles.append(model.get_submodule(name).register_forward_hook(hook))

    handles: list[torch.utils.hooks.RemovableHandle] = []
    for name, _ in model.named_children():
        keep(name)
    with torch.no_grad():
        model(x)
    for handle in handles:
        handle.remove()
    return seen


# --- forward_features and forward_head -----------------------------------------------------


@every_network
def test_forward_is_features_then_head(name: str) -> None:
    model, x = compiled(name).eval(), image(name)
    with torch.no_grad():
        features = model.forward_features(x)
        assert torch.equal(model.forward_head(features), model(x))
        pooled = model.forward_head(features, pre_logits=True)
    assert features.shape[1] == model.num_features
    body = [node for node in network(name).trunk if network(name).sections[node.name] != "head"]
    assert tuple(features.shape[1:]) == tuple(body[-1].out if body else network(name).input)
    inputs = [node.inp for node in network(name).trunk if node.name.startswith("fc")]
    assert tuple(pooled.shape[1:]) == tuple(inputs[-1] if inputs else network(name).out)


def test_features_leave_the_heads_alone() -> None:
    model, x = compiled("squeezed").train(), image("squeezed")
    before = {key: value.clone() for key, value in model.state_dict().items()}
    features = model.forward_features(x)
    assert isinstance(features, Tensor)
    moved = {
        key for key, value in model.state_dict().items() if not torch.equal(value, before[key])
    }
    assert moved, "training moves batch norm's statistics"
    assert not {key for key in moved if key.startswith("side.")}
    # Training as a whole still gives the head's output.
    assert model(x)._fields == ("logits", "side")


def test_attributes_say_what_the_network_is() -> None:
    model = compile_spec("inception_v3", num_classes=7, in_channels=1)
    assert (model.num_classes, model.in_channels, model.num_features) == (7, 1, 2048)
    assert compile_spec(odd_specs.spec("tiny")).num_features == 3


def test_features_take_what_only_the_head_refuses() -> None:
    text = "name: flat\ninput: [1, 8, 8]\nclasses: 2\nstem: [3x3 4]\nhead: [flatten, fc classes]"
    model = compile_spec(dsl.loads(text))
    assert model.forward_features(torch.zeros(1, 1, 9, 9)).shape == (1, 4, 9, 9)
    with pytest.raises(ValueError, match="fc was made for 256, it gets 324"):
        model(torch.zeros(1, 1, 9, 9))
    with pytest.raises(ValueError, match="got 3 channels"):
        model.forward_features(torch.zeros(1, 3, 8, 8))


# --- Feature maps --------------------------------------------------------------------------


def test_default_taps_are_timms() -> None:
    theirs = timm().create_model("inception_v3", features_only=True)
    ours = compile_features("inception_v3")
    assert [info.name for info in ours.feature_info] == [
        name.replace("Conv2d", "conv").replace("_3x3", "").replace("Mixed", "mixed")
        for name in theirs.feature_info.module_name()
    ]
    assert [info.channels for info in ours.feature_info] == theirs.feature_info.channels()
    assert [info.reduction for info in ours.feature_info] == theirs.feature_info.reduction()
    x = torch.zeros(1, 3, 96, 107, device="meta")
    shapes = [found.shape for found in theirs.to("meta")(x)]
    assert [found.shape for found in ours.to("meta")(x).values()] == shapes


@pytest.mark.parametrize("name", ["squeezed", "residual", "googlenet", "inline_splits"])
def test_maps_are_those_inside_the_network(name: str) -> None:
    model, x = compiled(name).eval(), image(name)
    seen = outputs_of_steps(model, x)
    body = [
        node.name for node in network(name).trunk if network(name).sections[node.name] != "head"
    ]
    for steps in (None, body[1:3], body[::-1]):
        taken = feature_extractor(model, steps)
        with torch.no_grad():
            maps = taken(x)
        assert list(maps) == [info.name for info in taken.feature_info]
        assert steps is None or list(maps) == steps
        for info in taken.feature_info:
            assert torch.equal(maps[info.name], seen[info.name])
            assert maps[info.name].shape[1] == info.channels


def test_reductions_are_the_strides() -> None:
    text = """
name: strided
input: [3, 64, 64]
classes: 2
stem: [a: 3x3 8 /2x1, b: 3x3 8, c: [3x3 8 /1x2, 1x1 4]]
reduction: {R: {concat: [3x3 8 /2, [1x1 4, maxpool 3x3 /2]], then: 1x1 8}}
body: [d: R x2, e: globalpool avg]
head: [fc classes]
"""
    model = compile_features(dsl.loads(text))
    assert model.feature_info == (
        FeatureInfo("b", 8, (2, 1)),
        FeatureInfo("c", 4, 2),
        FeatureInfo("d", 8, 8),
    )
    maps = model(torch.zeros(1, 3, 64, 64))
    assert [tuple(found.shape[2:]) for found in maps.values()] == [(32, 64), (32, 32), (8, 8)]
    assert compile_spec(dsl.loads(text)).feature_info == model.feature_info


def test_nothing_is_built_past_the_last_map() -> None:
    backbone = compile_features("inception_v3", ["mixed_5d", "pool_3a"], in_channels=1)
    assert [name for name, _ in backbone.named_children()][-1] == "mixed_5d"
    assert not any(key.startswith(("mixed_6a", "aux", "fc")) for key in backbone.state_dict())
    assert list(backbone(torch.zeros(1, 1, 80, 75))) == ["mixed_5d", "pool_3a"]
    # Its keys are the whole network's.
    whole = compile_spec("inception_v3", in_channels=1).state_dict()
    kept = {key: value for key, value in whole.items() if key in backbone.state_dict()}
    backbone.load_state_dict(kept, strict=True)


def test_an_extractor_shares_its_models_weights() -> None:
    model = compiled("squeezed").eval()
    backbone = feature_extractor(model, ["b"])
    assert not backbone.training
    (found,) = backbone(image("squeezed")).values()
    found.sum().backward()
    assert model.get_parameter("b.0.branch1.conv.weight").grad is not None
    assert model.get_parameter("fc.weight").grad is None


def test_the_same_seed_draws_the_same_backbone() -> None:
    torch.manual_seed(3)
    ours = compile_features("googlenet", ["inception_3a"]).state_dict()
    torch.manual_seed(3)
    for name, parameter in compile_features("googlenet", ["inception_3a"]).state_dict().items():
        assert torch.equal(parameter, ours[name])
    assert 0.005 < float(ours["conv1.conv.weight"].std()) < 0.015, "drawn as the spec says"


WRONG = {
    ("mixd_5d",): "inception_v3: there is no step mixd_5d; did you mean mixed_5d",
    ("mixed_5d", "zzz"): "there is no step zzz; features are at conv_1a, conv_2a",
    ("fc",): "fc gives no feature map",
    ("aux",): "there is no step aux",
    (): "inception_v3 has no feature maps to give",
}


@pytest.mark.parametrize(("steps", "message"), WRONG.items())
def test_wrong_steps_are_named(steps: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=r"^inception_v3") as caught:
        compile_features("inception_v3", steps)
    assert message in str(caught.value)


def test_a_network_without_maps_says_so() -> None:
    with pytest.raises(ValueError, match="probe has no feature maps to give"):
        compile_features(odd_specs.spec("tiny"))
    assert compile_spec(odd_specs.spec("tiny")).feature_info == ()


def test_wrong_inputs_say_what_was_expected() -> None:
    backbone = compile_features(spec("squeezed"))
    with pytest.raises(ValueError, match=r"squeezed takes .* got 1 channel:"):
        backbone(torch.zeros(1, 1, 25, 32))


# --- As torch citizens ---------------------------------------------------------------------


def backbone() -> FeatureNetwork:
    torch.manual_seed(0)
    model = FeatureNetwork(prepare(spec("squeezed")).network)
    randomise(model)
    return model


def equal(ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> None:
    assert list(ours) == list(theirs)
    for name, found in ours.items():
        assert torch.equal(found, theirs[name]), name


def test_backbones_compile_export_and_trace() -> None:
    model, x = backbone().eval(), image("squeezed")
    expected = model(x)
    assert len(expected) > 2
    torch._dynamo.reset()
    equal(torch.compile(model, backend="eager", fullgraph=True)(x), expected)
    equal(torch.export.export(model, (x,)).module()(x), expected)
    equal(torch.fx.symbolic_trace(model)(x), expected)


def test_backbones_pickle_and_copy() -> None:
    model, x = backbone().eval(), image("squeezed")
    for twin in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):  # noqa: S301  # our own
        equal(twin(x), model(x))
        assert twin.feature_info == model.feature_info
    half: nn.Module = backbone().eval()
    half.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch takes it
    with torch.autocast("cpu", torch.bfloat16):
        for found in half(x.to(memory_format=torch.channels_last)).values():
            assert found.dtype == torch.bfloat16


def test_shared_layers_stay_in_their_modes() -> None:
    """Frozen batch norm stays frozen."""
    model = compiled("squeezed").train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    modes = [module.training for module in model.modules()]
    assert feature_extractor(model).training
    assert [module.training for module in model.modules()] == modes
    assert not feature_extractor(model.eval()).training


def test_halves_compile() -> None:
    model, x = compiled("squeezed").eval(), image("squeezed")
    features = model.forward_features(x).detach()
    torch._dynamo.reset()
    compiled_half = torch.compile(model.forward_features, backend="eager", fullgraph=True)
    assert torch.equal(compiled_half(x), features)
    head = torch.compile(model.forward_head, backend="eager", fullgraph=True)
    assert torch.equal(head(features), model(x))
