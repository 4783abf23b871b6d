"""Networks that no library here has, counted by hand from the tables of their papers.

The counting shares nothing with the compiler: a convolution of `taps` weights per pair of
channels has taps * C_in * C_out weights and two numbers a channel for its norm, and as many
multiply-accumulates as weights at each place of its output.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

import dsl
from compiler.cost import cost
from compiler.lowering.lower import lower


@dataclass
class Count:
    """Parameters and MACs so far; `width` is that of the last map."""

    width: int = 3
    params: int = 0
    macs: int = 0
    norm: int = 2
    """Numbers a channel of a norm: gamma and beta, or beta alone."""

    def conv(self, side: int, taps: int, width: int, *, bias: bool = False) -> Count:
        """A convolution with its norm, or with a bias, onto side x side."""
        weights = self.width * taps * width
        self.params += weights + (1 if bias else self.norm) * width
        self.macs += weights * side**2
        self.width = width
        return self

    def branch(self, *layers: tuple[int, int, int]) -> int:
        """Convolutions in order on the last map, each (side, taps, width); their width."""
        before = self.width
        for side, taps, width in layers:
            self.conv(side, taps, width)
        after, self.width = self.width, before
        return after

    def residual(self, side: int, *branches: int) -> None:
        """A biased 1x1 from the branches' widths to the block's own."""
        width, self.width = self.width, sum(branches)
        self.conv(side, 1, width, bias=True)

    def linear(self, width: int) -> Count:
        return self.conv(1, 1, width, bias=True)


# --- BN-Inception: table 1 of arXiv:1502.03167 ---

TABLE_1 = """
3a 28  64  64  64  64  96  32
3b 28  64  64  96  64  96  64
3c 14   0 128 160  64  96   0
4a 14 224  64  96  96 128 128
4b 14 192  96 128  96 128 128
4c 14 160 128 160 128 160 128
4d 14  96 128 192 160 192 128
4e  7   0 128 192 192 256   0
5a  7 352 192 320 160 224 128
5b  7 352 192 320 192 224 128
"""
"""Block, output side, #1x1, #3x3 reduce, #3x3, double #3x3 reduce, double #3x3, projection."""


def bn_inception(table: str = TABLE_1, norm: int = 2) -> Count:
    count = Count(norm=norm)
    count.params += 3 * 8 * 49  # A separable first layer: depth multiplier 8, no norm between.
    count.macs += 3 * 8 * 49 * 112**2
    count.width = 24
    count.conv(112, 1, 64).conv(56, 1, 64).conv(56, 9, 192)
    for row in table.split("\n")[1:-1]:
        side, n1, r3, n3, rd, nd, pool = map(int, row.split()[1:])
        before = side if n1 else 2 * side
        widths = [
            count.branch((before, 1, r3), (side, 9, n3)),
            count.branch((before, 1, rd), (before, 9, nd), (side, 9, nd)),
        ]
        if n1:
            widths += [count.branch((side, 1, n1)), count.branch((side, 1, pool))]
        count.width = sum(widths) if n1 else sum(widths) + count.width
    return count.linear(1000)


def tf_slim() -> Count:
    """Projections of 96 in 4c and 4d, and no gamma."""
    narrow = (f"{row[:-3]} 96" if row[:2] in ("4c", "4d") else row for row in TABLE_1.split("\n"))
    return bn_inception("\n".join(narrow), norm=1)


# --- Inception-v2: table 1 of arXiv:1512.00567 ---


