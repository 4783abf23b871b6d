"""What is noted of the trials of a study, whichever engine trains them: values, costs, scores."""

from __future__ import annotations

from collections.abc import Mapping

from optuna.trial import FrozenTrial, Trial, TrialState

from compiler.sweep.counting import Outcome, Status, outcome, worth
from compiler.sweep.plan import Plan, Point
from compiler.sweep.study import FOLDER, WANTED, Study, values_of, values_said
from compiler.training.folder import RunFolder, is_run
from compiler.training.records import Record
from dsl.models.axes import inline
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
LATE = "another process took the last one that was asked for"


def examined(plan: Plan, trial: Trial) -> Outcome:
    """What a trial costs before it is trained: only one that `fits` is to be."""
    if not trial.user_attrs.get(WANTED):
        found = Outcome(Point(trial.number, ()), "pruned", {}, LATE)
    else:
        found = outcome(plan, Point(trial.number, values_of(plan, trial)))
        trial.set_user_attr(FOUND, found.found)
        if found.status != "fits":
            trial.set_user_attr(STATUS, found.status)
    if found.says:
        trial.set_user_attr(SAYS, found.says)
    return found


def scored(plan: Plan, trial: Trial, found: Outcome, best: Record) -> list[float]:
    """What a trial came to in its best epoch: a value for each objective, as Optuna wants them."""
    known = {**found.found, **scores(best)}
    trial.set_user_attr(FOUND, {**known, "epoch": best.epoch})
    row = worth(known, plan.sweep.aims)
    assert row is not None, "what fits and was trained has every quantity"
    signs = ({"minimise": 1.0, "maximise": -1.0}[aim] for aim in plan.sweep.aims.values())
    return [sign * value for sign, value in zip(signs, row, strict=True)]


def scores(epoch: Record) -> dict[str, float]:
    """What a sweep may look for, as it was after an epoch."""
    return {"accuracy": epoch.score, "loss": epoch.loss}


def hopeless(trial: Trial, aims: Mapping[str, Direction], epoch: Record) -> str:
    """Why a trial is to end after an epoch, which the pruner decides; empty where it goes on.

    Several objectives can't be pruned by; neither can what training doesn't change.
    """
    (name, *others) = aims
    if others or name not in SCORES:
        return ""
    found = scores(epoch)
    trial.report(found[name], epoch.epoch)
    if not trial.should_prune():
        return ""
    says = f"after epoch {epoch.epoch} it was worse than others"
    trial.set_user_attr(FOUND, found)
    trial.set_user_attr(SAYS, says)
    return says


def folder_of(study: Study, trial: Trial) -> RunFolder:
    """A trial's own folder, or that of the one that it goes on with, as far as that came."""
    before = study.folder / NAME.format(trial.user_attrs.get(FOLDER, trial.number))
    return RunFolder(before if is_run(before) else study.folder / NAME.format(trial.number))


def said(study: Study, trial: Trial) -> str:
    """A trial by its number, with what stands on its axes."""
    values = values_said(study.plan, trial)
    pairs = zip(study.plan.addresses, values, strict=True)
    axes = ", ".join(f"{address} {inline(value)}" for address, value in pairs)
    return f"trial {trial.number}: {axes}"


def outcomes(study: Study) -> list[Outcome]:
    """What came of each trial so far, those that are to come included."""
    return [_outcome(study, trial) for trial in study.trials]


def _outcome(study: Study, trial: FrozenTrial) -> Outcome:
    attrs = trial.user_attrs
    found = {name: tuple(value) if isinstance(value, list) else value
             for name, value in attrs.get(FOUND, {}).items()}  # fmt: skip
    says = attrs.get(SAYS, "")
    if trial.state == TrialState.FAIL and not says:
        says = "its process was ended; it goes on under another number"
    point = Point(trial.number, tuple(values_said(study.plan, trial)))
    return Outcome(point, attrs.get(STATUS, STATES[trial.state]), found, says)
