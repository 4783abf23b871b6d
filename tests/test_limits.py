"""Inside the limits nothing hangs: work grows no faster than the spec, and what is over is said.

Growth is told by counting what Python calls, for one size and for twice that: it doesn't depend on
how busy the machine is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import dsl
from compiler.cost import cost
from compiler.diff import align
from compiler.diff.align import BAND, aligned
from compiler.diff.differences import compare
from compiler.ir.network import Network
from compiler.ir.nodes import Node
from compiler.lowering.lower import lower
from compiler.lowering.size import MOST_LAYERS
from compiler.report.source_lines import lines_by_path
from compiler.report.texts import texts
from compiler.source import emit
from dsl.models.fields import MAX_TEXT
from dsl.reading import limits
from dsl.text.memory import forget
from dsl.text.problems import SpecError
from tests.counting import counted
from tests.networks import dots
from tests.test_cost import FORMS

START = "name: t\ninput: [3, 32, 32]\nclasses: 10\n"
END = "head: [globalpool avg, fc classes]\n"
MOST = 2.3
"""How much more twice as much may take; 4 would be quadratic."""


def steps(count: int) -> str:
    return START + "stem:\n" + "  - 1x1 2\n" * count + END


def branches(count: int) -> str:
    return START + f"stem: [{{concat: [{', '.join(['1x1 1'] * count)}]}}]\n" + END


def repeats(count: int) -> str:
    return START + f"stem: [1x1 2 x{count}]\n" + END


def blocks(count: int) -> str:
    defined = "".join(f"  B{i}: {{concat: [1x1 2, 3x3 {i + 1}]}}\n" for i in range(count))
    calls = "".join(f"  - B{i}\n" for i in range(count))
    return f"{START}inception:\n{defined}body:\n{calls}{END}"


def calls(count: int) -> str:
    block = "inception:\n  A: {params: [w], concat: [1x1 w, 3x3 2]}\n"
    return f"{START}{block}body:\n" + "".join(f"  - A w={i + 1}\n" for i in range(count)) + END


def heads(count: int) -> str:
    head = "weight: 0.1, do: [globalpool avg, fc classes]"
    taps = "".join(f"  - a{i}: {{from: c{i}, {head}}}\n" for i in range(count))
    named = "".join(f"  - c{i}: 1x1 2\n" for i in range(count))
    return f"{START}stem:\n{named}{END}aux:\n{taps}"


def params(count: int) -> str:
    names = [f"p{i}" for i in range(count)]
    block = (
        f"  A: {{params: [{', '.join(names)}], concat: [{', '.join(f'1x1 {n}' for n in names)}]}}"
    )
    given = " ".join(f"{name}=2" for name in names)
    return f"{START}inception:\n{block}\nbody: [A {given}]\n{END}"


def promises(count: int) -> str:
    promised = ", ".join(f"out.conv{i + 1}: [2, 32, 32]" for i in range(count))
    return f"{steps(count)}expect: {{{promised}}}\n"


SHAPES: dict[str, tuple[Callable[[int], str], int]] = {
    "steps": (steps, 300),
    "branches": (branches, 150),
    "repeats": (repeats, 300),
    "blocks": (blocks, 60),
    "calls": (calls, 150),
    "auxiliary heads": (heads, 30),
    "parameters": (params, 30),
    "promises": (promises, 100),
}


def reports(text: str) -> Callable[[], object]:
    network = lower(dsl.loads(text))
    return lambda: [write(cost(network)) for write in FORMS.values()]


def differences(text: str) -> Callable[[], object]:
    changed = text.replace("1x1", "3x3", 1)
    one, other = lower(dsl.loads(text)), lower(dsl.loads(changed))
    return lambda: compare(one, other)


def views(text: str) -> Callable[[], object]:
    """What a report adds to drawings, costs and source: where each layer stands in texts."""
    network = lower(dsl.loads(text))
    source = emit(network)
    return lambda: (texts(network), lines_by_path(network, source))


def reading(text: str) -> Callable[[], object]:
    return partial(dsl.loads, text)


def lowering(text: str) -> Callable[[], object]:
    return partial(lower, dsl.loads(text))


def emitter(emitted: Callable[[Network], object]) -> Callable[[str], Callable[[], object]]:
    return lambda text: partial(emitted, lower(dsl.loads(text)))


STAGES: dict[str, Callable[[str], Callable[[], object]]] = {
    "read": reading,
    "lower": lowering,
    "cost": reports,
    "source": emitter(emit),
    "draw": emitter(dots),
    "report": views,
    "diff": differences,
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("shape", SHAPES)
def test_twice_as_much_takes_twice_as_long(
    shape: str, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, count = SHAPES[shape]
    monkeypatch.setattr(align, "BAND", 20)  # Up to there every pair is weighed.
    STAGES[stage](make(2))()  # What is done once in a process isn't counted.
    once, twice = (counted(STAGES[stage](make(n))) for n in (count, 2 * count))
    assert twice < MOST * once, (once, twice)


FLOODS = {
    "no layer": "1s{}",
    "an option": "3x3 8 nopaddd{}",
    "an option's value": "maxpool 3x3 foo={}",
    "a block": "Abc{} c=3",
    "a number": "3x3 nn{}",
}


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_of_mistakes_takes_no_longer_than_what_is_right(flood: str) -> None:
    """What nobody will read gets no advice, which takes a thousand times as long."""

    def refused(count: int) -> None:
        wrong = "".join(f"  - {FLOODS[flood].format(place)}\n" for place in range(count))
        with pytest.raises(SpecError) as caught:
            dsl.loads(f"{START}stem:\n{wrong}{END}")
        assert len(caught.value.problems) == count

    def right(count: int) -> None:
        lower(dsl.loads(steps(count)))

    forget()  # Other floods were held against the same texts.
    more = counted(partial(refused, 800)) - counted(partial(refused, 400))
    assert more < 5 * (counted(partial(right, 800)) - counted(partial(right, 400)))


OVER = {
    "variants": (
        steps(1) + "variants:\n" + "".join(f"  v{i}: {{set: {{classes: 5}}}}\n" for i in range(33)),
        "more than 32 variants",
        "8:3",
    ),
    "steps": (steps(limits.MAX_STEPS), "more than 5,000 steps", "5005:8"),
    "branches": (branches(1001), "more than 1,000 branches", "4:7018"),
    "blocks": (blocks(257), "more than 256 blocks", "5:3"),
    "heads": (heads(65), "more than 64 auxiliary heads", "72:3"),
    "parameters": (params(65), "more than 64 parameters", "5:326"),
    "promises": (promises(257), "more than 256 expected shapes", "263:9"),
    "title": (
        START + f"title: {'x' * 250_000}\n" + END,
        f"text of at most {MAX_TEXT:,} letters, this has 250,000",
        "4:8",
    ),
    "changes": (
        START
        + "stem: ["
        + ", ".join(f"{{s{i}: 1x1 2}}" for i in range(501))
        + f"]\n{END}variants:\n  v:\n    set: {{"
        + ", ".join(f"s{i}.width: 3" for i in range(501))
        + "}\n",
        "more than 500 changes",
        "7:3",
    ),
}


@pytest.mark.parametrize("what", OVER)
def test_what_is_over_a_limit_is_refused_where_it_stands(what: str) -> None:
    text, message, place = OVER[what]
    with pytest.raises(SpecError) as caught:
        dsl.loads(text)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert f"{problem.span.line}:{problem.span.column}" == place


def test_a_program_can_t_change_more_than_a_file() -> None:
    spec = dsl.loads(START + "stem: [" + ", ".join(f"{{s{i}: 1x1 2}}" for i in range(501)) + "]\n")
    with pytest.raises(SpecError, match="more than 500 changes"):
        dsl.change(spec, {f"s{i}.width": 3 for i in range(501)})


def test_repeats_are_counted_before_anything_is_lowered() -> None:
    spec = dsl.loads(repeats(MOST_LAYERS + 1))
    with pytest.raises(SpecError, match="resolves to 5,003 layers, the limit is 5,000"):
        lower(spec)


def test_the_language_s_page_names_every_limit() -> None:
    page = (Path(__file__).parent.parent / "docs" / "language.md").read_text(encoding="utf-8")
    section = page.partition("## Limits")[2].partition("## ")[0]
    numbers = [value for name, value in vars(limits).items() if name.startswith("MAX_")]
    for number in (*numbers, MAX_TEXT, MOST_LAYERS):
        assert f"{number:,}" in section, number


def test_what_is_equal_at_the_ends_is_not_weighed() -> None:
    names = [f"s{i}" for i in range(200)]
    texts = (
        START + "stem: [" + ", ".join(f"{{{name}: 1x1 2}}" for name in chosen) + "]\n"
        for chosen in (names, [*names[:100], "new", *names[100:]])
    )
    one, other = (lower(dsl.loads(text)).nodes for text in texts)
    pairs = aligned(one, other)
    assert [new.name for old, new in pairs if old is None and new] == ["new"]
    assert all(old.name == new.name for old, new in pairs if old and new)
    assert counted(lambda: aligned(one, other)) < 20_000


def test_long_sides_are_weighed_near_the_diagonal() -> None:
    def tall(count: int, kernel: str) -> tuple[Node, ...]:
        return lower(dsl.loads(START + "stem:\n" + f"  - {kernel} 2\n" * count)).nodes

    count = 2 * BAND + 100
    one, other = tall(count, "1x1"), tall(count + 1, "3x3")
    pairs = aligned(one, other)
    assert [node for node, _ in pairs if node] == list(one)
    assert [node for _, node in pairs if node] == list(other)
    assert sum(old is not None and new is not None for old, new in pairs) >= count - 1
