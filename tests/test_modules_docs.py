"""docs/modules.md does what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from dsl.models.reserved import COMPILED

TEXT = (Path(__file__).parent.parent / "docs" / "modules.md").read_text(encoding="utf-8")


def test_its_python_runs(capsys: pytest.CaptureFixture[str]) -> None:
    found: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL):
        exec(block, found)
    model = found["model"]
    assert (model.num_features, found["features"].shape[1]) == (2048, 2048)
    assert found["logits"].shape == (2, 10)
    assert found["pooled"].shape == (2, 2048)
    assert capsys.readouterr().out.splitlines()[0] == "mixed_5d 288 8"
    assert {name: found["maps"][name].shape[1] for name in found["maps"]} == {
        "mixed_5d": 288,
        "mixed_6e": 768,
        "mixed_7c": 2048,
    }
    maps = [info.name for info in found["backbone"].feature_info]
    assert str(maps).replace("'", '"') in TEXT
    assert model.get_parameter("fc.weight").grad is not None
    assert torch.is_grad_enabled()


def test_it_names_every_attribute() -> None:
    assert {name for name in COMPILED if f"`{name}" not in TEXT.replace("model.", "")} == set()
