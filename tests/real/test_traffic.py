"""The communication log of real hosts: calls, messages both ways, streams, calls of plugins, over stdio and gRPC."""

import json

import pytest
import trio
from grpc_support import write_grpc
from real_support import ECHO, PATIENCE, PLUGINS, echo_with, write_plugin
from test_grpc_callbacks import HELPER, INTERFACE, write_counter

from hostcore import HostConfig, open_host
from hostcore.config import ExtensionsConfig, TrafficConfig
from hostcore.errors import (
    CallFailedError,
    CallTimedOutError,
    CrashedError,
    InvalidParamsError,
    PluginNotFoundError,
    RecordNotFoundError,
    ReplayError,
    TrafficError,
    UnavailableError,
)
from hostcore.testing import open_plugin
from hostcore.traffic import (
    CallEntry,
    MessageEntry,
    TrafficFilter,
    TrafficMissed,
    TrafficSettings,
    traffic_of,
)
from hostcore.traffic._follow import BUFFERED

ALL = TrafficConfig(messages=True, bodies=True)
KV = PLUGINS / "kv-python"


def config(traffic=ALL, **more):
    return HostConfig(traffic=traffic, interface_folders=(PLUGINS.parent / "schemas" / "interfaces",), **more)


async def calls(host, **asked):
    """Return the calls that are found, the earliest first, with their bodies."""
    page = await traffic_of(host).calls(TrafficFilter(**asked), limit=1000, bodies=True)
    return page.entries[::-1]


async def messages(host, **asked):
    page = await traffic_of(host).messages(TrafficFilter(**asked), limit=1000, bodies=True)
    return page.entries[::-1]


def value(body):
    return json.loads(body.text)


async def test_each_call_has_a_record(tmp_path):
    """By default: who, what, how long, how many bytes, which process, and how it ended; no bodies and no messages."""
    async with open_plugin(ECHO) as plugin:
        await plugin.call("Echo.Say", {"text": "hello"})
        with pytest.raises(InvalidParamsError):
            await plugin.call("Echo.Sleep", {})
        with pytest.raises(CallTimedOutError):
            await plugin.call("Echo.Sleep", {"seconds": 0.4}, timeout=0.05)
        with trio.move_on_after(0.05):
            await plugin.call("Echo.Sleep", {"seconds": 0.1})
        with pytest.raises(CrashedError):
            await plugin.call("Echo.Exit", {"code": 3})
        said, invalid, late, gone, crashed = await calls(plugin.host)
        pid = said.pid
        assert (
            said.method,
            said.outcome,
            said.error,
            said.instance,
            said.direction,
            said.caller,
            said.parent,
        ) == ("Echo.Say", "ok", None, 0, "to-plugin", None, None)
        assert pid is not None
        assert said.request_bytes > len('{"text":"hello"}') < said.response_bytes
        assert 0 < said.duration < PATIENCE
        assert (said.params, said.result) == (None, None)
        assert (invalid.outcome, invalid.request_bytes, invalid.pid) == ("params-invalid", 0, None)
        assert ("call-timed-out", 0, pid) == (late.outcome, late.response_bytes, late.pid)
        assert late.duration >= 0.05
        assert (gone.outcome, crashed.outcome) == ("cancelled", "plugin-crashed")
        assert "exit" in crashed.error
        assert await messages(plugin.host) == ()


async def test_calls_without_a_process_have_a_record(tmp_path):
    """A call that nobody could take is there, too: somebody has made it."""
    async with open_plugin(ECHO) as plugin:
        await plugin.host.stop(plugin.id)
        with pytest.raises(UnavailableError):
            await plugin.call("Echo.Say", {})
        (entry,) = await calls(plugin.host)
        assert (entry.outcome, entry.pid, entry.request_bytes) == ("plugin-unavailable", None, 0)


async def test_bodies_and_messages_both_ways(tmp_path):
    """With all of it on, the hellos are there, and each call has its request and its answer, with the same bytes."""
    async with open_plugin(ECHO, host=config()) as plugin:
        await plugin.call("Echo.Say", {"text": "hello"})
        (call,) = await calls(plugin.host)
        assert (value(call.params), value(call.result)) == ({"text": "hello"}, {"text": "hello"})
        hello, answer, request, response = await messages(plugin.host)
        assert [(each.kind, each.direction) for each in (hello, answer, request, response)] == [
            ("hello", "to-host"),
            ("hello", "to-plugin"),
            ("request", "to-plugin"),
            ("response", "to-host"),
        ]
        assert value(answer.body)["config"] == {"$secret": True}
        for each, size in ((request, call.request_bytes), (response, call.response_bytes)):
            assert (each.call, each.method, each.size, each.pid) == (call.id, "Echo.Say", size, call.pid)
            assert value(each.body) == {"text": "hello"}
        assert hello.call is None


