"""Sweeps: the language, the variants, their counts, the front, picking, and the command."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dsl
from compiler.cli import run
from compiler.cost import cost
from compiler.cost.quantities import QUANTITIES
from compiler.lowering.lower import lower
from compiler.sweep.counting import counted
from compiler.sweep.front import front
from compiler.sweep.picking import picked
from compiler.sweep.plan import Plan, planned
from compiler.sweep.results import Results, as_csv, as_json, as_parquet, as_text, plot
from dsl.models.axes import Axis, size
from dsl.models.changes import Width
from dsl.models.engines import Ray
from dsl.models.model import Model
from dsl.models.sweep import Sweep, Training
from dsl.text.problems import SpecError

TINY = """
name: tiny
input: [3, 16, 16]
classes: 10
stem: {conv: 3x3 8}
inception:
  A: {params: {c: 4}, concat: [1x1 c, [1x1 4, 3x3 c]]}
body: [a: A, b: A c=8 x2]
head: [globalpool avg, fc classes]
"""
AXES = """
spec: tiny.yaml
axes:
  a.c: {low: 4, high: 8, step: 2, also: stem.conv.width}
  b: [A c=8, A c=8 x3, A c=9 x2]
  width: [1.0, 0.5]
constraints: {params: < 2k, receptive_field: '>= 7'}
objectives: {macs: minimise, receptive_field: maximise}
quantities: [params, least_input, saved]
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A sweep beside the spec that it is of."""
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    (tmp_path / "axes.yaml").write_text(AXES, encoding="utf-8")
    return tmp_path / "axes.yaml"


def plan_of(place: Path, more: str = "") -> Plan:
    return planned(dsl.loads_sweep(AXES + more, str(place)))


WRONG = {
    "axes: {a.c: []}": "must be a list of values, and this one has none",
    "axes: {a.c: 5}": "did you mean [5]?",
    "axes: {a.c: [4, 8, 4]}": "a.c has 4 twice",
    "axes: {a.c: [[flip], [flip]]}": "a.c has [flip] twice",
    "axes: {a.c: {low: 3}}": "is a list of values, or a range with low and high",
    "axes: {a.c: {low: 3, high: 3}}": "high must be above low, which is 3, not 3",
    "axes: {a.c: {low: 1, high: 3, step: 0.5}}": "write 1.0 for a range of all numbers",
    "axes: {a.c: {low: 1, high: 3, step: 0}}": "step must be above 0",
    "axes: {a.c: {low: 1, high: 1e9, step: 1}}": "more than the 100,000 values of an axis",
    "axes: {a.c: {low: 0, high: 3, count: 3, log: true}}": "log needs a low above 0, not 0",
    "axes: {a.c: {low: 1, high: 3, step: 1, log: true}}": "say count instead of step",
    "axes: {a.c: {low: 1, high: 3, step: 1, count: 3}}": "has a step or a count, not both",
    "axes: {a.c: {values: [1], low: 3}}": "is a list of values or a range, not both",
    "axes: {a.c: {lo: 3}}": "did you mean low?",
    "axes: []": "axes are addresses with the values",
    "axis: {a.c: [1]}": "did you mean axes?",
    "random: 0": "random must be a whole number from 1",
    "random: {count: 3, seed: -1}": "seed must be a whole number from 0",
    "constraints: {params: 8M}": "such as '<= 8M'",
    "constraints: {parms: 3}": "did you mean params?",
    "constraints: {out.a: [3]}": "not of shapes at steps",
    "objectives: {mac: minimise}": "did you mean macs?",
    "objectives: {macs: minimize}": "did you mean minimise?",
    "objectives: {accuracy: maximise}": "accuracy is known of trained networks",
    "objectives: macs": "each to `minimise` or to `maximise`",
    "quantities: [param]": "did you mean params?",
    "train: {recipe: digits, sampler: tpee}": "did you mean tpe?",
    "train: {recipe: digits, engine: rya}": "did you mean ray?",
    "train: {recipe: digits, engine: {ray: {gpus: 2}}}": "gpus must be a number from 0 to 1",
    "train: {recipe: digits, engine: {optuna: {cpus: 2}}}": "unknown key 'cpus'",
    "title: [a]": "title must be text",
    "spec: ''": "spec must name a spec",
}


@pytest.mark.parametrize("text", WRONG)
def test_bad_input_is_told_at_its_place(text: str) -> None:
    key = text.partition(":")[0]
    whole = {"spec": "spec: googlenet", "axes": "axes: {classes: [5]}"} | {key: text}
    whole.pop("axes" if key == "axis" else "", None)
    with pytest.raises(SpecError) as caught:
        dsl.loads_sweep("\n".join(whole.values()) + "\n", "s.yaml")
    assert WRONG[text] in str(caught.value)
    assert all(problem.span.line for problem in caught.value.problems)


def test_a_sweep_without_axes_is_told_how_they_are_written() -> None:
    with pytest.raises(SpecError, match="the key `axes` is missing") as caught:
        dsl.loads_sweep("spec: googlenet\n", "s.yaml")
    assert "such as `axes: {mixed_6b.c7: " in str(caught.value)


def test_the_best_are_counted_apart_from_what_breaks_a_constraint(place: Path) -> None:
    more = "constraints: {params: < 1700}\nobjectives: {macs: minimise}\n"
    text = "spec: tiny.yaml\naxes: {a.c: [4, 8, 12]}\n" + more
    plan = planned(dsl.loads_sweep(text, str(place)))
    first, *_ = as_text(Results.of(plan, counted(plan))).splitlines()
    assert first.endswith("; 1 fits, 2 break a constraint; 1 that no other beats")


LOST = {
    "spec: nothing_such\naxes: {classes: [5]}": "no spec of that name on the shelf",
    "spec: googlenet\naxes: {inception_4b.qq: [5]}": "there is no qq in inception_4b",
    "spec: googlenet\naxes: {remove: [aux1]}": "remove is no axis",
    "spec: googlenet\naxes: {inception_4b.pp: [5], body.inception_4b.pp: [6]}":
        "body.inception_4b.pp is set again",
    "spec: googlenet\naxes: {width: {low: 0.5, high: 1.0}}": "or draw some: `random: 100`",
    "spec: googlenet@nope\naxes: {classes: [5]}": "has no variant nope",
    "spec: ../../etc/passwd\naxes: {classes: [5]}": "outside the project",
    "spec: googlenet\naxes: {classes: {low: 1, high: 2000}, input: {low: 1, high: 999}}":
        "the axes give 1,998,000 variants: a sweep has 1,000,000 at most",
}  # fmt: skip


@pytest.mark.parametrize("text", LOST)
def test_what_leads_nowhere_is_told_at_once(text: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        planned(dsl.loads_sweep(text, str(tmp_path / "s.yaml")))
    assert LOST[text] in str(caught.value)


def test_a_program_s_sweep_names_any_file(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place.parent / "pyproject.toml").touch()
    (elsewhere := place.parent / "elsewhere").mkdir()
    monkeypatch.chdir(elsewhere)
    recipe = "data: digits\noptimizer: adam\nschedule: {cosine: 0.1}\nepochs: 7\nbatch: 256\n"
    (place.parent / "quick.yaml").write_text(recipe, "utf-8")
    for folder in (str(place.parent), ".."):
        sweep = Sweep(spec=f"{folder}/tiny.yaml", axes={"width": Axis(values=(1, 0.5))},
                      train=Training(recipe=f"{folder}/quick.yaml"))  # fmt: skip
        plan = planned(sweep)
        assert plan.spec.training and plan.spec.training.epochs == 7 and len(plan.points) == 2
        assert "extends: ../tiny.yaml\n" in picked(plan, 2, None)
    with pytest.raises(SpecError, match=r"can't read \.\./none\.yaml: no such"):
        planned(Sweep(spec="../none.yaml", axes={"width": Axis(values=(1,))}))


CHECKED = """
  spec               tiny.yaml
  axes               a.c: {low: 4, high: 8, step: 2, also: [stem.conv.width]}
                     b: [A c=8, A c=8 x3, A c=9 x2]
                     width: [1.0, 0.5]
  constraints        {params: < 2k, receptive_field: '>= 7'}
  objectives         {macs: minimise, receptive_field: maximise}
  quantities         [params, least_input, saved]
  variants           18
