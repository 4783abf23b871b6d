"""One spec, read and lowered and looked at: its errors, or what the lints say of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import dsl
from compiler.checking.allowances import UNCLEAR, UNUSED, Allowed, allowed
from compiler.checking.likeness import named, read_recipe, read_sweep
from compiler.checking.linting import Between, linted, nothing, placed
from compiler.checking.sparing import spared
from compiler.cost import cost
from compiler.cost.contract import broken, exceeded
from compiler.findings.explained import Explained
from compiler.ir.network import Network
from compiler.lints import every_lint
from compiler.lowering.lower import LIMIT, lower
from compiler.lowering.prepare import NO_OVERRIDES, Overrides, Piped, Prepared, Where, prepare
from dsl.changing.sweeping import points_of, swept
from dsl.models import shelf
from dsl.models.recipe import Recipe
from dsl.models.spec import Spec
from dsl.models.sweep import Sweep
from dsl.reading.extending import Find
from dsl.reading.kinds import Kind
from dsl.text.problems import NOWHERE, Problem, SpecError, by_place


@cache
def explained() -> tuple[Explained, ...]:
    """Every finding there is, by its code."""
    return tuple(sorted((*every_lint(), UNUSED, UNCLEAR), key=lambda each: each.code))


@cache
def codes() -> tuple[str, ...]:
    """The codes of every finding."""
    return tuple(each.code for each in explained())


@dataclass(frozen=True)
class Examined:
    """What is wrong with a spec, sorted by place; `allowed` is how many findings comments allow.

    Where nothing keeps the spec from being built, `prepared` is what it comes to. A recipe or a
    sweep comes to itself, where nothing is wrong with it.
    """

    file: str
    problems: tuple[Problem, ...]
    texts: Mapping[str, str] = field(default_factory=dict)
    allowed: int = 0
    prepared: Prepared | None = field(default=None, compare=False)
    kind: Kind = "spec"
    recipe: Recipe | None = field(default=None, compare=False)
    sweep: Sweep | None = field(default=None, compare=False)


def problems_of(found: Iterable[Examined]) -> list[Problem]:
    """The problems of several specs, in order."""
    return [problem for each in found for problem in each.problems]


@dataclass(frozen=True)
class Asked:
    """Which network of a spec is meant: without anything chosen or changed, all its variants."""

    variant: str | None = None
    overrides: Overrides = NO_OVERRIDES
    limit: int = LIMIT
    budgets: Mapping[str, str] = field(default_factory=dict)
    """What each network keeps besides what its spec promises, by quantity."""

    @property
    def whole(self) -> bool:
        """Whether it is the spec as it is written."""
        return self.variant is None and self.overrides == NO_OVERRIDES


AS_WRITTEN = Asked()


def examined(where: Where, asked: Asked = AS_WRITTEN, *, between: Between = nothing) -> Examined:
    """What is wrong with a spec, and with its variants where none is chosen; or with another file.

    Never raises for what a spec can hold; `between` may, by which whoever asked gives up.
    """
    where = placed(where) if isinstance(where, Spec) else where
    if not isinstance(where, Spec) and (kind := named(where)) != "spec":
        return _of_recipe(where) if kind == "recipe" else _of_sweep(where)
    try:
        prepared = prepare(where, asked.variant, overrides=asked.overrides, limit=asked.limit)
    except SpecError as error:
        return _refused(name_of(where), error, asked, between)
    return looked_through(prepared, name_of(where), asked, between)


def looked_through(
    prepared: Prepared, file: str, asked: Asked = AS_WRITTEN, between: Between = nothing
) -> Examined:
    """The same of a spec that was built already, and is no recipe."""
    spec, whole = prepared.spec, asked.whole
    own = _found(prepared.network, asked, between)
    found = [problem for _, problem in own]
    if whole:
        found += _of_variants(spec, {key for key, _ in own}, asked, between)
    comments = allowed(spec.texts, codes())
    left = comments.left(found)
    problems = [*left, *(_about_comments(comments, spec.at.span.file) if whole else ())]
    return Examined(file, by_place(problems), spec.texts, len(found) - len(left), prepared)


def _of_recipe(where: Piped | str | Path) -> Examined:
    """What is wrong with a recipe: it is read, and no lint is about one."""
    file = name_of(where, shelf.find_recipe)
    try:
        recipe = read_recipe(where)
    except SpecError as error:
        return Examined(file, by_place(error.problems), error.texts, kind="recipe")
    problems = by_place(_about_comments(allowed(recipe.texts, codes()), file))
    return Examined(file, problems, recipe.texts, kind="recipe", recipe=recipe)


def _of_sweep(where: Piped | str | Path) -> Examined:
    """What is wrong with a sweep, the spec that it is of and its recipe: nothing is counted.

    What is wrong with a variant is told by the sweep, which all of them may not come to.
    """
    file = str(where.file if isinstance(where, Piped) else where)
    try:
        sweep = read_sweep(where)
        spec = swept(sweep)
        points_of(sweep)
    except SpecError as error:
        return Examined(file, by_place(error.problems), error.texts, kind="sweep")
    problems = by_place(_about_comments(allowed(sweep.texts, codes()), file))
    return Examined(file, problems, spec.texts, kind="sweep", sweep=sweep)


def _refused(file: str, error: SpecError, asked: Asked, between: Between) -> Examined:
    """Errors, and what is found of the network itself where they are beside it.

    Whether a comment allows anything can't be told before the variants are looked at as well.
    """
    wrong = {problem.span.line for problem in error.problems if problem.span.file == file}
    text = spared(error.texts.get(file, ""), file, wrong) if asked.whole else None
    rest = examined(Piped(text, file), asked, between=between) if text is not None else None
    if rest is None or rest.prepared is None:
        return Examined(file, by_place(error.problems), error.texts)
    found = [problem for problem in rest.problems if problem.code != UNUSED.code]
    return Examined(file, by_place([*error.problems, *found]), error.texts, rest.allowed)


def findings_of(network: Network) -> tuple[Problem, ...]:
    """What the lints say of one network, less what comments in its spec allow."""
    return tuple(allowed(network.spec.texts, codes()).left(linted(network)))


def name_of(where: Where, find: Find = shelf.find) -> str:
    """How a file is called in its problems; `find` knows the shelf that it may be on."""
    match where:
        case Spec():
            return where.at.span.file or where.name
        case Piped():
            return where.file
    try:
        return str(find(where))
    except SpecError:
        return str(where)


Key = tuple[object, ...]
"""What makes two problems one: a variant says it in numbers of its own."""
Keyed = list[tuple[Key, Problem]]


def _keyed(problems: Iterable[Problem]) -> Keyed:
    return [((problem.code, problem.span), problem) for problem in problems]


def _found(network: Network, asked: Asked, between: Between) -> Keyed:
    """Promises and budgets that a network breaks, and what the lints say of it."""
    report = cost(network)
    over = exceeded(asked.budgets, network.spec, report)
    return [
        *_keyed(broken(network.spec, report)),
        *(((name,), problem) for name, problem in over.items()),
        *_keyed(linted(network, between)),
    ]


def _of_variants(spec: Spec, known: set[Key], asked: Asked, between: Between) -> list[Problem]:
    """What is wrong with the variants and not with the spec itself, whose is `known`."""
    found: list[Problem] = []
    for name in spec.variants:
        between()
        try:
            variant = lower(dsl.choose(spec, name), limit=asked.limit, variant=name)
            problems = _found(variant, asked, between)
        except SpecError as error:
            problems = _keyed(error.problems)
        note = (NOWHERE, f"in variant {name}")
        new = [(key, problem) for key, problem in problems if key not in known]
        known |= {key for key, _ in new}
        found += [replace(each, notes=(*each.notes, note)) for _, each in new]
    return found


def _about_comments(comments: Allowed, file: str) -> Iterator[Problem]:
    yield from (problem for problem in comments.unclear if problem.span.file == file)
    yield from comments.unused(file)
