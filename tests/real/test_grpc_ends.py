"""Ends of gRPC plugins: whatever dies or hangs, calls have an outcome, and nothing is left."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import trio
from grpc_support import binaries, eventually, in_flight, write_grpc
from real_support import PATIENCE, PROGRAMS, is_gone, patiently

from hostcore import HostConfig, open_host
from hostcore.errors import CrashedError, HandshakeError, MisbehavedError, UnavailableError
from hostcore.snapshots import LogSource, PluginState
from hostcore.testing import open_plugin
from hostcore_grpc._sockets import PREFIX

pytestmark = pytest.mark.usefixtures("leaves_no_file")

MIB = 1024 * 1024
QUICK = "[shutdown]\ngrace = 1\nterm_grace = 0.5"


@pytest.fixture
async def mischief(tmp_path):
    """Give the plugin that misbehaves on demand."""
    async with open_plugin(write_grpc(tmp_path / "m", "misbehaving", more=QUICK)) as plugin:
        yield plugin


def is_socket(path):
    return Path(path).is_socket()


def lines_of(plugin, source=None):
    return [line for line in plugin.logs() if source is None or line.source is source]


async def test_output_inside_of_a_call_does_not_block_it(mischief):
    """A plugin that prints 1 MiB to stdout and to stderr before it answers is drained, and answers."""
    with trio.fail_after(PATIENCE):
        await mischief.call("Mischief.Print", {"stdoutBytes": MIB, "stderrBytes": MIB}, timeout=PATIENCE)
    assert await mischief.call("Mischief.Echo", {"text": "x"}) == {"text": "x"}
    assert {line.message for line in lines_of(mischief)} >= {"x" * 1023}


async def test_what_is_printed_without_the_stream_of_go_plugin_is_read(tmp_path):
    """Without StreamStdio, as before version 1.1 of go-plugin, a plugin's calls go on all the same."""
    folder = write_grpc(
        tmp_path / "m", "misbehaving", "-without", "plugin.GRPCStdio,plugin.GRPCBroker", more=QUICK
    )
    async with open_plugin(folder) as plugin:
        assert await plugin.call("Mischief.Echo", {"text": "x"}) == {"text": "x"}
        remarks = [line for line in lines_of(plugin, LogSource.HOST) if "stream" in line.message]
        assert remarks == []


async def test_what_a_plugin_prints_has_its_level(mischief):
    """Records of hclog, tags, plain lines and what breaks go-plugin's own host; stdout is a logger of its own."""
    text = (
        '{"@level":"warn","@message":"slow disk","@module":"store","ms":7}\n[ERROR] no disk\n'
        '{"@message":1}\n{"@level":1}\nplain\n'
    )
    await mischief.call("Mischief.Say", {"text": text})
    await mischief.call("Mischief.Say", {"text": "to stdout\n", "toStdout": True})

    def told():
        lines = [line for line in lines_of(mischief) if line.source is not LogSource.HOST]
        return {line.message: line for line in lines}

    await eventually(lambda: {"plain", "to stdout"} <= told().keys())
    lines = told()
    assert (lines["slow disk"].level, lines["slow disk"].fields) == ("warn", {"@module": "store", "ms": 7})
    assert lines["[ERROR] no disk"].level == "error"
    assert lines['{"@message":1}'].level == lines['{"@level":1}'].level == lines["plain"].level == "info"
    assert (lines["to stdout"].source, lines["to stdout"].logger) == (LogSource.LOG, "stdout")
    assert await mischief.call("Mischief.Echo", {"text": "x"}) == {"text": "x"}


