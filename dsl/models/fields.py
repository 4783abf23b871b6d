"""The kinds of value a spec holds, and how each is written.

Every kind reads Python values and the raw text of a YAML scalar alike, so that one
definition serves a program that builds a spec and the loader that reads one. Where a
number may be given by a block's parameter, the parameter's name is kept as a string.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, cast

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from dsl.models.extent import RANKS, kernel_text, read_extent
from dsl.models.factors import factor, looks_factored
from dsl.models.factors import otherwise as factored
from dsl.models.identifiers import file_name, identifier, is_identifier
from dsl.models.norms import group_norm, norm, norm_or_name
from dsl.models.ramp import ramp_help
from dsl.text import foreign
from dsl.text.numbers import (
    LEAST,
    Misfit,
    as_whole,
    bound,
    is_number,
    is_whole,
    loss,
    number_of,
    otherwise,
    too_small,
)
from dsl.text.problems import closest, shown
from dsl.text.source import HIDDEN

_SIDE = re.compile(r"([0-9]+|(?P<side>[A-Za-z])(?=x(?:[0-9]|(?!x)(?P=side)(?:x.|\Z))))x")
KERNEL = re.compile(f"(?:{_SIDE.pattern}){{1,2}}([0-9]+|[A-Za-z][A-Za-z0-9_]*)")
"""`1x7`, `1x3x3`; a side may be a parameter: `1xn`, or `nx1` and `nxn` where it is one letter."""

MOST = 100_000
"""The largest width, kernel side, input side or repeat that a spec may name."""


def _number_text(value: Any) -> Any:
    found = number_of(value) if isinstance(value, str) else None
    return value if found is None else found


OR_PARAMETER = {True: " or a parameter's name", False: ""}


def whole(low: int, high: int, named: bool, scaled: bool = False) -> Callable[[Any], int | str]:
    """A reader of whole numbers; with `named`, of parameter names too; `scaled`, with a factor."""

    def read(value: Any) -> int | str:
        found = _number_text(value)
        if isinstance(found, int) and is_number(found) and low <= found <= high:
            return int(found)
        if named and (is_identifier(value) or (scaled and factor(value))):
            return str(value)
        if named and looks_factored(value):
            raise _no_factor(value, scaled)
        zeros = isinstance(value, str) and re.fullmatch(r"0[0-9]+", value)
        why = " (leading zeros are not taken)" if zeros else ""
        wanted = f"a whole number from {low} to {high:,}{OR_PARAMETER[named]}"
        meant = as_whole(value)
        meant = meant if meant and low <= int(meant) <= high else ""
        raise Misfit(f"must be {wanted}, not {shown(value)}{why}", meant)

    return read


def _no_factor(value: str, scaled: bool) -> Misfit:
    """Why a name with something around it can't be taken."""
    if not scaled:
        return Misfit(f"must be a number or a name alone, without a factor, not {shown(value)}")
    wanted = "must be a number, or a name with one whole factor right behind it"
    return Misfit(f"{wanted}, such as in*6 or in/16, not {shown(value)}", factored(value))


def number(low: float, high: float, named: bool) -> Callable[[Any], float | str]:
    """A reader of finite numbers from `low` to `high`; none is between 0 and `LEAST`."""

    def read(value: Any) -> float | str:
        found = _number_text(value)
        if named and is_identifier(value):
            return str(value)
        if is_number(found) and low <= found <= high and not too_small(found):
            return float(found)
        wanted = f"a number from {bound(low)} to {bound(high)}{OR_PARAMETER[named]}"
        meant = otherwise(value)
        meant = meant if meant and low <= float(meant) <= high else ""
        said = f"must be {wanted}, not {shown(value)}{loss(value, low)}"
        raise Misfit(said, meant, help=ramp_help(value))

    return read


def reference(value: Any) -> str:
    """A name."""
    if not is_identifier(value):
        raise ValueError(f"must be a word, not {shown(value)}")
    return str(value)