async def test_a_stream_that_fails_in_a_nursery_of_its_caller(tmp_path):
    """It has the outcome of what went wrong, and not of the group that the nursery makes of it."""
    async with open_plugin(KV, host=config()) as plugin:

        async def send_wrong():
            async with plugin.stream("KeyValue.PutMany") as stream, trio.open_nursery() as nursery:
                nursery.start_soon(trio.sleep_forever)
                await stream.send({"key": 1})

        with pytest.raises(ExceptionGroup):
            await send_wrong()
        (put,) = await calls(plugin.host)
        assert put.outcome == "params-invalid"
        assert plugin.snapshot().statistics.failures == {"params-invalid": 1}


async def test_streams_count_their_items(tmp_path):
    """Items both ways are counted with their bytes, and are messages of the call; so is the end of the caller's."""
    async with open_plugin(KV, host=config()) as plugin:
        pairs = [{"key": f"k{number}", "value": "v" * 100} for number in range(5)]
        async with plugin.stream("KeyValue.PutMany") as stream:
            for pair in pairs:
                await stream.send(pair)
            await stream.end()
            assert [item async for item in stream] == []
        async with plugin.stream("KeyValue.List", {"prefix": "k"}) as stream:
            assert len([item async for item in stream]) == 5
        put, scan = await calls(plugin.host)
        assert (put.is_streaming, put.items_in, put.items_out, put.outcome) == (True, 5, 0, "ok")
        assert (scan.items_in, scan.items_out) == (0, 5)
        assert put.request_bytes > 500 < scan.response_bytes
        kinds = [each.kind for each in await messages(plugin.host, call=put.id)]
        assert [kinds.count(kind) for kind in ("request", "data", "end", "response")] == [1, 5, 1, 1]
        items = [each for each in await messages(plugin.host, call=scan.id) if each.kind == "data"]
        assert [value(each.body)["key"] for each in items] == [f"k{number}" for number in range(5)]
        assert {each.direction for each in items} == {"to-host"}


async def test_a_stream_that_its_caller_leaves_is_cancelled(tmp_path):
    """Whoever leaves before the end has ended the call."""
    async with open_plugin(KV, host=config()) as plugin:
        for number in range(3):
            await plugin.call("KeyValue.Put", {"key": f"k{number}", "value": "v"})
        async with plugin.stream("KeyValue.List", {"prefix": ""}) as stream:
            await anext(stream)
        entry = (await calls(plugin.host))[-1]
        assert (entry.method, entry.outcome, entry.result) == ("KeyValue.List", "cancelled", None)


async def test_calls_of_plugins_have_caller_and_parent(tmp_path):
    """A call to another plugin names its caller and the call that it was made for; one to the host is the caller's."""
    asker = echo_with(tmp_path / "asker", '[requires.interfaces]\nKeyValue = "^1.0"', plugin_id="asker")
    async with open_plugin(asker, host=config(), beside=[KV]) as plugin:
        params = {"method": "KeyValue.Put", "params": {"key": "a", "value": "b"}}
        assert "result" in await plugin.call("Echo.Ask", params)
        assert "result" in await plugin.call("Echo.Ask", {"method": "Host.Info"})
        assert "error" in await plugin.call("Echo.Ask", {"method": "Other.Get"})
        everything = await calls(plugin.host)
        put = next(each for each in everything if each.method == "KeyValue.Put")
        info = next(each for each in everything if each.method == "Host.Info")
        other = next(each for each in everything if each.method == "Other.Get")
        asked = [each for each in everything if each.method == "Echo.Ask"]
        assert (put.plugin, put.caller, put.parent, put.direction) == (
            "kv-python",
            "asker",
            asked[0].id,
            "to-plugin",
        )
        assert (info.plugin, info.caller, info.parent, info.direction, info.outcome) == (
            "asker",
            "asker",
            asked[1].id,
            "to-host",
            "ok",
        )
        assert (info.instance, info.pid) == (0, asked[1].pid)
        assert info.request_bytes > 20 < info.response_bytes
        assert value(info.result)["name"] == "polyhost"
        assert (other.direction, other.outcome, other.parent) == ("to-host", "method-not-found", asked[2].id)
        assert put.id > asked[0].id
        assert list(await calls(plugin.host, parent=asked[0].id)) == [put]
        # On the asker's own connection the request and its answer belong to the call that it was serving.
        seen = [
            (each.kind, each.direction, each.method) for each in await messages(plugin.host, call=asked[0].id)
        ]
        assert seen == [
            ("request", "to-plugin", "Echo.Ask"),
            ("request", "to-host", "KeyValue.Put"),
            ("response", "to-plugin", "KeyValue.Put"),
            ("response", "to-host", "Echo.Ask"),
        ]


