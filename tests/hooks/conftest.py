"""Fixtures of the tests of hooks."""

import pytest
from extension_makers import Clock

from hostcore.hooks import Extensions


@pytest.fixture
def failures():
    """Return the events about extensions that have failed."""
    return []


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def extensions(failures, clock):
    return Extensions(report=failures.append, disabled=("unwanted",), clock=clock)
