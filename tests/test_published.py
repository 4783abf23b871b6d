"""The shelf lands on every figure that was published about its networks.

Everything here is counted from the ops of the lowered networks in a few lines of its own, so
that it is a second opinion on `compiler.cost`; `FlopCounterMode` and torchinfo are a third.
"""

from collections.abc import Callable, Iterator
from functools import cache
from math import prod
from typing import Any

import pytest
import torch
import torchinfo
from torch.utils.flop_counter import FlopCounterMode

import dsl
from compiler.cost import cost
from compiler.ir.fit import misfit
from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Parallel, Series, Tap, children, leaves
from compiler.ir.op import Shape
from compiler.ir.verifying import verify
from compiler.lowering.lower import lower
from compiler.nn.module import build
from compiler.ops.conv import Conv
from compiler.ops.deconv import Deconv
from compiler.ops.linear import Linear
from compiler.ops.norm import BatchNorm
from compiler.ops.pool import AvgPool, MaxPool, Pool
from compiler.ops.window import pair_text
from dsl.models import shelf
from dsl.models.promises import Expect
from tests.peers import keras, timm, torchvision_models
from tests.shelf import IDS, NETWORKS


@cache
def network(name: str, variant: str | None = None) -> Network:
    return lower(dsl.load(name, variant), variant=variant)


def ops(net: Network, *, aux: bool = False) -> list[Leaf]:
    trunk = tuple(node for node in net.nodes if not isinstance(node, Tap))
    return [leaf for _, leaf in leaves(net.nodes if aux else trunk)]


def params(net: Network, *, aux: bool = False) -> int:
    return sum(prod(shape) for x in ops(net, aux=aux) for shape in x.op.params(x.inp).values())


def running(net: Network) -> int:
    """Elements of the running means and variances: what Keras calls non-trainable."""
    return sum(2 * x.inp.channels for x in ops(net) if isinstance(x.op, BatchNorm))


def macs(net: Network) -> int:
    return sum(x.op.work(x.inp).macs for x in ops(net))


def activations(net: Network) -> int:
    return sum(x.out.elements for x in ops(net) if isinstance(x.op, Conv | Deconv | Linear))


QUANTITIES: dict[str, Callable[[Network], int]] = {
    "params": params,
    "trainable": params,
    "params_with_aux": lambda net: params(net, aux=True),
    "non_trainable": running,
    "buffers": lambda net: sum(
        prod(shape) for x in ops(net) for shape in x.op.buffers(x.inp).values()
    ),
    "keras_total": lambda net: params(net) + running(net),
    "macs": macs,
    "activations": activations,
}

