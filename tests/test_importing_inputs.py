"""What depends on the input's size, its shape or the number of images is refused, not guessed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import dsl
from compiler.cli import run
from compiler.importing import import_module
from compiler.importing.probes import plan
from compiler.nn.module import compile_spec
from compiler.weights import load_weights
from tests.test_importing import SIZE, Conv, Net, WithHead, refused, same
from tests.test_importing_odd import Free, conv

Function = Callable[[Tensor], Any]


SIZED: dict[str, Function] = {
    "a window of half the map": lambda x: F.avg_pool2d(x, x.size(2) // 2),
    "of a quarter": lambda x: F.max_pool2d(x, x.size(2) // 4),
    "of an eighth of the width": lambda x: F.max_pool2d(x, max(x.size(3) // 8, 1)),
    "a stride": lambda x: F.avg_pool2d(x, 3, stride=max(1, x.size(3) // 10)),
    "a square window on any map": lambda x: F.avg_pool2d(x, x.shape[2]),
    "a grid": lambda x: F.adaptive_avg_pool2d(x, (x.size(2) // 2, x.size(3) // 2)),
    "a factor": lambda x: x + F.relu(x) * (20 / x.shape[-1]),
    "a size of lrn": lambda x: F.local_response_norm(x, x.shape[2] // 4),
    "another layer past a size": lambda x: F.avg_pool2d(x, 2) if x.shape[2] > 40 else x,
    "another layer below a size": lambda x: F.relu(x) if x.shape[2] < 19 else x,
}


@pytest.mark.parametrize("what", SIZED)
def test_what_depends_on_the_size_is_refused(what: str) -> None:
    message = refused(Net(SIZED[what]))
    assert message.startswith("error[E161]: the model itself (Net): ")
    assert "for an input of another size" in message or "with an input of another size" in message


@pytest.mark.parametrize("side", [32, 56, 224, 225])
def test_a_window_of_the_map_is_refused_at_every_size_of_the_model(side: int) -> None:
    model = Net(nn.Sequential(nn.MaxPool2d(2), Free(lambda m, x: F.max_pool2d(x, x.size(2) // 4))))
    assert "depends on the size of its input: maxpool" in refused(model, (3, side, side))


BATCHED: dict[str, Function] = {
    "a factor": lambda x: x + F.relu(x) * (1.0 / x.shape[0]),
    "a layer for one image": lambda x: F.relu(x) if x.shape[0] == 1 else x,
    "a layer for more than two": lambda x: F.relu(x) if x.shape[0] > 2 else x,
    "a window": lambda x: F.max_pool2d(x, x.shape[0], 1),
}


@pytest.mark.parametrize("what", BATCHED)
def test_what_depends_on_the_number_of_images_is_refused(what: str) -> None:
    message = refused(Net(BATCHED[what]))
    assert message.startswith("error[E161]: the model itself (Net): ")
    assert "another number of images" in message


def test_a_momentum_that_depends_on_the_number_of_images() -> None:
    def norm(m: Any, x: Tensor) -> Tensor:
        bn, momentum = m.bn, 1 / x.shape[0]
        known = bn.running_mean, bn.running_var, bn.weight, bn.bias
        return F.batch_norm(x, *known, m.training, momentum)

    assert "another number of images" in refused(Net(Free(norm, bn=nn.BatchNorm2d(6))))


MIXED: dict[str, tuple[Function, str]] = {
    "sides swapped": (
        lambda x: x.view(x.size(0), x.size(1), x.size(3), x.size(2)),
        "arranges (6, 45, 77) as (6, 77, 45)",
    ),
    "sides swapped, half of it left to torch": (
        lambda x: x.reshape(x.size(0), x.size(1), x.size(3), -1),
        "arranges (6, 45, 77) as (6, 77, 45)",
    ),
    "sides swapped behind a flatten": (
        lambda x: x.flatten(2).view(*x.shape[:2], x.size(3), -1),
        "puts the places of a map in a row",
    ),
    "permuted": (lambda x: x.permute(0, 1, 3, 2), "moves axes: torch.Tensor.permute"),
    "transposed": (lambda x: x.transpose(2, 3).contiguous(), "moves axes: torch.Tensor.transp"),
    "mT": (lambda x: x.mT, "torch.Tensor.mT"),
    "unflattened": (
        lambda x: torch.unflatten(x, 1, (2, 3)).flatten(1, 2),
        "puts channels into groups",
    ),
    "images merged": (
        lambda x: x.view(-1, 3, *x.shape[2:]).view(x.shape),
        "arranges (6, 20, 20) as (3, 20, 20)",
    ),
    "the images' mean": (lambda x: x - x.mean(0, keepdim=True), "reduces other axes"),
    "squeezed where there is one": (
        lambda x: x.mean((2, 3), keepdim=True).squeeze(),
        "gives a tensor whose first axis is no longer that of the images\n  = help: squeeze()",
    ),
}


@pytest.mark.parametrize("what", MIXED)
def test_axes_that_change_places_are_refused(what: str) -> None:
    function, why = MIXED[what]
    assert refused(Net(function)).startswith(f"error[E161]: the model itself (Net): {why}")


def test_a_fixed_pool_that_covers_the_map_at_one_size_stays_fixed() -> None:
    text = dsl.dump(same(Net(lambda x: F.avg_pool2d(x, 20)), (3, 20, 20)))
    assert "avgpool 20x20 /20" in text


def test_three_strides_of_tensorflow_s_padding_are_found() -> None:
    """At some sizes nothing is padded, and the model may leave out the call or not."""

    def pool(x: Tensor) -> Tensor:
        pads = []
        for side in (x.shape[3], x.shape[2]):
            total = -side % 3
            pads += [total // 2, total - total // 2]
        return F.max_pool2d(F.pad(x, pads, value=-float("inf")), 3, 3)

    for side in (18, 19, 20, 21):
        assert " maxpool 3x3 /3 tf_same\n" in dsl.dump(same(Net(pool), (3, side, side)))


def test_a_difference_where_the_network_takes_no_input_is_none() -> None:
    """timm's VGG enlarges maps that are too small for its first convolution without padding."""

    def forward(m: Any, x: Tensor) -> Any:
        if min(x.shape[2:]) < 20:
            x = F.adaptive_avg_pool2d(x, 20)
        return m.conv(x)

    wide = nn.Conv2d(6, 6, 20)
    assert "20x20 6 valid linear" in dsl.dump(import_module(Net(Free(forward, conv=wide)), SIZE))
    assert "another size" in refused(Net(Free(forward, conv=conv())))


