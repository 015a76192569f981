"""Every way in which a host may end: no process of its plugins is left."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from real_support import ECHO, MISBEHAVING, PROGRAMS, is_gone, marked, patiently

LIMIT = 5.0  # seconds after the host's end within which everything is gone


class HostProcess:
    """Is a host in a session of its own."""

    def __init__(self, data, how, **env):
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAMS / "host.py"), str(data), how, str(ECHO), str(MISBEHAVING)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
            env={**os.environ, **env},
        )
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        told = json.loads(line)
        self.pids, self.children = told["pids"], told["children"]
        self.guards = [
            each.pid for each in psutil.Process(self.process.pid).children() if each.pid not in self.pids
        ]

    def call(self, method, params):
        self.process.stdin.write(json.dumps([method, params]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def opened(tmp_path):
    made = []

    def make(how="wait", **env):
        made.append(HostProcess(tmp_path, how, **env))
        assert len(made[-1].pids) == 2
        assert len(made[-1].children) == 2
        return made[-1]

    yield make
    for each in made:
        each.close()
        for pid in (*each.pids, *each.children, *each.guards):
            if not is_gone(pid):
                os.kill(pid, signal.SIGKILL)


def assert_all_gone(host, data):
    began = time.monotonic()
    everything = (*host.pids, *host.children, *host.guards)
    patiently(lambda: all(map(is_gone, everything)), f"left: {everything}", seconds=LIMIT)
    assert marked(data) == []
    assert time.monotonic() - began < LIMIT


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGABRT])
def test_a_signal_that_kills_the_host_leaves_nothing(opened, tmp_path, number):
    """Whatever signal ends the host, also one that nobody can handle: plugins, their children and the guard go."""
    host = opened()
    host.process.send_signal(number)
    host.process.wait(10)
    assert_all_gone(host, tmp_path)


def test_deaf_plugins_go_with_a_killed_host(opened, tmp_path):
    """The guard kills also what ignores the end of its stdin and SIGTERM."""
    host = opened(ECHO_DEAF="1")
    host.process.kill()
    host.process.wait(10)
    assert_all_gone(host, tmp_path)


def test_a_killed_guard_is_replaced(opened, tmp_path):
    """A host whose guard was killed still leaves nothing: the next process that comes or goes brings a new guard."""
    host = opened(ECHO_DEAF="1")
    for pid in host.guards:
        os.kill(pid, signal.SIGKILL)
    old = host.pids[:]
    os.kill(old[1], signal.SIGKILL)
    patiently(lambda: all(map(is_gone, (*host.guards, old[1]))), "what was killed lives on")
    parent = psutil.Process(host.process.pid)
    patiently(
        lambda: len([each for each in parent.children() if not is_gone(each.pid)]) == 3,
        "neither the plugin nor the guard came back",
    )
    host.pids += [each.pid for each in parent.children()]
    assert not is_gone(old[0])
    host.process.kill()
    host.process.wait(10)
    assert_all_gone(host, tmp_path)


def test_an_exception_leaves_nothing(opened, tmp_path):
    """A host whose program fails stops its plugins, and the program's own error is shown."""
    host = opened("raise")
    _, errors = host.process.communicate(timeout=20)
    assert host.process.returncode == 1
    assert "ZeroDivisionError" in errors
    assert_all_gone(host, tmp_path)


def test_the_ordinary_end_leaves_nothing(opened, tmp_path):
    """A host whose body ends stops its plugins in order and exits with 0."""
    host = opened()
    _, errors = host.process.communicate(timeout=20)
    assert (host.process.returncode, errors) == (0, "")
    assert_all_gone(host, tmp_path)


def test_ctrl_c_does_not_reach_the_plugins(opened, tmp_path):
    """SIGINT to the host's group leaves its plugins alone: they still answer, in the same processes."""
    host = opened("deaf")
    os.killpg(host.process.pid, signal.SIGINT)
    assert host.call("Echo.Say", {"n": 1}) == {"n": 1}
    assert host.call("Misbehaving.Echo", {"value": 1}) == {"value": 1}
    assert not any(map(is_gone, host.pids))
    host.process.communicate(timeout=20)
    assert_all_gone(host, tmp_path)


def test_ctrl_c_ends_the_host_in_order(opened, tmp_path):
    """A host that does not handle SIGINT ends by KeyboardInterrupt and takes its plugins with it."""
    host = opened()
    os.killpg(host.process.pid, signal.SIGINT)
    host.process.communicate(timeout=20)
    assert_all_gone(host, tmp_path)
