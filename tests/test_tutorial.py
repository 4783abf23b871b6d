"""docs/tutorial.md: whoever types what it says sees what it shows."""

from __future__ import annotations

import re
import shlex
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest

from compiler.cli import run

TEXT = (Path(__file__).parent.parent / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\S+)(?: (>>)?(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CUT = "…"
"""A line of this stands for any number of lines."""
FAIL = (
    "inception-compile check wrong.yaml",
    "inception-compile check tiny.yaml --max-params 290k",
)


def test_what_it_says_is_what_one_sees(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said, ran = "", 0
    names: dict[str, Any] = {}
    kinds = set()
    with chdir(tmp_path):
        for kind, more, file, text in BLOCK.findall(TEXT):
            kinds.add(kind)
            match kind:
                case "yaml":
                    path = Path(file)
                    path.write_text(f"{path.read_text() if more else ''}{text}")
                case "sh":
                    said = "".join(output(line, capsys) for line in text.splitlines())
                    ran += 1
                case "python":
                    exec(text, names)
                case "text":
                    assert fits(said, text), f"it shows\n{text}\nand one sees\n{said}"
        made = {path.name for path in tmp_path.iterdir()}
        assert (tmp_path / "wrong.yaml").read_text() in (tmp_path / "tiny.yaml").read_text()
    assert kinds == {"yaml", "sh", "python", "text"} and ran > 8
    assert {"block.svg", "both.svg", "both.html", "tiny.html", "generated"} <= made
    assert names["logits"].shape == (1, 10)


def output(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    program, *words = shlex.split(line)
    assert program == "inception-compile"
    assert run(words) == (line in FAIL)
    captured = capsys.readouterr()
    return captured.out + captured.err


def fits(said: str, shown: str) -> bool:
    """Whether lines are those that are shown, where a line may stand for any."""
    assert shown.strip() != CUT
    parts = [re.escape(line) for line in shown.rstrip("\n").split("\n")]
    pattern = "\n".join(parts).replace(re.escape(CUT), r"(?s:.*)")
    return re.fullmatch(pattern, said.rstrip("\n")) is not None
