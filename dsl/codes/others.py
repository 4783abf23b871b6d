"""Errors of weights, of models to import, and of plugins."""

from __future__ import annotations

from dsl.codes.meaning import Meaning

SMALL = """\
import torch, dsl, compiler

text = "{name: a, input: [3, 8, 8], classes: 5, head: [globalpool avg, fc classes]}"
network = compiler.compile_spec(dsl.loads(text))
"""
NAMED = """\
import torch, dsl, compiler

text = \"\"\"
name: a
input: [3, 8, 8]
classes: 5
body: [conv1: 3x3 8, conv2: 3x3 8]
head: [globalpool avg, fc classes]
weights: {theirs: {conv1: first, conv2: %s}}
\"\"\"
network = compiler.compile_spec(dsl.loads(text))
compiler.export_weights(network, "theirs")
"""
MODEL = """\
import torch
from compiler.importing import import_module


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = torch.nn.Conv2d(3, 8, 1), torch.nn.Conv2d(3, 8, 3, padding=1)

    def forward(self, x):
        a, b = self.a(x), self.b(x)
        return %s


import_module(Net(), (3, 8, 8))
"""
FOLDED = """\
import dsl, compiler

text = "{name: a, input: [3, 8, 8], classes: 5, body: [%s], head: [globalpool avg, fc classes]}"
network = compiler.compile_spec(dsl.loads(text))
compiler.load_weights(network, network.state_dict(), transform_input=True)
"""
PLUGIN = """\
from dataclasses import dataclass
from compiler.plugins import Call, Layer, LayerKind, Op, Shape


class Gate(Layer):
    \"\"\"`gate`, which gives what it gets.\"\"\"

    keyword = "%s"
    example = "%s"
    auto = "gate"


%sclass Same(Op):
    \"\"\"y = x.\"\"\"

    label = "gate"

    def out(self, x: Shape) -> Shape:
        return x

    def call(self, x: Shape) -> Call:
        return Call("nn.Identity")


LAYER = LayerKind(Gate, Same, lambda *_: None)
"""
FROZEN = "@dataclass(frozen=True)\n"

OTHERS: dict[str, Meaning] = {
    "E150": Meaning(
        "weights of a source that the spec has no names for",
        '`source="tim"`',
        "Public checkpoints call their tensors by names of their own, which a spec maps to its "
        "own under `weights`. The error lists the sources that it knows; `own` are its own names.",
        SMALL + 'compiler.load_weights(network, network.state_dict(), "tim")',
        SMALL + 'compiler.load_weights(network, network.state_dict(), "own")',
        "python",
    ),
    "E151": Meaning(
        "a source's names give one name to two tensors",
        "`1: conv, 2: conv`",
        "In the spec's map of names two layers have one public name, so that one of them would get "
        "the other's weights.",
        NAMED % "first",
        NAMED % "second",
        "python",
    ),
    "E152": Meaning(
        "a tensor that the checkpoint lacks, or that has no name in the source",
        "another network's file",
        "Every tensor of the network must come from the checkpoint: what is left out would stay "
        "random. It is of another network or variant, or of a network without auxiliary heads.",
        SMALL + 'state = network.state_dict()\ndel state["fc.bias"]\n'
        "compiler.load_weights(network, state)",
        SMALL + "state = network.state_dict()\ncompiler.load_weights(network, state)",
        "python",
    ),
    "E153": Meaning(
        "a tensor of another shape or type",
        "1000 classes for 10",
        "The names fit and the sizes don't. If only the number of classes differs, "
        "`skip_head=True` (`--skip-head`) leaves the last layers as they are.",
        SMALL + "theirs = compiler.compile_spec(dsl.loads(text), num_classes=7)\n"
        "compiler.load_weights(network, theirs.state_dict())",
        SMALL + "theirs = compiler.compile_spec(dsl.loads(text), num_classes=7)\n"
        "compiler.load_weights(network, theirs.state_dict(), skip_head=True)",
        "python",
    ),
    "E154": Meaning(
        "a tensor that the network lacks",
        "heads that a variant removed",
        "The checkpoint has more than the network: weights would be dropped silently. It is of "
        "another network or variant, or has auxiliary heads that were left out here.",
        SMALL + 'state = {**network.state_dict(), "more": torch.zeros(3)}\n'
        "compiler.load_weights(network, state)",
        SMALL + "state = {**network.state_dict()}\ncompiler.load_weights(network, state)",
        "python",
    ),
    "E155": Meaning(
        "something that can't be had exactly",
        "`transform_input` on a padded convolution",
        "What is asked for would change the network's numbers somewhere: another normalisation of "
        "images can be folded into a first convolution only if that doesn't pad, and a flattened "
        "map has another order in Keras. The line under the error says what to do instead.",
        FOLDED % "3x3 16",
        FOLDED % "3x3 16 valid",
        "python",
    ),
    "E160": Meaning(
        "a model to import that isn't there or doesn't run",
        "`timm:inception_v5`",
        "There is no such package or model, its constructor fails, or it fails on the input that "
        "is tried. `--input` and `--kwargs` say what it takes.",
        MODEL % "a + b.missing",
        MODEL % "a + b",
        "python",
    ),
    "E161": Meaning(
        "a part of it that the language has no words for",
        "attention",
        "The model computes something that no layer of a spec does. The error names the module and "
        "the operation. A plugin can give the language a layer, in a spec that is written by hand.",
        MODEL % "torch.cumsum(a + b, 1)",
        MODEL % "torch.relu(a + b)",
        "python",
    ),
    "E162": Meaning(
        "branches of it that are no series and parallels",
        "U-Nets",
        "A spec's networks are steps in order, and branches that begin and end together. Here a "
        "tensor is used across branches, as where skips cross.",
        MODEL % "torch.relu(a) + torch.nn.functional.silu(b) + torch.cat([a, b], 1)[:, :8]",
        MODEL % "torch.relu(a) + torch.nn.functional.silu(b)",
        "python",
    ),
    "E170": Meaning(
        "a plugin that is broken",
        "a package whose import fails",
        "A layer that a plugin gives isn't whole, or its file can't be loaded. The error says "
        "which part is missing, or what Python had to say; [plugins.md](plugins.md) has a whole "
        "one.",
        PLUGIN % ("gate", "gate", ""),
        PLUGIN % ("gate", "gate", FROZEN),
        "python",
    ),
    "E171": Meaning(
        "a word that two plugins give, or that means something already",
        "a plugin's layer `relu`",
        "A word has one meaning. Rename the layer, or use one of the two plugins.",
        PLUGIN % ("relu", "relu", FROZEN),
        PLUGIN % ("gate", "gate", FROZEN),
        "python",
    ),
}
