"""Starts of real processes: what delays them, what makes them fail, and what is told of it."""

import time

import pytest
import trio
from real_support import ECHO, MISBEHAVING, write_plugin

from hostcore import HostConfig, open_host
from hostcore.config import LimitsConfig
from hostcore.errors import HandshakeError, IncompatibleError, LaunchError
from hostcore.snapshots import LogSource, PluginState
from hostcore.testing import open_plugin


@pytest.mark.parametrize("word", ["flood-stderr", "flood-stdout", "flood-line", "stray", "json-stray"])
async def test_output_before_the_hello_does_not_block_the_start(word):
    """A plugin that fills its pipes first is drained and starts; the text is in its log."""
    async with open_plugin(MISBEHAVING, env={"MISBEHAVE_AT_START": word}) as plugin:
        assert await plugin.call("Misbehaving.Echo", {"value": 1}) == {"value": 1}
        if word != "flood-line":  # that line has no end yet
            source = LogSource.STDERR if word == "flood-stderr" else LogSource.STRAY
            assert [line for line in plugin.logs() if line.source is source]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("silent", (HandshakeError, PluginState.FAILED, "sent no hello within 0.5 s")),
        ("half-hello", (HandshakeError, PluginState.FAILED, "sent no hello within 0.5 s")),
        ("garbage", (HandshakeError, PluginState.FAILED, "within 0.5 s; its last line on stdout")),
        ("oversize-hello", (HandshakeError, PluginState.FAILED, "sent no hello")),
        ("close-stdout", (HandshakeError, PluginState.BACKING_OFF, "closed its stdin or stdout")),
        ("garbage-frame", (HandshakeError, PluginState.FAILED, "sent no hello")),
        ("request-first", (HandshakeError, PluginState.FAILED, "sent no hello")),
        ("bad-hello", (HandshakeError, PluginState.FAILED, "broke the protocol")),
        ("hello-without-name", (HandshakeError, PluginState.FAILED, "broke the protocol")),
        ("exit:7", (HandshakeError, PluginState.BACKING_OFF, "exit status 7 before it said hello")),
        ("exit:125", (HandshakeError, PluginState.FAILED, "exit status 125")),
        ("crash:SIGSEGV", (HandshakeError, PluginState.BACKING_OFF, "signal SIGSEGV")),
        ("traceback", (HandshakeError, PluginState.BACKING_OFF, "RuntimeError: the plugin's own bug")),
        ("orphan", (HandshakeError, PluginState.BACKING_OFF, "exit status 1")),
        ("wrong-protocol", (IncompatibleError, PluginState.FAILED, "the plugin speaks 8 to 9")),
        ("wrong-interface", (IncompatibleError, PluginState.FAILED, "its hello has: SomethingElse")),
        ("wrong-major", (IncompatibleError, PluginState.FAILED, "Misbehaving 2.0")),
    ],
)
async def test_a_start_that_cannot_work_says_why(tmp_path, monkeypatch, word, expected):
    """The error names what happened; what another start would only repeat is `failed` at once, the rest backs off."""
    error, state, text = expected
    monkeypatch.setenv("MISBEHAVE_AT_START", word)
    limits = LimitsConfig(start_timeout=0.5 if "no hello" in text or "0.5 s" in text else 10)
    async with open_host(HostConfig(data=tmp_path, limits=limits)) as host:
        with pytest.raises(error, match=text.replace(".", r"\.")):
            await host.load(MISBEHAVING)
        snapshot = host.plugin("misbehaving")
        assert snapshot.state is state
        assert snapshot.reason.text


async def test_a_failed_start_leaves_a_report(tmp_path):
    """The exit report of a plugin that never said hello has its status and its last words."""
    async with open_host(HostConfig(data=tmp_path)) as host:
        folder = write_plugin(
            tmp_path / "q",
            'id = "q"\nversion = "1.0.0"\ncommand = ["sh", "-c", "echo last words >&2; exit 3"]\n',
        )
        with pytest.raises(HandshakeError, match="last words"):
            await host.load(folder)
        report = host.plugin("q").last_exit
        assert (report.exit_code, report.signal, report.stderr) == (3, None, ("last words",))


async def test_text_without_a_line_end_is_the_last_word():
    """What a program printed to stdout instead of a hello is shown, also without a line end."""
    with pytest.raises(HandshakeError, match="its last line on stdout: no line end"):
        async with open_plugin(ECHO, env={"ECHO_AT_START": "unfinished"}):
            raise AssertionError


async def test_a_second_start_may_work(tmp_path, monkeypatch):
    """A plugin whose first start fails is started again after its backoff, and serves."""
    monkeypatch.setenv("ECHO_AT_START", "once")
    async with open_host(HostConfig(data=tmp_path)) as host:
        with pytest.raises(HandshakeError):
            await host.load(ECHO)
        assert host.plugin("echo").state is PluginState.BACKING_OFF
        with trio.fail_after(20):
            async with host.events(after=0) as events:
                while host.plugin("echo").state is not PluginState.READY:
                    await anext(events)
        assert host.plugin("echo").restarts == 1
        assert await host.call("Echo.Say", {"a": 1}) == {"a": 1}


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ('["./no-such-program"]', "does not exist"),
        ('["no-such-program-anywhere"]', "there is no program no-such-program-anywhere"),
        ('["./main.py"]', "Permission denied"),
        ('["sh", "a\\u0000b"]', "null byte"),
    ],
)
async def test_a_program_that_cannot_be_run_is_a_launch_error(tmp_path, command, text):
    """The host lives on, and the error names the program and what to do."""
    folder = write_plugin(
        tmp_path / "p",
        f'id = "p"\nversion = "1.0.0"\nbuild = ["true"]\ncommand = {command}\n',
        program="print('no shebang, no mode')\n",
    )
    async with open_host(HostConfig(data=tmp_path / "data")) as host:
        with pytest.raises(LaunchError, match=text) as caught:
            await host.load(folder)
        assert caught.value.hint
        assert host.plugin("p").reason.code == "launch-failed"
        await host.load(ECHO)
        assert await host.call("Echo.Say", {"a": 1}) == {"a": 1}


async def test_an_unload_in_the_middle_of_a_start_is_quick(tmp_path, monkeypatch):
    """A start that would take its whole limit is broken off at once, at whatever moment."""
    monkeypatch.setenv("MISBEHAVE_AT_START", "silent")
    async with open_host(HostConfig(data=tmp_path)) as host:
        for pause in (0, 0, 0.05, 0.3):
            async with trio.open_nursery() as nursery:
                loading = trio.Event()

                async def load(loading=loading):
                    with pytest.raises(Exception, match="misbehaving"):
                        await host.load(MISBEHAVING)
                    loading.set()

                nursery.start_soon(load)
                while not host.plugins():
                    await trio.lowlevel.checkpoint()
                await trio.sleep(pause)
                began = time.monotonic()
                await host.unload("misbehaving")
                assert time.monotonic() - began < 8
                with trio.fail_after(8):
                    await loading.wait()
            assert host.plugins() == ()


async def test_a_host_that_closes_during_a_start_is_quick(tmp_path, monkeypatch):
    """Leaving the host breaks off what is being started."""
    monkeypatch.setenv("MISBEHAVE_AT_START", "silent")
    began = time.monotonic()
    async with trio.open_nursery() as nursery, open_host(HostConfig(data=tmp_path)) as host:

        async def load():
            with pytest.raises(Exception, match="misbehaving"):
                await host.load(MISBEHAVING)

        nursery.start_soon(load)
        while not host.plugins():
            await trio.lowlevel.checkpoint()
    assert time.monotonic() - began < 8
