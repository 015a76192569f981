"""A disk without room costs records and no calls; a host that is killed leaves a log that can be read."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys

import pytest
from real_support import ECHO, PATIENCE, PROGRAMS, patiently

from hostcore.traffic import TrafficFilter
from hostcore.traffic._reading import TrafficReader

CALLS = 2500
SECONDS = 300


def check(told):
    assert (told["first"], told["answered"]) == (1, CALLS)
    assert "cannot be written" in told["full"]["trouble"]
    assert told["full"]["queued"] + told["full"]["dropped"] > 0
    assert told["end"]["dropped"] > 0
    assert told["end"]["trouble"] is None
    # A call takes a millisecond or so; had it waited for the disk, it would have taken as long as a write waits.
    assert told["longest"] < 4.0


def test_files_that_may_not_grow_cost_no_call(tmp_path):
    """Every call is answered while nothing can be written; the rest is dropped and counted, then the log goes on."""
    done = subprocess.run(
        [sys.executable, "-W", "error", PROGRAMS / "fill_disk.py", tmp_path / "data", ECHO, "limit"],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    check(json.loads(done.stdout))


def test_a_full_disk_costs_no_call(tmp_path):
    """The same on a small disk of its own, where this machine lets one be mounted."""
    (tmp_path / "disk").mkdir()
    mount = f"mount -t tmpfs -o size=16m none {tmp_path / 'disk'}"
    if (
        shutil.which("unshare") is None
        or subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True, check=False).returncode
    ):
        pytest.skip("no disk can be mounted here")
    program = f"{sys.executable} -W error {PROGRAMS / 'fill_disk.py'} {tmp_path / 'disk'} {ECHO} ballast"
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", f"{mount} && {program}"],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    check(json.loads(done.stdout))


def test_a_killed_server_leaves_its_log(tmp_path):
    """After SIGKILL in the midst of calls the file is whole, has what was recorded before, and is gone on with."""
    data = tmp_path / "data"
    path = data / "extensions" / "traffic_log" / "traffic.sqlite3"
    for wanted in (1, 2):
        process = subprocess.Popen(
            [sys.executable, "-m", "hostcore.cli", "serve", str(ECHO), "--port", "0", "--data", str(data)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout.readline().startswith("Polyhost is ready")
        call = [sys.executable, "-m", "hostcore.cli", "call", "Echo.Say", "text=hello", "--data", str(data)]
        subprocess.run(call, stdout=subprocess.DEVNULL, timeout=PATIENCE, check=True)
        patiently(lambda wanted=wanted: len(kept(path)) == wanted, "the call was not recorded")
        process.send_signal(signal.SIGKILL)
        assert process.wait(PATIENCE) == -9
        process.stdout.close()
        assert len(kept(path)) == wanted
        with sqlite3.connect(path) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()


def kept(path):
    return TrafficReader(path).calls(TrafficFilter(), before=None, limit=100, bodies=False).entries
