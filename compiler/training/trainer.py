"""One network, what it is trained by, and a step of that: what a run consists of between files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import InitVar, dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from compiler.ir.network import Network
from compiler.nn.module import CompiledNetwork
from compiler.nn.trunk import Trunk
from compiler.training.averaging import averaged
from compiler.training.dice import seed_of
from compiler.training.faults import TrainingFault
from compiler.training.feeding import Batch
from compiler.training.freezing import freeze, frozen_parts, rest
from compiler.training.objective import Loss, Objective
from compiler.training.optimizing import optimizer_for
from compiler.training.processes import World
from compiler.training.records import Scores
from compiler.training.scoring import Tally
from dsl.models.recipe import Norm, Recipe, Value

HALVES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass
class Trainer:
    """A network in training by a recipe, in one of the processes of a world.

    The numbers of a step follow from the weights, what the optimizer and the averages keep, the
    seed, the epoch and the step, and the batch: `state` has all that isn't given.
    """

    model: nn.Module
    recipe: Recipe
    world: World = field(default_factory=World)
    of: InitVar[Network | None] = None
    """What the module is of; a compiled one knows."""
    network: Network = field(init=False)

    def __post_init__(self, of: Network | None) -> None:
        self.network = of or _known(self.model)
        recipe, device = self.recipe, self.world.device
        self.model.train()
        layout = torch.channels_last if recipe.channels_last else torch.contiguous_format
        self.frozen = frozen_parts(self.model, self.network, recipe.freeze)
        freeze(self.frozen)
        self._checkpoint()
        self.model.to(device)
        if self._is_image:
            self.model.to(memory_format=layout)  # type: ignore[call-overload]  # its stubs lack it
        if not any(parameter.requires_grad for parameter in self.model.parameters()):
            raise TrainingFault("all of the network is frozen, and nothing is left to train")
        self.loss = Loss(self.network)
        whole: nn.Module = Objective(self.model, Loss(self.network, recipe.label_smoothing))
        self.optimizer = optimizer_for(recipe.optimizer, self.model, recipe.rate_at(0))
        self.average = averaged(self.model, recipe.ema.keep) if recipe.ema else None
        self.scaler = torch.amp.GradScaler(device.type, enabled=recipe.precision == "float16")
        self.objective = whole if self.world.size == 1 else self._shared(whole)

    @property
    def _is_image(self) -> bool:
        return len(self.network.input.grid) == 2

    def _checkpoint(self) -> None:
        if isinstance(self.model, Trunk):
            self.model.set_grad_checkpointing(self.recipe.checkpointing)
        elif self.recipe.checkpointing:
            message = "maps inside blocks are computed again in compiled networks only"
            raise TrainingFault(message, "`checkpointing: false` keeps them")

    def _shared(self, whole: nn.Module) -> nn.Module:
        """The objective with gradients that are averaged over all processes."""
        if self.recipe.sync_batchnorm:
            if self.world.device.type != "cuda":
                raise TrainingFault("torch synchronises batch norm on GPUs only")
            whole = nn.SyncBatchNorm.convert_sync_batchnorm(whole)  # type: ignore[no-untyped-call]
        # What a pass leaves alone, such as a head that is off, must not be waited for.
        return DistributedDataParallel(whole, find_unused_parameters=True)

    @property
    def evaluated(self) -> nn.Module:
        """What is evaluated: the average of the weights where there is one."""
        return self.average.module if self.average else self.model

    def autocast(self) -> AbstractContextManager[Any]:
        """Where passes run: in the recipe's precision."""
        half = HALVES.get(self.recipe.precision)
        device = self.world.device.type
        return torch.autocast(device, dtype=half) if half else nullcontext()

    def placed(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """A batch where the network is, in its layout."""
        device = self.world.device
        images = batch.images.to(device, non_blocking=True)
        if self.recipe.channels_last and self._is_image:
            images = images.contiguous(memory_format=torch.channels_last)
        return images, batch.classes.to(device, non_blocking=True)

    def step(
        self, parts: Sequence[Batch], epoch: int, step: int, steps: int, tally: Tally
    ) -> Tensor:
        """One step of the optimizer on a batch in parts; gives the mean loss of this process.

        `steps` are those of an epoch. What was right is counted into `tally`.
        """
        if not self.model.training:  # All its modules are told, which takes a while.
            self.model.train()
        rest(self.frozen)
        rate = self.recipe.rate_at(epoch + step / steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self._seed(seed_of(self.recipe.seed, "layers", epoch, step, self.world.rank))
        self.optimizer.zero_grad(set_to_none=True)
        loss = self._gradients(parts, tally)
        self.scaler.unscale_(self.optimizer)
        self._clip()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        if self.average:
            self.average.update_parameters(self.model)
        return loss

    def _seed(self, seed: int) -> None:
        """Seed what layers draw from; `torch.manual_seed` takes milliseconds to think of GPUs."""
        if self.world.device.type == "cpu":
            torch.default_generator.manual_seed(seed)
        else:
            torch.manual_seed(seed)

    def _gradients(self, parts: Sequence[Batch], tally: Tally) -> Tensor:
        """Gradients of the mean loss over all parts and processes, left at the parameters."""
        total = torch.zeros((), device=self.world.device)
        for place, part in enumerate(parts):
            with self._alone(last=place == len(parts) - 1):
                images, classes = self.placed(part)
                with self.autocast():
                    loss, logits = self.objective(images, classes)
                self.scaler.scale(loss * part.share).backward()
            tally.add(logits, classes, loss.detach())
            total += loss.detach() * (part.share / self.world.size)
        return total

    def _alone(self, *, last: bool) -> AbstractContextManager[Any]:
        """Gradients are shared with other processes once a step: behind its last part."""
        shared = isinstance(self.objective, DistributedDataParallel)
        return self.objective.no_sync() if shared and not last else nullcontext()  # type: ignore[operator]

    def _clip(self) -> None:
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        match self.recipe.clip:
            case Norm(most=most):
                nn.utils.clip_grad_norm_(parameters, most)
            case Value(most=most):
                nn.utils.clip_grad_value_(parameters, most)

    @torch.no_grad()
    def scores(self, batches: Iterator[Batch]) -> Scores:
        """How well the evaluated network does on some images, over all processes."""
        model = self.evaluated
        was = model.training
        model.eval()
        tally = Tally(self.world.device)
        for batch in batches:
            images, classes = self.placed(batch)
            with self.autocast():
                logits = model(images)
                loss = self.loss(logits, classes)
            tally.add(logits, classes, loss)
        model.train(was)
        return tally.scores(self.world)

    def finite(self) -> bool:
        """Whether all weights and statistics are numbers."""
        tensors = (each for each in self.model.state_dict().values() if each.is_floating_point())
        return bool(torch.stack([each.isfinite().all() for each in tensors]).all())

    def state(self) -> dict[str, Any]:
        """All that the next step depends on and that isn't given, as a nest of tensors."""
        return {
            "weights": dict(self.model.state_dict()),
            "optimizer": self.optimizer.state_dict(),
            "average": dict(self.average.state_dict()) if self.average else None,
            "scaler": self.scaler.state_dict(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state, to the bit."""
        self.model.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.average:
            self.average.load_state_dict(state["average"])
        self.scaler.load_state_dict(state["scaler"])


def _known(model: nn.Module) -> Network:
    if isinstance(model, CompiledNetwork):
        return model.network
    raise TypeError(f"a {type(model).__name__} doesn't know its network: give that as well")
