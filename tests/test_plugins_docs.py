"""docs/plugins.md: its code is that of the plugins which are tested, and its specs compile."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

import dsl
from compiler import plugins
from compiler.ir.op import Op
from compiler.lowering.lower import lower
from tests.plugging import EXAMPLE, install, no_plugins

HOME = Path(__file__).parent
DOCS = (HOME.parent / "docs" / "plugins.md").read_text(encoding="utf-8")
CODE = [path.read_text(encoding="utf-8") for path in (HOME / "plugins").rglob("*.py")]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", blocks("python"))
def test_its_code_is_tested(block: str) -> None:
    assert any(block in text for text in CODE)


def test_its_entry_point_is_the_packages() -> None:
    (block,) = blocks("toml")
    assert block in (EXAMPLE / "pyproject.toml").read_text(encoding="utf-8")


def test_its_specs_compile(tmp_path: Path) -> None:
    first, second = blocks("yaml")
    with no_plugins():
        plugins.load(HOME / "plugins" / "gain.py")
        assert "ChannelGain(24, " in repr(lower(dsl.loads(first)))
    with no_plugins(install(EXAMPLE, tmp_path)):
        assert "CoordinateAttention(48, 2, reduction=4)" in repr(lower(dsl.loads(second)))
        wrong = second.replace("coordatt r", "coordat r")
        with pytest.raises(dsl.SpecError) as caught:
            dsl.loads(wrong, "net.yaml")
    said = str(caught.value).partition("\n  = help")[0]
    assert said in DOCS


def test_every_field_and_fact_is_there() -> None:
    table = {name for names in re.findall(r"^\| ([^|]+) \|", DOCS, re.MULTILINE)
             for name in re.findall(r"`(\w+)", names)}  # fmt: skip
    assert {field.name for field in fields(plugins.LayerKind)} <= table
    facts = {name for name in vars(Op) if not name.startswith("_")} - {"aliases", "family"}
    assert facts <= table
    assert {"Whole", "Channels", "Number", "Count"} <= set(plugins.__all__)
