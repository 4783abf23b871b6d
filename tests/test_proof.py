"""The emitted source is run before it is written: every mistake in it is told, at its place."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from torch import nn

import dsl
from compiler.cli import run
from compiler.ir.network import Network
from compiler.ir.nodes import Parallel
from compiler.lowering import norms
from compiler.lowering.lower import lower
from compiler.lowering.prepare import prepare
from compiler.nn import built as nodes
from compiler.ops.norm import BatchNorm
from compiler.oracle.comparisons import Check
from compiler.oracle.proof import prove
from compiler.oracle.trial import MOST_BYTES, MOST_MACS, trial
from compiler.source import emit
from dsl.models.spec import Spec
from tests import odd_specs, strategies
from tests.shelf import IDS, NETWORKS

TEXT = """
name: probe
input: [3, 48, 48]
classes: 5
stem: [conv: 3x3 8 /2]
inception:
  A:
    concat: [1x1 4, 3x3 8]
    then: 1x1 in linear
    residual: {scale: 0.25}
  B:
    concat: [1x1 4, [avgpool 3x3 nopad, 1x1 6]]
reduction:
  R: {concat: [{concat: [maxpool 3x3 /2, maxpool 2x2 /2 tf_same]}, 3x3 8 /2 eps=0.01]}
body: [a: A, b: B, r: R]
head: [globalpool avg, dropout 0.4, fc classes]
aux:
  - aux1: {from: a, weight: 0.3, do: [adaptivepool avg 2x2, fc 7, relu, dropout 0.5, fc classes]}
  - aux2: {from: b, weight: 0.3, do: [7x7 4 /3 valid, globalpool avg, fc classes]}
"""


def probe() -> Network:
    return lower(dsl.loads(TEXT))


def failures(network: Network, text: str) -> dict[str, Check]:
    return {check.name: check for check in prove(network, text).failures}


@pytest.mark.parametrize(("name", "variant"), NETWORKS, ids=IDS)
def test_the_shelf_is_proved(name: str, variant: str | None) -> None:
    prepared = prepare(name, variant)
    report = prove(prepared.network, emit(prepared.network, prepared.digest))
    assert report.ok, "\n".join(report.lines())
    assert (report.left_out, len(report.checks)) == ("", 10)


@pytest.mark.parametrize("name", odd_specs.TEXTS)
def test_odd_specs_are_proved(name: str) -> None:
    network = lower(odd_specs.spec(name))
    report = prove(network, emit(network))
    assert report.ok, "\n".join(report.lines())


@settings(max_examples=25)
@given(strategies.specs())
def test_any_spec_is_proved(spec: Spec) -> None:
    network = lower(spec)
    report = prove(network, emit(network))
    assert report.ok, "\n".join(report.lines())


def test_what_is_compared() -> None:
    report = prove(probe(), emit(probe()))
    source, reading = report.modes().items()
    assert source[0] == "emitted source against the module, bit for bit at 2x3x9x11"
    assert source[1] == [
        "state",
        "initial weights",
        "weights",
        "evaluation",
        "training",
        "gradients",
        "running statistics",
    ]
    assert reading[0].startswith("module against another reading of the spec, in float64")
    assert reading[1] == ["evaluation", "training", "running statistics"]


# --- Mistakes in the text: what is replaced by what, what tells it, and where ---------------

CAT = "torch.cat([self.branch1(x), self.branch2(x)], dim=1)"
FILE = ("a run", "the emitted file")
PASS = ("a run", "a pass")
TURNED = "torch.cat([self.branch2(x), self.branch1(x)], dim=1)"
MISTAKES: dict[str, tuple[str, str, str, str]] = {
    "the residual's scale": ("alpha=0.25", "alpha=1.0", "evaluation", "a"),
    "a concat the other way round": (CAT, TURNED, "evaluation", "a.then"),
    "a concat of the runtime's": (
        "for branch in self.children()",
        "for branch in reversed(list(self.children()))",
        "evaluation",
        "r.branch1",
    ),
    "an eps": ("eps=0.01", "eps=0.02", "evaluation", "r.branch2.bn"),
    "an average that counts padding": (
        "count_include_pad=False",
        "count_include_pad=True",
        "evaluation",
        "b.branch2.0",
    ),
    "a helper's padding": (
        "[total // 2, total",
        "[total, total",
        "evaluation",
        "r.branch1.branch2",
    ),
    "a dropout": ("nn.Dropout(dropout)", "nn.Dropout(0.1)", "training", "dropout"),
    "a head's dropout": ("nn.Dropout(0.5)", "nn.Dropout(0.6)", "training", "aux1 alone"),
    "a head's place": ("self.aux1(x)", "self.aux1(torch.zeros_like(x))", "training", "aux1"),
    "a detached tensor": ("self.a(x)", "self.a(x.detach())", "gradients", "conv.bn.bias"),
    "momentum": ("eps=eps", "eps=eps, momentum=0.2", "running statistics", "conv.bn.running_mean"),
    "a half of forward": (
        "        x = self._to_aux2(x)\n        return",
        "        return",
        "a run",
        "a pass",
    ),
    "how weights are drawn": (
        "self.then = nn.Conv2d(12, in_channels, 1)",
        "self.then = nn.Conv2d(12, in_channels, 1); nn.init.zeros_(self.then.weight)",
        "initial weights",
        "write 20",
    ),
    "a bias": ("bias=False", "bias=True", "state", "conv.bn.weight"),
    "a width": ("in_channels, 4, 1)", "in_channels, 5, 1)", "state", "a.branch1.conv.weight"),
    "no class": ("class Probe(nn.Module)", "class Other(nn.Module)", *FILE),
    "an import of ours": (
        "import torch\n",
        "import torch\nimport compiler\n",
        "a run",
        "the emitted file",
    ),
    "one of another package": (
        "import torch\n",
        "import torch, numpy\n",
        "a run",
        "the emitted file",
    ),
    "no import": ("import torch\n", "", *PASS),
    "no Python": ("import torch\n", "import torch\n)", *FILE),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_the_source_is_told_at_its_place(name: str) -> None:
    old, new, found_by, where = MISTAKES[name]
    text = emit(probe())
    assert old in text, text
    found = failures(probe(), text.replace(old, new))
    difference = found[found_by].difference
    assert difference is not None and difference.where == where, str(difference)


def test_a_difference_is_shown_with_both_values() -> None:
    text = emit(probe()).replace("eps=0.01", "eps=0.02")
    lines = list(prove(probe(), text).lines())
    assert lines[0] == "emitted source against the module, bit for bit at 2x3x9x11:"
    assert any(line.startswith("  differ: evaluation at r.branch2.bn: module ") for line in lines)
    assert lines[-1] == "probe: 3 of 10 differ"


# --- Mistakes that module and source share: the reading tells them ---------------------------

Patch = Callable[[pytest.MonkeyPatch], None]


def no_gamma(patch: pytest.MonkeyPatch) -> None:
    """A step's own gamma is overlooked."""
    made = norms._batch
    patch.setattr(
        norms,
        "_batch",
        lambda step, scope: made(step.model_copy(update={"gamma": None}), scope),
    )