PUBLISHED: list[tuple[str, str | None, dict[str, int]]] = [
    (
        "googlenet",
        "torchvision",
        {
            "params": 6_624_904,
            "params_with_aux": 13_004_888,
            "macs": 1_498_376_192,
            "activations": 3_227_160,
        },
    ),
    (
        "inception_v3",
        None,
        {
            "params": 23_834_568,
            "params_with_aux": 27_161_264,
            "macs": 5_713_216_096,
            "activations": 8_968_488,
        },
    ),
    # Keras's own tables.
    (
        "inception_v3",
        "keras",
        {"keras_total": 23_851_784, "trainable": 23_817_352, "non_trainable": 34_432},
    ),
    (
        "inception_resnet_v2",
        "keras",
        {"keras_total": 55_873_736, "trainable": 55_813_192, "non_trainable": 60_544},
    ),
    (
        "xception",
        None,
        {"keras_total": 22_910_480, "trainable": 22_855_952, "non_trainable": 54_528},
    ),
    # OpenVINO's table of the authors' I3D; 12.29 million is a port's, with gamma and no logits.
    ("i3d", None, {"params": 12_689_984}),
    # timm's.
    (
        "inception_v4",
        None,
        {"params": 42_679_816, "macs": 12_253_974_624, "activations": 15_090_184},
    ),
    (
        "inception_resnet_v2",
        None,
        {"params": 55_843_464, "macs": 13_155_794_016, "activations": 25_059_976},
    ),
    # The paper's table, to a tenth of a million and of a thousand million; timm's to the last.
    ("inception_next", None, {"params": 28_055_680}),
    ("inception_next", "small", {"params": 49_374_016}),
    ("inception_next", "base", {"params": 86_672_136}),
    ("inception_next", "atto", {"params": 4_156_520}),
    # Caffe's GoogLeNet, without and with its heads, and the networks behind the public weights
    # of pretrained-models.pytorch (bninception) and facenet-pytorch.
    ("googlenet_2014", None, {"params": 6_998_552, "params_with_aux": 13_378_280}),
    ("bn_inception", "caffe", {"params": 11_295_240}),
    ("inception_resnet_v1", "facenet", {"params": 23_482_624}),
    ("inception_v1", None, {"params": 8_062_072}),
    ("inception_v1", "two_class", {"params": 7_039_122}),
    ("inception_v1", "slips", {"params": 7_681_144}),
    (
        "inception_v3_cifar10",
        None,
        {"keras_total": 23_397_866, "trainable": 23_359_978, "non_trainable": 37_888},
    ),
    (
        "inception_v3_cifar10",
        "slim",
        {"keras_total": 23_229_370, "trainable": 23_192_282, "non_trainable": 37_088},
    ),
    (
        "inception_v3_cifar10",
        "slim_352",
        {"keras_total": 21_215_770, "trainable": 21_180_538, "non_trainable": 35_232},
    ),
    (
        "inception_v3_cifar10",
        "stem_slim",
        {"keras_total": 23_397_866, "trainable": 23_359_978, "non_trainable": 37_888},
    ),
]


@pytest.mark.parametrize(("name", "variant", "figures"), PUBLISHED)
def test_published_totals(name: str, variant: str | None, figures: dict[str, int]) -> None:
    net = network(name, variant)
    assert {key: QUANTITIES[key](net) for key in figures} == figures


@pytest.mark.parametrize(("name", "variant"), NETWORKS, ids=IDS)
def test_cost_counts_the_same(name: str, variant: str | None) -> None:
    net = network(name, variant)
    total = cost(net).total
    shared = [key for key in QUANTITIES if hasattr(total, key)]
    assert len(shared) >= 7
    assert {key: getattr(total, key) for key in shared} == {
        key: QUANTITIES[key](net) for key in shared
    }


def test_inception_v3_counted_as_keras_does() -> None:
    """Keras has no gamma, and counts the running statistics in its total."""
    net = network("inception_v3")
    gammas = running(net) // 2
    assert gammas == 17_216
    assert params(net) - gammas == 23_817_352
    assert params(net) - gammas + running(net) == 23_851_784


@pytest.mark.parametrize(("name", "variant"), NETWORKS, ids=IDS)
def test_what_a_spec_expects_of_itself_holds(name: str, variant: str | None) -> None:
    spec, net = dsl.load(name, variant), network(name, variant)
    verify(net)
    totals = declared(spec.expect)
    assert {key: QUANTITIES[key](net) for key in totals} == totals
    assert {"params", "macs"} <= totals.keys()
    found = outputs(net)
    assert {step: found[step] for step in spec.expect.out} == spec.expect.out


def declared(expect: Expect) -> dict[str, int]:
    totals = expect.model_dump(exclude={"out"})
    return {key: value for key, value in totals.items() if value is not None}


def outputs(net: Network) -> dict[str, tuple[int, ...]]:
    """The output of each of the trunk's steps, and of each section."""
    found = {node.name: tuple(node.out) for node in net.nodes if not isinstance(node, Tap)}
    for name, section in net.sections.items():
        found[section] = found[name]
    return found


def test_every_spec_names_its_source_and_fits_a_screen() -> None:
    for name in shelf.names():
        spec = dsl.load(name)
        assert spec.name == name
        assert spec.title and "arXiv:" in spec.paper, name
        assert all(variant.title for variant in spec.variants.values()), name
        assert len(shelf.find(name).read_text(encoding="utf-8").splitlines()) <= 80, name


@pytest.mark.parametrize(("name", "variant"), NETWORKS, ids=IDS)
def test_macs_as_torchs_own_counter_sees_them(name: str, variant: str | None) -> None:
    net = network(name, variant)
    with torch.device("meta"):
        model = build(net).eval()
        assert counted(model, net.input) == macs(net)


