"""The JSON Schema: made of the models, it takes what the language takes, and not much else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft7Validator

import compiler
import dsl
from compiler.cli import run
from compiler.cli.schemas import written
from compiler.version import __version__
from dsl.models import shelf
from dsl.models.changes import Depth, Width
from dsl.models.fields import ACTIVATION_WORDS
from dsl.models.layers import KINDS, LAYERS, OPTIONS, spellings
from dsl.models.model import Model, Residual
from dsl.models.promises import Expect
from dsl.models.spec import Aux, Defaults, Spec
from dsl.reading import opstring
from dsl.reading.reader import Reader
from dsl.schema.pieces import Schema, form_in
from dsl.schema.whole import of_names, of_recipe, of_spec, of_sweep
from dsl.text.parsing import parse
from dsl.text.problems import NOWHERE, Report, SpecError
from dsl.text.values import Scalar
from tests import odd_specs
from tests.plugging import EXAMPLE, install, no_plugins
from tests.strategies import specs
from tests.yaml_core import loaded

ROOT = Path(__file__).parent.parent
SPEC, NAMES, RECIPE = of_spec(__version__), of_names(__version__), of_recipe(__version__)
CHECK, CHECK_NAMES = Draft7Validator(SPEC), Draft7Validator(NAMES)
PART = {"$ref": "#/definitions/op_string", "definitions": SPEC["definitions"]}
OP_STRING = Draft7Validator(PART)
PUBLISHED = {"spec": SPEC, "weights": NAMES, "recipe": RECIPE, "sweep": of_sweep(__version__)}
BEGINNING = "name: probe\ninput: [3, 16, 16]\nclasses: 5\n"


def faults(text: str, check: Draft7Validator = CHECK) -> list[str]:
    """Where a text breaks a schema."""
    return [error.json_path for error in check.iter_errors(loaded(text))]


@pytest.mark.parametrize("of", PUBLISHED)
def test_they_are_schemas_of_this_version(of: str) -> None:
    schema = PUBLISHED[of]
    Draft7Validator.check_schema(schema)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema["$id"].endswith(f"{of}:{__version__}")
    assert __version__ in schema["title"]


@pytest.mark.parametrize("of", PUBLISHED)
def test_the_published_copy_is_what_the_models_say(of: str, accept: bool) -> None:
    path = ROOT / "editors" / "schema" / f"{of}.json"
    if accept:
        path.write_text(written(PUBLISHED[of]), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == written(PUBLISHED[of])


def test_it_takes_every_spec_of_the_shelf() -> None:
    texts = {path.name: path for path in sorted(shelf.folder().glob("*.yaml"))}
    assert set(shelf.names()) == {path.stem for path in texts.values()}
    for name, path in texts.items():
        assert faults(path.read_text(encoding="utf-8")) == [], name


def test_it_takes_every_map_of_names_of_the_shelf() -> None:
    paths = sorted((shelf.folder() / "weights").glob("*.yaml"))
    assert paths
    for path in paths:
        assert faults(path.read_text(encoding="utf-8"), CHECK_NAMES) == [], path.name


@pytest.mark.parametrize("name", odd_specs.TEXTS)
def test_it_takes_odd_specs(name: str) -> None:
    assert faults(f"{BEGINNING}{odd_specs.TEXTS[name]}") == []


WHOLE = {"name", "classes"}


def documented() -> Iterator[str]:
    """The whole specs of the docs; those of plugins.md have layers of plugins."""
    block = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        found = block.findall(path.read_text(encoding="utf-8"))
        if path.name != "plugins.md":
            yield from (text for text in found if set(re.findall(r"(?m)^\w+(?=:)", text)) >= WHOLE)


@pytest.mark.parametrize("text", list(documented()))
def test_it_takes_the_specs_in_the_docs(text: str) -> None:
    assert faults(text) == []


@given(specs())
@settings(max_examples=15)
def test_it_takes_whatever_can_be_drawn(spec: Spec) -> None:
    assert faults(dsl.dump(spec)) == []


HEIR = """
# yaml-language-server: $schema=spec.schema.json
extends: inception_v3@keras
name: heir
width: {by: 0.5, min: 16, round_to: "8"}
depth: .5
remove: mixed_5d
insert:
  - {after: mixed_5c, extra: A pool=64}
  - {before: mixed_6a, more: [1x1 in, {split: [rest, in/8], concat: [identity, 1x1 8]}]}
set:
  classes: 10
  defaults.norm: group:8
  inception.B.branch2: [1x1 c7, 3x3 192]
  mixed_6b.c7: 96
  aux: []
