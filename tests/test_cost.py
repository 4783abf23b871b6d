"""The analytic cost: published figures, hand counts, other tools' numbers, and the formats."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import cache, partial

import click
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

import dsl
from compiler.cli import asking
from compiler.cost import COLUMNS, Report, Row, cost
from compiler.cost.contract import broken
from compiler.cost.field import reads
from compiler.cost.render import as_csv, as_json, as_text
from compiler.ir.network import Network
from compiler.lowering.lower import lower
from compiler.nn.module import CompiledNetwork, build
from dsl.models.promises import Expect
from tests.counting import counted
from tests.peers import torchvision_models
from tests.shelf import IDS, NETWORKS


@cache
def network(name: str, variant: str | None = None) -> Network:
    return lower(dsl.load(name, variant), variant=variant)


def small(stem: str, *, size: int = 16, defaults: str = "norm: none", head: str = "[]") -> Network:
    """A network of a few layers on a 2-channel image."""
    return lower(
        dsl.loads(
            f"name: small\ninput: [2, {size}, {size}]\nclasses: 3\n"
            f"defaults: {{{defaults}}}\nstem: {stem}\nhead: {head}\n"
        )
    )


FIGURES = {
    ("googlenet", "torchvision"): (6_624_904, 13_004_888, 1_498_376_192, 3_227_160),
    ("inception_v3", None): (23_834_568, 27_161_264, 5_713_216_096, 8_968_488),
    ("inception_v4", None): (42_679_816, 42_679_816, 12_253_974_624, 15_090_184),
    ("inception_resnet_v2", None): (55_843_464, 55_843_464, 13_155_794_016, 25_059_976),
    ("googlenet_2014", None): (6_998_552, 13_378_280, 1_582_671_872, 3_227_160),
}


@pytest.mark.parametrize(("name", "variant"), FIGURES)
def test_published_figures(name: str, variant: str | None) -> None:
    total = cost(network(name, variant)).total
    found = (total.params, total.params_with_aux, total.macs, total.activations)
    assert found == FIGURES[name, variant]
    assert (total.flops, total.trainable) == (2 * total.macs, total.params)


@pytest.mark.parametrize(("name", "variant"), FIGURES)
def test_canonical_networks_waste_two_to_five_percent(name: str, variant: str | None) -> None:
    assert 0.02 < cost(network(name, variant)).total.waste < 0.05


def test_a_network_squeezed_onto_small_images_wastes_a_third() -> None:
    assert cost(network("inception_v3_cifar10")).total.waste > 1 / 3


@pytest.mark.parametrize(("name", "variant"), NETWORKS, ids=IDS)
@pytest.mark.parametrize("aux", [False, True])
def test_layers_add_up_to_blocks_and_blocks_to_the_total(
    name: str, variant: str | None, aux: bool
) -> None:
    report = cost(network(name, variant), training=aux)
    for column in COLUMNS:
        total = getattr(report.total, column)
        assert sum(getattr(row, column) for row in report.blocks) == total
        assert sum(getattr(row, column) for row in report.layers) == total
    for block, layers in zip(report.blocks, report.layers_by_block, strict=True):
        assert sum(row.all_outputs for row in layers) == block.all_outputs
        assert block.field == layers[-1].field
    assert report.total.params_with_aux == cost(network(name, variant), training=True).total.params


@pytest.mark.parametrize("batch", [1, 3])
def test_what_grows_with_the_batch(batch: int) -> None:
    """All but the state, and the ones that an average pool without padding divides by."""
    net = small("[3x3 4 norm=batch, avgpool 3x3 /2 tf_same]", size=6, defaults="avgpool: nopad")
    one, many = cost(net).total, cost(net, batch=batch).total
    ones = 6 * 6 + 7 * 7 + 3 * 3
    for column in ("macs", "effective_macs", "bn_elems", "pool_elems", "eltwise_elems"):
        assert getattr(many, column) == batch * getattr(one, column) > 0
    assert many.all_outputs - ones == batch * (one.all_outputs - ones)
    assert (many.params, many.buffers) == (one.params, one.buffers) == (72 + 8, 9)


def test_bytes_follow_the_type() -> None:
    net = small("[3x3 4, maxpool 2x2 /2]")
    single, half = cost(net).total, cost(net, dtype_bytes=2).total
    assert single.weight_bytes == 2 * half.weight_bytes == 4 * (2 * 4 * 9 + 4)
    indices = 8 * 4 * 8 * 8
    assert single.peak_bytes - indices == 2 * (half.peak_bytes - indices)


def test_all_outputs_are_the_columns_and_concats() -> None:
    """What is written is activations, norms, nonlinearities, pools, sums, pads, and concats."""
    report = cost(network("inception_resnet_v2"))
    total = report.total
    parts = ("activations", "bn_elems", "act_elems", "pool_elems", "eltwise_elems")
    concats = sum(row.all_outputs for row in report.layers if row.kind == "concat")
    assert total.all_outputs == sum(getattr(total, part) for part in parts) + concats


IMAGE, MAP = 4 * 2 * 16 * 16, 4 * 3 * 16 * 16
"""Bytes of the image of `small`, and of a map of 3 channels."""
PEAKS = {
    # The input, what the branch gives and the sum are alive at once.
    "[{add: [1x1 2 linear], residual: {act: none}}]": 4 * 3 * 2 * 256,
    "[1x1 3 linear]": IMAGE + MAP,
    # In place: the sum of image and output, whatever follows.
    "[1x1 3, 1x1 3]": IMAGE + 2 * MAP,
    # Its own input, the output before the norm, and the norm's; the image too.
    "[1x1 3, 1x1 3 norm=batch]": IMAGE + 3 * MAP,
    # A sigmoid needs new memory.
    "[1x1 3, sigmoid]": IMAGE + 2 * MAP,
    # What runs in a list holds the list's input.
    "[1x1 3, sigmoid, sigmoid]": IMAGE + 2 * MAP,
    "[1x1 3, [sigmoid, sigmoid]]": IMAGE + 3 * MAP,
    # Branches and their concat; an identity is the input itself.
    "[concat: [1x1 3, 1x1 3, 1x1 3]]": IMAGE + 6 * MAP,
    "[1x1 3, concat: [identity, 1x1 3]]": IMAGE + 4 * MAP,
    # A sum frees what it has added.
    "[add: [1x1 3, 1x1 3, 1x1 3]]": IMAGE + 3 * MAP,
    # x, f(x), the sum in its place after them.
    "[1x1 3, {concat: [1x1 3], residual: {scale: 0.1}}]": IMAGE + 3 * MAP,
    # A pool's indices are 8 bytes each.
    "[maxpool 2x2 /2]": IMAGE + IMAGE // 4 * 3,
    "[1x1 3, flatten]": IMAGE + MAP,
    "[dropout 0.5, identity]": IMAGE,
}


@pytest.mark.parametrize("stem", PEAKS)
def test_peak_by_hand(stem: str) -> None:
    assert cost(small(stem)).total.peak_bytes == PEAKS[stem]


def test_peak_of_inception_v3_by_hand() -> None:
    """The norm of the stem's third convolution: the image, the layer's input, before, after."""
    image, inside, out = 3 * 299**2, 32 * 147**2, 64 * 147**2
    assert cost(network("inception_v3")).total.peak_bytes == 4 * (image + inside + 2 * out)


SAVED = {
    "[1x1 3 linear]": IMAGE,
    # The output of the nonlinearity in place is the next one's input: one piece of memory.
    "[1x1 3, 1x1 3]": IMAGE + 2 * MAP,
    "[1x1 3 norm=batch]": IMAGE + 2 * MAP + 4 * 2 * 3,
    # Nothing is kept in front of the first weights.
    "[sigmoid, maxpool 3x3, 1x1 3 linear]": IMAGE,
    "[1x1 3 linear, maxpool 2x2 /2]": IMAGE + MAP + 8 * 3 * 8 * 8,
    "[1x1 3 linear, concat: [identity, identity], globalpool avg]": IMAGE,
    "[1x1 3 linear, dropout 0.5]": IMAGE + MAP,
    "[1x1 3 linear, globalpool avg, fc 4]": IMAGE + 4 * 3,
    "[1x1 3 linear, gelu, silu]": IMAGE + 2 * MAP,
}


@pytest.mark.parametrize("stem", SAVED)
def test_saved_by_hand(stem: str) -> None:
    assert cost(small(stem)).total.saved_for_backward_bytes == SAVED[stem]


def test_a_batch_that_batch_norm_refuses_saves_nothing() -> None:
    net = small("[globalpool avg, 1x1 3 norm=batch]")
    assert cost(net).total.saved_for_backward_bytes is None
    assert cost(net, batch=2).total.saved_for_backward_bytes is not None
    assert "needs more than one value per channel" in as_text(cost(net))


def test_aux_heads_count_in_training() -> None:
    net = network("inception_v3")
    off, on = cost(net, batch=2), cost(net, batch=2, training=True)
    head = next(row for row in on.blocks if row.kind == "auxiliary head")
    assert (head.path, head.params) == ("aux", 27_161_264 - 23_834_568)
    assert head.out == (1000,)
    assert on.total.macs - off.total.macs == head.macs
    assert on.total.peak_bytes == off.total.peak_bytes  # evaluation needs no heads
    assert (on.total.saved_for_backward_bytes or 0) > (off.total.saved_for_backward_bytes or 0)


FIELDS = {
    "[3x3 4, 3x3 4]": ((5, 5), (1, 1), (2, 2)),
    "[3x3 4 /2 valid, 1x7 4]": ((3, 15), (2, 2), (0, 6)),
    "[3x3 4 dil=2]": ((5, 5), (1, 1), (2, 2)),
    "[3x3 4 tf_same /2]": ((3, 3), (2, 2), (0, 0)),
    "[concat: [1x1 4, [maxpool 3x3, 5x5 4]]]": ((7, 7), (1, 1), (3, 3)),
    "[{concat: [3x3 8 /2 valid, 10x10 8 valid]}, 2x2 4 valid]": ((12, 12), (2, 2), (0, 0)),
    "[{concat: [10x10 8 valid, 3x3 8 /2 valid]}, 2x2 4 valid]": ((12, 12), (2, 2), (0, 0)),
    "[{concat: [3x10 8 /2x1 valid, 10x3 8 /1x2 valid]}, 2x2 4 valid]": ((12, 12), (2, 2), (0, 0)),
    "[{concat: [1x7 4, 5x1 4]}, 3x3 4 /2]": ((7, 9), (2, 2), (3, 4)),
    "[{concat: [3x3 2], residual: {scale: 1}}]": ((3, 3), (1, 1), (1, 1)),
    "[adaptivepool avg 4x8, 3x3 4]": ((12, 6), (4, 2), (4, 2)),
    "[3x3 4, avgpool 16x16 valid]": ((3, 3), (1, 1), (1, 1)),
    "[3x3 4, flatten]": ((3, 3), (1, 1), (1, 1)),
}


@pytest.mark.parametrize("stem", FIELDS)
def test_fields_by_hand(stem: str) -> None:
    total = cost(small(stem)).total
    assert (total.receptive_field, total.stride, total.padding) == FIELDS[stem]


def test_a_join_sees_what_its_widest_branch_sees_and_steps_as_its_longest() -> None:
    stem = "[{concat: [3x3 8 /2 valid, 4x4 8 valid]}, 2x2 4 valid]"
    total = cost(lower(dsl.loads(f"name: a\ninput: [4, 5, 5]\nclasses: 3\nstem: {stem}"))).total
    assert (total.receptive_field, total.stride) == ((6, 6), (2, 2))


def test_kinds_are_in_words_and_numbers() -> None:
    net = small("[sepconv 3x3 6 /2, 3x3 depthwise, 3x3 4 groups=2]")
    report = cost(net)
    assert [row.kind for row in report.blocks] == ["sepconv 3×3 s2", "depthwise 3×3", "conv 3×3 g2"]
    kinds = [row.kind for row in report.layers]
    assert kinds[:2] == ["depthwise 3×3 s2", "conv 1×1"]
    kinds = [row.kind for row in cost(network("inception_v3")).layers]
    assert "conv 1×7" in kinds and not any("k" in kind for kind in kinds if "conv" in kind)


def test_a_branch_has_its_own_field() -> None:
    rows = {row.path: row for row in cost(network("inception_v3")).layers}
    seven = rows["mixed_6b.branch2.1.conv"]
    assert (seven.kind, seven.receptive_field) == ("conv 1×7", (159, 159 + 6 * 16))
    assert rows["fc"].receptive_field is None


@given(
    size=st.integers(1, 30),
    kernel=st.integers(1, 7),
    stride=st.integers(1, 4),
    before=st.integers(0, 9),
    dilation=st.integers(1, 4),
    outs=st.integers(1, 12),
)
def test_reads_count_every_tap(
    size: int, kernel: int, stride: int, before: int, dilation: int, outs: int
) -> None:
    taps = (i * stride + k * dilation - before for i in range(outs) for k in range(kernel))
    counted = reads(size, outs, kernel, stride, before, dilation)
    assert counted == sum(0 <= place < size for place in taps)


@pytest.fixture(scope="module")
def odd() -> Network:
    """A layer of every kind that some tool treats otherwise."""
    return lower(
        dsl.loads(
            """
