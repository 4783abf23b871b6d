"""Checkpoints of torchvision and timm load into ours, strictly, and go back.

`tests.parity` says how weights and statistics are drawn, and what counts as equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

import dsl
from compiler import compile_spec, export_weights, load_weights
from compiler.lowering.prepare import prepare
from compiler.nn.module import CompiledNetwork
from compiler.weights.slots import slots
from dsl.models import shelf
from tests.parity import CLASSES, agree, differ, images, randomise
from tests.peers import timm, torchvision_models
from tests.peers_series import tsai_network


def from_torchvision(name: str, **options: Any) -> nn.Module:
    create = getattr(torchvision_models(), name)
    model: nn.Module = create(init_weights=False, transform_input=False, **options)
    return model


def video(**options: Any) -> nn.Module:
    model: nn.Module = torchvision_models().video.s3d(**options)
    return model


def from_timm(name: str, **options: Any) -> nn.Module:
    model: nn.Module = timm().create_model(name, **options)
    return model


@dataclass(frozen=True)
class Pair:
    """A network of ours and the public one whose checkpoints it takes."""

    ours: tuple[str, str | None]
    source: str
    create: Callable[..., nn.Module]

    def compiled(self, **options: Any) -> CompiledNetwork:
        return compile_spec(*self.ours, num_classes=CLASSES, **options)


GOOGLENET = Pair(
    ("googlenet", "torchvision"), "torchvision", partial(from_torchvision, "googlenet")
)
V3 = Pair(("inception_v3", None), "torchvision", partial(from_torchvision, "inception_v3"))
V3_OF_TIMM = Pair(
    ("inception_v3", None), "timm", partial(from_timm, "inception_v3", aux_logits=True)
)
V4 = Pair(("inception_v4", None), "timm", partial(from_timm, "inception_v4"))
RESNET = Pair(("inception_resnet_v2", None), "timm", partial(from_timm, "inception_resnet_v2"))
XCEPTION = Pair(("xception", "timm"), "timm", partial(from_timm, "legacy_xception"))
NEXT_ATTO = Pair(("inception_next", "atto"), "timm", partial(from_timm, "inception_next_atto"))
ALIGNED = Pair(("xception_aligned", "xception71"), "timm", partial(from_timm, "xception71"))
PAIRS = {
    "googlenet": GOOGLENET,
    "inception_v3": V3,
    "inception_v4": V4,
    "inception_resnet_v2": RESNET,
    "xception": XCEPTION,
    "inception_next": NEXT_ATTO,
    "xception_aligned": ALIGNED,
}


@dataclass(frozen=True)
class Saved:
    """A public model with random weights and statistics, and its checkpoint."""

    pair: Pair
    theirs: nn.Module
    file: Path

    def loaded(self, **options: Any) -> CompiledNetwork:
        ours = self.pair.compiled(**options)
        load_weights(ours, self.file, self.pair.source)
        return ours


@pytest.fixture(scope="module", params=PAIRS)
def saved(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Saved]:
    """Half of the checkpoints are torch's files, half are safetensors."""
    pair: Pair = PAIRS[request.param]
    torch.manual_seed(0)
    theirs = pair.create(num_classes=CLASSES)
    randomise(theirs)
    suffix = "pth" if pair.source == "torchvision" else "safetensors"
    file = tmp_path_factory.mktemp("weights") / f"theirs.{suffix}"
    if suffix == "pth":
        torch.save(theirs.state_dict(), file)
    else:
        save_file(theirs.state_dict(), file)
    yield Saved(pair, theirs, file)
    file.unlink()  # pytest keeps folders of earlier runs


def test_a_public_checkpoint_gives_equal_logits(saved: Saved) -> None:
    ours = saved.loaded().double().eval()
    theirs = saved.theirs.double().eval()
    x = images((75, 98), torch.float64)
    with torch.no_grad():
        got, wanted = ours(x), theirs(x)
        heads = [(head(ours), head(theirs)) for head in HEADS.get(saved.pair.ours[0], ())]
    theirs.float()
    differ(wanted)
    agree(got, wanted)
    for mine, other in heads:
        differ(other)
        agree(mine, other)


