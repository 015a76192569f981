"""Calls of real processes: every byte, full pipes, last words, wrong answers, and calls back."""

import os

import pytest
import trio
from real_support import ECHO, MISBEHAVING, PLUGINS
from reload_support import wait_until

from hostcore import HostConfig, open_host
from hostcore.config import LimitsConfig
from hostcore.errors import (
    CallError,
    CallFailedError,
    CallTimedOutError,
    HostError,
    InvalidParamsError,
    InvalidResultError,
    MisbehavedError,
    PluginError,
    TooLargeError,
)
from hostcore.snapshots import LogSource, PluginState
from hostcore.testing import open_plugin


async def test_every_frame_may_come_byte_by_byte():
    """A plugin that writes each byte by itself is understood, hello included."""
    async with open_plugin(ECHO, env={"ECHO_BYTEWISE": "1"}) as plugin:
        text = "Grüße, 世界! " * 50
        assert await plugin.call("Echo.Say", {"text": text}) == {"text": text}


@pytest.mark.parametrize("folder", [ECHO, MISBEHAVING], ids=["json", "msgpack"])
async def test_both_pipes_may_be_full_at_once(folder):
    """Megabytes in both directions and on stderr at the same time get through."""
    async with open_plugin(folder) as plugin:
        block = "x" * 1_000_000
        method, key = ("Echo.Say", "value") if folder == ECHO else ("Misbehaving.Echo", "value")
        done = []

        async def call():
            done.append(await plugin.call(method, {key: block}, timeout=60) == {key: block})

        async with trio.open_nursery() as nursery:
            for _ in range(12):
                nursery.start_soon(call)
            if folder == MISBEHAVING:
                flood = {"target": "stderr", "size": 3_000_000}
                nursery.start_soon(plugin.call, "Misbehaving.Flood", flood)
        assert done == [True] * 12


@pytest.mark.parametrize("attempt", range(5))
async def test_the_last_answer_is_not_lost(attempt):
    """An answer that was written just before the process ended is delivered, and the plugin comes back."""
    async with open_plugin(ECHO) as plugin:
        assert await plugin.call("Echo.LastWords", {"n": attempt}) == {"n": attempt}
        snapshot = await plugin.wait_for(PluginState.READY, after=1)
        assert snapshot.last_exit.exit_code == 0
        assert await plugin.call("Echo.Say", {"n": 1}) == {"n": 1}


async def test_an_answer_and_the_end_from_a_thread():
    """The same with the SDK, whose process ends in the middle of everything."""
    async with open_plugin(MISBEHAVING) as plugin:
        assert await plugin.call("Misbehaving.AnswerAndExit", {"code": 5}) == {"value": "the last words"}
        assert (await plugin.wait_for(PluginState.READY, after=1)).last_exit.exit_code == 5


async def test_a_closed_input_is_no_error_of_the_host():
    """Calls to a plugin that has closed its stdin get their outcome, and it is started anew."""
    async with open_plugin(ECHO) as plugin:
        await plugin.call("Echo.CloseInput")
        with trio.fail_after(10), pytest.raises(PluginError):
            await plugin.call("Echo.Say", {"text": "x" * 100_000})
        await plugin.wait_for(PluginState.READY, after=1)
        assert await plugin.call("Echo.Say", {"n": 1}) == {"n": 1}


@pytest.mark.parametrize(
    "how",
    [
        "twice",
        "unknown-id",
        "stray",
        "stray-json",
        "oversize-log",
        "unknown-service",
        "unknown-request",
        "unknown-notification",
    ],
)
async def test_what_the_protocol_bears_harms_no_call(how):
    """The wrong message is logged or ignored, the right answer counts, and the process lives on."""
    async with open_plugin(MISBEHAVING) as plugin:
        pid = plugin.snapshot().pid
        with trio.fail_after(20):
            assert await plugin.call("Misbehaving.Answer", {"how": how}) == {"value": how}
            assert await plugin.call("Misbehaving.Echo", {"value": 1}) == {"value": 1}
        assert plugin.snapshot().pid == pid


