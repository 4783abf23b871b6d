"""Sweeps that Ray Tune trains: what it is asked and told, and a whole one that is stopped."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from compiler.cli import run
from compiler.plugins import load
from compiler.training.records import Record
from dsl.models import plugins
from dsl.models.engines import Ray
from tests.test_sweep import TINY
from tests.test_sweep_training import SWEEP, place, states, study_of

ray = pytest.importorskip("ray", reason="Ray isn't installed: pip install 'inception-compile[ray]'")

from ray._private.utils import get_num_cpus  # noqa: E402

from compiler.sweep.cluster import _fitting, connected  # noqa: E402  # It needs Ray.
from compiler.sweep.noting import outcomes  # noqa: E402
from compiler.sweep.remote import Event, Job  # noqa: E402
from compiler.sweep.tuning import Roster  # noqa: E402
from compiler.training.faults import TrainingFault  # noqa: E402

__all__ = ["place"]
ROOT = Path(__file__).parent.parent
SMALL = SWEEP.replace("trials: 3", "trials: 3, engine: ray")


def epoch(accuracy: float, number: int = 1) -> dict[str, Any]:
    return asdict(Record(number, 10, 0.1, 1.0, accuracy, None, None, 1.0, accuracy, None, 1.0))


def test_what_breaks_a_constraint_is_never_given_to_ray(place: Path) -> None:
    study = study_of(place, SMALL.replace("params: < 4k", "params: < 10"))
    roster = Roster(study, print)
    assert roster.next("a") is None and not roster.running
    assert states(study) == ["PRUNED"] * 3
    assert {each.status for each in outcomes(study)} == {"beyond"}


def test_what_ray_tells_is_noted(place: Path) -> None:
    study, told = study_of(place, SMALL.replace("trials: 3", "trials: 5")), list[str]()
    roster = Roster(study, told.append)
    given = [roster.next(name) for name in "abcde"]
    assert all(given) and roster.next("f") is None
    assert [each["folder"] for each in given if each] == [f"trial_{n:05}" for n in range(5)]
    assert roster.hear("a", Event("epoch", [epoch(0.5), True]))
    roster.end("a", Event("best", epoch(0.5)))
    roster.end("b", Event("broken", "the loss is nan"))
    roster.lost["c"] = "out of memory"
    roster.end("c", None)
    roster.end("d", Event("fault", ["no images", "get some"]))
    assert roster.fault and roster.fault.help == "get some"
    roster.release()
    assert states(study) == ["COMPLETE", *["FAIL"] * 4, "WAITING", "WAITING"]
    assert [each.says for each in outcomes(study)][1:3] == [
        "the loss is nan", "its process was lost 4 times: out of memory",
    ]  # fmt: skip
    assert outcomes(study)[0].found["accuracy"] == 0.5
    assert told[-1].startswith("trial 0: epoch 1: trained on: loss 1.0000, right 50.0%")
    again = Roster(study, print).next("x")
    assert again and given[3] and again["values"] == given[3]["values"]


def test_a_trial_that_does_worse_ends(place: Path) -> None:
    text = SMALL.replace(", params: minimise", "").replace("trials: 3", "trials: 6, pruner: median")
    study = study_of(place, text)
    roster = Roster(study, print)
    for name in "abcde":
        assert roster.next(name) and roster.hear(name, Event("epoch", [epoch(0.9), True]))
        roster.end(name, Event("best", epoch(0.9)))
    roster.next("f")
    assert not roster.hear("f", Event("epoch", [epoch(0.5), True]))
    roster.end("f", Event("epoch", [epoch(0.5), True]))
    assert outcomes(study)[-1].status == "pruned"
    assert outcomes(study)[-1].says == "after epoch 1 it was worse than others"


def test_what_ray_has_no_use_for_is_refused(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["sweep", str(place), "--out", str(place.parent / "o")]
    assert run([*words, "--address", "auto"]) == 2
    assert "--address is for the engine ray" in capsys.readouterr().err
    place.write_text(SMALL, encoding="utf-8")
    assert run([*words, "--storage", "sqlite:///trials.db"]) == 2
    assert "with ray one process asks and tells all others" in capsys.readouterr().err
    assert run([*words, "--device", "cuda"]) == 2
    assert "trials are given none: `engine: {ray: {gpus: 1}}`" in capsys.readouterr().err
    assert run([*words, "--cost-only", "--address", "auto"]) == 2
    assert not (place.parent / "o").exists()
    for address, says in {"ray://head": "can't reach into", "127.0.0.1:1": "no Ray at"}.items():
        with pytest.raises(TrainingFault, match=says), connected(address, Ray()):
            pass


def test_a_plan_with_layers_of_a_plugin_gets_to_another_process(place: Path) -> None:
    (place.parent / "tiny.yaml").write_text(
        TINY.replace("[1x1 4, 3x3 c]", "[1x1 c, gain]"), "utf-8"
    )
    load(Path(__file__).parent / "plugins" / "gain.py")
    try:
        job = Job.of(study_of(place, SMALL).plan, place.parent, "cpu")
    finally:
        plugins.forget()
    program = "import sys, pickle; print(pickle.load(sys.stdin.buffer).unpacked().spec.name)"
    done = subprocess.run(
        [sys.executable, "-c", program], input=pickle.dumps(job), cwd=ROOT, capture_output=True,
        check=False,
    )  # fmt: skip
    assert done.stdout.strip() == b"tiny", done.stderr


def test_room_that_no_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = [{"Alive": True, "Resources": {"CPU": 4.0}}, {"Alive": False, "Resources": {"GPU": 1}}]
    monkeypatch.setattr(ray, "nodes", lambda: nodes)
    assert _fitting(Ray(cpus=4), "auto") == ""
    assert "no machine of the cluster has 1 CPU and 0.5 GPU now" in _fitting(Ray(gpus=0.5), "auto")
    with pytest.raises(TrainingFault, match="asks for 5 CPUs, and this machine has 4 CPUs and 0 G"):
        _fitting(Ray(cpus=5), "local")


def living(group: int) -> list[str]:
    """The processes of a group, by their names; where the system tells of them in files."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # It has ended meanwhile.
            name, _, rest = stat.read_text(encoding="utf-8").rpartition(")")
            state, _, of_group = rest.split()[:3]
            if int(of_group) == group and state != "Z":
                found.append(name)
    return found