@pytest.mark.parametrize(
    ("name", "variant", "peer"),
    [("googlenet", "torchvision", "googlenet"), ("inception_v3", None, "inception_v3")],
)
def test_macs_of_torchvisions_own_network(name: str, variant: str | None, peer: str) -> None:
    net = network(name, variant)
    with torch.device("meta"):
        theirs = getattr(torchvision_models(), peer)(weights=None, init_weights=False).eval()
        assert counted(theirs, net.input) == macs(net)


def test_counts_of_torchvisions_s3d() -> None:
    """Its table is for 16 frames, which the documentation doesn't say."""
    net = lower(dsl.load("s3d").model_copy(update={"input": (3, 16, 224, 224), "expect": Expect()}))
    video = torchvision_models().video
    stated = video.S3D_Weights.DEFAULT.meta
    with torch.device("meta"):
        theirs = video.s3d().eval()
        assert counted(theirs, net.input) == macs(net)
    assert stated["num_params"] == params(net) == sum(p.numel() for p in theirs.parameters())
    assert stated["_ops"] == round(macs(net) / 1e9, 3)


def test_i3d_as_ports_count_it() -> None:
    """With a gamma for each running mean, and without the logits."""
    net = network("i3d")
    assert params(net) + running(net) // 2 - (1024 + 1) * 400 == 12_287_264


@pytest.mark.parametrize(
    ("name", "variant", "peer"),
    [
        ("inception_v3", None, "inception_v3"),
        ("inception_v4", None, "inception_v4"),
        ("inception_resnet_v2", None, "inception_resnet_v2"),
        ("xception", "timm", "legacy_xception"),
        ("inception_next", None, "inception_next_tiny"),
        ("inception_next", "small", "inception_next_small"),
        ("inception_next", "base", "inception_next_base"),
        ("inception_next", "atto", "inception_next_atto"),
        ("xception_aligned", None, "xception65"),
        ("xception_aligned", "xception41", "xception41"),
        ("xception_aligned", "xception71", "xception71"),
    ],
)
def test_counts_of_timms_own_network(name: str, variant: str | None, peer: str) -> None:
    net = network(name, variant)
    with torch.device("meta"):
        theirs = timm().create_model(peer).eval()
        assert counted(theirs, net.input) == macs(net)
    assert sum(p.numel() for p in theirs.parameters()) == params(net)


@pytest.mark.parametrize(
    ("name", "variant", "peer"),
    [
        ("inception_v3", "keras", "InceptionV3"),
        ("inception_resnet_v2", "keras", "InceptionResNetV2"),
        ("xception", None, "Xception"),
    ],
)
def test_counts_of_kerass_own_network(name: str, variant: str | None, peer: str) -> None:
    net = network(name, variant)
    with keras().device("meta"):
        theirs = getattr(keras().applications, peer)(weights=None)
    assert theirs.count_params() == params(net) + running(net)
    assert sum(prod(weight.shape) for weight in theirs.trainable_weights) == params(net)


def counted(model: torch.nn.Module, shape: Shape) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.empty(1, *shape))
    flops: int = counter.get_total_flops()
    return flops // 2


# --- Block widths: every convolution of every block ---


def drawn(node: Node) -> str:
    """A block's branches in one line: `1x1 64 | 1x1 96, 3x3 128 | maxpool 3x3, 1x1 32`."""
    match node:
        case Leaf():
            return drawn_op(node)
        case Parallel():
            return " | ".join(drawn(branch) for branch in node.branches)
        case Series():
            return ", ".join(filter(None, (drawn_inside(child) for child in children(node))))
        case _:
            raise AssertionError(node)


def drawn_inside(node: Node) -> str:
    return f"{{{drawn(node)}}}" if isinstance(node, Parallel) else drawn(node)


