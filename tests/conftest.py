"""What all tests share: `--accept`, and settings that make one machine's run like another's."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# Before torch is loaded: sums come out the same on every machine, and workers keep to their core.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# No limits on time, which a busy machine would miss, nor on what a spec takes to be drawn; in CI
# the same examples every time.
settings.register_profile(
    "here",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("here")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--accept",
        action="store_true",
        help="run only the tests that compare with files, and write those files anew",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Under `--accept`, keep the tests that have something to write."""
    if not config.getoption("accept"):
        return
    kept = [item for item in items if "accept" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


@pytest.fixture(scope="session")
def accept(pytestconfig: pytest.Config) -> bool:
    """Whether to write what a test would compare with."""
    return bool(pytestconfig.getoption("accept"))
