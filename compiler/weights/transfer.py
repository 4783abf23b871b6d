"""Weights of public sources into our modules, strictly, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from compiler.files.writing import write
from compiler.ir.network import Network
from compiler.ir.rewritten import refusal
from compiler.nn.module import CompiledNetwork
from compiler.ops.norm import COUNTER
from compiler.weights import files, finite, keras
from compiler.weights.account import FOLDED, Row, WeightsReport
from compiler.weights.fold import fold_transform_input
from compiler.weights.match import CLASSIFIER, Matching, Wishes, match
from compiler.weights.paths import naming
from compiler.weights.slots import Slot, slots
from compiler.weights.sources import mistaken, notes_on
from compiler.weights.turn import Key
from dsl.models.weights import KERAS, OWN
from dsl.text.problems import NOWHERE, Problem, SpecError

State = dict[str, Tensor]
Given = Mapping[str, Any] | str | Path


@dataclass(frozen=True)
class Loaded:
    """Tensors under our names, and the report on how they came about."""

    state: State
    report: WeightsReport


def load_weights(
    model: nn.Module,
    weights: Given,
    source: str = OWN,
    *,
    skip_head: bool = False,
    skip_aux: bool = False,
    transform_input: bool = False,
) -> WeightsReport:
    """Load a public checkpoint into a model that `compile_spec` made; says what was done.

    `weights` is a state dict, or a `.pth`, `.pt`, `.safetensors`, `.weights.h5` or `.h5` file;
    `source` says whose names it has: one that the spec has a map for, or `own`. Every tensor
    must have its counterpart and its shape, or `dsl.SpecError` names all that don't, and the
    model stays as it was. With `skip_head` the layers as wide as there are classes stay as
    they are; with `skip_aux` so do auxiliary heads that only one side has. With
    `transform_input` the model then takes images normalised as torchvision's, with the mean
    and deviation of ImageNet, where that can be had exactly.

    >>> report = load_weights(model, "inception_v3.pth", source="torchvision")
    """
    wishes = Wishes(skip_head, skip_aux)
    return load_as_wished(model, weights, source, wishes, transform_input=transform_input)


def load_as_wished(
    model: nn.Module, weights: Given, source: str, wishes: Wishes, *, transform_input: bool
) -> WeightsReport:
    """The same for callers within the compiler, whose users have other ways out."""
    network, there = _network(model), dict(model.state_dict())
    _refuse_rewritten(network, source)
    if _empty(there):
        raise ValueError("the model is on meta and holds no numbers; call model.to_empty first")
    wanted = _of_model(slots(network, source), there)
    dtypes = {name: tensor.dtype for name, tensor in there.items()}
    loaded = _loaded(network, wanted, weights, source, wishes, dtypes)
    loaded = _folded(network, loaded) if transform_input else loaded
    with torch.no_grad():
        # First copies, then the model: what fails leaves it alone, and so may be given its own.
        ready = {name: value.to(there[name], copy=True) for name, value in loaded.state.items()}
        for name, value in ready.items():
            there[name].copy_(value)
    return finite.said(loaded.report, ready)


def convert_weights(
    network: Network,
    weights: Given,
    source: str = OWN,
    *,
    skip_head: bool = False,
    skip_aux: bool = False,
    transform_input: bool = False,
) -> Loaded:
    """The same without a model: the tensors under our names, in the types that they have."""
    _refuse_rewritten(network, source)
    wishes = Wishes(skip_head, skip_aux)
    loaded = _loaded(network, slots(network, source), weights, source, wishes, {})
    loaded = _folded(network, loaded) if transform_input else loaded
    return replace(loaded, report=finite.said(loaded.report, loaded.state))


def export_weights(model: nn.Module, source: str = OWN, file: str | Path | None = None) -> State:
    """A model's weights under a source's names and in its layout, as its own model loads them.

    With `file` they are written there too: `.pth`, `.pt`, `.safetensors`, and for Keras
    `.weights.h5`. Raises `dsl.SpecError` where the source has no name for a layer of the
    trunk; auxiliary heads that it has no name for are left out.
    """
    path = None if file is None else Path(file)
    return export_state(_network(model), model.state_dict(), source, path)


def export_state(
    network: Network, state: Mapping[str, Tensor], source: str, file: Path | None = None
) -> State:
    """The same for tensors under our names."""
    _refuse_rewritten(network, source)
    wanted = _of_model(slots(network, source), state)
    lost = [slot for slot in wanted if not (slot.name or slot.head or slot.path.endswith(COUNTER))]
    if lost:
        texts = (f"{slot.path} has no name in the map of {source}" for slot in lost)
        raise SpecError(Problem("E152", NOWHERE, text) for text in texts)
    named = [slot for slot in wanted if slot.name]
    made = {slot.name: slot.turn.theirs(state[slot.path].detach()).clone() for slot in named}
    if file is not None:
        if _empty(state):
            raise ValueError(f"can't write {file}: the model is on meta and holds no numbers")
        keys = {slot.path: slot.key for slot in named}
        write(file, _content(network, source, keys, made, file))
    return made


def _refuse_rewritten(network: Network, source: str) -> None:
    """Raise `ValueError` for a source's names where passes left other weights than it has."""
    if network.rewritten and source != OWN:
        raise ValueError(refusal(network, f"its weights aren't those that {source} names"))