def head(name: str, there: str, channels: int) -> Callable[[nn.Module], Tensor]:
    """What an auxiliary head gives for two maps."""

    def run(model: nn.Module) -> Tensor:
        generator = torch.Generator().manual_seed(3)
        x = torch.randn(2, channels, 17, 17, generator=generator, dtype=torch.float64)
        module = getattr(model, name if isinstance(model, CompiledNetwork) else there)
        found: Tensor = module(x)
        return found

    return run


HEADS = {
    "googlenet": [head("aux1", "aux1", 512), head("aux2", "aux2", 528)],
    "inception_v3": [head("aux", "AuxLogits", 768)],
}


def test_what_is_exported_loads_there_strictly(saved: Saved) -> None:
    before = {name: value.clone() for name, value in saved.theirs.state_dict().items()}
    made = export_weights(saved.loaded(), saved.pair.source)
    with torch.no_grad():
        for value in saved.theirs.state_dict().values():
            value.zero_()
    saved.theirs.load_state_dict(made, strict=True)
    for name, value in saved.theirs.state_dict().items():
        assert torch.equal(value, before[name]), name


TSAI = Pair(("inception_time", "tsai"), "tsai", partial(tsai_network, 1))
S3D = Pair(("s3d", None), "torchvision", video)
NEXT = [
    Pair(("inception_next", variant), "timm", partial(from_timm, f"inception_next_{size}"))
    for size, variant in {"tiny": None, "small": "small", "base": "base"}.items()
]
ALL = [*PAIRS.values(), V3_OF_TIMM, S3D, TSAI, *NEXT]


@pytest.mark.parametrize("pair", ALL, ids=lambda pair: f"{pair.ours[0]}-{pair.source}")
def test_every_name_and_shape_is_there(pair: Pair) -> None:
    with torch.device("meta"):
        theirs = pair.create()
    found = {
        slot.name: slot.public_shape for slot in slots(prepare(*pair.ours).network, pair.source)
    }
    assert found == {name: tuple(value.shape) for name, value in theirs.state_dict().items()}


def test_every_map_on_the_shelf_is_tested() -> None:
    tested = {(pair.ours[0], pair.source) for pair in ALL}
    maps = {
        (name, source)
        for name in shelf.names()
        for source in dsl.load(name).weights
        if source != "keras"
    }
    assert maps == tested


def test_the_docs_name_every_map_of_the_shelf() -> None:
    docs = (Path(__file__).parent.parent / "docs" / "weights.md").read_text(encoding="utf-8")
    rows = [line for line in docs.splitlines() if line.startswith("| `")]
    for name in shelf.names():
        for source in dsl.load(name).weights:
            assert any(f"`{name}`" in row and f"`{source}`" in row for row in rows), (name, source)


@pytest.fixture(scope="module")
def checkpoint() -> dict[str, Tensor]:
    """torchvision's Inception-v3 with 1000 classes and its head, random."""
    torch.manual_seed(1)
    theirs = V3.create()
    randomise(theirs)
    return theirs.state_dict()


def test_a_head_of_another_class_count_is_skipped_by_asking(checkpoint: dict[str, Tensor]) -> None:
    ours = V3.compiled()
    before = {name: value.clone() for name, value in ours.state_dict().items()}
    with pytest.raises(dsl.SpecError) as caught:
        load_weights(ours, checkpoint, "torchvision")
    assert [problem.code for problem in caught.value.problems] == ["E153"] * 4
    for name, value in ours.state_dict().items():
        assert torch.equal(value, before[name]), f"{name} was loaded in spite of the error"
    report = load_weights(ours, checkpoint, "torchvision", skip_head=True)
    kept = {"aux.fc.weight", "aux.fc.bias", "fc.weight", "fc.bias"}
    assert {row.ours for row in report.rows if row.action == "skipped"} == kept
    assert report.counts == {"copied": 576, "skipped": 4}
    for name, value in ours.state_dict().items():
        assert torch.equal(value, before[name]) == (name in kept or value.dim() == 0), name


def test_heads_that_only_the_checkpoint_has_are_passed_over(checkpoint: dict[str, Tensor]) -> None:
    ours = compile_spec("inception_v3", aux=False)
    report = load_weights(ours, checkpoint, "torchvision")
    skipped = [row for row in report.rows if row.action == "skipped"]
    assert len(skipped) == 14
    assert all(row.theirs.startswith("AuxLogits.") and not row.ours for row in skipped)
    assert skipped[0].note == "of aux, which this network leaves out"
    assert report.counts["copied"] == len(ours.state_dict())