def enumerated(words: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def one_of(*words: str) -> Callable[[Any], str]:
    """A reader of one of a few words."""

    def read(value: Any) -> str:
        if value not in words:
            meant = foreign.meant(value, words) if isinstance(value, str) else ""
            raise Misfit(f"must be one of {', '.join(words)}, not {shown(value)}", meant)
        return str(value)

    return read


def is_letter(value: Any) -> bool:
    """Whether a value is a name of one letter: as the kernel of a series, a parameter's."""
    return is_identifier(value) and len(value) == 1


Axes = tuple[int | str, ...]
"""A number, or a parameter's name, for each axis: (height, width) of an image."""


def kernel_sides(text: str) -> tuple[str, ...]:
    """The sides of a kernel's text.

    >>> kernel_sides("1x7"), kernel_sides("1x3xn"), kernel_sides("1xkxk"), kernel_sides("40")
    (('1', '7'), ('1', '3', 'n'), ('1', 'k', 'k'), ('40',))
    """
    found: list[str] = []
    while match := _SIDE.match(text):
        found.append(match[1])
        text = text[match.end() :]
    return (*found, text)


def per_axis(low: int, spread: bool, also: str = "") -> Callable[[Any], Axes]:
    """A reader of `HxW`, `L` or `TxHxW`; with `spread`, of a parameter for all axes, too."""
    half = whole(low, MOST, named=True)
    example = "3 or 3x1" if spread else "3x3 or 1x7"

    def parts(value: Any) -> tuple[Any, ...] | None:
        if isinstance(value, str) and KERNEL.fullmatch(value):
            return kernel_sides(value)
        if isinstance(value, (tuple, list)) and len(value) in RANKS:
            return tuple(value)
        plain = isinstance(value, int) or is_whole(value) or is_letter(value)
        return (value,) if plain or (spread and is_identifier(value)) else None

    def read(value: Any) -> Axes:
        if (found := parts(value)) is None:
            if isinstance(value, str) and KERNEL.fullmatch(value.replace("×", "x")):
                meant = value.replace("×", "x")
                raise Misfit(f"must be written with the letter x: {meant}", meant)
            raise ValueError(
                f"must be {also}written like {example} (height x width), not {shown(value)}"
            )
        try:
            return tuple(map(half, found))
        except ValueError:
            what = f"from {low} to {MOST:,} each way, like {example}"
            raise ValueError(f"must be {what}, not {shown(value)}") from None

    return read


def _as_kernel(value: Any, info: ValidationInfo) -> Any:
    """One number stands for all axes of the layer's kernel; else there is one for each."""
    kernel = info.data.get("kernel")
    if kernel is None or not isinstance(value, tuple) or len(value) == len(kernel):
        return value
    if len(value) == 1 or set(value) == {1}:
        return value[:1] * len(kernel)
    wanted = f"must have a number for each axis of the kernel {kernel_text(kernel)}"
    raise Misfit(f"{wanted}, or one for all, not {kernel_text(value)}")


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise ValueError(f"must be true or false, not {shown(value)}")


MAX_TEXT = 1_000
"""Letters of a title or of what a paper is called."""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {shown(value)}")
    if HIDDEN.search(value):
        raise ValueError("must be text without control characters")
    if len(value) > MAX_TEXT:
        raise ValueError(f"must be text of at most {MAX_TEXT:,} letters, this has {len(value):,}")
    return value


def argument(value: Any) -> int | float | str:
    """What a block's parameter may be: a number, or a word."""
    found = _number_text(value)
    if is_number(found) and not too_small(found):
        return cast(int | float, found)
    if is_identifier(value) or factor(value) or group_norm(value):
        return str(value)
    if looks_factored(value):
        raise _no_factor(value, scaled=True)
    message = f"must be a number or a word, not {shown(value)}{loss(value)}"
    raise Misfit(message, otherwise(value), help=ramp_help(value))


PADDINGS = ("same", "tf_same", "valid")
ACTIVATION_WORDS = (
    "relu",
    "relu6",
    "leakyrelu",
    "prelu",
    "elu",
    "silu",
    "mish",
    "gelu",
    "hardswish",
    "sigmoid",
    "hardsigmoid",
    "tanh",
    "softplus",
)
"""Activations that may stand bare behind a convolution, and as steps."""
MODES = ("avg", "max")
"""What a pooling makes of a window."""
JOIN_WORDS = ("concat", "add", "mul")
"""How branches come together; the keys under which they stand."""
_pads = per_axis(0, spread=True, also="same, tf_same, valid, or ")


def _padding(value: Any) -> str | Axes:
    return str(value) if is_identifier(value) else _pads(value)


def _items(example: str, counts: tuple[int, ...] = ()) -> Callable[[Any], Any]:
    """Refuse what is no list, or one of another length."""

    def read(value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            raise ValueError(f"must be a list like {example}, not {shown(value)}")
        if not value or len(value) not in (counts or (len(value),)):
            raise ValueError(f"must be a list like {example}, this one has {_items_of(value)}")
        return tuple(value)

    return read


def _items_of(value: list[Any] | tuple[Any, ...]) -> str:
    return f"{len(value)} item{'s' if len(value) != 1 else ''}"


def named(value: Any) -> Any:
    """Refuse what is no mapping."""
    if not isinstance(value, dict):
        raise ValueError(f"must be a mapping of `key: value`, not {shown(value)}")
    return value


Identifier = Annotated[str, BeforeValidator(identifier)]
FileName = Annotated[str, BeforeValidator(file_name)]
Reference = Annotated[str, BeforeValidator(reference)]
Text = Annotated[str, BeforeValidator(_text)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Factor = Annotated[float, BeforeValidator(number(0.001, 1000, named=False))]
Count = Annotated[int, BeforeValidator(whole(1, MOST, named=False))]
Total = Annotated[int, BeforeValidator(whole(0, 10**17, named=False))]
Whole = Annotated[int | str, BeforeValidator(whole(1, MOST, named=True))]
Channels = Annotated[int | str, BeforeValidator(whole(1, MOST, named=True, scaled=True))]
"""A number of channels: the name that stands for one may have a factor, `in*6`."""
Number = Annotated[float | str, BeforeValidator(number(-1e6, 1e6, named=True))]
Positive = Annotated[float | str, BeforeValidator(number(LEAST, 1e6, named=True))]
"""What is added to a divisor, which is 0 without it."""
NotNegative = Annotated[float | str, BeforeValidator(number(0, 1e6, named=True))]
Share = Annotated[float | str, BeforeValidator(number(0, 1, named=True))]
Weight = Annotated[float, BeforeValidator(number(0, 1e6, named=False))]
Epsilon = Annotated[float, BeforeValidator(number(LEAST, 1e6, named=False))]
Portion = Annotated[float, BeforeValidator(number(0, 1, named=False))]
Kernel = Annotated[Axes, BeforeValidator(per_axis(1, spread=False))]
_per_kernel = AfterValidator(_as_kernel)
Stride = Annotated[Axes, _per_kernel, BeforeValidator(per_axis(1, spread=True))]
Padding = Annotated[str | Axes, _per_kernel, BeforeValidator(_padding)]
PaddingMode = Annotated[str, BeforeValidator(one_of(*PADDINGS))]
Norm = Annotated[str, BeforeValidator(norm)]
NormOrName = Annotated[str, BeforeValidator(norm_or_name)]
Counting = Annotated[str, BeforeValidator(one_of("countpad", "nopad"))]
Enlargement = Annotated[Axes, BeforeValidator(per_axis(1, spread=True))]
"""A factor for each axis of a map; one alone is for all of them."""
Resampling = Annotated[str, BeforeValidator(one_of("nearest", "linear", "bilinear", "trilinear"))]
Join = Annotated[str, BeforeValidator(one_of(*JOIN_WORDS))]
_ranked = BeforeValidator(_items("[3, 299, 299] (channels, height, width)", (2, 3, 4)))
Extent = Annotated[tuple[Count, ...], _ranked, BeforeValidator(read_extent)]
Sizes = Annotated[tuple[Count, ...], BeforeValidator(_items("[768, 17, 17]"))]
Named = BeforeValidator(named)


INITS = {
    "torch": (),
    "normal": ("std",),
    "trunc_normal": ("std",),
    "he_normal": (),
    "he_uniform": (),
    "xavier_normal": (),
    "xavier_uniform": (),
}
"""How weights may be drawn, each with the arguments that it takes."""


def _init(value: Any) -> str:
    scheme, _, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
    if scheme not in INITS:
        meant = closest(scheme, INITS)
        meant = f"{meant}:{rest}" if rest and INITS.get(meant) else meant
        raise Misfit(f"must be one of {', '.join(INITS)}, not {shown(value)}", meant)
    if not INITS[scheme] and value != scheme:
        raise Misfit(f"must be {scheme} alone, which takes no number", scheme)
    if INITS[scheme] and not rest:
        raise Misfit(f"must name the standard deviation of {scheme}: {scheme}:0.01")
    if INITS[scheme]:
        _deviation(scheme, rest)
    return str(value)


def _deviation(scheme: str, text: str) -> None:
    """Refuse what is no standard deviation."""
    try:
        number(LEAST, 1e6, named=False)(text)
    except Misfit as fault:
        meant = f"{scheme}:{fault.meant}" if fault.meant else ""
        raise Misfit(f"has a standard deviation, which {fault}", meant) from None


InitText = Annotated[str, BeforeValidator(_init)]
