"""All providers of KeyValue in a host, over stdio and over gRPC: each durable, and not to be told apart by callers."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path
from typing import Any

import pytest
import trio

from conftest import PLUGINS
from hostcore import Host, HostConfig, open_host
from hostcore.errors import CallFailedError, HostError
from hostcore.snapshots import PluginState
from hostcore.testing import OpenPlugin, check_plugin, open_plugin

PROVIDERS = ["kv-python", "kv-go-stdio", "kv-go"]
each = pytest.mark.parametrize("plugin_id", PROVIDERS)

PATIENCE = 60.0  # seconds; generous, because machines that run tests are shared


async def stored(plugin: OpenPlugin) -> dict[str, str]:
    async with plugin.stream("KeyValue.List", {}) as stream:
        return {item["key"]: item["value"] async for item in stream}


def test_kv_go_passes_the_check() -> None:
    """Hello, examples and scenarios of the interface, output and stop are right, as for every plugin over stdio."""
    check_plugin(PLUGINS / "kv-go")


@each
async def test_what_was_answered_survives_kill_9(plugin_id: str) -> None:
    """A change that was answered is there after `kill -9` in the middle of further changes."""
    answered: dict[str, str] = {}
    async with open_plugin(PLUGINS / plugin_id) as plugin:

        async def put(key: str) -> None:
            try:
                await plugin.call("KeyValue.Put", {"key": key, "value": f"value of {key}"})
            except HostError:
                return  # it may be there or not
            answered[key] = f"value of {key}"

        for round_number in range(2):
            incarnation = plugin.snapshot().instances[0].incarnation
            async with trio.open_nursery() as nursery:
                for number in range(40):
                    nursery.start_soon(put, f"{round_number}/{number}")
                while len(answered) < 10 * (round_number + 1):  # noqa: ASYNC110 - nobody tells of it
                    await trio.sleep(0.001)
                pid = plugin.snapshot().pid
                assert pid is not None
                os.kill(pid, signal.SIGKILL)
            await plugin.wait_for(PluginState.READY, after=incarnation, timeout=PATIENCE)
        found = await stored(plugin)
        assert answered == {key: found.get(key) for key in answered}


@each
async def test_revisions_never_go_back(plugin_id: str, tmp_path: Path) -> None:
    """After a stop in order revisions go on where they were, also when the newest key was deleted."""
    async with open_plugin(PLUGINS / plugin_id, data=tmp_path) as plugin:
        await plugin.call("KeyValue.Put", {"key": "a", "value": "1"})
        newest = (await plugin.call("KeyValue.Put", {"key": "b", "value": "2"}))["revision"]
        await plugin.call("KeyValue.Delete", {"key": "b"})
    async with open_plugin(PLUGINS / plugin_id, data=tmp_path) as plugin:
        assert (await plugin.call("KeyValue.Put", {"key": "c", "value": "3"}))["revision"] > newest
        assert await stored(plugin) == {"a": "1", "c": "3"}


@each
async def test_an_upload_that_ends_early_writes_nothing(plugin_id: str) -> None:
    """PutMany writes all or nothing: who leaves the stream in the middle has written nothing."""
    async with open_plugin(PLUGINS / plugin_id) as plugin:
        async with plugin.stream("KeyValue.PutMany") as stream:
            await stream.send({"key": "half", "value": "x"})
        assert (await plugin.call("KeyValue.Stats"))["keys"] == 0


@each
async def test_a_long_upload_and_a_long_listing(plugin_id: str) -> None:
    """Streams larger than any window go through, in order, with a listing that is left in the middle in between."""
    async with open_plugin(PLUGINS / plugin_id) as plugin:
        async with plugin.stream("KeyValue.PutMany") as stream:
            for number in range(3000):
                await stream.send({"key": f"{number:04}", "value": "x" * 1000})
            await stream.end()
            assert [item async for item in stream] == []
            assert stream.result == {"count": 3000}
        async with plugin.stream("KeyValue.List", {}) as stream:
            assert (await anext(stream))["key"] == "0000"
        assert list(await stored(plugin)) == [f"{number:04}" for number in range(3000)]


@each
async def test_the_largest_value_is_stored(plugin_id: str) -> None:
    """The largest value that the interface allows is stored and read back, with all kinds of characters."""
    value = ('"\\\n\u2028ü😀' * 100_000)[:524_288]
    async with open_plugin(PLUGINS / plugin_id) as plugin:
        await plugin.call("KeyValue.Put", {"key": "large", "value": value})
        assert (await plugin.call("KeyValue.Get", {"key": "large"}))["value"] == value


async def outcome(host: Host, plugin_id: str, method: str, params: dict[str, Any]) -> Any:
    try:
        if not method.endswith("List"):
            return await host.call(method, params, plugin=plugin_id)
        async with host.stream(method, params, plugin=plugin_id) as stream:
            return [item async for item in stream], stream.result
    except CallFailedError as error:
        return error.code, error.status, error.name, error.data, error.retryable
    except HostError as error:
        return error.code


async def test_callers_cannot_tell_the_providers_apart(tmp_path: Path) -> None:
    """The same calls get the same from all three providers: results, streams, errors with their data, refused params."""
    chance = random.Random(4)
    keys = ["a", "b", "a/b", "a/ü", "a/😀", "zz", "Ä"]
    plugins = tuple(PLUGINS / plugin_id for plugin_id in PROVIDERS)
    async with open_host(HostConfig(data=tmp_path, plugins=plugins)) as host:
        (shown,) = [interface for interface in host.interfaces() if interface.name == "KeyValue"]
        assert {provider.plugin for provider in shown.providers} == set(PROVIDERS)
        for _ in range(150):
            key = chance.choice(keys)
            method, params = chance.choice([
                ("KeyValue.Put", {"key": key, "value": str(chance.random())}),
                ("KeyValue.Put", {"key": key, "value": "", "ifRevision": chance.randrange(6)}),
                ("KeyValue.Get", {"key": key}),
                ("KeyValue.Delete", {"key": key}),
                ("KeyValue.List", {"prefix": key[:1]}),
                ("KeyValue.List", {"limit": 3, "values": False}),
                ("KeyValue.Stats", {}),
                ("KeyValue.Get", chance.choice([{}, {"key": ""}, {"key": 5}, {"kei": key}])),
            ])  # fmt: skip
            python, *others = [await outcome(host, plugin_id, method, params) for plugin_id in PROVIDERS]
            assert others == [python, python], (method, params)
