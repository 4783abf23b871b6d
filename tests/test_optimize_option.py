"""`--optimize`: what a user sees of the passes, and what a rewritten network refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings

from compiler import compile_spec, export_weights, load_weights
from compiler.cli import run
from compiler.cost import cost
from compiler.ir.network import Network
from compiler.lowering.lower import lower
from compiler.lowering.prepare import prepare
from compiler.nn.module import build
from compiler.oracle.check import cross_check
from compiler.oracle.check_module import built, observed
from compiler.oracle.emitted import load, randomise
from compiler.passes.pipeline import optimized
from compiler.passes.stages import stages
from compiler.source import emit
from dsl.models.spec import Spec
from tests.strategies import specs


def rewritten(name: str = "inception_v3_cifar10") -> Network:
    network, _ = optimized(prepare(name).network)
    assert network.rewritten
    return network


@pytest.mark.parametrize("name", ["googlenet", "inception_next"])
def test_launches_are_what_torch_runs(name: str) -> None:
    for network in stages(prepare(name).network):
        report = cost(network)
        seen = observed(built(report), report).layers.values()
        assert report.launches == sum(layer.launches for layer in seen)


@settings(max_examples=25)
@given(spec=specs())
def test_launches_of_any_network_are_what_torch_runs(spec: Spec) -> None:
    report = cost(lower(spec))
    seen = observed(built(report), report).layers.values()
    assert report.launches == sum(layer.launches for layer in seen)


def test_cost_says_what_each_pass_did(capsys: pytest.CaptureFixture[str]) -> None:
    plain = prepare("googlenet").network
    made, _ = optimized(plain)
    assert run(["cost", "googlenet", "--optimize"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in made.rewritten)
    assert run(["cost", "googlenet", "--optimize", "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    first, last = said["optimized"][0], said["optimized"][-1]
    assert [stage["pass"] for stage in said["optimized"]] == [None, *made.rewritten]
    assert first["launches"] == cost(plain).launches > last["launches"] == cost(made).launches
    assert said["total"]["params"] == last["params"] < first["params"]


REFUSED = {
    ("cost", "inception_v3_cifar10", "--optimize", "--training"): "say one",
    ("weights", "inception_v3_cifar10", "--from", "x.pth", "--optimize"): "say --to FILE",
    ("weights", "inception_v3_cifar10", "--optimize"): "say --to FILE",
    ("diff", "inception_v3_cifar10", "--optimize-a"): "there is nothing to compare with",
}


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_wrong_combinations(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*words]) == 2
    assert REFUSED[words] in capsys.readouterr().err


def test_diff_says_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "googlenet", "--optimize"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("googlenet -> googlenet --optimize\n")
    assert "googlenet --optimize was rewritten: " in text
    assert "\nlaunches " in text
    assert run(["diff", "googlenet", "googlenet", "--optimize", "--optimize-a"]) == 0
    assert "no difference in structure" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["source", "draw --what full", "ir"])
def test_other_commands_take_it(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [*command.split(), "inception_v3_cifar10"]
    assert run(words) == 0
    plain = capsys.readouterr().out
    assert run([*words, "--optimize"]) == 0
    assert capsys.readouterr().out != plain


def test_emitted_source_is_for_inference(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["source", "inception_v3", "--optimize"]) == 0
    text = capsys.readouterr().out
    assert "regenerate:  inception-compile source inception_v3 --optimize\n" in text
    assert "For inference: " in text
    for word in ("BatchNorm", "_init_weights", "reset_classifier", "reset_parameters", "train."):
        assert word not in text


@pytest.mark.parametrize(("dtype", "error"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_folded_weights_go_into_the_emitted_source(
    tmp_path: Path, dtype: torch.dtype, error: float
) -> None:
    model = compile_spec("inception_v3_cifar10", aux=False).to("meta")
    randomise(model)
    model.to(dtype).eval()
    plain, folded = tmp_path / "plain.pth", tmp_path / "folded.pth"
    export_weights(model, "own", plain)
    words = ["--no-aux", "--from", str(plain), "--to", str(folded), "--optimize"]
    assert run(["weights", "inception_v3_cifar10", *words]) == 0
    network, _ = optimized(model.network)
    theirs = load(emit(network))().to(dtype).eval()
    theirs.load_state_dict(torch.load(folded), strict=True)
    x = torch.randn(2, *map(int, network.input), dtype=dtype)
    with torch.no_grad():
        wanted, found = model(x), theirs(x)
    assert (wanted - found).abs().max() <= error * wanted.abs().max()


@pytest.mark.parametrize("name", ["inception_v3_cifar10", "inception_resnet_v2"])
def test_counts_of_a_rewritten_network_agree(name: str) -> None:
    report = cross_check(rewritten(name))
    assert report.ok
    assert "training was not compared" in report.left_out


def test_a_rewritten_network_says_what_it_can_not_do() -> None:
    model: Any = build(rewritten("inception_v3"))
    assert not model.training
    refused = {
        "trained": model.train,
        "classifier": lambda: model.reset_classifier(7),
        "drawn": model.reset_parameters,
        "keeps nothing": model.set_grad_checkpointing,
        "torchvision names": lambda: export_weights(model, "torchvision"),
        "timm names": lambda: load_weights(model, {}, "timm"),
    }
    for word, act in refused.items():
        with pytest.raises((ValueError, RuntimeError), match=rf"rewritten for inference .*{word}"):
            act()
    load_weights(model, export_weights(model))
    x = torch.randn(1, 3, 96, 96)
    pooled = model.forward_head(model.forward_features(x), pre_logits=True)
    model.reset_classifier(0)
    assert torch.equal(model(x), pooled)


SIDE = """name: net
input: [3, 8, 8]
classes: 3
body: [a: 3x3 4]
aux: [{side: {from: a, weight: 0.3, do: [1x1 4, globalpool avg, fc classes]}}]
head: [globalpool avg, fc classes]
"""


def test_weights_of_a_head_that_lacks_some(tmp_path: Path) -> None:
    (spec := tmp_path / "net.yaml").write_text(SIDE)
    state = compile_spec(spec).state_dict()
    del state[next(key for key in state if key.startswith("side."))]
    torch.save(state, file := tmp_path / "net.pth")
    target = tmp_path / "folded.pth"
    words = ["--from", str(file), "--to", str(target), "--optimize", "--skip-aux"]
    assert run(["weights", str(spec), *words]) == 0
    assert [*torch.load(target)] == [
        f"{layer}.{name}" for layer in ("a.conv", "fc") for name in ("weight", "bias")
    ]


NOTHING_LEFT = [
    "cost {} --optimize",
    "weights {} --from {}.pth --to x.pth --optimize",
    "source {} --optimize",
    "export {} --to onnx",
]


@pytest.mark.parametrize("command", NOTHING_LEFT)
def test_nothing_left_is_an_error_of_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("name: net\ninput: [3, 8, 8]\nclasses: 3\nbody: [dropout 0.5]\n")
    torch.save({}, f"{spec}.pth")
    assert run(command.replace("{}", str(spec)).split()) == 1
    assert capsys.readouterr().err.startswith("error: nothing of net is left\n")


def test_other_commands_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "googlenet", "--optimize"]) == 2
    said = "--optimize is an option of cost, diff, draw, ir, report, source"
    assert said in capsys.readouterr().err
    assert run(["check", "googlenet", "--nowhere"]) == 2
    assert "is an option of" not in capsys.readouterr().err
