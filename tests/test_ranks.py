"""Series (C, L) and clips (C, T, H, W): what holds for images holds for them, in every opinion."""

from __future__ import annotations

import re
import sys
from itertools import product
from operator import mul
from pathlib import Path
from typing import Any

import pytest
import torch

import dsl
from compiler.cost import cost
from compiler.cost.render import as_text
from compiler.ir.facts import Axes
from compiler.ir.features import default_taps, described
from compiler.ir.network import Network
from compiler.ir.op import Shape, shrunk
from compiler.lowering.lower import lower
from compiler.lowering.prepare import Overrides, prepare
from compiler.nn.module import build
from compiler.ops.conv import Conv
from compiler.ops.pool import AdaptivePool, AvgPool, MaxPool
from compiler.ops.window import Sliding
from compiler.oracle.check import cross_check
from compiler.oracle.proof import prove
from compiler.source import emit
from dsl.models import layers
from tests import numpy_reference as reference
from tests.networks import dots
from tests.numpy_reference import Array
from tests.test_importing import ran
from tests.test_ops import agrees, conv_agrees, numpy_padding
from tests.test_properties import run as checker
from tests.test_scripting import check_scripts
from tests.test_source import randomise

SERIES = """
name: series
input: [2, 96]
classes: 4
weights: {keras: {}}
defaults: {padding: tf_same, avgpool: nopad, gamma: false}
stem: [7 8 /2, maxpool 3 /2, 5 8 dil=2 valid]
inception:
  A:
    params: [k]
    concat: [1 k, [1 4, 9 k], [avgpool 3, 1 k], [maxpool 3, 1 k relu6]]
    then: 1 in linear
    residual: {}
reduction:
  R: {concat: [3 8 /2, maxpool 3 /2 pad=1, avgpool 3 /2]}
strided:
  D: {params: [w, s], do: [9 w /s, 3 w act=none], residual: {shortcut: [avgpool 2 /s, 1 w linear]}}
body: [A k=8 x2, R, D w=12 s=1, D w=16 s=2, sepconv 5 16, lrn 3]
head: [adaptivepool avg 4, adaptivepool max 2, globalpool avg, dropout 0.5, fc classes]
aux: [{h: {from: sepconv, weight: 0.3, do: [globalpool max, fc classes]}}]
"""
CLIP = """
name: clip
input: [2, 8, 24, 20]
classes: 4
weights: {keras: {}}
defaults: {padding: tf_same, avgpool: nopad, gamma: false}
stem: [3x5x5 8 /1x2x2, maxpool 1x3x3 /1x2x2, 3x3x3 8 dil=1x2x2 pad=1x2x2]
inception:
  A:
    params: [k]
    concat: [1x1x1 k, [1x1x1 4, 3x1x3 k], [avgpool 3x3x3, 1x1x1 k], [maxpool 3x3x3, 1x1x1 k]]
    then: 1x1x1 in linear
    residual: {}
reduction:
  R: {concat: [3x3x3 8 /2, maxpool 3x3x3 /2 pad=1, avgpool 3x3x3 /2]}
  S: {concat: [1x3x3 8 /1x2x2, maxpool 1x3x3 /1x2x2]}
  D: {do: [3x1x1 8, 1x3x3 16 /1x2x2 act=none], residual: {shortcut: 1x1x1 16 /1x2x2 linear}}
body: [A k=8 x2, R, D, sepconv 1x5x5 16, lrn 3, S, adaptivepool avg 2x2x1]
head: [globalpool avg, dropout 0.5, fc classes]
aux: [{h: {from: sepconv, weight: 0.3, do: [globalpool max, fc classes]}}]
"""
TEXTS = {"series": SERIES, "clip": CLIP}
CHECKERS = [
    ("ruff", "format", "--isolated", "--no-cache", "--diff", "."),
    ("ruff", "check", "--isolated", "--no-cache", "."),
    ("mypy", "--strict", "."),
    ("pyright", "--pythonpath", sys.executable, "-p", "."),
]
every_rank = pytest.mark.parametrize("name", TEXTS)
GRIDS: dict[int, list[Axes]] = {1: [(16,), (9,)], 3: [(6, 7, 5)]}


