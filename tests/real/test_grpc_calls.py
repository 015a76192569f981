"""Calls of real plugins built with go-plugin: values, errors, streams, deadlines, cancellation, many at once."""

import base64

import psutil
import pytest
import trio
from grpc_support import eventually, in_flight, write_grpc
from real_support import PATIENCE

from hostcore.errors import (
    CallFailedError,
    CallTimedOutError,
    InvalidParamsError,
    InvalidResultError,
    MethodNotFoundError,
    OverloadedError,
    TooLargeError,
)
from hostcore.testing import open_plugin
from hostcore.transports import CallContext

pytestmark = pytest.mark.usefixtures("leaves_no_file")

MIB = 1024 * 1024


@pytest.fixture
async def streams(tmp_path):
    """Give the plugin with calls of all four kinds."""
    async with open_plugin(write_grpc(tmp_path / "streaming", "streaming")) as plugin:
        yield plugin


async def collect(stream):
    return [item async for item in stream]


async def was_given_up(plugin):
    """Wait until the plugin knows that one call of Wait was given up."""
    with trio.fail_after(PATIENCE):
        while (await plugin.call("Streams.GivenUp")).get("value") != "1":  # noqa: ASYNC110 - as it says
            await trio.sleep(0.01)


async def test_an_unknown_binary_shows_what_it_serves(streams):
    """Cookie and nothing else: services and schemas come by reflection, infrastructure is not shown."""
    snapshot = streams.snapshot()
    assert dict(snapshot.provides) == {"Streams": "1.0"}
    methods = {each.name: each for each in snapshot.methods}
    assert len(methods) == 10
    assert (
        methods["Streams.Count"].params["properties"]["pauseMs"]["type"] == ["string", "integer"]
        or methods["Streams.Count"].params["properties"]["pauseMs"]
    )
    assert methods["Streams.Count"].stream_out is not None
    assert methods["Streams.Sum"].stream_in is not None
    assert snapshot.encoding == "protobuf"


async def test_a_method_has_its_full_name_too(streams):
    """`package.Service.Method` works like `Service.Method`."""
    data = {"data": base64.b64encode(b"x").decode()}
    assert await streams.call("streams.v1.Streams.Echo", data) == data
    assert await streams.call("Streams.Echo", data) == data
    with pytest.raises(MethodNotFoundError, match=r"Streams\.Ecco"):
        await streams.call("Streams.Ecco", data)


async def test_values_are_checked_both_ways(streams):
    """Params that do not fit are refused before they are sent; results pass the schemas made from the descriptors."""
    for params in ({"data": 5}, {"dat": "eA=="}, {"data": "no base64!"}):
        with pytest.raises(InvalidParamsError):
            await streams.call("Streams.Echo", params)
    assert await streams.call("Streams.Echo", {}) == {}
    assert await streams.call("Streams.Echo", {"data": "eA"}) == {"data": "eA=="}


async def test_all_four_kinds_of_calls(streams):
    """Unary, and streams of the plugin, of the caller and of both."""
    async with streams.stream("Streams.Count", {"to": 3}) as stream:
        assert [item["value"] async for item in stream] == ["1", "2", "3"]
        assert stream.result == {}
    async with streams.stream("Streams.Sum") as stream:
        for value in range(100):
            await stream.send({"value": value})
        await stream.end()
        assert [item async for item in stream] == []
        assert stream.result == {"value": "4950"}
    async with streams.stream("Streams.EchoAll") as stream:
        for word in ("YQ==", "Yg=="):
            await stream.send({"data": word})
            assert await anext(stream) == {"data": word}
        await stream.end()
        assert [item async for item in stream] == []


async def test_a_stream_fails_after_its_items(streams):
    """What came before the failure is delivered, then the plugin's own error is raised."""
    async with streams.stream("Streams.Count", {"to": 10, "failAfter": 2}) as stream:
        assert [(await anext(stream))["value"] for _ in range(2)] == ["1", "2"]
        with pytest.raises(CallFailedError, match="as it was asked for") as caught:
            await anext(stream)
    assert caught.value.status == 13


