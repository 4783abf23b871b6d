"""The folder of a run: what was trained by what, how it went, and where it goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import dsl
from compiler.files.folder import is_free
from compiler.files.writing import write
from compiler.picture.svg import as_svg
from compiler.training.curves import learning_curves
from compiler.training.faults import TrainingFault
from compiler.training.records import Record, as_csv, from_csv
from dsl.models.recipe import Recipe
from dsl.models.spec import Spec
from dsl.text.problems import SpecError

SPEC, RECIPE, FACTS = "spec.yaml", "recipe.yaml", "run.json"
METRICS, CURVES = "metrics.csv", "curves.svg"
STATE, LAST, BEST = "resume.safetensors", "last.safetensors", "best.safetensors"
FILES = (SPEC, RECIPE, FACTS, METRICS, CURVES, STATE, LAST, BEST)
"""What a run writes; each file is replaced whole, so that none is ever half of one."""


def is_run(path: Path) -> bool:
    """Whether a folder is that of a run."""
    return (path / FACTS).is_file() and (path / SPEC).is_file()


@dataclass(frozen=True)
class RunFolder:
    """The folder of a run, by its path."""

    path: Path

    def check_free(self) -> None:
        """Raise `TrainingFault` where something stands there already."""
        if not is_free(self.path):
            what = "a run" if is_run(self.path) else "something"
            message = f"there is {what} in {self.path} already"
            help = "--resume goes on with it; " if is_run(self.path) else ""
            raise TrainingFault(message, f"{help}--out names another folder")

    def begin(self, spec: Spec, recipe: Recipe, facts: Mapping[str, Any]) -> None:
        """Make the folder and say what is trained by what."""
        self.path.mkdir(parents=True, exist_ok=True)
        write(self.path / SPEC, dsl.dump(spec))
        write(self.path / RECIPE, dsl.dump(recipe))
        write(self.path / FACTS, json.dumps(facts, indent=2) + "\n")

    def spec(self) -> Spec:
        """The spec of the network. Raises `SpecError`."""
        return dsl.load(self.path / SPEC)

    def recipe(self) -> Recipe:
        """What it is trained by. Raises `SpecError`."""
        return dsl.load_recipe(self.path / RECIPE)

    def facts(self) -> dict[str, Any]:
        """What else is known of it: seed, versions, device. Raises `TrainingFault`."""
        try:
            found = json.loads((self.path / FACTS).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise TrainingFault(f"{self.path / FACTS} can't be read: {error}") from None
        if not isinstance(found, dict):
            raise TrainingFault(f"{self.path / FACTS} isn't what a run writes")
        return found

    def classes(self) -> tuple[str, ...]:
        """The names of the classes that it was trained to tell. Raises `TrainingFault`."""
        found = self.facts().get("classes")
        if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
            raise TrainingFault(f"{self.path / FACTS} doesn't say which classes were told")
        return tuple(found)

    def best(self) -> Path:
        """The file of the best weights so far. Raises `TrainingFault` where there are none yet."""
        if not (self.path / BEST).is_file():
            raise TrainingFault(f"no epoch of the run in {self.path} is done yet")
        return self.path / BEST

    def check_same(self, spec: Spec, recipe: Recipe) -> None:
        """Raise `TrainingFault` where another network, or by another recipe, is trained here."""
        if not is_run(self.path):
            raise TrainingFault(f"{_none(self.path)} to go on with")
        try:
            there = {"network": self.spec(), "recipe": self.recipe()}
        except SpecError as error:
            raise TrainingFault(f"the run in {self.path} can't be read\n{error}") from None
        wanted = {
            "network": dsl.loads(dsl.dump(spec)),
            "recipe": dsl.loads_recipe(dsl.dump(recipe)),
        }
        for what, found in there.items():
            if found != wanted[what]:
                differing = _differing(found, wanted[what])
                message = f"the run in {self.path} has another {what}: {', '.join(differing)}"
                anew = f"--set training.weights={self.path / LAST} begins it with these weights"
                raise TrainingFault(message, f"--out names another folder for a new run; {anew}")

    def state(self) -> dict[str, Any] | None:
        """Where the run can go on; None where it was kept nowhere yet."""
        from compiler.training.packing import unpack  # Who asks for other files needs no torch.

        path = self.path / STATE
        if not path.is_file():
            return None
        weights = f"--set training.weights={self.path / LAST}"
        anew = f"a run with another --out and {weights} begins with its weights"
        try:
            found = unpack(path)
        except ValueError as error:
            raise TrainingFault(str(error), anew) from None
        if not isinstance(found, dict) or found.get("of") != self._digest:
            raise TrainingFault(f"{path} is not a state of this run", anew)
        state: dict[str, Any] = found["state"]
        return state

    def keep(self, state: Mapping[str, Any]) -> None:
        """Keep a state, whole or not at all."""
        from compiler.training.packing import pack

        write(self.path / STATE, pack({"of": self._digest, "state": dict(state)}))

    @cached_property
    def _digest(self) -> str:
        """What tells a run from one of another network or by another recipe."""
        said = dsl.dump(self.spec()) + dsl.dump(self.recipe())
        return sha256(said.encode()).hexdigest()

    def note(self, records: list[Record], name: str) -> None:
        """Write what is known epoch by epoch, as a table and as curves of a run of that name."""
        write(self.path / METRICS, as_csv(records))
        write(self.path / CURVES, as_svg(learning_curves({name: records})))

    def records(self) -> list[Record]:
        """What the table says. Raises `TrainingFault` where there is none."""
        path = self.path / METRICS
        try:
            return from_csv(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            message = f"no epoch of the run in {self.path} is done yet"
            raise TrainingFault(message if is_run(self.path) else _none(self.path)) from None
        except (OSError, ValueError) as error:
            raise TrainingFault(f"{path} can't be read: {error}") from None

    def put_weights(self, name: str, state: Mapping[str, Any]) -> None:
        """Write weights under our own names, as `--weights` takes them."""
        from safetensors.torch import save

        plain = {key: value.detach().cpu().contiguous() for key, value in state.items()}
        write(self.path / name, save(plain))


def _none(path: Path) -> str:
    return f"there is no run in {path}"


def _differing(one: Any, other: Any) -> list[str]:
    fields = type(one).model_fields
    return [name for name in fields if getattr(one, name) != getattr(other, name)]
