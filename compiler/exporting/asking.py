"""What a caller asks of an export, as `Wishes`: the same for the command and for Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from compiler.exporting.forms import FORMS, FormName
from compiler.exporting.wishes import Calibrate, ExportFault, Preprocessing, Wishes
from dsl.text.problems import did_you_mean

NAMES = tuple(each.name for each in fields(Wishes))
"""All that may be wished."""
IMAGES = tuple(each.name for each in fields(Preprocessing) if each.name != "in_weights")
"""What is said of images of bytes, in a `Preprocessing`."""


def refuse_unknown(names: Iterable[str], others: Iterable[str]) -> None:
    """Raise `TypeError` for what is no wish; `others` are names that the function knows besides."""
    known = [*others, *NAMES]
    for name in names:
        if name in IMAGES:
            said = f"say preprocess=Preprocessing({name}=...), of compiler.exporting.wishes"
            raise TypeError(f"export() takes no {name!r}: {said}")
        if name not in known:
            said = did_you_mean(name, known)
            listed = f"it takes {', '.join(known)}"
            raise TypeError(f"export() takes no {name!r}: {f'{said} ' if said else ''}{listed}")


def wished(form: FormName, asked: Mapping[str, Any], *, optimize: bool) -> Wishes:
    """Each by its name. Raises `ExportFault` for what this format can't have, and for other kinds.

    Without `dynamic` a program of `torch.export` has an open batch alone, the others all sizes.
    """
    given = dict(asked)
    if given.get("dynamic") is None:
        given["dynamic"] = "batch" if form == "pt2" else "all"
    if given.get("opset") is not None and not FORMS[form].graph:
        raise ExportFault(f"{form} has no opset", "leave it out")
    taps = given.get("taps", ())
    given["taps"] = _texts("taps", [taps] if isinstance(taps, str) else taps)
    given["labels"] = _texts("labels", given.get("labels", ()))
    given["preprocess"] = _preprocessing(given.get("preprocess"))
    if given.get("calibrate") is not None:
        given["calibrate"] = _calibrate(form, given, optimize=optimize)
    return Wishes(**given)


def _texts(name: str, value: Any) -> tuple[str, ...]:
    """A list of texts: one text would be gone through letter by letter."""
    found = None if isinstance(value, (str, bytes)) or not isinstance(value, Iterable) else [*value]
    if found is None or not all(isinstance(each, str) for each in found):
        raise ExportFault(f"{name} can't be {value!r}", "give a list of texts")
    return tuple(found)


def _preprocessing(value: Any) -> Preprocessing | None:
    if isinstance(value, Preprocessing) or value is None:
        return value
    if isinstance(value, bool):
        return Preprocessing() if value else None
    help = "say True, or Preprocessing(mean=..., std=...), of compiler.exporting.wishes"
    raise ExportFault(f"preprocess can't be {value!r}", help)


def _calibrate(form: FormName, wishes: Mapping[str, Any], *, optimize: bool) -> Calibrate:
    """Raise `ExportFault` where there is no int8."""
    if FORMS[form].quantiser is None:
        known = ", ".join(name for name, each in FORMS.items() if each.quantiser)
        raise ExportFault(f"nothing here makes int8 of {form}", f"take one of {known}")
    dtype = wishes.get("dtype", "float32")
    if dtype != "float32":
        message = f"{dtype} is wished, and calibrating, which makes int8 of float32"
        raise ExportFault(message, "leave out one of them")
    if not optimize:
        message = "batch norms that aren't folded would stay in float32 between steps of int8"
        raise ExportFault(message, "leave out --no-optimize, or --calibrate")
    asked = wishes["calibrate"]
    return asked if isinstance(asked, Calibrate) else Calibrate(asked)
