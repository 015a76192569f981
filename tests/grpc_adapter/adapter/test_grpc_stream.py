"""One streaming call: items, the result at its end, and what a server may do to it."""

import pytest
import trio
import trio.testing
from adapter_support import linked

from hostcore.errors import InvalidParamsError, InvalidResultError, MisbehavedError, UnavailableError
from hostcore_grpc._stream import GrpcStream
from hostcore_grpc.methods import Received
from hostcore_grpc.rpc import RpcError, StatusCode

PATH = "/test.Streams/Stream"


class Shape:
    """Is a method whose messages are texts; one that begins with `=` is the result."""

    path = PATH

    def __init__(self, *, client_streaming=False, final="none"):
        self.client_streaming = client_streaming
        self.server_streaming = True
        self._final = final

    def encode_item(self, item):
        return item.encode()

    def decode(self, data):
        if data == b"bad":
            raise InvalidResultError("bad")
        text = data.decode()
        return Received(value=text.removeprefix("="), is_result=text.startswith("="))

    def final_result(self, count):
        if self._final == "none":
            return {"count": count}
        raise InvalidResultError("the result is missing")


def begin(link, shape, first=b"ask"):
    closed = []

    async def failed(error):
        return UnavailableError(str(error))

    call = link.client.stream(PATH)
    first = None if shape.client_streaming else first
    return GrpcStream(call, shape, first, failed=failed, closed=lambda: closed.append(True)), closed


def sending(*messages, reads=True, then=None):
    async def handle(call):
        if reads:
            assert await call.receive() == b"ask"
            assert await call.receive() is None
        for message in messages:
            await call.send(message)
        if then is not None:
            raise then

    return handle


async def collect(stream):
    return [item async for item in stream]


@pytest.mark.parametrize(
    ("messages", "items", "result"),
    [
        ((b"a", b"b"), ["a", "b"], {"count": 2}),
        ((), [], {"count": 0}),
        ((b"a", b"=end"), ["a"], "end"),
    ],
)
async def test_items_then_the_result(autojump_clock, messages, items, result):
    """The result is the message that is one, or what the shape makes of the number of items."""
    async with linked({PATH: sending(*messages)}) as (link, _, _):
        stream, closed = begin(link, Shape())
        with pytest.raises(RuntimeError, match="has not ended"):
            _ = stream.result
        assert await collect(stream) == items
        assert await collect(stream) == []
        assert stream.result == result
        stream.close()
        assert closed == [True]


async def test_a_server_that_does_not_wait_for_the_request(autojump_clock):
    """What is answered before the request was sent is delivered all the same."""
    async with linked({PATH: sending(b"a", b"=end", reads=False)}) as (link, _, _):
        stream, _ = begin(link, Shape())
        await trio.testing.wait_all_tasks_blocked()
        assert await collect(stream) == ["a"]
        assert stream.result == "end"


@pytest.mark.parametrize(
    ("handler", "shape", "error"),
    [
        (sending(b"=end", b"more"), Shape(), MisbehavedError),
        (sending(b"a"), Shape(final="must"), InvalidResultError),
        (sending(b"bad"), Shape(), InvalidResultError),
        (sending(b"a", then=RpcError(StatusCode.INTERNAL, "x")), Shape(), UnavailableError),
        (sending(b"=end", then=RpcError(StatusCode.INTERNAL, "x")), Shape(), UnavailableError),
    ],
)
async def test_an_end_that_is_none_fails_the_stream(autojump_clock, handler, shape, error):
    """A message after the result, no result where one is due, a bad item, and a failure at any place."""
    async with linked({PATH: handler}) as (link, _, _):
        stream, _ = begin(link, shape)
        with pytest.raises(error):
            await collect(stream)
        with pytest.raises(RuntimeError, match="has not ended"):
            _ = stream.result


async def test_the_callers_items_are_sent_until_its_end(autojump_clock):
    """A caller that streams sends as it likes; after the plugin's answer, or its own end, no more."""

    async def add_up(call):
        texts = [data.decode() async for data in call]
        await call.send(f"={'+'.join(texts)}".encode())

    async with linked({PATH: add_up}) as (link, _, _):
        stream, _ = begin(link, Shape(client_streaming=True))
        for item in ("a", "b"):
            await stream.send(item)
        await stream.end()
        await stream.end()
        with pytest.raises(trio.ClosedResourceError):
            await stream.send("c")
        assert await collect(stream) == []
        assert stream.result == "a+b"


async def test_a_caller_that_may_not_stream_cannot_send(autojump_clock):
    """It is told so; an end changes nothing."""
    async with linked({PATH: sending(b"a")}) as (link, _, _):
        stream, _ = begin(link, Shape())
        with pytest.raises(InvalidParamsError, match="takes no stream"):
            await stream.send("x")
        await stream.end()
        assert await collect(stream) == ["a"]


async def test_a_close_cancels_the_call(autojump_clock):
    """The plugin's handler is cancelled; whoever iterates hears of it."""
    cancelled = trio.Event()

    async def wait(call):
        try:
            await trio.sleep_forever()
        finally:
            cancelled.set()

    async with linked({PATH: wait}) as (link, _, _), trio.open_nursery() as nursery:
        stream, closed = begin(link, Shape())

        async def iterate():
            with pytest.raises(UnavailableError):
                await anext(stream)

        nursery.start_soon(iterate)
        await trio.testing.wait_all_tasks_blocked()
        stream.close()
        with trio.fail_after(5):
            await cancelled.wait()
        assert closed == [True]
        assert link.client.in_flight == 0


async def test_a_cancelled_wait_loses_nothing(autojump_clock):
    """Who gives up waiting, before the request was sent or for the end, can go on later."""
    go = trio.Event()

    async def slow(call):
        assert await call.receive() == b"ask"
        await call.send(b"a")
        await call.send(b"=end")
        await go.wait()

    async with linked({PATH: slow}) as (link, _, _):
        stream, _ = begin(link, Shape())
        with trio.CancelScope() as scope:
            scope.cancel()
            await anext(stream)
        assert await anext(stream) == "a"
        with trio.move_on_after(1) as scope:
            await anext(stream)
        assert scope.cancelled_caught
        go.set()
        assert await collect(stream) == []
        assert stream.result == "end"