@pytest.mark.parametrize(
    "how",
    [
        "short",
        "no-array",
        "unknown-kind",
        "string-id",
        "error-without-code",
        "error-no-map",
        "number-keys",
        "extension-type",
        "not-finite",
        "too-deep",
        "odd-request",
        "hello-again",
        "no-messagepack",
        "empty-frame",
    ],
)
async def test_a_violation_is_the_plugins_fault(how):
    """Every call in flight fails with that, the process is killed, and a new one serves."""
    async with open_plugin(MISBEHAVING) as plugin:
        outcomes = []

        async def call(method, params):
            try:
                outcomes.append(await plugin.call(method, params))
            except HostError as error:
                outcomes.append(type(error))

        with trio.fail_after(20):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(call, "Misbehaving.Slow", {"seconds": 15})
                nursery.start_soon(call, "Misbehaving.Answer", {"how": how})
        assert outcomes == [MisbehavedError] * 2
        snapshot = await plugin.wait_for(PluginState.READY, after=1)
        assert snapshot.last_exit.reason.code == "protocol-violated"
        assert snapshot.last_exit.signal == "SIGKILL"
        assert snapshot.last_exit.calls_in_flight == 2


async def test_an_oversize_answer_fails_alone():
    """Only its own call fails; the process and its other calls go on."""
    host = HostConfig(limits=LimitsConfig(shutdown_timeout=0.5))
    async with open_plugin(MISBEHAVING, host=host) as plugin:
        pid = plugin.snapshot().pid
        with trio.fail_after(20):
            with pytest.raises(TooLargeError):
                await plugin.call("Misbehaving.Answer", {"how": "oversize-response"})
            assert await plugin.call("Misbehaving.Echo", {"value": 1}) == {"value": 1}
        assert plugin.snapshot().pid == pid


async def test_a_wrong_result_is_the_plugins_fault_and_no_crash():
    """A result that its schema forbids is named as such; the plugin lives on."""
    async with open_plugin(MISBEHAVING) as plugin:
        with pytest.raises(InvalidResultError):
            await plugin.call("Misbehaving.WrongResult")
        with pytest.raises(InvalidParamsError):
            await plugin.call("Misbehaving.Slow", {"seconds": "three"})
        with pytest.raises(CallFailedError) as caught:
            await plugin.call("Misbehaving.Fail", {"name": "Refused", "message": "as asked"})
        assert (caught.value.name, caught.value.data, caught.value.retryable) == (
            "Refused",
            {"asked": True},
            False,
        )
        with pytest.raises(CallFailedError) as caught:
            await plugin.call("Misbehaving.RaiseException", {"message": "a bug"})
        assert caught.value.status == 13
        facts = plugin.snapshot().statistics
        assert (facts.calls, facts.errors) == (4, 4)


async def test_streaming_calls_are_counted_too(tmp_path):
    """A stream to its end is a call; one that is refused is a failed one."""
    async with open_host(HostConfig(data=tmp_path)) as host:
        await host.load(MISBEHAVING)
        async with host.stream("Misbehaving.Count", {"to": 3}) as stream:
            assert [item async for item in stream]
        with pytest.raises(InvalidParamsError):
            async with host.stream("Misbehaving.Count", {"to": "three"}):
                raise AssertionError
        facts = host.plugin("misbehaving").statistics
        assert (facts.calls, facts.errors) == (2, 1)
        assert facts.total_seconds > 0


async def test_a_timed_out_caller_resumes_at_once():
    """The caller goes at its deadline, the plugin is told, and it serves the next call."""
    async with open_plugin(MISBEHAVING) as plugin:
        began = trio.current_time()
        with pytest.raises(CallTimedOutError):
            await plugin.call("Misbehaving.Slow", {"seconds": 60}, timeout=0.3)
        with trio.move_on_after(0.3):
            await plugin.call("Misbehaving.Slow", {"seconds": 60})
        assert trio.current_time() - began < 30
        assert await plugin.call("Misbehaving.Echo", {"value": 1}) == {"value": 1}


