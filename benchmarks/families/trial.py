"""One model of another library, imported and held against itself.

Both sides get the same random weights and statistics, by the map of names that the import
writes, and run in float64: in training, then in evaluation with the statistics of that.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from math import inf, isfinite, prod
from typing import Any

import torch
from torch import Tensor, nn

from compiler.importing import spec_of
from compiler.importing.sources import load
from compiler.nn.module import compile_spec
from compiler.weights import load_weights
from dsl.text.problems import Problem, SpecError
from tests.parity import still

TOLERANCE = 1e-9
"""Of the largest element, in float64."""
PROBLEMS = 200
"""How many letters of another's message are kept."""


@dataclass(frozen=True)
class Verdict:
    """What came of a model: how far off its import is, or why there is none."""

    source: str
    reasons: tuple[str, ...] = ()
    """Why it was refused, each with the class of the module."""
    error: float = 0.0
    """The largest difference, relative to the largest element."""
    runs: int = 0
    """How many batches both sides were given."""
    failure: str = ""
    """What went wrong instead of an import or a comparison."""

    def __str__(self) -> str:
        lines = [f"{self.source}: {self.word} {self.error:.1e} in {self.runs} {self.failure}"]
        return "\n    ".join([*lines, *self.reasons])

    @property
    def attends(self) -> bool:
        """Whether it multiplies tensors as matrices, as attention does."""
        return any(word in why for why in self.reasons for word in ATTENTION)

    @property
    def word(self) -> str:
        """`equal`, `refused`, or `wrong`."""
        if self.reasons:
            return "refused"
        return "equal" if self.runs and self.error <= TOLERANCE else "wrong"


ATTENTION = ("is attention", "multiplies matrices")


def tried(source: str) -> Verdict:
    """Import a model and compare; whatever else happens is the failure."""
    try:
        return _tried(source)
    except Exception as error:  # noqa: BLE001  # nothing that a model does may end the others' trials
        return Verdict(source, failure=f"{type(error).__name__}: {error}"[:PROBLEMS])


def _tried(source: str) -> Verdict:
    silent = StringIO()
    with warnings.catch_warnings(), redirect_stdout(silent), redirect_stderr(silent):
        warnings.simplefilter("ignore")
        try:
            spec = spec_of(source, weights=True)
        except SpecError as error:
            return Verdict(source, tuple(dict.fromkeys(map(_reason, error.problems))))
        theirs, _ = load(source, {})
        ours = compile_spec(spec)
        return compared(source, ours, theirs, tuple(spec.input))


def _reason(problem: Problem) -> str:
    return problem.message[:PROBLEMS]


def compared(source: str, ours: nn.Module, theirs: nn.Module, size: tuple[int, ...]) -> Verdict:
    """Give both the same weights, and compare what they give for several batches."""
    torch.manual_seed(0)
    theirs, ours = theirs.double(), ours.double()
    randomise(theirs)
    load_weights(ours, theirs.state_dict(), _library(source))
    still(ours, theirs)
    errors = [
        error
        for training in (True, False)
        for error in _errors(ours.train(training), theirs.train(training), size)
    ]
    return Verdict(source, error=max(errors, default=inf), runs=len(errors))


def _library(source: str) -> str:
    return source.partition(":")[0]


def randomise(model: nn.Module) -> None:
    """Weights that keep the signal alive, and statistics far from their defaults."""
    tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    with torch.no_grad():
        for name, tensor in tensors.items():
            if not tensor.is_floating_point():
                continue
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 2.0)
            elif tensor.dim() > 1:
                nn.init.normal_(tensor, std=(2 / max(1, prod(tensor.shape[1:]))) ** 0.5)
            elif name.endswith(("bias", "running_mean")):
                tensor.normal_(std=0.3)
            else:
                tensor.uniform_(0.5, 1.5)


SIDES = ((64, 96), (75, 53), (96, 64), (128, 160), (107, 139))
"""Heights and widths to compare at: small, odd, uneven; the model's own is tried behind them."""
CLIPS = ((8, 32, 48), (9, 37, 29), (13, 40, 32))
"""The same of clips, with their frames in front."""
ENOUGH = 3
"""At how many sizes a model is compared, if it takes as many."""


def batches(size: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Batches of two and three, of several sizes; some models take none below their own."""
    channels, *own = size
    larger = [side + 19 + 26 * axis for axis, side in enumerate(own)]
    known = (*SIDES, own, larger) if len(own) == 2 else (*CLIPS, own)
    for number, sides in enumerate(known):
        yield 2 + number % 2, channels, *sides


def _errors(ours: nn.Module, theirs: nn.Module, size: tuple[int, ...]) -> Iterator[float]:
    """The difference for each of the first batches that both sides take."""
    taken = 0
    for number, shape in enumerate(batches(size)):
        generator = torch.Generator().manual_seed(number)
        x = torch.randn(shape, generator=generator, dtype=torch.float64)
        with torch.no_grad():
            try:
                both = ours(x), theirs(x)
            except (RuntimeError, AssertionError, ValueError):
                continue  # A size that one of them doesn't take.
        taken += 1
        yield difference(*both)
        if taken == ENOUGH:
            return


def difference(ours: Any, theirs: Any) -> float:
    """The largest difference of all outputs; infinite where it would say nothing."""
    found = 0.0
    for one, other in zip(outputs(ours), outputs(theirs), strict=True):
        scale = float(other.abs().max())
        alike = float((other[0] - other[1]).abs().max()) < 1e-6 * scale
        if one.shape != other.shape or not isfinite(scale) or not scale or alike:
            return inf
        found = max(found, float((one - other).abs().max()) / max(1.0, scale))
    return found


def outputs(output: Any) -> list[Tensor]:
    """The logits, then the auxiliary outputs by their names."""
    if isinstance(output, Tensor):
        return [output]
    fields = {name: value for name, value in output._asdict().items() if value is not None}
    return [fields.pop("logits"), *(fields[name] for name in sorted(fields))]
