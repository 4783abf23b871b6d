"""The emitted source and the compiled module side by side, and the module beside a reading.

Module and source share every constructor call, so they agree bit for bit or one of them is
wrong. The reading (`compiler.oracle.reading`) shares no code with either: what it agrees with,
up to rounding in float64, is what the spec says.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from compiler.ir.network import Network
from compiler.ir.nodes import Tap
from compiler.oracle import emitted as check_source
from compiler.oracle.arithmetic import Functions
from compiler.oracle.foreign import others
from compiler.oracle.likeness import Finding, Outs, close, first, rounding, same
from compiler.oracle.reading import read
from compiler.oracle.trial import BATCH, Trial

JOLT = 1e-13
"""How much weights are moved: some hundred times what float64 rounds."""


@contextmanager
def calm() -> Iterator[None]:
    """One thread, so that sums have one order, and torch's random state as it was before.

    On maps this small more threads would only wait for each other.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        torch.set_num_threads(threads)


class Runs:
    """One network's two modules, and what they are run on."""

    def __init__(self, network: Network, trial: Trial, pair: check_source.Pair) -> None:
        self.network = self.whole = network
        self.ours, self.theirs = pair.ours, pair.theirs
        self.x = check_source.images(network, trial.grid, BATCH)
        self.apart = [tap.name for tap in trial.apart]
        self.maps = {
            tap.name: check_source.noise((BATCH, *map(int, tap.inp)), seed=3) for tap in trial.apart
        }
        self.heads: dict[int, dict[str, nn.Module]] = {}
        for model in (self.ours, self.theirs):
            self.heads[id(model)] = {name: model.get_submodule(name) for name in self.apart}
            for name in self.apart:
                setattr(model, name, nn.Identity())  # gives what it taps
        self.ours.network = _without(network, trial.apart)
        self.logits = torch.zeros(BATCH, 1)
        """What the module gives in evaluation, once that has run."""
        self.before = {key: value.clone() for key, value in self.statistics(self.ours).items()}

    # --- What a module does ---

    def evaluated(self, model: nn.Module) -> Outs:
        """Logits, and what the two halves of `forward` give where it has them."""
        model.eval()
        runs: Any = model
        with torch.no_grad():
            found = {"logits": runs(self.x)}
            if hasattr(self.theirs, "forward_features"):
                found["features"] = features = runs.forward_features(self.x)
                head: Any = self.theirs.forward_head
                if "pre_logits" in inspect.signature(head).parameters:
                    found["pre_logits"] = runs.forward_head(features, pre_logits=True)
        return found

    def trained(self, model: nn.Module) -> tuple[Outs, list[Tensor]]:
        """Outputs in training, and the images that gradients can be had of."""
        model.train()
        torch.manual_seed(2)
        inputs = [self.x.clone().requires_grad_(torch.is_grad_enabled())]
        given = model(inputs[0])
        fields = ("logits", *(tap.name for tap in self.network.taps))
        outs = {"logits": given}
        if not isinstance(given, Tensor):
            outs = {name: given[place] for place, name in enumerate(fields)}
        for name, head in self.heads[id(model)].items():
            inputs.append(self.maps[name].clone().requires_grad_(torch.is_grad_enabled()))
            outs[f"{name} alone"] = head.train()(inputs[-1])
        return outs, inputs

    def gradients(self, model: nn.Module, outs: Outs, inputs: list[Tensor]) -> Outs:
        """Of every parameter and input; of outputs weighted at random, each by itself."""
        names = ["the input", *(f"the input of {name}" for name in self.apart)]
        wanted = dict(zip(names, inputs, strict=True)) | dict(model.named_parameters())
        for name, head in self.heads[id(model)].items():
            wanted |= {f"{name}.{key}": value for key, value in head.named_parameters()}
        ends = [out for out in outs.values() if out.requires_grad]
        weights = [check_source.noise(tuple(out.shape), seed=4 + n) for n, out in enumerate(ends)]
        if not ends:
            return {}
        found = torch.autograd.grad(ends, [*wanted.values()], weights, allow_unused=True)
        had: Iterator[tuple[str, Tensor | None]] = zip(wanted, found, strict=True)
        return {key: gradient for key, gradient in had if gradient is not None}

    def statistics(self, model: nn.Module) -> Outs:
        """Running statistics as they are now."""
        found = dict(model.named_buffers())
        for name, head in self.heads[id(model)].items():
            found |= {f"{name}.{key}": value for key, value in head.named_buffers()}
        return found

    @property
    def mute(self) -> str:
        """Why agreement means little: logits that no image changes. Empty where they tell."""
        if not bool(self.logits.isfinite().all()):
            return "random weights give logits that aren't finite"
        moved = bool((self.logits[0] != self.logits[1]).any())
        return "" if moved else "both images give the same logits"

    # --- Side by side ---

    def bit_for_bit(self) -> Iterator[tuple[str, Finding | None]]:
        """Each comparison of the source with the module, by name."""
        outs = self.evaluated(self.ours)
        self.logits = outs["logits"]
        found = first(outs, self.evaluated(self.theirs), same)
        yield "evaluation", found and self._placed(found, training=False)
        mine, others = self.trained(self.ours), self.trained(self.theirs)
        found = first(mine[0], others[0], same)
        after = self.statistics(self.ours), self.statistics(self.theirs)
        yield "training", found and self._placed(found, training=True)
        gradients = self.gradients(self.ours, *mine), self.gradients(self.theirs, *others)
        # They come from the end: the last to differ is where the two part.
        mine_back, others_back = (dict(reversed(grads.items())) for grads in gradients)
        yield "gradients", first(mine_back, others_back, same)
        yield "running statistics", first(after[0], after[1], same)

    def _placed(self, found: Finding, training: bool) -> Finding:
        """The first layer that gives something else, if any does; else what came out."""
        trails = [self.trail(model, training) for model in (self.ours, self.theirs)]
        common = {key: out for key, out in trails[0].items() if key in trails[1]}
        inside = first(common, {key: trails[1][key] for key in common}, same)
        return inside or found

    def trail(self, model: nn.Module, training: bool) -> Outs:
        """What each module inside gave, in the order in which they were done."""
        outs: Outs = {}

        def noting(path: str) -> Callable[[nn.Module, Any, Tensor], None]:
            return lambda module, args, out: outs.update({path: out.detach().clone()})

        hooks = [
            module.register_forward_hook(noting(path))
            for path, module in model.named_modules()
            if path
        ]
        try:
            with torch.no_grad():
                if training:
                    self.trained(model)
                else:
                    model.eval()(self.x)
        finally:
            for hook in hooks:
                hook.remove()
        return outs

    # --- Beside the reading ---

    def read_anew(self) -> Iterator[tuple[str, Finding | None]]:
        """Each comparison of the module with the reading, by name. Turns the module to float64."""
        self._to_float64()
        state = {**self.ours.state_dict(), **self._heads_state()}
        for name, training in (("evaluation", False), ("training", True)):
            state |= {key: value.clone() for key, value in self.before.items()}
            result = self._reading(state, training, lambda path, y: None)
            outs, moved = self._outs(training)
            wanted = {"logits": result.logits, **result.heads}
            found = self._beside(outs, wanted, training, 0)
            yield name, found and self._placed_beside(found, state, training)
            if training:
                wanted = {key: result.state[key] for key in self.before}
                yield "running statistics", self._beside(moved, wanted, training, 1)

    def _beside(self, ours: Outs, theirs: Outs, training: bool, which: int) -> Finding | None:
        """The first difference that isn't rounding.

        Where two values a channel are nearly equal, batch norm makes much of little. So what
        differs is forgiven where rounding of all weights alone changes it as much.
        """
        if not (found := first(ours, theirs, close)):
            return None
        jolted = self._jolted(training)[which]
        kept = [
            key
            for key, value in ours.items()
            if not (key in theirs and rounding(value, theirs[key], jolted[key]))
        ]
        left = {key: theirs[key] for key in theirs if key in kept or key not in ours}
        return first({key: ours[key] for key in kept}, left, close) and found

    def _jolted(self, training: bool) -> tuple[Outs, Outs]:
        """Outputs and running statistics of weights that are a little off."""
        modules = [self.ours, *self.heads[id(self.ours)].values()]
        weights = [weight for module in modules for weight in module.parameters()]
        exact = [weight.detach().clone() for weight in weights]
        with torch.no_grad():
            for seed, weight in enumerate(weights):
                weight.mul_(1 + JOLT * check_source.noise(tuple(weight.shape), seed).to(weight))
            found = self._outs(training)
            for weight, value in zip(weights, exact, strict=True):
                weight.copy_(value)
        return found

    @torch.no_grad()
    def _outs(self, training: bool) -> tuple[Outs, Outs]:
        """What the module gives, and its running statistics afterwards."""
        self._as_before()
        outs = self.trained(self.ours)[0] if training else {"logits": self.ours.eval()(self.x)}
        return outs, {key: value.clone() for key, value in self.statistics(self.ours).items()}

    def _to_float64(self) -> None:
        for name, module in self.heads[id(self.ours)].items():
            self.heads[id(self.ours)][name] = module.double()
        self.ours.double()
        self.x = self.x.double()
        self.maps = {name: value.double() for name, value in self.maps.items()}
        self.before = {
            key: value.double() if value.is_floating_point() else value
            for key, value in self.before.items()
        }
        self._as_before()

    def _as_before(self) -> None:
        """Give the module the running statistics that it had at first."""
        for key, value in self.statistics(self.ours).items():
            value.copy_(self.before[key])

    def _heads_state(self) -> Outs:
        return {
            f"{name}.{key}": value
            for name, head in self.heads[id(self.ours)].items()
            for key, value in head.state_dict().items()
        }

    def _reading(
        self, state: Mapping[str, Tensor], training: bool, saw: Callable[[str, Tensor], None]
    ) -> Any:
        torch.manual_seed(2)
        foreign = others(self.whole, self.layer)
        with torch.no_grad():
            return read(
                self.network.spec, state, self.x, Functions(foreign),
                training=training, apart=self.maps, saw=saw,
            )  # fmt: skip

    def layer(self, path: str) -> nn.Module:
        """A layer of the compiled module, wherever it is kept."""
        top, _, rest = path.partition(".")
        head = self.heads[id(self.ours)].get(top)
        return head.get_submodule(rest) if head is not None else self.ours.get_submodule(path)

    def _placed_beside(
        self, found: Finding, state: Mapping[str, Tensor], training: bool
    ) -> Finding:
        """The first step that gives something else in the reading."""
        seen: Outs = {}
        self._reading(state, training, lambda path, y: seen.update({path: y.clone()}))
        self._as_before()
        trail = self.trail(self.ours, training)
        common = [path for path in seen if path in trail]
        return first({p: trail[p] for p in common}, {p: seen[p] for p in common}, close) or found


def _without(network: Network, apart: tuple[Tap, ...]) -> Network:
    """The network as a module without these heads' insides takes its images."""
    empty = {tap.name: replace(tap, body=replace(tap.body, nodes=())) for tap in apart}
    return replace(network, nodes=tuple(empty.get(node.name, node) for node in network.nodes))