def inception_v2() -> Count:
    count = Count()
    count.conv(149, 9, 32).conv(147, 9, 32).conv(147, 9, 64)
    count.conv(71, 9, 80).conv(35, 9, 192).conv(35, 9, 288)
    for _ in range(3):  # figure 5
        first = count.branch((35, 1, 64)), count.branch((35, 1, 48), (35, 9, 64))
        double = count.branch((35, 1, 64), (35, 9, 96), (35, 9, 96))
        count.width = sum(first) + double + count.branch((35, 1, 64))
    grow = count.branch((17, 9, 384)), count.branch((35, 1, 64), (35, 9, 96), (17, 9, 96))
    count.width += sum(grow)
    for _ in range(5):  # figure 6, n = 7
        first = count.branch((17, 1, 192)), count.branch((17, 1, 128), (17, 7, 128), (17, 7, 192))
        double = count.branch((17, 1, 128), *[(17, 7, 128)] * 3, (17, 7, 192))
        count.width = sum(first) + double + count.branch((17, 1, 192))
    sevens = count.branch((17, 1, 192), (17, 7, 192), (17, 7, 192), (8, 9, 192))
    count.width += sevens + count.branch((17, 1, 192), (8, 9, 320))
    for _ in range(2):  # figure 7: a 1x3 beside a 3x1 counts as three taps of twice the width
        first = count.branch((8, 1, 320)), count.branch((8, 1, 384), (8, 3, 2 * 384))
        double = count.branch((8, 1, 448), (8, 9, 384), (8, 3, 2 * 384))
        count.width = sum(first) + double + count.branch((8, 1, 192))
    return count.linear(1000)


# --- Inception-ResNet-v1: figures 7 and 10 to 15 of arXiv:1602.07261 ---


def inception_resnet_v1() -> Count:
    count = Count()
    count.conv(149, 9, 32).conv(147, 9, 32).conv(147, 9, 64)  # figure 14
    count.conv(73, 1, 80).conv(71, 9, 192).conv(35, 9, 256)
    for _ in range(5):  # figure 10
        thirds = [count.branch((35, 1, 32), *[(35, 9, 32)] * deep) for deep in (0, 1, 2)]
        count.residual(35, *thirds)
    k, m, n, o = 192, 192, 256, 384  # table 1
    count.width += count.branch((17, 9, o)) + count.branch((35, 1, k), (35, 9, m), (17, 9, n))
    for _ in range(10):  # figure 11
        wide = count.branch((17, 1, 128), (17, 7, 128), (17, 7, 128))
        count.residual(17, count.branch((17, 1, 128)), wide)
    count.width += sum(  # figure 12
        (
            count.branch((17, 1, 256), (8, 9, 384)),
            count.branch((17, 1, 256), (8, 9, 256)),
            count.branch((17, 1, 256), (17, 9, 256), (8, 9, 256)),
        )
    )
    for _ in range(5):  # figure 13
        wide = count.branch((8, 1, 192), (8, 3, 192), (8, 3, 192))
        count.residual(8, count.branch((8, 1, 192)), wide)
    return count.linear(1000)


# --- Squeeze and excitation: equation 5 of arXiv:1709.01507 ---


def gated(params: int, macs: int, *blocks: tuple[int, int]) -> Count:
    """A public network and its gates, two matrices of C x C/16 for each of (number, C) blocks.

    Without biases, and each applied once an image.
    """
    count = Count(params=params, macs=macs)
    for number, width in blocks:
        before = count.params
        count.norm, count.width = 0, width
        count.conv(1, 1, width // 16).conv(1, 1, width)
        assert count.params - before == 2 * width**2 // 16
        count.params += (number - 1) * 2 * width**2 // 16
        count.macs += (number - 1) * 2 * width**2 // 16
    return count


def se_inception_v3() -> Count:
    stages = (1, 256), (2, 288), (5, 768), (1, 1280), (2, 2048)
    return gated(23_834_568, 5_713_216_096, *stages)


def se_inception_resnet_v2() -> Count:
    stages = (1 + 10, 320), (1 + 20, 1088), (1 + 10, 2080)
    return gated(55_843_464, 13_155_794_016, *stages)


PAPERS: dict[tuple[str, str | None], Callable[[], Count]] = {
    ("bn_inception", None): bn_inception,
    ("bn_inception", "slim"): tf_slim,
    ("inception_v2", None): inception_v2,
    ("inception_resnet_v1", None): inception_resnet_v1,
    ("se_inception_v3", None): se_inception_v3,
    ("se_inception_resnet_v2", None): se_inception_resnet_v2,
}


@pytest.mark.parametrize(("name", "variant"), PAPERS)
def test_counts_from_the_papers_tables(name: str, variant: str | None) -> None:
    count, total = PAPERS[name, variant](), cost(lower(dsl.load(name, variant))).total
    assert (total.params, total.macs) == (count.params, count.macs)


def test_inception_v2_keeps_to_the_papers_budget() -> None:
    """The abstract: less than 25 million parameters."""
    assert inception_v2().params < 25_000_000
