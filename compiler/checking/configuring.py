"""What a project's `pyproject.toml` says of its findings, in `[tool.inception-compile]`.

```toml
[tool.inception-compile]
ignore = ["I1"]
error-on = "error"
levels = { W112 = "error", W121 = "off" }
```
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from compiler.checking.examining import codes
from compiler.checking.policy import LEVELS, THRESHOLDS, Policy
from dsl.text.problems import did_you_mean, shown

FILE = "pyproject.toml"
TOOL = "inception-compile"
TABLE = f"[tool.{TOOL}]"
KEYS = ("select", "ignore", "error-on", "levels")


class ConfigError(ValueError):
    """A table that can't be used, in a line."""


def policy_of(spec: str) -> Policy:
    """What the project of a spec says: the nearest file above it that has the table counts.

    A spec that is no file, but a name on the shelf or piped in, belongs to the current folder.
    Raises `ConfigError`.
    """
    folder = Path(spec).parent if os.path.lexists(spec) else Path()
    return _policy(folder.resolve(), codes())


def _policy(folder: Path, known: tuple[str, ...]) -> Policy:
    for above in (folder, *folder.parents):
        path = above / FILE
        if path.is_file() and (table := _table(path)) is not None:
            return _read(table, path, known)
    return Policy()


def _table(path: Path) -> Mapping[str, Any] | None:
    """The tool's own table; None where there is none."""
    try:
        whole = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from None
    tools = whole.get("tool", {})
    table = tools.get(TOOL) if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{path}: {TABLE} must be a table")
    return table


def _read(table: Mapping[str, Any], path: Path, known: tuple[str, ...]) -> Policy:
    where = f"{path}: {TABLE}"
    for key in table:
        if key not in KEYS:
            advice = did_you_mean(key, KEYS) or f"it has {', '.join(KEYS)}"
            raise ConfigError(f"{where} has no key {key}; {advice}")
    levels = table.get("levels", {})
    if not isinstance(levels, dict):
        raise ConfigError(f"{where}: levels must be a table of codes, as in W112 = 'error'")
    for code, level in levels.items():
        if level not in LEVELS:
            raise ConfigError(f"{where}: {code} must be {_one_of(LEVELS)}, not {shown(level)}")
        check_codes([code], known, f"{where}: levels", whole=True)
    error_on = table.get("error-on", Policy.error_on)
    if error_on not in THRESHOLDS:
        raise ConfigError(f"{where}: error-on must be {_one_of(THRESHOLDS)}, not {shown(error_on)}")
    select, ignore = (_codes(table, key, where, known) for key in ("select", "ignore"))
    return Policy(select, ignore, levels, error_on)


def _codes(
    table: Mapping[str, Any], key: str, where: str, known: tuple[str, ...]
) -> tuple[str, ...]:
    given = table.get(key, [])
    if not isinstance(given, list) or not all(isinstance(code, str) for code in given):
        raise ConfigError(f'{where}: {key} must be a list of codes, as in ["W112", "I"]')
    check_codes(given, known, f"{where}: {key}")
    return tuple(given)


def check_codes(
    codes: Iterable[str], known: Iterable[str], where: str, *, whole: bool = False
) -> None:
    """Raise `ConfigError` for what is no code of a finding; a beginning will do unless `whole`."""
    every = list(known)
    for code in codes:
        fits = code in every if whole else code and any(each.startswith(code) for each in every)
        if code.startswith("E"):
            raise ConfigError(f"{where}: {code} is an error, which is always told as one")
        if not fits:
            hint = f"; {meant}" if (meant := did_you_mean(code, every)) else ""
            raise ConfigError(f"{where}: there is no finding {shown(code)}{hint}")


def _one_of(words: Iterable[str]) -> str:
    return f"one of {', '.join(words)}"