async def test_a_panic_fails_its_call_and_is_in_the_report(mischief):
    """The call fails with the end of the process; the log has the panic as errors; the plugin comes back."""
    with pytest.raises(
        CrashedError, match="is gone, while the call was in flight: its process ended with exit status 2"
    ):
        await mischief.call("Mischief.Panic", {"text": "on purpose"})
    await mischief.wait_for(PluginState.READY, after=1)
    report = mischief.snapshot().last_exit
    assert (report.exit_code, report.calls_in_flight) == (2, 1)
    levels = {line.message: line.level for line in lines_of(mischief, LogSource.STDERR)}
    assert levels["panic: on purpose"] == "error"
    assert {level for message, level in levels.items() if message.startswith("goroutine ")} == {"error"}
    assert await mischief.call("Mischief.Echo", {"text": "x"}) == {"text": "x"}


@pytest.mark.parametrize("code", [0, 3])
async def test_an_exit_fails_all_calls_that_are_under_way(mischief, code):
    """Each of several callers hears of the end, streams too, with the exit status."""
    errors = []

    async def caller():
        with pytest.raises(CrashedError, match=f"exit status {code}") as caught:
            await mischief.call("Mischief.Hang")
        errors.append(caught.value)

    async with trio.open_nursery() as nursery:
        for _ in range(4):
            nursery.start_soon(caller)
        await in_flight(mischief, 4)
        with pytest.raises(CrashedError):
            await mischief.call("Mischief.Exit", {"code": code})
    assert len(errors) == 4
    await mischief.wait_for(PluginState.READY, after=1)
    assert mischief.snapshot().last_exit.calls_in_flight == 5


async def test_a_killed_plugin_leaves_no_socket(mischief, leaves_no_file):
    """After SIGKILL neither its socket nor the folder is there; the next incarnation has its own."""

    def folders():
        return {path.name for path in leaves_no_file.glob(f"{PREFIX}*")}

    before = folders()
    assert len(before) == 1
    os.kill(mischief.snapshot().pid, signal.SIGKILL)
    await mischief.wait_for(PluginState.READY, after=1)
    assert len(folders()) == 1
    assert folders() != before
    assert mischief.snapshot().last_exit.signal == "SIGKILL"


async def test_children_die_with_the_plugin(mischief):
    """What a plugin has started is killed with it: when it crashes, and when it is stopped."""
    for _ in range(2):
        incarnation = mischief.snapshot().instances[0].incarnation
        pids = (await mischief.call("Mischief.LeaveChildren", {"count": 3}))["pids"]
        with pytest.raises(CrashedError):
            await mischief.call("Mischief.Exit", {"code": 1})
        await mischief.wait_for(PluginState.READY, after=incarnation)
        patiently(lambda: all(map(is_gone, pids)), f"of {pids} some still run")  # noqa: B023 - called here
    pids = (await mischief.call("Mischief.LeaveChildren", {"count": 3}))["pids"]
    await mischief.host.stop("misbehaving")
    patiently(lambda: all(map(is_gone, pids)), f"of {pids} some still run")
    assert mischief.snapshot().last_exit.exit_code == 0


async def test_a_stop_ends_a_plugin_in_order(tmp_path):
    """Asked by its controller, a plugin ends by itself with status 0, long before its grace is over."""
    more = "[shutdown]\ngrace = 60"
    async with open_plugin(write_grpc(tmp_path / "m", "misbehaving", more=more)) as plugin:
        began = time.monotonic()
        await plugin.host.stop("misbehaving")
        assert time.monotonic() - began < 25
        assert (plugin.snapshot().last_exit.exit_code, plugin.snapshot().state) == (0, PluginState.STOPPED)
        with pytest.raises(UnavailableError):
            await plugin.call("Mischief.Echo", {"text": "x"})


async def test_calls_have_half_of_the_grace_to_end_before_a_stop(tmp_path):
    """A call that is under way when its plugin is asked to stop gets its answer; one that takes longer is cut off."""
    folder = write_grpc(tmp_path / "s", "streaming", more="[shutdown]\ngrace = 4\nterm_grace = 1")
    async with open_plugin(folder) as plugin:
        outcomes = []

        async def count(to):
            try:
                async with plugin.stream("Streams.Count", {"to": to, "pauseMs": 50}) as stream:
                    outcomes.append([item["value"] async for item in stream][-1])
            except UnavailableError as error:
                outcomes.append(error)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(count, 10)
            nursery.start_soon(count, 10_000)
            await in_flight(plugin, 2)
            await plugin.host.stop("streaming")
        assert outcomes[0] == "10"
        assert "it was asked to stop" in str(outcomes[1]) or "while the call was in flight" in str(
            outcomes[1]
        )
        assert plugin.snapshot().last_exit.exit_code == 0


