"""What a model does with an input: every call of torch, and the module in which it happened.

The model runs as a copy without data on the `meta` device: only shapes are computed, any
Python is allowed in `forward`, and sizes are plain numbers there.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from compiler.importing.atoms import CHANCE, Unsaid
from compiler.importing.calls import Call, Recording, Ref, Weight
from compiler.importing.faults import INEXPRESSIBLE, UNUSABLE, place, refuse, told
from compiler.importing.intake import bare, dice
from compiler.importing.known import RANDOM, READ, STAND_INS
from compiler.importing.probes import Probe
from dsl.text.problems import SpecError


def record(model: nn.Module, probe: Probe, training: bool, *, checked: bool = False) -> Recording:
    """Run the model on an input without data and note what it does.

    The model itself stays as it is. Raises `SpecError` naming the module where it fails.
    With `checked`, batch norms are known to fit and only give their shape, which is quicker.
    """
    copied = bare(model).train(training)
    data = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    recorder = _Recorder(copied, data, training, STAND_INS if checked else {})
    try:
        with recorder, torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            x = torch.empty(probe.batch, *probe.size, device="meta", dtype=_dtype(model))
            output = copied(recorder.start(x))
    except SpecError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever the user's own code raises
        where = place(recorder.path, recorder.kind)
        shape = "x".join(map(str, probe.size))
        refuse(
            UNUSABLE,
            f"{where} fails on an input of {shape}: {told(error)}",
            "the model runs without data, on torch's meta device; --input says the size",
        )
    recorder.finish(output)
    recorder.hold_steady()
    return recorder.recording


def _dtype(model: nn.Module) -> torch.dtype:
    """The type of the numbers that the model computes with."""
    kinds = (weight.dtype for weight in model.parameters() if weight.is_floating_point())
    return next(kinds, torch.get_default_dtype())


class _Recorder(TorchFunctionMode):
    """Sees every torch function that runs, and which module runs it."""

    def __init__(
        self,
        model: nn.Module,
        data: Mapping[str, Tensor],
        training: bool,
        stand_ins: Mapping[Any, Callable[..., Any]],
    ) -> None:
        super().__init__()
        self.stand_ins = stand_ins
        self.images = torch.Size()
        self.training = training
        self.recording = Recording({n: type(m).__name__ for n, m in model.named_modules()})
        self.stack = [""]
        own = dict(model.named_parameters())
        every = {**own, **dict(model.named_buffers())}
        self.own = {
            id(tensor): Weight(name, tuple(tensor.shape), name not in own, data=data.get(name))
            for name, tensor in every.items()
        }
        self.alive: list[Any] = list(every.values())
        self.known: dict[int, tuple[int, int]] = {}
        for name, module in model.named_modules():
            if name:
                self._watch(name, module)
        self.dice = dice()

    def _watch(self, name: str, module: nn.Module) -> None:
        def enter(*_: Any) -> None:
            self.hold_steady()
            self.stack.append(name)

        def leave(*_: Any) -> None:
            self.hold_steady()
            self.stack.pop()

        module.register_forward_pre_hook(enter)
        module.register_forward_hook(leave)

    @property
    def path(self) -> str:
        """The module that is running."""
        return self.stack[-1]

    @property
    def kind(self) -> str:
        """Its class."""
        return self.recording.kinds[self.path]

    def start(self, x: Tensor) -> Tensor:
        """Take a tensor as the model's input."""
        self.images = x.shape[:1]
        self._know(x, 0)
        return x

    def finish(self, output: Any) -> None:
        """Note what the model returned."""
        found = [self._number(each) for each in _tensors(output)]
        wanted = tuple(number for number in found if number is not None)
        if len(wanted) != len(found) or not wanted:
            what = type(output).__name__
            made = f"a {what} with a tensor that isn't made from the input"
            refuse(
                INEXPRESSIBLE, f"the model returns {made if found else f'{what}, and no tensors'}"
            )
        self.recording.outputs = wanted

    def hold_steady(self) -> None:
        """Refuse a module that has drawn random numbers: each run would be another network.

        Dropout draws none here, since its tensors have no data.
        """
        if dice() != self.dice:
            refuse(INEXPRESSIBLE, f"{place(self.path, self.kind)}: {CHANCE.why}", CHANCE.help)

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Run a function, and note it if it gives tensors that depend on the input."""
        kwargs = kwargs or {}
        found = list(_tensors((args, kwargs)))
        inputs = tuple(number for t in found if (number := self._number(t)) is not None)
        fault = self._fault(found)
        if inputs and func in _PAST:
            refuse(
                INEXPRESSIBLE, f"{place(self.path, self.kind)}: goes past torch to a tensor's data"
            )
        versions = [tensor._version for tensor in found]
        shown, named = _plain((args, kwargs), self._shown)
        shapes = tuple(tuple(t.shape[1:]) for t in found if self._number(t) is not None)
        result = self.stand_ins.get(func, func)(*args, **kwargs)
        made = list(_tensors(result))
        if found and not inputs:
            self._see_view(found[0], made)
        if found and result is found[0] and versions == [tensor._version for tensor in found]:
            return result  # Such as x.float() where x is of that type: nothing was done.
        if made and (inputs or func in RANDOM):
            shape = tuple(made[0].shape[1:])
            at = self.path, self.kind
            chance = func in RANDOM and func not in READ
            unsaid = CHANCE if chance else Unsaid(fault) if fault else None
            if func in PIECES:
                self._pieces(func, (shown, named), made, inputs, shapes, unsaid)
                return result
            kept = all(t.shape[:1] == self.images for t in found if self._number(t) is not None)
            merges = kept and made[0].shape[:1] != self.images
            call = Call(
                func, shown, named, inputs, *at, shapes, shape, self.training, unsaid, merges
            )
            self.recording.calls.append(call)
            for tensor in made:
                self._know(tensor, len(self.recording.calls))
        return result

    def _see_view(self, tensor: Tensor, made: list[Tensor]) -> None:
        """Know a weight again that is only seen in another shape."""
        weight = self.own.get(id(tensor))
        if weight is None or len(made) != 1 or made[0] is tensor or not _is_view(made[0], tensor):
            return
        self.own[id(made[0])] = replace(weight, shape=tuple(made[0].shape), viewed=True)
        self.alive.append(made[0])

    def _pieces(
        self,
        func: Callable[..., Any],
        given: tuple[tuple[Any, ...], Mapping[str, Any]],
        made: list[Tensor],
        inputs: tuple[int, ...],
        shapes: tuple[tuple[int, ...], ...],
        unsaid: Unsaid | None,
    ) -> None:
        """Note each of the pieces that a tensor is cut into, as taken by itself."""
        (source, *args), named = given
        dim = named.get("dim", args[1] if len(args) > 1 else 0)
        start = 0
        for piece in made:
            length = piece.shape[dim]
            cut = source, dim, start, length
            at = self.path, self.kind
            shape = tuple(piece.shape[1:])
            call = Call(torch.narrow, cut, {}, inputs, *at, shapes, shape, self.training, unsaid)
            self.recording.calls.append(call)
            self._know(piece, len(self.recording.calls))
            start += length

    def _know(self, tensor: Tensor, number: int) -> None:
        self.alive.append(tensor)  # or another tensor could get its id
        self.known[id(tensor)] = (number, tensor._version)

    def _number(self, tensor: Tensor) -> int | None:
        return self.known.get(id(tensor), (None, 0))[0]

    def _fault(self, found: list[Tensor]) -> str:
        for tensor in found:
            _, version = self.known.get(id(tensor), (None, tensor._version))
            if version != tensor._version:
                return "takes a tensor that was changed in place through another view of it"
        return ""

    def _shown(self, tensor: Tensor) -> Any:
        number = self._number(tensor)
        if number is not None:
            return Ref(number, tuple(tensor.shape[1:]))
        return self.own.get(id(tensor), tensor)


PIECES = (
    torch.chunk,
    torch.split,
    torch.split_with_sizes,
    torch.tensor_split,
    Tensor.chunk,
    Tensor.split,
    Tensor.split_with_sizes,
    Tensor.tensor_split,
)
"""What cuts a tensor into pieces along one axis."""
_PAST = (Tensor.data.__get__,)  # type: ignore[attr-defined]  # a getset descriptor
"""What gives the data of a tensor such that a change of it can't be seen."""


def _is_view(view: Tensor, tensor: Tensor) -> bool:
    """Whether all of a tensor, in its order, is seen in another shape."""
    shared = view.untyped_storage()._cdata == tensor.untyped_storage()._cdata
    return shared and view.numel() == tensor.numel() and view.is_contiguous()


def _tensors(value: Any) -> Iterator[Tensor]:
    match value:
        case Tensor():
            yield value
        case tuple() | list():
            for item in value:
                yield from _tensors(item)
        case dict():
            yield from _tensors(list(value.values()))


def _plain(value: Any, shown: Callable[[Tensor], Any]) -> Any:
    """Nested arguments with each tensor as what stands for it."""
    match value:
        case Tensor():
            return shown(value)
        case tuple() | list():
            return tuple(_plain(item, shown) for item in value)
        case dict():
            return {key: _plain(item, shown) for key, item in value.items()}
    return value