def twice_the_scale(patch: pytest.MonkeyPatch) -> None:
    made = nodes.Joined.__init__

    def wrong(self: nodes.Joined, node: Parallel) -> None:
        made(self, node)
        self._scale = self._scale and 2 * self._scale

    patch.setattr(nodes.Joined, "__init__", wrong)


def another_eps(patch: pytest.MonkeyPatch) -> None:
    call = BatchNorm.call
    patch.setattr(
        BatchNorm,
        "call",
        lambda op, x: replace(made := call(op, x), kwargs={**made.kwargs, "eps": 2e-5}),
    )


SHARED: dict[str, tuple[Patch, str, str]] = {
    "gamma": (no_gamma, "a run", "the reading"),
    "the scale": (twice_the_scale, "evaluation", "a"),
    "eps": (another_eps, "evaluation", "conv"),
}


@pytest.mark.parametrize("name", SHARED)
def test_a_mistake_of_both_is_told_by_the_reading(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant, found_by, where = SHARED[name]
    plant(monkeypatch)
    network = lower(dsl.loads(TEXT.replace("avgpool 3x3 nopad, 1x1 6", "1x1 6 nogamma")))
    report = prove(network, emit(network))
    anew = [check for check in report.failures if "another reading" in check.mode]
    assert anew[0].name == found_by
    assert anew[0].difference is not None and anew[0].difference.where == where
    assert anew[0].difference.sides[1] in ("reading", "gives")


def test_rounding_is_told_from_a_mistake_where_batch_norm_amplifies_it() -> None:
    """On maps of one pixel, two images apart by little: 1e-9 is no bound there."""
    network = prepare("inception_v3_cifar10").network
    assert prove(network, emit(network)).ok
    defaults = network.spec.defaults.model_copy(update={"momentum": 0.1001})
    other = lower(network.spec.model_copy(update={"defaults": defaults}))
    report = prove(replace(other, spec=network.spec), emit(other))
    assert [check.name for check in report.failures] == ["running statistics"]
    assert "another reading" in report.failures[0].mode


# --- What it runs on, and what it leaves behind ----------------------------------------------


def spec(text: str, size: int = 32, classes: int = 10) -> Network:
    head = f"name: probe\ninput: [3, {size}, {size}]\nclasses: {classes}\n"
    return lower(dsl.loads(head + text), limit=10**12)


GRIDS: dict[str, tuple[str, tuple[int, int]]] = {
    "as many values as a linear layer takes": (
        "stem: [3x3 8 /2, 3x3 8 /2]\nhead: [fc classes]",
        (31, 32),
    ),
    "no square": ("stem: [3x3 8 /2, 3x3 8 /2]\nhead: [globalpool avg, fc classes]", (9, 11)),
    "squares alone fit": (
        "stem: [7x7 4 /2 valid, {add: [adaptivepool avg 13x13, identity]}]\nhead: [fc classes]",
        (32, 32),
    ),
}


@pytest.mark.parametrize("name", GRIDS)
def test_the_images(name: str) -> None:
    text, grid = GRIDS[name]
    assert trial(spec(text)).grid == grid


def test_a_head_that_needs_larger_images_runs_apart() -> None:
    assert [tap.name for tap in trial(probe()).apart] == ["aux1", "aux2"]
    prepared = prepare("googlenet")
    assert trial(prepared.network).apart == ()


TOO_MUCH = {
    "memory": (
        "head: [flatten, fc 90000, fc 10000, fc classes]",
        f"more than {MOST_BYTES / 2**30:.0f} GiB",
    ),
    "time": ("stem: [[3x3 512 x40], flatten]\nhead: [fc classes]", f"more than {MOST_MACS:,}"),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_is_too_much_is_left_out_and_said(name: str) -> None:
    text, why = TOO_MUCH[name]
    report = prove(spec(text, 64), "never looked at")
    assert report.ok and not report.checks
    assert report.left_out.startswith("the emitted source was not run: ")
    assert report.left_out.endswith(why)
    assert report.left_out in report.lines()


def test_what_proves_little_is_said() -> None:
    network = spec("stem: [3x3 4]\nhead: [globalpool avg, fc classes, softmax]", classes=1)
    report = prove(network, emit(network))
    assert report.ok
    assert report.left_out == "little was compared: both images give the same logits"


def test_torch_is_left_as_it_was() -> None:
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    threads = torch.get_num_threads()
    prove(probe(), emit(probe()))
    assert torch.equal(torch.rand(3), wanted)
    assert torch.get_num_threads() == threads
    assert "emitted" not in sys.modules


def test_the_least_of_networks() -> None:
    """Without weights there are no gradients but the input's, and nothing fails over it."""
    network = spec("stem: [identity]")
    assert isinstance(nn.Identity(), nn.Module) and prove(network, emit(network)).ok


# --- On the command line ----------------------------------------------------------------------


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "probe.yaml").write_text(TEXT)
    return tmp_path


def test_the_main_job_says_what_was_run(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["probe.yaml"]) == 0
    out = capsys.readouterr().out
    assert "emitted source against the module, bit for bit at 2x3x9x11: state, " in out
    assert "module against another reading of the spec" in out
    summary = (there / "generated" / "probe" / "summary.txt").read_text()
    assert " s)" not in summary and "bit for bit" not in summary


def test_nothing_is_written_of_what_is_wrong(
    there: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compiler.source.emit", lambda *args: emit(*args).replace("0.25)", "1.0)"))
    assert run(["probe.yaml"]) == 1
    err = capsys.readouterr().err
    assert "differ: evaluation at a: module " in err
    assert not (there / "generated").exists()
    assert run(["verify", "probe.yaml"]) == 1
    assert "differ: evaluation at a: module " in capsys.readouterr().out
    assert run(["probe.yaml", "--no-verify"]) == 0


def test_no_verify_says_so_and_needs_no_torch(there: Path) -> None:
    program = (
        "import sys; sys.modules['torch'] = None\n"
        "from compiler.cli import run; sys.exit(run(['probe.yaml', '--no-verify']))"
    )
    root = str(Path(__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "not verified, as --no-verify asks" in done.stdout
    assert (there / "generated" / "probe" / "probe.py").exists()


def test_check_runs_nothing(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(["probe.yaml"]) == 0
    monkeypatch.setattr("compiler.oracle.proof.prove", None)
    assert run(["probe.yaml", "--check"]) == 0
