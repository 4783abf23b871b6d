"""Sweeps that train: what is chosen, kept, pruned, killed and gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import dsl
from compiler.cli import run
from compiler.files.holding import hold
from compiler.sweep.plan import Plan, planned
from dsl.models.axes import inline
from dsl.text.problems import SpecError
from tests.test_sweep import TINY

optuna = pytest.importorskip("optuna", reason="optuna isn't installed")

from compiler.sweep import storing  # noqa: E402
from compiler.sweep.search import Pruning  # noqa: E402  # It needs optuna.
from compiler.sweep.study import FOLDER, WANTED, Study, begun, opened, values_of  # noqa: E402
from compiler.training.folder import METRICS, RunFolder  # noqa: E402
from compiler.training.records import Record  # noqa: E402

SWEEP = """
spec: tiny.yaml
axes:
  a.c: {low: 4, high: 12, step: 4}
  b: [A c=8, A c=8 x2]
  width: {low: 0.5, high: 1.0, step: 0.25}
  training.schedule.cosine.rate: {low: 0.01, high: 0.5, log: true}
constraints: {params: < 4k}
objectives: {accuracy: maximise, params: minimise}
train: {recipe: quick.yaml, epochs: 1, trials: 3}
"""
RECIPE = """
data: digits
optimizer: {sgd: {momentum: 0.9}}
schedule: {cosine: 0.1}
epochs: 7
batch: 256
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    small = TINY.replace("[3, 16, 16]", "[1, 8, 8]")
    for name, text in (("tiny", small), ("quick", RECIPE), ("s", SWEEP)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "s.yaml"


def plan_of(place: Path, text: str = SWEEP) -> Plan:
    return planned(dsl.loads_sweep(text, str(place)))


def study_of(place: Path, text: str = SWEEP) -> Study:
    return begun(plan_of(place, text), place.parent / "trials", None)


def states(study: Study) -> list[str]:
    return [trial.state.name for trial in study.trials]


def test_trials_are_runs_that_go_on(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn", reason="the digits come with scikit-learn")
    out = place.parent / "out"
    words = ["sweep", str(place), "--out", str(out)]
    assert run([*words, "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["variants"]
    assert [row["number"] for row in rows] == [0, 1, 2]
    assert {row["status"] for row in rows} <= {"trained", "beyond"}
    trained = [row for row in rows if row["status"] == "trained"]
    assert trained and all(0 < row["accuracy"] <= 1 and row["epoch"] == 1 for row in trained)
    number = trained[0]["number"]
    network, recipe = (
        dsl.load(out / f"trial_{number:05}" / "spec.yaml"),
        dsl.load_recipe(out / f"trial_{number:05}" / "recipe.yaml"),
    )
    assert recipe.epochs == 1
    assert recipe.rate_at(0) == pytest.approx(trained[0]["training.schedule.cosine.rate"])
    assert run(words) == 1
    assert "--resume goes on with it" in capsys.readouterr().err
    assert run([*words, "--resume", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["variants"] == rows
    picked = place.parent / "picked.yaml"
    assert run([*words, "--pick", str(number), "-o", str(picked)]) == 0
    again = dsl.load(picked)
    assert again.training == recipe
    assert (again.stem, again.blocks, again.body) == (network.stem, network.blocks, network.body)


def test_what_is_suggested_can_stand_there(place: Path) -> None:
    plan, study = plan_of(place), study_of(place)
    for _ in range(12):
        trial = study.study.ask()
        values = values_of(plan, trial)
        plan.variant(plan.points[0]) if plan.points else dsl.change(plan.spec, plan.changes(values))
        c, b, width, rate = map(inline, values)
        assert c in ("4", "8", "12") and b in ("A c=8", "A c=8 x2")
        assert width in ("0.5", "0.75", "1.0") and 0.01 <= float(rate) <= 0.5


def test_a_grid_takes_each_variant_once(place: Path) -> None:
    text = SWEEP.replace("{low: 0.01, high: 0.5, log: true}", "[0.1]")
    text = text.replace("trials: 3", "sampler: grid")
    study = study_of(place, text)
    taken = [values_of(study.plan, study.study.ask()) for _ in range(study.waiting)]
    assert taken == [point.values for point in study.plan.points] and len(taken) == 18


def test_a_killed_trial_fails_and_waits_again(place: Path) -> None:
    study = study_of(place)
    trial = study.study.ask()
    values = values_of(study.plan, trial)
    program = "import sys, time; from pathlib import Path; from compiler.files.holding import hold"
    program += "\nheld = hold(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    words = [sys.executable, "-c", program, str(study.lock(trial.number))]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout and other.stdout.readline() == "held\n"
        study.revive()
        assert states(study) == ["RUNNING", "WAITING", "WAITING"]
        other.kill()
    study.revive()
    assert states(study) == ["FAIL", "WAITING", "WAITING", "WAITING"]
    again = study.trials[-1]
    assert again.user_attrs == {WANTED: True, FOLDER: 0}
    for _ in range(2):
        study.study.ask()
    assert values_of(study.plan, study.study.ask()) == values
    same = opened(study.plan, study.folder, None)
    assert len(same.trials) == 4


KILLED = SWEEP.replace("epochs: 1, trials: 3", "epochs: 12, trials: 2").replace("< 4k", "< 40k")


def two_long_trials(place: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], Path]:
    """The words that train a sweep long enough to be ended in its second trial, and its folder."""
    pytest.importorskip("sklearn", reason="the digits come with scikit-learn")
    monkeypatch.chdir(place.parent)
    place.write_text(KILLED, "utf-8")
    return ["sweep", "s.yaml", "--out", "out", "--device", "cpu"], place.parent / "out"


def ended(words: list[str], out: Path, number: int) -> int:
    """The exit code of a sweep that got a signal somewhere within its second trial."""
    root = str(Path(__file__).parent.parent)
    command = [sys.executable, "-m", "compiler", *words]
    environment = {**os.environ, "PYTHONPATH": root, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, env=environment, cwd=out.parent) as process:
        deadline = time.monotonic() + 120
        while not (out / "trial_00001" / METRICS).exists() and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(number)
    return process.returncode


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
def test_a_sweep_that_was_killed_goes_on(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The trial that was done stays as it is; the one that was killed is done in its folder."""
    words, out = two_long_trials(place, monkeypatch)
    assert ended(words, out, signal.SIGKILL) == -signal.SIGKILL
    done = {file: file.stat().st_mtime_ns for file in (out / "trial_00000").iterdir()}
    assert run([*words, "--resume", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["variants"]
    assert [row["status"] for row in rows] == ["trained", "failed", "trained"]
    assert len(RunFolder(out / "trial_00001").records()) == 12
    assert done == {file: file.stat().st_mtime_ns for file in (out / "trial_00000").iterdir()}
    assert not (out / "trial_00002").exists()


def test_a_database_gives_up_who_gives_no_sign_of_life(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("sklearn", reason="the digits come with scikit-learn")
    monkeypatch.chdir(place.parent)
    place.write_text(KILLED.replace("epochs: 12", "epochs: 1"), "utf-8")
    url = "sqlite:///trials.db"
    study = begun(plan_of(place, place.read_text("utf-8")), Path("out"), url)
    with pytest.warns(UserWarning, match="Heartbeat"):  # It isn't sent for a trial that is asked.
        dead, held = study.ask() or (None, None)
    assert dead and held, "the first trial"
    held.release()
    study.study._storage.record_heartbeat(dead._trial_id)  # type: ignore[attr-defined]  # As Optuna does.
    words = ["sweep", "s.yaml", "--out", "out", "--storage", url, "--device", "cpu", "--resume"]
    assert run([*words, "--format", "json"]) == 0
    told = capsys.readouterr()
    states = [row["status"] for row in json.loads(told.out)["variants"]]
    assert states == ["running", "trained"]
    assert "if one was killed, --resume goes on with its trial after 3 minutes" in told.err
    monkeypatch.setattr(storing, "HEARTBEAT", 1)
    monkeypatch.setattr(storing, "GRACE", 1)
    time.sleep(2.1)
    assert run([*words, "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["variants"]
    assert [row["status"] for row in rows] == ["failed", "trained", "trained"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
def test_ctrl_c_ends_a_sweep_that_goes_on(
    place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """In a process of its own: the signal is for all that runs in the one that gets it."""
    words, out = two_long_trials(place, monkeypatch)
    assert ended(words, out, signal.SIGINT) == 130
    said = capfd.readouterr().err
    assert "stopped; the same command with --resume goes on in out" in said
    assert "Traceback" not in said
    stopped = RunFolder(out / "trial_00001")
    before = len(stopped.records())
    assert before < 12
    assert run([*words, "--resume"]) == 0
    assert len(stopped.records()) == 12
    assert f"epoch {before}:" not in capfd.readouterr().err


def test_the_file_of_trials_outlives_who_writes_there(place: Path) -> None:
    """One who was killed in his turn leaves it to others; what he wrote half of is gone."""
    study = study_of(place)
    journal = study.folder / storing.JOURNAL
    program = "import sys, time; from pathlib import Path; from compiler.sweep.storing import Turn"
    program += "\nTurn(Path(sys.argv[1])).acquire(); print('held', flush=True); time.sleep(60)"
    words = [sys.executable, "-c", program, str(journal)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout and other.stdout.readline() == "held\n"
        other.kill()
    with journal.open("ab") as file:
        file.write(b'{"op_code": 5, "wor' + b" " * 5000)
    assert study.study.ask().number == 0
    assert states(opened(study.plan, study.folder, None)) == ["RUNNING", "WAITING", "WAITING"]


def test_a_file_is_held_by_one(tmp_path: Path) -> None:
    held = hold(tmp_path / "lock")
    assert held is not None and hold(tmp_path / "lock") is None
    held.release()
    assert hold(tmp_path / "lock") is not None


def test_a_trial_that_does_worse_ends(place: Path) -> None:
    study = optuna.create_study(direction="maximize", pruner=optuna.pruners.MedianPruner(1, 0))
    ended = []
    for accuracy in (0.9, 0.5):
        trial = study.ask()
        record = Record(1, 10, 0.1, 1.0, accuracy, None, None, 1.0, accuracy, None, 1.0)
        try:
            Pruning(trial, {"accuracy": "maximise"}).finished(record, best=True)
            study.tell(trial, accuracy)
        except optuna.TrialPruned:
            ended.append(accuracy)
    assert ended == [0.5]
    Pruning(study.ask(), {"accuracy": "maximise", "macs": "minimise"}).finished(record, best=True)


def test_what_training_refuses(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SpecError, match="tiny has no recipe to train by"):
        plan_of(place, SWEEP.replace("recipe: quick.yaml, ", ""))
    with pytest.raises(SpecError, match="no recipe of that name on the shelf"):
        plan_of(place, SWEEP.replace("quick.yaml", "quick_one"))
    with pytest.raises(SpecError, match="can't end trials early by median for several objectives"):
        plan_of(place, SWEEP.replace("epochs: 1", "pruner: median"))
    assert run(["sweep", str(place), "--out", str(place.parent / "no"), "--resume"]) == 1
    assert "there are no trials in" in capsys.readouterr().err
    assert run(["sweep", str(place), "--out", str(place.parent / "o"), "--storage", "what"]) == 1
    assert "the database can't be had" in capsys.readouterr().err
    (place.parent / "plain.yaml").write_text("spec: tiny.yaml\naxes: {classes: [5]}\n", "utf-8")
    assert run(["sweep", str(place.parent / "plain.yaml"), "--resume"]) == 2
    assert "--resume is for sweeps that train" in capsys.readouterr().err


def test_such_a_sweep_can_be_counted_alone(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place.write_text(SWEEP, "utf-8")
    assert run(["sweep", str(place), "--cost-only"]) == 1
    assert "there are none to count yet\n  = help: `random: 100`" in capsys.readouterr().err
    place.write_text(SWEEP.replace("{low: 0.01, high: 0.5, log: true}", "[0.1]"), "utf-8")
    assert run(["sweep", str(place), "--cost-only", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["variants"]
    assert len(rows) == 18 and "accuracy" not in rows[0]
