"""What chooses, trains and keeps the trials of a sweep: one of several programs."""

from typing import Annotated, ClassVar

from pydantic import BeforeValidator

from dsl.models.alternatives import Alternative, table
from dsl.models.fields import Count
from dsl.models.scalars import number


class Engine(Alternative):
    """A program that trains the trials of a sweep."""


class Optuna(Engine):
    """Each process that is started trains one trial after the other, and they share a file."""

    word: ClassVar[str] = "optuna"
    example: ClassVar[str] = "optuna"


class Ray(Engine):
    """Ray Tune trains on whichever machines of a cluster have what a trial asks for."""

    word: ClassVar[str] = "ray"
    example: ClassVar[str] = "ray: {gpus: 1}"
    cpus: Count = 1
    """CPUs a trial."""
    gpus: Annotated[float, BeforeValidator(number(0, 1, named=False))] = 0
    """GPUs a trial: 1, or 0.5 where two may share one. A run trains on one GPU at most."""


ENGINES = table(Optuna, Ray)
