"""The time that a call has when its caller does not say."""

from pathlib import Path

import pytest

from hostcore.manifest import LimitsSpec, Manifest
from hostcore.policies import CallDeadlines
from hostcore.snapshots import MethodSnapshot

MANIFEST = Manifest(
    folder=Path("/p"),
    file=Path("/p/plugin.toml"),
    id="p",
    version="1.0.0",
    limits=LimitsSpec(call_timeout=7.0),
)


@pytest.mark.parametrize(
    ("method", "seconds"),
    [
        (MethodSnapshot(name="A.B", timeout_ms=250), 0.25),
        (MethodSnapshot(name="A.B", timeout_ms=60_000), 60.0),
        (MethodSnapshot(name="A.B"), 7.0),
        (None, 7.0),
    ],
)
def test_the_method_knows_better_than_the_manifest(method, seconds):
    """Its own `timeoutMs` counts, longer or shorter; without one, or without an interface file, the manifest's limit."""
    assert CallDeadlines().hostcore_decide_deadline(MANIFEST, method) == seconds
