"""What must hold of every change, drawn at random: of variants, scaling, `resolve` and `diff`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, composite

import dsl
from compiler.diff import Change, diff
from compiler.ir.fit import least, misfit
from compiler.ir.network import Network
from compiler.lowering.lower import lower
from dsl import Changes, Spec, SpecError
from dsl.changing.address import parts
from dsl.models.changes import Width
from dsl.models.layers import Call
from dsl.models.promises import Expect
from dsl.writing.resolved import resolved
from tests.strategies import images, specs

quick = settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
ODD = [
    "", ".", "..", "a.b", "é", "\u202e", "\u2028", "\U0001f600", "x" * 200, "0", "-1", "1e999",
    "9" * 20, "nan", "true", "none", "null", "~", "in", "classes", "n", "3x3 4", "Leaf", "Leaf n=3",
    "Shrink", "{}", "[]", "- a", "a: b", "# x", "'", '"', "{a: b}", "[3, 8, 8]", "\n", "\t",
    "1x1 4 x100000", "class", "train", "fc classes", "@", "<<", "&a", "*a", "!!x", "%", "x2", "0.5",
]  # fmt: skip  # a grid reads better
WORDS = st.sampled_from(ODD) | st.text(max_size=8)
PLAIN = WORDS | st.integers() | st.floats() | st.booleans() | st.none()
STEPS = st.sampled_from([{"concat": ["1x1 4", "3x3 4"]}, {"a": "1x1 4"}, ["1x1 4", "3x3 4"]])
VALUES = STEPS | st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)
FACTORS = st.floats(0.001, 1000) | st.sampled_from([0.5, 2, 1])


def addresses(spec: Spec) -> list[str]:
    """Every address that leads somewhere."""
    found: list[str] = []

    def visit(owner: Any, path: tuple[str, ...]) -> None:
        left_out = spec.blocks[owner.block].params if isinstance(owner, Call) else {}
        for name, part in {**left_out, **parts(owner)}.items():
            found.append(".".join((*path, name)))
            visit(part, (*path, name))

    visit(spec, ())
    return found


@composite
def changes(draw: DrawFn, spec: Spec) -> dict[str, Any]:
    """What a variant may hold, sense or nonsense."""
    known = st.sampled_from(addresses(spec))
    address = known | WORDS | st.tuples(known, WORDS).map(".".join)
    where = st.sampled_from(["after", "before", "beside"])
    insertion = st.tuples(where, address, WORDS, VALUES).map(lambda i: {i[0]: i[1], i[2]: i[3]})
    kinds = {
        "set": st.dictionaries(address, VALUES, max_size=2),
        "remove": st.lists(address, max_size=2),
        "insert": st.lists(insertion, max_size=2),
        "width": FACTORS | st.fixed_dictionaries({"by": FACTORS, "min": st.integers(-1, 99)}),
        "depth": FACTORS,
    }
    return draw(st.fixed_dictionaries({}, optional=kinds))


def loaded(text: str) -> Spec | SpecError:
    """The spec, or what is wrong with it."""
    try:
        return dsl.loads(text)
    except SpecError as error:
        return error


@quick
@given(st.data())
def test_a_variant_is_read_and_written_back_or_refused_at_a_place_in_the_text(data: Any) -> None:
    spec = data.draw(specs())
    variant = json.dumps({"v": data.draw(changes(spec))}, ensure_ascii=False)
    text = f"{dsl.dump(spec)}variants: {variant}\n"
    found = loaded(text)
    if isinstance(found, SpecError):
        lines = text.split("\n")
        for span in (problem.span for problem in found.problems):
            assert 1 <= span.line <= len(lines), found
            assert 1 <= span.column <= len(lines[span.line - 1]) + 1, found
        return
    assert dsl.loads(dsl.dump(found)) == found
    made = dsl.choose(found, "v")
    assert dsl.loads(dsl.dump(made)) == made
    assert dsl.loads(resolved(made)) == made


@quick
@given(specs(), st.sampled_from([0.3, 0.5, 1, 2]))
def test_widths_scale_back_and_forth(spec: Spec, factor: float) -> None:
    alike = spec.model_copy(update={"expect": Expect()})
    made = dsl.change(spec, Changes(width=Width(by=factor)))
    codes: set[str] = set()
    try:
        lower(made)
    except dsl.SpecError as error:
        codes = {problem.code for problem in error.problems}
    # A width that was scaled down may no longer divide into its groups, or give each one number.
    assert codes <= ({"E107", "E116"} if factor < 1 else set())
    if factor == 1:
        assert made == alike
    elif factor == 2:
        assert dsl.change(made, Changes(width=Width(by=0.5))) == alike


def said(change: Change, *, swapped: bool = False) -> str:
    """A change as text, or its opposite."""
    place = (change.place.one, change.place.other)
    values = (change.old, change.new)
    return repr(
        (change.what, place[::-1], values[::-1]) if swapped else (change.what, place, values)
    )


@quick
@given(specs(), specs())
def test_a_comparison_is_empty_for_equals_and_turns_round(one: Spec, other: Spec) -> None:
    mine, theirs = lower(one), lower(other)
    assert diff(mine, lower(dsl.loads(dsl.dump(one)))).changes == ()
    there, back = diff(mine, theirs), diff(theirs, mine)
    assert sorted(map(said, there.changes)) == sorted(said(c, swapped=True) for c in back.changes)


INIT = "normal:0.125"
"""One that `specs()` never draws."""


@quick
@given(st.data())
def test_a_planted_change_is_found_and_no_other(data: Any) -> None:
    spec = data.draw(specs())
    known = [name for name in addresses(spec) if re.match(r"(stem|body|head|aux)\..*\.init$", name)]
    address = data.draw(st.sampled_from(known))
    found = diff(lower(spec), lower(dsl.change(spec, {address: INIT}))).changes
    assert {(change.what, change.new) for change in found} == {("init", INIT)}
    step = address.split(".")[1]
    assert all(change.place.one.split(".")[0] == step for change in found)


def tried(network: Network, training: bool) -> tuple[int, int]:
    """The least input, by trying every size."""
    channels, height, width = (int(size) for size in network.input)

    def fits(rows: int, columns: int) -> bool:
        return not misfit(network, (2, channels, rows, columns), training)

    if height == width:
        side = next((n for n in range(1, height) if fits(n, n)), height)
        return side, side
    rows = next((n for n in range(1, height) if fits(n, width)), height)
    return rows, next((n for n in range(1, width) if fits(height, n)), width)


@quick
@given(images(), st.booleans())
def test_the_least_input_is_the_first_of_all_that_fits(spec: Spec, square: bool) -> None:
    channels, height, width = spec.input
    size = (channels, height, height if square else width)
    network = lower(spec.model_copy(update={"input": size}))
    found = least(network)
    assert (found.evaluating, found.training) == (tried(network, False), tried(network, True))


@quick
@given(specs())
def test_every_comment_names_the_line_that_its_line_came_from(tmp_path: Path, spec: Spec) -> None:
    (tmp_path / "base.yaml").write_text(dsl.dump(spec), encoding="utf-8")
    path = tmp_path / "heir.yaml"
    path.write_text(f"extends: base.yaml\nname: {spec.name}\ntitle: A\nwidth: 1\n")
    heir = dsl.load(path)
    text = resolved(heir)
    assert dsl.loads(text) == heir
    source = dsl.dump(spec).split("\n")
    seen = 0
    for line, bare in zip(text.split("\n"), dsl.dump(heir).split("\n"), strict=True):
        assert line.startswith(bare)
        places = re.findall(r"base\.yaml:([0-9]+)", line[len(bare) :])
        begins = re.match(r" *(- |[\w.]+:)", bare)  # and is no end of a long text
        if len(places) == 1 and begins:
            assert source[int(places[0]) - 1] == bare
            seen += 1
    assert seen > 5