async def test_grpc_calls_are_recorded_alike(tmp_path):
    """Unary calls, streams and failures of a go-plugin binary have their records, messages, bytes and bodies."""
    async with open_plugin(write_grpc(tmp_path / "streaming", "streaming"), host=config()) as plugin:
        async with plugin.stream("Streams.Count", {"to": 3}) as stream:
            assert len([item async for item in stream]) == 3
        async with plugin.stream("Streams.Sum") as stream:
            for number in (1, 2):
                await stream.send({"value": number})
            await stream.end()
            assert [item async for item in stream] == []
        await plugin.call("Streams.GivenUp")
        with pytest.raises(CallFailedError):
            async with plugin.stream("Streams.Count", {"to": 5, "failAfter": 2}) as stream:
                assert len([item async for item in stream]) == 2
        count, total, given, failed = await calls(plugin.host)
        assert (count.is_streaming, count.items_in, count.items_out, count.outcome) == (True, 0, 3, "ok")
        assert (total.items_in, total.items_out, total.outcome) == (2, 0, "ok")
        assert (given.is_streaming, given.outcome, given.pid) == (False, "ok", plugin.snapshot().pid)
        assert given.response_bytes >= 5
        assert (failed.outcome, failed.items_out) == ("call-failed", 2)
        assert value(count.params) == {"to": 3}
        kinds = [(each.kind, each.direction) for each in await messages(plugin.host, call=count.id)]
        assert kinds == [("request", "to-plugin"), *[("data", "to-host")] * 3]
        assert [each.kind for each in await messages(plugin.host, call=total.id)] == [
            "data",
            "data",
            "end",
            "response",
        ]
        last = (await messages(plugin.host, call=failed.id))[-1]
        assert (last.kind, last.is_error) == ("response", True)


async def test_calls_back_of_grpc_plugins_have_their_parent(tmp_path):
    """What a plugin calls of a service that it was lent belongs to the call that it was lent for."""
    helper = write_plugin(
        tmp_path / "helper",
        'id = "helper"\nversion = "1.0.0"\nruntime = "python"\nentry = "main.py"\n[provides]\nHelper = "1.0"\n',
        program=HELPER,
    )
    (helper / "interfaces").mkdir()
    (helper / "interfaces" / "Helper.v1.json").write_text(json.dumps(INTERFACE))
    async with open_plugin(write_counter(tmp_path), host=config(), beside=[helper]) as plugin:
        await plugin.call("Counter.Add", {"key": "k", "value": 2})
        added, summed = sorted(await calls(plugin.host), key=lambda each: each.id)
        assert (summed.method, summed.plugin, summed.caller) == ("Helper.Sum", "helper", "bidirectional")
        assert summed.parent == added.id


async def test_messages_are_switched_on_and_off_while_the_plugin_runs(tmp_path):
    """From the next message on, without a restart; a call that runs meanwhile is told of either way."""
    async with open_plugin(ECHO) as plugin:
        log = traffic_of(plugin.host)
        pid = plugin.snapshot().pid
        await plugin.call("Echo.Say", {"n": 1})
        await log.change_settings(plugin.id, TrafficSettings(calls=True, messages=True, bodies=True))
        await plugin.call("Echo.Say", {"n": 2})
        await log.change_settings(plugin.id, TrafficSettings(calls=False))
        await plugin.call("Echo.Say", {"n": 3})
        await log.change_settings(plugin.id, TrafficSettings())
        await plugin.call("Echo.Say", {"n": 4})
        assert plugin.snapshot().pid == pid
        found = await calls(plugin.host)
        assert [each.params and value(each.params) for each in found] == [None, {"n": 2}, None]
        assert [each.kind for each in await messages(plugin.host)] == ["request", "response"]
        with pytest.raises(PluginNotFoundError):
            await log.change_settings("nobody", TrafficSettings())


