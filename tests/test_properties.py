"""What must hold for every spec: drawn at random, or at the edges of the language."""

from __future__ import annotations

import ast
import inspect
import io
import os
import subprocess
import sys
import sysconfig
import tokenize
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, Phase, example, given, seed, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import dsl
from compiler.exporting.comparing import compared
from compiler.exporting.engines import ONNXRUNTIME
from compiler.exporting.forms import FORMS
from compiler.exporting.reporting import outputs
from compiler.exporting.serving import Served, loaded
from compiler.exporting.wishes import Wishes
from compiler.ir.network import Network
from compiler.ir.nodes import Node, Tap, leaves
from compiler.lowering.lower import lower
from compiler.lowering.prepare import prepare
from compiler.nn.module import build, compile_spec
from compiler.oracle import emitted as emitting
from compiler.oracle.check import cross_check
from compiler.oracle.proof import prove
from compiler.source import emit
from compiler.source.auditing import audit
from compiler.source.classnames import class_name
from dsl.models import layers
from dsl.models.identifiers import name_fault
from dsl.models.model import BLOCK_SECTIONS
from dsl.models.reserved import RESERVED
from dsl.models.spec import Block, Spec
from dsl.reading.names import param_fault
from tests import numpy_network, odd_specs
from tests.strategies import specs
from tests.test_source import imported, randomise, tensors
from tests.test_third_opinion import close

ROOT = Path(__file__).parent.parent
every_oddity = pytest.mark.parametrize("name", odd_specs.TEXTS)


# --- Renaming ------------------------------------------------------------------------------

LONG = "abcdefghijklmnopqrstuvwxyz_" * 2
WORDS = [
    "self", "cls", "int", "float", "bool", "str", "function", "scale", "scale2", "y", "head",
    "made", "pair", "pad_same", "none", "true", "conv", "conv1", "bn", "act", "branch1", "Concat",
    "single", "triple", "pad_same_1d", "Conv1dSame", "LayerScale", "Mul",
    "ConvBNReLU", "Conv2dSame", "InceptionA", "AuxHead", "Drawn", "DrawnOutput", "nn", "torch",
    "F", "T_", "e", "E1", "data", "eps", "bias", "kernel_size", "padding", "stride", "groups",
    "super", "print", "len", "type_", "index", "count", "drawn", "logits", "aux_logits",
    "in_channels", "num_classes", "dropout", "args", "kwargs",
]  # fmt: skip  # a grid reads better
WORDS_OF_LAYERS = {*layers.LAYERS, *layers.ACTIVATION_WORDS, "none", "batch", "same", "valid"}
IDENTIFIERS = st.sampled_from(WORDS) | st.integers(20, 54).map(lambda size: LONG[:size])


def renamed(spec: Spec, draw: Callable[[], str]) -> Spec:
    """The same network under other names: of blocks, parameters and steps."""
    return _Renaming(spec, draw).run()


