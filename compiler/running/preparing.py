"""From a model with its weights to the quickest exact network for inference."""

from __future__ import annotations

from typing import Any, get_args

import torch
from torch import Tensor

from compiler.nn.extractor import FeatureNetwork
from compiler.nn.module import CompiledNetwork, build
from compiler.oracle.observe_modes import modes_restored
from compiler.passes.pipeline import optimized
from compiler.running.choosing import Task, Wish, chosen
from compiler.running.engined import ENGINES, NAMES
from compiler.running.inference import InferenceNetwork, Rewritten
from compiler.running.quantised import Calibrating, calibrated

DTYPES = (*NAMES,)


def optimize_for_inference(
    model: CompiledNetwork | FeatureNetwork,
    example_input: Tensor | None = None,
    *,
    dtype: torch.dtype | None = None,
    engine: Wish = "torch",
    calibration: Calibrating | None = None,
) -> InferenceNetwork:
    """A network for inference with the model's outputs while evaluating; no state is shared.

    Batch norms and constant factors become parts of the weights, and what evaluation doesn't run
    goes. By default torch runs it: layouts and oneDNN's graph compiler are tried on `example_input`
    (N, C, H, W), else one random input of the spec's size, and what is quickest runs batches of its
    shape. `engine="onnxruntime"` and `"openvino"` have these engines run it, on the processor, with
    the threads that torch has by now; "auto" what is the quickest of all that is installed. It
    takes about as long as the measuring, a second or a few.

    With `dtype` it computes in that type, with `calibration` (batches of what the model takes, or
    a folder of images) an engine does in int8, with ranges from four images in five. Inputs and
    outputs stay in the caller's, and `choice.error` says what it cost: on the example, of int8 on
    the fifth images.

    Raises `ValueError` for another kind of module, an example, a type or an engine that can't be
    taken, and for an engine that can't run it; `ImportError` for one that isn't installed.

    >>> fast = optimize_for_inference(compile_spec("googlenet"), torch.rand(1, 3, 224, 224))
    """
    if not isinstance(model, CompiledNetwork | FeatureNetwork):
        raise ValueError(f"what is optimized is a compiled network, not a {type(model).__name__}")
    weight = next(model.parameters(), torch.zeros(0))
    if weight.is_meta:
        raise ValueError(f"{model.network.name} is on meta: it has no weights to fold")
    asked, dtype = dtype, dtype or weight.dtype
    if dtype not in DTYPES:
        raise ValueError(f"dtype must be one of {', '.join(map(str, DTYPES))}, not {dtype!r}")
    if engine not in get_args(Wish):
        raise ValueError(f"engine must be one of {', '.join(get_args(Wish))}, not {engine!r}")
    if calibration is not None:
        _refuse_int8(engine, asked)
        dtype = torch.int8
    example = _example(model, weight) if example_input is None else example_input
    with torch.no_grad():
        wanted = _evaluated(model, example)
        module = _rewritten(model)
        images = None if calibration is None else calibrated(module, calibration)

        def reference(x: Tensor) -> Any:
            return _evaluated(model, x.to(example))

        task = Task(module, example, reference, wanted, dtype, images)
        used, choice = chosen(engine, task)
    return InferenceNetwork(used, dtype, choice)


def _refuse_int8(engine: Wish, dtype: torch.dtype | None) -> None:
    """Raise `ValueError` where calibrating is asked for and can't be."""
    if dtype not in (None, torch.float32):
        raise ValueError(f"calibration makes int8 of float32: leave out dtype={dtype}")
    if engine == "torch":
        engines = " or ".join(f'engine="{name}"' for name in (*ENGINES, "auto"))
        raise ValueError(f"torch has no int8 here: take {engines}")


def _example(model: Rewritten, like: Tensor) -> Tensor:
    """One input of the spec's size, the same each time."""
    seeded = torch.Generator().manual_seed(0)
    return torch.rand(1, *map(int, model.network.input), generator=seeded).to(like)


def _evaluated(model: Rewritten, example: Tensor) -> Any:
    """What the model gives in evaluation; all its layers stay in the mode that they are in."""
    with modes_restored(model):
        return model.eval()(example)


def _rewritten(model: Rewritten) -> Rewritten:
    """The module of the rewritten network, with weights of its own."""
    network, weights = optimized(model.network, model.state_dict())
    assert weights is not None, "weights were given"
    made: Rewritten
    with torch.device("meta"):
        if isinstance(model, FeatureNetwork):
            made = FeatureNetwork(network, [info.name for info in model.feature_info])
        else:
            made = build(network)
    copies = {name: weight.detach().clone() for name, weight in weights.items()}
    made.load_state_dict(copies, assign=True)
    return made.requires_grad_(False).eval()
