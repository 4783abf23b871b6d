"""Norms of models, and channels that lie last for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import dsl
from tests.peers import timm
from tests.test_importing import Function, Net, middle, refused, same
from tests.test_importing_odd import Free, conv

NORMS: dict[str, tuple[nn.Module, int]] = {
    "groupnorm 3": (nn.GroupNorm(3, 6), 6),
    "groupnorm 1 nogamma": (nn.GroupNorm(1, 6, affine=False), 6),
    "instancenorm": (nn.InstanceNorm2d(6, affine=True), 6),
    "instancenorm nogamma": (nn.InstanceNorm2d(6), 6),
    "1x1 8 norm=group:2": (nn.Sequential(conv(6, 8), nn.GroupNorm(2, 8), nn.ReLU()), 8),
    "1x1 8 norm=instance": (
        nn.Sequential(conv(6, 8), nn.InstanceNorm2d(8, affine=True), nn.ReLU()),
        8,
    ),
}


@pytest.mark.parametrize("text", NORMS)
def test_norms_of_maps(text: str) -> None:
    assert middle(*NORMS[text]).replace(" bias", "") == text


def test_norms_of_vectors() -> None:
    flat = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 8))
    norms = nn.BatchNorm1d(8, eps=0.1), nn.ReLU(), nn.LayerNorm(8), nn.GroupNorm(4, 8, eps=0.1)
    text = dsl.dump(same(Net(nn.Sequential(flat, *norms), 8)))
    assert all(f": {each}\n" in text for each in ("batchnorm eps=0.1", "groupnorm 4 eps=0.1"))
    assert ": layernorm\n" in text


def last(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1)


def first(x: Tensor) -> Tensor:
    return x.permute(0, 3, 1, 2)


TURNS: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "permute": (last, first),
    "torch.permute": (
        lambda x: torch.permute(input=x, dims=(0, 2, 3, 1)),
        lambda x: torch.permute(x, (0, -1, 1, 2)).contiguous(),
    ),
    "movedim": (lambda x: x.movedim(1, -1), lambda x: torch.movedim(x, 3, 1)),
    "moveaxis": (lambda x: x.moveaxis((2, 3), (1, 2)), lambda x: x.moveaxis(-1, 1)),
}


@pytest.mark.parametrize("how", TURNS)
def test_layer_norm_between_two_turns(how: str) -> None:
    there, back = TURNS[how]
    model = Free(lambda m, x: back(m.norm(there(x))), norm=nn.LayerNorm(6, eps=0.01))
    assert middle(model) == "layernorm eps=0.01"


@pytest.mark.parametrize("name", ["LayerNorm2d", "GroupNorm1"])
def test_timms_norms_of_maps(name: str) -> None:
    layer = getattr(timm().layers, name)(6)
    assert middle(layer).startswith({"LayerNorm2d": "layernorm", "GroupNorm1": "groupnorm 1"}[name])


class ConvNeXt(nn.Module):
    """ConvNeXt's block, which does all but its filters on channels that lie last."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.deep = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(torch.full((width,), 0.5))

    def forward(self, x: Tensor) -> Tensor:
        y = F.dropout(self.norm(last(self.deep(x))), 0.0, self.training)
        y = self.narrow(F.gelu(self.wide(y)).clone())
        return x + first(self.gamma * y)


def test_linear_layers_between_two_turns_are_convolutions_and_give_them_their_weights() -> None:
    text = dsl.dump(same(Net(ConvNeXt(6))))
    assert "[7x7 depthwise bias norm=layer, 1x1 24 gelu, 1x1 6, scale 0.5]" in text


def test_a_sum_on_channels_that_lie_last() -> None:
    def forward(m: Any, x: Tensor) -> Tensor:
        y = last(x)
        return first(y + m.norm(y) * torch.sigmoid(y))

    text = dsl.dump(same(Net(Free(forward, norm=nn.LayerNorm(6)))))
    assert "layernorm" in text and "sigmoid" in text


REFUSED: dict[str, nn.Module] = {
    "is a layer norm over the last axis of a map, where no channels lie": nn.LayerNorm(20),
    "is a layer norm over more than the channels of a place": nn.LayerNorm([6, 20, 20]),
    "is an instance norm with running statistics, and a spec's has none": nn.InstanceNorm2d(
        6, track_running_stats=True
    ),
    "is a norm that only scales or only shifts, and a spec's does both": Free(
        lambda m, x: first(m.norm(last(x))), norm=nn.LayerNorm(6, bias=False)
    ),
}
ELSEWHERE: dict[str, Callable[[Any, Tensor], Tensor]] = {
    "a slope for each row": lambda m, x: first(m.slopes(last(x))),
    "a pool": lambda m, x: first(F.max_pool2d(last(x), 3, 1, 1)),
    "a softmax of rows": lambda m, x: first(last(x).softmax(1)),
    "half of the rows": lambda m, x: first(last(x)[:, :6]),
    "a flat map": lambda m, x: last(x).flatten(1),
}


@pytest.mark.parametrize("why", REFUSED)
def test_norms_that_a_spec_has_no_words_for(why: str) -> None:
    assert f": {why}" in refused(Net(REFUSED[why]))


@pytest.mark.parametrize("how", ELSEWHERE)
def test_what_sees_where_channels_lie_is_refused(how: str) -> None:
    """Read as on a map as it was, each of these would be something that a spec says."""
    model = Net(Free(ELSEWHERE[how], slopes=nn.PReLU(20)), 2400 if "flat" in how else 6)
    assert "works on a map whose channels lie last" in refused(model)


def test_maps_that_lie_differently_are_not_joined() -> None:
    square = Free(lambda m, x: last(m.a(x)) + m.b(x), a=conv(6, 20), b=conv(6, 20))
    assert "joins a map whose channels lie last and one whose channels lie first" in refused(
        Net(square, 20)
    )


def test_parts_and_concats_of_channels_that_lie_last() -> None:
    def forward(m: Any, x: Tensor) -> Tensor:
        gate, kept, made = torch.split(m.wide(last(x)), [6, 2, 4], dim=-1)
        made = last(m.deep(first(made)))
        return first(m.back(F.silu(gate) * torch.cat((kept, made), dim=3)))

    model = Free(forward, wide=nn.Linear(6, 12), deep=conv(4, 4), back=nn.Linear(6, 6, bias=False))
    text = dsl.dump(same(Net(model)))
    assert "split: equal" in text and "split: [2, rest]" in text


@pytest.mark.parametrize("dims", [(1, 2), (-3, -2), [2, 1]])
def test_a_mean_of_places_whose_channels_lie_last(dims: tuple[int, int]) -> None:
    model = Free(lambda m, x: m.norm(last(x).mean(dims)), norm=nn.LayerNorm(6))
    assert "- globalpool avg\n" in dsl.dump(same(Net(model)))


ALONG: dict[str, Function] = {
    "reduces other axes": lambda x: first(last(x) * last(x).mean((2, 3), keepdim=True)),
    "takes a part along dim=2": lambda x: first(last(x).narrow(1, 0, 5)),
    "concatenates along dim=3": lambda x: first(torch.cat((last(x), last(x)), 2)),
}


@pytest.mark.parametrize("why", ALONG)
def test_what_runs_along_rows_is_refused_wherever_channels_lie(why: str) -> None:
    assert why in refused(Net(ALONG[why]))
