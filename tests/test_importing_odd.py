"""Imports of models that are written in unusual ways: right, or refused with the module's name.

Each of these once gave a spec of another network, or a traceback.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import dsl
from compiler.cli import run
from compiler.importing import import_module
from compiler.lowering.lower import lower
from compiler.nn.module import compile_spec
from compiler.weights import load_weights
from compiler.weights.paths import pattern
from tests.test_importing import SIZE, Conv, Net, refused, same

Forward = Callable[[Any, Tensor], Any]


class Free(nn.Module):
    """Modules, and a function that says what is done with them."""

    def __init__(self, forward: Forward, **modules: nn.Module) -> None:
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)
        self.does = forward

    def forward(self, x: Tensor) -> Any:
        return self.does(self, x)


def conv(width: int = 6, out: int = 6, kernel: int = 1) -> nn.Conv2d:
    return nn.Conv2d(width, out, kernel, padding=kernel // 2)


# Weights that a spec's layers can't have.


def without_gamma() -> nn.Module:
    norm = nn.BatchNorm2d(6)
    norm.register_parameter("weight", None)
    return Free(lambda m, x: m.bn(F.relu(m.bn(x))), bn=norm)


def tied_biases() -> nn.Module:
    one, two = conv(), conv(kernel=3)
    two.bias = one.bias
    return Free(lambda m, x: m.b(m.a(x)), a=one, b=two)


def tied_statistics() -> nn.Module:
    one, two = nn.BatchNorm2d(6), nn.BatchNorm2d(6)
    two.running_mean = one.running_mean
    return Free(lambda m, x: m.b(m.conv(m.a(x))), a=one, b=two, conv=conv())


class Blur(nn.Module):
    """A filter that isn't learned."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kernel", torch.ones(6, 1, 3, 3) / 9)

    def forward(self, x: Tensor) -> Tensor:
        assert isinstance(self.kernel, Tensor)
        return F.conv2d(x, self.kernel, stride=2, padding=1, groups=6)


AGAIN = "again, and a spec's layers have their own"
WEIGHTS: dict[str, Callable[[], nn.Module]] = {
    f"middle.bn (BatchNorm2d): uses middle.bn.running_mean {AGAIN}": without_gamma,
    f"middle.b (Conv2d): uses middle.a.bias {AGAIN}": tied_biases,
    f"middle.b (BatchNorm2d): uses middle.a.running_mean {AGAIN}": tied_statistics,
    "middle (Blur): has a weight that is fixed, a buffer, and a spec's layers learn theirs": Blur,
    "middle (BatchNorm2d): averages all batches alike (momentum=None), a spec's batch norm the "
    "last ones more": lambda: nn.BatchNorm2d(6, momentum=None),
}


@pytest.mark.parametrize("why", WEIGHTS)
def test_weights_that_no_layer_of_a_spec_has(why: str) -> None:
    assert refused(Net(WEIGHTS[why]())).split("\n")[0] == f"error[E161]: {why}"


def test_other_weights_in_training_are_another_thing() -> None:
    model = Free(lambda m, x: m.a(x) if m.training else m.b(x), a=conv(), b=conv())
    assert refused(Net(model)) == (
        "error[E161]: middle.a (Conv2d): does another thing in training than in evaluation"
    )


def test_other_weights_at_another_size_are_another_thing() -> None:
    model = Free(lambda m, x: m.a(x) if x.shape[-1] > 20 else m.b(x), a=conv(), b=conv())
    assert refused(Net(model)) == (
        "error[E161]: middle.b (Conv2d): takes other weights for an input of another size"
    )