async def test_settings_outlive_restarts_and_reloads(tmp_path):
    """A new process of a plugin, and a new version, are recorded as the one before."""
    folder = echo_with(tmp_path / "echo")
    async with open_plugin(folder) as plugin:
        await traffic_of(plugin.host).change_settings(plugin.id, TrafficSettings(messages=True))
        await plugin.host.restart(plugin.id)
        await plugin.host.reload(plugin.id)
        await plugin.call("Echo.Say", {})
        kinds = [each.kind for each in await messages(plugin.host)]
        assert kinds.count("hello") == 4
        said = await messages(plugin.host, method="Echo.Say")
        assert [each.kind for each in said] == ["request", "response"]


SECRETS = {
    "interface": 1,
    "name": "Echo",
    "version": "1.0",
    "methods": {
        "Say": {
            "params": {
                "type": "object",
                "properties": {"user": {"type": "string"}, "password": {"$ref": "#/$defs/Secret"}},
            },
            "result": {"type": "object", "properties": {"password": {"$ref": "#/$defs/Secret"}}},
        },
        "Exit": {"params": {"type": "object"}, "result": {"type": "object"}},
        "Ask": {"params": {"type": "object"}, "result": {"type": "object"}},
    },
    "$defs": {"Secret": {"type": "string", "maxLength": 20, "x-secret": True}},
}


async def test_no_secret_reaches_the_disk(tmp_path):
    """Neither as params, result or message, nor in the text of an error, nor in what is said of a call back."""
    folder = echo_with(tmp_path / "echo")
    (folder / "interfaces" / "Echo.v1.json").write_text(json.dumps(SECRETS))
    data = tmp_path / "data"
    async with open_plugin(folder, host=config(), data=data) as plugin:
        await plugin.call("Echo.Say", {"user": "me", "password": "hunter2"})
        with pytest.raises(InvalidParamsError):
            await plugin.call("Echo.Say", {"password": "hunter2" * 10})
        said, refused = await calls(plugin.host)
        assert value(said.params) == {"user": "me", "password": {"$secret": True}}
        assert said.result.is_redacted
        assert "not kept" in refused.error
        with pytest.raises(ReplayError, match="secrets"):
            await traffic_of(plugin.host).replay(said.id)
    for file in (data / "extensions").rglob("*"):
        assert not file.is_file() or b"hunter2" not in file.read_bytes()


async def test_a_call_is_made_again(tmp_path):
    """With the params that were sent, binary data included; the new call has a record of its own."""
    async with open_plugin(KV, host=config()) as plugin:
        log = traffic_of(plugin.host)
        await plugin.call("KeyValue.Put", {"key": "a", "value": "1"})
        first = await plugin.call("KeyValue.Get", {"key": "a"})
        get = (await calls(plugin.host, method="KeyValue.Get"))[0]
        assert await log.replay(get.id) == first
        again = await calls(plugin.host, method="KeyValue.Get")
        assert [value(each.params) for each in again] == [{"key": "a"}, {"key": "a"}]


@pytest.mark.parametrize(
    ("traffic", "params", "why"),
    [
        (TrafficConfig(), {}, "was not recorded"),
        (TrafficConfig(bodies=True, body_bytes=64), {"text": "x" * 1000}, "only a part"),
    ],
)
async def test_a_call_is_not_made_again_with_other_params(tmp_path, traffic, params, why):
    """What is not known exactly is not sent; the error says what to switch on."""
    async with open_plugin(ECHO, host=config(traffic)) as plugin:
        await plugin.call("Echo.Say", params)
        (entry,) = await calls(plugin.host)
        with pytest.raises(ReplayError, match=why) as caught:
            await traffic_of(plugin.host).replay(entry.id)
        assert caught.value.hint


async def test_streams_calls_of_plugins_and_unknown_calls_are_not_made_again(tmp_path):
    """The error says which of these it is."""
    async with open_plugin(KV, host=config(), beside=[ECHO]) as plugin:
        log = traffic_of(plugin.host)
        async with plugin.stream("KeyValue.List", {"prefix": ""}) as stream:
            assert [item async for item in stream] == []
        await plugin.host.call("Echo.Ask", {"method": "Host.Info"})
        for method, why in (("KeyValue.List", "streaming"), ("Host.Info", "a plugin made it")):
            (entry,) = await calls(plugin.host, method=method)
            with pytest.raises(ReplayError, match=why):
                await log.replay(entry.id)
        with pytest.raises(RecordNotFoundError):
            await log.replay(5)


