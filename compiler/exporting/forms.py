"""The formats that a network is exported to: what makes each one, its files, who can run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from compiler.exporting import engines, quantising
from compiler.exporting.engines import Engine, Files
from compiler.exporting.quantising import Quantiser
from compiler.exporting.wishes import ExportFault, Wishes

if TYPE_CHECKING:
    from torch import Tensor

    from compiler.ir.network import Network

FormName = Literal["onnx", "openvino", "torchscript", "pt2"]
Maker = Callable[["Network", "Mapping[str, Tensor]", Wishes], Files]


@dataclass(frozen=True)
class Form:
    """A format. `suffixes` are of its files, the one that a user names first.

    `engines` run it, the one that it is tried with first; `graph` says whether it is written as a
    graph of ONNX, in some opset. `quantiser` makes int8 of it, where something can. `packages` are
    those that writing it needs besides torch.
    """

    make: Maker
    suffixes: tuple[str, ...]
    engines: tuple[Engine, ...]
    graph: bool = False
    quantiser: Quantiser | None = None
    packages: tuple[str, ...] = ()


def _onnx(network: Network, weights: Mapping[str, Tensor], wishes: Wishes) -> Files:
    from compiler.exporting.onnx_model import onnx_model

    return {".onnx": onnx_model(network, weights, wishes).SerializeToString()}


def _openvino(network: Network, weights: Mapping[str, Tensor], wishes: Wishes) -> Files:
    from compiler.exporting.openvino_form import made

    return made(_onnx(network, weights, wishes)[".onnx"])


def _torchscript(network: Network, weights: Mapping[str, Tensor], wishes: Wishes) -> Files:
    from compiler.exporting.torch_forms import torchscript

    return torchscript(network, weights, wishes)


def _pt2(network: Network, weights: Mapping[str, Tensor], wishes: Wishes) -> Files:
    from compiler.exporting.torch_forms import program

    return program(network, weights, wishes)


FORMS: dict[FormName, Form] = {
    "onnx": Form(
        _onnx,
        (".onnx",),
        (engines.ONNXRUNTIME, engines.OPENVINO),
        graph=True,
        quantiser=quantising.ONNXRUNTIME,
        packages=("onnx",),
    ),
    "openvino": Form(
        _openvino,
        (".xml", ".bin"),
        (engines.OPENVINO,),
        graph=True,
        quantiser=quantising.NNCF,
        packages=("openvino", "onnx"),
    ),
    "torchscript": Form(_torchscript, (".pt",), (engines.TORCHSCRIPT,)),
    "pt2": Form(_pt2, (".pt2",), (engines.PROGRAM,)),
}


def named(to: str | None, output: Path | None) -> FormName:
    """The form by its name, or by the suffix of the file. Raises `ExportFault`."""
    for name, form in FORMS.items():
        if to == name or (to is None and output and output.suffix == form.suffixes[0]):
            return name
    known = ", ".join(FORMS)
    if to is not None:
        raise ExportFault(f"there is no format {to}", f"take one of {known}")
    if output is None:
        raise ExportFault("nothing says which format is wanted", f"say to what: {known}")
    ends = ", ".join(f"{form.suffixes[0]} ({name})" for name, form in FORMS.items())
    raise ExportFault(f"{output} doesn't say which format is wanted", f"its name may end in {ends}")


def needed(name: FormName) -> None:
    """Raise `ImportError` where a package that writes the format is missing; imports none."""
    for package in FORMS[name].packages:
        if find_spec(package) is None:
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)
