"""docs/training.md: its recipes are sound, and its tables are what the models say."""

from __future__ import annotations

import re
from pathlib import Path

import dsl
from tests.training_reference import reference

PAGE = Path(__file__).parent.parent / "docs" / "training.md"
BEGIN = "<!-- The tables are written by `make accept` from the models. -->\n"
END = "<!-- end of the tables -->\n"
SPEC = "name: probe\ninput: [3, 32, 32]\nclasses: 10\nhead: [globalpool avg, fc classes]\n"


def test_the_tables_are_what_the_models_say(accept: bool) -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    made, end, after = rest.partition(END)
    assert end
    wanted = f"\n{reference()}\n\n"
    if accept:
        PAGE.write_text(f"{before}{BEGIN}{wanted}{END}{after}", encoding="utf-8")
        made = wanted
    assert made == wanted


def test_its_recipes_can_be_read(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    (whole,) = re.findall(r"^```yaml\n(title:.*?)^```", text, re.MULTILINE | re.DOTALL)
    (tmp_path / "ours.yaml").write_text(whole, encoding="utf-8")
    lines = re.findall(r"^\| `(training: .*?)` \|", text, re.MULTILINE)
    assert len(lines) > 2
    for line in lines:
        (tmp_path / "net.yaml").write_text(f"{SPEC}{line}\n", encoding="utf-8")
        assert dsl.load(tmp_path / "net.yaml").training is not None
    for said in re.findall(r"--set training\.([^`]+)", text):
        address, _, value = said.partition("=")
        spec = dsl.loads(f"{SPEC}training: cifar10_sgd\n")
        assert dsl.change(spec, dsl.Changes(set={f"training.{address}": value})).training