def test_models_of_one_size_or_of_multiples_are_imported() -> None:
    class Whole(Net):
        by = 32

        def forward(self, x: Tensor) -> Any:
            assert not any(side % self.by for side in x.shape[2:])
            return super().forward(x)

    assert import_module(Whole(nn.ReLU()), (3, 224, 224)).input == (3, 224, 224)
    sized = Whole(lambda x: F.max_pool2d(x, x.size(2) // 4))
    assert "depends on the size" in refused(sized, (3, 224, 224))
    flat = nn.Sequential(Conv(3, 4), nn.Flatten(), nn.Linear(4 * 144, 5))
    assert import_module(flat, (3, 12, 12)).classes == 5


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("side", [8, 32, 75, 96, 224, 299])
def test_inputs_lie_near_and_far_and_are_never_square(side: int, training: bool) -> None:
    first = [probes[0] for probes in plan((3, side, side), training)]
    assert all(probe.size[1] != probe.size[2] for probe in first)
    assert any(min(probe.size[1:]) >= 2 * side for probe in first)
    assert {2, *(probe.batch for probe in first)} == {1, 2, 3}
    if not training:
        assert any(max(probe.size[1:]) < side for probe in first)
    for modulus in (2, 3, 4, 5, 7):
        assert len({n % modulus for probe in first for n in (side, *probe.size[1:])}) > 1


# Every reason at once.


class Drop(nn.Module):
    """Stochastic depth, as timm and torchvision write it."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        shape = (x.shape[0], 1, 1, 1)
        if self.how == "timm":
            return x * x.new_empty(shape).bernoulli_(0.5)
        if self.how == "torchvision":
            return x * torch.empty(shape, dtype=x.dtype, device=x.device).bernoulli_(0.5)
        return x * (torch.rand(shape, device=x.device) > 0.5)


@pytest.mark.parametrize("how", ["timm", "torchvision", "by hand"])
def test_every_reason_is_said_at_once_with_its_modules(how: str) -> None:
    gate = Free(lambda m, x: x * torch.ones_like(x))
    body = nn.Sequential(Drop(how), nn.RMSNorm(20), gate, Drop(how), nn.Softsign())
    with pytest.raises(dsl.SpecError) as caught:
        import_module(Net(body), SIZE)
    reasons = {
        "middle.0 (Drop) and 1 more": "draws random numbers, which a spec's network does in",
        "middle.1 (RMSNorm)": "is an RMS norm: torch.nn.functional.rms_norm has no",
        "middle.2 (Free)": "makes a tensor of ones",
        "middle.4 (Softsign)": "is an activation that the language hasn't: torch.nn.functional.",
    }
    found = dict(problem.message.split(": ", 1) for problem in caught.value.problems)
    assert found.keys() == reasons.keys()
    assert all(found[where].startswith(why) for where, why in reasons.items())
    assert any("stochastic depth" in problem.help for problem in caught.value.problems)


def test_every_place_that_depends_on_the_size_is_said() -> None:
    half = Free(lambda m, x: F.avg_pool2d(x, x.size(2) // 2, 1))
    fifth = Free(lambda m, x: x + F.relu(x) * (5 / x.size(3)))
    with pytest.raises(dsl.SpecError) as caught:
        import_module(Net(nn.Sequential(fifth, half)), SIZE)
    where = [problem.message.partition(":")[0] for problem in caught.value.problems]
    assert sorted(where) == ["middle.0 (Free)", "middle.1 (Free)"]


def test_what_stands_alone_is_said_at_once() -> None:
    def forward(m: Any, x: Tensor) -> Any:
        return F.relu(F.pad(m.conv(x) * 2, (1, 1, 1, 1)))

    with pytest.raises(dsl.SpecError) as caught:
        import_module(Net(nn.Sequential(Free(forward, conv=conv()), nn.ZeroPad2d(1))), SIZE)
    where = [problem.message.partition(":")[0] for problem in caught.value.problems]
    assert sorted(where) == ["middle.0 (Free)", "middle.1 (ZeroPad2d)"]


# What the model has beside, and its outputs' order.


class Left(Net):
    """A network with layers and buffers that nothing uses."""

    def __init__(self) -> None:
        super().__init__(nn.Conv2d(6, 6, 1))
        self.head_dist = nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5))
        self.register_buffer("mask", torch.ones(3))
        assert isinstance(self.middle, nn.Module)
        self.middle.register_buffer("note", torch.ones(2))
        self.stem.old = nn.Conv2d(3, 3, 1)

    def forward(self, x: Tensor) -> Any:
        x = self.stem[2](self.stem[1](self.stem[0](x)))
        return self.fc(self.middle(x).mean((2, 3)))


def test_a_checkpoint_loads_with_what_the_model_does_not_use() -> None:
    model = Left()
    spec = import_module(model, SIZE, weights="original")
    assert dsl.loads(dsl.dump(spec)) == spec
    beyond = ["head_dist", "mask", "middle.note", "stem.old"]
    assert sorted(spec.weights["original"].beyond) == beyond
    ours, state = compile_spec(spec), model.state_dict()
    report = load_weights(ours, state, "original")
    skipped = {row.theirs for row in report.rows if row.action == "skipped"}
    assert skipped == {name for name in state if name.startswith(tuple(beyond))}
    assert "no layer has it, says the map of names" in str(report)
    with torch.no_grad():
        x = torch.randn(2, *SIZE)
        assert torch.allclose(ours.eval()(x), model.eval()(x), atol=1e-6)
    for stranger in ("masked", "middle.notes", "head_distance.weight"):
        with pytest.raises(dsl.SpecError, match=f"E154.*{stranger}"):
            load_weights(ours, {**state, stranger: torch.ones(1)}, "original")


@pytest.mark.parametrize("text", ["[a b]", "[[a]]", "[{a: b}]", "['']"])
def test_what_a_map_says_a_source_has_beside_is_checked_at_its_place(text: str) -> None:
    spec = dsl.dump(import_module(Left(), SIZE)) + f"weights:\n  mine:\n    none: {text}\n"
    with pytest.raises(dsl.SpecError, match=r"E013.*a public name is like"):
        dsl.loads(spec)


class Swapped(WithHead):
    """A network that returns its auxiliary output first."""

    def forward(self, x: Tensor) -> Any:
        found = super().forward(x)
        return (found[1], found[0]) if self.training else found


def test_outputs_in_another_order_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert "outputs" not in import_module(WithHead(), SIZE).meta["imported"]
    assert import_module(Swapped(), SIZE).meta["imported"]["outputs"] == {
        "model": ["auxlogits", "logits"],
        "network": ["logits", "auxlogits"],
    }
    assert run(["import", "torchvision:googlenet"]) == 0
    out, err = capsys.readouterr()
    assert dsl.formatted(out) == out
    assert err.splitlines()[-1] == (
        "note: in training the model returns (logits, aux2, aux1) and this network (logits, aux1, "
        "aux2): take them by name, output.logits"
    )
    assert dsl.loads(out).meta["imported"]["outputs"]["model"] == ["logits", "aux2", "aux1"]


def test_an_activation_behind_a_sum_stands_beside_it() -> None:
    class Block(nn.Module):
        def __init__(self, width: int, out: int) -> None:
            super().__init__()
            self.a, self.relu = Conv(width, out, 3, padding=1), nn.ReLU()
            self.down = nn.Conv2d(width, out, 1) if width != out else None

        def forward(self, x: Tensor) -> Any:
            return self.relu(self.a(x) + (self.down(x) if self.down else x))

    text = dsl.dump(same(Net(nn.Sequential(Block(6, 8), Block(8, 8), Block(8, 8)), 8)))
    assert "    add:\n      - 3x3 8\n      - down: 1x1 8 linear\n    then: relu\n" in text
    assert text.count("    then: relu\n") == 2
    assert "do:" not in text
