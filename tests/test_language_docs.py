"""docs/language.md: its spec compiles, and nothing of the language is left out."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest

import dsl
from compiler.cost import cost
from compiler.cost.contract import broken
from compiler.lowering.lower import lower
from dsl.codes.errors import ERRORS
from dsl.models import layers, spelling
from dsl.models.activations import SLOPED
from dsl.models.fields import INITS
from dsl.models.layers import KINDS, LAYERS, Conv, spellings
from dsl.models.model import Residual
from dsl.models.promises import Expect
from dsl.models.spec import Aux, Defaults, Spec, Variant
from dsl.reading import references
from dsl.reading.beginning import kind_of
from dsl.text.problems import SpecError

ROOT = Path(__file__).parent.parent
DOCS = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
SPECS = re.findall(r"^```yaml\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL)
CODE = re.compile(r"\"(E[0-9]{3})\"")


@pytest.mark.parametrize("text", SPECS)
def test_specs_in_the_docs_compile_and_keep_their_promises(text: str) -> None:
    spec = dsl.loads(text)
    assert not broken(spec, cost(lower(spec)))
    for variant in spec.variants:
        lower(dsl.choose(spec, variant))


def test_there_is_a_whole_spec_in_the_docs() -> None:
    assert SPECS


def said(word: str) -> bool:
    """Whether the docs say a word of the language, as code."""
    spans = re.findall(r"`([^`\n]+)`|^```\w*\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL)
    return any(word in " ".join(span).replace(":", " ").split() for span in spans)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_layer_and_option_is_in_the_docs(kind: type[layers.Layer]) -> None:
    assert said(kind.keyword) or kind is Conv
    assert kind_of(kind.example.split()[0]) is kind
    for name, mark in spellings(kind):
        assert all(said(word) for word in mark.words if word not in ("relu6", "silu", "gelu")), name
        assert not mark.key or re.search(rf"\b{mark.key}=", DOCS), name
        assert not mark.prefix or f"`{mark.prefix}2`" in DOCS or f"`{mark.prefix}4`" in DOCS


@pytest.mark.parametrize("model", [Spec, Defaults, Aux, Expect, Variant, Residual])
def test_every_key_is_in_the_docs(model: type[layers.Model]) -> None:
    for name, field in model.model_fields.items():
        key = field.alias or name
        assert said(key) or key in ("name", "out"), key


def test_every_word_that_a_field_takes_is_in_the_docs() -> None:
    words = [*INITS, *references.WORDS, *references.ALWAYS, *LAYERS]
    assert [word for word in words if not re.search(rf"`[^`\n]*\b{word}\b", DOCS)] == []


def test_every_field_that_an_address_can_set_is_in_the_docs() -> None:
    fields = {name for kind in KINDS for name, _ in spellings(kind)}
    assert {name for name in fields if f"`{name}`" not in DOCS} == set()


def named_fields() -> set[str]:
    """Every field of a layer, or of what stands beside a join, that a parameter can be."""
    found = {name for name in Residual.model_fields if takes_a_name(Residual(), name)} | {"split"}
    for layer in map(dsl.step, [*(kind.example for kind in KINDS), *SLOPED.values()]):
        assert isinstance(layer, layers.Layer)
        found |= {name for name, _ in spellings(type(layer)) if takes_a_name(layer, name)}
    return found


def takes_a_name(model: layers.Model, field: str) -> bool:
    """Whether a field of a model holds a name that is no word of its own."""
    fields = {name: getattr(model, name) for name in type(model).model_fields}
    for written in ("k", "kxk"):
        with suppress(SpecError):
            return bool(getattr(type(model)(**{**fields, field: written}), field) != fields[field])
    return False


def test_what_may_be_a_parameter_is_listed() -> None:
    table = DOCS.partition("| a parameter may be |")[2].partition("\n\n")[0]
    rows = [row.split("|")[1:-1] for row in table.splitlines() if row.startswith("| ")][1:]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row[-1])} == named_fields()
    examples = [text for row in rows for text in re.findall(r"`([^`]+)`", row[1])]
    for text in examples:
        if "=" not in text.split()[0] and ":" not in text:
            step = dsl.step(text)
            assert dsl.step(spelling.write(step)) == step
            assert {name for _, name, _ in references.references(step)} & {"n", "k", "s", "a"}


def test_every_error_that_is_raised_is_explained_and_no_other() -> None:
    files = {*(ROOT / "dsl").rglob("*.py"), *(ROOT / "compiler").rglob("*.py")}
    files -= {*(ROOT / "dsl" / "codes").glob("*.py")}
    raised = {code for path in files for code in CODE.findall(path.read_text(encoding="utf-8"))}
    assert list(ERRORS) == sorted(raised)


def test_every_code_of_the_language_and_of_lowering_is_raised_by_a_wrong_spec() -> None:
    elsewhere = {"E001", "E104", "E130", *(f"E15{n}" for n in range(6)), "E160", "E161", "E162"}
    elsewhere |= {"E170", "E171"}
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "bad").glob("*.txt"))
    shown = {code for text in texts for code in re.findall(r"error\[(E[0-9]{3})\]", text)}
    assert set(ERRORS) - elsewhere == shown
