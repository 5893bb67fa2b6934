"""What holds for every test."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from purity import is_pure

# A busy machine makes inputs slowly: that says nothing about what is tested.
settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("a look", settings.get_profile("busy machine"), max_examples=5)
settings.load_profile("busy machine")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import with `-m pure` no other file: it may need what this system does not have."""
    wanted = config.getoption("markexpr") == "pure" and collection_path.suffix == ".py"
    return True if wanted and not is_pure(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs on every system, with nothing installed but Python: `-m pure`."""
    for item in items:
        if is_pure(item.path):
            item.add_marker("pure")
