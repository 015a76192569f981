"""The fixtures of the tests of the command line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cli_support import DEMO, RunPolyhost, Serving, end, run_polyhost, start_server


@pytest.fixture(scope="session")
def polyhost() -> RunPolyhost:
    return run_polyhost


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Serve the demo plugin for the tests of one module."""
    serving = start_server(tmp_path_factory.mktemp("host") / "data", "--plugins", DEMO)
    yield serving
    end(serving)