def test_heads_that_the_checkpoint_lacks_are_an_error_unless_asked(
    checkpoint: dict[str, Tensor],
) -> None:
    ours = compile_spec("inception_v3")
    bare = {name: value for name, value in checkpoint.items() if "Aux" not in name}
    with pytest.raises(dsl.SpecError) as caught:
        load_weights(ours, bare, "torchvision")
    (problem,) = caught.value.problems
    assert problem.message == (
        "the checkpoint lacks the auxiliary head aux: "
        "12 tensors, the first is aux.conv1.conv.weight (AuxLogits.conv0.conv.weight)"
    )
    before = {name: value.clone() for name, value in ours.get_submodule("aux").state_dict().items()}
    assert load_weights(ours, bare, "torchvision", skip_aux=True).counts["copied"] == 566
    for name, value in ours.get_submodule("aux").state_dict().items():
        assert torch.equal(value, before[name]), name


def test_a_model_without_its_classifier_takes_the_rest(checkpoint: dict[str, Tensor]) -> None:
    ours = compile_spec("inception_v3")
    ours.reset_classifier(0)
    with pytest.raises(dsl.SpecError, match=r"pass it over with skip_head"):
        load_weights(ours, checkpoint, "torchvision")
    report = load_weights(ours, checkpoint, "torchvision", skip_head=True)
    assert report.counts == {"copied": len(ours.state_dict()), "skipped": 16}


def test_a_model_with_another_classifier_still_goes_out(checkpoint: dict[str, Tensor]) -> None:
    ours = compile_spec("inception_v3")
    ours.reset_classifier(7)
    load_weights(ours, checkpoint, "torchvision", skip_head=True)
    there = V3.create(num_classes=7)
    there.load_state_dict(export_weights(ours, "torchvision"), strict=True)


def test_transform_input_is_folded_where_that_is_exact(checkpoint: dict[str, Tensor]) -> None:
    ours = compile_spec("inception_v3", aux=False)
    report = load_weights(ours, checkpoint, "torchvision", transform_input=True)
    assert {row.ours for row in report.rows if row.action == "folded"} == {
        "conv_1a.conv.weight",
        "conv_1a.bn.running_mean",
    }
    theirs = torchvision_models().inception_v3(init_weights=False, transform_input=True)
    theirs.load_state_dict(checkpoint)
    folded = {name: value.double() for name, value in checkpoint.items()}
    ours.double()
    load_weights(ours, folded, "torchvision", transform_input=True)
    x = images((75, 96), torch.float64)
    with torch.no_grad():
        got, wanted = ours.eval()(x), theirs.double().eval()(x)
    differ(wanted)
    agree(got, wanted)


def test_transform_input_is_refused_where_padding_would_show() -> None:
    ours = compile_spec("googlenet", "torchvision")
    state = {name: value.clone() for name, value in ours.state_dict().items()}
    with pytest.raises(dsl.SpecError) as caught:
        load_weights(ours, export_weights(ours, "torchvision"), "torchvision", transform_input=True)
    (problem,) = caught.value.problems
    assert problem.code == "E155"
    assert problem.message == (
        "transform_input can't be folded into googlenet: "
        "conv1.conv is padded, and its padding would no longer be 0"
    )
    assert all(torch.equal(value, state[name]) for name, value in ours.state_dict().items())


def test_the_paper_s_googlenet_says_which_variant_fits() -> None:
    theirs = export_weights(compile_spec("googlenet", "torchvision"), "torchvision")
    with pytest.raises(dsl.SpecError) as caught:
        load_weights(compile_spec("googlenet"), theirs, "torchvision")
    first = caught.value.problems[0]
    assert len(caught.value.problems) == 9
    assert first.message == (
        "inception_3a.b5.1.conv.weight (inception3a.branch3.1.conv.weight) has another shape: "
        "32x16x3x3 in the checkpoint, 32x16x5x5 in the network"
    )
    assert first.help == "another variant may fit: torchvision"