async def test_a_streaming_method_is_not_called(streams):
    """The error says how it is called instead."""
    with pytest.raises(MethodNotFoundError, match="streaming method"):
        await streams.call("Streams.Count", {"to": 1})


async def test_a_status_is_the_same_error_as_on_stdio(streams):
    """Code, message and details of google.rpc come along; a code that has a meaning for the host has its own error."""
    params = {"code": 9, "message": "not yet", "reason": "TOO_EARLY", "metadata": {"until": "noon"}}
    with pytest.raises(CallFailedError, match="not yet") as caught:
        await streams.call("Streams.Fail", params)
    assert caught.value.status == 9
    assert caught.value.data == {
        "details": [
            {
                "@type": "google.rpc.ErrorInfo",
                "reason": "TOO_EARLY",
                "domain": "streams.example",
                "metadata": {"until": "noon"},
            }
        ]
    }
    assert caught.value.location == "Streams.Fail of streaming"
    with pytest.raises(MethodNotFoundError):
        await streams.call("Streams.Fail", {"code": 12, "message": "no such thing"})
    with pytest.raises(CallTimedOutError):
        await streams.call("Streams.Fail", {"code": 4, "message": "too slow"})


async def test_a_status_without_a_message_has_words(streams):
    """What the plugin did not say is not left blank."""
    with pytest.raises(CallFailedError) as caught:
        await streams.call("Streams.Fail", {"code": 14})
    assert str(caught.value) == "Streams.Fail of streaming: it said no more than UNAVAILABLE"
    with pytest.raises(MethodNotFoundError, match="it said no more than UNIMPLEMENTED"):
        await streams.call("Streams.Fail", {"code": 12})


