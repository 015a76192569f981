"""Starts plugins that are written with the SDK as real processes."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[3]
sys.path.insert(
    0, str(REPOSITORY / "tests" / "plugins")
)  # the blocking test driver, which shares no code with the SDK

from driver import Driver, environment  # noqa: E402 - from the path above


@pytest.fixture
def start(tmp_path):
    """Start a plugin: the one for all tests, or the code of a small one; `launcher=False` runs it without the launcher."""
    with ExitStack() as stack:

        def run(code=None, *, greet=True, launcher=True, config=None, services=("Host",), **variables):
            path = HERE / "everything.py"
            if code is not None:
                path = tmp_path / "main.py"
                path.write_text(code, encoding="utf-8")
            command = [sys.executable, *(["-m", "polyhost_plugin"] if launcher else []), str(path)]
            driver = Driver(command, cwd=tmp_path, env=environment(tmp_path / "data", **variables))
            stack.enter_context(driver)
            if greet:
                driver.greet(config=config, data_dir=str(tmp_path / "data"), services=services)
            return driver

        yield run