weights: none
stem: 3x3 32
variants:
  small: {width: "0.5", insert: {after: mixed_5b, one: 1x1 in}, expect: {out.fc: [10]}}
  empty: {}
"""
SCALARS = (
    'classes: "10"',
    "title: 2015",
    "title: true",
    "title:",
    "paper: 1512.00567",
    "defaults: {eps: 1e-3, momentum: .1, gamma: 'true', bias: false, act: leakyrelu:0.2}",
    'defaults: {eps: "0.001", norm: group:8, init: normal:1e-3}',
    "input: {channels: 3, height: 32, width: '32'}",
    "expect: {params: 1, out.fc: [5]}",
    "meta: {a: true, b: , c: [1, {d: 0x10}]}",
    "weights: {mine: {conv: 0, fc: 1.5, none: [mask], A: {branch1: true}}, other: weights/v3.yaml}",
    "inception: {A: {params: {c: , d: 1, e: relu, f: group:8, g: 0.5}, do: 1x1 c}}",
    "inception: {A: [1x1 4, relu], split: {concat: [1x1 4]}}",
    "stem: {split: 3x3 64}",
    "stem: |\n  3x3 64\n  /2",
    "aux: {helper: {from: a, weight: 1, do: fc classes}}",
    "aux: []",
)


def test_it_takes_specs_made_from_others() -> None:
    assert faults(HEIR) == []


@pytest.mark.parametrize("text", SCALARS)
def test_it_takes_scalars_however_yaml_reads_them(text: str) -> None:
    """Our reader reads each; whether names mean something comes after."""
    whole = f"name: probe\n{'' if 'input' in text else 'input: [3, 32, 32]'}\n{text}\n"
    whole += "" if "classes:" in text else "classes: 5\n"
    whole += "" if "stem:" in text else "stem: 3x3 4\n"
    report = Report()
    Reader(report).spec(parse(whole, "<text>"))
    assert report.problems == []
    assert faults(whole) == []


STRUCTURE, GRAMMAR = ("E010", "E011", "E012"), ("E013", "E014", "E015")


def wrong() -> Iterator[tuple[Path, set[str]]]:
    """Bad specs that are YAML, each with the codes of what is wrong with it."""
    for path in sorted((ROOT / "tests" / "bad").glob("*.yaml")):
        told = path.with_suffix(".txt").read_text(encoding="utf-8")
        try:
            loaded(path.read_text(encoding="utf-8"))
        except SpecError:
            continue
        yield path, set(re.findall(r"error\[(E[0-9]{3})\]", told))


def test_it_refuses_every_structural_fault() -> None:
    """An unknown key, one that is missing, another kind of value; and most of what words can't be.

    Which is more than can be said of what only the compiler finds: names and shapes.
    """
    passed = {path.stem: codes for path, codes in wrong() if not faults(path.read_text("utf-8"))}
    assert [name for name, codes in passed.items() if codes & {*STRUCTURE}] == []
    of_grammar = [path.stem for path, codes in wrong() if codes & {*GRAMMAR}]
    missed = [name for name in of_grammar if name in passed]
    assert len(missed) < len(of_grammar) / 4, missed


def words(random: Random) -> str:
    """A word that may stand in an op-string, or looks as if it might."""
    numbers = ("0", "1", "64", "100001", "0.5", "1e-3", ".5", "0..0.1", "010")
    names = ("in", "n", "A", "axb", "kxk", "kx1", "in/16", "rest", "xn", "classes*2", "x10")
    kernels = ("3x3", "1x7", "3x3x3", "1xk", "kxn", "x3")
    more = ("batch", "group:8", "normal:0.1", "leakyrelu:0.1", "prelu:channelwise", "avg")
    value = random.choice((*numbers, *names, *kernels, *more, *ACTIVATION_WORDS))
    keys = {mark.key for kind in KINDS for _, mark in spellings(kind)} | {"c7"}
    forms = (value, f"/{value}", f"{random.choice(sorted(keys))}={value}", f"x{value}")
    return random.choice((*forms, random.choice(sorted(OPTIONS))))


def op_strings(random: Random) -> Iterator[str]:
    """Examples of each kind with words put in or changed, and words behind each beginning."""
    for kind in KINDS * 8:
        found = kind.example.split()
        found.insert(random.randint(1, len(found)), words(random))
        found[random.randrange(len(found))] = random.choice((words(random), found[0]))
        yield " ".join(found)
    for first in (*LAYERS, *ACTIVATION_WORDS, "3x3", "40", "k", "A", "axb", "kxk") * 4:
        yield " ".join([first, *(words(random) for _ in range(random.randint(0, 3)))])


def test_patterns_take_every_op_string_that_can_be_read() -> None:
    taken, refused = 0, 0
    for text in op_strings(Random(12)):  # noqa: S311  # the same words each time, no secrets
        report = Report()
        layer = opstring.parse(Scalar(text, NOWHERE), report, ("A", "axb"))
        if layer is not None and not report.problems:
            assert OP_STRING.is_valid(text), text
            taken += 1
        refused += not OP_STRING.is_valid(text)
    assert taken > 30
    assert refused > 200


def test_no_text_takes_a_pattern_long() -> None:
    """Every word could be taken in many ways; a pattern that tried them all would never end."""
    for first in ("3x3 64", "A", "maxpool 3x3", "relu"):
        assert not OP_STRING.is_valid(f"{first} {'norm=batch act=relu k=1 in ' * 200}!")


@pytest.mark.parametrize(
    ("model", "apart"),
    [
        (Spec, {*Spec.model_fields} - {"name", "title", "paper", "classes"}),
        (Defaults, set()),
        (Aux, {"steps"}),
        (Expect, set()),
        (Residual, {"shortcut"}),
        (Width, set()),
        (Depth, set()),
    ],
)
def test_every_field_says_how_it_is_written(model: type[Model], apart: set[str]) -> None:
    lacking = {name for name in model.model_fields if form_in(model, name) is None}
    assert lacking - apart == ({"title", "paper"} if model is Spec else set())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_option_says_how_it_is_written(kind: type[dsl.models.layers.Layer]) -> None:
    marks = spellings(kind)
    assert [name for name, _ in marks if form_in(kind, name) is None] == []


def keys_of(schema: Any) -> Iterator[tuple[str, Schema]]:
    """Every key that a schema names, anywhere."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {}).items()
        for part in schema.values():
            yield from keys_of(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from keys_of(part)


def test_every_key_is_described() -> None:
    described = {name for name, found in keys_of(SPEC) if found and "markdownDescription" in found}
    assert {name for name, _ in keys_of(SPEC)} == described
    assert {*Spec.model_fields, "extends", "concat", "do", "from", "after"} <= described


def parts(schema: Any) -> Iterator[Schema]:
    """A schema and all schemas in it."""
    if isinstance(schema, dict):
        yield schema
    inside = schema.values() if isinstance(schema, dict) else schema
    for part in inside if isinstance(schema, (dict, list)) else ():
        yield from parts(part)


def test_what_fits_no_pattern_is_told_in_words() -> None:
    """Nobody wants to read a pattern; conditions apart, by which nothing is refused."""
    conditions = [part["if"] for part in parts(SPEC) if "if" in part]
    silent = [part for part in parts(SPEC) if isinstance(part.get("pattern"), str)]
    silent = [part for part in silent if "patternErrorMessage" not in part]
    assert [part["pattern"] for part in silent if part not in conditions] == []


def test_layers_of_plugins_are_part_of_it(tmp_path: Path) -> None:
    text = f"{BEGINNING}inception: {{A: {{params: [r], do: coordatt r}}}}\nbody: A r=2\n"
    assert faults(text) != []
    with no_plugins(install(EXAMPLE, tmp_path)):
        check = Draft7Validator(compiler.json_schema())
        assert faults(text, check) == []
        assert faults(text.replace("coordatt r", "coordatt r wide=2"), check) != []
        assert faults(text.replace("coordatt r", "coordatt wide=2"), check) == [], "a block's call"


def test_layers_of_a_file_are_part_of_what_the_command_writes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with no_plugins():
        assert run(["schema", "--plugin", str(ROOT / "tests" / "plugins" / "gain.py")]) == 0
    check = Draft7Validator(json.loads(capsys.readouterr().out))
    assert faults(f"{BEGINNING}body: gain hard\n") != []
    assert faults(f"{BEGINNING}body: gain hard\n", check) == []


def test_the_command_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "spec.schema.json"
    assert run(["schema", "-o", str(path)]) == 0
    assert json.loads(path.read_text(encoding="utf-8")) == SPEC == compiler.json_schema()
    assert run(["schema", "weights"]) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed) == NAMES == compiler.json_schema("weights")
    assert printed.isascii()
    assert run(["schema", "nets"]) == 2
    assert run(["schema", "-o", str(tmp_path / "nowhere" / "spec.json")]) == 1
