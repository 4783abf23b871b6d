"""Trials of a sweep that trains: where they are kept, and how they are begun and gone on with."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from compiler.cli.recipes import told as faults
from compiler.cli.terminal import Failed, failure
from compiler.files.folder import is_free
from compiler.sweep.plan import Plan
from compiler.sweep.results import Results
from dsl.models.engines import Engine, Ray

if TYPE_CHECKING:
    from compiler.sweep.study import Study
    from compiler.sweep.trying import Tell
    from dsl.text.values import Value


ELSEWHERE = (
    "other processes have what is running; if one was killed, --resume goes on with its trial after"
)


@dataclass(frozen=True)
class Trials:
    """Where a sweep that trains keeps its trials, and where they are trained."""

    out: Path | None
    resume: bool
    storage: str | None
    device: str
    address: str | None

    def refuse(self) -> None:
        """Refuse what means nothing where networks are only counted."""
        for name in ("out", "resume", "storage", "address"):
            if getattr(self, name):
                message = f"--{name} is for sweeps that train, and this one only counts"
                raise click.UsageError(f"{message}: `train: digits` names a recipe")

    def check(self, engine: Engine) -> None:
        """Refuse what the engine has no use for."""
        if isinstance(engine, Ray):
            if self.storage:
                message = "--storage is for the engine optuna, whose processes meet in a database"
                raise click.UsageError(f"{message}; with ray one process asks and tells all others")
            if self.device == "cuda" and not engine.gpus:
                message = "--device cuda takes a GPU, and trials are given none"
                raise click.UsageError(f"{message}: `engine: {{ray: {{gpus: 1}}}}`")
        elif self.address:
            message = "--address is for the engine ray, and this sweep's is"
            raise click.UsageError(f"{message} {engine.word}: `train: {{engine: ray}}`")

    def folder(self, sweep: Path) -> Path:
        """Where the trials are."""
        return self.out or Path("sweeps") / sweep.stem

    def check_place(self, sweep: Path) -> None:
        """Refuse to begin where something is, and to go on where nothing is."""
        folder = self.folder(sweep)
        if not self.resume and not is_free(folder):
            help = "--resume goes on with it, --out names another folder"
            raise Failed(failure(f"there is something in {folder} already", help))
        if self.resume and not folder.is_dir() and not self.storage:
            raise Failed(f"error: there are no trials in {folder} to go on with")

    def study(self, plan: Plan, sweep: Path) -> Study:
        """The study that is gone on with, or a new one."""
        from compiler.sweep.study import begun, opened

        make = opened if self.resume and not self.storage else begun
        return make(plan, self.folder(sweep), self.storage)

    def values(self, plan: Plan, sweep: Path, number: int) -> Sequence[Value]:
        """What stood on the axes of a trial."""
        from compiler.sweep.study import opened, values_said

        if not self.folder(sweep).is_dir():
            raise Failed(f"error: there are no trials in {self.folder(sweep)} to pick from")
        trials = opened(plan, self.folder(sweep), self.storage).trials
        found = values_said(plan, trials[number]) if number < len(trials) else ()
        if not found:
            raise Failed(f"error: there is no trial {number}, or it hasn't begun")
        return found

    def train(self, plan: Plan, sweep: Path, tell: Callable[[Results], None]) -> int:
        """Train what waits, and tell what came of all."""
        from compiler.sweep.noting import outcomes
        from compiler.sweep.storing import GRACE
        from compiler.training.faults import Interrupted

        assert plan.sweep.train is not None, "a sweep that trains"
        engine = plan.sweep.train.engine
        self.check(engine)
        self.check_place(sweep)
        say = partial(click.echo, err=True)
        with faults(), self._ready(engine, say) as trained:
            study = self.study(plan, sweep)
            try:
                trained(study)
            except Interrupted as stopped:
                say(f"stopped; the same command with --resume goes on in {study.folder}")
                return 128 + stopped.signal
        found = outcomes(study)
        tell(Results.of(plan, found, trained=True))
        if study.shared and any(each.status == "running" for each in found):
            say(f"{ELSEWHERE} {GRACE // 60} minutes")
        return 0

    @contextmanager
    def _ready(self, engine: Engine, say: Tell) -> Iterator[Callable[[Study], None]]:
        """An engine that is there, for as long as it is: it trains a study's trials."""
        if isinstance(engine, Ray):
            from compiler.sweep.cluster import connected

            with connected(self.address, engine) as note:
                from compiler.sweep.tuning import Tuning

                if note:
                    say(note)
                yield lambda study: Tuning(study, engine, self.device, say)()
            return
        from compiler.sweep.search import Search
        from compiler.training.telling import Telling

        told = (Telling(sys.stderr),)
        yield lambda study: Search(study, self.device, tell=say, observers=told)()
