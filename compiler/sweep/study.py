"""The study of a sweep that trains: Optuna's, in a file or database that processes share.

Each trial is waiting from the beginning, so that however many processes there are, as many are
trained as were asked for. One that was killed fails, and waits again under a new number; it goes on
in the folder that it began in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, Trial, TrialState

from compiler.files.holding import Held, hold, holding
from compiler.sweep.plan import Plan
from compiler.sweep.storing import quiet, storage
from compiler.sweep.trying import LOCKS
from compiler.training.dice import seed_of
from dsl.models.axes import Axis, inline
from dsl.models.plain import tree
from dsl.models.sweep import Training
from dsl.text.values import Value, plain

LOCK = "trials.lock"
WANTED, FOLDER, VALUES = "wanted", "folder", "values"
"""What is noted of a trial: that it was asked for, the number of its folder, what its axes say."""
VARIANT = "variant"
"""The parameter of a trial that is one of the sweep's own variants, by its number."""
USUAL_TRIALS = 20


@dataclass(frozen=True)
class Study:
    """A study with the sweep that it is of, and the folder of its runs."""

    plan: Plan
    study: optuna.Study
    folder: Path
    shared: bool
    """Whether it is in a database, which knows itself which processes live."""

    @property
    def trials(self) -> list[FrozenTrial]:
        """Every trial so far."""
        return self.study.get_trials(deepcopy=False)

    @property
    def waiting(self) -> int:
        """How many are still to be trained."""
        return len(self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,)))

    def lock(self, number: int) -> Path:
        """The file that a process holds while it trains a trial."""
        return self.folder / LOCKS / f"{number:05}.lock"

    def ask(self) -> tuple[Trial, Held | None] | None:
        """The next trial, held; None where none waits."""
        with self.turn():
            self.revive()
            if not self.waiting:
                return None
            self.reseed()
            trial = self.study.ask()
            return trial, self.take(trial.number)

    def reseed(self) -> None:
        """Let the next trial follow from its number: several that draw from one seed drew alike."""
        waiting = self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        self.study.sampler = sampler(self.plan, waiting[0].number)

    def take(self, number: int) -> Held | None:
        """Hold a trial; None where a process lives that does."""
        return hold(self.lock(number))

    def revive(self) -> None:
        """Trials of processes that were killed fail, and wait again."""
        if self.shared:
            with quiet():
                optuna.storages.fail_stale_trials(self.study)
            return
        for trial in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            held = self.take(trial.number)
            if held is not None:
                self.study.tell(trial.number, state=TrialState.FAIL)
                self.again(trial)
                held.release()

    def again(self, trial: FrozenTrial) -> None:
        """The same trial once more, which goes on where that one was."""
        again(self.study, trial)

    def turn(self) -> Any:
        """Whoever takes a trial, or looks for dead ones, does so alone."""
        return holding(self.folder / LOCK)


def again(study: optuna.Study, trial: FrozenTrial) -> None:
    """Let a trial wait again, with its values and its folder."""
    number = trial.user_attrs.get(FOLDER, trial.number)
    attrs = {WANTED: True, FOLDER: number} if trial.params else {WANTED: True}
    study.enqueue_trial(trial.params, user_attrs=attrs)


def begun(plan: Plan, folder: Path, url: str | None) -> Study:
    """A new study, each of whose trials waits. Its folder is there and empty."""
    train = _train(plan)
    (folder / LOCKS).mkdir(parents=True, exist_ok=True)
    found = opened(plan, folder, url)
    with found.turn():
        if not found.trials:
            for parameters in _wanted(plan, train):
                found.study.enqueue_trial(parameters, user_attrs={WANTED: True})
    return found


def opened(plan: Plan, folder: Path, url: str | None) -> Study:
    """The study in a folder, or at a database."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # What ends a trial is told by us.
    train, directions = _train(plan), [*plan.sweep.aims.values()]
    study = optuna.create_study(
        storage=storage(folder, url, again),
        study_name=plan.sweep.title or folder.name,
        sampler=sampler(plan, 0),
        pruner=_pruner(train),
        directions=[{"minimise": "minimize", "maximise": "maximize"}[each] for each in directions],  # type: ignore[misc]  # both words are known
        load_if_exists=True,
    )
    return Study(plan, study, folder, shared=url is not None)


def _train(plan: Plan) -> Training:
    assert plan.sweep.train is not None, "a sweep that trains"
    return plan.sweep.train


def sampler(plan: Plan, number: int) -> optuna.samplers.BaseSampler:
    """What chooses the values of a trial: several processes that drew from one seed drew alike."""
    train = _train(plan)
    seed = seed_of(train.seed, "trial", number) % 2**32
    if train.sampler == "tpe":
        return optuna.samplers.TPESampler(seed=seed)
    return optuna.samplers.RandomSampler(seed=seed)


def _pruner(train: Training) -> optuna.pruners.BasePruner:
    match train.pruner:
        case "median":
            return optuna.pruners.MedianPruner()
        case "halving":
            return optuna.pruners.SuccessiveHalvingPruner()
        case _:
            return optuna.pruners.NopPruner()


def _listed(plan: Plan) -> bool:
    """Whether trials are the sweep's own variants, and no sampler thinks of values."""
    return _train(plan).sampler == "grid" or plan.sweep.random is not None


def _wanted(plan: Plan, train: Training) -> list[dict[str, Any]]:
    """What each trial has to begin with: nothing, or the variant that it is."""
    if not _listed(plan):
        return [{} for _ in range(train.trials or USUAL_TRIALS)]
    count = min(train.trials or len(plan.points), len(plan.points))
    return [{VARIANT: number} for number in range(1, count + 1)]


def values_of(plan: Plan, trial: Trial) -> tuple[Value, ...]:
    """What stands on the axes in a trial: those of its variant, or what the sampler suggests."""
    if _listed(plan):
        number = trial.suggest_int(VARIANT, 1, len(plan.points))
        values = plan.points[number - 1].values
    else:
        values = tuple(_suggested(trial, *each) for each in plan.sweep.axes.items())
    trial.set_user_attr(VALUES, [plain(value) for value in values])
    return values


def _suggested(trial: Trial, address: str, axis: Axis) -> Value:
    """A value of an axis: of a list one of its texts, of a range a number."""
    if axis.values or axis.count:
        nodes = {inline(node): node for node in axis.nodes()}
        return nodes[trial.suggest_categorical(address, [*nodes])]
    return tree(_number(trial, address, axis), axis.at.of("low"))


def _number(trial: Trial, address: str, axis: Axis) -> float:
    low, high, step = axis.low, axis.high, axis.step
    assert low is not None and high is not None, "a range has ends"
    if not (axis.log or axis.endless):
        high = axis.numbers()[-1]
    if axis.integral:
        return trial.suggest_int(address, int(low), int(high), step=int(step or 1), log=axis.log)
    if step:
        return round(trial.suggest_float(address, low, high, step=step), 12)
    return axis.rounded(trial.suggest_float(address, low, high, log=axis.log))


def values_said(plan: Plan, trial: Trial | FrozenTrial) -> Sequence[Value]:
    """What stood on the axes of a trial; none where it never began."""
    return tuple(map(tree, trial.user_attrs.get(VALUES, ())))
