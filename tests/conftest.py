"""What holds for all tests."""

LONGEST_BYTES = 16
"""Of bytes in the name of a test. Longer ones say nothing to people, and may hold a time, as gzip's do."""


def pytest_make_parametrize_id(val, argname):
    """Name long bytes by their argument: processes that share the tests must know them by the same names."""
    return argname if isinstance(val, bytes) and len(val) > LONGEST_BYTES else None
