"""The kinds of value a spec holds, and how each is written.

Every kind reads Python values and the raw text of a YAML scalar alike, so that one
definition serves a program that builds a spec and the loader that reads one. Where a
number may be given by a block's parameter, the parameter's name is kept as a string.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, cast

from pydantic import BeforeValidator

from dsl.models.extent import read_extent
from dsl.models.factors import FACTOR, factor, looks_factored
from dsl.models.forms import NAME, NAMES, Form, any_of, formed, words_form
from dsl.models.identifiers import file_name, identifier, is_identifier
from dsl.models.kernels import PADDING_MEANINGS
from dsl.models.norms import GROUPED, group_norm, norm, norm_or_name
from dsl.models.ramp import ramp_help
from dsl.models.scalars import MOST, no_factor, number, number_text, whole
from dsl.text import foreign
from dsl.text.counts import count
from dsl.text.numbers import LEAST, NUMBER, Misfit, is_number, loss, otherwise, too_small
from dsl.text.problems import closest, shown
from dsl.text.source import hidden


def reference(value: Any) -> str:
    """A name."""
    if not is_identifier(value):
        raise ValueError(f"must be a word, not {shown(value)}")
    return str(value)


formed(reference, NAMES)


def enumerated(words: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def one_of(*words: str) -> Callable[[Any], str]:
    """A reader of one of a few words."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            meant = foreign.meant(value, words) if isinstance(value, str) else ""
            raise Misfit(f"must be one of {', '.join(words)}, not {shown(value)}", meant)
        return str(value)

    return formed(read, words_form(dict.fromkeys(words, "")))


def meaning(words: Mapping[str, str]) -> Callable[[Any], str]:
    """The same of words that come with what they mean."""
    return formed(one_of(*words), words_form(words))


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise ValueError(f"must be true or false, not {shown(value)}")


formed(_flag, Form("true|false", said="true or false", truth=True))


MAX_TEXT = 1_000
"""Letters of a title or of what a paper is called."""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {shown(value)}")
    if hidden(value):
        raise ValueError("must be text without control characters")
    if len(value) > MAX_TEXT:
        raise ValueError(f"must be text of at most {MAX_TEXT:,} letters, this has {len(value):,}")
    return value


def argument(value: Any) -> int | float | str:
    """What a block's parameter may be: a number, or a word."""
    found = number_text(value)
    if is_number(found) and not too_small(found):
        return cast(int | float, found)
    if is_identifier(value) or factor(value) or group_norm(value):
        return str(value)
    if looks_factored(value):
        raise no_factor(value, scaled=True)
    message = f"must be a number or a word, not {shown(value)}{loss(value)}"
    raise Misfit(message, otherwise(value), help=ramp_help(value))


ARGUMENT = any_of(NUMBER.pattern, NAME, FACTOR, GROUPED)
"""A pattern of the same."""


ACTIVATION_MEANINGS = {
    "relu": "max(x, 0)",
    "relu6": "max(x, 0), 6 at most",
    "leakyrelu": "x above 0, slope · x below; the slope is 0.01 unless said, as in `leakyrelu:0.1`",
    "prelu": "the same with a slope that is learned: one, or with `channelwise` one a channel",
    "elu": "x above 0, exp(x) - 1 below",
    "silu": "x · sigmoid(x), also called swish",
    "mish": "x · tanh(softplus(x))",
    "gelu": "x · Φ(x), exactly",
    "hardswish": "x · hardsigmoid(x)",
    "sigmoid": "1 / (1 + exp(-x))",
    "hardsigmoid": "x / 6 + 1/2, kept between 0 and 1",
    "tanh": "the hyperbolic tangent",
    "softplus": "log(1 + exp(x))",
}
ACTIVATION_WORDS = tuple(ACTIVATION_MEANINGS)
"""Activations that may stand bare behind a convolution, and as steps."""
MODE_MEANINGS = {"avg": "the mean of each window", "max": "the maximum of each window"}
MODES = tuple(MODE_MEANINGS)
"""What a pooling makes of a window."""
RESAMPLING_MEANINGS = {
    "nearest": "each position repeated",
    "linear": "between the positions of a series",
    "bilinear": "between the positions of an image",
    "trilinear": "between the positions of a clip",
}
RESAMPLING = tuple(RESAMPLING_MEANINGS)
"""How a larger map is made: the nearest position, or between those along one, two, three axes."""
COUNTING_MEANINGS = {
    "countpad": "padded zeros count in the mean: torch's default",
    "nopad": "only pixels count in the mean: TensorFlow's and Keras's rule",
}
JOIN_MEANINGS = {
    "concat": "Branches side by side on one input, their channels put behind each other. "
    "They are equally high and wide: `concat: [1x1 64, [1x1 48, 5x5 64]]`.",
    "add": "Branches side by side on one input, added. They have one shape.",
    "mul": "Branches side by side on one input, multiplied element by element. One of a single "
    "place is a *gate*: `mul: [identity, [globalpool avg, 1x1 in sigmoid]]`.",
}
JOIN_WORDS = tuple(JOIN_MEANINGS)
"""How branches come together; the keys under which they stand."""


