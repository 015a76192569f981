"""These tests run where the packages are installed: in the session `extensions`."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import pytest

PACKAGE = "polyhost-dependency-order-copy"


@pytest.fixture(scope="session", autouse=True)
def _installed():
    try:
        version(PACKAGE)
    except PackageNotFoundError:
        pytest.skip(f"{PACKAGE} is not installed here: ./test extensions installs and tests it")
