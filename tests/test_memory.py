"""What is remembered of earlier calls changes nothing: random specs and changes, both ways."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dsl
from compiler.cost import Report, cost
from compiler.cost.render import as_json
from compiler.ir.network import Network
from compiler.ir.symbols import Sym
from compiler.lowering.lower import lower
from compiler.source import emit
from dsl import Spec, SpecError
from dsl.changing.address import parts
from dsl.models.layers import Call, Conv, Ramp
from dsl.models.spec import Block
from dsl.text.memory import MEMORIES, Memory, forget
from tests.strategies import specs
from tests.test_changes_properties import changes

Outcome = tuple[Any, ...]


def written(value: Any) -> Any:
    """A value with everything that equality passes over: places, and what numbers stand for."""
    if isinstance(value, Sym):
        return int(value), tuple(value.terms.items()), value.const
    if isinstance(value, Spec):
        return dsl.dump(value)
    if is_dataclass(value) and not isinstance(value, type):
        parts = [(each.name, written(getattr(value, each.name))) for each in fields(value)]
        return type(value).__name__, parts
    if isinstance(value, tuple):
        return type(value).__name__, [written(part) for part in value]
    if isinstance(value, dict):
        return [(key, written(part)) for key, part in value.items()]
    return repr(value)


def outcome(make: Callable[[], Spec], limit: int = 10**9, *, source: bool = True) -> Outcome:
    """All that comes of a spec: its network, source and cost, or its problems with their places."""
    try:
        network = lower(make(), limit=limit)
    except SpecError as error:
        return ("refused", [repr(problem) for problem in error.problems])
    reports = [cost(network), cost(network, batch=3, training=True)]
    text = emit(network, "") if source else ""
    return ("made", written(network), text, *map(told, reports))


def told(report: Report) -> tuple[str, Any]:
    return as_json(report), written(report.total)


def fresh(make: Callable[[], Spec], limit: int = 10**9, *, source: bool = True) -> Outcome:
    forget()
    return outcome(make, limit, source=source)


careful = settings(max_examples=60)


@careful
@given(st.data())
def test_a_sweep_gives_what_each_network_gives_alone(data: st.DataObject) -> None:
    spec = data.draw(specs())
    steps = data.draw(st.lists(changes(spec), min_size=1, max_size=4))
    makers: list[Callable[[], Spec]] = [lambda: spec]
    makers += [partial(changing, spec, each) for each in steps]
    alone = [fresh(attempt(make)) for make in makers]
    forget()
    assert [outcome(attempt(make)) for make in makers] == alone
    assert [outcome(attempt(make)) for make in reversed(makers)] == alone[::-1]


def numbers(spec: Spec) -> list[str]:
    """The addresses at which a whole number stands."""
    found: list[str] = []

    def visit(owner: Any, path: tuple[str, ...]) -> None:
        for name, part in parts(owner).items():
            if type(part) is int:
                found.append(".".join((*path, name)))
            visit(part, (*path, name))

    visit(spec, ())
    return found


@careful
@given(st.data())
def test_other_numbers_give_what_they_give_alone(data: st.DataObject) -> None:
    """What is found of names, and of branches that read no such number, serves again."""
    spec = data.draw(specs())
    settled = st.dictionaries(st.sampled_from(numbers(spec)), st.integers(0, 24), min_size=1)
    other: st.SearchStrategy[dict[str, Any]]
    other = st.builds(lambda found: {"set": found}, settled) | st.sampled_from(FACTORS)
    steps = data.draw(st.lists(other, min_size=2, max_size=6))
    makers = [attempt(partial(changing, spec, each)) for each in steps]
    alone = [fresh(make, source=False) for make in makers]
    forget()
    assert [outcome(make, source=False) for make in makers] == alone
    assert [outcome(make, source=False) for make in reversed(makers)] == alone[::-1]


FACTORS: list[dict[str, Any]] = [
    {"width": 0.5},
    {"width": 3},
    {"width": 0.01},
    {"width": {"by": 0.7, "round_to": 4}},
]
CALLED = Block(params={"c": None}, body=Conv(kernel=(1, 1), width="c"))
WRONG = {
    "nothing changes over repeats": Call(block="A", args={"c": Ramp(4, 8)}),
    "no such block": Call(block="B", args={"c": 4}),
    "no such parameter": Call(block="A", args={"c": 4, "d": 4}),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_fault_in_words_stays_one_whatever_the_numbers(what: str) -> None:
    steps = Conv(kernel=(1, 1), width=8), WRONG[what]
    spec = Spec(name="n", input=(3, 8, 8), classes=2, inception={"A": CALLED}, stem=steps)
    makers = [attempt(partial(changing, spec, {"width": n})) for n in (2, 3)]
    makers += [attempt(partial(changing, spec, {"set": {"conv.width": 4}})), lambda: spec]
    alone = [fresh(make, source=False) for make in makers]
    forget()
    assert [outcome(make, source=False) for make in makers] == alone
    assert alone[-1][0] == "refused"


def changing(spec: Spec, changes: dict[str, Any]) -> Spec:
    return dsl.change(spec, dsl.Changes(**changes))


def attempt(make: Callable[[], Spec]) -> Callable[[], Spec]:
    """What isn't even a change is refused in its own way."""

    def tried() -> Spec:
        try:
            return make()
        except ValueError as error:
            if isinstance(error, SpecError):
                raise
            raise SpecError([dsl.Problem("E030", dsl.Span("", 0, 0), str(error))]) from None

    return tried


