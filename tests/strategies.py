"""Random valid specs, small enough to lower and run in a moment.

`specs()` draws a `Spec` that lowers, for images, series or clips: stems, inception blocks with
parameters, nesting, every join, `then` and residual sums, reductions, repeats, auxiliary heads,
and every layer kind. Widths are 1 to 12 and inputs 16 to 48.
"""

from __future__ import annotations

from typing import Any

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite

from compiler.cost import cost
from compiler.ir.network import Network
from compiler.lowering.lower import lower
from dsl.models import layers
from dsl.models.fields import ACTIVATION_WORDS, INITS, JOIN_WORDS, MODES
from dsl.models.kernels import PADDINGS
from dsl.models.layers import Call, Conv, Filter, Layer, Residual, Sequence, Split, Step
from dsl.models.model import BLOCK_SECTIONS
from dsl.models.spec import Aux, Block, Defaults, Spec
from dsl.models.weights import NameMap
from dsl.text.problems import SpecError

WIDTHS = st.integers(1, 12)
FACTORED = st.integers(1, 12) | st.sampled_from(["in*2", "in*3"])
"""Of what comes in: to a section's step, or to the block."""
ODD = st.sampled_from([(1, 1), (3, 3), (1, 3), (3, 1), (5, 5), (1, 7), (7, 1)])
SAID_ACTS = [*ACTIVATION_WORDS, "leakyrelu:0.1", "prelu:channelwise", "none"]
ACTS = st.sampled_from([None, *SAID_ACTS])
NUMBERS = st.floats(1e-6, 0.9).map(lambda x: float(f"{x:.3g}"))
INIT = st.sampled_from(
    [None, *(f"{name}:0.02" if takes else name for name, takes in INITS.items())]
)


def _maybe(values: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.none() | values


GAMMAS = st.sampled_from([None, None, True, False])
WINDOW: dict[str, Any] = {"kernel": ODD, "padding": st.sampled_from(["same", "tf_same"])}
FILTER: dict[str, Any] = {
    **WINDOW,
    "width": FACTORED,
    "dilation": st.sampled_from([(1, 1), (2, 2), (1, 2)]),
    "linear": st.booleans(),
    "bias": st.sampled_from([None, True, False]),
    "act": ACTS,
    "gamma": GAMMAS,
    "eps": _maybe(NUMBERS),
    "init": INIT,
    "repeat": st.sampled_from([1, 1, 1, 2]),
}
NORMED: SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"norm": st.sampled_from([None, "none", "layer", "group:1", "instance"])}
) | st.fixed_dictionaries({"norm": st.just("batch"), "momentum": _maybe(NUMBERS)})


def filters(kind: type[Filter]) -> SearchStrategy[Step]:
    """A convolution of any kind; only a batch norm has a momentum."""
    return st.builds(lambda normed, **more: kind(**normed, **more), NORMED, **FILTER)


KEPT: SearchStrategy[Step] = st.one_of(
    st.builds(Conv, **WINDOW, width=WIDTHS),
    filters(Conv),
    filters(layers.SepConv),
    st.builds(Conv, **WINDOW, width=st.just(12), norm=st.sampled_from(["group:4", "group:12"])),
    st.builds(Conv, kernel=ODD, depthwise=st.just(value=True), padding=st.just("same")),
    st.builds(layers.MaxPool, **WINDOW),
    st.builds(layers.AvgPool, **WINDOW, count_padding=st.sampled_from([None, True, False])),
    st.builds(layers.Pool, **WINDOW, mode=st.sampled_from(MODES)),
    st.builds(layers.Activation, kind=st.sampled_from(SAID_ACTS[:-1])),
    st.builds(layers.BatchNorm, eps=_maybe(NUMBERS), momentum=_maybe(NUMBERS)),
    st.builds(layers.LayerScale, value=NUMBERS),
    st.builds(layers.LayerNorm, eps=_maybe(NUMBERS), gamma=GAMMAS),
    st.builds(layers.GroupNorm, groups=st.just(1), eps=_maybe(NUMBERS), gamma=GAMMAS),
    st.builds(layers.InstanceNorm, eps=_maybe(NUMBERS), gamma=GAMMAS),
    st.builds(layers.LRN, size=st.integers(1, 5), alpha=NUMBERS, k=NUMBERS),
    st.builds(layers.Dropout, p=NUMBERS),
    st.builds(layers.DropPath, p=NUMBERS),
    st.builds(layers.L2Norm, eps=NUMBERS),
    st.just(layers.Identity()),
)
"""Layers that take a map and keep its grid."""


