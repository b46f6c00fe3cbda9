"""Foundations that several tests share: reading does not change them."""

from datetime import UTC, datetime

import pytest

from collector.sandbox import Foundation, demo_world, healthy_world

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def now():
    """Return the time at which all worlds stand."""
    return NOW


@pytest.fixture(scope="session")
def demo():
    """Run the demonstration, for tests that only read."""
    with Foundation(demo_world(NOW)) as foundation:
        yield foundation


@pytest.fixture
def fresh():
    """Run a healthy foundation of the test's own, to be changed and spoilt."""
    with Foundation(healthy_world(NOW)) as foundation:
        yield foundation
