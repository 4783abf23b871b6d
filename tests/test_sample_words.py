"""One input is a series, an image or a clip, and what is said to people calls it so."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from compiler.cli.summary import measured, summary
from compiler.lowering.prepare import prepare
from compiler.nn.module import build
from compiler.source import emit


@pytest.mark.parametrize(
    ("size", "one", "a", "many"),
    [
        ("64", "series", "a series", "series"),
        ("16, 16", "image", "an image", "images"),
        ("8, 16, 16", "clip", "a clip", "clips"),
    ],
)
def test_what_is_counted_is_called_by_what_it_is(
    size: str, one: str, a: str, many: str, tmp_path: Path
) -> None:
    rank = size.count(",") + 1
    kernel = "x".join("3" * rank)
    text = f"name: n\ninput: [2, {size}]\nclasses: 3\nbody: [{kernel} 4]\n"
    path = tmp_path / "net.yaml"
    path.write_text(f"{text}head: [globalpool avg, batchnorm, fc classes]\n", encoding="utf-8")
    prepared = prepare(str(path))
    told = summary(prepared, measured(prepared))
    assert f"MACs per {one}." in emit(prepared.network)
    assert f" per {one}  (FLOPs" in told
    assert f"batch norm can't train on one {one} of this size" in told
    model = build(prepared.network).train()
    shape = tuple(map(int, size.split(", ")))
    with pytest.raises(ValueError, match=f"needs 2 {many} or more in training: .* of each {one}"):
        model(torch.randn(1, 2, *shape))
    with pytest.raises(ValueError, match=f"needs {many} to train on"):
        model(torch.randn(0, 2, *shape))
    with pytest.raises(ValueError, match=f"such as [0-9x]+ {many}; got 1 channel"):
        model(torch.randn(2, 1, *shape))
    path.write_text(f"{text}head: [globalpool avg, fc classes]\n", encoding="utf-8")
    prepared = prepare(str(path))
    assert f"KiB {a}\n" in summary(prepared, measured(prepared))