async def test_streams_both_ways():
    """Thousands of items with progress and an upload of large ones: in order and complete."""
    async with open_plugin(MISBEHAVING) as plugin:
        async with plugin.stream("Misbehaving.Count", {"to": 3000}) as stream:
            assert [item["number"] async for item in stream] == list(range(1, 3001))
            assert stream.result == {"counted": 3000}
        async with plugin.stream("Misbehaving.Sum") as stream:
            async with trio.open_nursery() as nursery:

                async def send():
                    for number in range(1000):
                        await stream.send({"number": number})
                    await stream.end()

                nursery.start_soon(send)
                assert [item async for item in stream] == []
            assert stream.result == {"total": sum(range(1000)), "count": 1000}
        async with plugin.stream("Misbehaving.Count", {"to": 100_000, "delay": 0.001}) as stream:
            assert await anext(stream) == {"number": 1}
        assert await plugin.call("Misbehaving.Echo", {"value": 1}) == {"value": 1}


async def test_overrun_credit_is_a_violation():
    """A plugin that streams without regard to credit is stopped, and its consumer is told why."""
    async with open_plugin(MISBEHAVING) as plugin:
        with trio.fail_after(20):
            async with plugin.stream("Misbehaving.OverrunCredit", {"items": 200}) as stream:
                await plugin.wait_for(PluginState.READY, after=1)  # nobody has taken an item meanwhile
                with pytest.raises(MisbehavedError, match="credit"):
                    _ = [item async for item in stream]


async def test_the_environment_holds_no_secret(monkeypatch, tmp_path):
    """Only listed variables and those of the protocol reach the process; its folder for data exists."""
    monkeypatch.setenv("TOP_SECRET", "s3cret")
    monkeypatch.setenv("ECHO_COLOUR", "red")
    async with open_plugin(ECHO, data=tmp_path, env={"EXTRA": "1"}) as plugin:
        seen = await plugin.call("Echo.Environment")
        assert "s3cret" not in seen.values()
        assert (seen["ECHO_COLOUR"], seen["EXTRA"]) == ("red", "1")
        assert (seen["POLYHOST_PLUGIN"], seen["POLYHOST_PROTOCOL"]) == ("1", "1")
        assert seen["POLYHOST_DATA_DIR"] == str(tmp_path / "plugins" / "echo")
        assert (tmp_path / "plugins" / "echo").is_dir()


async def test_the_plugins_process_is_on_its_own():
    """It has a session and a group of its own, its folder as working directory, and no descriptor of the host."""
    async with open_plugin(MISBEHAVING) as plugin:
        seen = await plugin.call("Misbehaving.Environment")
        assert seen["pid"] == seen["group"] == seen["session"] == plugin.snapshot().pid
        assert seen["group"] != os.getpgrp()
        assert seen["cwd"] == str(MISBEHAVING)
        assert len(seen["descriptors"]) < 12


async def test_the_hosts_hello_has_config_and_data(tmp_path):
    """Configuration of manifest and host, merged, the data folder and the services arrive in the hello."""
    async with open_plugin(ECHO, data=tmp_path, config={"a": {"b": 1}}) as plugin:
        hello = await plugin.call("Echo.Hello")
        assert hello["config"] == {"a": {"b": 1}}
        assert hello["data_dir"] == str(tmp_path / "plugins" / "echo")
        assert hello["services"] == ["Host"]
        assert hello["interfaces"] == {"Echo": "1.0"}
        assert hello["features"] == ["reverse"]


