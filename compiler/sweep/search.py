"""A sweep that trains: one trial after the other, each a run in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.trial import FrozenTrial, Trial, TrialState

from compiler.lowering.lower import lower
from compiler.sweep.counting import Outcome, Status, outcome, worth
from compiler.sweep.plan import Point
from compiler.sweep.study import FOLDER, WANTED, Study, quiet, sampler, values_of, values_said
from compiler.training.calling import Wanted, alone, trained
from compiler.training.faults import TrainingFault
from compiler.training.folder import RunFolder, is_run
from compiler.training.processes import joined
from compiler.training.records import Record
from compiler.training.running import Observer, Progress
from dsl.models.axes import inline
from dsl.models.spec import Spec
from dsl.models.sweep import SCORES, Direction

NAME = "trial_{:05}"
"""What the folder of a trial is called."""
FOUND, STATUS, SAYS = "found", "status", "says"
"""What is noted of a trial once it is known: quantities, what became of it, and why."""
STATES: dict[TrialState, Status] = {
    TrialState.COMPLETE: "trained",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Search:
    """A study with how its trials are trained."""

    study: Study
    device: str = "auto"
    workers: int = 0
    tell: Tell = print
    observers: Sequence[Observer] = ()

    def __call__(self) -> None:
        """Train until no trial waits. Raises `Interrupted` where a signal came."""
        while self._one():
            pass

    def _one(self) -> bool:
        """Take a trial and train it; whether there was one."""
        inner = self.study.study
        with ExitStack() as turn:
            turn.enter_context(self.study.turn())
            self.study.revive()
            waiting = inner.get_trials(deepcopy=False, states=(TrialState.WAITING,))
            if not waiting:
                return False
            # Several processes that draw from one seed would all draw the same.
            inner.sampler = sampler(self.study.plan, waiting[0].number)
            with quiet():
                inner.optimize(_Trained(self, turn.pop_all()), n_trials=1, catch=(_Broken,))
        return True


class _Broken(Exception):
    """A run that began and can't go on, as its loss is no number: no fault of the others."""


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
        except _Broken as fault:
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
        if not trial.user_attrs.get(WANTED):
            _refuse(trial, "another process took the last one that was asked for")
        found = outcome(plan, Point(trial.number, values_of(plan, trial)))
        trial.set_user_attr(FOUND, found.found)
        if found.status != "fits":
            trial.set_user_attr(STATUS, found.status)
            _refuse(trial, found.says)
        best = self._run(trial, plan.variant(found.point))
        scores = _scores(best)
        trial.set_user_attr(FOUND, {**found.found, **scores, "epoch": best.epoch})
        row = worth({**found.found, **scores}, plan.sweep.aims)
        assert row is not None, "what fits and was trained has every quantity"
        signs = ({"minimise": 1.0, "maximise": -1.0}[aim] for aim in plan.sweep.aims.values())
        return [sign * value for sign, value in zip(signs, row, strict=True)]

    def _run(self, trial: Trial, spec: Spec) -> Record:
        """The best epoch of a run, which begins, or goes on where a killed one was."""
        search, recipe = self.search, spec.training
        assert recipe is not None, "a plan that trains has a recipe"
        folder = _folder(search.study, trial)
        search.tell(f"trial {trial.number}: {_said(search.study, trial)}")
        network = lower(spec, limit=search.study.plan.limit)
        wanted = Wanted(
            alone(spec), network, recipe, folder.path,
            workers=search.workers, resume=is_run(folder.path),
        )  # fmt: skip
        observers = (*search.observers, Pruning(trial, search.study.plan.sweep.aims))
        try:
            with joined(search.device) as world:
                return trained(wanted, world, observers, search.tell).best
        except TrainingFault as fault:
            if is_run(folder.path):
                raise _Broken(str(fault)) from fault
            raise  # It hasn't begun, and none would.


def _folder(study: Study, trial: Trial) -> RunFolder:
    """A trial's own folder, or that of the one that it goes on with, as far as that came."""
    before = study.folder / NAME.format(trial.user_attrs.get(FOLDER, trial.number))
    return RunFolder(before if is_run(before) else study.folder / NAME.format(trial.number))


def _refuse(trial: Trial, says: str) -> None:
    trial.set_user_attr(SAYS, says)
    raise optuna.TrialPruned(says)


def _said(study: Study, trial: Trial) -> str:
    values = values_said(study.plan, trial)
    pairs = zip(study.plan.addresses, values, strict=True)
    return ", ".join(f"{address} {inline(value)}" for address, value in pairs)


def _scores(epoch: Record) -> dict[str, float]:
    """What a sweep may look for, as it was after an epoch."""
    return {"accuracy": epoch.score, "loss": epoch.loss}


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
        """Several objectives can't be pruned by; neither can what training doesn't change."""
        (name, *others) = self.aims
        if others or name not in SCORES:
            return
        scores = _scores(record)
        self.trial.report(scores[name], record.epoch)
        if self.trial.should_prune():
            says = f"after epoch {record.epoch} it was worse than others"
            self.trial.set_user_attr(FOUND, scores)
            _refuse(self.trial, says)


def outcomes(study: Study) -> list[Outcome]:
    """What came of each trial so far, those that are to come included."""
    return [_outcome(study, trial) for trial in study.trials]


def _outcome(study: Study, trial: FrozenTrial) -> Outcome:
    attrs = trial.user_attrs
    found = {name: tuple(value) if isinstance(value, list) else value
             for name, value in attrs.get(FOUND, {}).items()}  # fmt: skip
    says = attrs.get(SAYS, "")
    if trial.state == TrialState.FAIL and not says:
        says = "its process was ended; it waits again under another number"
    point = Point(trial.number, tuple(values_said(study.plan, trial)))
    return Outcome(point, attrs.get(STATUS, STATES[trial.state]), found, says)