async def test_a_hanging_shutdown_is_bounded(tmp_path):
    """A plugin that answers no Shutdown and ignores SIGTERM is killed when its times are over."""
    async with open_plugin(
        write_grpc(tmp_path / "m", "misbehaving", "-ignore-shutdown", more=QUICK)
    ) as plugin:
        pids = (await plugin.call("Mischief.LeaveChildren", {"count": 1}))["pids"]
        began = time.monotonic()
        await plugin.host.stop("misbehaving")
        assert 1.4 < time.monotonic() - began < 10
        assert plugin.snapshot().last_exit.signal == "SIGKILL"
        assert all(map(is_gone, pids))


async def test_a_plugin_without_a_controller_gets_sigterm_at_once(tmp_path):
    """There is nobody to ask and nothing to wait for."""
    folder = write_grpc(tmp_path / "m", "misbehaving", "-without", "plugin.GRPCController")
    async with open_plugin(folder) as plugin:
        began = time.monotonic()
        await plugin.host.stop("misbehaving")
        assert time.monotonic() - began < 4.5
        assert plugin.snapshot().last_exit.signal == "SIGTERM"


async def test_a_plugin_that_answers_no_health_check_is_restarted(tmp_path):
    """A stopped process misses its pings, each with its own limit, and is killed and replaced."""
    folder = write_grpc(
        tmp_path / "m", "misbehaving", more="[health]\ninterval = 0.1\ntimeout = 0.2\nmisses = 2"
    )
    async with open_plugin(folder) as plugin:
        os.kill(plugin.snapshot().pid, signal.SIGSTOP)
        with pytest.raises(MisbehavedError):
            await plugin.call("Mischief.Echo", {"text": "x"}, timeout=PATIENCE)
        await plugin.wait_for(PluginState.READY, after=1)
        assert await plugin.call("Mischief.Echo", {"text": "x"}) == {"text": "x"}


async def test_a_plugin_that_says_it_does_not_serve_is_restarted(tmp_path):
    """NOT_SERVING after the start counts as a missed ping."""
    folder = write_grpc(
        tmp_path / "p",
        "plain",
        "-health",
        "SERVING",
        "-fails",
        "3",
        grpc="auto_mtls = false",
        more="[health]\ninterval = 0.05\ntimeout = 2\nmisses = 2",
    )
    async with open_plugin(folder) as plugin:
        await plugin.wait_for(PluginState.READY, after=1)
        assert plugin.snapshot().last_exit.reason.code == "hung"


async def test_a_plugin_that_takes_its_leave_is_replaced(tmp_path):
    """A server that wants to end finishes its calls, ends, and is started again; streams of the adapter do not hold it."""
    folder = write_grpc(tmp_path / "p", "plain", grpc="auto_mtls = false")
    async with (
        open_plugin(folder) as plugin,
        plugin.stream("Streams.Count", {"to": 20, "pauseMs": 20}) as stream,
    ):
        await anext(stream)
        os.kill(plugin.snapshot().pid, signal.SIGTERM)
        assert len([item async for item in stream]) == 19
        await plugin.wait_for(PluginState.READY, after=1)
        assert plugin.snapshot().last_exit.exit_code == 0
        assert await plugin.call("Streams.Echo", {"data": "eA=="}) == {"data": "eA=="}


