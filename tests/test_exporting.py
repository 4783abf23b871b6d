"""Networks as ONNX: every shelf network in ONNX Runtime, their shapes, and what is refused."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from onnx import ModelProto
from torch import nn

import dsl
from compiler.exporting.activations import WRITTEN
from compiler.exporting.onnx_model import onnx_model
from compiler.exporting.rules import JOINS, RULES
from compiler.exporting.sizes import fixed
from compiler.exporting.wishes import Wishes
from compiler.ir.fit import least, misfit
from compiler.ir.join import Join
from compiler.ir.network import Network
from compiler.ir.op import Op
from compiler.lowering.lower import lower
from compiler.nn.module import CompiledNetwork, build
from compiler.ops.act import ACTIVATIONS
from compiler.oracle.emitted import randomise
from tests.shelf import IDS, NETWORKS, for_small_clips


@cache
def built(name: str, variant: str | None = None) -> CompiledNetwork:
    with torch.device("meta"):
        model = build(lower(for_small_clips(name, variant)))
    randomise(model)
    return model.eval()


def ran(model: ModelProto, x: torch.Tensor) -> list[Any]:
    """What ONNX Runtime makes of it."""
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = ort.InferenceSession(model.SerializeToString(), options)
    found: list[Any] = session.run(None, {"input": x.numpy()})
    return found


def grids(network: Network) -> list[tuple[int, ...]]:
    """Two sizes that the network takes, no squares where it may be otherwise; or its own."""
    if fixed(network, Wishes()):
        return [tuple(map(int, network.input.grid))]
    start = tuple(map(int, least(network).evaluating))
    steps = [range(1, 20), range(2, 40)]
    found = []
    for more in steps:
        tried = (tuple(side + n + axis for axis, side in enumerate(start)) for n in more)
        fits = (g for g in tried if not misfit(network, (1, int(network.input[0]), *g), False))
        found.append(next(fits, start))
    return found


def close(ours: torch.Tensor, theirs: Any) -> bool:
    mine = ours.numpy()
    assert theirs.shape == mine.shape
    return bool(np.abs(mine - theirs).max() <= 1e-5 * np.abs(mine).max())


def before_softmax(probabilities: Any) -> torch.Tensor:
    """The logits, less what softmax takes away; what float32 can't hold is left at the least.

    A share of the largest probability is no measure: how much of a logit's rounding a softmax
    passes on depends on the image and on the processor, from 1e-7 to 1e-5 for InceptionV1.
    """
    return torch.as_tensor(probabilities).clamp(min=1e-30).log()


PLAIN = [pair for pair in NETWORKS if pair[1] is None]


@pytest.mark.parametrize(("name", "variant"), PLAIN, ids=[name for name, _ in PLAIN])
def test_shelf_networks_run_equal_in_onnx_runtime(name: str, variant: str | None) -> None:
    model = built(name, variant)
    found = onnx_model(model.network, model.state_dict())
    onnx.checker.check_model(found, full_check=True)
    for batch, grid in enumerate(grids(model.network), 1):
        x = torch.randn(batch, int(model.network.input[0]), *grid)
        with torch.no_grad():
            ours, (theirs,) = model(x), ran(found, x)
        if isinstance(list(model.modules())[-1], nn.Softmax):
            ours, theirs = before_softmax(ours), before_softmax(theirs).numpy()
        assert close(ours, theirs), grid


def inferred(model: ModelProto) -> dict[str, tuple[Any, ...]]:
    """What onnx itself says of every value's shape, which isn't told any."""
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    del bare.graph.value_info[:]
    for output in bare.graph.output:
        output.type.tensor_type.ClearField("shape")
    for tensor in bare.graph.initializer:
        if len(tensor.raw_data) > 4096:
            tensor.raw_data = b""  # Inferring needs their sides alone.
    made = onnx.shape_inference.infer_shapes(bare, check_type=True, strict_mode=True)
    return {value.name: dims(value) for value in [*made.graph.value_info, *made.graph.output]}


def dims(value: onnx.ValueInfoProto) -> tuple[Any, ...]:
    return tuple(
        d.dim_value if d.HasField("dim_value") else d.dim_param
        for d in value.type.tensor_type.shape.dim
    )


@pytest.mark.parametrize(("name", "variant"), NETWORKS, ids=IDS)
def test_inferred_shapes_are_ours(name: str, variant: str | None) -> None:
    model = built(name, variant)
    found = onnx_model(model.network, model.state_dict(), Wishes(dynamic="none", batch=2))
    theirs = inferred(found)
    ours = {value.name: dims(value) for value in [*found.graph.value_info, *found.graph.output]}
    assert len(ours) > 20
    assert {name: theirs[name] for name in ours} == ours


def test_every_op_and_join_has_a_rule() -> None:
    """Those of plugins, which tests load, are none of the language's own."""

    def own(kind: type[Any]) -> set[type[Any]]:
        found = {kind} if not getattr(kind, "__abstractmethods__", None) else set()
        return found.union(*(own(each) for each in kind.__subclasses__()))

    ops = {kind for kind in own(Op) if kind.__module__.startswith("compiler.ops.")}
    assert set(RULES) == ops
    assert set(JOINS) == {k for k in own(Join) if k.__module__.startswith("compiler.ops.")}
    assert list(WRITTEN) == list(ACTIVATIONS)


def test_onnx_runtime_knows_a_gelu_that_is_written_out(tmp_path: Path) -> None:
    """It is one operator there, which runs a tenth of inception_next's time sooner."""
    spec = dsl.loads(
        "name: one\ninput: [3, 8, 8]\nclasses: 2\n"
        "stem: [3x3 4 act=gelu]\nhead: [globalpool avg, fc classes]\n"
    )
    model = build(lower(spec)).eval()
    found = onnx_model(model.network, model.state_dict())
    assert "Erf" in {node.op_type for node in found.graph.node}
    options = ort.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "known.onnx")
    options.log_severity_level = 3
    ort.InferenceSession(found.SerializeToString(), options)
    known = {node.op_type for node in onnx.load(tmp_path / "known.onnx").graph.node}
    assert "Gelu" in known
    assert "Erf" not in known