class _Renaming:
    def __init__(self, spec: Spec, draw: Callable[[], str]) -> None:
        self.spec, self.draw = spec, draw
        self.used: set[str] = {"classes", "in"}
        self.blocks = {name: self.new() for name in spec.blocks}
        every = sorted({param for block in spec.blocks.values() for param in block.params})
        self.params = {param: self.new(param=True) for param in every}

    def new(self, *, param: bool = False) -> str:
        wanted = self.draw().lower() if param else self.draw()
        name = wanted
        while self.taken(name) or (param and param_fault(name)):
            name = f"{wanted}_{len(self.used)}"
        self.used.add(name)
        return name

    def taken(self, name: str) -> bool:
        return bool(name in {*self.used, *RESERVED, *WORDS_OF_LAYERS} or name_fault(name))

    def run(self) -> Spec:
        spec = self.spec
        update: dict[str, Any] = {
            section: tuple(self.step(step) for step in steps) for section, steps in spec.sections()
        }
        for kind in BLOCK_SECTIONS:
            blocks: dict[str, Block] = getattr(spec, kind)
            update[kind] = {self.blocks[key]: self.block(block) for key, block in blocks.items()}
        names = {
            old.name: new.name
            for section, steps in spec.sections()
            for old, new in zip(steps, update[section], strict=True)
        }
        update["aux"] = tuple(
            head.model_copy(
                update={
                    "source": names[head.source],
                    "name": f"h{self.new().lower()}",
                    "steps": tuple(self.step(step) for step in head.steps),
                }
            )
            for head in spec.aux
        )
        return spec.model_copy(update=update)

    def block(self, block: Block) -> Block:
        params = {self.params[name]: default for name, default in block.params.items()}
        return block.model_copy(update={"params": params, "body": self.step(block.body)})

    def value(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(self.value(part) for part in value)
        if not isinstance(value, str):
            return value
        name, sign, number = value.partition("*")
        return f"{self.params.get(name, name)}{sign}{number}"

    def step(self, step: layers.Step) -> layers.Step:
        update: dict[str, Any] = {"name": self.new()} if step.name else {}
        match step:
            case layers.Call():
                args = {self.params[key]: self.value(value) for key, value in step.args.items()}
                update |= {"block": self.blocks[step.block], "args": args}
            case layers.Layer():
                fields = {name for name, _ in layers.spellings(type(step))}
                update |= {name: self.value(getattr(step, name)) for name in fields}
            case layers.Sequence():
                update["steps"] = tuple(self.step(inner) for inner in step.steps)
            case layers.Split():
                update["branches"] = tuple(self.step(branch) for branch in step.branches)
                update["then"] = self.step(step.then) if step.then else None
        if isinstance(step, (layers.Sequence, layers.Split)) and step.residual:
            update["residual"] = self.residual(step.residual)
        return step.model_copy(update=update)

    def residual(self, residual: layers.Residual) -> layers.Residual:
        values = {name: self.value(getattr(residual, name)) for name in ("scale", "act")}
        values["shortcut"] = self.step(residual.shortcut) if residual.shortcut else None
        return residual.model_copy(update=values)


@st.composite
def odd_named(draw: st.DrawFn) -> Spec:
    """A drawn spec, sometimes under awkward names."""
    spec = draw(specs())
    if draw(st.booleans()):
        return spec
    return renamed(spec, lambda: draw(IDENTIFIERS))


# --- Module, source and interpreter --------------------------------------------------------


def both(network: Network, text: str) -> tuple[nn.Module, nn.Module]:
    """The compiled module and the emitted one, from the same seed."""
    made = []
    for make in (lambda: build(network), getattr(imported(network, text), class_name(network))):
        torch.manual_seed(1)
        made.append(make())
    return made[0], made[1]


def same(ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> None:
    assert list(ours) == list(theirs)
    for key, value in ours.items():
        assert torch.equal(value, theirs[key]), key


def trained(
    model: nn.Module, x: Tensor
) -> tuple[list[Tensor], dict[str, Tensor], dict[str, Tensor]]:
    """Outputs, gradients and state after one training step's forward and backward."""
    torch.manual_seed(2)
    outputs = tensors(model.train()(x))
    total = torch.stack([(out * torch.randn_like(out)).mean() for out in outputs]).sum()
    if total.requires_grad:
        total.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    grads = {key: p.grad for key, p in model.named_parameters() if p.grad is not None}
    return outputs, grads, dict(model.state_dict())


def holds(spec: Spec) -> tuple[Network, str]:
    """Module, emitted source, analysis and interpreter agree; gives the network and the source."""
    network = lower(spec)
    text = emit(network)
    ours, theirs = both(network, text)
    same(dict(ours.state_dict()), dict(theirs.state_dict()))
    counted = sum(_elements(shape) for shape in _params(network.nodes))
    assert counted == sum(parameter.numel() for parameter in ours.parameters())

    randomise(ours)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    ours, theirs = ours.double(), theirs.double()
    x = torch.randn(2, *map(int, network.input), dtype=torch.float64)
    with torch.no_grad():
        out = ours.eval()(x)
        assert torch.equal(out, theirs.eval()(x))
    assert tuple(out.shape[1:]) == tuple(network.out)
    state = {key: value.numpy() for key, value in ours.state_dict().items()}
    close(out, numpy_network.run(spec, state, x.numpy()).logits)

    mine, others = trained(ours, x), trained(theirs, x)
    assert len(mine[0]) == 1 + len(network.taps)
    for output, other, tap in zip(mine[0][1:], others[0][1:], network.taps, strict=True):
        assert torch.equal(output, other)
        assert tuple(output.shape[1:]) == tuple(tap.body.out)
    assert torch.equal(mine[0][0], others[0][0])
    same(mine[1], others[1])
    same(mine[2], others[2])
    return network, text


def _params(nodes: tuple[Node, ...]) -> Iterator[tuple[int, ...]]:
    for _, leaf in leaves(nodes):
        yield from leaf.op.params(leaf.inp).values()


def _elements(shape: tuple[int, ...]) -> int:
    return int(torch.Size(shape).numel())


def agree(spec: Spec) -> None:
    """The above; what is counted and measured; the proof, with its reading of the spec; ONNX."""
    network, text = holds(spec)
    for report in (cross_check(network), prove(network, text)):
        assert report.ok, "\n".join(report.lines())
    in_onnx(network)


def in_onnx(network: Network) -> None:
    """ONNX Runtime makes of the network's own graph what the module gives, in float32.

    To three digits: the runtime's sums over a map (an instance norm) and over channels (a response
    norm, whose constant may be tiny here) lose more of float32 than torch's do.
    """
    with torch.device("meta"):
        model = build(network)
    emitting.randomise(model)
    wishes = Wishes(aux=bool(network.taps))
    files = FORMS["onnx"].make(network, model.state_dict(), wishes)
    module = Served(loaded(network, model.state_dict(), aux=wishes.aux), wishes)
    names = tuple(outputs(network, wishes))
    found = compared("ONNX Runtime", ONNXRUNTIME.load(files), module, names, wishes)
    assert found.largest <= 1e-3, found


DRAWN, AT_ONCE = int(os.environ.get("DRAWN", "200")), 20
"""Networks that are drawn for the test of all opinions: `make drawn` has 2,000."""


@pytest.mark.parametrize("part", range(DRAWN // AT_ONCE))
def test_all_opinions_agree_on_drawn_networks(part: int) -> None:
    """In parts, so that those run beside each other; each is the same every time.

    What fails isn't made smaller, which would take minutes: `holds` and `agree` say why at once.
    """

    @seed(part)
    @settings(max_examples=AT_ONCE, database=None, phases=[Phase.generate])
    @given(odd_named())
    def held(spec: Spec) -> None:
        agree(spec)

    held()


@every_oddity
def test_odd_networks_agree(name: str) -> None:
    holds(odd_specs.spec(name))


@pytest.mark.parametrize("name", sorted({*odd_specs.TEXTS} - {"nested_calls", "wide"}))
def test_odd_networks_pass_the_cross_check(name: str) -> None:
    report = cross_check(lower(odd_specs.spec(name)))
    assert report.ok, "\n".join(report.lines())


@every_oddity
def test_other_classes_and_channels(name: str) -> None:
    """The emitted arguments mean what the compiler's own do."""
    spec = odd_specs.spec(name)
    network = lower(spec)
    made = getattr(imported(network, emit(network)), class_name(network))
    given: dict[str, Any] = {"in_channels": 6}
    if "num_classes" in _arguments(made):
        given["num_classes"] = 9
    classes = given.get("num_classes")
    ours, theirs = compile_spec(spec, num_classes=classes, in_channels=6), made(**given)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    x = torch.randn(2, 6, *spec.input[1:])
    with torch.no_grad():
        assert torch.equal(ours.eval()(x), theirs.eval()(x))
    if network.taps:
        torch.manual_seed(4)
        alone = compile_spec(spec, aux=False)
        torch.manual_seed(4)
        same(alone.state_dict(), made(aux_logits=False).state_dict())


def _arguments(made: type[nn.Module]) -> list[str]:
    return list(inspect.signature(made).parameters)


# --- How the source looks ------------------------------------------------------------------


@cache
def drawn(count: int) -> tuple[Spec, ...]:
    """The same specs every time."""
    found: list[Spec] = []

    @settings(
        max_examples=count,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(odd_named())
    def gather(spec: Spec) -> None:
        found.append(spec)

    gather()
    return tuple(found)


@pytest.fixture(scope="module")
def emitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of emitted sources: drawn, at the edges, and with hostile text."""
    folder = tmp_path_factory.mktemp("emitted")
    texts = {name: emit(lower(odd_specs.spec(name)), "0" * 64) for name in odd_specs.TEXTS}
    texts |= {f"drawn{place}": emit(lower(spec)) for place, spec in enumerate(drawn(40))}
    texts |= {f"hostile{place}": hostile(text) for place, text in enumerate(HOSTILE)}
    texts |= {f"called_{name}": emit(called(name)) for name in NAMES}
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def run(*command: str, cwd: Path = ROOT) -> str:
    """What a checker says; it must be content."""
    program = Path(sysconfig.get_path("scripts")) / command[0]
    if not program.exists():
        pytest.skip(f"{command[0]} isn't installed")
    done = subprocess.run(
        [str(program), *command[1:]], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"[-8000:]
    return done.stdout


def test_source_is_formatted_and_clean(emitted: Path) -> None:
    run("ruff", "format", "--isolated", "--no-cache", "--diff", str(emitted))
    run("ruff", "check", "--isolated", "--no-cache", str(emitted))


def test_source_passes_mypy(emitted: Path) -> None:
    run("mypy", "--strict", *map(str, sorted(emitted.glob("*.py"))))


def test_source_passes_pyright(emitted: Path) -> None:
    settings = '{"typeCheckingMode": "strict", "pythonVersion": "3.11"}'
    (emitted / "pyrightconfig.json").write_text(settings, encoding="utf-8")
    run("pyright", "--pythonpath", sys.executable, "-p", str(emitted), cwd=emitted)


def test_source_does_not_depend_on_hashes() -> None:
    """Sets have another order in every process."""
    program = (
        "from compiler.lowering.lower import lower\nfrom compiler.source import emit\n"
        "from tests import odd_specs\n"
        "print(*(emit(lower(odd_specs.spec(name))) for name in odd_specs.TEXTS))\n"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


# --- Hostile text --------------------------------------------------------------------------

HOSTILE = [
    '"""\nimport os; os.abort()\n"""',
    "'''; raise SystemExit #",
    'ends in a quote"',
    "ends in a backslash\\",
    "\\\\\\",
    '"' * 9,
    "\\N{BULLET} \\x41 \\u0041 \\",
    "{{ 7 * 7 }} {% for %} {# #}",
    "a\nb\r\nc\u2028d\u2029e\x0bf\x0cg\x85h\ti\x00j",
    "\U0001d518 \u2013 ❤️ é 日本語 \u202e\u200b\ufeff",
    "x" * 300,
    " ".join(["many words"] * 60),
    "  indented",
    "",
    " ",
    ".",
    "F.relu torch. nn. __all__ = [] # noqa",
    "%s {0} {name} $x `x`",
    "# -*- coding: utf-7 -*- +AAo-raise SystemExit",
    "coding=utf-7 +ACIAIgAiAAo-raise SystemExit",
    "probe",
]


def hostile(text: str) -> str:
    """A network's source with a text wherever free text can stand."""
    network = lower(odd_specs.spec("heads"))
    return emit(replace(network, title=text, paper=text, origin=text))


def undocumented(text: str) -> str:
    """A module's syntax without its docstrings."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            body = node.body
            if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
                body[0].value.value = ""
    return ast.dump(tree)


def is_harmless(text: str) -> None:
    """The source is the same program whatever the text, and says nothing out of place."""
    source = hostile(text)
    audit(source)
    assert undocumented(source) == undocumented(hostile("Nothing odd"))
    top = source.split('"""')[0].splitlines()
    assert all(line.startswith("#") for line in top)
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source.encode()).readline)
    assert encoding == "utf-8"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    is_harmless(text)


@settings(max_examples=30)
@given(st.text(max_size=120))
@example('"')
def test_any_text_stays_text(text: str) -> None:
    is_harmless(text)


def test_hostile_text_from_a_spec() -> None:
    """As far as the language lets it through."""
    for text in HOSTILE:
        head = (dsl.step("fc 2"),)
        values: dict[str, Any] = {"name": "probe", "input": (3, 8, 8), "classes": 2, "head": head}
        try:
            spec = Spec(**values, title=text, paper=text)
        except ValueError:
            continue
        prepared = prepare(spec)
        assert undocumented(emit(prepared.network)) == undocumented(
            emit(prepare(Spec(**values)).network)
        )


NAMES = [
    "none", "true", "false", "f", "tensor", "concat", "add", "ordered_dict", "named_tuple",
    "Conv2dSame", "ConvBNReLU", "conv", "sep_conv", "Conv_Same", "aux_head", "nn", "torch",
    "n" + "a" * 63, "inception_a", "reset_parameters", "x", "logits", "super", "split", "T",
]  # fmt: skip  # a grid reads better


def called(name: str) -> Network:
    """A network of that name with a bit of everything."""
    text = """
stem: [3x3 8, 2x2 4 tf_same, split: {concat: [3x3 4], then: 1x1 4}, added: sepconv 3x3 4]
inception:
  A: {concat: [1x1 4, {add: [1x1 2, 1x1 2]}, {concat: [a: 1x1 2, 1x1 2]}, [n: 1x1 2, 1x1 2]]}
body: [a: A]
head: [globalpool avg, fc classes]
aux:
  - side: {from: a, weight: 0.3, do: [globalpool avg, fc classes]}
"""
    return lower(dsl.loads(f"name: {name}\ninput: [3, 16, 16]\nclasses: 5\n{text}"))


@pytest.mark.parametrize("name", NAMES)
def test_awkward_names_of_networks(name: str) -> None:
    network = called(name)
    ours, theirs = both(network, emit(network))
    x = torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        assert torch.equal(ours.eval()(x), theirs.eval()(x))
        assert len(theirs.train()(x)) == 2


def test_taps_are_in_order() -> None:
    """Of heads at one step too: training gives them as the spec lists them."""
    network = lower(odd_specs.spec("heads"))
    names = [node.name for node in network.nodes if isinstance(node, Tap)]
    ours, theirs = both(network, emit(network))
    x = torch.randn(2, 3, 16, 16)
    assert ours.train()(x)._fields == theirs.train()(x)._fields == ("logits", *names)
