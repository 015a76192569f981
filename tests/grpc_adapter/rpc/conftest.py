"""Fixtures of the tests of gRPC calls."""

import pytest
from peer_support import build


@pytest.fixture(scope="session")
def peer_program(tmp_path_factory):
    """Give the Go program, built once; Go keeps what it compiled, so that only the first build ever takes long."""
    return build(tmp_path_factory.mktemp("peer"))
