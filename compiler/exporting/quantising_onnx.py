"""A model of ONNX in int8, by ONNX Runtime's static quantisation.

Weights have a scale for each channel, activations one for all: `QuantizeLinear` and
`DequantizeLinear` stand around every operation, and an engine computes in int8 between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from compiler.exporting.calibrating import Images, batches
from compiler.exporting.engines import Files
from compiler.exporting.entering import INPUT
from compiler.exporting.quantising import KEY
from compiler.ir.nodes import leaves

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto

    from compiler.exporting.quantising import Subject
    from compiler.ir.network import Network

MOVING = ("Flatten", "Pad", "Reshape", "Resize", "Split", "Squeeze", "Transpose", "Unsqueeze")
"""Operators that move numbers, or choose or mean of them."""
OPERATORS = (
    *("Conv", "ConvTranspose", "Gemm", "MatMul"),
    *("Add", "Mul", "Concat", "Relu", "Clip", "LeakyRelu", "Sigmoid"),
    *("AveragePool", "GlobalAveragePool", "MaxPool"),
    *MOVING,
)
"""What is computed in int8. A softmax and norms stay in float32."""
FLOAT = ("Identity", "Softmax")
"""Who reads numbers for the last time: they aren't rounded for it."""
PREPARED = ("onnx.quant.pre_process", "onnxruntime.quant")
"""By what the tool knows a graph that was optimised and has its shapes."""


def quantised(subject: Subject, images: Images, said: str) -> Files:
    """The model in int8, which says so under `KEY`."""
    import onnx

    model = onnx.load_from_string(subject.files[".onnx"])
    kept = onnx.ModelProto()
    kept.CopyFrom(model)
    _say(model, *PREPARED)
    with TemporaryDirectory(prefix="inception-compile-") as folder:
        path = Path(folder, "model.onnx")
        _write(model, path, _Reader(images, subject.batch), [*_left(subject.network, model.graph)])
        made = onnx.load(path)
    _unread(made.graph)
    made.producer_name, made.producer_version = kept.producer_name, kept.producer_version
    del made.metadata_props[:]
    made.metadata_props.extend(kept.metadata_props)
    _say(made, KEY, said)
    return {".onnx": made.SerializeToString()}


def _write(model: ModelProto, path: Path, reader: _Reader, left: list[str]) -> None:
    """What the tool makes of a model, which it writes to a file."""
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    quantize_static(
        model,
        path,
        reader,
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=[*OPERATORS],
        per_channel=True,
        reduce_range=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=left,
        calibrate_method=CalibrationMethod.MinMax,
        extra_options={"QDQKeepRemovableActivations": True},
    )


def _say(model: ModelProto, key: str, value: str) -> None:
    entry = model.metadata_props.add()
    entry.key, entry.value = key, value


class _Reader:
    """What the tool calls for each input, until there is None."""

    def __init__(self, images: Images, batch: int) -> None:
        self._batches = batches(images, batch)

    def get_next(self) -> dict[str, Any] | None:
        found = next(self._batches, None)
        return None if found is None else {INPUT: found[0].numpy()}


def _left(network: Network, graph: GraphProto) -> Iterator[str]:
    """Nodes that stay in float32, by name.

    The bytes of images on their way to be normalised, and layers of several steps (gelu, a vector
    brought to length 1): each step rounded to 8 bits would cost more than all the others do.
    """
    paths = {path for path, _ in leaves(network.nodes)}
    steps: dict[str, list[NodeProto]] = {}
    for node in graph.node:
        path = node.name.partition("/")[0]
        if node.name.startswith(f"{INPUT}/"):
            yield node.name
        elif path in paths:
            steps.setdefault(path, []).append(node)
    for nodes in steps.values():
        if sum(node.op_type not in MOVING for node in nodes) > 1:
            yield from (node.name for node in nodes)


def _unread(graph: GraphProto) -> None:
    """Take away where numbers are rounded that no step in int8 reads: outputs, a softmax.

    Logits of 8 bits would have ties, and end where the calibration's largest one did.
    """
    readers: dict[str, list[NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    writers = {output: node for node in graph.node for output in node.output}
    outputs = {each.name for each in graph.output}
    for node in [*graph.node]:
        rounding = writers.get(node.input[0]) if node.op_type == "DequantizeLinear" else None
        value = rounding.input[0] if rounding else ""
        if not rounding or value not in writers or len(readers[rounding.output[0]]) > 1:
            continue
        name, last = node.output[0], readers.get(node.output[0], [])
        if any(reader.op_type not in FLOAT for reader in last):
            continue
        if name in outputs:  # It keeps its name, and the value gets it.
            changed, old, new = [writers[value], *readers[value], *last], value, name
        else:
            changed, old, new = last, name, value
        for each in changed:
            each.input[:] = [new if one == old else one for one in each.input]
            each.output[:] = [new if one == old else one for one in each.output]
        graph.node.remove(rounding)
        graph.node.remove(node)
    _forget(graph)


def _forget(graph: GraphProto) -> None:
    """Take away constants and notes of what isn't there any more."""
    used = {name for node in graph.node for name in node.input}
    made = {name for node in graph.node for name in node.output}
    for each in [*graph.initializer]:
        if each.name not in used:
            graph.initializer.remove(each)
    for note in [*graph.value_info]:
        if note.name not in made:
            graph.value_info.remove(note)
