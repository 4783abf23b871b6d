"""The two networks that torchvision has too: as compiled, as emitted source, and theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from torch import nn

from compiler.lowering.prepare import Prepared, prepare
from compiler.nn.module import build
from compiler.source import emit
from compiler.source.classnames import class_name
from tests.peers import torchvision_models

Make = Callable[[], nn.Module]


@dataclass(frozen=True)
class Subject:
    """A spec, and the function of torchvision that builds the same network."""

    name: str
    variant: str | None
    head_weight: float

    @cached_property
    def prepared(self) -> Prepared:
        """The spec's network."""
        return prepare(self.name, self.variant)

    @cached_property
    def size(self) -> tuple[int, int, int]:
        """The image, channels first."""
        channels, height, width = map(int, self.prepared.network.input)
        return channels, height, width

    @cached_property
    def source(self) -> type[nn.Module]:
        """The class in the emitted source."""
        text = emit(self.prepared.network, self.prepared.digest)
        names: dict[str, Any] = {"__name__": f"emitted_{self.name}"}
        exec(compile(text, f"{self.name}.py", "exec"), names)  # noqa: S102  # our own words
        made: type[nn.Module] = names[class_name(self.prepared.network)]
        return made

    def compiled(self, *, aux: bool = True) -> nn.Module:
        """Our module."""
        return build(self.prepared.network, aux=aux)

    def emitted(self, *, aux: bool = True) -> nn.Module:
        """An instance of the emitted source."""
        return self.source(aux_logits=aux)

    def theirs(self, *, aux: bool = True, init: bool = True) -> nn.Module:
        """torchvision's network, its weights drawn as ours are unless `init` is off."""
        create = getattr(torchvision_models(), self.name)
        made: nn.Module = create(aux_logits=aux, init_weights=init, transform_input=False)
        return made

    @property
    def makers(self) -> Mapping[str, Make]:
        """All three by name."""
        return {"module": self.compiled, "source": self.emitted, "torchvision": self.theirs}


SUBJECTS = (Subject("googlenet", "torchvision", 0.3), Subject("inception_v3", None, 0.4))
