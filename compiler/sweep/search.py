"""A sweep that trains by Optuna: one trial after the other, each a run in a folder of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.trial import Trial

from compiler.sweep.noting import SAYS, examined, folder_of, hopeless, said, scored
from compiler.sweep.storing import quiet
from compiler.sweep.study import Study
from compiler.sweep.trying import Broken, Tell, tried
from compiler.training.records import Record
from compiler.training.running import Observer, Progress
from dsl.models.spec import Spec
from dsl.models.sweep import Direction


@dataclass(frozen=True)
class Search:
    """A study with how its trials are trained."""

    study: Study
    device: str = "auto"
    tell: Tell = print
    observers: Sequence[Observer] = ()

    def __call__(self) -> None:
        """Train until no trial waits. Raises `Interrupted` where a signal came."""
        while self._one():
            pass

    def _one(self) -> bool:
        """Take a trial and train it; whether there was one."""
        with ExitStack() as turn:
            turn.enter_context(self.study.turn())
            self.study.revive()
            if not self.study.waiting:
                return False
            self.study.reseed()
            with quiet():
                trained = _Trained(self, turn.pop_all())
                self.study.study.optimize(trained, n_trials=1, catch=(Broken,))
        return True


@dataclass
class _Trained:
    """What a trial comes to."""

    search: Search
    turn: ExitStack
    """Held until it is known which trial was taken."""

    def __call__(self, trial: Trial) -> list[float]:
        study = self.search.study
        with self.turn:
            held = study.take(trial.number)
        try:
            return self._trained(trial)
        except optuna.TrialPruned:
            raise
        except Broken as fault:
            trial.set_user_attr(SAYS, str(fault))
            raise
        except BaseException:  # A signal, a full disk, images that aren't there.
            study.again(study.trials[trial.number])
            raise
        finally:
            if held:
                held.release()

    def _trained(self, trial: Trial) -> list[float]:
        plan = self.search.study.plan
        found = examined(plan, trial)
        if found.status != "fits":
            raise optuna.TrialPruned(found.says)
        return scored(plan, trial, found, self._run(trial, plan.variant(found.point)))

    def _run(self, trial: Trial, spec: Spec) -> Record:
        search, plan = self.search, self.search.study.plan
        search.tell(said(search.study, trial))
        folder = folder_of(search.study, trial).path
        observers = (*search.observers, Pruning(trial, plan.sweep.aims))
        return tried(spec, plan.limit, folder, search.device, observers, search.tell)


@dataclass
class Pruning:
    """Tells a trial how each epoch went, and ends it where the pruner says so."""

    trial: Trial
    aims: Mapping[str, Direction]

    def stepped(self, progress: Progress) -> None:
        """Epochs are told, not steps."""

    def save(self, state: dict[str, Any]) -> None:
        """States are kept elsewhere."""

    def finished(self, record: Record, *, best: bool) -> None:
        """An epoch is told; whether it was the best one is no matter."""
        if says := hopeless(self.trial, self.aims, record):
            raise optuna.TrialPruned(says)
