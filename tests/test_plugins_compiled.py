"""Layers from outside the language, compiled: counted, emitted, proven, caught where they lie."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import dsl
from compiler import compile_spec, export_weights, load_weights, plugins
from compiler.cli import run
from compiler.cli.group import COMMANDS, Shortcut, cli
from compiler.lowering.lower import lower
from compiler.oracle.check import cross_check
from compiler.oracle.emitted import load, randomise
from compiler.oracle.proof import prove
from compiler.source import emit
from compiler.weights.slots import slots
from dsl.changing.mapping import mapped
from dsl.models import layers
from dsl.models.layers import FOREIGN
from dsl.models.spelling import write
from tests.plugging import EXAMPLE, install, no_plugins
from tests.strategies import specs

GATED = """\
name: gated
input: [3, 32, 24]
classes: 10
stem: [3x3 16 /2]
inception:
  A:
    params: [n, r]
    concat: [1x1 n, [1x1 8, 3x3 n, coordatt r]]
    then: coordatt 4
body: [a: A n=16 r=2 x2, att: coordatt]
head: [globalpool avg, fc classes]
aux:
  - help: {from: a, weight: 0.3, do: [coordatt 2, globalpool avg, fc classes]}
"""
GAINS = """\
name: gains
input: [3, 16, 16]
classes: 4
inception:
  A: {params: [s], concat: [[3x3 6, gain start=s], [1x1 4, gain hard]]}
