"""Public networks come back: import them, compile the spec, and the outputs are equal.

Weights go over in the order in which the layers run, which knows nothing of names or maps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import dsl
from compiler.importing import spec_of
from compiler.importing.sources import load
from compiler.nn.module import compile_spec
from compiler.weights import load_weights
from dsl.models.layers import Conv, Split
from dsl.models.spec import Spec
from tests.parity import agree, differ, images, randomise, still


@dataclass(frozen=True)
class Peer:
    """A public model, the size of input that its spec names, and how long its spec may be."""

    source: str
    size: tuple[int, int, int]
    params: int
    lines: int
    heads: int = 0
    odd: tuple[int, int] = (107, 139)
    even: tuple[int, int] = (96, 128)
    trained: tuple[int, int] = (96, 96)
    """The size of the images in training: heads need more, and so do statistics of two images."""


PEERS = (
    Peer("torchvision:googlenet", (3, 224, 224), 13_004_888, 80, heads=2),
    Peer("torchvision:inception_v3", (3, 299, 299), 27_161_264, 90, heads=1, trained=(299, 299)),
    Peer("timm:inception_v3", (3, 299, 299), 23_834_568, 80),
    Peer("timm:inception_v4", (3, 299, 299), 42_679_816, 80),
    Peer("timm:inception_resnet_v2", (3, 299, 299), 55_843_464, 85, trained=(139, 139)),
    Peer("timm:legacy_xception", (3, 299, 299), 22_855_952, 60),
    Peer("timm:efficientnet_b0", (3, 224, 224), 5_288_548, 85),
    Peer("timm:seresnet18", (3, 224, 224), 11_779_624, 55),
    Peer("torchvision:regnet_y_400mf", (3, 224, 224), 4_344_144, 105),
)
EVERY = pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.source)


@cache
def named(source: str) -> Spec:
    """The spec of a public model, with its map of names."""
    return spec_of(source, weights=True)


def imported(source: str) -> Spec:
    """The spec of a public model."""
    return named(source).model_copy(update={"weights": {}})


@EVERY
def test_the_spec_is_whole_short_and_reads_back(peer: Peer) -> None:
    spec = imported(peer.source)
    text = dsl.dump(spec)
    assert dsl.loads(text) == spec
    assert spec.input == peer.size
    assert (spec.expect.params_with_aux or spec.expect.params) == peer.params
    assert len(spec.aux) == peer.heads
    assert spec.meta["imported"]["from"] == peer.source
    assert text.count("\n") <= peer.lines


def test_the_spec_is_the_same_every_time() -> None:
    source = "torchvision:googlenet"
    assert dsl.dump(spec_of(source)) == dsl.dump(imported(source))


def running(model: nn.Module, x: Tensor) -> tuple[list[nn.Module], Any]:
    """The modules with weights in the order in which they run, and what the model gives."""
    found: list[nn.Module] = []
    kinds = nn.Conv2d | nn.BatchNorm2d | nn.Linear
    hooks = [
        each.register_forward_pre_hook(lambda module, _: found.append(module))
        for each in model.modules()
        if isinstance(each, kinds)
    ]
    with torch.no_grad():
        output = model(x)
    for hook in hooks:
        hook.remove()
    return found, output


def transplant(ours: nn.Module, theirs: nn.Module, x: Tensor) -> tuple[Any, Any]:
    """Give ours the weights and statistics of theirs; what both give in training with them."""
    sources, _ = running(theirs, x)
    targets, _ = running(ours, x)
    assert len(targets) == len(sources)
    randomise(theirs)
    for target, source in zip(targets, sources, strict=True):
        target.load_state_dict(source.state_dict())
    with torch.no_grad():
        return ours(x), theirs(x)


def heads(output: Any) -> Iterator[Tensor]:
    """The logits, then the auxiliary outputs from the front of the network to the back."""
    if isinstance(output, Tensor):
        yield output
        return
    fields = output._asdict()
    yield fields.pop("logits")
    yield from (fields[name] for name in sorted(fields))


@EVERY
def test_outputs_are_equal(peer: Peer) -> None:
    torch.manual_seed(0)
    inception = peer.source.startswith(("torchvision:google", "torchvision:incep"))
    kwargs = {"aux_logits": bool(peer.heads)} if inception else {}
    theirs = load(peer.source, {"num_classes": 7, **kwargs})[0].double()
    ours = compile_spec(imported(peer.source), num_classes=7).double()
    still(ours, theirs)
    trained = transplant(ours.train(), theirs.train(), images(peer.trained, torch.float64))
    for one, other in zip(heads(trained[0]), heads(trained[1]), strict=True):
        agree(one, other)
    ours.eval()
    theirs.eval()
    with torch.no_grad():
        for size in (peer.odd, peer.even):
            x = images(size, torch.float64)
            logits = theirs(x)
            differ(logits)
            agree(ours(x), logits)


@EVERY
def test_checkpoints_load_by_the_map_of_names(peer: Peer) -> None:
    torch.manual_seed(0)
    theirs = load(peer.source, {})[0]
    library = peer.source.partition(":")[0]
    spec = named(peer.source)
    assert dsl.loads(dsl.dump(spec)) == spec
    randomise(theirs)
    ours = compile_spec(spec)
    load_weights(ours, theirs.state_dict(), library)
    x = images((96, 96), torch.float32)
    with torch.no_grad():
        agree(ours.eval()(x), theirs.eval()(x))


def test_a_wrong_spec_is_noticed() -> None:
    """The comparison would fail if the import had taken one kernel for another."""
    source = "timm:legacy_xception"
    spec = imported(source)
    wrong = spec.model_copy(update={"defaults": spec.defaults.model_copy(update={"eps": 1e-3})})
    theirs, ours = load(source, {})[0].double(), compile_spec(wrong).double()
    still(ours, theirs)
    x = images((71, 71), torch.float64)
    transplant(ours.train(), theirs.train(), x)
    with torch.no_grad(), pytest.raises(AssertionError):
        agree(ours.eval()(x), theirs.eval()(x))


def test_blocks_are_those_of_the_source() -> None:
    spec = imported("torchvision:inception_v3")
    assert list(spec.inception) == ["InceptionA", "InceptionC", "InceptionE"]
    assert list(spec.reduction) == ["InceptionB", "InceptionD"]
    assert spec.inception["InceptionC"].params == {"c7": None}
    assert dsl.dump(spec).count("mixed_6c: InceptionC c7=160\n") == 1
    assert [head.source for head in spec.aux] == ["mixed_6e"]


def test_residual_blocks_say_their_sum() -> None:
    spec = imported("timm:inception_resnet_v2")
    block = spec.inception["Block8"].body
    assert isinstance(block, Split) and isinstance(block.then, Conv)
    assert block.residual is not None
    assert (block.then.width, block.then.linear) == ("in", True)
    assert spec.inception["Block8"].params == {"scale": 0.2, "act": "relu"}
    lines = dsl.dump(spec).split("\n")
    assert "  - repeat: Block35 x10" in lines
    assert "  - block8: Block8 scale=1 act=none" in lines


def test_the_docs_show_what_comes_out() -> None:
    docs = (Path(__file__).parent.parent / "docs" / "importing.md").read_text(encoding="utf-8")
    shown, refusal = re.findall(r"^```text\n(.*?)^```", docs, re.MULTILINE | re.DOTALL)
    text = dsl.dump(imported("torchvision:inception_v3"))
    assert all(part in text for part in shown.split("…\n"))
    with pytest.raises(dsl.SpecError) as caught:
        spec_of("torchvision:vit_b_16")
    assert f"{caught.value}\n" == refusal
    (snippet,) = re.findall(r"^```python\n(.*?)^```", docs, re.MULTILINE | re.DOTALL)
    scope: dict[str, Any] = {}
    exec(snippet, scope)
    assert scope["spec"] == imported("torchvision:googlenet")
    assert (scope["mine"].name, scope["mine"].classes) == ("mine", 5)


def test_transform_input_is_refused() -> None:
    with pytest.raises(dsl.SpecError, match=r"E161.*GoogLeNet.*__getitem__") as caught:
        spec_of("torchvision:googlenet", kwargs={"transform_input": True})
    assert "transform_input" in caught.value.problems[0].help


def test_a_weight_for_the_heads_and_a_name_can_be_given() -> None:
    spec = spec_of("torchvision:googlenet", (96, 128), name="mine", aux_weight=0.4)
    assert (spec.name, spec.input) == ("mine", (3, 96, 128))
    assert [head.weight for head in spec.aux] == [0.4, 0.4]


def test_unknown_models_are_named() -> None:
    with pytest.raises(dsl.SpecError, match=r"E160.*torchvision has no model goglenet") as caught:
        spec_of("torchvision:goglenet")
    assert caught.value.problems[0].help == "did you mean googlenet?"
    with pytest.raises(dsl.SpecError, match=r"E160.*timm has no model inception_v5"):
        spec_of("timm:inception_v5")


def test_the_input_is_what_the_library_says_not_what_the_first_convolution_takes() -> None:
    """TResNet's stem sees blocks of 4x4 pixels as 48 channels."""
    model, size = load("timm:tresnet_m", {})
    assert size == (3, 224, 224)
    assert load("timm:resnet10t", {"in_chans": 1})[1] == (176, 176)
    assert spec_of("timm:resnet10t", kwargs={"in_chans": 1}).input[0] == 1
    assert next(each for each in model.modules() if isinstance(each, nn.Conv2d)).in_channels == 48
