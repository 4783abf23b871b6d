"""The lowering rule of a plugin's layer: what it gives is looked at before anyone relies on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from compiler.ir.op import Shape, ShapeFault
from compiler.lowering.scope import Scope, Stop
from compiler.plugins.examining import faults
from compiler.plugins.kinds import LayerKind
from dsl.models.layers import Layer
from dsl.models.plugins import GIVEN, said

if TYPE_CHECKING:
    from compiler.ir.op import Op


def lowered(step: Layer, x: Shape, scope: Scope) -> Op:
    """The op of a plugin's layer. A fault of the plugin is told at the step's place."""
    kind = _kind(step, scope)
    try:
        op = kind.lower(step, x, scope)
    except Stop:
        raise
    except ShapeFault as error:
        scope.fail(error.code, step.at.span, f"{kind.word}: {error}", help=error.help)
    except Exception as error:  # noqa: BLE001  # whatever a plugin does, is told
        _blame(kind, step, scope, f"its rule fails: {said(error)}")
    if not isinstance(op, kind.op):
        _blame(kind, step, scope, f"its rule gives {op!r}, which is no {kind.op.__name__}")
    try:
        op.out(x)
    except ShapeFault:  # An input that it can't take is told by whoever asks, as of any op.
        return op
    except Exception:  # noqa: BLE001, S110  # told among its faults
        pass
    for fault in faults(op, x):
        _blame(kind, step, scope, fault)
    return op


def _kind(step: Layer, scope: Scope) -> LayerKind:
    given = GIVEN.get(step.keyword)
    if given is None or not isinstance(given.kind, LayerKind) or given.kind.model is not type(step):
        message = f"no plugin gives this layer {step.keyword} any more: read the spec again"
        scope.fail("E170", step.at.span, message)
    return given.kind


def _blame(kind: LayerKind, step: Layer, scope: Scope, message: str) -> NoReturn:
    whose = f"{kind.word} is a layer of {kind.origin}, which is wrong"
    scope.fail("E170", step.at.span, f"{whose}: {message}")