TURNS: dict[str, list[dict[str, Any]]] = {
    "inception_v3": [
        {"mixed_6b.c7": 96},
        {"mixed_6c.c7": 96},
        {"inception.B.branch1.width": 200},
        {"classes": 10},
        {"input": [3, 331, 331]},
        {"input": [1, 299, 299]},
        {"defaults.act": "silu"},
        {"stem.conv1.width": 40},
    ],
    "googlenet": [
        {"inception_3a.pp": 48},
        {"classes": 7},
        {"aux.aux1.weight": 0.5},
        {"defaults.eps": 0.001},
    ],
    "inception_resnet_v2": [{"classes": 5}, {"defaults.norm": "none"}],
}


@pytest.mark.parametrize("name", TURNS)
def test_the_shelf_swept(name: str) -> None:
    spec = dsl.load(name)
    turns = [changes for changes in TURNS[name] if fits(spec, changes)]
    assert len(turns) > 1
    makers = [lambda turn=turn: dsl.change(spec, turn) for turn in turns]
    alone = [fresh(make) for make in makers]
    forget()
    lower(spec)
    assert [outcome(make) for make in makers] == alone
    assert [outcome(make) for make in makers] == alone


def fits(spec: Spec, changes: dict[str, Any]) -> bool:
    try:
        dsl.change(spec, changes)
    except SpecError:
        return False
    return True


def test_a_limit_is_crossed_where_it_is_crossed_without_memory() -> None:
    spec = dsl.load("googlenet")
    network = lower(spec)
    for limit in (1, 10_000, 1_000_000, 6_000_000, cost(network, training=True).total.params - 1):
        lower(spec)
        remembered = outcome(lambda: spec, limit)
        assert remembered[0] == "refused"
        assert remembered == fresh(lambda: spec, limit)


def test_the_number_of_classes_is_read_by_the_classifier_alone() -> None:
    """A sweep over classes uses all other steps again."""
    spec = dsl.load("inception_v3")
    one, other = lower(spec), lower(dsl.change(spec, {"classes": 10}))
    same = [a.name for a, b in zip(one.nodes, other.nodes, strict=True) if a is b]
    different = [a.name for a, b in zip(one.nodes, other.nodes, strict=True) if a is not b]
    assert different == ["aux", "flatten", "fc"]
    assert len(same) > 15


def test_one_changed_step_is_lowered_alone() -> None:
    spec = dsl.load("inception_v3")
    one, other = lower(spec), lower(dsl.change(spec, {"mixed_6b.c7": 96}))
    different = [a.name for a, b in zip(one.nodes, other.nodes, strict=True) if a is not b]
    assert different == ["mixed_6b", "flatten", "fc"]  # A flatten's name depends on all others.


def test_two_threads_sweep_at_once() -> None:
    spec = dsl.load("googlenet_96")
    name = next(node.name for node in lower(spec).nodes if getattr(node, "use", None))
    argument = next(iter(argument_names(lower(spec), name)))
    makers = [
        lambda n=n: dsl.change(spec, {f"{name}.{argument}": 8 + n % 7, "classes": 2 + n % 3})
        for n in range(42)
    ]
    alone = [fresh(make, source=False) for make in makers]
    forget()
    with ThreadPoolExecutor(4) as pool:
        swept = pool.map(lambda make: outcome(make, source=False), makers * 2)
        assert list(swept) == alone * 2


def argument_names(network: Network, name: str) -> list[str]:
    use = next(node.use for node in network.nodes if node.name == name)  # type: ignore[union-attr]
    assert use
    return list(use.args)


def test_memories_are_bounded_and_let_go() -> None:
    class Thing:
        pass

    memory: Memory[int] = Memory(10)
    try:
        things = [Thing() for _ in range(100)]
        for number, thing in enumerate(things):
            memory.put(number, (thing,))
        assert len(memory.young) + len(memory.old) <= 10
        assert memory.get((things[-1],)) == 99
        assert memory.get((things[0],)) is None
        gone = weakref.ref(things[0])
        things.clear()
        gc.collect()
        assert gone() is None
        memory.forget()
        assert not memory.young
        assert not memory.old
    finally:
        MEMORIES.remove(memory)


def test_a_sweep_does_not_grow_without_end() -> None:
    spec = dsl.load("googlenet_96")
    name = next(node.name for node in lower(spec).nodes if getattr(node, "use", None))
    argument = argument_names(lower(spec), name)[0]
    for n in range(40):
        lower(dsl.change(spec, {f"{name}.{argument}": 8 + n}))
    for memory in MEMORIES:
        assert len(memory.young) <= memory.half
        assert len(memory.old) <= memory.half


def test_a_node_works_its_shape_out_once() -> None:
    node = lower(dsl.load("googlenet")).nodes[-1]
    assert node.out is node.out
    assert "out" in vars(node)