def _items(example: str, counts: tuple[int, ...] = ()) -> Callable[[Any], Any]:
    """Refuse what is no list, or one of another length."""

    def read(value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            raise ValueError(f"must be a list like {example}, not {shown(value)}")
        if not value or len(value) not in (counts or (len(value),)):
            items = count(len(value), "item")
            raise ValueError(f"must be a list like {example}, this one has {items}")
        return tuple(value)

    return read


def one_or_more(value: Any) -> Any:
    """A list; one value alone is a list of one."""
    return value if isinstance(value, (list, tuple)) else [value]


def named(value: Any) -> Any:
    """Refuse what is no mapping."""
    if not isinstance(value, dict):
        raise ValueError(f"must be a mapping of `key: value`, not {shown(value)}")
    return value


Identifier = Annotated[str, BeforeValidator(formed(identifier, NAMES))]
FileName = Annotated[str, BeforeValidator(formed(file_name, NAMES))]
Reference = Annotated[str, BeforeValidator(reference)]
"""The name of a step, block or parameter."""
FREE = BeforeValidator(_text)
"""What marks a field that holds anybody's text, which may need quotes."""
Text = Annotated[str, FREE]
Flag = Annotated[bool, BeforeValidator(_flag)]
"""Yes or no, as YAML 1.2 writes it: `true`, `false`."""
Factor = Annotated[float, BeforeValidator(number(0.001, 1000, named=False))]
Count = Annotated[int, BeforeValidator(whole(1, MOST, named=False))]
"""A whole number from 1."""
Whole = Annotated[int | str, BeforeValidator(whole(1, MOST, named=True))]
"""A whole number from 1, or the name of a parameter that stands for one."""
Channels = Annotated[int | str, BeforeValidator(whole(1, MOST, named=True, scaled=True))]
"""A number of channels: the name that stands for one may have a factor, `in*6`."""
Number = Annotated[float | str, BeforeValidator(number(-1e6, 1e6, named=True))]
"""Any number to a million either way, or the name of a parameter."""
Positive = Annotated[float | str, BeforeValidator(number(LEAST, 1e6, named=True))]
"""What is added to a divisor, which is 0 without it."""
NotNegative = Annotated[float | str, BeforeValidator(number(0, 1e6, named=True))]
"""A number from 0, or the name of a parameter."""
Share = Annotated[float | str, BeforeValidator(number(0, 1, named=True))]
"""A number from 0 to 1, or the name of a parameter."""
Weight = Annotated[float, BeforeValidator(number(0, 1e6, named=False))]
Epsilon = Annotated[float, BeforeValidator(number(LEAST, 1e6, named=False))]
Portion = Annotated[float, BeforeValidator(number(0, 1, named=False))]
PaddingMode = Annotated[str, BeforeValidator(meaning(PADDING_MEANINGS))]
Norm = Annotated[str, BeforeValidator(norm)]
NormOrName = Annotated[str, BeforeValidator(norm_or_name)]
Counting = Annotated[str, BeforeValidator(meaning(COUNTING_MEANINGS))]
Resampling = Annotated[str, BeforeValidator(meaning(RESAMPLING_MEANINGS))]
Join = Annotated[str, BeforeValidator(meaning(JOIN_MEANINGS))]
_ranked = BeforeValidator(_items("[3, 299, 299] (channels, height, width)", (2, 3, 4)))
Extent = Annotated[tuple[Count, ...], _ranked, BeforeValidator(read_extent)]
Sizes = Annotated[tuple[Count, ...], BeforeValidator(_items("[768, 17, 17]"))]
Named = BeforeValidator(named)


INIT_MEANINGS = {
    "torch": "torch's own rule for each layer",
    "normal:0.01": "a normal distribution of that standard deviation",
    "trunc_normal:0.01": "the same, cut at ±2",
    "he_normal": "a normal distribution as wide as layers before a ReLU want (arXiv:1502.01852)",
    "he_uniform": "the same, evenly distributed",
    "xavier_normal": "a normal distribution as wide as linear layers want (Glorot, Bengio, 2010)",
    "xavier_uniform": "the same, evenly distributed",
}
"""How weights may be drawn, as it is written."""
INITS: dict[str, tuple[str, ...]] = {
    written.partition(":")[0]: ("std",) if ":" in written else () for written in INIT_MEANINGS
}
"""The same, each with the arguments that it takes."""


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


_drawn = (f"{word}:(?:{NUMBER.pattern})" for word, takes in INITS.items() if takes)
_init_form = words_form(INIT_MEANINGS, *_drawn)
InitText = Annotated[str, BeforeValidator(formed(_init, _init_form))]
