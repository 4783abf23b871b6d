"""The `defaults` that let most steps be short, and the steps without what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from typing import Any, TypeVar

from compiler.importing.strands import Chain, Item, Leaf, leaves, mapped
from dsl.models import layers
from dsl.models.fields import ACTIVATION_WORDS
from dsl.models.kernels import PADDINGS
from dsl.models.spec import Defaults

T = TypeVar("T")
Window = layers.Filter | layers.MaxPool
Normed = layers.Filter | layers.Norm


def common_defaults(chains: Iterable[Chain]) -> Defaults:
    """The settings that most layers have."""
    found = [leaf.layer for chain in chains for leaf in leaves(chain)]
    normed = [each for each in found if isinstance(each, Normed) and _is_normed(each)]
    counts = [counted for each in found if (counted := _counts_padding(each)) is not None]
    values: dict[str, Any] = _unit_defaults(
        each for each in found if isinstance(each, layers.Filter)
    )
    for name in ("eps", "momentum", "gamma"):
        said = [value for each in normed if (value := getattr(each, name, None)) is not None]
        values[name] = _most(said, getattr(Defaults(), name))
    values["avgpool"] = "countpad" if _most(counts, usual=True) else "nopad"
    words = Counter(word for each in found if isinstance(each, Window) for word in _words(each))
    values["padding"] = max(PADDINGS, key=lambda word: words[word])
    return Defaults(**values)


def _most(values: list[T], usual: T) -> T:
    """The most frequent value; the usual one where there is none, or as many of it."""
    counts = Counter(values)
    return max([usual, *counts], key=lambda value: counts[value])


def _is_normed(layer: Normed) -> bool:
    return not isinstance(layer, layers.Filter) or layer.norm != "none"


def _unit_defaults(filters: Iterable[layers.Filter]) -> dict[str, Any]:
    """Norm, activation and bias that take the fewest words."""
    units = Counter((str(each.norm), str(each.act), bool(each.bias)) for each in filters)
    acts = dict.fromkeys((*ACTIVATION_WORDS, "none", *(act for _, act, _ in units)))
    norms = dict.fromkeys(("batch", "none", *(norm for norm, _, _ in units)))
    choices = product(norms, acts, (None, False, True))

    def words(choice: tuple[str, str, bool | None]) -> int:
        spelled = (count * len(_said(unit, choice)) for unit, count in units.items())
        return sum(spelled)

    best = min(choices, key=words)
    return dict(zip(("norm", "act", "bias"), best, strict=True))


def _said(unit: tuple[str, str, bool], defaults: tuple[str, str, bool | None]) -> dict[str, Any]:
    """What a step must say of its norm, activation and bias beside the defaults."""
    norm, act, bias = unit
    if norm == act == "none" and defaults[:2] != ("none", "none"):
        return {"linear": True} | ({} if bias else {"bias": False})
    implied = norm == "none" if defaults[2] is None else defaults[2]
    given = {"norm": (norm, defaults[0]), "act": (act, defaults[1]), "bias": (bias, implied)}
    return {name: value for name, (value, usual) in given.items() if value != usual}


def _counts_padding(layer: layers.Layer) -> bool | None:
    """Whether an average counts padded zeros; None where there are none."""
    if isinstance(layer, layers.AvgPool) and any(layer.padding or ()):
        return layer.count_padding
    return None


def _words(window: Window) -> list[str]:
    """The words that say a window's padding."""
    if isinstance(window.padding, str):
        return [window.padding]
    if isinstance(window, layers.Deconv):
        return ["valid"] * (set(window.padding or ()) == {0})
    sides = zip(_spans(window), window.stride, window.padding or (), strict=True)
    same = all(span % 2 + int(by) > 1 and pad == (span - 1) // 2 for span, by, pad in sides)
    ceil = isinstance(window, layers.MaxPool) and window.ceil
    valid = not any(window.padding or ()) and not ceil
    return ["same"] * (same and not ceil) + ["valid"] * valid


def _spans(window: Window) -> list[int]:
    dilation = window.dilation if isinstance(window, layers.Filter) else (1,) * len(window.kernel)
    pairs = zip(window.kernel, dilation, strict=True)
    return [(int(side) - 1) * int(by) + 1 for side, by in pairs]


def shortened(chain: Chain, defaults: Defaults) -> Chain:
    """The chain with all that goes without saying left out."""
    return mapped(chain, lambda each: tuple(_short(item, defaults) for item in each))


def _short(item: Item, defaults: Defaults) -> Item:
    if not isinstance(item, Leaf):
        return item
    layer, change = item.layer, dict[str, Any]()
    if isinstance(layer, Window):
        change["padding"] = _short_padding(layer, defaults.padding)
    if isinstance(layer, layers.AvgPool):
        counts = _counts_padding(layer)
        usual = defaults.avgpool == "countpad"
        change["count_padding"] = None if counts in (None, usual) else counts
    if isinstance(layer, Normed):
        change |= _short_norm(layer, defaults)
    if isinstance(layer, layers.Filter):
        change |= _short_unit(layer, defaults)
    return replace(item, layer=layer.model_copy(update=change))


def _short_padding(window: Window, usual: str) -> Any:
    if isinstance(window, layers.MaxPool) and window.ceil and not any(window.padding or ()):
        return None
    words = _words(window)
    return None if usual in words else [*words, window.padding][0]


def _short_norm(layer: Normed, defaults: Defaults) -> dict[str, Any]:
    names = (name for name in ("eps", "momentum", "gamma") if hasattr(layer, name))
    return {
        name: value if _is_normed(layer) and value != getattr(defaults, name) else None
        for name in names
        for value in [getattr(layer, name)]
    }


def _short_unit(layer: layers.Filter, defaults: Defaults) -> dict[str, Any]:
    unit = (str(layer.norm), str(layer.act), bool(layer.bias))
    said = _said(unit, (defaults.norm, defaults.act, defaults.bias))
    return {"norm": None, "act": None, "bias": None, "linear": False} | said
