"""Fixtures of the tests with hostile plugins."""

import gc
import time

import psutil
import pytest


@pytest.fixture(autouse=True)
def leaves_no_process():
    """Whatever a plugin did: when a test is over, no process is left, not even a zombie."""
    before = set(psutil.Process().children(recursive=True))
    yield
    gc.collect()
    until = time.monotonic() + 10
    while left := set(psutil.Process().children(recursive=True)) - before:
        assert time.monotonic() < until, f"processes are left: {left}"
        time.sleep(0.02)
