"""Hypothesis profiles of the protocol's property tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# No deadline: the machine is shared, and a slow example proves nothing. The seeds are fixed so that a run can be repeated.
settings.register_profile(
    "protocol", max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("protocol-long", parent=settings.get_profile("protocol"), max_examples=3000)