def network(name: str) -> Network:
    return lower(dsl.loads(TEXTS[name]))


def windows(kernel: Axes) -> list[Sliding]:
    """Paddings and strides of the language, the last axis' stride another than the rest's."""
    rank = len(kernel)
    strides = [(1,) * rank, (2,) * rank, (*(1,) * (rank - 1), 3)]
    half = tuple(side // 2 for side in kernel)
    found = [Sliding(kernel, s, p) for s, p in product(strides, dict.fromkeys([(), half]))]
    sames = (s for s in strides if not any(1 < k < by for k, by in zip(kernel, s, strict=True)))
    return [*found, *(Sliding(kernel, stride, tf_same=True) for stride in sames)]


KERNELS: list[Axes] = [(1,), (4,), (7,), (1, 3, 3), (3, 1, 1), (2, 3, 2)]


@pytest.mark.parametrize("kernel", KERNELS, ids=str)
def test_convolutions_are_numpy_s(kernel: Axes) -> None:
    for slide, grid in product(windows(kernel), GRIDS[len(kernel)]):
        conv_agrees(Conv(4, slide, bias=True), Shape(2, *grid))
    apart = tuple(range(1, len(kernel) + 1))
    dilated = Sliding(kernel, padding=tuple(map(mul, kernel, apart)), dilation=apart)
    conv_agrees(Conv(4, dilated, groups=2), Shape(2, *GRIDS[len(kernel)][0]))


@pytest.mark.parametrize("count", [True, False])
@pytest.mark.parametrize("kernel", [(2,), (3,), (1, 2, 2), (3, 2, 3)], ids=str)
def test_pools_are_numpy_s(kernel: Axes, count: bool) -> None:
    for slide, grid in product(windows(kernel), GRIDS[len(kernel)]):
        pads = numpy_padding(slide, grid)

        def largest(x: Array, _: Any, at: Sliding = slide, p: Any = pads) -> Array:
            return reference.max_pool(x, at.kernel, at.stride, p)

        def mean(x: Array, _: Any, at: Sliding = slide, p: Any = pads) -> Array:
            return reference.avg_pool(x, at.kernel, at.stride, p, count_padding=count)

        agrees(MaxPool(slide), Shape(3, *grid), largest)
        agrees(AvgPool(slide, count), Shape(3, *grid), mean)


@pytest.mark.parametrize("size", [(1,), (4,), (1, 1, 1), (2, 3, 2)], ids=str)
def test_adaptive_pools_are_numpy_s(size: Axes) -> None:
    for grid in GRIDS[len(size)]:
        avg = AdaptivePool(size)
        agrees(avg, Shape(3, *grid), lambda x, _: reference.adaptive_avg_pool(x, size))
        most = AdaptivePool(size, "max")
        agrees(most, Shape(3, *grid), lambda x, _: reference.adaptive_max_pool(x, size))


@every_rank
def test_cost_source_and_reading_agree(name: str) -> None:
    net = network(name)
    counted = cross_check(net)
    assert counted.ok, "\n".join(counted.lines())
    proved = prove(net, emit(net))
    assert proved.ok, "\n".join(proved.lines())


@pytest.mark.parametrize("command", CHECKERS, ids=" ".join)
def test_source_is_clean(command: tuple[str, ...], tmp_path: Path) -> None:
    for name in TEXTS:
        (tmp_path / f"{name}.py").write_text(emit(network(name)), encoding="utf-8")
    settings = '{"typeCheckingMode": "strict", "pythonVersion": "3.11"}'
    (tmp_path / "pyrightconfig.json").write_text(settings, encoding="utf-8")
    checker(*command, cwd=tmp_path)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@every_rank
def test_source_scripts(name: str, tmp_path: Path) -> None:
    net = network(name)
    check_scripts(net, tmp_path, net.input.grid)


@every_rank
def test_the_text_comes_back(name: str) -> None:
    spec = dsl.loads(TEXTS[name])
    assert dsl.loads(dsl.dump(spec)) == spec
    assert " stride" not in dsl.dump(spec)


def test_one_number_stands_for_all_axes() -> None:
    assert dsl.step("3x3x3 8 /2") == layers.Conv(kernel=(3, 3, 3), width=8, stride=(2, 2, 2))
    assert dsl.step("3 8 /2 pad=1 dil=2") == layers.Conv(
        kernel=(3,), width=8, stride=(2,), padding=(1,), dilation=(2,)
    )
    assert dsl.step("maxpool 3") == layers.MaxPool(kernel=(3,))


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("1x3x3 8 /2x2", "stride must have a number for each axis of the kernel 1x3x3"),
        ("3 8 pad=1x3", "padding must have a number for each axis of the kernel 3"),
        ("3x3x3x3 8", "'3x3x3x3' is neither a layer, a kernel like 3x3"),
    ],
)
def test_what_has_another_number_of_axes_than_its_kernel(step: str, said: str) -> None:
    with pytest.raises(dsl.SpecError, match=said):
        dsl.step(step)


