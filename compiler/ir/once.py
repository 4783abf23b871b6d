"""`cached_property` without the lock that Python 3.11 still has around each.

A tree has thousands of them, and the lock was a tenth of the time that lowering takes. Two threads
may both work a value out then; it follows from what doesn't change, so both get the same.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or sys.version_info >= (3, 12):
    from functools import cached_property as once
else:

    class once:  # noqa: N801  # it stands where cached_property does
        """A property that is worked out once, and kept among the object's own attributes."""

        def __init__(self, function: Any) -> None:
            self.function, self.__doc__ = function, function.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self.name = name

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            if instance is None:
                return self
            found = instance.__dict__[self.name] = self.function(instance)
            return found


__all__ = ["once"]
