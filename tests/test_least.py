"""The least input that a network takes: found by halving, held against trying every size."""

from __future__ import annotations

import pytest
import torch

import dsl
from compiler import compile_spec
from compiler.ir.fit import least, misfit
from compiler.ir.network import Network
from compiler.lowering.lower import lower
from dsl import SpecError


def tried(network: Network, training: bool, most: int) -> int:
    """The first square size that fits, of all."""
    channels = int(network.input.channels)
    sizes = (n for n in range(1, most) if not misfit(network, (2, channels, n, n), training))
    return next(sizes, most)


@pytest.mark.parametrize(
    ("name", "variant", "evaluating", "training"),
    [
        ("googlenet", None, 31, 31),
        ("googlenet", "torchvision", 15, 15),  # torchvision's own min_size
        ("inception_v3", None, 75, 299),
        ("inception_v1", None, 193, 193),
        ("inception_v3_cifar10", None, 1, 1),
    ],
)
def test_the_least_input_of_known_networks(
    name: str, variant: str | None, evaluating: int, training: int
) -> None:
    network = lower(dsl.load(name, variant))
    found = least(network)
    assert found.evaluating == (evaluating, evaluating)
    assert found.training == (training, training)
    most = int(network.input[1])
    assert (tried(network, False, most), tried(network, True, most)) == (evaluating, training)


@pytest.mark.parametrize("kernel", [9, 15, 16])
def test_a_head_may_need_more_than_evaluating_and_less_than_the_spec_s_own(kernel: int) -> None:
    side = (
        f"{{from: conv, weight: 1.0, do: [{kernel}x{kernel} 4 valid, globalpool avg, fc classes]}}"
    )
    text = f"{SPEC.format('32, 32', '[conv: 3x3 8 /2]')}aux: [side: {side}]\n"
    network = lower(dsl.loads(text))
    found = least(network)
    assert (found.evaluating, found.training) == ((1, 1), (2 * kernel - 1,) * 2)
    assert tried(network, True, 32) == 2 * kernel - 1


SPEC = "name: net\ninput: [3, {0}]\nclasses: 5\nstem: {1}\nhead: [globalpool avg, fc classes]\n"
STEMS = {
    "[3x3 8 valid, maxpool 3x3 /2 valid]": (5, 5),
    "[maxpool 9x1 valid, 1x5 8 /2 valid]": (9, 5),
    # The branches agree where 4 divides the side and 3: at 3, 7, 11 …
    "[3x3 8 /2 valid, concat: [maxpool 3x3 /2 ceil, 3x3 8 /2 valid]]": (7, 7),
    "[{concat: [7x7 4 /4 pad=3, avgpool 4x4 /4 ceil]}]": (1, 1),
    "[5x5 8 tf_same /2, 3x3 8 tf_same /2]": (1, 1),
}


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize("size", ["31, 31", "63, 47"])
def test_any_network_s_least_input(stem: str, size: str) -> None:
    network = lower(dsl.loads(SPEC.format(size, stem)))
    height, width = least(network).evaluating
    if size == "31, 31":
        assert (height, width) == (max(STEMS[stem]), max(STEMS[stem]))
        assert tried(network, False, 31) == height
        return
    assert (height, width) == STEMS[stem]
    rows = [n for n in range(1, 64) if not misfit(network, (2, 3, n, 47), training=False)]
    columns = [n for n in range(1, 48) if not misfit(network, (2, 3, 63, n), training=False)]
    assert (rows[0], columns[0]) == (height, width)


def test_torch_agrees() -> None:
    with torch.device("meta"):
        model = compile_spec("inception_v3").eval()
        assert model(torch.empty(1, 3, 75, 75)).shape == (1, 1000)
        model.train()
        assert model(torch.empty(2, 3, 299, 299)).logits.shape == (2, 1000)
        with pytest.raises(ValueError, match="the least input is 75x75, for training 299x299"):
            model(torch.empty(2, 3, 298, 298))
        with pytest.raises(ValueError, match=r"\(the least input is 75x75, for training 299x299\)"):
            model.eval()(torch.empty(1, 3, 74, 74))
        # The same without the check: torch itself refuses one pixel less.
        trunk = [module for name, module in model.named_children() if name != "aux"]
        until = [name for name, _ in model.named_children() if name != "aux"].index("mixed_7a") + 1
        body = torch.nn.Sequential(*trunk[:until])
        assert body(torch.empty(1, 3, 75, 75)).shape[2:] == (1, 1)
        with pytest.raises(RuntimeError, match=r"Kernel size can't be greater|too small"):
            body(torch.empty(1, 3, 74, 74))


@pytest.mark.parametrize(
    ("size", "aux", "says"),
    [
        (64, True, "the least input is 75x75, for training 299x299"),
        (298, True, "the least input is 75x75, for training 299x299"),
        (64, False, "the least input is 75x75;"),
    ],
)
def test_a_spec_whose_input_is_too_small_is_told_the_least(size: int, aux: bool, says: str) -> None:
    spec = dsl.load("inception_v3")
    update = {"input": (3, size, size), "aux": spec.aux if aux else ()}
    with pytest.raises(SpecError) as caught:
        lower(spec.model_copy(update=update))
    assert says in str(caught.value)
