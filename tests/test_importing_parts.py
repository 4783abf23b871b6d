"""Imports of models that share channels out or shuffle them, however that is written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import dsl
from compiler.importing import import_module
from compiler.ir.nodes import Parallel, nodes
from compiler.lowering.lower import lower
from dsl.models.layers import Shuffle, Split
from dsl.models.spec import Spec, walk
from tests.peers import timm, torchvision_models
from tests.test_importing import Conv, Net, same

Way = Callable[[Tensor, nn.Module, nn.Module], Tensor]


class Two(nn.Module):
    """What a way makes of six channels and of two layers."""

    def __init__(self, way: Way, one: int = 2, other: int = 4, gives: int = 0) -> None:
        super().__init__()
        self.way = way
        self.one = Conv(one, gives or one, 3, padding=1)
        self.other = Conv(other, gives or other, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.way(x, self.one, self.other)


def split(spec: Spec) -> Split:
    """The one split of a spec that shares channels out."""
    steps = [*spec.stem, *spec.body, *(block.body for block in spec.blocks.values())]
    (found,) = [each for each in walk(tuple(steps)) if isinstance(each, Split) and each.split]
    return found


def cat(*parts: Tensor) -> Tensor:
    return torch.cat(parts, dim=1)


def pieces(x: Tensor, sizes: list[int]) -> tuple[Tensor, ...]:
    start = [sum(sizes[:place]) for place in range(len(sizes))]
    return tuple(x.narrow(1, at, size) for at, size in zip(start, sizes, strict=True))


CUTS: dict[str, Callable[[Tensor], tuple[Tensor, ...]]] = {
    "torch.split": lambda x: torch.split(x, [2, 4], dim=1),
    "split": lambda x: Tensor.split(x, (2, 4), 1),  # type: ignore[no-untyped-call]
    "split_with_sizes": lambda x: x.split_with_sizes([2, 4], dim=-3),
    "tensor_split": lambda x: x.tensor_split([2], dim=1),
    "narrow": lambda x: pieces(x, [2, 4]),
    "torch.narrow": lambda x: (torch.narrow(x, 1, 0, 2), x.narrow(1, -4, 4)),
    "slices": lambda x: (x[:, :2], x[:, 2:]),
    "slices of each axis": lambda x: (x[:, :2, :, :], x[:, -4:, :, :]),
    "slices with dots": lambda x: (x[:, 0:2, ...], x[:, 2:6:1, ...]),
}


@pytest.mark.parametrize("how", CUTS)
def test_channels_are_shared_out_however_they_are_cut(how: str) -> None:
    def way(x: Tensor, one: nn.Module, other: nn.Module) -> Tensor:
        first, second = CUTS[how](x)
        return cat(one(first), other(second))

    found = split(same(Net(Two(way))))
    assert (found.join, found.split, len(found.branches)) == ("concat", (2, "rest"), 2)


@pytest.mark.parametrize("cut", [lambda x: x.chunk(2, 1), lambda x: torch.split(x, 3, 1)])
def test_equal_pieces(cut: Callable[[Tensor], tuple[Tensor, ...]]) -> None:
    def way(x: Tensor, one: nn.Module, other: nn.Module) -> Tensor:
        kept, made = cut(x)
        return cat(kept, other(one(made)))

    found = split(same(Net(Two(way, 3, 3))))
    assert found.split == ("equal",) and "identity" in dsl.dump(same(Net(Two(way, 3, 3))))


def test_a_sum_in_either_order_and_a_product() -> None:
    def summed(x: Tensor, one: nn.Module, other: nn.Module) -> Tensor:
        return torch.add(other(x[:, 2:]), one(x[:, :2]))

    found = split(same(Net(Two(summed, gives=5), 5)))
    assert (found.join, found.split, found.residual) == ("add", (2, "rest"), None)

    def gated(x: Tensor, one: nn.Module, other: nn.Module) -> Tensor:
        value, gate = x.chunk(2, dim=1)
        return torch.sigmoid(gate).mul(other(one(value)))

    found = split(same(Net(Two(gated, 3, 3), 3)))
    assert (found.join, found.split) == ("mul", ("equal",))


def test_a_sum_of_a_part_and_of_what_is_made_of_another_is_no_residual_sum() -> None:
    def way(x: Tensor, one: nn.Module, other: nn.Module) -> Tensor:
        kept, made = x.chunk(2, dim=1)
        return torch.add(kept, other(one(made)))

    found = split(same(Net(Two(way, 3, 3), 3)))
    assert (found.join, found.residual, len(found.branches)) == ("add", None, 2)


def test_a_residual_sum_around_shares() -> None:
    def way(x: Tensor, one: nn.Module, other: nn.Module) -> Tensor:
        first, second = torch.split(x, [2, 4], dim=1)
        return F.relu(x + 0.5 * cat(one(first), other(second)))

    found = split(same(Net(Two(way))))
    assert found.residual is not None and found.residual.scale == 0.5


def test_shares_of_a_share_and_a_part_that_is_taken_twice() -> None:
    class Deep(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b, self.c = Conv(1, 1), Conv(3, 3), Conv(2, 2, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            head, tail = x[:, :4], x[:, 4:]
            inner = cat(self.a(head[:, :1]), self.b(head[:, 1:]))
            return cat(inner, x[:, 4:] + self.c(tail))

    spec = same(Net(Deep()))
    shares = [node.shares for _, node in nodes(lower(spec).nodes) if isinstance(node, Parallel)]
    assert shares == [(4, 2), (1, 3), ()]


def test_a_slice_of_everything_is_nothing() -> None:
    """As GhostNet does, for widths that are odd."""

    def way(x: Tensor, one: nn.Module, other: nn.Module) -> Tensor:
        made: Tensor = other(one(x[:, :6]))
        return made[:, : x.shape[1], :, :]

    spec = same(Net(Two(way, 6, 6)))
    assert "split" not in dsl.dump(spec)
    assert "globalpool avg" in dsl.dump(
        same(Net(lambda x: F.adaptive_avg_pool2d(x, 1)[:, :, 0, 0]))
    )


LOST: dict[str, tuple[int, Way]] = {
    "takes channels 0 to 1 of 6": (
        2, lambda x, one, other: one(x[:, :2])
    ),
    "takes channels 2 to 5 and 0 to 1 of 6": (
        6, lambda x, one, other: cat(other(x[:, 2:]), one(x[:, :2]))
    ),
    "takes channels 0 to 1 and 1 to 4 of 6": (
        6, lambda x, one, other: cat(one(x[:, :2]), other(x[:, 1:5]))
    ),
    "takes channels 4 to 5 of 6": (
        8, lambda x, one, other: cat(x, one(x[:, 4:]))
    ),
    "takes a part along dim=2, and a spec shares channels out (dim=1)": (
        12, lambda x, one, other: cat(*x.chunk(2, dim=2))
    ),
    "takes a part of a tensor: torch.Tensor.__getitem__ has no": (
        6, lambda x, one, other: cat(one(x[:, ::3]), other(x[:, 2:]))
    ),
    "splits a tensor: torch.Tensor.unbind has no counterpart": (
        6, lambda x, one, other: torch.stack(x.unbind(1), 1)
    ),
}  # fmt: skip  # a case is a width and a line


def lacking(model: nn.Module) -> list[str]:
    """Every reason against a model."""
    with pytest.raises(dsl.SpecError) as caught:
        import_module(model, (3, 20, 20))
    assert {problem.code for problem in caught.value.problems} == {"E161"}, caught.value
    return [problem.message for problem in caught.value.problems]


@pytest.mark.parametrize("why", LOST)
def test_parts_that_no_split_shares_out_are_refused(why: str) -> None:
    width, way = LOST[why]
    said = lacking(Net(Two(way), width))
    assert any(f"middle (Two): {why}" in each for each in said), said


def test_every_part_that_is_lost_is_told_at_once() -> None:
    first = Two(lambda x, one, other: cat(one(x[:, :2]), x[:, 3:]))
    second = Two(lambda x, one, other: other(x[:, 2:]))
    said = "\n".join(lacking(Net(nn.Sequential(first, Conv(5, 6), second), 4)))
    assert "middle.0 (Two): takes channels 0 to 1 and 3 to 5 of 6" in said
    assert "middle.2 (Two): takes channels 2 to 5 of 6" in said


def turned(x: Tensor, groups: int) -> Tensor:
    """torchvision's."""
    images, channels, height, width = x.shape
    x = x.view(images, groups, channels // groups, height, width)
    x = torch.transpose(x, 1, 2).contiguous()
    return x.view(images, channels, height, width)


def grouped(x: Tensor) -> Tensor:
    return x.view(len(x), 3, 2, *x.shape[2:])


SHUFFLES: dict[str, Callable[[Tensor], Tensor]] = {
    "torch's function": lambda x: F.channel_shuffle(x, 3),
    "torchvision's": lambda x: turned(x, 3),
    "permuted": lambda x: grouped(x).permute(0, 2, 1, 3, 4).flatten(1, 2),
    "permuted by a list": lambda x: torch.permute(grouped(x), (0, 2, 1, 3, 4)).reshape(x.shape),
    "unflattened": lambda x: nn.Unflatten(1, (3, 2))(x).transpose(2, 1).flatten(1, 2),
    "negative axes": lambda x: grouped(x).swapaxes(-4, -3).reshape(x.shape),
}


@pytest.mark.parametrize("how", SHUFFLES)
def test_a_shuffle_of_channels_however_it_is_written(how: str) -> None:
    class Shuffled(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return SHUFFLES[how](x)

    spec = same(Net(Shuffled()))
    (found,) = [step for _, steps in spec.sections() for step in steps if isinstance(step, Shuffle)]
    assert found.groups == 3


@pytest.mark.parametrize("groups", [1, 6])
@pytest.mark.parametrize("shuffle", [turned, F.channel_shuffle])
def test_a_shuffle_that_changes_nothing_is_nothing(
    groups: int, shuffle: Callable[[Tensor, int], Tensor]
) -> None:
    assert "shuffle" not in dsl.dump(same(Net(lambda x: shuffle(x, groups))))


MOVED: dict[str, Callable[[Tensor], Tensor]] = {
    "puts channels into groups": lambda x: grouped(x).amax(2).repeat(1, 2, 1, 1),
    "moves axes": lambda x: x.transpose(2, 3),
    "makes one axis of two": lambda x: F.adaptive_avg_pool1d(x.flatten(1, 2), 6)[:, 0],
}


@pytest.mark.parametrize("why", MOVED)
def test_axes_that_move_otherwise_are_refused(why: str) -> None:
    assert any(why in each for each in lacking(Net(MOVED[why])))


def test_shufflenet_is_a_short_spec() -> None:
    spec = same(torchvision_models().shufflenet_v2_x0_5(num_classes=10), (3, 64, 64))
    assert len(dsl.dump(spec.model_copy(update={"weights": {}})).split("\n")) < 60
    assert len(spec.inception) == 1 and len(spec.reduction) == 1


def test_a_mixer_of_shares_is_one_block_for_all_widths() -> None:
    """timm's InceptionNeXt token mixer, at two widths."""
    mixer = timm().models.inception_next.InceptionDWConv2d
    model = nn.Sequential(Conv(3, 16), mixer(16), Conv(16, 40, 3, stride=2), mixer(40))
    spec = same(nn.Sequential(model, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(40, 5)))
    (block,) = spec.inception.values()
    assert isinstance(block.body, Split)
    assert block.body.split == ("rest", *(list(block.params) * 3))


class Three(nn.Module):
    """Twelve channels in three parts, of which two are joined first."""

    def __init__(self, *, gated_first: bool = True) -> None:
        super().__init__()
        self.wide, self.inner = Conv(6, 12), Conv(4, 4, 3, padding=1)
        self.gated_first = gated_first

    def forward(self, x: Tensor) -> Tensor:
        if self.gated_first:
            gate, kept, made = torch.split(self.wide(x), [6, 2, 4], dim=1)
            return F.silu(gate) * torch.cat([kept, self.inner(made)], dim=1)
        made, kept, gate = torch.split(self.wide(x), [4, 2, 6], dim=1)
        return torch.cat([self.inner(made), kept], dim=1) * F.silu(gate)


@pytest.mark.parametrize("gated_first", [True, False])
def test_parts_that_are_joined_before_the_others_share_a_share(gated_first: bool) -> None:
    spec = same(Net(Three(gated_first=gated_first)))
    shares = [node.shares for _, node in nodes(lower(spec).nodes) if isinstance(node, Parallel)]
    assert shares == [(6, 6), (2, 4) if gated_first else (4, 2)]


def test_a_part_that_two_joins_take_is_still_refused() -> None:
    def way(x: Tensor, one: nn.Module, other: nn.Module) -> Tensor:
        first, second, third = x.chunk(3, dim=1)
        return cat(one(first), one(first) + second, other(third))

    with pytest.raises(dsl.SpecError):
        import_module(Net(Two(way, 2, 2)), (3, 20, 20))
