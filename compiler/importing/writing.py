"""Items of the tree as the steps of a spec."""

from __future__ import annotations

from compiler.importing.naming import (
    Names,
    branch_name,
    leaf_names,
    relative,
    step_name,
    without_doubles,
)
from compiler.importing.strands import Chain, Fork, Item, Leaf, leaves
from dsl.models import layers
from dsl.models.spec import Defaults


class Writer:
    """Writes items as steps, with the names that their modules give them."""

    def __init__(self, names: Names, defaults: Defaults) -> None:
        self.names = names
        self.defaults = defaults

    def step(self, item: Item, name: str | None = None, module: str | None = None) -> layers.Step:
        """One item; the branches of a fork are called as in `module`, if one is given."""
        if isinstance(item, Leaf):
            return item.layer.model_copy(update={"name": name})
        return self._split(item, name, module)

    def body(self, chain: Chain, module: str) -> layers.Step:
        """What a block consists of."""
        if len(chain) == 1:
            return self.step(chain[0], None, module)
        steps = zip(chain, leaf_names(self.names, chain, module), strict=True)
        return layers.Sequence(steps=tuple(self.step(item, name, module) for item, name in steps))

    def _one(self, chain: Chain, name: str | None) -> layers.Step:
        """A branch, or what stands behind a join."""
        if len(chain) == 1:
            return self.step(chain[0], name)
        if not chain:
            return layers.Identity(name=name)
        return layers.Sequence(name=name, steps=tuple(map(self.step, chain)))

    def _split(self, fork: Fork, name: str | None, module: str | None) -> layers.Split:
        wanted = self._names(fork, module)
        branches = zip(fork.branches, wanted, strict=False)
        return layers.Split(
            name=name,
            join=fork.join,
            split=fork.split,
            branches=tuple(self._one(branch, called) for branch, called in branches),
            then=self._one(fork.then, wanted[-1]) if fork.then else None,
            residual=self._residual(fork),
        )

    def _names(self, fork: Fork, module: str | None) -> list[str | None]:
        """Names of the branches, and of what stands behind the join."""
        if not module:
            return [None] * (len(fork.branches) + 1)
        found = [
            branch_name(branch, module, place) for place, branch in enumerate(fork.branches, 1)
        ]
        heavy = any(leaf.layer.has_weights for leaf in leaves(fork.then))
        then = step_name(relative(self.names.home(fork.then), module)) if heavy else None
        return without_doubles([*found, then])

    def _residual(self, fork: Fork) -> layers.Residual | None:
        if not (residual := fork.residual):
            return None
        beside = self._one(residual.shortcut, None) if residual.shortcut else None
        act = None if residual.act == self.defaults.act else residual.act
        return layers.Residual(scale=residual.scale, act=act, shortcut=beside)
