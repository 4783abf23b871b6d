"""Other ways to write what the language says: dense blocks, parts that are the whole, no-ops."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import dsl
from tests.test_importing import Conv, Function, Net, middle, refused, same
from tests.test_importing_odd import Free, conv


class Dense(nn.Module):
    """Layers that each take what all before them gave, joined anew each time."""

    def __init__(self, width: int, count: int, *, newest_first: bool = False) -> None:
        super().__init__()
        self.layers = nn.ModuleList([Conv(width + 4 * n, 4) for n in range(count)])
        self.newest_first = newest_first

    def forward(self, x: Tensor) -> Tensor:
        found = [x]
        for layer in self.layers:
            new = layer(torch.cat(found, 1))
            found = [new, *found] if self.newest_first else [*found, new]
        return torch.cat(found, 1)


@pytest.mark.parametrize("newest_first", [False, True])
def test_dense_blocks_are_rows_of_concats(newest_first: bool) -> None:
    text = dsl.dump(same(Net(Dense(6, 3, newest_first=newest_first), 18)))
    (block,) = re.findall(r"concat:\n +- (.*)\n +- (.*)\n", text)
    assert block == (("1x1 4", "identity") if newest_first else ("identity", "1x1 4"))
    assert "  - middle: A x3\n" in text


def test_a_concat_of_a_concat_s_parts_takes_that_one_wherever_they_stand() -> None:
    """A run of tensors that another concat joins, between two others."""

    def forward(m: Any, x: Tensor) -> Tensor:
        new = m.b(x)
        both = torch.cat([x, new], 1)
        return torch.cat([m.a(both), x, new, m.c(both)], 1)

    model = Free(forward, a=conv(10, 3), b=conv(out=4), c=conv(10, 2))
    text = dsl.dump(same(Net(model, 15)))
    found = re.findall(r"concat:\n((?: +- .*\n)+)", text)
    assert [re.findall("- (.*)", each) for each in found] == [
        ["identity", "1x1 4"],
        ["1x1 3", "identity", "1x1 2"],
    ]


NOTHING: dict[str, Function] = {
    "times one": lambda x: x * 1.0,
    "by one": lambda x: x / 1,
    "all channels": lambda x: x[:, :6],
    "all rows": lambda x: x[:, :, :, :],
    "all": lambda x: x[..., :],
}


@pytest.mark.parametrize("what", NOTHING)
def test_what_comes_to_nothing(what: str) -> None:
    assert middle(lambda x: F.silu(NOTHING[what](x))) == "silu"


PARTS: dict[str, tuple[Function, int]] = {
    "takes channels 0 to 3 of 6": (lambda x: x[:, :4], 4),
    "takes channels 1 to 5 of 6": (lambda x: x[:, 1:], 5),
    "torch.Tensor.__getitem__ has no": (lambda x: x[:, :, 0, 0], 6),  # one place of many
    "takes a part of a tensor: torch": (lambda x: x[:, :, :20], 6),  # all rows, at one size
    "takes a part of a tensor": (lambda x: x[1:], 6),
}


@pytest.mark.parametrize("why", PARTS)
def test_a_part_is_not_the_whole(why: str) -> None:
    function, width = PARTS[why]
    assert why in refused(Net(function, width))


def test_the_only_place_of_a_map_is_a_vector() -> None:
    spec = same(Net(lambda x: F.adaptive_avg_pool2d(x, 1)[:, :, 0, 0]))
    assert dsl.dump(spec).split("head:\n")[1].startswith("  - globalpool avg\n  - fc classes\n")
