"""Fixtures of the tests with real processes and the real clock."""

import gc
import shutil
import tempfile
from pathlib import Path

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


@pytest.fixture
def leaves_no_file(monkeypatch, tmp_path):
    """However a plugin ends: when the test is over, no temporary file is left, be it a socket or its folder."""
    assert tmp_path.exists()  # pytest's own folder must be there already
    folder = Path(tempfile.mkdtemp(prefix="g-"))  # as short as a socket's path needs it
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    monkeypatch.undo()
    left = sorted(path.name for path in folder.rglob("*"))
    shutil.rmtree(folder)
    assert left == []