name: odd
input: [3, 33, 30]
classes: 7
defaults: {padding: tf_same, avgpool: nopad, bias: true}
stem: [3x3 8 /2, lrn 5, maxpool 3x3 /2, 3x3 16 groups=2 relu6, 3x3 16 silu, 1x1 16 gelu]
body:
  - add: [1x1 12 linear, [avgpool 3x3 /1, 3x3 12], 3x3 12 norm=none tanh]
    then: 1x1 in linear
    residual: {scale: 0.3, act: relu}
  - avgpool 3x3 /2
  - adaptivepool max 2x2
  - adaptivepool avg 2x1
  - prelu channelwise
  - 1x1 12 norm=none prelu
  - 1x1 12 leakyrelu:0.1
  - scale 0.5
head: [globalpool max, flatten, fc 9, relu, prelu, elu, dropout 0.5, fc classes, softmax]
"""
        )
    )


def running(net: Network) -> CompiledNetwork:
    """The network's module, as the other tools take it."""
    return build(net, aux=False).eval()


NORMED = """
name: normed
input: {input}
classes: 5
defaults: {{gamma: {gamma}}}
stem: [{k} 8, {k} 8 norm=layer, {k} 8 norm=group:4, {k} 8 norm=instance]
body: [layernorm, instancenorm, groupnorm 2, batchnorm]
head: [globalpool avg, layernorm, batchnorm, groupnorm 2, fc classes]
"""


