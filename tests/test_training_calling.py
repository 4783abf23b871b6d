"""Training from Python: of a spec, of its emitted source, and by a loop of one's own."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import nn

import compiler
import dsl
from compiler.lowering.prepare import prepare
from compiler.nn.module import build
from compiler.source import emit
from compiler.training.dice import seed_of
from compiler.training.faults import TrainingFault
from compiler.training.folder import BEST, LAST, RunFolder
from compiler.training.running import Progress
from compiler.training.trainer import Trainer
from tests.feeding import SMALL

pytest.importorskip("sklearn", reason="digits come with scikit-learn, of the extra [train]")

PAGE = Path(__file__).parent.parent / "docs" / "training.md"
RECIPE = """
training:
  data: {name: digits, augment: [shift 0.125]}
  optimizer: {sgd: {momentum: 0.9, nesterov: true, weight_decay: 1e-4, decay: [kernels]}}
  schedule: {cosine: 0.1}
  epochs: 1
  batch: 128
  ema: 0.9
  freeze: [stem]
"""
NET = SMALL + RECIPE


def emitted(text: str, name: str) -> nn.Module:
    """An instance of a spec's emitted source."""
    found = prepare(dsl.loads(text))
    module = ModuleType("emitted")
    sys.modules["emitted"] = module  # Its named tuple is looked up by that.
    exec(
        compile(emit(found.network, found.digest), "emitted.py", "exec"), module.__dict__
    )  # our own words
    made: nn.Module = module.__dict__[name]()
    return made


def begun(text: str) -> nn.Module:
    """The network as a run of that spec begins."""
    torch.manual_seed(seed_of(0, "weights"))
    return build(prepare(dsl.loads(text)).network)


def test_emitted_source_is_trained_to_the_same_weights(tmp_path: Path) -> None:
    """By the same recipe to the bit, auxiliary head, averages, decay and frozen parts included."""
    spec = dsl.loads(NET)
    ours = compiler.train(spec, out=tmp_path / "ours", device="cpu")
    theirs = emitted(NET, "Small")
    theirs.load_state_dict(begun(NET).state_dict())
    found = compiler.train(spec, out=tmp_path / "theirs", model=theirs, device="cpu")
    for name in (BEST, LAST):
        one, other = ((tmp_path / run / name).read_bytes() for run in ("ours", "theirs"))
        assert one == other
    assert found.records[0].test_top1 == ours.records[0].test_top1
    assert found.best.epoch == 1
    assert RunFolder(found.folder).spec() == spec.model_copy(update={"training": None})


def test_who_watches_is_told_and_a_run_goes_on(tmp_path: Path) -> None:
    class Watching:
        def __init__(self) -> None:
            self.steps: list[int] = []

        def stepped(self, progress: Progress) -> None:
            self.steps.append(progress.step)

        def finished(self, record: object, *, best: bool) -> None:
            assert best

        def save(self, state: object) -> None:
            assert state

    seen, spec = Watching(), dsl.loads(NET)
    first = compiler.train(spec, out=tmp_path / "run", device="cpu", observers=[seen])
    assert seen.steps == list(range(1, 13))
    again = compiler.train(spec, out=tmp_path / "run", device="cpu", resume=True)
    assert again.records == first.records
    with pytest.raises(TrainingFault, match="there is a run in"):
        compiler.train(spec, out=tmp_path / "run")


def test_what_can_not_be_trained(tmp_path: Path) -> None:
    spec = dsl.loads(NET)
    bare = dsl.loads(SMALL)
    with pytest.raises(TrainingFault, match="small has no recipe to train by"):
        compiler.train(bare, out=tmp_path / "a")
    with pytest.raises(dsl.SpecError):
        compiler.train(spec, "no_such_recipe", tmp_path / "a")

    class Other(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Linear(64, 10)

        def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"logits": self.stem(x.flatten(1))}

    rule = dsl.loads_recipe("{optimizer: sgd, schedule: {constant: 0.1}, epochs: 1, batch: 64,"
                            " data: digits}")  # fmt: skip
    with pytest.raises(TrainingFault, match="gives logits, or in training logits, aux; this"):
        compiler.train(spec, rule, tmp_path / "b", model=Other())
    more = rule.model_copy(update={"checkpointing": True})
    with pytest.raises(TrainingFault, match="in compiled networks only"):
        compiler.train(spec, more, tmp_path / "c", model=Other())
    with pytest.raises(TypeError, match="Other doesn't know its network"):
        Trainer(Other(), rule)


def test_the_loops_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each block of Python as it stands, beside the spec and the source that the page names."""
    text = PAGE.read_text(encoding="utf-8")
    (net,) = re.findall(
        r"^```yaml\n(name: small_inception\n.*?)^```", text, re.MULTILINE | re.DOTALL
    )
    (tmp_path / "small_inception.yaml").write_text(net, encoding="utf-8")
    found = prepare(dsl.loads(net))
    source = emit(found.network, found.digest)
    (tmp_path / "small_inception.py").write_text(source, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "short.yaml").write_text("{extends: digits, epochs: 1, warmup: 0.5}", "utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        names: dict[str, object] = {}
        exec(block.replace('"digits"', '"short.yaml"'), names)  # the page's
    sys.modules.pop("small_inception", None)
    assert (tmp_path / "runs/emitted" / BEST).exists()
    model, images, labels = names["model"], names["images"], names["labels"]
    assert isinstance(model, nn.Module)
    assert isinstance(images, torch.Tensor)
    with torch.no_grad():
        right = (model.eval()(images).argmax(1) == labels).double().mean()
    assert right > 0.9
