"""A sweep that trains by Ray Tune, which starts a trial wherever there is room for it.

Optuna's study stays what chooses, prunes and remembers: Ray keeps neither what its schedulers know
nor which trials another process took, so a sweep that was killed goes on from the study alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from optuna.trial import Trial, TrialState
from ray import tune
from ray.tune.experiment import Trial as Attempt
from ray.tune.schedulers import FIFOScheduler
from ray.tune.search import Searcher
from ray.tune.stopper import Stopper

from compiler.files.holding import Held, hold
from compiler.sweep.counting import Outcome
from compiler.sweep.noting import SAYS, examined, folder_of, hopeless, said, scored
from compiler.sweep.remote import EVENT, Event, Job, Remote
from compiler.sweep.study import Study, values_said
from compiler.sweep.trying import Tell
from compiler.training.faults import Interrupted, TrainingFault
from compiler.training.records import Record
from compiler.training.stopping import Stop, listening
from compiler.training.telling import told
from dsl.models.engines import Ray
from dsl.text.values import plain

AGAIN = 3
"""How often a trial goes on elsewhere whose process or machine was lost."""
BEGINNING, HELD = "ray-", "lock"
"""How folders begin in which Ray writes while a sweep runs, and what is held in one meanwhile."""


@dataclass(frozen=True)
class Running:
    """A trial that Ray has been given."""

    trial: Trial
    cost: Outcome
    held: Held | None


@dataclass
class Roster:
    """The trials that Ray has, by the names that it gives them."""

    study: Study
    tell: Tell
    running: dict[str, Running] = field(default_factory=dict)
    fault: TrainingFault | None = None
    """Why none would begin."""
    lost: dict[str, str] = field(default_factory=dict)
    """What Ray says of those whose process it lost."""

    def next(self, name: str) -> dict[str, Any] | None:
        """The next trial that is to be trained, as Ray hands it over; None behind the last one."""
        while (taken := self.study.ask()) is not None:
            trial, held = taken
            cost = examined(self.study.plan, trial)
            if cost.status == "fits":
                self.running[name] = Running(trial, cost, held)
                values = [plain(value) for value in values_said(self.study.plan, trial)]
                self.tell(said(self.study, trial))
                return {"values": values, "folder": folder_of(self.study, trial).path.name}
            self._end(Running(trial, cost, held), TrialState.PRUNED)
        return None

    def hear(self, name: str, event: Event) -> bool:
        """What a trial tells before its end; whether it is to go on."""
        running = self.running.get(name)
        if running is None:
            return False
        if event.kind == "note":
            self.tell(f"trial {running.trial.number}: {event.said}")
        elif event.kind == "epoch":
            data, best = event.said
            record = Record(**data)
            self.tell(f"trial {running.trial.number}: {told(record, best=best)}")
            return not hopeless(running.trial, self.study.plan.sweep.aims, record)
        return True

    def end(self, name: str, event: Event | None) -> None:
        """A trial has ended: as it said, or without a word."""
        running = self.running.pop(name, None)
        if running is None:
            return
        match event:
            case Event("best", data):
                values = scored(self.study.plan, running.trial, running.cost, Record(**data))
                self._end(running, TrialState.COMPLETE, values)
            case Event("fault", (message, help)):
                self.fault = TrainingFault(message, help)
                self._again(running)
            case Event("broken" | "lost", says):
                self._fail(running, says)
            case Event():
                self._end(running, TrialState.PRUNED)
            case None:
                why = f": {self.lost[name]}" if self.lost.get(name) else ""
                self._fail(running, f"its process was lost {AGAIN + 1} times{why}")

    def release(self) -> None:
        """Trials that haven't ended wait again."""
        for running in self.running.values():
            self._again(running)
        self.running.clear()

    def _fail(self, running: Running, says: str) -> None:
        running.trial.set_user_attr(SAYS, says)
        self._end(running, TrialState.FAIL)

    def _again(self, running: Running) -> None:
        self._end(running, TrialState.FAIL)
        self.study.again(self.study.trials[running.trial.number])

    def _end(self, running: Running, state: TrialState, values: list[float] | None = None) -> None:
        self.study.study.tell(running.trial, values, state)
        if running.held:
            running.held.release()