def normed(axes: int, gamma: bool = True) -> Network:
    """Every norm behind a convolution, on a map and on a vector."""
    values = {"input": [3, *[12] * axes], "k": "x".join("3" * axes), "gamma": str(gamma).lower()}
    return lower(dsl.loads(NORMED.format_map(values)))


@pytest.fixture(params=["googlenet", "odd", "series", "images", "clips", "no gamma"])
def subject(request: pytest.FixtureRequest, odd: Network) -> Network:
    if request.param in (ranks := ["series", "images", "clips"]):
        return normed(1 + ranks.index(request.param))
    if request.param == "no gamma":
        return normed(2, gamma=False)
    return odd if request.param == "odd" else network("googlenet", "torchvision")


@pytest.mark.filterwarnings("ignore")  # fvcore and tracing are full of them
def test_views_of_tools_that_run_the_model(subject: Network) -> None:
    fvcore, torchinfo = pytest.importorskip("fvcore.nn"), pytest.importorskip("torchinfo")
    model, report = running(subject), cost(subject)
    image = torch.zeros(1, *(int(n) for n in subject.input))
    flops = fvcore.FlopCountAnalysis(model, image).unsupported_ops_warnings(enabled=False)
    assert report.views["fvcore"] == flops.total()
    outputs = fvcore.ActivationCountAnalysis(model, image).unsupported_ops_warnings(enabled=False)
    assert report.total.activations == outputs.total()
    info = torchinfo.summary(model, input_data=image, verbose=0)
    assert report.views["torchinfo mult-adds"] == info.total_mult_adds
    assert report.total.params == info.total_params
    with FlopCounterMode(display=False) as counter:
        model(image)
    assert report.views["torch FlopCounterMode"] == counter.get_total_flops()