def _windows(padding: list[Any], kernels: list[Any], strides: list[Any]) -> SearchStrategy[Any]:
    sampled = {"padding": padding, "kernel": kernels, "stride": strides}
    return st.fixed_dictionaries({key: st.sampled_from(found) for key, found in sampled.items()})


SIDES = [(1, 1), (2, 2), (3, 3), (2, 3), (3, 1), (4, 4)]
SHRINKING: SearchStrategy[dict[str, Any]] = st.one_of(
    _windows(["tf_same"], SIDES, [(2, 2)]),
    _windows(["same", (1, 1)], [(3, 3)], [(2, 2), (2, 3), (3, 2)]),
    _windows(["valid"], SIDES, [(2, 2), (2, 3), (3, 2)]),
)
"""Windows that shrink the grid: the same for every branch of a reduction."""


@composite
def shrunk(draw: DrawFn, window: dict[str, Any]) -> Step:
    """A layer that slides by `window`."""
    pools = [layers.MaxPool(**window), layers.AvgPool(**window)]
    return draw(st.sampled_from([Conv(**window, width=draw(WIDTHS)), *pools]))


@composite
def nested(draw: DrawFn, depth: int, *, top: bool) -> Step:
    """A step that keeps the grid: a layer, a list in order, or a split.

    At the `top` the input is as wide as `in`, so that a residual sum fits.
    """
    form = draw(st.sampled_from([*FORMS, "layer"])) if depth else "layer"
    if form == "layer":
        return draw(KEPT)
    if form == "shuffle":
        return shuffled(draw(st.sampled_from([2, 3])), draw(st.sampled_from([2, 3])))
    if form == "hourglass":
        return draw(hourglass())
    if form == "list":
        steps = draw(st.lists(nested(depth - 1, top=False), min_size=1, max_size=3))
        return summed(draw, named(draw, steps))
    return draw((shared if form == "shares" else splits)(depth - 1, top=top))


def shuffled(groups: int, size: int) -> Step:
    """A shuffle of channels that divide into so many groups of that size."""
    widen = Conv(kernel=(1, 1), width=groups * size)
    return Sequence(steps=(widen, layers.Shuffle(groups=groups)))


@composite
def hourglass(draw: DrawFn) -> Step:
    """A map made larger, one way or the other, and as small as it was again."""
    larger = [
        layers.Upsample(factor=(2, 2)),
        layers.Deconv(
            kernel=draw(st.sampled_from(SIDES)), width=draw(WIDTHS), stride=(2, 2), padding="same"
        ),
        layers.Deconv(kernel=(2, 2), width=3, stride=(2, 2), padding="valid", act="tanh"),
    ]
    smaller = Conv(kernel=(2, 2), width=draw(WIDTHS), stride=(2, 2), padding="valid")
    pool = layers.MaxPool(kernel=(2, 2), stride=(2, 2), padding="valid")
    return Sequence(steps=(draw(st.sampled_from(larger)), draw(st.sampled_from([smaller, pool]))))


def summed(draw: DrawFn, steps: tuple[Step, ...], stride: Any = (1, 1)) -> Sequence:
    """Steps in order, perhaps with a residual sum around them and a layer on its shortcut."""
    if not draw(st.booleans()):
        return Sequence(steps=steps)
    width = draw(WIDTHS)
    beside = Conv(kernel=(1, 1), width=width, stride=stride, linear=draw(st.booleans()))
    shortcut: Step = beside
    if draw(st.booleans()):
        shortcut = Sequence(steps=(draw(KEPT), beside), name=draw(st.sampled_from([None, "past"])))
    residual = Residual(scale=draw(NUMBERS | st.just(1.0)), act=draw(ACTS), shortcut=shortcut)
    return Sequence(steps=(*steps, Conv(kernel=(1, 1), width=width)), residual=residual)


