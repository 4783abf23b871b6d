"""The runtime oracle: what a model really does with an input, counted while it runs.

It shares no code with the analytic costs, so that the two can check each other. Models run on
`meta` tensors; an aten operator outside the table in `observe_ops` raises `UnknownOpError`.
The facts below hold for torch 2.13, on meta as on the CPU. x is a layer's input, y its output.

Saved for backward (distinct storages in full, without parameters and buffers; Python scalars
never reach the hooks; an image without gradient is x like any other where weights need it)
    conv (transposed too), linear
                           x (a flattened view is the storage that it views)
    batch norm (train)     x, mean (C), invstd (C); also without affine
    group norm             x, mean (N, groups), rstd (N, groups)
    relu                   y
    leaky relu, elu        x; in place: the one shared storage
    relu6, silu, hardswish, hardsigmoid, mish
                           x; in place: a clone of x, and y's storage not on its own account
    gelu                   x
    sigmoid, tanh, softmax, log softmax                          y
    max pool, adaptive max pool (any size)                       x, int64 indices as large as y
    avg pool, adaptive avg pool above 1x1                        x
    adaptive avg pool to 1x1, mean, cat, flatten, identity, channel shuffle, upsampling, constant
    pad (whatever the fill), add and sub (any alpha), times or over a number   nothing
    a * b, a / b           the factors that a gradient needs: a if b has one, b if a has one
    dropout (train, 0<p<1) a float noise tensor as large as x, also in place; not y
                           (p = 0: nothing; p = 1: a 0-dim float, 4 bytes)
    LocalResponseNorm(5)   x, x*x padded to (N, 1, C+4, H, W), k + alpha*avg (as large as x),
                           and that to the power of beta (as large as x)
Nothing is saved before the first operator with a parameter: its input needs no gradient.

Peak (eval, no gradients): the bytes of all live activation storages, largest after any operator,
when its inputs and all its outputs are alive.
    - A module call holds its arguments until it returns. So the image is always alive, a
      composite's input lives as long as the composite runs, and beside them whatever local
      variables hold: `x = f(x)` has old and new x alive while f runs, and frees old x after.
    - At a cat all its inputs and its output are alive, as is the block's input.
    - In place operators, views, flatten, eval dropout and identity add nothing.
    - A max pool's int64 indices are alive during the pool: 12 bytes per output element.
    - Eval batch norm has no other outputs. Group norm has 2 * N * groups floats while it runs.
    - LocalResponseNorm: the larger of 4 x and 2 x + padded, x itself included.
    - A linear layer on flat input adds only its output.

`all_outputs` counts the floating-point result of each outermost torch function that computes,
wherever it is called: conv, linear, norm, activation (in place too), pool, adaptive pool, softmax,
LocalResponseNorm, channel shuffle, upsampling, cat, each add or mul, constant pad and train-mode
dropout once each; flatten, view, slice, identity, eval dropout (and dropout with p = 0),
num_batches_tracked and max pool indices 0. `x + s * y` is two. Constants count where the forward
makes them (`ones_like`).
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.func import functional_call

from compiler.oracle.observe_layers import Field, LayerRecorder, LayerSeen, field_of
from compiler.oracle.observe_memory import PeakMeter, SavedBytes, Whereabouts
from compiler.oracle.observe_modes import modes_restored
from compiler.oracle.observe_ops import KnownOps, UnknownOpError, storage_keys, tensors

__all__ = ["LayerSeen", "Observation", "UnknownOpError", "observe"]

REFUSAL = "more than 1 value per channel"
"""How torch refuses one value to normalise."""

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Observation:
    """What one model does with one input shape; counts include the batch, bytes are float32."""

    params: Shapes
    buffers: Shapes
    layers: dict[str, LayerSeen]
    macs: int
    activations: int
    all_outputs: int
    peak_bytes: int  # eval mode, no gradients
    saved_bytes: int | None  # training mode; None if batch norm refuses a batch this small
    alive: dict[str, int]  # the most bytes while each part of the model takes memory, by path
    kept: dict[str, int] | None  # what each part is the first to save, by path
    field: Field | None  # at the last spatial map of the path to the first output

    @property
    def receptive_field(self) -> tuple[Any, ...] | None:
        """The window of the image that one position of the last map sees: (h, w) in pixels."""
        return self.field and self.field[0]

    @property
    def stride(self) -> tuple[Any, ...] | None:
        """(h, w) pixels from one position's window to the next one's."""
        return self.field and self.field[1]

    @property
    def padding(self) -> tuple[Any, ...] | None:
        """(h, w) pixels by which the first window starts before the image."""
        return self.field and self.field[2]


def observe(
    model: nn.Module,
    shape: tuple[int, ...],
    *,
    batch: int = 1,
    training: bool = False,
    trains: bool = True,
) -> Observation:
    """Runs `model` on a (channels, height, width) image without data and counts what it does.

    The model may live on any device: meta stand-ins replace its parameters and buffers, so
    no weights are allocated, read or changed. `training` picks the pass that the layers and
    their totals are about; peak and saved bytes always come from their own passes. A model
    that doesn't train (`trains`) keeps nothing: its saved bytes are None.
    """
    state = _meta_state(model)
    with modes_restored(model):
        layers, field = _layers(model.train(training), state, shape, batch)
        meter = _peak(model.eval(), state, _image(shape, batch))
        saved = _saved(model.train(), state, _image(shape, batch)) if trains else None
        return Observation(
            params={name: tuple(p.shape) for name, p in model.named_parameters()},
            buffers={name: tuple(b.shape) for name, b in model.named_buffers()},
            layers=layers,
            macs=sum(layer.macs for layer in layers.values()),
            activations=sum(layer.activations for layer in layers.values()),
            all_outputs=sum(layer.all_outputs for layer in layers.values()),
            peak_bytes=meter.peak,
            saved_bytes=saved.total if saved else None,
            alive=meter.alive,
            kept=saved.kept if saved else None,
            field=field,
        )


def _meta_state(model: nn.Module) -> dict[str, torch.Tensor]:
    """Empty stand-ins for all parameters and buffers, which take the side effects too."""
    named = dict(model.named_parameters()) | dict(model.named_buffers())
    return {
        name: torch.empty_like(t, device="meta").requires_grad_(t.requires_grad)
        for name, t in named.items()
    }


def _image(shape: tuple[int, ...], batch: int) -> torch.Tensor:
    return torch.empty((batch, *shape), device="meta", dtype=torch.float32)


def _layers(
    model: nn.Module, state: dict[str, torch.Tensor], shape: tuple[int, ...], batch: int
) -> tuple[dict[str, LayerSeen], Field | None]:
    """The layers of one pass, and the field behind the model's first output."""
    image = _image(shape, batch)
    recorder = LayerRecorder(model, storage_keys(state.values()), image)
    with torch.set_grad_enabled(model.training), recorder.recording():
        result = functional_call(model, state, (image,))
    trace = recorder.fields.of(tensors(result)[0])
    return recorder.layers(), None if trace is None else field_of(trace)


def _peak(model: nn.Module, state: dict[str, torch.Tensor], image: torch.Tensor) -> PeakMeter:
    where = Whereabouts(model)
    meter = PeakMeter(storage_keys(state.values()), image, lambda: where.path)
    with torch.no_grad(), where.followed(), KnownOps(meter.saw):
        functional_call(model, state, (image,))
    return meter


def _saved(
    model: nn.Module, state: dict[str, torch.Tensor], image: torch.Tensor
) -> SavedBytes | None:
    """What was saved; None where batch norm refuses the batch."""
    where = Whereabouts(model)
    saved = SavedBytes(storage_keys(state.values()), lambda: where.path)
    try:
        with torch.enable_grad(), where.followed(), KnownOps(), saved:
            functional_call(model, state, (image,))
    except ValueError as error:
        # A compiled network refuses before it gets that far, and marks the error: no import here.
        if REFUSAL in str(error) or getattr(error, "too_few", False):
            return None
        raise
    return saved
