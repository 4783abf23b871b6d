"""W132: two linear maps in a row, where the first one is too wide to be a bottleneck."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from compiler.findings.flow import Stop
from compiler.findings.lint import Finding, Lint
from compiler.findings.passing import is_linear
from compiler.findings.subject import Site, Subject, Use
from compiler.findings.sweep import weights_of
from compiler.ops.conv import Conv
from compiler.ops.linear import Linear
from dsl.text.counts import count

MATRICES = frozenset({Conv, Linear})


def _find(subject: Subject) -> Iterator[Finding]:
    found: dict[int, tuple[Site, list[Use], str, str]] = {}
    for stop in subject.flow:
        if type(stop.op) in MATRICES and (said := _fault(subject, stop)):
            site, use = subject.owners.get(stop.path, (None, None))
            if site and use:
                found.setdefault(id(site), (site, [], *said))[1].append(use)
    for site, uses, message, help in found.values():
        word = next((f for f in ("linear", "act") if f in site.step.at.fields), "width")
        yield Finding(site.of(word), message, help=help, uses=tuple(uses))


def _fault(subject: Subject, stop: Stop) -> tuple[str, str] | None:
    """What to say of a layer that only other linear maps read, and what to do about it."""
    behind = stop.ahead(is_linear)
    if not behind or not all(type(other.op) in MATRICES for other in behind):
        return None
    inputs, width = _inputs(stop), _width(stop)
    names = [_name(subject, other) for other in (stop, *behind)]
    read = names[1] if len(behind) == 1 else f"the {len(behind)} layers that read it"
    said = f"no activation stands between {names[0]} and {read}: "
    if inputs < width:
        said += f"its {count(width, 'channel')} of {count(inputs, 'input')} have"
        return f"{said} a rank of {inputs:,} at most", _help(stop, f"at most {inputs - 1:,}")
    if inputs == width and _one_place(stop):
        assert stop.leaf
        said += f"what reads its {count(width, 'channel')} could as well read its "
        said += f"{count(inputs, 'input')}, and {count(weights_of(stop.leaf), 'weight')} add "
        return f"{said}nothing", _help(stop, f"at most {inputs - 1:,}")
    last = sum(map(_width, behind))
    if last <= width and _ungrouped(stop) and all(map(_reads_one_place, behind)):
        spared = inputs * (width - last) + width * last
        said += f"together they are one map of {inputs:,} to {last:,}"
        return f"{said}, which has {spared:,} weights less", _help(stop, f"less than {last:,}")
    return None


def _help(stop: Stop, narrower: str) -> str:
    if isinstance(stop.op, Linear):
        return f"put `relu` between them, or make the first one a bottleneck: {narrower} wide"
    return f"give it an activation, or make it a bottleneck: {narrower} wide"


def _inputs(stop: Stop) -> int:
    """How many numbers the layer's outputs of one place are made from."""
    assert stop.leaf
    taps = stop.op.slide.kernel if isinstance(stop.op, Conv) else ()
    return int(stop.leaf.inp.channels) * prod(map(int, taps))


def _width(stop: Stop) -> int:
    assert stop.leaf
    return int(stop.leaf.out.channels)


def _one_place(stop: Stop) -> bool:
    return isinstance(stop.op, Linear) or (isinstance(stop.op, Conv) and stop.op.slide.is_unit)


def _ungrouped(stop: Stop) -> bool:
    return isinstance(stop.op, Linear) or (isinstance(stop.op, Conv) and int(stop.op.groups) == 1)


def _reads_one_place(stop: Stop) -> bool:
    """Whether it reads what the first layer gives at one place, and nothing else."""
    only = all(source.word != "concat" for source in stop.sources)
    return only and _one_place(stop) and _ungrouped(stop)


def _name(subject: Subject, stop: Stop) -> str:
    """The step that a layer belongs to, as findings call it."""
    _, use = subject.owners.get(stop.path, (None, None))
    return use.path if use else stop.path


LINT = Lint(
    code="W132",
    name="linear-product",
    title="a product of two linear maps",
    meaning="A convolution or fully connected layer whose output only others of them read, with no "
    "activation between, is one linear map with them. That is meant where the first is narrow: a "
    "bottleneck, or one of a pair of long kernels. Here it is as wide as what it is made from or "
    "wider, and such channels are sums of each other.",
    why="The rank of a product is the least of its factors' widths. What is wider than that costs "
    "weights and time, and the network can do nothing that it couldn't do without.",
    before="stem: [3x3 192 linear, 1x1 64]",
    after="stem: [3x3 192, 1x1 64]",
    seen="A slim Inception-v3 for CIFAR-10, whose stem is one bare convolution: 192 channels from "
    "27 inputs. InceptionTime's bottleneck of 32 on series of less than 32 channels.",
    find=_find,
)
