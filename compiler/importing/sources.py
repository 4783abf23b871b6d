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

from compiler.importing.faults import UNUSABLE, refuse, told
from compiler.importing.model import AUX_WEIGHT, identifier, import_module
from compiler.importing.peers import torchvision_models
from compiler.missing import advice
from dsl.models.spec import Spec
from dsl.text.problems import SpecError, did_you_mean

SIDE = 224
"""Height and width of the input where neither the caller nor the model says them."""
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
    module; `kwargs` are what it is called with. `size` is (C, H, W) or (H, W); left out, what
    the library states for the model, else 224x224. With `weights` the spec holds a map of
    names, called torchvision, timm or original. Raises `dsl.SpecError`.
    """
    model, side = load(source, kwargs or {})
    known = size or side or (SIDE, SIDE)
    whole = (_channels(model), *known) if len(known) == 2 else known
    where, _, model_name = source.rpartition(":")
    return import_module(
        model,
        whole,
        name=name or identifier(model_name),
        aux_weight=aux_weight,
        weights=(where if where in LIBRARIES else ORIGINAL) if weights else "",
        source=source,
    )


def _channels(model: nn.Module) -> int:
    """What the first convolution takes."""
    convs = (each for each in model.modules() if isinstance(each, nn.Conv2d))
    return next((each.in_channels for each in convs), 3)


def load(source: str, kwargs: Mapping[str, Any]) -> tuple[nn.Module, tuple[int, int] | None]:
    """The model that a source names, and the (H, W) that its library states for it, if any.

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


Found = tuple[nn.Module, tuple[int, int] | None]
Library = Callable[[str, str, Mapping[str, Any]], Found]


def _from_torchvision(where: str, name: str, kwargs: Mapping[str, Any]) -> Found:
    models = torchvision_models()
    if name not in models.list_models(module=models):
        refuse(UNUSABLE, f"torchvision has no model {name}", _close(name, models.list_models()))
    build = getattr(models, name)
    given = {"weights": None, **kwargs}
    try:
        model = build(**{"init_weights": False, **given})  # Drawing them takes long.
    except TypeError as error:
        if "init_weights" not in str(error):
            raise
        model = build(**given)
    return model, _torchvision_size(models, name)


def _torchvision_size(models: Any, name: str) -> tuple[int, int] | None:
    """What torchvision's weights were trained for."""
    weights = next(iter(models.get_model_weights(name)), None)
    crop = getattr(weights.transforms(), "crop_size", None) if weights else None
    return (crop[0], crop[-1]) if isinstance(crop, list) else None


def _from_timm(where: str, name: str, kwargs: Mapping[str, Any]) -> Found:
    torchvision_models()
    timm = importlib.import_module("timm")
    if not timm.is_model(name):
        refuse(UNUSABLE, f"timm has no model {name}", _close(name, timm.list_models()))
    model = timm.create_model(name, **kwargs)
    size = (getattr(model, "default_cfg", None) or {}).get("input_size", ())
    return model, (size[1], size[2]) if len(size) == 3 else None


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