def test_torchinfo_at_a_batch() -> None:
    torchinfo = pytest.importorskip("torchinfo")
    net = network("inception_v1")
    with torch.device("meta"):
        model = build(net).eval()
    info = torchinfo.summary(model, input_size=(16, 3, 224, 224), verbose=0, device="meta")
    assert cost(net, batch=16).views["torchinfo mult-adds"] == info.total_mult_adds
    assert f"{info.total_mult_adds / 1e9:.2f}" == "25.39"


MEASURED = {
    # thop 0.1.1, ptflops 0.7.5 and calflops 0.3.2 on the compiled modules.
    "googlenet": {
        "ptflops (aten)": 1_582_672_872,
        "thop": 1_595_627_712,
        "calflops": 3_177_948_112,
    },
    "inception_v3": {
        "ptflops (aten)": 5_713_217_096,
        "thop": 5_751_221_568,
        "calflops": 11_458_393_728,
    },
    "inception_resnet_v2": {
        "ptflops (aten)": 13_167_334_856,
        "thop": 13_210_205_600,
        "calflops": 26_390_022_624,
    },
}


@pytest.mark.parametrize("name", MEASURED)
def test_views_of_tools_measured_elsewhere(name: str) -> None:
    views = cost(network(name)).views
    assert {tool: views[tool] for tool in MEASURED[name]} == MEASURED[name]