async def test_a_plugin_may_ask_the_host(tmp_path):
    """`Host` answers every plugin; another interface only those that require it, and errors keep what they said."""
    async with open_plugin(ECHO) as plugin:
        info = await plugin.call("Echo.Ask", {"method": "Host.Info"})
        assert info["result"]["name"] == "polyhost"
        listed = await plugin.call("Echo.Ask", {"method": "Host.Plugins"})
        assert [(each["id"], each["state"]) for each in listed["result"]["plugins"]] == [("echo", "ready")]
        for method in ("Host.Nothing", "KeyValue.Get", "Nobody.Home"):
            refused = await plugin.call("Echo.Ask", {"method": method, "params": {"key": "a"}})
            assert refused["error"]["code"] == -32601


async def test_a_plugin_may_call_what_it_requires(tmp_path):
    """A required interface is served by whoever provides it, while the host's own call is pending."""
    folder = tmp_path / "asking"
    folder.mkdir()
    command = f'["python3", "{ECHO / "main.py"}"]'
    (folder / "plugin.toml").write_text(
        f'id = "asking"\nversion = "1.0.0"\ncommand = {command}\n'
        '[provides]\nEcho = "1.0"\n[requires.interfaces]\nKeyValue = "^1.0"\nMisbehaving = "^1.0"\n'
    )
    beside = [PLUGINS / "kv-python", MISBEHAVING]
    async with open_plugin(folder, beside=beside) as plugin:

        async def ask(method, params, **more):
            return await plugin.call("Echo.Ask", {"method": method, "params": params, **more})

        assert (await plugin.call("Echo.Hello"))["services"] == ["Host", "KeyValue", "Misbehaving"]
        put = await ask("KeyValue.Put", {"key": "a", "value": "1"}, plugin="kv-python")
        assert "result" in put, put
        assert (await ask("KeyValue.Get", {"key": "a"}))["result"]["value"] == "1"
        missing = await ask("KeyValue.Get", {"key": "zzz"})
        assert missing["error"]["name"] == "KeyNotFound"
        nobody = await ask("KeyValue.Get", {"key": "a"}, plugin="nobody")
        assert nobody["error"]["code"] == 14
        binary = {"data": {"$bytes": "aGk="}}
        assert (await ask("Misbehaving.Echo", binary))["result"] == binary


async def test_stray_and_structured_lines_are_told_apart():
    """Text on stdout, on stderr and log records keep their sources and levels."""
    async with open_plugin(MISBEHAVING) as plugin:
        await plugin.call("Misbehaving.Flood", {"target": "stdout", "size": 1000})
        await plugin.call("Misbehaving.Flood", {"target": "log", "size": 1000})
        await plugin.call("Misbehaving.Flood", {"target": "stderr", "size": 1000})
        sources = {LogSource.STRAY, LogSource.LOG, LogSource.STDERR}
        await wait_until(lambda: sources <= {line.source for line in plugin.logs()})
        numbers = [line.sequence for line in plugin.logs()]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_a_flood_costs_a_bounded_log(tmp_path):
    """A plugin that floods its log keeps its last lines only, and calls go on meanwhile."""
    config = HostConfig(data=tmp_path, limits=LimitsConfig(log_lines=50))
    async with open_plugin(MISBEHAVING, host=config) as plugin:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(plugin.call, "Misbehaving.Flood", {"target": "stderr", "size": 10_000_000})
            for _ in range(20):
                assert await plugin.call("Misbehaving.Echo", {"value": 1}, timeout=10) == {"value": 1}
        assert len(plugin.logs()) == 50


async def test_calls_outside_of_the_known_are_refused(tmp_path):
    """Unknown plugins and methods, and calls after the end of the host, have their own errors."""
    async with open_host(HostConfig(data=tmp_path)) as host:
        await host.load(ECHO)
        for method, plugin in (("Echo.Nothing", None), ("Nothing.Here", None), ("Echo.Say", "nobody")):
            with pytest.raises((CallError, PluginError)):
                await host.call(method, {}, plugin=plugin)
    with pytest.raises(HostError, match="stopping"):
        await host.call("Echo.Say", {})
