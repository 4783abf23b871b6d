"""Blocks that keep the grid or shrink it, as a stride among their parameters says: `strided`."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import dsl
from compiler.importing import import_module
from compiler.lowering.lower import lower
from compiler.source import emit
from dsl.models.model import BLOCK_SECTIONS
from tests import odd_specs

TEXT = """
name: n
input: [3, 16, 16]
classes: 4
strided:
  Unit: {params: {w: , s: 1}, concat: [1x1 w /s, [1x1 w, 3x3 w /s], maxpool 3x3 /s]}
  T: {params: [s], do: [3x3 4 /sx1]}
body: [a: Unit w=8, b: Unit w=6 s=2, c: T s=2]
head: [globalpool avg, fc classes]
"""


def test_one_definition_keeps_the_grid_and_shrinks_it() -> None:
    network = lower(dsl.loads(TEXT))
    assert [tuple(node.out) for node in network.nodes][:3] == [(19, 16, 16), (31, 8, 8), (4, 4, 8)]
    text = emit(network)
    assert text.count("class Unit(nn.Module)") == text.count("class BlockT(nn.Module)") == 1
    assert "def __init__(self, in_channels: int, w: int, s: int = 1)" in text
    assert "nn.MaxPool2d(3, stride=s, padding=1)" in text and "stride=(s, 1)" in text


@pytest.mark.parametrize("key", BLOCK_SECTIONS)
def test_a_block_is_held_to_what_its_section_says(key: str) -> None:
    refused = {"inception": "E108", "reduction": "E109", "strided": ""}[key]
    text = f"{{name: n, input: [3, 8, 8], classes: 2, body: [{{a: A}}], {key}: {{A: {{concat: "
    for step, fine in (("1x1 8", "inception"), ("3x3 8 /2", "reduction"), ("3x3 8 /2x1", "")):
        spec = dsl.loads(f"{text}[{step}, {step}]}}}}}}")
        if key in ("strided", fine):
            lower(spec)
        else:
            with pytest.raises(dsl.SpecError, match=f"{refused}.*|belongs under.*strided:"):
                lower(spec)


def test_a_section_is_inherited_changed_scaled_and_written() -> None:
    spec = odd_specs.spec("strided")
    assert dsl.loads(dsl.dump(spec)) == spec and list(spec.strided) == ["A", "Unit", "Tall"]
    assert spec.section_of("Unit") == "strided"
    made = dsl.change(spec, {"strided.Unit.params.w": 12, "strided.A.branch1.width": 6})
    assert made.strided["Unit"].params["w"] == 12
    with pytest.raises(dsl.SpecError, match=r"did you mean strided\.Unit\.params\.w\?"):
        dsl.change(spec, {"Unit.params.w": 12})


class _Tall(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.one = nn.Conv2d(width, 4, 3, (2, 1), 1)
        self.other = nn.Conv2d(width, 4, (3, 1), (2, 1), (1, 0))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.one(x), self.other(x)], 1)


def test_what_shrinks_one_side_alone_is_imported_as_a_block() -> None:
    model = nn.Sequential(
        _Tall(3), _Tall(8), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5)
    )
    spec = import_module(model, (3, 16, 16))
    assert list(spec.strided) == ["Tall"] and not spec.inception and not spec.reduction
