"""From a name such as `torchvision:inception_v3` to the model that it means, and its spec."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from torch import nn
from torch.nn.modules.conv import _ConvNd

from compiler.importing.faults import UNUSABLE, refuse, told
from compiler.importing.model import AUX_WEIGHT, identifier, import_module
from compiler.importing.peers import torchvision_models
from compiler.missing import advice
from dsl.models.extent import samples
from dsl.models.spec import Spec
from dsl.text.problems import SpecError, did_you_mean

SIDES = {2: (224, 224), 3: (16, 112, 112)}
"""An input by its axes where nobody says its size; of series none is usual."""
FRAMES = 16
"""Of clips whose library states height and width: what torchvision counts its networks with."""
ORIGINAL = "original"
"""What the names of a model are called that is in no library."""
FORMS = "such as torchvision:googlenet, timm:inception_v4, my_package.nets:Net or my_net.py:Net"


def spec_of(
    source: str,
    size: tuple[int, ...] | None = None,
    *,
    name: str = "",
    kwargs: Mapping[str, Any] | None = None,
    aux_weight: float = AUX_WEIGHT,
    weights: bool = False,
) -> Spec:
    """The spec of the model that `source` names, built with random weights.

    `source` is `torchvision:NAME`, `timm:NAME`, or `module:NAME` of a class, function or
    module; `kwargs` are what it is called with. `size` is that of the input,
    with its channels or without; left out, what the library states for the model, else 224x224,
    of clips 16x112x112. With `weights` the spec holds a map of
    names, called torchvision, timm or original. Raises `dsl.SpecError`.
    """
    model, side = load(source, kwargs or {})
    whole = whole_size(model, size or side, source)
    where, _, model_name = source.rpartition(":")
    return import_module(
        model,
        whole,
        name=name or identifier(model_name),
        aux_weight=aux_weight,
        weights=(where if where in LIBRARIES else ORIGINAL) if weights else "",
        source=source,
    )


def whole_size(model: nn.Module, size: tuple[int, ...] | None, source: str) -> tuple[int, ...]:
    """A size with channels; the usual one where there is none. Raises `SpecError` for a misfit."""
    rank, channels = _first_map(model)
    rank = rank or {1: 1, 4: 3}.get(len(size or ()), 2)
    known = size or SIDES.get(rank)
    if known is None:
        why = f"{source} is of series, and no size of its input is stated"
        refuse(UNUSABLE, why, "say it: --input 500, or with channels --input 1x500")
    if len(known) not in (rank, rank + 1):
        sides = "x".join(map(str, known))
        help = f"give the input as {FORM[rank]} or Cx{FORM[rank]}, such as {EXAMPLE[rank]}"
        refuse(UNUSABLE, f"{source} is of {samples(rank)}, and {sides} is no size of one", help)
    return known if len(known) > rank else (channels, *known)


FORM = {1: "L", 2: "HxW", 3: "TxHxW"}
EXAMPLE = {1: "--input 1x500", 2: "--input 224x224", 3: "--input 16x112x112"}


def _first_map(model: nn.Module) -> tuple[int, int]:
    """How many axes the maps of a model have, by its first convolution, and what that takes.

    Without one as a module, by the first weights that are a filter's; 0 where there are none.
    """
    convs = (each for each in model.modules() if isinstance(each, _ConvNd))
    if first := next(convs, None):
        return len(first.kernel_size), first.in_channels
    filters = (weight.dim() for weight in model.parameters() if 2 < weight.dim() < 6)
    return next(filters, 2) - 2, 3


def load(source: str, kwargs: Mapping[str, Any]) -> tuple[nn.Module, tuple[int, ...] | None]:
    """The model that a source names, and the size that its library states for it, if any.

    Runs the code that is named. Raises `SpecError` for whatever fails there.
    """
    where, colon, name = source.rpartition(":")
    if not (colon and where and name):
        refuse(UNUSABLE, f"{source} names no model", f"write where it is and its name, {FORMS}")
    try:
        return LIBRARIES.get(where, _from_module)(where, name, kwargs)
    except SpecError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever the user's own code raises
        help = advice(error) if isinstance(error, ImportError) else ""
        refuse(UNUSABLE, f"{source} can't be built: {told(error)}", help)


Found = tuple[nn.Module, tuple[int, ...] | None]
Library = Callable[[str, str, Mapping[str, Any]], Found]


def _from_torchvision(where: str, name: str, kwargs: Mapping[str, Any]) -> Found:
    models = torchvision_models()
    holders = (models, models.video)
    holder = next((each for each in holders if name in models.list_models(module=each)), None)
    if holder is None:
        refuse(UNUSABLE, f"torchvision has no model {name}", _close(name, models.list_models()))
    build = getattr(holder, name)
    given = {"weights": None, **kwargs}
    try:
        model = build(**{"init_weights": False, **given})  # Drawing them takes long.
    except TypeError as error:
        if "init_weights" not in str(error):
            raise
        model = build(**given)
    return model, _torchvision_size(models, name)


def _torchvision_size(models: Any, name: str) -> tuple[int, ...] | None:
    """What torchvision's weights were trained for; clips of the length that it counts them with."""
    weights = next(iter(models.get_model_weights(name)), None)
    crop = getattr(weights.transforms(), "crop_size", None) if weights else None
    if not isinstance(crop, list):
        return None
    frames = (FRAMES,) if name in models.list_models(module=models.video) else ()
    return *frames, crop[0], crop[-1]


def _from_timm(where: str, name: str, kwargs: Mapping[str, Any]) -> Found:
    torchvision_models()
    timm = importlib.import_module("timm")
    if not timm.is_model(name):
        refuse(UNUSABLE, f"timm has no model {name}", _close(name, timm.list_models()))
    model = timm.create_model(name, **kwargs)
    size = (getattr(model, "default_cfg", None) or {}).get("input_size", ())
    if len(size) != 3:
        return model, None
    # Its first convolution may see space as channels; with `in_chans` the stated ones don't hold.
    return model, tuple(size[1:] if "in_chans" in kwargs else size)


def _close(name: str, known: list[str]) -> str:
    return did_you_mean(name, known)


LIBRARIES: dict[str, Library] = {"torchvision": _from_torchvision, "timm": _from_timm}


def _from_module(where: str, name: str, kwargs: Mapping[str, Any]) -> Found:
    found: Any = _module(where)
    for part in name.split("."):
        if not hasattr(found, part):
            _missing(where, name, found, part)
        found = getattr(found, part)
    made = found if isinstance(found, nn.Module) or not callable(found) else found(**kwargs)
    if not isinstance(made, nn.Module):
        refuse(UNUSABLE, f"{where}:{name} gives {type(made).__name__}, and no nn.Module")
    return made, None


def _missing(where: str, name: str, found: Any, part: str) -> NoReturn:
    known = [each for each in dir(found) if not each.startswith("_")]
    refuse(UNUSABLE, f"there is no {name} in {where}", did_you_mean(part, known))


def _module(where: str) -> ModuleType:
    """A module by its name, from the current folder too, or a file's."""
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    if not where.endswith(".py"):
        return importlib.import_module(where)
    path = Path(where)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None, "a .py file has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
    return module
