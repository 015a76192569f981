"""Folders for sockets: private, short, and gone when nobody needs them any more."""

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from hostcore_grpc._sockets import (
    FRESH_SECONDS,
    LONGEST_PARENT,
    PREFIX,
    SHORT_FOLDER,
    SocketFolder,
    parent_folder,
    remove_if_stale,
    sweep,
)

SUN_PATH = 107


@pytest.fixture(autouse=True)
def parent(monkeypatch):
    """Have folders made in an empty one, which must be short."""
    with tempfile.TemporaryDirectory(prefix="g-", dir=SHORT_FOLDER) as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def names_in(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def grow_old(path):
    long_ago = time.time() - 2 * FRESH_SECONDS
    os.utime(path, (long_ago, long_ago), follow_symlinks=False)


def test_a_folder_is_private_and_leaves_room_for_names(parent):
    """Only its user can enter it, and a socket's path in it is short enough for the kernel."""
    folder = SocketFolder.make()
    assert folder.path.parent == parent
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert LONGEST_PARENT + len(f"/{PREFIX}12345678/plugin4294967295") <= SUN_PATH
    folder.remove()


def test_a_folder_goes_with_all_that_is_in_it(parent):
    """Also a socket that a killed plugin has left; a second removal does nothing, and no descriptor stays open."""
    before = len(names_in("/proc/self/fd"))
    folder = SocketFolder.make()
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(folder.path / "plugin1"))
    folder.remove()
    folder.remove()
    assert names_in(parent) == []
    assert before == len(names_in("/proc/self/fd"))


def test_a_long_folder_of_temporary_files_is_not_used(monkeypatch, tmp_path):
    """Where TMPDIR leaves no room for the path of a socket, the folder is made in /tmp."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("x" * LONGEST_PARENT)))
    assert parent_folder() == SHORT_FOLDER
    folder = SocketFolder.make()
    folder.remove()
    assert folder.path.parent == Path(SHORT_FOLDER)


def test_what_a_killed_host_has_left_is_swept(parent):
    """The folder of a living host stays, and that of a killed one goes at the next start of any host."""
    program = (
        "import time; from hostcore_grpc._sockets import SocketFolder;"
        "print(SocketFolder.make().path.name, flush=True); time.sleep(600)"
    )
    host = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(parent)},
    )
    try:
        name = host.stdout.readline().strip()
        grow_old(parent / name)
        sweep()
        assert names_in(parent) == [name]
    finally:
        host.send_signal(signal.SIGKILL)
        host.communicate(timeout=30)
    sweep()
    assert names_in(parent) == []


def test_what_is_new_or_somebody_elses_is_not_swept(parent, tmp_path):
    """A folder that was just made may not be locked yet; a link, a file and other names are left alone."""
    (tmp_path / "kept").touch()
    (parent / f"{PREFIX}new").mkdir()
    (parent / f"{PREFIX}link").symlink_to(tmp_path)
    (parent / f"{PREFIX}file").touch()
    (parent / "other").mkdir()
    for name in (f"{PREFIX}link", f"{PREFIX}file", "other"):
        grow_old(parent / name)
    before = names_in(parent)
    sweep()
    assert before == names_in(parent)
    assert (tmp_path / "kept").exists()


def test_only_a_socket_that_nobody_listens_on_is_removed(parent):
    """What a plugin names as its socket is removed after its end if it is a dead socket, and nothing else."""
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(f"{parent}/stale")
    (parent / "plain").touch()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{parent}/alive")
        listener.listen(1)
        for path in (
            *(f"{parent}/{name}" for name in ("stale", "alive", "plain", "none")),
            "/" + "x" * 200,
            "/a\0b",
        ):
            remove_if_stale(path)
        assert names_in(parent) == ["alive", "plain"]