async def test_a_host_that_is_cancelled_leaves_nothing(tmp_path):
    """A host that closes in a hurry, in the middle of calls and streams, takes its plugins along."""
    with trio.CancelScope() as scope:
        async with open_host(HostConfig(data=tmp_path / "data")) as host:
            await host.load(write_grpc(tmp_path / "m", "misbehaving", "-ignore-shutdown", more=QUICK))
            pids = (await host.call("Mischief.LeaveChildren", {"count": 1}))["pids"]
            scope.deadline = trio.current_time() + 0.5
            await host.call("Mischief.Hang")
    assert all(map(is_gone, pids))


def test_a_killed_host_leaves_no_process(tmp_path):
    """After SIGKILL of the host its gRPC plugins and their children go; the next host removes their sockets."""
    folder = write_grpc(tmp_path / "m", "misbehaving", "-ignore-shutdown", more=QUICK, plugin_id="mischief")
    host = subprocess.Popen(
        [sys.executable, str(PROGRAMS / "grpc_host.py"), str(tmp_path / "data"), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": tempfile.gettempdir()},
    )
    pids = json.loads(host.stdout.readline())
    try:
        assert len(pids) == 3
        host.kill()
        host.communicate(timeout=PATIENCE)
        patiently(lambda: all(map(is_gone, pids)), f"left: {pids}", seconds=5)
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    (left,) = Path(tempfile.gettempdir()).glob(f"{PREFIX}*")
    os.utime(left, (0, 0))

    async def open_another():
        async with open_plugin(write_grpc(tmp_path / "s", "streaming")):
            assert not left.exists()

    trio.run(open_another)


@pytest.fixture
def started_by_hand():
    """Give a plugin that somebody starts as in a debugger: its process, and the fields of its handshake."""
    with tempfile.TemporaryDirectory(prefix="h-", dir="/tmp") as folder:
        process = subprocess.Popen(
            [binaries() / "streaming"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={"POLYHOST_TEST_PLUGIN": "hello", "PLUGIN_UNIX_SOCKET_DIR": folder},
        )
        try:
            yield process, process.stdout.readline().strip().split("|")
        finally:
            process.kill()
            process.communicate(timeout=PATIENCE)


async def test_a_running_plugin_is_reattached_to_and_left_running(tmp_path, started_by_hand):
    """A plugin that somebody else has started is called, and neither killed nor asked to end when it is stopped."""
    process, (_, version, network, address, *_) = started_by_hand
    reattach = (
        f'reattach = {{ Protocol = "grpc", ProtocolVersion = {version}, Pid = {process.pid}, Test = true, '
        f'Addr = {{ Network = "{network}", String = "{address}" }} }}'
    )
    folder = write_grpc(
        tmp_path / "s", "streaming", grpc=reattach, cookie="", more='[config.values]\ngreeting = "Hello"'
    )
    for _ in range(2):
        async with open_plugin(folder) as plugin:
            assert "its configuration does not reach it" in " ".join(
                line.message for line in lines_of(plugin, LogSource.HOST)
            )
            assert await plugin.call("Streams.Echo", {"data": "eA=="}) == {"data": "eA=="}
            assert plugin.snapshot().pid == process.pid
            await plugin.host.stop("streaming")
            assert process.poll() is None
            assert is_socket(address)
    async with open_plugin(folder) as plugin:
        process.kill()
        process.wait(PATIENCE)
        snapshot = await plugin.wait_for(PluginState.BACKING_OFF, PluginState.FAILED)
        assert "ended" in snapshot.reason.text


async def test_a_plugin_that_does_not_run_any_more_cannot_be_reattached_to(tmp_path):
    """The error names the address and what to look at; nothing is started."""
    reattach = 'reattach = { Protocol = "grpc", Pid = 999999999, Addr = { Network = "unix", String = "/nowhere/plugin1" } }'
    with pytest.raises(HandshakeError, match="cannot be reached: No such file") as caught:
        async with open_plugin(write_grpc(tmp_path / "s", "streaming", grpc=reattach, cookie="")):
            raise AssertionError
    assert "reattach" in caught.value.hint
