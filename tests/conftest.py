"""What holds for all tests."""

import pytest
from coverage import Coverage

LONGEST_BYTES = 16
"""Of bytes in the name of a test. Longer ones say nothing to people, and may hold a time, as gzip's do."""


def pytest_make_parametrize_id(val, argname):
    """Name long bytes by their argument: processes that share the tests must know them by the same names."""
    return argname if isinstance(val, bytes) and len(val) > LONGEST_BYTES else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item):
    """Measure only tests with examples of their own: to follow hundreds of made ones line by line doubles their time.

    What is tried and what has to hold is the same; and who tests a module by made examples alone shows in the share.
    """
    measuring = Coverage.current() if item.get_closest_marker("hypothesis") else None
    if measuring is None:
        return (yield)
    measuring.stop()
    try:
        return (yield)
    finally:
        measuring.start()
