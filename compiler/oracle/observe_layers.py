"""What each layer of a model computes, seen at run time: shapes, MACs, elements, fields.

Aten operators land on the innermost module whose forward runs, so functional operators count too.
`all_outputs` counts each outermost torch function once (`F.local_response_norm` is one
layer however many operators it runs), which a TorchFunctionMode tells without module types.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import flop_registry

from compiler.oracle.observe_field import FieldMap, Trace
from compiler.oracle.observe_ops import (
    WRITES_NOTHING,
    Category,
    KnownOps,
    Ran,
    storage_key,
    tensors,
)

Axes = tuple[Any, ...]  # whole numbers, but floats where maps were made larger
# Per axis, (h, w) of an image: the window, the step between windows, and the pixels that the
# first window lies before the image.
Field = tuple[Axes, Axes, Axes]


def field_of(trace: Trace) -> Field:
    """A trace as numbers of pixels."""
    axes = trace.axes
    size = _told(axis.end - axis.start for axis in axes)
    return size, _told(axis.jump for axis in axes), _told(-axis.start for axis in axes)


def _told(pixels: Iterable[Fraction]) -> Axes:
    """Whole numbers as such."""
    return tuple(n.numerator if n.denominator == 1 else float(n) for n in pixels)


@dataclass(frozen=True)
class LayerSeen:
    """One module call, or what a composite's forward computes itself; counts include the batch."""

    path: str
    out: tuple[int, ...]  # without batch
    macs: int
    activations: int  # elements written by convolutions and linear layers
    all_outputs: int  # elements written by every function that computes values
    launches: int  # how many functions wrote them
    field: Field | None  # None past the last spatial map


@dataclass
class _Call:
    """The running sums of one module call."""

    path: str
    out: tuple[int, ...] = ()
    trace: Trace | None = None
    macs: int = 0
    activations: int = 0
    all_outputs: int = 0
    launches: int = 0


def macs_of(ran: Ran) -> int:
    """Multiply-accumulates of one operator by the formula that FlopCounterMode uses."""
    plain = [ran.bound[arg.name] for arg in ran.op._schema.arguments if not arg.kwarg_only]
    return int(flop_registry[ran.op._overloadpacket](*plain, out_val=ran.out)) // 2


class LayerRecorder:
    """Records the layers of the forward pass run under `recording`, in execution order."""

    def __init__(self, model: nn.Module, state: frozenset[int], image: torch.Tensor) -> None:
        self.fields = FieldMap(image)
        self._state = state
        # Modules that share one instance share its first name, as in named_parameters.
        self._paths = {id(module): path for path, module in model.named_modules()}
        self._entered: dict[str, int] = {}
        self._calls: dict[str, _Call] = {}
        self._stack = [_Call("")]
        self._functions = _Functions(self.wrote)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """The hooks are torch's global ones: the model itself is never touched."""
        entering = register_module_forward_pre_hook(self._enter_module)
        leaving = register_module_forward_hook(self._leave_module)
        try:
            with self._functions, KnownOps(self.saw):
                yield
        finally:
            entering.remove()
            leaving.remove()

    def _enter_module(self, module: nn.Module, args: object) -> None:
        path = self._paths.get(id(module))
        if path is None:  # made in a forward, not part of the model: its owner does the work
            self._stack.append(self._stack[-1])
            return
        times = self._entered[path] = self._entered.get(path, 0) + 1
        call = _Call(path if times == 1 else f"{path}#{times}")
        self._stack.append(call)
        if next(module.children(), None) is None:
            self._calls[call.path] = call

    def _leave_module(self, module: nn.Module, args: object, result: object) -> None:
        call = self._stack.pop()
        for tensor in tensors(result)[:1]:
            self._ends_with(call, tensor)

    def _active(self) -> _Call:
        """The innermost call, entered in the record when it first computes something."""
        call = self._stack[-1]
        self._calls.setdefault(call.path, call)
        return call

    def _ends_with(self, call: _Call, tensor: torch.Tensor) -> None:
        """Notes a call's latest result now: a later in-place join would change its field."""
        call.out = tuple(tensor.shape[1:])
        call.trace = self.fields.of(tensor)

    def saw(self, ran: Ran) -> None:
        """Sums an operator into the innermost module call."""
        self.fields.saw(ran)
        made = tensors(ran.out)
        # In-place work on state is no activation: batch norm's num_batches_tracked += 1.
        if ran.kind in WRITES_NOTHING or storage_key(made[0]) in self._state:
            return
        if ran.kind in (Category.CONV, Category.LINEAR):
            call = self._active()
            call.macs += macs_of(ran)
            call.activations += made[0].numel()
        self._functions.computed = True
        if not self._functions.inside:  # an operator that no torch function stands for
            self.wrote(made[0])

    def wrote(self, result: object) -> None:
        """Counts the elements of one function's result; indices are no activations."""
        call = self._active()
        for tensor in tensors(result):
            if tensor.is_floating_point():
                call.all_outputs += tensor.numel()
                call.launches += 1
                self._ends_with(call, tensor)

    def layers(self) -> dict[str, LayerSeen]:
        """The record so far, by path; the n-th call of one module ends in `#n`."""
        return {path: self._layer(call) for path, call in self._calls.items()}

    def _layer(self, call: _Call) -> LayerSeen:
        trace = call.trace
        return LayerSeen(
            path=call.path,
            out=call.out,
            macs=call.macs,
            activations=call.activations,
            all_outputs=call.all_outputs,
            launches=call.launches,
            field=field_of(trace) if trace is not None and trace.spatial else None,
        )


class _Functions(TorchFunctionMode):
    """Hands the result of each outermost torch function that computed something to `wrote`.

    Torch turns the mode off inside a function, so inner calls pass unseen.
    """

    def __init__(self, wrote: Callable[[object], None]) -> None:
        super().__init__()
        self.inside = False
        self.computed = False
        self._wrote = wrote

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        self.inside, self.computed = True, False
        try:
            result = func(*args, **(kwargs or {}))
        finally:
            self.inside = False
        if self.computed:
            self._wrote(result)
        return result