class Asking(Searcher):
    """Whom Ray asks for trials, and tells how each ended."""

    def __init__(self, roster: Roster) -> None:
        super().__init__()
        self.roster = roster

    def suggest(self, trial_id: str) -> Any:
        return self.roster.next(trial_id) or Searcher.FINISHED

    def on_trial_complete(
        self, trial_id: str, result: Mapping[str, Any] | None = None, error: bool = False
    ) -> None:
        self.roster.end(trial_id, None if error or not result else Event(*result[EVENT]))

    def save(self, checkpoint_path: str) -> None:
        """All that is to be kept is in the study."""

    def restore(self, checkpoint_path: str) -> None:
        """The same."""


class Ending(FIFOScheduler):
    """Whom Ray asks, at each result, whether a trial goes on."""

    def __init__(self, roster: Roster) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.roster = roster

    def on_trial_result(self, tune_controller: Any, trial: Attempt, result: dict[str, Any]) -> str:
        goes_on = self.roster.hear(trial.trial_id, Event(*result[EVENT]))
        return self.CONTINUE if goes_on else self.STOP

    def on_trial_error(self, tune_controller: Any, trial: Attempt) -> None:
        lines = str(trial.get_error() or "").strip().splitlines()
        self.roster.lost[trial.trial_id] = lines[-1].strip() if lines else ""


@dataclass
class Halting(Stopper):
    """Whom Ray asks whether all is to end."""

    roster: Roster
    stop: Stop

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        return False

    def stop_all(self) -> bool:
        return bool(self.stop.signal) or self.roster.fault is not None


@contextmanager
def _workplace(study: Study) -> Iterator[Path]:
    """A folder for Ray, which is removed; so are those of processes that were killed."""
    with study.turn():
        for left in study.folder.glob(f"{BEGINNING}*"):
            if dead := hold(left / HELD):
                shutil.rmtree(left, ignore_errors=True)
                dead.release()
        own = Path(mkdtemp(prefix=BEGINNING, dir=study.folder.absolute()))
        held = hold(own / HELD)
    try:
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)
        if held:
            held.release()


@dataclass(frozen=True)
class Tuning:
    """A study whose trials Ray trains; Ray is there."""

    study: Study
    engine: Ray
    device: str
    tell: Tell

    def __call__(self) -> None:
        """Train until no trial waits.

        Raises `Interrupted` where a signal came, and `TrainingFault` where no trial would begin.
        """
        roster, stop = Roster(self.study, self.tell), Stop(begun=True)
        try:
            with _workplace(self.study) as work, listening(stop), redirect_stdout(StringIO()):
                self._tuner(roster, stop, work).fit()
        finally:
            roster.release()
        if stop.signal:
            raise Interrupted(stop.signal)
        if roster.fault:
            raise roster.fault

    def _tuner(self, roster: Roster, stop: Stop, work: Path) -> tune.Tuner:
        job = Job.of(self.study.plan, self.study.folder, self._device)
        room = {"cpu": self.engine.cpus, "gpu": self.engine.gpus}
        return tune.Tuner(
            tune.with_resources(tune.with_parameters(Remote, job=job), room),
            tune_config=tune.TuneConfig(
                search_alg=Asking(roster), scheduler=Ending(roster), num_samples=-1
            ),
            run_config=tune.RunConfig(
                name=work.name,
                storage_path=str(work.parent),
                verbose=0,
                stop=Halting(roster, stop),
                # What a trial is, its own folder keeps.
                checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
                failure_config=tune.FailureConfig(max_failures=AGAIN),
            ),
        )

    @property
    def _device(self) -> str:
        """Where a trial computes: not on a GPU that it wasn't given."""
        return "cpu" if self.device == "auto" and not self.engine.gpus else self.device