async def test_calls_and_messages_are_followed_live(tmp_path):
    """What is asked for comes as it happens; the feed ends when the host stops."""
    seen = []

    async def follow(feed):
        async with feed:
            seen.extend([(type(entry), entry.method) async for entry in feed])

    async with trio.open_nursery() as nursery, open_plugin(ECHO, host=config()) as plugin:
        log = traffic_of(plugin.host)
        nursery.start_soon(follow, log.follow(TrafficFilter(method="Echo.Say"), messages=True))
        await trio.testing.wait_all_tasks_blocked(0.01)
        await plugin.call("Echo.Hello")
        await plugin.call("Echo.Say", {})
    assert seen == [(MessageEntry, "Echo.Say"), (MessageEntry, "Echo.Say"), (CallEntry, "Echo.Say")]


async def test_a_slow_follower_is_told_what_it_has_missed(tmp_path):
    """Its buffer has a bound; what came first is delivered, then how many were missed, then what comes next."""
    async with open_plugin(ECHO) as plugin, traffic_of(plugin.host).follow() as feed:
        for _ in range(BUFFERED + 5):
            await plugin.call("Echo.Say", {})
        for _ in range(BUFFERED):
            assert isinstance(await anext(feed), CallEntry)
        assert await anext(feed) == TrafficMissed(count=5)
        await plugin.call("Echo.Hello")
        assert (await anext(feed)).method == "Echo.Hello"


async def test_the_log_goes_on_after_a_new_start(tmp_path):
    """What was recorded is there for the next run of the host, up to the calls that its stop has cut off."""
    data = tmp_path / "data"
    cut = []

    async def sleep(plugin):
        with pytest.raises(UnavailableError):
            await plugin.call("Echo.Sleep", {"seconds": 60})
        cut.append("off")

    folder = echo_with(tmp_path / "echo", "[shutdown]\ngrace = 0.1\nterm_grace = 0.1\n")
    async with trio.open_nursery() as nursery, open_plugin(folder, data=data) as plugin:
        await plugin.call("Echo.Say", {})
        nursery.start_soon(sleep, plugin)
        await trio.testing.wait_all_tasks_blocked(0.05)
    assert cut == ["off"]
    async with open_host(HostConfig(data=data)) as host:
        assert [(each.method, each.outcome) for each in await calls(host)] == [
            ("Echo.Say", "ok"),
            ("Echo.Sleep", "plugin-unavailable"),
        ]
        statistics = await traffic_of(host).statistics()
        assert (statistics.written, statistics.dropped, statistics.trouble) == (0, 0, None)
        assert statistics.oldest is not None


async def test_everything_can_be_gone_through(tmp_path):
    """An export goes a page at a time, through more than one page holds."""
    async with open_plugin(ECHO) as plugin:
        for _ in range(1005):
            await plugin.call("Echo.Say", {})
        found = [each.id async for each in traffic_of(plugin.host).everything()]
        assert len(found) == 1005
        assert found == sorted(found, reverse=True)


async def test_without_the_policy_there_is_no_log(tmp_path):
    """A host that disables it observes nothing, has no file and says why it has no answers."""
    disabled = HostConfig(extensions=ExtensionsConfig(disable=("traffic_log",)))
    data = tmp_path / "data"
    async with open_plugin(ECHO, host=disabled, data=data) as plugin:
        await plugin.call("Echo.Say", {})
        with pytest.raises(TrafficError, match="keeps no communication log"):
            traffic_of(plugin.host)
    assert not (data / "extensions").exists()


async def test_a_cancelled_host_leaves_its_log(tmp_path):
    """Also a host that ends in a hurry writes what it has, without waiting."""
    data = tmp_path / "data"
    with trio.CancelScope() as scope:
        async with open_plugin(ECHO, data=data) as plugin:
            await plugin.call("Echo.Say", {})
            scope.cancel()
    with trio.fail_after(PATIENCE):
        async with open_host(HostConfig(data=data)) as host:
            while not await calls(host):  # noqa: ASYNC110 - the thread of the other host writes on for a moment
                await trio.sleep(0.05)
