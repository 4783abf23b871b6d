"""Compiled module and emitted source against the NumPy interpreter, in float64.

The interpreter shares no code with the compiler or with torch, so what it agrees with is
what the language means. Batch-norm statistics are random: at their defaults they hide most
defects.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dsl
from compiler.ir.network import Network
from compiler.lowering.lower import lower
from compiler.lowering.prepare import Overrides, prepare
from compiler.nn.module import build
from compiler.source import emit
from compiler.source.classnames import class_name
from dsl.models.spec import Spec, Variant
from tests import numpy_network
from tests.networks import HEAD, TEXTS
from tests.shelf import IDS, NETWORKS, for_small_clips
from tests.test_source import imported, randomise, tensors

SIZES = {
    "bn_inception": (33, 40),
    "bn_inception-caffe": (32, 64),
    "googlenet": (33, 40),
    "googlenet_2014": (33, 40),
    "googlenet_96": (33, 40),
    "i3d": (10, 33, 40),
    "inception_v1": (193, 200),
    "inception_v1-slips": (217, 224),
    "inception_next": (38, 43),
    "inception_time": (45,),
    "inception_unet": (16, 24),
    "inception_resnet_v1": (75, 83),
    "inception_resnet_v2": (75, 83),
    "inception_v2": (75, 83),
    "inception_v3": (75, 83),
    "inception_v3_cifar10": (9, 12),
    "inception_v3_cifar10-None": (31, 33),
    "inception_v4": (75, 83),
    "s3d": (13, 33, 40),
    "se_inception_resnet_v2": (75, 83),
    "se_inception_v3": (75, 83),
    "xception": (38, 43),
    "xception_aligned": (38, 43),
}
"""The least that fits, nearly, and no squares."""

every_network = pytest.mark.parametrize(("name", "variant"), NETWORKS, ids=IDS)


def models(network: Network) -> tuple[nn.Module, nn.Module]:
    """The compiled module and the emitted one with the same random state, in float64."""
    torch.manual_seed(0)
    ours = build(network).double()
    for parameter in ours.parameters():  # Bare networks shrink what they are given to nothing.
        if parameter.dim() > 1:
            nn.init.kaiming_normal_(parameter)
    randomise(ours)
    theirs = getattr(imported(network, emit(network)), class_name(network))().double()
    theirs.load_state_dict(ours.state_dict(), strict=True)
    return ours, theirs


def image(network: Network, batch: int) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    shape = (batch, *(int(n) for n in network.input))
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def close(ours: Any, theirs: Any) -> None:
    """Equal to 1e-9 of the largest element: below that float64 has nothing to say."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    assert np.isfinite(ours).all()
    scale = float(np.abs(theirs).max(initial=1e-300))
    np.testing.assert_allclose(ours / scale, theirs / scale, rtol=1e-9, atol=1e-9)


def states(module: nn.Module) -> dict[str, Any]:
    return {key: value.detach().clone().numpy() for key, value in module.state_dict().items()}


@every_network
def test_shelf_evaluates_as_its_spec_says(name: str, variant: str | None) -> None:
    size = SIZES.get(f"{name}-{variant}", SIZES[name])
    spec = for_small_clips(name, variant).model_copy(update={"aux": ()})  # They need larger images.
    prepared = prepare(spec, overrides=Overrides(size=size))
    ours, theirs = models(prepared.network)
    x = image(prepared.network, batch=1)
    result = numpy_network.run(prepared.spec, states(ours), x.numpy())
    for model in (ours, theirs):
        with torch.no_grad():
            close(model.eval()(x), result.logits)
    assert float(np.ptp(result.logits)) > 0
    shapes = {node.name: tuple(map(int, node.out)) for node in prepared.network.nodes}
    assert {key: shapes[key] for key in result.shapes} == result.shapes


SMALL = {
    "mixed": """
name: mixed
input: [3, 20, 23]
classes: 5
defaults: {eps: 0.01, momentum: 0.3, padding: tf_same, avgpool: nopad}
stem: [3x3 8 /2, sepconv 3x3 8 bias, batchnorm momentum=0.7, maxpool 3x3 /2, lrn 3 alpha=0.1]
inception:
  inner: {params: {n: 3, act: silu}, concat: [1x1 n act=act, [avgpool 3x3, 3x1 in]]}
  outer:
    params: {n: 4, s: 0.2}
    concat: [1x1 n, [inner n=n, b: inner act=none x2], [2x2 classes, identity]]
    then: 1x1 in linear
    residual: {scale: s, act: gelu}
reduction:
  shrink: {concat: [3x3 in /2, maxpool 2x2 /2, [{add: [1x1 in linear, identity]}, avgpool 3x3 /2]]}
body: [o: outer, p: outer n=2 s=-1 x2, r: shrink]
head: [adaptivepool max 2x1, dropout 0, fc 7, tanh, fc classes]
aux:
  - early: {from: o, weight: 0.3, do: [3x3 in, globalpool avg, flatten, fc in, relu, fc classes]}
  - late: {from: fc1, weight: 0.3, do: [tanh, dropout 1, fc classes]}
  - last: {from: fc2, weight: 0.3, do: [softmax]}
""",
    "plain": """
name: plain
input: [2, 12, 9]
classes: 4
defaults: {norm: none, act: relu6, padding: valid, bias: false}
stem: [3x3 6, 1x3 6 same bias, 3x3 6 linear, avgpool 3x3 /2 same ceil, maxpool 2x2 /2 ceil]
head: [globalpool max, fc classes nobias, softmax]
aux:
  - side: {from: conv2, weight: 1, do: [3x3 4 norm=batch, globalpool avg, fc classes]}
""",
}
SPECS = {name: dsl.loads(text) for name, text in SMALL.items()}
SPECS |= {name: dsl.loads(HEAD + text) for name, text in TEXTS.items() if name != "small"}
STILL = {"head.dropout": 0, "aux.aux1.dropout": 0, "aux.aux2.dropout": 0}
SPECS["googlenet"] = dsl.choose(
    dsl.load("googlenet").model_copy(update={"variants": {"still": Variant(set=STILL)}}), "still"
)


def fitted(name: str) -> tuple[Spec, Network]:
    spec = SPECS[name]
    if name == "googlenet":
        prepared = prepare(spec, overrides=Overrides(size=(47, 40)))
        return prepared.spec, prepared.network
    return spec, lower(spec)


@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
@pytest.mark.parametrize("name", SPECS)
def test_small_networks_do_as_their_specs_say(name: str, training: bool) -> None:
    spec, network = fitted(name)
    ours, theirs = models(network)
    x = image(network, batch=2)
    result = numpy_network.run(spec, states(ours), x.numpy(), training=training)
    heads = [tap.name for tap in network.taps] if training else []
    for model in (ours, theirs):
        with torch.no_grad():
            outputs = tensors(model.train(training)(x))
        assert list(result.heads) == heads
        for output, expected in zip(outputs, (result.logits, *result.heads.values()), strict=True):
            close(output, expected)
        for key, value in states(model).items():
            close(value, result.state[key])
