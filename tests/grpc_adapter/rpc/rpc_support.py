"""The other side of a client or a server in the same process: the `h2` library over a stream in memory."""

import contextlib
from struct import pack

import h2.config
import h2.connection
import h2.events
import h2.settings
import trio
import trio.testing

from hostcore.transports import Deadlines
from hostcore_grpc.rpc import Client, RpcError, Server

PATIENCE = 30  # seconds of the test's clock, which jumps: reached only when something will never come
RESPONSE = [(":status", "200"), ("content-type", "application/grpc")]
OK = [("grpc-status", "0"), ("grpc-message", "")]
ECHO = "/test.Echo/Say"


def message(payload, flag=0):
    """Give a payload the prefix of a gRPC message."""
    return pack(">BI", flag, len(payload)) + payload


class Peer:
    """Is one side of HTTP/2 that says what the test says, and reads only when the test does."""

    def __init__(self, stream, *, client, settings=None):
        self.stream = stream
        config = h2.config.H2Configuration(client_side=client, header_encoding="utf-8")
        self.h2 = h2.connection.H2Connection(config)
        if settings is not None:
            self.h2.local_settings = h2.settings.Settings(client=client, initial_values=settings)
        self.h2.initiate_connection()
        self.events = []

    async def flush(self):
        data = self.h2.data_to_send()
        if data:
            with trio.fail_after(PATIENCE):
                await self.stream.send_all(data)

    async def next(self, kind):
        """Return the next event of a kind, passing over others and answering what `h2` answers by itself."""
        with trio.fail_after(PATIENCE):
            while True:
                while self.events:
                    event = self.events.pop(0)
                    if isinstance(event, kind):
                        return event
                data = await self.stream.receive_some(65_536)
                if not data:
                    raise EOFError
                self.events += self.h2.receive_data(bytes(data))
                await self.flush()

    async def request(self):
        """Return the stream id, the headers and the data of the next request, when it has ended."""
        begun = await self.next(h2.events.RequestReceived)
        data = b""
        while True:
            event = await self.next((h2.events.DataReceived, h2.events.StreamEnded))
            assert begun.stream_id == event.stream_id
            if isinstance(event, h2.events.StreamEnded):
                return begun.stream_id, dict(begun.headers), data
            data += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            await self.flush()

    async def answer(self, stream_id, *payloads, trailers=OK, headers=RESPONSE):
        self.h2.send_headers(stream_id, headers)
        for payload in payloads:
            self.h2.send_data(stream_id, message(payload))
        self.h2.send_headers(stream_id, trailers, end_stream=True)
        await self.flush()

    async def echo_forever(self):
        """Answer each request with what it brought."""
        with contextlib.suppress(EOFError, trio.BrokenResourceError):
            while True:
                stream_id, _, data = await self.request()
                await self.answer(stream_id, data[5:])


class Outcome:
    """Runs something in a task and keeps what came of it."""

    def __init__(self, nursery, work, *args, **more):
        self.value = None
        self.error = None
        self.scope = trio.CancelScope()
        self.done = trio.Event()
        nursery.start_soon(self._run, work, args, more)

    async def _run(self, work, args, more):
        try:
            with self.scope:
                self.value = await work(*args, **more)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.error = error
        self.done.set()

    async def wait(self):
        with trio.fail_after(PATIENCE):
            await self.done.wait()
        if self.error is not None:
            raise self.error
        return self.value

    async def failure(self):
        """Return the error that the call must have failed with."""
        with trio.fail_after(PATIENCE):
            await self.done.wait()
        assert isinstance(self.error, RpcError), self.error or self.value
        return self.error


@contextlib.asynccontextmanager
async def client_and_peer(*, settings=None, greet=True, **more):
    """Give a client and a server of `h2` at its other end, after both have said their settings."""
    ours, theirs = trio.testing.memory_stream_pair()
    deadlines = Deadlines()
    notes = []
    client = Client(ours, deadlines=deadlines, noted=notes.append, **more)
    peer = Peer(theirs, client=False, settings=settings)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(deadlines.run)
        nursery.start_soon(client.run)
        if greet:
            await peer.flush()
            await peer.next(h2.events.SettingsAcknowledged)
        yield client, peer
        nursery.cancel_scope.cancel()
    assert notes == []


@contextlib.asynccontextmanager
async def server_and_peer(handlers, *, notes=None, **more):
    """Give a server and a client of `h2` at its other end."""
    ours, theirs = trio.testing.memory_stream_pair()
    heard = [] if notes is None else notes
    server = Server(ours, handlers, noted=heard.append, **more)
    peer = Peer(theirs, client=True)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.run)
        await peer.flush()
        await peer.next(h2.events.SettingsAcknowledged)
        yield server, peer
        nursery.cancel_scope.cancel()
    assert notes is not None or heard == []


@contextlib.asynccontextmanager
async def client_and_server(handlers, *, streams=None, client_options=None, **more):
    """Give a client and a server of ours, over a pair of streams."""
    ours, theirs = streams or trio.testing.memory_stream_pair()
    deadlines = Deadlines()
    client = Client(ours, deadlines=deadlines, **(client_options or {}))
    server = Server(theirs, handlers, **more)
    async with trio.open_nursery() as nursery:
        for work in (deadlines.run, client.run, server.run):
            nursery.start_soon(work)
        yield client, server
        nursery.cancel_scope.cancel()


async def collect(call):
    return [each async for each in call]