@composite
def splits(draw: DrawFn, depth: int, *, top: bool) -> Split:
    """A concat of anything, or a sum or product of equal widths, perhaps with a gate.

    Perhaps with `then` and a residual.
    """
    branches = draw(st.lists(nested(depth, top=top), min_size=1, max_size=3))
    join = draw(st.sampled_from(["concat", "concat", *JOIN_WORDS]))
    if join != "concat":
        branches = [Sequence(steps=(branch, END)) for branch in branches]
    if join == "mul" and draw(st.booleans()):
        branches.insert(draw(st.integers(0, len(branches))), draw(st.sampled_from(GATES)))
    form = draw(st.sampled_from(["plain", "then", "residual"])) if top else "plain"
    then = {"plain": None, "then": draw(KEPT), "residual": END}[form]
    residual = Residual(scale=draw(NUMBERS), act=draw(ACTS)) if form == "residual" else None
    return Split(join=join, branches=named(draw, branches), then=then, residual=residual)


FORMS = ("layer", "list", "split", "shares", "shuffle", "hourglass")
SHARES = st.sampled_from([("equal",), ("rest", "in"), ("in*2", "rest", 1), (1, 1, "rest", "in")])
"""Ways to share out four times what comes in."""


@composite
def shared(draw: DrawFn, depth: int, *, top: bool) -> Step:
    """A split that shares out the channels of a convolution before it."""
    shares = draw(SHARES)
    least = 2 if shares == ("equal",) else len(shares)
    branch = nested(depth, top=False)
    branches = draw(st.lists(branch, min_size=least, max_size=max(least, 2)))
    parts = Split(split=shares, branches=named(draw, branches), then=draw(_maybe(KEPT)))
    return Sequence(steps=(Conv(kernel=(1, 1), width="in*4"), parts))


END = Conv(kernel=(1, 1), width="in", linear=True)
"""Back to the width that came in."""


EXCITE = END.model_copy(update={"act": "sigmoid"})
POOLS = (layers.GlobalPool(mode="avg"), layers.GlobalPool(mode="max"))
GATES: list[Step] = [
    *(Sequence(steps=(pool, EXCITE)) for pool in POOLS),
    Sequence(steps=(*POOLS[:1], Conv(kernel=(1, 1), width=3, norm="none"), EXCITE)),
]
"""Branches that give one number a channel."""


def named(draw: DrawFn, steps: list[Step]) -> tuple[Step, ...]:
    """Some of the steps under names of the author's own."""
    names = draw(st.lists(st.booleans(), min_size=len(steps), max_size=len(steps)))
    pairs = enumerate(zip(steps, names, strict=True))
    return tuple(
        step.model_copy(update={"name": f"step_{place}"}) if keep else step
        for place, (step, keep) in pairs
    )


PARAMS: list[dict[str, Any]] = [
    {},
    {"n": None},
    {"n": 4, "times": 2},
    {"n": 4, "times": 1, "act_n": "relu"},
]


@composite
def inceptions(draw: DrawFn, inner: dict[str, Block]) -> Block:
    """A block that keeps the grid, perhaps with parameters, perhaps calling other blocks."""
    params = draw(st.sampled_from(PARAMS))
    branches = draw(st.lists(nested(1, top=True), min_size=1, max_size=3))
    if params:
        act = "act_n" if "act_n" in params else None
        width = draw(st.sampled_from(["n", "n", "n*2"]))
        repeat = "times" if "times" in params else 1
        branches.append(Conv(kernel=(3, 3), width=width, act=act, repeat=repeat))
    for name, block in inner.items():
        branches.append(Call(block=name, args=arguments(block, "n" if params else 3)))
    form = draw(st.sampled_from(["plain", "then", "residual", "list"]))
    if form == "list":
        steps = [step for step in branches if not isinstance(step, Split)] or [END]
        return Block(params=params, body=summed(draw, named(draw, steps)))
    residual = Residual(scale=draw(NUMBERS), act=draw(ACTS)) if form == "residual" else None
    then = {"plain": None, "then": draw(KEPT), "residual": END}[form]
    body = Split(branches=named(draw, branches), then=then, residual=residual)
    return Block(params=params, body=body)


