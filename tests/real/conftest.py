"""Fixtures of the tests with real processes and the real clock."""

import gc

import psutil
import pytest
from real_support import PROGRAMS, patiently


@pytest.fixture
def programs():
    return PROGRAMS


@pytest.fixture(autouse=True)
def leaves_no_process():
    """Whatever a test does to its plugins: when it is over, none of its processes is left, not even a zombie."""
    before = set(psutil.Process().children(recursive=True))
    yield
    gc.collect()
    patiently(lambda: not set(psutil.Process().children(recursive=True)) - before, "a process is left")
