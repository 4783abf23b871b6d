"""Every network on the shelf in OpenVINO, beside the module, on images about as small as may be."""

from __future__ import annotations

import pytest
import torch

from compiler.exporting import comparing
from compiler.exporting.engines import OPENVINO
from compiler.exporting.forms import FORMS
from compiler.exporting.serving import Served
from compiler.exporting.sizes import free
from compiler.exporting.wishes import Wishes
from compiler.ir.fit import least
from compiler.lowering.prepare import Overrides, prepare
from compiler.nn.module import build
from compiler.oracle.emitted import randomise
from compiler.passes.pipeline import optimized
from tests.shelf import NETWORKS, for_small_clips

NAMES = [name for name, variant in NETWORKS if variant is None]


@pytest.mark.parametrize("name", NAMES)
def test_openvino_gives_what_the_module_gives(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = prepare(for_small_clips(name, None), overrides=Overrides(aux=False)).network
    model = build(network, aux=False)
    randomise(model)
    wishes = Wishes()
    sides = zip(network.input.grid, least(network).evaluating, free(network, wishes), strict=True)
    size = tuple(small if chosen else int(own) for own, small, chosen in sides)
    assert comparing.trials(network, wishes)
    monkeypatch.setattr(comparing, "trials", lambda network, wishes: [(1, size), (2, size)])
    made, weights = optimized(network, model.state_dict())
    assert weights is not None
    files = FORMS["openvino"].make(made, weights, wishes)
    reference = Served(model, wishes)
    runner = OPENVINO.load(files)
    found = comparing.compared("OpenVINO", runner, reference, ("logits",), wishes)
    assert found.ok, found
    assert set(files) == {".xml", ".bin"}
    x = torch.randn(1, int(network.input.channels), *size)
    assert runner(x)[0].shape[1:] == tuple(map(int, network.out)) or network.out.is_map
