"""The proof of a network that was rewritten: its source, its module, and the network that it was.

Only evaluation is compared, as nothing else is left. That the network which it was does what its
spec says is what `proof.py` proves.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from compiler.ir.network import Network
from compiler.nn.module import CompiledNetwork, build
from compiler.oracle.comparisons import Check, CheckReport, name_of
from compiler.oracle.emitted import give, noise, pair, randomise
from compiler.oracle.foreign import restore
from compiler.oracle.likeness import Finding, Outs, close, first, rounding
from compiler.oracle.proof import failed, found, left_out, same_state, size_of
from compiler.oracle.runs import JOLT, Runs, calm
from compiler.oracle.trial import trial
from compiler.passes.pipeline import optimized


def prove_rewritten(original: Network, network: Network, text: str) -> CheckReport:
    """Hold the emitted `text` against the rewritten module, and that against what it was.

    `network` is what `compiler.passes.pipeline.optimized` makes of the `original`. Both have the
    same random weights and statistics, here folded, there not.
    """
    chosen = replace(trial(original), apart=())
    if chosen.left_out:
        return left_out(network, chosen.left_out)
    checks: list[Check] = []
    mode = f"emitted source against the rewritten module, bit for bit at {size_of(network, chosen)}"
    with calm():
        try:
            both, was = pair(network, text), _random(original)
            checks.append(same_state(mode, both))
            _fold(was, both.ours)
            give(both.ours, both.theirs)
            checks.append(Check(mode, "weights"))
            runs = Runs(network, chosen, both)
            checks += found(mode, [next(runs.bit_for_bit())], ("module", "source"))
        except Exception as error:  # noqa: BLE001  # whatever the emitted file does, is told
            checks.append(failed(mode, "the emitted file", error))
            return CheckReport(name_of(network), tuple(checks))
        mode = f"rewritten module against the spec's, in float64 at {size_of(network, chosen)}"
        _fold(was.double(), both.ours.double())
        finding = _apart(was, both.ours, runs.x.double())
        checks += found(mode, [("evaluation", finding)], ("rewritten", "spec's"))
    said = f"little was compared: {runs.mute}" if runs.mute else ""
    return CheckReport(name_of(network), tuple(checks), said)


def _random(network: Network) -> CompiledNetwork:
    """The module without its heads, with weights and statistics that let every part show."""
    with torch.device("meta"):
        model = build(network, aux=False)
    randomise(model)
    restore(network, model)
    return model.eval()


def _fold(was: CompiledNetwork, ours: CompiledNetwork) -> None:
    """Give the rewritten module the weights of the network that it was."""
    _, weights = optimized(was.network, was.state_dict())
    ours.to_empty(device="cpu")
    ours.load_state_dict(dict(weights or {}), strict=True)
    restore(ours.network, ours)


def _apart(was: CompiledNetwork, ours: CompiledNetwork, x: Tensor) -> Finding | None:
    """The first step of the trunk that gives something else, if any does.

    Steps that are left have the names that they had. Where batch norm amplifies rounding, what
    rounding of all weights alone makes of a step is forgiven.
    """
    wanted, made = _steps(was, x), _steps(ours, x)
    if not first(_common(made, wanted), _common(wanted, made), close):
        return None
    jolted = _jolted(was, x)
    wrong = {
        name: out
        for name, out in _common(made, wanted).items()
        if not rounding(wanted[name], out, jolted[name])
    }
    return first(wrong, _common(wanted, wrong), close)


def _common(outs: Outs, others: Outs) -> Outs:
    return {name: out for name, out in outs.items() if name in others}


@torch.no_grad()
def _steps(model: CompiledNetwork, x: Tensor) -> Outs:
    """What each step of the trunk gives."""
    outs: Outs = {}
    for node in model.network.trunk:
        x = model.get_submodule(node.name)(x)
        outs[node.name] = x.clone()
    return {**outs, "logits": x}


@torch.no_grad()
def _jolted(was: CompiledNetwork, x: Tensor) -> Outs:
    """The same of weights that are a little off."""
    for seed, weight in enumerate(was.parameters()):
        weight.mul_(1 + JOLT * noise(tuple(weight.shape), seed).to(weight))
    return _steps(was, x)