@composite
def reductions(draw: DrawFn) -> Block:
    """A block that shrinks the grid: every branch ends in the same window."""
    window = draw(SHRINKING)
    ends = draw(st.lists(shrunk(window), min_size=1, max_size=3))
    starts = [draw(st.lists(KEPT, max_size=2)) for _ in ends]
    pairs = zip(starts, ends, strict=True)
    branches = [Sequence(steps=(*start, end)) if start else end for start, end in pairs]
    return Block(body=Split(branches=named(draw, branches)))


@composite
def eithers(draw: DrawFn) -> Block:
    """A block that keeps the grid or shrinks it, as its parameter says."""
    window: dict[str, Any] = {"kernel": (3, 3), "stride": ("s", "s")}
    window["padding"] = draw(st.sampled_from(["same", "tf_same"]))
    ends = draw(st.lists(shrunk(window), min_size=1, max_size=3))
    if draw(st.booleans()):
        return Block(params={"s": None}, body=summed(draw, tuple(ends[:1]), ("s", "s")))
    return Block(params={"s": None}, body=Split(branches=named(draw, ends)))


def arguments(block: Block, width: int | str) -> dict[str, Any]:
    """What a call must give."""
    return {name: width for name, default in block.params.items() if default is None}


VECTOR_NORMS: SearchStrategy[list[Layer]] = st.sampled_from(
    [[], [layers.BatchNorm()], [layers.LayerNorm()], [layers.GroupNorm(groups=2, gamma=False)]]
)


@composite
def heads(draw: DrawFn) -> tuple[Step, ...]:
    """From a map to one number a class."""
    mode = draw(st.sampled_from(["avg", "max"]))
    pools: list[Layer] = [layers.GlobalPool(mode=mode), layers.AdaptivePool(mode=mode, size=(2, 3))]
    steps: list[Step] = [draw(st.sampled_from(pools))]
    steps += draw(st.lists(st.sampled_from([layers.Flatten(), layers.Dropout(p=0.5)]), max_size=2))
    if draw(st.booleans()):
        steps.append(layers.Linear(width=8, bias=draw(st.booleans())))
        steps += [*draw(VECTOR_NORMS), layers.Activation(kind="relu")]
    steps.append(layers.Linear(width="classes", init=draw(INIT)))
    return (*steps, *draw(st.sampled_from([(), (), (layers.Softmax(),)])))


DEFAULTS = st.builds(
    Defaults,
    norm=st.sampled_from(["batch", "batch", "none", "layer", "group:1", "instance"]),
    gamma=st.booleans(),
    act=st.sampled_from(SAID_ACTS),
    bias=st.sampled_from([None, True, False]),
    eps=NUMBERS,
    momentum=NUMBERS,
    padding=st.sampled_from(PADDINGS[:2]),
    avgpool=st.sampled_from(["countpad", "nopad"]),
    init=INIT.map(lambda init: init or "torch"),
)
ADDRESSES = st.sampled_from(["b0", "b0.conv", "**.bn", "b1.*", "helper.fc"])
PUBLIC = st.sampled_from(["Conv_1a", "features.0", "conv2d_#", "block#3", "none", "0"])
NAMES = st.dictionaries(ADDRESSES, PUBLIC, max_size=3)
NAME_MAPS = st.one_of(
    st.just(NameMap(file="maps/there.yaml")),
    st.builds(lambda names, inside: NameMap(names={**names, **inside}), NAMES,
              st.dictionaries(st.just("Leaf"), NAMES, max_size=1)),
)  # fmt: skip
SOURCES = st.dictionaries(st.sampled_from(["torchvision", "keras"]), NAME_MAPS, max_size=2)
STEM = st.lists(nested(2, top=True), max_size=2)
SHRUNK = SHRINKING.flatmap(shrunk)