@pytest.mark.parametrize(
    ("step", "write"),
    [
        ("conv1d 40 32 /2", "write `40 32 /2`"),
        ("conv3d 1x3x3 64", "write `1x3x3 64`"),
        ("conv 64 3x3", "write `3x3 64`"),
        ("conv 64 3", "write it like `3x3 64`"),
        ("dense 64 32", "write it like `fc`"),
    ],
)
def test_numbers_behind_a_foreign_word_are_no_kernels_of_series(step: str, write: str) -> None:
    with pytest.raises(dsl.SpecError) as caught:
        dsl.step(step)
    assert caught.value.problems[0].help == write


WRONG = {
    "3x3 8": ("[2, 64]", "E114", "kernel 3x3 has 2 axes, the map here has 1 axis: 2x64", "`3`"),
    "3 8": ("[2, 8, 8]", "E114", "kernel 3 has 1 axis, the map here has 2 axes", "`3x3`"),
    "maxpool 1x2x2": ("[2, 8, 8]", "E114", "kernel 1x2x2 has 3 axes", "height x width, `2x2`"),
    "adaptivepool avg 2x2": ("[2, 8, 8, 8]", "E114", "size 2x2 has 2 axes", "`2x2x2`"),
    "9 8 valid": ("[2, 8]", "E102", "9 needs 9 positions, the input has 8", "least input is 9"),
    "avgpool 3x3x3": ("[2, 2, 9, 9]", "E102", "an average over 3x3x3 needs a map as large", ""),
    "9x1x1 8 valid": ("[2, 8, 9, 9]", "E102", "9x1x1 needs 9 frames", "enlarge the input"),
}


@pytest.mark.parametrize("step", WRONG)
def test_a_kernel_of_another_rank_says_what_the_input_is(step: str) -> None:
    size, code, said, help = WRONG[step]
    text = f"name: x\ninput: {size}\nclasses: 2\nbody: [{step}]\nhead: [globalpool, fc classes]\n"
    with pytest.raises(dsl.SpecError) as caught:
        lower(dsl.loads(text))
    (problem,) = caught.value.problems
    assert problem.code == code
    assert said in problem.message
    assert help in problem.help


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ("{channels: 12, length: 1000}", (12, 1000)),
        ("{channels: 3, frames: 16, height: 8, width: 9}", (3, 16, 8, 9)),
        ("{channels: 16, frames: 112, height: 112, width: 3}", (16, 112, 112, 3)),
    ],
)
def test_sides_by_name(given: str, size: tuple[int, ...]) -> None:
    spec = dsl.loads(f"name: x\ninput: {given}\nclasses: 2\nhead: [globalpool, fc classes]\n")
    assert spec.input == size
    assert dsl.loads(dsl.dump(spec)) == spec


def test_channels_last_of_a_clip_are_refused() -> None:
    with pytest.raises(dsl.SpecError, match="looks like 16x112x112 pixels with 3 channels"):
        dsl.loads("name: x\ninput: [16, 112, 112, 3]\nclasses: 2\nhead: [globalpool]\n")