def _empty(state: Mapping[str, Tensor]) -> bool:
    return any(tensor.is_meta for tensor in state.values())


def _content(
    network: Network, source: str, keys: Mapping[str, Key], made: State, file: Path
) -> bytes:
    if not file.name.endswith(".weights.h5"):
        return files.written(made, file)
    if source != KERAS:
        message = f"can't write {file}: .weights.h5 is for Keras's weights, these are {source}'s"
        raise SpecError([Problem("E001", NOWHERE, message, help="write .pth or .safetensors")])
    arrays = {name: _array(tensor) for name, tensor in made.items()}
    return files.written_keras(keras.layers(network, keys, arrays), file)


def _array(tensor: Tensor) -> Any:
    """As NumPy has it, which knows no bfloat16."""
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).cpu().numpy()


def _network(model: nn.Module) -> Network:
    if isinstance(model, CompiledNetwork):
        return model.network
    help = "convert the file with `inception-compile weights`, and load what it writes"
    kind = type(model).__name__
    raise TypeError(f"a model that compile_spec made is needed, not a {kind}; {help}")


def _of_model(wanted: Iterable[Slot], state: Mapping[str, Tensor]) -> tuple[Slot, ...]:
    """The slots that a model has, in the shapes that it has: its head may have been replaced."""
    here = (slot for slot in wanted if slot.path in state)
    return tuple(replace(slot, shape=tuple(state[slot.path].shape)) for slot in here)


def _loaded(
    network: Network,
    wanted: tuple[Slot, ...],
    weights: Given,
    source: str,
    wishes: Wishes,
    dtypes: Mapping[str, object],
) -> Loaded:
    if isinstance(weights, Mapping):
        given = files.from_state(weights)
    else:
        keys = {slot.path: slot.key for slot in wanted}
        given = files.read(Path(weights), lambda: keras.order(network, keys))
    wishes = _with_absent(wishes, network, wanted, source)
    found = match(wanted, given.tensors, wishes, dtypes)
    if found.problems:
        mistaken(network, given.tensors, source)
        raise SpecError(found.problems)
    notes = (*given.notes, *notes_on(source))
    report = WeightsReport(network.name, source, given.origin, tuple(found.rows), notes)
    return Loaded(_ours(found, given.tensors), report)


def _ours(found: Matching, given: Mapping[str, Tensor]) -> State:
    """The tensors under our names, in our layout."""
    taken = found.taken.items()
    state = {path: slot.turn.ours(given[slot.name], slot.shape) for path, slot in taken}
    for path, slot in found.defaults.items():
        dtype = torch.float32 if slot.shape else torch.int64
        state[path] = torch.full(slot.shape, slot.default or 0, dtype=dtype)
    return state


def _with_absent(wishes: Wishes, network: Network, wanted: Iterable[Slot], source: str) -> Wishes:
    """The same, knowing what the checkpoint may have and this network hasn't."""
    whole = network.whole or network
    here = {slot.head for slot in wanted}
    heads = {*network.heads_left_out, *(tap.name for tap in whole.taps)} - here
    names = naming(whole, source)
    names.places(whole)
    unused = {entry.address for block, entry in names.unused(whole) if not block}
    known = {entry.address: entry.public for entry in names.entries}
    absent = {f"{known.get(part, part)}.": part for part in (*heads, *(unused - heads))}
    passed = {*heads, *(unused if wishes.skip_aux else ())}
    if whole is not network:
        cut = (slot.name for slot in slots(whole, source) if slot.per_class and not slot.head)
        absent |= dict.fromkeys(cut, CLASSIFIER)
        passed |= {CLASSIFIER} if wishes.skip_head else set()
    variants = tuple(network.spec.variants)
    wishes = replace(wishes, beyond=names.names.beyond, variants=variants)
    return replace(wishes, absent=absent, passed=frozenset(passed))


def _folded(network: Network, loaded: Loaded) -> Loaded:
    """The same, made for images that are normalised as torchvision's."""
    changed = fold_transform_input(network, loaded.state)
    rows = [_as_folded(row) if row.ours in changed else row for row in loaded.report.rows]
    note = "transform_input was folded into the first layer: the model takes images normalised "
    note += "with ImageNet's mean and deviation, as torchvision's does"
    others = set(loaded.report.notes) - set(notes_on(loaded.report.source))
    report = replace(loaded.report, rows=tuple(rows), notes=(*others, note))
    return Loaded({**loaded.state, **changed}, report)


def _as_folded(row: Row) -> Row:
    return replace(row, action=FOLDED, note="transform_input")