def drawn_op(leaf: Leaf) -> str:
    op = leaf.op
    if not isinstance(op, Conv | Pool):
        return ""
    kernel = "{}x{}".format(*op.slide.kernel)
    stride = "" if op.slide.stride == (1, 1) else f" /{pair_text(op.slide.stride)}"
    if isinstance(op, Conv):
        return f"{kernel} {int(op.width)}{stride}"
    assert isinstance(op, MaxPool | AvgPool)
    return f"{'maxpool' if isinstance(op, MaxPool) else 'avgpool'} {kernel}{stride}"


def block(net: Network, name: str) -> Node:
    (node,) = (node for node in net.nodes if node.name == name)
    return node


GOOGLENET_WIDTHS = {  # n1, r3, n3, r5, n5, pp
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


@pytest.mark.parametrize(
    ("name", "variant", "side"),
    [
        ("googlenet", None, 5),
        ("googlenet", "torchvision", 3),
        ("googlenet_96", None, 5),
        ("inception_v1", None, 5),
        ("inception_v1", "two_class", 5),
        ("inception_v1", "slips", 3),
    ],
)
def test_widths_of_googlenets_blocks(name: str, variant: str | None, side: int) -> None:
    net = network(name, variant)
    for place, (n1, r3, n3, r5, n5, pp) in GOOGLENET_WIDTHS.items():
        node = block(net, f"inception_{place}")
        assert drawn(node) == (
            f"1x1 {n1} | 1x1 {r3}, 3x3 {n3} | 1x1 {r5}, {side}x{side} {n5} | maxpool 3x3, 1x1 {pp}"
        )
        assert node.out.channels == n1 + n3 + n5 + pp


def module_1(pool: int, second: str) -> str:
    five = f"1x1 48, {second} 64"
    return f"1x1 64 | {five} | 1x1 64, 3x3 96, 3x3 96 | avgpool 3x3, 1x1 {pool}"


def module_2(c: int) -> str:
    short = f"1x1 {c}, 1x7 {c}, 7x1 192"
    long = f"1x1 {c}, 7x1 {c}, 1x7 {c}, 7x1 {c}, 1x7 192"
    return f"1x1 192 | {short} | {long} | avgpool 3x3, 1x1 192"


MODULE_3 = (
    "1x1 320 | 1x1 384, {1x3 384 | 3x1 384} | 1x1 448, 3x3 384, {1x3 384 | 3x1 384}"
    " | avgpool 3x3, 1x1 192"
)
REDUCTION_1 = "3x3 384 /2 | 1x1 64, 3x3 96, 3x3 96 /2 | maxpool 3x3 /2"
REDUCTION_2 = "1x1 192, 3x3 320 /2 | 1x1 192, 1x7 192, 7x1 192, 3x3 192 /2 | maxpool 3x3 /2"


def v3_body(pools: tuple[int, ...], widths: tuple[int, ...], second: str) -> list[str]:
    return [
        *(module_1(pool, second) for pool in pools),
        REDUCTION_1,
        *(module_2(c) for c in widths),
        REDUCTION_2,
        MODULE_3,
        MODULE_3,
    ]


V3_POOLS, V3_WIDTHS = (32, 64, 64), (128, 160, 160, 160, 192)


def blocks_in(nodes: tuple[Node, ...]) -> Iterator[Parallel]:
    """The trunk's blocks in order, those of a repeated step included."""
    for node in nodes:
        if isinstance(node, Parallel):
            yield node
        elif isinstance(node, Series):
            yield from blocks_in(node.nodes)


@pytest.mark.parametrize(
    ("name", "variant", "expected"),
    [
        ("inception_v3", None, v3_body(V3_POOLS, (128, 160, 160, 192), "5x5")),
        ("inception_v3_cifar10", None, v3_body(V3_POOLS, V3_WIDTHS, "3x3")),
        ("inception_v3_cifar10", "slim", v3_body(V3_POOLS, V3_WIDTHS, "3x3")),
        ("inception_v3_cifar10", "stem_slim", v3_body(V3_POOLS, V3_WIDTHS, "3x3")),
        ("inception_v3_cifar10", "slim_352", v3_body((64,) * 3, (128,) * 5, "3x3")),
    ],
)
def test_blocks_of_inception_v3(name: str, variant: str | None, expected: list[str]) -> None:
    assert [drawn(node) for node in blocks_in(network(name, variant).nodes)] == expected


@pytest.mark.parametrize(
    ("variant", "stem"),
    [
        (None, "3x3 32 /2, 3x3 32, 3x3 64, maxpool 3x3 /2, 1x1 80, 3x3 192, maxpool 3x3 /2"),
        ("stem_slim", "3x3 32, 3x3 32, 3x3 64, maxpool 3x3, 1x1 80, 3x3 192, maxpool 3x3"),
        ("slim", "3x3 192"),
        ("slim_352", "3x3 192"),
    ],
)
def test_stems_for_cifar10(variant: str | None, stem: str) -> None:
    net = network("inception_v3_cifar10", variant)
    steps = [node for node in net.nodes if net.sections.get(node.name) == "stem"]
    assert ", ".join(drawn(step) for step in steps) == stem


def test_cifar10_pads_as_tensorflow_and_averages_without_padding() -> None:
    for leaf in ops(network("inception_v3_cifar10")):
        if isinstance(leaf.op, Conv | Pool):
            sizes = zip(leaf.inp.grid, leaf.op.slide.stride, strict=True)
            assert leaf.out.grid == tuple(-(-size // stride) for size, stride in sizes)
        if isinstance(leaf.op, AvgPool):
            assert not leaf.op.count_padding
        if isinstance(leaf.op, BatchNorm):
            assert (leaf.op.eps, leaf.op.momentum) == (1e-5, 0.1)


def test_biases_beside_batch_norm() -> None:
    """Biases without effect: in the InceptionV1 ports and in the CIFAR network."""
    assert normed_biases(network("inception_v1")) == (6_960, 54, 57)
    cifar = network("inception_v3_cifar10")
    biases, normed, convs = normed_biases(cifar)
    assert (biases, normed) == (10_368, convs)
    sided = [x.op for x in ops(cifar) if isinstance(x.op, Conv) and uneven(x.op)]
    assert sided and not any(op.bias for op in sided)


def uneven(op: Conv) -> bool:
    return op.slide.kernel[0] != op.slide.kernel[1]


def normed_biases(net: Network) -> tuple[int, int, int]:
    """Biases of convolutions that a norm follows; how many such there are, of how many."""
    trunk = ops(net)
    convs = [place for place, leaf in enumerate(trunk) if isinstance(leaf.op, Conv)]
    normed = [place for place in convs if isinstance(trunk[place + 1].op, BatchNorm)]
    found = [leaf.op for leaf in (trunk[place] for place in normed)]
    biases = sum(int(op.width) for op in found if isinstance(op, Conv) and op.bias)
    return biases, len(normed), len(convs)


# --- Shapes ---

STAGES: list[tuple[str, str | None, dict[str, tuple[int, ...]]]] = [
    (
        "googlenet_96",
        None,
        {
            "pool1": (64, 24, 24),
            "pool2": (192, 12, 12),
            "pool3": (480, 6, 6),
            "pool4": (832, 3, 3),
            "flatten": (1024,),
            "fc": (10,),
        },
    ),
    (
        "googlenet",
        None,
        {
            "conv1": (64, 112, 112),
            "pool1": (64, 56, 56),
            "conv3": (192, 56, 56),
            "pool2": (192, 28, 28),
            "inception_3a": (256, 28, 28),
            "inception_3b": (480, 28, 28),
            "pool3": (480, 14, 14),
            "inception_4a": (512, 14, 14),
            "inception_4b": (512, 14, 14),
            "inception_4c": (512, 14, 14),
            "inception_4d": (528, 14, 14),
            "inception_4e": (832, 14, 14),
            "pool4": (832, 7, 7),
            "inception_5a": (832, 7, 7),
            "inception_5b": (1024, 7, 7),
        },
    ),
    (
        "inception_v3",
        None,
        {
            "conv_1a": (32, 149, 149),
            "conv_2a": (32, 147, 147),
            "conv_2b": (64, 147, 147),
            "pool_3a": (64, 73, 73),
            "conv_3b": (80, 73, 73),
            "conv_4a": (192, 71, 71),
            "pool_5a": (192, 35, 35),
            "mixed_5b": (256, 35, 35),
            "mixed_5c": (288, 35, 35),
            "mixed_5d": (288, 35, 35),
            "mixed_6a": (768, 17, 17),
            "mixed_6e": (768, 17, 17),
            "mixed_7a": (1280, 8, 8),
            "mixed_7b": (2048, 8, 8),
            "mixed_7c": (2048, 8, 8),
        },
    ),
    (  # Table 1 of arXiv:1502.03167, where its sizes agree with its widths
        "bn_inception",
        None,
        {
            "conv1": (64, 112, 112),
            "pool1": (64, 56, 56),
            "conv3": (192, 56, 56),
            "pool2": (192, 28, 28),
            "inception_3a": (256, 28, 28),
            "inception_3b": (320, 28, 28),
            "inception_3c": (576, 14, 14),
            "inception_4a": (576, 14, 14),
            "inception_4b": (576, 14, 14),
            "inception_5a": (1024, 7, 7),
            "inception_5b": (1024, 7, 7),
        },
    ),
    (  # Table 1 of arXiv:1512.00567
        "inception_v2",
        None,
        {
            "conv_1a": (32, 149, 149),
            "conv_2a": (32, 147, 147),
            "conv_2b": (64, 147, 147),
            "pool_3a": (64, 73, 73),
            "conv_3b": (80, 71, 71),
            "conv_4a": (192, 35, 35),
            "conv_4b": (288, 35, 35),
            "inception_a": (288, 35, 35),
            "reduction_a": (768, 17, 17),
            "inception_b": (768, 17, 17),
            "reduction_b": (1280, 8, 8),
            "inception_c": (2048, 8, 8),
            "pool": (2048, 1, 1),
        },
    ),
    (  # Figures 3 and 9 of arXiv:1602.07261
        "inception_v4",
        None,
        {
            "conv_2b": (64, 147, 147),
            "mixed_3a": (160, 73, 73),
            "mixed_4a": (192, 71, 71),
            "stem": (384, 35, 35),
            "inception_a": (384, 35, 35),
            "reduction_a": (1024, 17, 17),
            "inception_b": (1024, 17, 17),
            "reduction_b": (1536, 8, 8),
            "inception_c": (1536, 8, 8),
        },
    ),
    (  # Figures 14 and 15 of arXiv:1602.07261
        "inception_resnet_v1",
        None,
        {
            "conv2d_4a": (192, 71, 71),
            "stem": (256, 35, 35),
            "repeat_1": (256, 35, 35),
            "mixed_6a": (896, 17, 17),
            "repeat_2": (896, 17, 17),
            "mixed_7a": (1792, 8, 8),
            "repeat_3": (1792, 8, 8),
        },
    ),
    (  # Figure 5 of arXiv:1610.02357
        "xception",
        None,
        {"block3": (728, 19, 19), "middle": (728, 19, 19), "pool": (2048, 1, 1)},
    ),
    (  # Figure 4 of arXiv:1802.02611: a stride of 16 in front of the exit flow, 32 behind it
        "xception_aligned",
        None,
        {"middle": (728, 19, 19), "block4": (1024, 10, 10), "block5": (2048, 10, 10)},
    ),
    ("inception_v1", "slips", {"conv2": (64, 58, 58), "pool2": (192, 29, 29)}),
    ("inception_v1", "slips", {"pool3": (480, 14, 14), "inception_5b": (1024, 7, 7)}),
]


@pytest.mark.parametrize(("name", "variant", "stages"), STAGES)
def test_stage_outputs(name: str, variant: str | None, stages: dict[str, tuple[int, ...]]) -> None:
    found = outputs(network(name, variant))
    assert {step: found[step] for step in stages} == stages


@pytest.mark.parametrize(
    ("name", "variant", "training", "sizes"),
    [
        ("googlenet", "torchvision", False, range(15, 321)),
        ("googlenet", "torchvision", True, range(15, 321)),
        ("inception_v3", None, False, range(75, 321)),
        ("inception_v3", None, True, range(299, 321)),
        ("inception_v1", None, False, range(193, 225)),
    ],
)
def test_sizes_of_input_that_are_taken(
    name: str, variant: str | None, training: bool, sizes: range
) -> None:
    net = network(name, variant)
    found = [n for n in range(1, 321) if not misfit(net, (2, 3, n, n), training)]
    assert found == list(sizes)


def test_published_training_results_are_kept() -> None:
    name = "fashion_mnist_96"
    others = [dsl.load_recipe(f"{name}_batch{batch}") for batch in (512, 128, 8, 1000)]
    rows = [dsl.load("googlenet_96").training, *others]
    assert [(row.rate_at(0), row.epochs, row.batch, row.reported.test) for row in rows if row] == [
        (0.05, 25, 64, 0.913),
        (0.02, 20, 512, 0.722),
        (0.02, 20, 128, 0.877),
        (0.02, 10, 8, 0.921),
        (0.05, 50, 1000, 0.882),
    ]
    assert rows[0] is not None
    assert (rows[0].reported.loss, rows[0].reported.train) == (0.101, 0.961)
    assert {row.optimizer.word for row in rows if row} == {"sgd"}
    assert [row.reported.train for row in others] == [None] * 4


# --- What other tools printed about InceptionV1 ---


def test_torchinfo_prints_the_published_digits() -> None:
    """Batch 16 at 224: torchinfo counts the batch, biases and batch norm's parameters."""
    net = network("inception_v1")
    with torch.device("meta"):
        data = torch.empty(16, *net.input)
        printed = torchinfo.summary(build(net), input_data=data, device="meta", verbose=0)
    assert f"{printed.total_mult_adds / 1e9:.2f}" == "25.39"
    megabytes = printed.total_output_bytes / 1e6, printed.total_param_bytes / 1e6
    assert [f"{size:.2f}" for size in megabytes] == ["620.64", "32.25"]
    assert f"{printed.total_input / 1e6 + sum(megabytes):.2f}" == "662.52"
    assert printed.total_mult_adds == torchinfo_mult_adds(net, batch=16)


def torchinfo_mult_adds(net: Network, batch: int) -> int:
    """torchinfo's rule from our columns: MACs and bias adds, and each norm's parameters."""
    works = [leaf.op.work(leaf.inp) for leaf in ops(net)]
    norms = sum(2 * leaf.inp.channels for leaf in ops(net) if isinstance(leaf.op, BatchNorm))
    return batch * (sum(work.macs + work.bias_adds for work in works) + norms)


def test_torchsummary_prints_the_published_digits() -> None:
    """Two classes: torchsummary doubles the output of every layer, and of every block.

    It looks at each module but containers (`nn.Sequential`), so a block's concatenation
    counts beside its branches.
    """
    net = network("inception_v1", "two_class")
    blocks = sum(node.out.elements for node in blocks_in(net.nodes))
    elements = sum(leaf.out.elements for leaf in ops(net)) + blocks
    assert f"{4 * net.input.elements / 2**20:.2f}" == "0.57"
    assert f"{2 * 4 * elements / 2**20:.2f}" == "81.87"
    assert f"{4 * params(net) / 2**20:.2f}" == "26.85"


# --- The worked example: a bottleneck ---

WORKED = """
name: worked
input: [128, 100, 100]
classes: 2
defaults: {norm: none}
body: [%s]
"""


@pytest.mark.parametrize(("body", "count"), [("5x5 256", 819_456), ("1x1 32, 5x5 256", 209_184)])
def test_a_1x1_in_front_of_a_5x5_saves_three_quarters(body: str, count: int) -> None:
    net = lower(dsl.loads(WORKED % body))
    assert net.out == (256, 100, 100)
    assert params(net) == count


# --- Auxiliary heads ---


@pytest.mark.parametrize(
    ("name", "heads"),
    [
        ("googlenet", {"aux1": ("inception_4a", 0.3), "aux2": ("inception_4d", 0.3)}),
        ("inception_v3", {"aux": ("mixed_6e", 0.4)}),
    ],
)
def test_auxiliary_heads(name: str, heads: dict[str, Any]) -> None:
    taps = network(name).taps
    assert {tap.name: (tap.source, tap.weight) for tap in taps} == heads
    assert all(tap.body.out == (1000,) for tap in taps)