async def test_large_messages(streams):
    """Answers of 8 MiB come whole; messages of 3 MiB go both ways, several at once."""
    answer = await streams.call("Streams.Big", {"bytes": 8 * MIB})
    assert len(base64.b64decode(answer["data"])) == 8 * MIB
    sent = {"data": base64.b64encode(bytes(range(256)) * (3 * MIB // 256)).decode()}

    async def echo():
        assert await streams.call("Streams.Echo", sent) == sent

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(echo)


async def test_sixteen_callers_at_once(streams):
    """Each of many concurrent callers gets its own answers."""

    async def caller(number):
        for count in range(50):
            data = {"data": base64.b64encode(f"{number}/{count}".encode()).decode()}
            assert await streams.call("Streams.Echo", data) == data

    async with trio.open_nursery() as nursery:
        for number in range(16):
            nursery.start_soon(caller, number)
    snapshot = streams.snapshot()
    assert (snapshot.instances[0].in_flight, snapshot.instances[0].queued) == (0, 0)


async def test_calls_beyond_the_limits_wait_and_are_refused(tmp_path):
    """`max_inflight` calls are under way, `queue` wait for their turn, the next one is refused."""
    limits = "[limits]\nmax_inflight = 2\nqueue = 1"
    async with open_plugin(write_grpc(tmp_path / "streaming", "streaming", more=limits)) as plugin:
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(plugin.call, "Streams.Wait")

            def under_way():
                instance = plugin.snapshot().instances[0]
                return instance.in_flight, instance.queued

            await eventually(lambda: under_way() == (2, 1))
            with pytest.raises(OverloadedError):
                await plugin.call("Streams.GivenUp")
            nursery.cancel_scope.cancel()
        assert await plugin.call("Streams.GivenUp") is not None


async def test_a_cancelled_caller_reaches_the_plugin(streams):
    """Who gives up lets the plugin know, on a call and on a stream; it does not count as in flight any more."""
    with trio.move_on_after(0.2):
        await streams.call("Streams.Wait")
    await was_given_up(streams)
    assert streams.snapshot().instances[0].in_flight == 0
    async with streams.stream("Streams.Count", {"to": 10**9, "pauseMs": 1}) as stream:
        await anext(stream)
    await in_flight(streams, 0)


async def test_a_deadline_ends_a_call_on_both_sides(streams):
    """The caller is let go when its time is over, and the plugin knows of it."""
    began = trio.current_time()
    with pytest.raises(CallTimedOutError):
        await streams.call("Streams.Wait", timeout=0.3)
    assert 0.25 < trio.current_time() - began < 5
    await was_given_up(streams)
    async with streams.stream("Streams.Count", {"to": 10**9, "pauseMs": 50}, timeout=0.3) as stream:
        with pytest.raises(CallTimedOutError):
            await collect(stream)


async def test_the_deadline_travels(streams):
    """The plugin sees how many milliseconds are left; without a word from the caller those of the host's default."""
    told = await streams.call("Streams.Describe", timeout=5)
    assert 4000 < int(told["timeoutMs"]) <= 5000
    told = await streams.call("Streams.Describe")
    assert 20_000 < int(told["timeoutMs"]) <= 30_000
    assert told["authority"] == "localhost"


async def test_the_trace_travels(streams):
    """The trace context of a call is the plugin's metadata; without one there is none."""
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    context = CallContext(plugin="", traceparent=trace, tracestate="x=1")
    told = await streams.host.call_for(
        "other", "Streams.Describe", {}, plugin="streaming", timeout=None, json=False, context=context
    )
    assert (told["metadata"]["traceparent"], told["metadata"]["tracestate"]) == (trace, "x=1")
    assert "traceparent" not in (await streams.call("Streams.Describe"))["metadata"]


async def test_what_a_plugin_does_not_take_is_its_own_error(streams):
    """A server of grpc-go takes no more than 4 MiB unless it was told otherwise; the call fails, and nothing else."""
    sent = {"data": base64.b64encode(bytes(8 * MIB)).decode()}
    with pytest.raises(CallFailedError, match="larger than max") as caught:
        await streams.call("Streams.Echo", sent)
    assert caught.value.status == 8
    assert await streams.call("Streams.Echo", {"data": "eA=="}) == {"data": "eA=="}


async def test_a_message_beyond_the_limit_fails_its_call(tmp_path):
    """What the manifest does not take fails, in a call and in a stream, with the key; the plugin goes on."""
    folder = write_grpc(tmp_path / "s", "streaming", grpc="max_message = 20000")
    async with open_plugin(folder) as plugin:
        with pytest.raises(TooLargeError, match="exceeds the limit of 20000") as caught:
            await plugin.call("Streams.Big", {"bytes": MIB})
        assert "max_message" in caught.value.hint
        assert len((await plugin.call("Streams.Big", {"bytes": 10000}))["data"]) > 10000
        async with plugin.stream("Streams.Flood", {"bytes": MIB}) as stream:
            assert sum([len(base64.b64decode(each["data"])) async for each in stream]) == MIB


@pytest.mark.long
async def test_a_slow_consumer_holds_up_the_plugin_and_not_the_host(streams):
    """A plugin that sends more than its caller reads waits: the host's memory does not grow, and other calls go on."""
    process = psutil.Process()
    async with streams.stream("Streams.Flood", {"bytes": 512 * MIB}) as stream:
        for _ in range(10):
            await anext(stream)
        before = process.memory_info().rss
        for _ in range(20):
            await trio.sleep(0.1)
            await anext(stream)
            assert await streams.call("Streams.Echo", {"data": "eA=="}) == {"data": "eA=="}
        assert process.memory_info().rss - before < 64 * MIB


async def test_an_answer_that_is_no_message_fails_its_call(tmp_path):
    """Garbage in the place of a message is the plugin's fault and ends this one call; the plugin goes on."""
    async with open_plugin(write_grpc(tmp_path / "m", "misbehaving")) as plugin:
        with pytest.raises(InvalidResultError, match="are no mischief"):
            await plugin.call("Mischief.Garbage")
        assert await plugin.call("Mischief.Echo", {"text": "x"}) == {"text": "x"}
