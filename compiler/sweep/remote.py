"""A trial where Ray puts it: a process of its own, which trains in a thread and tells of that.

Ray asks for one step after the other, and can end a process only between two of them. So a step
is over once there is something to tell, or after a moment.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from socket import gethostname
from threading import Thread
from typing import Any, Literal, NamedTuple

from ray import cloudpickle, tune
from ray.tune.result import DONE

from compiler.plugins import load
from compiler.sweep.plan import Plan, Point
from compiler.sweep.trying import Broken, tried
from compiler.training.faults import Interrupted, TrainingFault
from compiler.training.records import Record
from compiler.training.running import Progress
from compiler.training.stopping import Stop
from dsl.models import plugins
from dsl.models.plain import tree

BEAT = 2.0
"""Seconds after which a step is over where there is nothing to tell."""
EVENT = "event"
"""What a step gives Ray: a kind, and what there is to say of it."""
Kind = Literal["idle", "note", "epoch", "best", "broken", "fault", "lost"]
LAST: tuple[Kind, ...] = ("best", "broken", "fault", "lost")
"""Behind these a trial has ended."""


class Event(NamedTuple):
    """What a trial tells: of an epoch, or of the best one at its end, the record."""

    kind: Kind
    said: Any = None


@dataclass(frozen=True)
class Job:
    """What all trials have in common, as another process or machine can take it."""

    plan: bytes
    """Pickled, since layers of plugins can only be had once these are loaded."""
    files: Sequence[Path]
    """Files of plugins."""
    words: Sequence[str]
    """Layers of plugins that installed packages have, by their words."""
    folder: Path
    device: str

    @classmethod
    def of(cls, plan: Plan, folder: Path, device: str) -> Job:
        """The job of a plan, with the plugins that are in use here."""
        origins = {word: Path(given.origin) for word, given in plugins.GIVEN.items()}
        files = dict.fromkeys(each.absolute() for each in origins.values() if each.is_file())
        words = [word for word, each in origins.items() if not each.is_file()]
        pickled: bytes = cloudpickle.dumps(plan)  # type: ignore[no-untyped-call]
        return cls(pickled, [*files], words, folder.absolute(), device)

    def unpacked(self) -> Plan:
        """The plan, in the process that trains."""
        for file in self.files:
            load(file)
        for word in self.words:
            plugins.find(word)
        plan: Plan = cloudpickle.loads(self.plan)
        return plan


class Remote(tune.Trainable):
    """One trial. Its `config` has the values on the axes, and the name of its folder."""

    def setup(self, config: dict[str, Any], job: Job) -> None:  # type: ignore[override]  # Ray's way to hand more over
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.stop_asked = Stop()
        self.thread = Thread(target=self._run, args=(config, job))
        self.thread.start()

    def step(self) -> dict[str, Any]:
        try:
            event = self.events.get(timeout=BEAT)
        except Empty:
            event = Event("idle")
        return {EVENT: [*event], DONE: event.kind in LAST}

    def cleanup(self) -> None:
        """End the run, which keeps its state after the step that it is in."""
        self.stop_asked.signal = signal.SIGTERM
        self.thread.join()

    def _run(self, config: dict[str, Any], job: Job) -> None:
        try:
            event = Event("best", asdict(self._best(config, job)))
        except Interrupted:
            return
        except Broken as fault:
            event = Event("broken", str(fault))
        except TrainingFault as fault:
            event = Event("fault", [str(fault), fault.help])
        except OSError as error:  # A full disk: no other trial would do better.
            event = Event("fault", [f"{gethostname()}: {error}", ""])
        except BaseException as error:  # noqa: BLE001  # Whatever it is, it is told.
            event = Event("lost", f"{type(error).__name__}: {error}")
        self.events.put(event)

    def _best(self, config: dict[str, Any], job: Job) -> Record:
        if not job.folder.is_dir():
            message = f"{gethostname()} doesn't see the folder {job.folder}"
            raise TrainingFault(message, "--out names one that all machines of the cluster share")
        plan = job.unpacked()
        spec = plan.variant(Point(0, tuple(map(tree, config["values"]))))
        folder = job.folder / config["folder"]
        told = (Epochs(self.events),)
        return tried(spec, plan.limit, folder, job.device, told, self._note, self.stop_asked)

    def _note(self, text: str) -> None:
        self.events.put(Event("note", text))


@dataclass(frozen=True)
class Epochs:
    """Tells of each epoch."""

    events: SimpleQueue[Event]

    def stepped(self, progress: Progress) -> None:
        """Epochs are told, not steps."""

    def save(self, state: dict[str, Any]) -> None:
        """States are kept elsewhere."""

    def finished(self, record: Record, *, best: bool) -> None:
        """An epoch has been trained."""
        self.events.put(Event("epoch", [asdict(record), best]))