body: [gain, a: A s=0.25, b: {concat: [identity], residual: {act: none}}, gain start=2]
head: [globalpool avg, flatten, gain, fc classes]
"""
PLUGINS = Path(__file__).parent / "plugins"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(EXAMPLE, tmp_path_factory.mktemp("site"))


@pytest.fixture
def installed(site: Path) -> Iterator[None]:
    with no_plugins(site):
        yield


@pytest.fixture
def gain(tmp_path: Path) -> Iterator[Path]:
    """The plugin in a file, in a folder of its own, not loaded yet."""
    for name in ("gain.py", "gain_torch.py"):
        shutil.copy(PLUGINS / name, tmp_path / name)
    with no_plugins():
        yield tmp_path / "gain.py"


def edit(path: Path, old: str, new: str) -> Path:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def failures(text: str) -> str:
    """What differs in a compile of a spec; nothing where all is as it should be."""
    network = lower(dsl.loads(text))
    report = cross_check(network) + prove(network, emit(network))
    lines = [line for line in report.lines() if "differ: " in line]
    assert bool(lines) != report.ok
    return "\n".join(lines)


# --- The worked example ---------------------------------------------------------------------


@pytest.mark.usefixtures("installed")
def test_the_worked_example_is_counted_and_proven() -> None:
    assert failures(GATED) == ""


GRIDS = [(3, 8, 1, 1), (8, 1, 1, 2), (16, 5, 3, 2), (64, 2, 9, 4), (512, 7, 7, 32), (16, 1, 12, 1)]


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(("channels", "height", "width", "reduction"), GRIDS)
@pytest.mark.parametrize("first", ["", "1x1 in, "])
def test_its_facts_hold_at_any_size(
    channels: int, height: int, width: int, reduction: int, first: str
) -> None:
    """Behind a layer with weights, and where no gradient comes to its input."""
    size = f"{{channels: {channels}, height: {height}, width: {width}}}"
    text = f"name: one\ninput: {size}\nclasses: 2\nbody: [{first}coordatt {reduction}]\n"
    report = cross_check(lower(dsl.loads(text)))
    assert report.ok, "\n".join(report.lines())


class Published(nn.Module):
    """As the authors write it, for two axes: pools of one row, pools of one column, turned."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        middle = max(8, channels // reduction)
        self.pools = nn.AdaptiveAvgPool2d((None, 1)), nn.AdaptiveAvgPool2d((1, None))
        self.conv1 = nn.Conv2d(channels, middle, 1)
        self.bn1 = nn.BatchNorm2d(middle)
        self.act = nn.Hardswish()
        self.conv_h = nn.Conv2d(middle, channels, 1)
        self.conv_w = nn.Conv2d(middle, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        rows, columns = self.pools[0](x), self.pools[1](x).permute(0, 1, 3, 2)
        y = self.act(self.bn1(self.conv1(torch.cat([rows, columns], dim=2))))
        height, width = torch.split(y, [x.shape[2], x.shape[3]], dim=2)
        width = width.permute(0, 1, 3, 2)
        scaled: Tensor = x * self.conv_w(width).sigmoid() * self.conv_h(height).sigmoid()
        return scaled


NAMES = {"squeeze": "conv1", "norm": "bn1", "expand.0": "conv_h", "expand.1": "conv_w"}


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("training", [False, True])
def test_it_does_what_the_paper_does(training: bool) -> None:
    text = "name: one\ninput: [24, 7, 5]\nclasses: 2\nbody: [att: coordatt 2]\n"
    ours = compile_spec(dsl.loads(text))
    randomise(ours)
    theirs = Published(24, 2).double().train(training)
    for name, value in ours.double().state_dict().items():
        layer, _, tensor = name.removeprefix("att.").rpartition(".")
        into = theirs.get_submodule(NAMES[layer]).state_dict()[tensor]
        into.copy_(value.reshape(into.shape))
    x = torch.randn(3, 24, 7, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(ours.train(training)(x), theirs(x), rtol=0, atol=1e-12)
    moved = ours.get_submodule("att.norm").state_dict()["running_var"]
    torch.testing.assert_close(moved, theirs.bn1.running_var, rtol=0, atol=1e-12)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("grid", [(9,), (5, 4), (3, 5, 4)])
def test_its_op_its_class_and_its_reference_agree_in_each_rank(grid: tuple[int, ...]) -> None:
    kind = _kind("coordatt")
    op, x = kind.op(2), plugins.Shape(16, *grid)
    from compiler.plugins.places import class_of

    call = op.call(x)
    module: nn.Module = class_of(kind, call.name)(*call.args, **call.kwargs)
    assert {name: tuple(p.shape) for name, p in module.named_parameters()} == op.params(x)
    assert {name: tuple(b.shape) for name, b in module.named_buffers()} == op.buffers(x)
    randomise(module.double())
    module.double()
    image = torch.randn(2, *x, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    for training in (False, True):
        state = {name: value.clone() for name, value in module.state_dict().items()}
        given = module.train(training)(image)
        y, moved = kind.reference(image, state, {"reduction": 2}, training)
        torch.testing.assert_close(given, y, rtol=0, atol=1e-12)
        assert tuple(given.shape[1:]) == tuple(op.out(x))
        assert bool(moved) == training
        for name, value in moved.items():
            torch.testing.assert_close(module.state_dict()[name], value, rtol=0, atol=1e-12)


def _kind(word: str) -> Any:
    from dsl.models.plugins import find

    given = find(word)
    assert given is not None
    return given.kind


@pytest.mark.usefixtures("installed")
def test_emitted_source_runs_where_the_plugin_is_not(tmp_path: Path) -> None:
    model = compile_spec(dsl.loads(GATED)).eval()
    (tmp_path / "gated.py").write_text(emit(model.network), encoding="utf-8")
    torch.save(model.state_dict(), tmp_path / "gated.pth")
    x = torch.randn(2, 3, 32, 24, generator=torch.Generator().manual_seed(1))
    torch.save(x, tmp_path / "x.pth")
    code = (
        "import sys, torch; sys.path.insert(0, '.'); import gated\n"
        "model = gated.Gated().eval(); model.load_state_dict(torch.load('gated.pth'))\n"
        "torch.save(model(torch.load('x.pth')), 'y.pth')\n"
        "print(sorted({'coord_attention', 'compiler', 'dsl'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
    assert torch.equal(torch.load(tmp_path / "y.pth"), model(x))


@pytest.mark.usefixtures("installed")
def test_weights_are_drawn_anew_as_in_a_new_network() -> None:
    """Of the compiled module and of the emitted one alike, by one generator."""
    torch.manual_seed(5)
    fresh = compile_spec(dsl.loads(GATED))
    emitted = load(emit(fresh.network))()
    for model in (fresh, emitted):
        for value in model.state_dict().values():
            value.zero_()
        torch.manual_seed(5)
        model.reset_parameters()  # type: ignore[operator]  # both have it
    torch.manual_seed(5)
    wanted = compile_spec(dsl.loads(GATED)).state_dict()
    for key, value in wanted.items():
        assert torch.equal(fresh.state_dict()[key], value), key
        assert torch.equal(emitted.state_dict()[key], value), key


@pytest.mark.usefixtures("installed")
def test_a_network_that_is_called_as_the_class_of_a_plugin() -> None:
    text = GATED.replace("name: gated", "name: coordinate_attention").replace("  A:", "  least:")
    text = text.replace("a: A", "a: least")
    network = lower(dsl.loads(text))
    source = emit(network)
    assert "class CoordinateAttentionNet(nn.Module):" in source
    assert prove(network, source).ok


# --- On the command line --------------------------------------------------------------------


def answer(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    found = run(list(words))
    said = capsys.readouterr()
    assert found == code, said.out + said.err
    return said.out + said.err


def test_each_command_that_reads_a_spec_takes_plugins() -> None:
    assert isinstance(cli, Shortcut)
    for name in COMMANDS:
        command = cli.get_command(None, name)  # type: ignore[arg-type]  # it needs none
        assert command is not None
        params = {param.name for param in command.params}
        assert "plugin" in params or not {"spec", "one", "base"} & params, name


def test_every_command_on_a_spec_with_a_plugins_layer(
    gain: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net = gain.with_name("net.yaml")
    net.write_text(GAINS, encoding="utf-8")
    args = (str(net), "--plugin", str(gain))
    assert "parameters" in answer(capsys, "check", *args)
    assert "ChannelGain(6, 0.25)" in answer(capsys, "ir", *args)
    assert "gain start=2 " in answer(capsys, "resolve", *args)
    table = answer(capsys, "cost", *args)
    assert "without gain: what tools count of it isn't known" in table
    report = json.loads(answer(capsys, "cost", *args, "--format", "json"))
    assert report["views_without"] == ["gain"]
    assert "start 2 -> 3" in answer(capsys, "diff", *args, "--set", "body.gain2.start=3")
    assert ">gain<" in answer(capsys, "draw", *args, "--what", "full")
    source = answer(capsys, "source", *args)
    assert "#   plugins:     gain.py\n" in source
    assert "source net.yaml --plugin gain.py\n" in source
    assert "gain1.weight" in answer(capsys, "weights", *args, "--source", "own")
    out = gain.with_name("out")
    said = answer(capsys, *args, "--out", str(out))
    assert "all equal" in said
    assert (out / "gains" / "gains.py").read_text(encoding="utf-8") == source
    made = gain.with_name("slim.yaml")
    answer(capsys, "new", "slim", "--from", str(net), "--plugin", str(gain), "-o", str(made))
    assert "parameters" in answer(capsys, "check", str(made), "--plugin", str(gain))


def test_a_plugins_own_colour(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "net.yaml").write_text(GATED, encoding="utf-8")
    with no_plugins(site):
        dot = answer(capsys, "draw", str(tmp_path / "net.yaml"), "--what", "A")
    assert "#e3ecc4" in dot
    assert ">attention<" in dot


# --- What is wrong with a plugin ------------------------------------------------------------

LIES = [
    ('{"weight": (int(x.channels),)}', '{"weight": (int(x.channels) + 1,)}', "params at gain1.we"),
    ('{"weight": (int(x.channels),)}', "{}", "state at parameters: counted 238, measured 271"),
    ("Work(eltwise_elems=x.elements", "Work(macs=7, eltwise_elems=x.elements", "MACs at gain1"),
    ("eltwise_elems=x.elements", "eltwise_elems=1", "elements written at gain1: counted 1,"),
    ("Extra(x.elements, fixed", "Extra(9 * x.elements, fixed", "peak bytes at gain1"),
    ("Saved(input=True, ", "Saved(", "bytes saved for backward at "),
    ("return x * gain", "return x + gain", "evaluation at gain1"),
    ("min(gain, 1)", "min(gain, 0.5)", "evaluation at a.branch2.1"),
    ("return x\n", "return Shape(x[0], *(n + 1 for n in x[1:]))\n", "output shapes at gain"),
    ("        self.reset_parameters()\n\n    def reset_parameters(self) -> None:\n", "", "anew"),
]


@pytest.mark.parametrize(("true", "lie", "told"), LIES)
def test_a_plugin_that_lies_is_told_at_the_layer(
    gain: Path, true: str, lie: str, told: str
) -> None:
    here = true in gain.read_text(encoding="utf-8")
    edit(gain if here else gain.with_name("gain_torch.py"), true, lie)
    plugins.load(gain)
    text = "name: one\ninput: [3, 8, 8]\nclasses: 4\nbody: [gain]\n" if "Shape(" in lie else GAINS
    found = failures(text)
    assert told in found, found


def test_an_operator_that_nobody_knows(gain: Path) -> None:
    edit(gain, '    operators={"clamp": "pointwise"},\n', "")
    plugins.load(gain)
    network = lower(dsl.loads(GAINS.replace("gain hard", "gain")))
    assert cross_check(network).ok
    report = cross_check(lower(dsl.loads(GAINS)))
    assert "aten.clamp.default" in str(report.failures[0].difference)


def test_a_category_that_is_none(gain: Path) -> None:
    plugins.load(edit(gain, '"pointwise"', '"sideways"'))
    with pytest.raises(plugins.PluginError, match="can't be of the category sideways"):
        cross_check(lower(dsl.loads(GAINS)))


def test_what_is_compared_with_nothing_is_said(gain: Path) -> None:
    edit(gain, "    reference=reference,\n", "    exact_memory=False,\n")
    edit(gain.with_name("gain_torch.py"), "x * gain", "1 * x * gain")
    plugins.load(gain)
    network = lower(dsl.loads(GAINS))
    counted, proven = cross_check(network), prove(network, emit(network))
    assert "memory was not compared: it is an estimate of gain" in counted.left_out
    assert "elements written" in {check.name for check in counted.failures}
    assert "peak bytes" not in {check.name for check in counted.checks}
    assert proven.ok
    assert "what gain should give is compared with nothing" in proven.left_out


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("scope.number(step, ", "scope.numbr(step, ", "its rule fails: AttributeError"),
        ("return ChannelGain(sc", "return max(sc", "its rule gives 1.0, which is no"),
        ('return "gain"\n', "return 7\n", "ChannelGain.label is text on one line"),
        ("return Saved(", "return dict(", "ChannelGain.saved is a Saved, not {"),
        ("        return (Extra(", "        return [1 / 0] and (Extra(", "peaks fails: ZeroDiv"),
        ("return x\n", "return tuple(x)\n", "ChannelGain.out is a Shape"),
        ("return x\n", "raise KeyError(3)\n", "ChannelGain.out fails: KeyError: 3"),
        ('Call("ChannelGain", (x.channels', 'Call("ChannelGain", ([1]', "call is a Call"),
    ],
)
def test_an_op_that_fails_is_told_at_its_step(gain: Path, old: str, new: str, told: str) -> None:
    plugins.load(edit(gain, old, new))
    with pytest.raises(dsl.SpecError) as caught:
        lower(dsl.loads(GAINS, "net.yaml"))
    said = str(caught.value)
    assert "net.yaml:6:8: error[E170]: gain is a layer of " in said, said
    assert f"{gain}, which is wrong: " in said
    assert told in said, said


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("    keyword =", "    #", 0, "Gain has no `keyword`"),
        ("    keyword =", "    kyword =", 26, "A non-annotated attribute was detected: `kyword"),
        ('= "gain"\n    example', '= "relu"\n    example', 0, "can't be called relu: the word"),
        ('= "gain"\n    example', '= "Gain"\n    example', 0, "a small letter, then letters"),
        ('gain start=0.5"\n    auto', 'gain start=x="\n    auto', 0, "can't be read: start must"),
        ('"gain"\n    weighted', '"train"\n    weighted', 0, "can't be called train"),
        ('Annotated[Number, Spelled(key="start")]', "Number", 0, "how its field start is written"),
        ("(frozen=True)", "()", 0, "ChannelGain is a frozen dataclass"),
        ("    def out(", "    def aut(", 0, "ChannelGain doesn't say its out"),
        ('module="gain_torch.py"', 'module="gain_torch.py", copied=False', 0, "can't import from"),
        ("MODES = {", "MODES = {(", 22, "SyntaxError"),
        ("from typing", "from typo", 6, "ModuleNotFoundError: No module named 'typo'"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_at_its_line(
    gain: Path, old: str, new: str, line: int, told: str
) -> None:
    edit(gain, old, new)
    with pytest.raises(plugins.PluginError) as caught:
        plugins.load(gain)
    (problem,) = caught.value.problems
    text = gain.read_text(encoding="utf-8").split("\n")
    start = line or next(n for n, row in enumerate(text, 1) if row.startswith("GAIN ="))
    assert told in problem.message + problem.help, problem
    assert problem.span.file == str(gain)
    assert problem.span.line >= start
    assert not FOREIGN
    assert "Traceback" not in str(caught.value)


def test_files_that_give_nothing_or_too_much(gain: Path) -> None:
    with pytest.raises(plugins.PluginError, match="gives no layers"):
        plugins.load(gain.with_name("gain_torch.py"))
    edit(gain, "GAIN = ", "GAIN = LayerKind(Gain, ChannelGain, lower)\nMORE = ")
    with pytest.raises(plugins.PluginError, match="gives 2 layers of one word"):
        plugins.load(gain)
    with pytest.raises(FileNotFoundError):
        plugins.load(gain.with_name("nowhere.py"))


def test_two_files_of_one_word(gain: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = Path(shutil.copy(gain, gain.with_name("other.py")))
    net = gain.with_name("net.yaml")
    net.write_text(GAINS, encoding="utf-8")
    said = answer(capsys, "check", str(net), "--plugin", str(gain), "--plugin", str(other), code=1)
    assert said.startswith("error[E171]: gain is a layer of ")
    assert str(gain) in said
    assert str(other) in said


def test_a_file_beside_an_installed_package_of_its_word(gain: Path, site: Path) -> None:
    edit(gain, 'keyword = "gain"', 'keyword = "coordatt"')
    edit(gain, 'example = "gain', 'example = "coordatt')
    with (
        no_plugins(site),
        pytest.raises(plugins.PluginError, match=r"E171\]: coordatt is a layer of coord-att"),
    ):
        plugins.load(gain)


def test_a_changed_file_takes_its_own_place(gain: Path) -> None:
    """Nothing that was remembered of the layer before stays true."""
    plugins.load(gain)
    spec = dsl.loads(GAINS)
    before = lower(spec)
    assert plugins.load(gain) == plugins.load(gain)
    assert lower(spec) == before
    plugins.load(edit(gain, 'return "gain"\n', 'return "amplifier"\n'))
    after = lower(dsl.loads(GAINS))
    labels = {type(leaf.op).__name__: leaf.op.label for leaf in after.nodes[:1]}  # type: ignore[union-attr]
    assert labels == {"ChannelGain": "amplifier"}
    with pytest.raises(dsl.SpecError, match="no plugin gives this layer gain any more"):
        lower(spec)


def test_whose_fault_a_failure_is(gain: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What only fails as it runs is one line too."""
    net = gain.with_name("net.yaml")
    net.write_text(GAINS, encoding="utf-8")
    edit(
        gain.with_name("gain_torch.py"), "        gain = self.weight.cl", "        gain = self.w.cl"
    )
    said = answer(capsys, "verify", str(net), "--plugin", str(gain), code=1)
    assert said.startswith(f"error: the layer gain of {gain} fails at gain_torch.py:")
    assert said.count("\n") == 1
    assert "AttributeError" in said


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("class ChannelGain", "class Other", "there is no ChannelGain in gain_torch.py"),
        ("import torch\n", "import torch, nowhere\n", "ModuleNotFoundError"),
        ("(nn.Module)", "", "ChannelGain is no class of torch modules"),
        ("start: float,", "start: float, more: int,", "ChannelGain(3, 1.0) fails: TypeError"),
    ],
)
def test_a_class_that_cannot_be_built(gain: Path, old: str, new: str, told: str) -> None:
    edit(gain.with_name("gain_torch.py"), old, new)
    plugins.load(gain)
    with pytest.raises(plugins.PluginError) as caught:
        compile_spec(dsl.loads(GAINS))
    assert told in str(caught.value), caught.value


# --- Copies in emitted source ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("import torch\n", "import torch\nimport numpy\nONE = numpy.ones(1)\n", "needs numpy"),
        ("import torch\n", "import torch\nfrom .near import ONE\n", "needs ONE of another file"),
        ("import torch\n", "import torch\nif True:\n    ONE = 1\n", "defined under a condition"),
        ("import torch\n", "import torch\ndef Concat() -> None:\n    ONE\nONE = 1\n", "a Concat"),
        ("import torch\n", "import torch\nimport math as F\nONE = F\n", "calls math F, as"),
    ],
)
def test_what_cannot_be_copied(gain: Path, old: str, new: str, told: str) -> None:
    classes = gain.with_name("gain_torch.py")
    edit(classes, "from torch.nn import functional as F  # noqa: F401", "#")
    edit(classes, old, new)
    used = "Concat" if "Concat" in new else "ONE"
    edit(classes, "    def forward(self", f"    known = {used}\n\n    def forward(self")
    plugins.load(gain)
    with pytest.raises(plugins.PluginError) as caught:
        emit(lower(dsl.loads(GAINS)))
    said = str(caught.value)
    assert "emitted source can't hold a copy of ChannelGain: " in said
    assert told in said, said


def test_a_class_that_is_imported_instead(site: Path, tmp_path: Path) -> None:
    copy = tmp_path / "site"
    shutil.copytree(site, copy)
    init = copy / "coord_attention" / "__init__.py"
    edit(init, '.layers",', '.layers", copied=False,')
    with no_plugins(copy):
        network = lower(dsl.loads(GATED))
        source = emit(network)
        assert "\nfrom coord_attention.layers import CoordinateAttention\n" in source
        assert "class CoordinateAttention(" not in source
        report = prove(network, source)
        assert report.ok, "\n".join(report.lines())


def test_a_class_given_as_text_and_one_of_torchs_own(gain: Path) -> None:
    source = gain.with_name("gain_torch.py").read_text(encoding="utf-8")
    edit(gain, 'module="gain_torch.py"', f"module={source!r}")
    gain.with_name("gain_torch.py").unlink()
    plugins.load(gain)
    assert failures(GAINS) == ""
    network = lower(dsl.loads(GAINS))
    edit(gain, 'Call("ChannelGain", (x.channels, self.start), given)', 'Call("nn.Identity")')
    plugins.load(gain)
    network = lower(dsl.loads(GAINS))
    assert "nn.Identity()" in emit(network)
    assert "ChannelGain" not in emit(network)


# --- Anywhere, in any rank ------------------------------------------------------------------


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("size", "kernel"), [("40", "3"), ("18, 24", "3x3"), ("6, 10, 8", "3x3x3")]
)
def test_series_images_and_clips(size: str, kernel: str) -> None:
    plugins.load(PLUGINS / "gain.py")
    text = (
        f"name: ranked\ninput: [3, {size}]\nclasses: 3\n"
        f"stem: [{kernel} 8 /2, coordatt 2, gain]\n"
        f"body: [{{concat: [gain hard, [{kernel} 4, coordatt 4]], then: coordatt}}]\n"
        "head: [globalpool avg, flatten, gain start=3, fc classes]\n"
    )
    assert failures(text) == ""


@pytest.fixture(scope="module")
def both(site: Path) -> Iterator[None]:
    with no_plugins(site):
        plugins.load(PLUGINS / "gain.py")
        yield


@settings(max_examples=12)
@given(specs().filter(lambda spec: len(spec.input) < 4), st.randoms(use_true_random=False))
def test_layers_of_plugins_anywhere_in_random_networks(
    both: None, spec: dsl.Spec, random: Random
) -> None:
    """Behind convolutions wherever they stand: what comes there is a map."""

    def change(step: layers.Step, name: str) -> layers.Step:
        if not isinstance(step, layers.Filter) or random.random() < 0.6:
            return step
        word = random.choice(["coordatt 2", "coordatt in", "gain", "gain start=2 hard"])
        both = step.model_copy(update={"name": None}), dsl.step(word)
        return layers.Sequence(name=step.name, steps=both)

    text = dsl.dump(mapped(spec, change).model_copy(update={"weights": {}}))
    assert failures(text) == ""
    again = dsl.loads(text)
    assert dsl.dump(again) == text


HEADS = """\
name: heads
input: [3, 40, 40]
classes: 4
stem: [3x3 8 /2]
body: [a: 3x3 8, gain]
head: [globalpool avg, fc classes]
aux: [{help: {from: a, weight: 0.5, do: [avgpool 9x9 /5 valid, gain hard, coordatt 2, fc classes]}}]
"""


def test_heads_that_need_larger_images(both: None) -> None:
    """They run by themselves, and so does what stands in for a plugin's layer without reference."""
    assert failures(HEADS) == ""


def test_without_references_all_around_is_compared(gain: Path) -> None:
    edit(gain, "    reference=reference,\n", "")
    plugins.load(gain)
    text = HEADS.replace("coordatt 2, ", "")
    assert failures(text) == ""
    report = prove(network := lower(dsl.loads(text)), emit(network))
    assert report.left_out.startswith("what gain should give is compared with nothing")


CONSTANT = "        self.register_buffer('two', torch.full((1,), 2.0), persistent=False)\n"


@pytest.mark.parametrize("persistent", [False, True])
def test_constants_keep_their_values_in_the_proof(gain: Path, persistent: bool) -> None:
    classes = gain.with_name("gain_torch.py")
    constant = CONSTANT.replace(", persistent=False", "") if persistent else CONSTANT
    edit(
        classes,
        "        self.reset_parameters()\n\n",
        f"{constant}        self.reset_parameters()\n\n",
    )
    edit(classes, "return x * gain", "return x * self.two * gain")
    buffers = "    def buffers(self, x: Shape) -> Any:\n        return {'two': (1,)}\n"
    edit(gain, "    def work(", f"{buffers}\n    def work(")
    edit(gain, "eltwise_elems=x", "eltwise_elems=2 * x")
    edit(gain, "[row * gain", "[row * 2 * gain")
    edit(gain, "Extra(x.elements, fixed", "Extra(2 * x.elements, fixed")
    edit(gain, "Saved(input=True, extra=Extra(", "Saved(extra=Extra(x.elements, ")
    plugins.load(gain)
    assert failures(GAINS) == ""


def test_weights_go_out_and_come_back(both: None, tmp_path: Path) -> None:
    spec = dsl.loads(GATED)
    model, other = compile_spec(spec), compile_spec(spec)
    randomise(model)
    export_weights(model, file=tmp_path / "gated.safetensors")
    report = load_weights(other, tmp_path / "gated.safetensors", source="own")
    assert report is not None
    for key, value in model.state_dict().items():
        assert torch.equal(other.state_dict()[key], value), key


def test_keras_has_no_such_layer(both: None) -> None:
    text = GATED.replace(
        "aux:", "weights: {keras: {conv: conv, att: gate, 'a.**': none, help: none}}\naux:"
    )
    with pytest.raises(dsl.SpecError, match="att is a plugin's layer, whose weights nobody can"):
        slots(lower(dsl.loads(text)), "keras")
    text = text.replace("att: gate", "att: none")
    found = {slot.path: slot.name for slot in slots(lower(dsl.loads(text)), "keras")}
    assert found["conv.conv.weight"] == "conv_conv/kernel"
    assert found["att.squeeze.weight"] == ""


@pytest.mark.parametrize("words", ["check", "cost", "draw", "source", "ir", "resolve", "weights"])
def test_torch_waits_until_something_is_built(site: Path, tmp_path: Path, words: str) -> None:
    (tmp_path / "net.yaml").write_text(GATED, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.inception-compile]\nerror-on = "error"\n')
    code = (
        f"import sys; sys.path.insert(0, {str(site)!r}); from compiler.cli import run\n"
        f"assert run(['{words}', 'net.yaml', '--plugin', {str(PLUGINS / 'gain.py')!r}]) == 0\n"
        "assert 'coord_attention' in sys.modules and 'torch' not in sys.modules"
    )
    home = str(Path(__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": home}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_what_a_spec_changes_in_a_layer_of_a_plugin(both: None, tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(GATED, encoding="utf-8")
    (tmp_path / "heir.yaml").write_text(
        "extends: base.yaml\nname: heir\nwidth: 0.5\n"
        "insert: [{after: a, gate: coordatt 2}]\nset: {att.reduction: 5, a.r: 3}\n",
        encoding="utf-8",
    )
    spec = dsl.load(tmp_path / "heir.yaml")
    said = {step.name: write(step) for step in spec.body if isinstance(step, layers.Layer)}
    assert said == {"a": "A n=8 r=3 x2", "gate": "coordatt 2", "att": "coordatt 5"}
    wrong = spec.model_copy()
    with pytest.raises(dsl.SpecError, match="reduction must be a whole number"):
        dsl.change(wrong, {"att.reduction": 0.5})


def test_a_field_called_width_is_scaled(gain: Path) -> None:
    written = 'width: Annotated[Whole, Spelled(key="width")]'
    edit(gain, 'start: Annotated[Number, Spelled(key="start")]', written)
    edit(gain, "    Work,\n", "    Whole,\n    Work,\n")
    edit(gain, 'gain start=0.5"', 'gain width=5"')
    edit(gain, '"start"), step', '"width"), step')
    edit(gain, "] = 1.0", "] = 1")
    plugins.load(gain)
    spec = dsl.loads("name: one\ninput: [3, 8, 8]\nclasses: 2\nbody: [gain width=8, 3x3 8]\n")
    assert "gain width=8 soft" in dsl.dump(spec)
    half = dsl.Changes.model_validate({"width": 0.5})
    assert "gain width=4 soft" in dsl.dump(dsl.change(spec, half))


def test_an_op_of_the_languages_own_is_no_plugins(gain: Path) -> None:
    """Else each such layer of a network, whoever wrote it, would be taken for the plugin's."""
    edit(gain, "    ChannelGain,\n", "    Identity,\n")
    edit(gain, "MODES = {", "from compiler.ops.linear import Identity\n\nMODES = {")
    with pytest.raises(plugins.PluginError) as caught:
        plugins.load(gain)
    assert "gain: Identity is the language's own op" in str(caught.value)
    assert "may be a subclass of Identity" in str(caught.value)
