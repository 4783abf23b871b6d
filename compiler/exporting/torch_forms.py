"""torch's own formats: TorchScript by tracing, and programs of `torch.export`.

Both hold the texts of `metadata` beside the program, as extra files that `torch.jit.load` and
`torch.export.load` give. Neither holds paths of this machine.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from compiler.exporting.archive import without
from compiler.exporting.comparing import given
from compiler.exporting.engines import Files
from compiler.exporting.metadata import metadata
from compiler.exporting.serving import Served, loaded
from compiler.exporting.silence import quiet
from compiler.exporting.sizes import free
from compiler.exporting.wishes import ExportFault, Wishes
from compiler.ir.network import Network

DEBUG = ".debug_pkl"
"""How the files in a TorchScript archive end that say where its lines were traced, by their paths.

Loading and running do without; only errors at run time point to the archive's own code then.
"""


def torchscript(network: Network, weights: Mapping[str, Tensor], wishes: Wishes) -> Files:
    """A traced module. Sizes are what the caller gives; the trace holds none of them."""
    served = Served(loaded(network, weights, aux=wishes.aux), wishes)
    stream = io.BytesIO()
    with torch.no_grad(), quiet():
        x = given(network, wishes, network.input.grid, _batch(wishes))
        traced = torch.jit.trace(served, x, check_trace=False)  # type: ignore[no-untyped-call]
        torch.jit.save(traced, stream, _extra_files=metadata(network, wishes))
    return {".pt": without(stream.getvalue(), DEBUG)}


def program(network: Network, weights: Mapping[str, Tensor], wishes: Wishes) -> Files:
    """A program of `torch.export`. Raises `ExportFault` for sizes that torch can't leave open."""
    served = Served(loaded(network, weights, aux=wishes.aux), wishes)
    x = given(network, wishes, network.input.grid, _batch(wishes))
    sides = free(network, wishes)
    first = 1 if wishes.preprocess and wishes.preprocess.layout == "NHWC" else 2
    open_ = torch.export.Dim.DYNAMIC
    dynamic = {first + axis: open_ for axis, chosen in enumerate(sides) if chosen}
    if wishes.dynamic != "none":
        dynamic[0] = open_
    stream, texts = io.BytesIO(), metadata(network, wishes)
    try:
        with torch.no_grad(), quiet():
            made = torch.export.export(served, (x,), dynamic_shapes=(dynamic,))
            for module in made.graph_module.modules():
                _forget(module)
            torch.export.save(made, stream, extra_files=texts)
    except Exception as error:  # torch has many, which share no base.
        if wishes.dynamic != "all":
            raise
        said = f"torch.export can't leave the sizes of {network.name} open"
        raise ExportFault(said, "ask for a dynamic batch alone") from error
    return {".pt2": stream.getvalue()}


def _forget(module: nn.Module) -> None:
    """Leave out where in this machine's files each operation was called."""
    if isinstance(module, torch.fx.GraphModule):
        for node in module.graph.nodes:
            node.meta.pop("stack_trace", None)


def _batch(wishes: Wishes) -> int:
    """What an example has: of one, torch would take for granted that it is one."""
    return wishes.batch if wishes.dynamic == "none" else 2