def test_a_whole_sweep_is_stopped_and_goes_on(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With nothing left behind: no process, no file at home, none of Ray's in the folder.

    A trial takes all cores, so that the second waits for the first to end, and a third for that.
    """
    pytest.importorskip("sklearn", reason="the digits come with scikit-learn")
    engine = f"trials: 4, engine: {{ray: {{cpus: {get_num_cpus()}}}}}"
    text = SWEEP.replace("epochs: 1", "epochs: 2").replace("params: < 4k", "params: < 9M")
    place.write_text(text.replace("trials: 3", engine), encoding="utf-8")
    out, home = (place.parent / name for name in ("out", "home"))
    home.mkdir()
    words = ["sweep", str(place), "--out", str(out)]
    surroundings = {**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-m", "compiler", *words],
        env=surroundings, text=True, stderr=subprocess.PIPE, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stderr
        patience = Timer(600, os.killpg, (process.pid, signal.SIGKILL))
        patience.daemon = True
        patience.start()
        lines = list[str]()
        for line in process.stderr:
            lines.append(line)
            if line.startswith("trial 2:"):  # As a terminal does, to all that was started:
                os.killpg(process.pid, signal.SIGINT)
        assert process.wait() == 130, lines
        patience.cancel()
    assert lines[-1] == f"stopped; the same command with --resume goes on in {out}\n", lines
    assert not [*out.glob("ray*")] and not [*home.iterdir()]
    until = time.monotonic() + 30
    while (left := living(process.pid)) and time.monotonic() < until:
        time.sleep(0.2)
    assert not left
    place.write_text(text.replace("trials: 3", "trials: 4"), encoding="utf-8")
    assert run([*words, "--resume", "--format", "json"]) == 0  # Optuna's turn, with the same study.
    rows = json.loads(capsys.readouterr().out)["variants"]
    assert {row["status"] for row in rows} == {"trained", "failed"}
    finished = [row["number"] for row in rows if row["status"] == "trained"]
    assert len(finished) == 4 and finished[0] == 0
    assert (out / "trial_00000" / "best.safetensors").is_file()