@pytest.mark.parametrize(
    ("axes", "gamma", "thop", "calflops"),
    [
        (1, True, 9_488, 19_472),
        (2, True, 299_600, 604_976),
        (2, False, 285_744, 595_736),
        (3, True, 10_312_784, 20_694_704),
    ],
)
def test_views_of_norms_measured_elsewhere(
    axes: int, gamma: bool, thop: int, calflops: int
) -> None:
    """The same versions of the tools, on the compiled modules."""
    views = cost(normed(axes, gamma)).views
    assert (views["thop"], views["calflops"]) == (thop, calflops)


@pytest.mark.parametrize(
    ("name", "variant", "weights", "counted"),
    [
        ("googlenet", "torchvision", "GoogLeNet_Weights", "params"),
        ("inception_v3", None, "Inception_V3_Weights", "params_with_aux"),
    ],
)
def test_view_of_torchvisions_tables(
    name: str, variant: str | None, weights: str, counted: str
) -> None:
    published = getattr(torchvision_models(), weights).IMAGENET1K_V1.meta
    report = cost(network(name, variant))
    assert published["num_params"] == getattr(report.total, counted)
    assert published["_ops"] == round(report.views["torchvision's tables"] / 1e9, 3)


def test_text_is_a_table_that_fits() -> None:
    text = as_text(cost(network("googlenet", "torchvision")))
    assert text.startswith("GoogLeNet (torchvision): input 3×224×224, batch 1, evaluation")
    assert "2,996,752,384 = 2 × MACs; bias, norm and activation apart" in text
    assert "6,624,904; 13,004,888 with auxiliary heads" in text
    row = next(line for line in text.splitlines() if line.startswith("inception_4e"))
    assert " ".join(row.split()[:3]) == "inception_4e v1 832×14×14"


@pytest.mark.parametrize(("name", "variant"), NETWORKS, ids=IDS)
@pytest.mark.parametrize("layers", [False, True])
def test_text_fits_120_columns(name: str, variant: str | None, layers: bool) -> None:
    text = as_text(cost(network(name, variant)), layers=layers)
    assert max(map(len, text.splitlines())) <= 120


def test_layers_stand_below_their_block() -> None:
    lines = as_text(cost(network("inception_v3")), layers=True).splitlines()
    place = next(i for i, line in enumerate(lines) if line.startswith("mixed_5b "))
    assert lines[place + 1].split()[:3] == ["branch1.conv", "conv", "1×1"]


def test_what_joins_a_block_is_named() -> None:
    net = small("[twice: {concat: [1x1 1, 1x1 1], residual: {scale: 0.1}}]")
    lines = as_text(cost(net), layers=True).splitlines()
    rows = [line.split()[:2] for line in lines if line.startswith(" twice")]
    assert rows == [["twice", "concat"], ["twice", "residual"]]


def numbers(value: object) -> Iterator[object]:
    match value:
        case dict():
            for part in value.values():
                yield from numbers(part)
        case list():
            for part in value:
                yield from numbers(part)
        case _:
            yield value


