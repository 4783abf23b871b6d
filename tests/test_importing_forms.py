"""Other ways to write what the language says: dense blocks, parts that are the whole, no-ops."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import dsl
from compiler.importing import import_module
from compiler.nn.module import compile_spec
from tests.parity import agree, randomise
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


MEANS: dict[str, Function] = {
    "rows, then columns": lambda x: x.mean(3).mean(2),
    "columns, then rows": lambda x: torch.mean(x, 2).mean(-1),
    "each kept": lambda x: x.mean(-1, keepdim=True).mean(2, keepdim=True).flatten(1),
    "kept, and then not": lambda x: x.mean(2, keepdim=True).mean(3).flatten(1),
    "all places in a row": lambda x: x.view(x.size(0), x.size(1), -1).mean(-1),
    "flattened": lambda x: torch.mean(x.flatten(2), dim=2),
    "flattened and kept": lambda x: x.reshape(*x.shape[:2], -1).mean(2, keepdim=True).squeeze(-1),
}


@pytest.mark.parametrize("what", MEANS)
def test_the_mean_of_all_places_however_it_is_taken(what: str) -> None:
    spec = same(Net(MEANS[what]))
    assert dsl.dump(spec).split("head:\n")[1].startswith("  - globalpool avg\n  - fc classes\n")


def test_the_maximum_of_maxima() -> None:
    assert "  - globalpool max\n" in dsl.dump(same(Net(lambda x: x.amax(3).amax(2))))


HALVES: dict[str, Function] = {
    "rows alone": lambda x: x.mean(3).amax(2),
    "rows twice": lambda x: x.mean(3, keepdim=True).mean(3, keepdim=True).amax((2, 3)),
    "a row": lambda x: F.adaptive_avg_pool1d(x.flatten(2), 1).flatten(1),
}


@pytest.mark.parametrize("what", HALVES)
def test_half_a_mean_is_refused(what: str) -> None:
    said = refused(Net(HALVES[what]))
    assert "reduces other axes than height and width" in said or "places of a map in a row" in said


def test_channels_that_are_dropped_whole_are_elements_where_there_is_one_place() -> None:
    pooled = Net(nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Dropout2d(0.3), nn.Flatten()))
    assert "  - dropout 0.3\n" in dsl.dump(import_module(pooled, (3, 20, 20)))
    assert middle(nn.Sequential(nn.SiLU(), nn.Dropout2d(0.0))) == "silu"
    assert "drops whole channels" in refused(Net(nn.Dropout2d(0.3)))


class Gate(nn.Module):
    """Squeeze and excitation with fully connected layers, as it is often written."""

    def __init__(self, squeeze: Function, back: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.squeeze, self.back = squeeze, back
        self.one, self.two = nn.Linear(6, 2), nn.Linear(2, 6, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate = self.two(F.relu(self.one(self.squeeze(x))))
        return x * self.back(torch.sigmoid(gate), x)


SQUEEZES: dict[str, Function] = {
    "view": lambda x: F.adaptive_avg_pool2d(x, 1).view(len(x), -1),
    "mean": lambda x: x.mean((2, 3)),
    "rows": lambda x: x.flatten(2).mean(-1),
}
BACKS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "view": lambda gate, x: gate.view(*x.shape[:2], 1, 1),
    "expanded": lambda gate, x: gate.reshape(len(x), -1, 1, 1).expand_as(x),
    "unsqueezed": lambda gate, x: gate.unsqueeze(-1).unsqueeze(-1),
    "indexed": lambda gate, x: gate[:, :, None, None],
}


@pytest.mark.parametrize("back", BACKS)
@pytest.mark.parametrize("squeeze", SQUEEZES)
def test_gates_of_fully_connected_layers_are_of_1x1_convolutions(squeeze: str, back: str) -> None:
    torch.manual_seed(0)
    model = Net(Gate(SQUEEZES[squeeze], BACKS[back])).double()
    randomise(model)
    spec = import_module(model, (3, 20, 20))
    assert "      - [globalpool avg, 1x1 2, 1x1 6 nobias sigmoid]\n" in dsl.dump(spec)
    ours = compile_spec(spec).double()
    theirs = model.state_dict().values()
    for tensor, other in zip(ours.state_dict().values(), theirs, strict=True):
        tensor.copy_(other.reshape(tensor.shape))
    for training in (True, False):
        for size in ((2, 3, 20, 20), (3, 3, 31, 17)):
            x = torch.randn(size, dtype=torch.float64)
            agree(ours.train(training)(x), model.train(training)(x))


LOOSE: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "used twice": lambda gate, x: gate[:, :, None, None] + gate.view(*x.shape[:2], 1, 1),
    "of a softmax": lambda gate, x: torch.softmax(gate, 1)[:, :, None, None],
    "of a part of a map": lambda _, x: x[:, :, 0, 0].view(*x.shape[:2], 1, 1),
}


@pytest.mark.parametrize("what", LOOSE)
def test_vectors_that_become_maps_otherwise_are_refused(what: str) -> None:
    said = refused(Net(Gate(SQUEEZES["mean"], LOOSE[what])))
    assert "makes a map of a vector" in said or "takes a part of a tensor" in said


def turned(x: Tensor, between: Function) -> Tensor:
    """A shuffle of channels with something in its middle."""
    grouped = between(x.view(len(x), 3, 2, *x.shape[2:]))
    return between(grouped.transpose(1, 2)).reshape(x.shape)


BETWEEN: dict[str, Function] = {
    "of groups": lambda x: turned(x, lambda each: each.flip(-1)),
    "of places in a row": lambda x: x.flatten(2).cumsum(-1).mean(-1),
    "of rows": lambda x: x.mean(3).sort(-1)[0].cumsum(-1).mean(2),
    "of a gate": lambda x: x * x.mean((2, 3)).flip(1).view(*x.shape[:2], 1, 1),
    "of a padding": lambda x: F.max_pool2d(F.pad(x, (1, 1, 1, 1)).flip(-1), 3, 1),
}


@pytest.mark.parametrize("what", BETWEEN)
def test_what_has_no_words_is_not_passed_over_between_calls_that_are_one_thing(what: str) -> None:
    assert "the model itself (Net): " in refused(Net(BETWEEN[what]))