class OwnNames(nn.Module):
    """A convolution whose parameters have names of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.zeros(6, 6, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.kernel)


UNMAPPABLE: dict[str, nn.Module] = {
    "middle: has a layer whose weights are no module's weight and bias": Net(OwnNames()),
    "the model itself: has a layer whose weights": conv(3),
    "none: a map of names says none for what isn't there": Free(
        lambda m, x: m._modules["none"](x), none=conv(3)
    ),
    "très: a map of names has only ASCII letters": Free(
        lambda m, x: m._modules["très"](x), très=conv(3)
    ),
}


@pytest.mark.parametrize("why", UNMAPPABLE)
def test_weights_that_no_map_can_name(why: str) -> None:
    import_module(UNMAPPABLE[why], SIZE)
    with pytest.raises(dsl.SpecError) as caught:
        import_module(UNMAPPABLE[why], SIZE, weights="original")
    assert caught.value.problems[0].message.startswith(why)


def test_functions_on_another_module_s_weights_are_that_module_s() -> None:
    def norm(m: Any, x: Tensor) -> Tensor:
        own = m.bn
        return F.batch_norm(
            x, own.running_mean, own.running_var, own.weight, own.bias, m.training, 0.1, 1e-3
        )

    same(Net(Free(norm, bn=nn.BatchNorm2d(6))))


# Padding.

INF = float("inf")
PADDED: dict[str, Callable[[Tensor], Tensor]] = {
    "follows a padding that its average counts, and has one that it doesn't": lambda x: (
        F.avg_pool2d(F.pad(x, (1, 1, 1, 1)), 5, 1, 1, count_include_pad=False)
    ),
    "follows a padding and rounds up: a window would lie in the padding alone": lambda x: (
        F.max_pool2d(F.pad(x, (1, 1, 1, 1), value=-INF), 3, 3, ceil_mode=True)
    ),
}


@pytest.mark.parametrize("why", PADDED)
def test_padding_that_is_not_the_window_s_own(why: str) -> None:
    assert refused(Net(PADDED[why])) == f"error[E161]: the model itself (Net): {why}"


def test_padding_and_rounding_up_that_come_to_the_same() -> None:
    def pool(x: Tensor) -> Tensor:
        return F.max_pool2d(F.pad(x, (1, 1, 1, 1), value=-INF), 3, 2, ceil_mode=True)

    assert " maxpool 3x3 /2 pad=1 ceil\n" in dsl.dump(same(Net(pool)))


def test_a_padding_at_the_end_is_not_dropped() -> None:
    model = Free(lambda m, x: F.pad(m.conv(x), (1, 1, 1, 1)), conv=conv(3))
    assert "pads a map, which only a convolution or pooling" in refused(model)


# What torch does past its functions.


def out_of(m: Any, x: Tensor) -> Tensor:
    y: Tensor = m.conv(x)
    torch.add(x, y, out=y)
    return y


def past_torch(m: Any, x: Tensor) -> Tensor:
    x.data.add_(1)
    return x


def constant(m: Any, x: Tensor) -> Tensor:
    return x + torch.zeros((), device=x.device)


def leaving(m: Any, x: Tensor) -> Tensor:
    raise SystemExit(3)


TRICKS: dict[str, Forward] = {
    "E161]: middle (Free): writes its result into a tensor that is there already (out=)": out_of,
    "E161]: middle (Free): goes past torch to a tensor's data": past_torch,
    "E161]: middle (Free): adds something other than two tensors of one shape": constant,
    "E160]: middle (Free) fails on an input of 3x20x20: SystemExit: 3": leaving,
}


@pytest.mark.parametrize("why", TRICKS)
def test_tricks(why: str) -> None:
    assert refused(Net(Free(TRICKS[why], conv=conv()))).split("\n")[0] == f"error[{why}"


def test_what_changes_nothing_is_nothing() -> None:
    def forward(m: Any, x: Tensor) -> Tensor:
        y: Tensor = m.conv(x.clone()).contiguous()
        return y.to(y.dtype).requires_grad_(False)

    assert "  - middle: 1x1 6 linear\n" in dsl.dump(same(Net(Free(forward, conv=conv()))))


DICE: list[Callable[[], float]] = [random.random, lambda: torch.rand(1).item()]


@pytest.mark.parametrize("dice", DICE)
def test_chance_is_refused_whatever_it_gives(dice: Callable[[], float]) -> None:
    def dropping(m: Any, x: Tensor) -> Any:
        return x + m.conv(x) if not m.training or dice() >= 0 else x

    assert refused(Net(Free(dropping, conv=conv()))).startswith(
        "error[E161]: middle (Free): draws random numbers, which a spec's network does in dropout "
        "and droppath alone\n  = help: if the model drops whole layers (stochastic depth)"
    )


# Outputs.


class Headed(nn.Module):
    """Two equal heads on one map; in training both, the auxiliary one where `first` says."""

    def __init__(self, first: bool) -> None:
        super().__init__()
        self.stem, self.aux, self.fc = Conv(3, 6), nn.Linear(6, 5), nn.Linear(6, 5)
        self.first = first

    def forward(self, x: Tensor) -> Any:
        x = self.stem(x).mean((2, 3))
        if not self.training:
            return self.fc(x)
        return (self.aux(x), self.fc(x)) if self.first else (self.fc(x), self.aux(x))


@pytest.mark.parametrize("first", [False, True])
def test_the_logits_are_what_evaluation_gives(first: bool) -> None:
    model = Headed(first)
    spec = import_module(model, SIZE, weights="original")
    ours = compile_spec(spec)
    load_weights(ours, model.state_dict(), "original")
    x = torch.randn(2, *SIZE)
    with torch.no_grad():
        assert torch.allclose(ours.eval()(x), model.eval()(x), atol=1e-6)
    assert len(spec.aux) == 1


NOTHING: dict[str, nn.Module] = {
    "the model gives its input back, and a network has a layer at least": nn.Identity(),
    "the model returns a tuple with a tensor that isn't made from the input": Free(
        lambda m, x: (m.conv(x), torch.ones(1)), conv=conv(3)
    ),
    "the model returns NoneType, and no tensors": Free(lambda m, x: None),
}


@pytest.mark.parametrize("why", NOTHING)
def test_outputs_that_no_network_has(why: str) -> None:
    assert refused(NOTHING[why]) == f"error[E161]: {why}"


# Models in other shapes, deep ones and long ones.


OF_TORCH = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
"""TorchScript is on its way out, and torch uses it in places."""


@OF_TORCH
@pytest.mark.parametrize("wrap", [nn.DataParallel, torch.compile])
def test_wrappers_come_off(wrap: Callable[[nn.Module], nn.Module]) -> None:
    model = Net(conv())
    assert import_module(wrap(model), SIZE) == import_module(model, SIZE)


@OF_TORCH
def test_what_can_not_be_followed() -> None:
    plain = nn.Sequential(conv(3))
    traced = torch.jit.trace(plain, torch.zeros(1, *SIZE))  # type: ignore[no-untyped-call]
    scripted = refused(traced)
    assert "is compiled by TorchScript, where nothing can be followed\n" in scripted
    lazy = refused(nn.Sequential(nn.LazyConv2d(6, 3)))
    assert lazy.startswith("error[E160]: 0 (LazyConv2d): has no sizes yet\n")


def nested(levels: int) -> nn.Module:
    """Branches in branches."""
    inner = nested(levels - 1) if levels else conv()
    join: Forward = lambda m, x: torch.cat([m.a(x), m.i(m.b(x))], 1)  # noqa: E731
    return Free(join, a=conv(6, 2), b=conv(), i=inner)


@pytest.mark.parametrize("levels", [10, 20])
def test_deeper_than_the_language_goes(levels: int) -> None:
    assert refused(nested(levels), (6, 8, 8)) == (
        f"error[E161]: {'.'.join(['i'] * levels)}: splits in branches of branches, deeper than a "
        "spec nests (32 levels)"
    )


def test_a_row_that_is_called_as_another_step() -> None:
    class Sum(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = conv()

        def forward(self, x: Tensor) -> Any:
            return x + self.conv(x)

    row = nn.Sequential(Sum(), Sum(), Sum())
    same(Free(lambda m, x: m.mixed(m.Mixed(x)), Mixed=conv(3), mixed=row))


def test_an_fc_may_be_called_flatten() -> None:
    """The flatten that an fc brings gets another name, also where the fc's comes later."""
    model = Free(
        lambda m, x: m.flatten(m.conv(x).mean((2, 3))), conv=conv(3), flatten=nn.Linear(6, 5)
    )
    names = [node.name for node in lower(same(model)).nodes]
    assert len(set(names)) == len(names)


def test_a_long_map_of_names_loads_soon() -> None:
    # Two names each: more than the patterns that Python remembers by itself.
    model = nn.Sequential(Conv(3, 6), *(nn.Sequential(Conv(6, 6)) for _ in range(300)))
    spec = import_module(model, (3, 8, 8), weights="original")
    ours, state = compile_spec(spec), model.state_dict()
    load_weights(ours, state, "original")
    before = pattern.cache_info().misses
    load_weights(ours, state, "original")
    assert pattern.cache_info().misses == before, "patterns are compiled again and again"


@pytest.mark.parametrize("args", [["--kwargs", "c=1", "--kwargs", "c=2"], ["--aux-weight", "nan"]])
def test_arguments_that_make_no_sense(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", "a:b", *args]) == 2
    assert args[0] in capsys.readouterr().err


def test_long_messages_are_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wordy.py"
    path.write_text("def net():\n    raise ValueError('x' * 5000)\n")
    assert run(["import", f"{path}:net"]) == 1
    assert len(capsys.readouterr().err) < 600
