"""Hypothesis settings and fixtures of the tests of the communication log."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# No deadline: the machine is shared, and a slow example proves nothing. The seeds are fixed so that a run can be repeated.
settings.register_profile(
    "traffic", max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.fixture
def path(tmp_path):
    """Return where a log is kept."""
    return tmp_path / "log" / "traffic.sqlite3"
