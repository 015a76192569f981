"""What the plugins of this repository have to have in common."""

import pytest

from repository import ROOT


@pytest.mark.parametrize("name", ["store.go", "store_test.go"])
def test_the_two_stores_in_go_are_one(name):
    """A plugin is a folder that can be copied away, so both have the file; what is mended in one is mended in both."""
    over_grpc, over_stdio = (ROOT / "plugins" / plugin / name for plugin in ("kv-go", "kv-go-stdio"))
    assert over_grpc.read_text() == over_stdio.read_text()