def of_rank(spec: Spec, rank: int) -> Spec:
    """The same network for maps of another number of axes: the width alone, or depth besides."""
    sizes = spec.input[1:]
    # A clip is small, so that it doesn't have many more positions than an image.
    grid = (16, *(min(size, 20) for size in sizes)) if rank == 3 else _axes(sizes, rank)
    update: dict[str, Any] = {"input": (spec.input[0], *grid)}
    for section, steps in spec.sections():
        update[section] = tuple(_of_rank(step, rank) for step in steps)
    for kind in BLOCK_SECTIONS:
        update[kind] = {
            name: block.model_copy(update={"body": _of_rank(block.body, rank)})
            for name, block in getattr(spec, kind).items()
        }
    update["aux"] = tuple(
        head.model_copy(update={"steps": tuple(_of_rank(step, rank) for step in head.steps)})
        for head in spec.aux
    )
    return spec.model_copy(update=update)


def _of_rank(step: Step, rank: int) -> Step:
    update: dict[str, Any] = {}
    if isinstance(step, (Sequence, Split)) and step.residual and step.residual.shortcut:
        shortcut = _of_rank(step.residual.shortcut, rank)
        update["residual"] = step.residual.model_copy(update={"shortcut": shortcut})
    if isinstance(step, Sequence):
        update["steps"] = tuple(_of_rank(s, rank) for s in step.steps)
        return step.model_copy(update=update)
    if isinstance(step, Split):
        update["branches"] = tuple(_of_rank(branch, rank) for branch in step.branches)
        update["then"] = _of_rank(step.then, rank) if step.then else None
        return step.model_copy(update=update)
    sized = {key: value for key, value in vars(step).items() if isinstance(value, tuple)}
    return step.model_copy(update={key: _axes(value, rank) for key, value in sized.items()})


def _axes(sizes: tuple[int, ...], rank: int) -> tuple[int, ...]:
    return (sizes[0], *sizes)[-rank:]


@composite
def specs(draw: DrawFn) -> Spec:
    """A valid small spec that lowers: for images, series or clips."""
    rank = draw(st.sampled_from([2, 1, 3]))
    spec = of_rank(draw(images()), rank)
    try:
        network = lower(spec)
    except SpecError as error:
        # Of a clip torch takes no average over more than there is: a window larger than its input.
        assume(rank != 3 or not any(problem.code == "E102" for problem in error.problems))
        raise
    assume(_is_small(network))
    return spec


def _is_small(network: Network) -> bool:
    """Factors such as `in*4` in blocks that repeat can make 100 GMACs of a few lines."""
    total = cost(network).total
    return total.params_with_aux < 10_000_000 and total.macs < 1_000_000_000


@composite
def images(draw: DrawFn) -> Spec:
    """A valid small spec for images."""
    leaf = draw(inceptions({}))
    blocks = {"Leaf": leaf, "Outer": draw(inceptions({"Leaf": leaf}))}
    body: list[Step] = []
    for name in draw(st.lists(st.sampled_from(sorted(blocks)), max_size=2)):
        repeat = draw(st.sampled_from([1, 1, 2]))
        body.append(Call(block=name, args=arguments(blocks[name], draw(WIDTHS)), repeat=repeat))
    reduction = {"Shrink": draw(reductions())}
    if draw(st.booleans()):
        body.insert(len(body) // 2, Call(block="Shrink"))
    strided = {"Either": draw(eithers())} if draw(st.booleans()) else {}
    if strided:
        body.append(Call(block="Either", args={"s": draw(st.integers(1, 2))}))
    body.insert(0, Conv(kernel=(3, 3), width=draw(WIDTHS)))
    body = [step.model_copy(update={"name": f"b{i}"}) for i, step in enumerate(body)]
    aux, helper = draw(_maybe(heads())), {"name": "helper", "weight": 0.3}
    tap = draw(st.sampled_from([step.name for step in body]))
    return Spec(
        name="drawn",
        title=draw(st.sampled_from(["", "A drawn network", "1e3: # 'quoted' \"text\""])),
        input=(draw(st.integers(1, 4)), draw(st.integers(16, 48)), draw(st.integers(16, 48))),
        classes=draw(st.integers(1, 10)),
        defaults=draw(DEFAULTS | st.just(Defaults())),
        stem=(*draw(STEM), *draw(st.lists(SHRUNK, max_size=1))),
        inception=blocks,
        reduction=reduction,
        strided=strided,
        body=tuple(body),
        head=draw(heads()),
        weights=draw(SOURCES),
        aux=(Aux.model_validate({**helper, "from": tap, "do": aux}),) if aux else (),
    )