"""


def test_check_and_fmt_take_sweeps(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place.parent)
    assert run(["check", "axes.yaml"]) == 0
    assert capsys.readouterr().out == CHECKED.removeprefix("\n")
    lost = "spec: tiny.yaml\naxes: {a.q: [1]}\n"
    for name, text, said in (
        ("lost.yaml", lost, "lost.yaml:2:10: error[E026]: there is no q in a"),
        ("none.yaml", "spec: no.yaml\naxes: {a.c: [1]}\n", "none.yaml:1:7: error[E001]: can't"),
        ("other.yaml", f"{lost}train: nope\n", "other.yaml:3:8: error[E001]: there is no"),
    ):  # fmt: skip
        Path(name).write_text(text, "utf-8")
        assert run(["check", name]) == 1
        assert capsys.readouterr().err.startswith(said)
    assert run(["check", "."]) == 1
    assert capsys.readouterr().out == "1 spec and 4 sweeps checked: 3 problems\n"
    assert run(["check", "axes.yaml", "--set", "a.c=3"]) == 2
    assert "a sweep is checked as it is written" in capsys.readouterr().err
    Path("kubernetes.yaml").write_text("apiVersion: v1\nkind: Pod\nspec: {a: 1}\n", "utf-8")
    Path("axes.yaml").write_text("spec:   tiny.yaml\naxes: {a: [3x3   valid 8]}\n", "utf-8")
    assert run(["fmt", "."]) == 0
    assert "1 YAML file passed over" in capsys.readouterr().out
    assert Path("axes.yaml").read_text("utf-8") == "spec: tiny.yaml\naxes: {a: [3x3 8 valid]}\n"


def test_ranges_are_exact() -> None:
    assert Axis(low=0.1, high=0.7, step=0.1).numbers() == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
    assert Axis(low=1e-4, high=0.1, count=4, log=True).numbers() == (1e-4, 1e-3, 1e-2, 0.1)
    assert Axis(low=1, high=10, count=4).numbers() == (1, 4, 7, 10)
    assert Axis(low=1, high=3).numbers() == (1, 2, 3)
    assert Axis(low=1, high=4, count=100, log=True).numbers() == (1, 2, 3, 4)
    assert Sweep(spec="googlenet", axes={"classes": Axis(values=(5,))}).axes["classes"].values == (
        "5",
    )


def test_counts_are_those_of_each_network_alone(place: Path) -> None:
    """By `dsl.change` and `cost`, with the axes turning as they stand."""
    outcomes = counted(plan_of(place))
    spec = dsl.load(place.parent / "tiny.yaml")
    wanted = [(c, b, w) for c in (4, 6, 8) for b in ("A c=8", "A c=8 x3", "A c=9 x2")
              for w in (1, 0.5)]  # fmt: skip
    assert len(outcomes) == len(wanted)
    for each, (c, b, w) in zip(outcomes, wanted, strict=True):
        assert [size(value) for value in each.point.values] == [c, b, w]
        changes = {"a.c": c, "stem.conv.width": c, "b": b}
        report = cost(lower(dsl.change(spec, dsl.Changes(width=Width(by=w), set=changes))))
        assert each.found == {name: QUANTITIES[name].of(report) for name in each.found}
        assert set(each.found) == {
            "params", "macs", "saved", "receptive_field", "least_input",
        }  # fmt: skip
        assert (each.status == "fits") == (report.total.params < 2000)
    assert {each.status for each in outcomes} == {"fits", "beyond"}
    assert all("the limit of params is < 2k" in e.says for e in outcomes if e.status == "beyond")


def test_the_number_of_processes_changes_nothing(place: Path) -> None:
    plan = plan_of(place, "random: {count: 120, seed: 3}\n".replace("120", "17"))
    one, two = (Results.of(plan, counted(plan, processes=n)) for n in (1, 2))
    assert as_json(one) == as_json(two)
    assert as_csv(one) == as_csv(two)
    other = plan_of(place, "random: {count: 17, seed: 4}\n")
    drawn = [[point.values for point in each.points] for each in (plan, other)]
    assert drawn[0] != drawn[1] and len({*map(str, drawn[0])}) == len(drawn[0]) == 17


def test_invalid_variants_say_their_first_problem(tmp_path: Path) -> None:
    text = "spec: googlenet\naxes: {inception_4b.n1: [160, 0, c8], classes: [10]}\n"
    plan = planned(dsl.loads_sweep(text, str(tmp_path / "s.yaml")))
    results = Results.of(plan, counted(plan))
    assert [each.status for each in results.outcomes] == ["fits", "invalid", "invalid"]
    assert results.outcomes[1].says.startswith("E013: ")
    assert "variants that can't be built:\n  2: E013" in as_text(results)


def test_one_and_several_are_told_in_their_words(place: Path) -> None:
    text = "spec: tiny.yaml\naxes: {a.c: [4, 8, 12]}\nconstraints: {params: < %s}\n"
    for bound, said in (
        ("1700", "3 variants; 1 fits, 2 break a constraint"),
        ("2k", "3 variants; 2 fit, 1 breaks a constraint"),
        (
            "1",
            "3 variants; 3 break a constraint\n\nnothing fits:\n  1: the limit of params is < 1,",
        ),
    ):
        plan = planned(dsl.loads_sweep(text % bound, str(place)))
        assert as_text(Results.of(plan, counted(plan))).startswith(f"tiny.yaml: {said}")


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 3), max_size=12))
def test_the_front_is_what_nothing_beats(rows: list[tuple[int, ...]]) -> None:
    """Another opinion: every row held against every other."""

    def beaten(row: tuple[int, ...]) -> bool:
        return any(
            all(a <= b for a, b in zip(other, row, strict=True)) and other != row for other in rows
        )

    assert front(rows) == [place for place, row in enumerate(rows) if not beaten(row)]


def test_of_what_fits_the_best_is_told(place: Path) -> None:
    results = Results.of(plan_of(place), counted(plan_of(place)))
    fits = [each for each in results.outcomes if each.status == "fits"]
    pairs = {e.point.number: (e.found["macs"], -min(e.found["receptive_field"])) for e in fits}  # type: ignore[arg-type]  # a map
    best = [
        n for n, (a, b) in pairs.items()
        if not any(c <= a and d <= b and (c, d) != (a, b) for c, d in pairs.values())  # type: ignore[operator]  # known
    ]  # fmt: skip
    assert [each.point.number for each in results.best] == best
    svg = plot(results)
    assert svg.count('class="best"') == len(best) + 1  # and the legend's
    assert "<style>" in svg and "nan" not in svg


def test_what_is_picked_is_the_same_network(place: Path) -> None:
    plan = plan_of(place)
    outcomes = counted(plan)
    for number in (1, 4, 18):
        output = place.parent / f"best_{number}.yaml"
        output.write_text(picked(plan, number, output), encoding="utf-8")
        report = cost(lower(dsl.load(output)))
        found = outcomes[number - 1].found
        assert found == {name: QUANTITIES[name].of(report) for name in found}
    assert (place.parent / "best_4.yaml").read_text("utf-8").startswith("extends: ./tiny.yaml\n")
    with pytest.raises(SpecError, match="there is no variant 19: the sweep has 18"):
        picked(plan, 19, None)


def test_files_and_what_is_printed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = place.parent
    table, picture = folder / "r.csv", folder / "p.svg"
    assert run(["sweep", str(place), "-o", str(table), "--plot", str(picture)]) == 0
    assert "18 variants" in capsys.readouterr().out
    rows = [*csv.DictReader(io.StringIO(table.read_text("utf-8")))]
    assert run(["sweep", str(place), "--format", "json"]) == 0
    records = json.loads(capsys.readouterr().out)["variants"]
    assert [row["params"] for row in rows] == [str(each["params"]) for each in records]
    assert run(["sweep", str(place), "-o", str(table)]) == 2
    assert "r.csv is there already" in capsys.readouterr().err
    assert run(["sweep", str(place), "-o", str(table), "--overwrite"]) == 0
    assert run(["sweep", str(place), "--pick", "2", "-o", str(folder / "two.yaml")]) == 0
    assert run(["check", str(folder / "two.yaml")]) == 0


def test_parquet_holds_the_same_table(place: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow isn't installed")
    results = Results.of(plan_of(place), counted(plan_of(place)))
    table = parquet.read_table(io.BytesIO(as_parquet(results))).to_pylist()
    rows = [*csv.DictReader(io.StringIO(as_csv(results)))]
    plain = [{name: "" if value is None else str(value) for name, value in row.items()}
             for row in table]  # fmt: skip
    assert [{**row, "best": row["best"].lower()} for row in plain] == rows


def test_what_the_command_refuses(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.yaml").write_text("spec: tiny.yaml\naxes: {classes: [5]}\n", encoding="utf-8")
    for words, said in (
        (["-o", str(tmp_path / "r.txt")], "ends in csv, json, parquet"),
        (["--plot", str(tmp_path / "p.png")], "ends in .svg"),
        (["--report", str(tmp_path / "p.txt")], "ends in .html"),
        (["--pick", "2", "--plot", str(tmp_path / "p.svg")], "--pick writes one spec"),
        (["-o", str(place), "--overwrite"], "so it isn't written over"),
    ):
        assert run(["sweep", str(place), *words]) == 2
        assert said in capsys.readouterr().err
    assert run(["sweep", str(tmp_path / "one.yaml"), "--plot", str(tmp_path / "p.svg")]) == 2
    assert "the sweep has fewer" in capsys.readouterr().err
    assert run(["sweep", str(place), "-o", str(tmp_path / "none" / "r.csv")]) == 1
    assert "there is no folder" in capsys.readouterr().err
    for wrong in (tmp_path, tmp_path / "none.yaml", tmp_path / "tiny.yaml"):
        assert run(["sweep", str(wrong)]) == 1
    assert "tiny.yaml is a spec, not a sweep" in capsys.readouterr().err


TEXT = (Path(__file__).parent.parent / "docs" / "sweeping.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def commands(block: str) -> list[list[str]]:
    """The command lines of a block, without the command's name."""
    return [shlex.split(line)[1:] for line in block.splitlines()]


