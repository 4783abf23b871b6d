"""A graph of plain data as ONNX's protocol buffers: the one file that imports onnx."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import (
    GraphProto,
    ModelProto,
    NodeProto,
    OperatorSetIdProto,
    StringStringEntryProto,
    TensorProto,
    ValueInfoProto,
    defs,
    helper,
)

from compiler.exporting.graph import Element, Graph, Known, Operation
from compiler.exporting.metadata import metadata
from compiler.exporting.wishes import ExportFault, Wishes
from compiler.ir.network import Network
from compiler.version import __version__

TYPES: dict[str, int] = {
    "float32": TensorProto.FLOAT,
    "float16": TensorProto.FLOAT16,
    "bfloat16": TensorProto.BFLOAT16,
    "float64": TensorProto.DOUBLE,
    "int64": TensorProto.INT64,
    "uint8": TensorProto.UINT8,
}
"""ONNX's number of each element."""
MOST_BYTES = 2**31 - 1
"""What a protocol buffer holds."""


def model(network: Network, graph: Graph, wishes: Wishes) -> ModelProto:
    """The graph as a model, with what it was made from as metadata."""
    opset = wishes.version
    if opset > (known := defs.onnx_opset_version()):
        help = f"take {known} at most, or install a newer onnx"
        raise ExportFault(f"the onnx that is installed doesn't know opset {opset}", help)
    sets = [OperatorSetIdProto(domain="", version=opset)]
    made = ModelProto(
        ir_version=helper.find_min_ir_version_for(sets),
        opset_import=sets,
        producer_name="inception-compile",
        producer_version=__version__,
        metadata_props=[
            StringStringEntryProto(key=key, value=value)
            for key, value in metadata(network, wishes).items()
        ],
    )
    _write(made.graph, graph, network)
    return made


def _write(made: GraphProto, graph: Graph, network: Network) -> None:
    """Fill the model's own graph: protocol buffers copy what is put into another one whole."""
    made.name = graph.name
    made.doc_string = "\n".join(filter(None, (network.title, network.paper)))
    made.node.extend(map(_node, graph.operations))
    _write_tensors(made, graph)
    made.input.extend(map(_value, graph.inputs))
    made.output.extend(map(_value, graph.outputs))
    made.value_info.extend(map(_value, graph.known.values()))


def _write_tensors(made: GraphProto, graph: Graph) -> None:
    total = 0
    for constant in graph.constants.values():
        data = _bytes(constant.array, constant.element)
        total += len(data)
        if total > MOST_BYTES:
            help = "export it in float16 or bfloat16"
            raise ExportFault("the weights are larger than a file of ONNX can hold, 2 GiB", help)
        kind = TYPES[constant.element]
        made.initializer.add(name=constant.name, data_type=kind, dims=constant.dims, raw_data=data)


def _node(operation: Operation) -> NodeProto:
    made = NodeProto(
        op_type=operation.op,
        name=operation.name,
        input=operation.inputs,
        output=operation.outputs,
    )
    for name, value in operation.attributes.items():
        given = TYPES[value] if operation.op == "Cast" and isinstance(value, str) else value
        made.attribute.append(helper.make_attribute(name, given))
    return made


def _value(known: Known) -> ValueInfoProto:
    made = ValueInfoProto(name=known.name)
    tensor = made.type.tensor_type
    tensor.elem_type = TYPES[known.element]
    for dim in known.dims:
        added = tensor.shape.dim.add()
        if isinstance(dim, int):
            added.dim_value = dim
        elif dim:
            added.dim_param = dim
    return made


def _bytes(array: Any, element: Element) -> bytes:
    """Numbers as the file holds them: the lowest byte first."""
    if element != "bfloat16":
        found = np.asarray(array)
        wanted = np.dtype(element).newbyteorder("<")
        with np.errstate(over="ignore"):
            return found.astype(wanted, copy=False).tobytes()
    bits = np.asarray(array, "<f4").view("<u4")
    # Half of what is cut off, less one where the rest is even: to the nearest, ties to even.
    rounded = bits + 0x7FFF + ((bits >> 16) & 1)
    halves = np.where(np.isnan(np.asarray(array)), 0x7FC0, rounded >> 16)
    return halves.astype("<u2").tobytes()