def test_a_reduction_of_clips_may_keep_the_frames() -> None:
    assert shrunk((8, 6, 6), (8, 3, 3))
    assert not shrunk((8, 6, 6), (4, 6, 3))
    assert not shrunk((8, 6, 6), (9, 3, 3))


@every_rank
def test_fields_features_and_words(name: str) -> None:
    net = network(name)
    rank = len(net.input.grid)
    field = cost(net).total.field
    assert field is not None
    assert len(field.size) == rank
    strides = [info.reduction for info in described(net, default_taps(net))]
    assert strides[0] == (2 if name == "series" else (1, 2, 2))
    letters = {"series": "(N, 2, L)", "clip": "(N, 2, T, H, W)"}[name]
    with pytest.raises(ValueError, match=letters.replace("(", r"\(").replace(")", r"\)")):
        build(net)(torch.zeros(2, 2, *(1,) * (4 - rank)))


@every_rank
def test_input_takes_the_channels_or_leaves_them(name: str) -> None:
    own = dsl.loads(TEXTS[name]).input
    grid = tuple(2 * side for side in own[1:])
    for size, wanted in ((grid, (2, *grid)), ((3, *grid), (3, *grid))):
        made = prepare(dsl.loads(TEXTS[name]), overrides=Overrides(size=size)).spec
        assert made.input == wanted


def test_the_command_line_says_positions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "series.yaml"
    path.write_text(SERIES, encoding="utf-8")
    code, said, _ = ran(["check", str(path), "--input", "128", "--error-on", "error"], capsys)
    assert code == 0
    assert "2 x 128, 4 classes" in said
    assert "positions, stride" in said


@pytest.mark.parametrize(
    ("spec", "size"),
    [("googlenet", (224,)), ("googlenet", (3, 16, 9, 9)), ("inception_time", (9, 9, 9))],
)
def test_an_input_of_another_rank_is_told_as_such(spec: str, size: tuple[int, ...]) -> None:
    with pytest.raises(dsl.SpecError, match=r"is no size of (height x width|length), which"):
        prepare(spec, overrides=Overrides(size=size))


@every_rank
def test_weights_go_to_keras_and_back(name: str, tmp_path: Path) -> None:
    from compiler.weights import export_weights, load_weights

    net = network(name)
    one, other = build(net, aux=False), build(net, aux=False)
    randomise(one)
    path = tmp_path / "there.weights.h5"
    there = export_weights(one, "keras", path)
    shape = {"series": (7, 2, 8), "clip": (3, 5, 5, 2, 8)}[name]
    assert there["conv1_conv/kernel"].shape == shape
    load_weights(other, path, source="keras")
    for key, value in one.state_dict().items():
        if not key.endswith("num_batches_tracked"):
            torch.testing.assert_close(other.state_dict()[key], value, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("inception_time", ["1 conv", "10, 20, 40 conv"]),
        ("i3d", ["1×1×1 conv", "3×3×3 conv"]),
        ("s3d", ["1×1×1 conv", "1×3×3, 3×1×1 conv"]),
        ("inception_v3", ["1×1 conv", "1×3, 3×1 conv"]),
    ],
)
def test_a_legend_has_kernels_of_the_network_s_rank(name: str, said: list[str]) -> None:
    pictures = "".join(dots(lower(dsl.load(name))).values())
    found = re.findall(r">([^<>]* conv)<", pictures)
    assert set(said) <= set(found)
    assert {each.split(",")[0].count("×") for each in found} == {len(dsl.load(name).input) - 2}


def test_strips_of_clips_name_their_own_kernels() -> None:
    assert "1×3×3, 3×1×1" in dots(lower(dsl.load("s3d")))["overview"]


@pytest.mark.parametrize("name", ["i3d", "s3d"])
def test_cost_tables_of_clips_have_whole_names(name: str) -> None:
    net = lower(dsl.load(name))
    lines = as_text(cost(net)).splitlines()
    shown = {line.split()[0] for line in lines if line.strip()}
    assert {node.name for node in net.trunk} <= shown
    assert max(map(len, lines)) <= 120