def test_the_docs_do_what_they_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    counting, best, training, cluster = blocks("yaml")
    Path("widths.yaml").write_text(counting, encoding="utf-8")
    for command in commands(blocks("sh")[0]):
        assert run(command) == 0
        assert not command[2:] or command[-1] != "best.yaml" or Path("best.yaml").is_file()
        if len(command) == 2:
            assert capsys.readouterr().out.splitlines()[0] == blocks("text")[0].strip()
    assert Path("best.yaml").read_text(encoding="utf-8") == best
    page = Path("best.html").read_text(encoding="utf-8")
    assert page.count('class="best"') == 3 and "2 networks" in page
    assert Path("pareto.svg").read_text(encoding="utf-8").startswith("<svg")
    Path("tiny.yaml").write_text(TINY.replace("[3, 16, 16]", "[1, 8, 8]"), encoding="utf-8")
    planned(dsl.loads_sweep(training, str(tmp_path / "rates.yaml")))
    again = training.replace(training.splitlines()[-1], cluster)
    train = planned(dsl.loads_sweep(again, str(tmp_path / "rates.yaml"))).sweep.train
    assert train and train.engine == Ray(cpus=4, gpus=1)


@pytest.mark.parametrize("model", [Sweep, Training])
def test_the_docs_name_every_key(model: type[Model]) -> None:
    rows = re.findall(r"(?m)^\| `(\w+)` \|", TEXT)
    assert {*model.model_fields} <= {*rows}


def test_the_docs_have_every_way_of_a_range() -> None:
    said = re.findall(r"(?m)^\| `(\{low.*?\})`", TEXT)
    axes = {f"a{place}": text for place, text in enumerate(said)}
    inside = "".join(f"  {address}: {text}\n" for address, text in axes.items())
    sweep = dsl.loads_sweep(f"spec: googlenet\naxes:\n{inside}", "s.yaml")
    assert [axis.endless for axis in sweep.axes.values()] == [False, False, False, True]
    assert len(sweep.axes["a1"].numbers()) == 6
