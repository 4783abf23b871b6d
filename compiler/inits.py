"""How weights are drawn: each scheme of the language as a call of `torch.nn.init`."""

from __future__ import annotations

from compiler.ir import Call, Init

FUNCTIONS = {
    "normal": ("nn.init.normal_", {}, "a normal distribution"),
    "trunc_normal": ("nn.init.trunc_normal_", {}, "a normal distribution cut at +-2"),
    "he_normal": ("nn.init.kaiming_normal_", {"nonlinearity": "relu"}, "He's normal distribution"),
    "he_uniform": (
        "nn.init.kaiming_uniform_",
        {"nonlinearity": "relu"},
        "He's uniform distribution",
    ),
    "xavier_normal": ("nn.init.xavier_normal_", {}, "Glorot's normal distribution"),
    "xavier_uniform": ("nn.init.xavier_uniform_", {}, "Glorot's uniform distribution"),
}


def init_call(init: Init) -> Call:
    """The function and its keyword arguments; the weight is its first argument."""
    function, kwargs, _ = FUNCTIONS[init.scheme]
    return Call(function, (), {**kwargs, **init.args})


def describe(init: Init) -> str:
    """`a normal distribution (std 0.01)`, for docstrings."""
    given = ", ".join(f"{name} {value:g}" for name, value in init.args.items())
    return FUNCTIONS[init.scheme][2] + (f" ({given})" if given else "")
