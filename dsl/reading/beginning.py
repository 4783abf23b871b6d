"""What an op-string can begin with: a kernel, a word of the language, of a plugin, or a block."""

from __future__ import annotations

from collections.abc import Collection

from dsl.models.activations import word_of
from dsl.models.identifiers import IDENTIFIER
from dsl.models.kernels import KERNEL
from dsl.models.layers import ACTIVATION_WORDS, LAYERS, Activation, Call, Conv, Layer
from dsl.text.numbers import is_whole

PLUGINS_TOO = "a plugin's layer needs its package, or `--plugin FILE`"
"""What is said of a word that is like no other."""


def given_kind(name: str, window: str = "3x3") -> str:
    """How a parameter says which layer it is, as far as one can."""
    return (
        f"a pooling's kind can be one, `pool {window} mode={name}`, or an activation, `act {name}`"
    )


def what_there_is() -> str:
    """Every layer and activation that can be written."""
    layers = ", ".join((*LAYERS, *plugin_words()))
    return f"layers: a kernel like 3x3, {layers}; activations: {', '.join(ACTIVATION_WORDS)}"


def plugin_words() -> list[str]:
    """The words of layers from outside the language. Looking for them takes time."""
    from dsl.models import plugins

    return plugins.words()


def kind_of(word: str, blocks: Collection[str] = ()) -> type[Layer] | None:
    """The layer kind that an op-string starting with `word` is.

    A block of the spec goes before a plugin's layer of that name: what is installed changes no
    spec. Raises `SpecError` for a word of a plugin that is broken.
    """
    kind = own_kind(word)
    if kind is Call and word not in blocks:
        from dsl.models import plugins  # Most specs need none.

        if given := plugins.find(word):
            return given.kind.model
    return kind


def own_kind(word: str) -> type[Layer] | None:
    """The same without plugins: a call is what may be one."""
    if word in LAYERS:
        return LAYERS[word]
    if word_of(word) in ACTIVATION_WORDS:
        return Activation
    if KERNEL.fullmatch(word) or is_whole(word):
        return Conv
    return Call if IDENTIFIER.fullmatch(word) else None
