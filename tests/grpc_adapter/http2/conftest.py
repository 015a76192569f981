"""Hypothesis profile of the property tests of HTTP/2."""

from hypothesis import HealthCheck, settings

# No deadline: the machine is shared, and a slow example proves nothing. The seeds are fixed so that a run can be repeated.
settings.register_profile(
    "http2", max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
