"""The schema in the server that editors run: what it completes, shows, takes and refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from compiler.cli.schemas import written
from compiler.version import __version__
from dsl.models import described, shelf
from dsl.models.changes import Width
from dsl.models.fields import ACTIVATION_WORDS, JOIN_WORDS
from dsl.models.kernels import PADDINGS
from dsl.models.layers import KINDS, MaxPool
from dsl.models.model import BESIDE, Residual
from dsl.models.norms import NORM_FORMS
from dsl.models.optimizers import OPTIMIZERS, Sgd
from dsl.models.promises import Expect
from dsl.models.recipe import PRECISIONS, Recipe
from dsl.models.recipe_data import DATA, Data
from dsl.models.schedules import SCHEDULES
from dsl.models.spec import Defaults, Spec, Variant
from dsl.reading.blocks import BLOCK_KEYS
from dsl.schema.whole import of_names, of_spec
from tests.test_schema import HEIR, STRUCTURE, wrong
from tests.yaml_server import Server, installed, running

HEAD = "name: a\ninput: [3, 64, 64]\nclasses: 10\n"


@pytest.fixture(scope="module")
def server(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """yaml-language-server with the schema for every file."""
    program = installed(pytestconfig.cache.mkdir("yaml-language-server"))
    path = tmp_path_factory.mktemp("schemas") / "spec.json"
    path.write_text(written(of_spec(__version__)), encoding="utf-8")
    with running(program, {path.as_uri(): "*.yaml"}) as server:
        yield server


STEP_KEYS = {*JOIN_WORDS, "do", *BESIDE}
EXAMPLES = {kind.example for kind in KINDS}
PLACES: dict[str, set[str]] = {
    "|": {*Spec.model_fields, "extends"} - {"name", "input", "classes"},
    "defaults:\n  |": set(Defaults.model_fields),
    "defaults: {ep|}": set(Defaults.model_fields),
    "defaults:\n  norm: |": set(NORM_FORMS),
    "defaults:\n  act: |": {*ACTIVATION_WORDS, "none"},
    "defaults: {padding: |}": set(PADDINGS),
    "defaults:\n  bias: |": {"true", "false"},
    "stem:\n  - |": EXAMPLES | STEP_KEYS | {*ACTIVATION_WORDS},
    "stem: [1x1 8, m|]": EXAMPLES,
    "body:\n  - conv: |": EXAMPLES,
    "body:\n  - concat:\n      - |": EXAMPLES,
    "inception:\n  A:\n    |": set(BLOCK_KEYS),
    "inception:\n  A:\n    concat: [1x1 8]\n    then: |": EXAMPLES,
    "inception:\n  A:\n    concat: [1x1 8]\n    split: |": {"equal"},
    "inception:\n  A:\n    do: [1x1 8]\n    residual:\n      |": set(Residual.model_fields),
    "aux:\n  - helper:\n      |": {"from", "weight", "do"},
    "expect:\n  |": {*Expect.model_fields, "out.NAME"} - {"out"},
    "variants:\n  slim:\n    |": set(Variant.model_fields),
    "variants:\n  slim:\n    width:\n      |": set(Width.model_fields),
    "variants:\n  slim:\n    set:\n      |": {"classes", "defaults.eps"},
    "variants:\n  slim:\n    insert:\n      - |": {"after", "before"},
    "extends: |": set(shelf.names()),
    "training: |": set(shelf.recipes()),
    "training:\n  |": {*Recipe.model_fields, "extends"},
    "training:\n  data: {na|}": set(Data.model_fields),
    "training:\n  data: |": set(DATA),
    "training:\n  data: {name: digits, augment: [|]}": {"flip", "shift 0.125"},
    "training:\n  optimizer: |": {"adam", "sgd: {momentum: 0.9}"},
    "training:\n  optimizer: {s|}": set(OPTIMIZERS),
    "training:\n  optimizer: {sgd: {m|}}": set(Sgd.model_fields),
    "training:\n  schedule: |": {kind.example for kind in SCHEDULES.values()},
    "training:\n  precision: |": set(PRECISIONS),
}


def test_it_completes_keys_and_words_at_every_level(server: Server) -> None:
    for place, wanted in PLACES.items():
        offered = server.offers(HEAD + place)
        assert wanted <= set(offered), (place, wanted - set(offered))
    keys = server.offers(f"{HEAD}defaults:\n  |")
    assert all(described.of_key(Defaults, key) in keys[key] for key in Defaults.model_fields)
    steps = server.offers(f"{HEAD}stem:\n  - |")
    assert described.of_layer(MaxPool) in steps[MaxPool.example]


def test_it_shows_what_keys_layers_and_calls_are(server: Server) -> None:
    shown = server.hover(f"{HEAD}defaults: {{ep|s: 1e-3}}\n")
    assert described.of_key(Defaults, "eps") in shown
    assert "1e-5" in shown, "its default"
    shown = server.hover(f"{HEAD}stem: [maxp|ool 3x3 /2]\n")
    assert described.of_layer(MaxPool) in shown
    assert described.of_option(MaxPool, "ceil") in shown
    assert described.of_step_key("mul") in server.hover(f"{HEAD}body: {{m|ul: [identity]}}\n")
    assert "block" in server.hover(f"{HEAD}body: [a: Mix|ed n=3]\n")


def test_it_takes_good_specs(server: Server) -> None:
    paths = sorted(shelf.folder().glob("*.yaml"))
    texts = [path.read_text(encoding="utf-8") for path in paths]
    heir = HEIR.replace("# yaml-language-server: $schema=spec.schema.json", "")
    told = server.faults(*texts, heir)
    assert len(told) == len(paths) + 1
    names = (*(path.name for path in paths), "heir")
    assert [name for name, said in zip(names, told, strict=True) if said] == []


def test_it_refuses_structural_faults(server: Server) -> None:
    """As the validator of tests/test_schema.py does, for which there are more of them."""
    paths = [path for path, codes in wrong() if codes & {*STRUCTURE}]
    told = server.faults(*(path.read_text(encoding="utf-8") for path in paths))
    assert [path.name for path, said in zip(paths, told, strict=True) if not said] == []


def test_it_says_how_a_layer_is_written(server: Server) -> None:
    (told,) = server.faults(f"{HEAD}head: [maxpool 3x3 ceill]\n")
    assert len(told) == 1
    assert f"Write it like `{MaxPool.example}`" in told[0]
    assert "`ceil`" in told[0]


def test_a_line_in_a_file_names_its_schema(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "names.json"
    path.write_text(written(of_names(__version__)), encoding="utf-8")
    line = f"# yaml-language-server: $schema={path.as_uri()}\n"
    good, bad = f"{line}conv_1a: features.0\nnone: [mask]\n", f"{line}conv_1a: [features.0]\n"
    assert [bool(told) for told in server.faults(good, bad)] == [False, True]