def test_json_holds_everything() -> None:
    report = cost(network("inception_v3"))
    data = json.loads(as_json(report))
    assert [row["path"] for row in data["blocks"]] == [row.path for row in report.blocks]
    assert len(data["layers"]) == len(report.layers)
    assert data["total"]["macs"] == 5_713_216_096
    assert data["total"]["receptive_field"] == [1311, 1311]
    assert {"batch", "dtype_bytes", "aux", "views"} <= data.keys()
    known = {field.name for field in fields(Row)} - {"field", "of"} | {"kind"}
    assert known <= data["layers"][0].keys()
    assert all(isinstance(n, str | int | None) for n in numbers(data))


def test_csv_has_a_line_a_layer() -> None:
    report = cost(network("googlenet"))
    rows = list(csv.DictReader(io.StringIO(as_csv(report))))
    assert [row["path"] for row in rows] == [row.path for row in report.layers]
    assert sum(int(row["macs"]) for row in rows) == report.total.macs
    first = rows[0]
    assert (first["out"], first["receptive_field"], first["stride"]) == ("64x112x112", "7x7", "2x2")
    assert rows[-1]["receptive_field"] == ""


FORMS: dict[str, Callable[[Report], str]] = {"text": as_text, "json": as_json, "csv": as_csv}


@pytest.mark.parametrize("form", FORMS)
def test_symbols_print_as_numbers(form: str) -> None:
    """A block's width remembers its name, which no report may show."""
    text = FORMS[form](cost(network("inception_v3_cifar10"), training=True))
    assert text.endswith("\n") and not text.endswith("\n\n")
    assert "in_channels" not in text and "c7" not in text and "num_classes" not in text


SPLIT = "{concat: [1x1 1, [1x1 2, 1x1 1]], residual: {scale: 0.1}}"


def deep(blocks: int, block: str = SPLIT) -> Network:
    """The same block again and again."""
    net = small(f"[{block}]")
    nodes = tuple(replace(net.nodes[0], name=f"block{place}") for place in range(blocks))
    return replace(net, nodes=nodes)


def calls(net: Network) -> int:
    """Calls that a cost takes when nothing is new."""
    cost(net)  # fills the caches
    return counted(partial(cost, net))


def test_cost_grows_with_the_network_and_no_faster() -> None:
    few, many = calls(deep(20)), calls(deep(400))
    assert many < 21 * few
    report: Report = cost(deep(10_000, "1x1 2 linear"))
    assert report.total.macs == 10_000 * report.blocks[0].macs


def test_cost_needs_no_torch() -> None:
    code = (
        "import sys, dsl; from compiler.cost import cost;"
        "from compiler.lowering.lower import lower;"
        "from compiler.cost.render import as_text; as_text(cost(lower(dsl.load('googlenet'))));"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


CONTRACT = """
name: tiny
input: [3, 8, 8]
classes: 10
stem: [conv1: 3x3 4]
head: [globalpool avg, fc classes]
expect: {params: 167, macs: 6953, out.conv1: [4, 8, 8], out.head: [10], out.stem: [4, 8, 9]}
"""


def test_contract_names_what_is_broken() -> None:
    spec = dsl.loads(CONTRACT)
    problems = broken(spec, cost(lower(spec)))
    assert [(problem.code, problem.message) for problem in problems] == [
        ("E130", "expect: params is 167, the network has 166"),
        ("E130", "expect: macs is 6953, the network has 6,952"),
        ("E130", "expect: out.stem is 4x8x9, the network gives 4x8x8"),
    ]
    line = CONTRACT.splitlines()[6]
    texts = [line[p.span.column - 1 :][: p.span.length] for p in problems]
    assert texts[:2] == ["167", "6953"]
    assert {p.span.line for p in problems} == {7}


def test_contract_of_a_spec_that_a_program_made() -> None:
    spec = dsl.loads(CONTRACT)
    wrong = spec.model_copy(update={"expect": Expect(out={"conv": (4, 8, 8)})})
    (problem,) = broken(wrong, cost(lower(spec)))
    assert problem.message == "expect: there is no step or section conv"
    assert problem.hint == "did you mean conv1?"


def test_contract_is_for_one_image_without_heads() -> None:
    spec = dsl.load("inception_v3")
    net = network("inception_v3")
    assert broken(spec, cost(net)) == broken(spec, cost(net, batch=7, training=True)) == []


def test_the_command_takes_every_form_that_there_is() -> None:
    (form,) = (param for param in asking.cost.params if param.name == "form")
    assert isinstance(form.type, click.Choice)
    assert list(form.type.choices) == list(FORMS)
