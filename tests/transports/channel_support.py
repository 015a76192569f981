"""The other side of a channel, in the same process: a plugin made of a sans-I/O connection and two pipes."""

import contextlib
import os

import msgpack
import trio

from hostcore.protocol import Connection, Encoding, Feature, HostHello, Limits, PluginHello, Response, Role
from hostcore.transports import Deadlines
from hostcore.transports._channel import Channel
from hostcore.transports._pipes import SharedPipes
from hostcore.transports._reverse_calls import SERVED_LIMIT

ALL_FEATURES = tuple(each.value for each in Feature if each is not Feature.HANDOVER)
PATIENCE = 30  # seconds of the test's clock, which jumps: reached only when something will never come


class Listener:
    """Keeps what the plugin says of its own accord; `serve` takes reverse calls."""

    def __init__(self):
        self.logs = []
        self.stray = []
        self.stderr = []
        self.notes = []
        self.calls = []
        self.serve = self.calls.append

    def log_received(self, record):
        self.logs.append(record)

    def stderr_received(self, line):
        self.stderr.append(line)

    def stray_received(self, text):
        self.stray.append(text)

    def host_noted(self, level, text):
        self.notes.append((level, text))

    def called(self, call):
        self.serve(call)


class Peer:
    """Is the plugin: it writes what the test says, and reads only when the test does."""

    def __init__(self, read_fd, write_fd, *, encoding, limits):
        self.connection = Connection(Role.PLUGIN, encoding=encoding, limits=limits)
        self.read_fd = read_fd
        self.write_fd = write_fd

    async def write(self, data):
        rest = memoryview(data)
        with trio.fail_after(PATIENCE):
            while rest:
                try:
                    rest = rest[os.write(self.write_fd, rest) :]
                except BlockingIOError:
                    await trio.lowlevel.wait_writable(self.write_fd)
        await trio.lowlevel.checkpoint()

    async def send(self, message):
        await self.write(self.connection.send(message))

    async def respond(self, request, result=None):
        await self.write(self.connection.send_response(request.id, result))

    async def refuse(self, request, error):
        await self.write(self.connection.send_error(request.id, error))

    async def next(self):
        """Return the next event, reading when there is none."""
        with trio.fail_after(PATIENCE):
            while (event := self.connection.next_event()) is None:
                await trio.lowlevel.wait_readable(self.read_fd)
                with contextlib.suppress(BlockingIOError):
                    chunk = os.read(self.read_fd, 65536)
                    if not chunk:
                        raise EOFError
                    self.connection.receive_data(chunk)
        return event

    async def nothing_for(self, seconds):
        """Say whether nothing comes within so many seconds."""
        with trio.move_on_after(seconds):
            while self.connection.next_event() is None:
                await trio.lowlevel.wait_readable(self.read_fd)
                self.connection.receive_data(os.read(self.read_fd, 65536))
            return False
        return True

    def close(self):
        """Close both pipes, as a process that ends does."""
        self.close_input()
        self.close_output()

    def close_output(self):
        if self.write_fd >= 0:
            trio.lowlevel.notify_closing(self.write_fd)
            os.close(self.write_fd)
            self.write_fd = -1

    def close_input(self):
        if self.read_fd >= 0:
            trio.lowlevel.notify_closing(self.read_fd)
            os.close(self.read_fd)
            self.read_fd = -1


@contextlib.asynccontextmanager
async def connected(
    *,
    features=ALL_FEATURES,
    encoding=Encoding.MSGPACK,
    limits=None,
    host_frame=4 * 1024 * 1024,
    max_inflight=1024,
    queue_limit=1024,
    cancel_grace=10.0,
):
    """Give a channel, the plugin at its other end, and what hears the plugin, after the handshake."""
    limits = limits or Limits()
    to_plugin, from_plugin = os.pipe(), os.pipe()
    for fd in (*to_plugin, *from_plugin):
        os.set_blocking(fd, False)
    listener = Listener()
    deadlines = Deadlines()
    channel = Channel(
        Connection(Role.HOST, limits=Limits(frame=host_frame, inflight=SERVED_LIMIT)),
        read_fd=from_plugin[0],
        write_fd=to_plugin[1],
        plugin="echo",
        pipes=SharedPipes(),
        deadlines=deadlines,
        listener=listener,
        max_inflight=max_inflight,
        queue_limit=queue_limit,
        cancel_grace=cancel_grace,
    )
    peer = Peer(to_plugin[0], from_plugin[1], encoding=encoding, limits=limits)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(deadlines.run)
            nursery.start_soon(channel.wire.read_forever)
            nursery.start_soon(channel.wire.write_forever)
            await peer.send(
                PluginHello(
                    name="echo",
                    version="1.0.0",
                    interfaces={"Echo": "1.0"},
                    features=features,
                    limits=limits,
                )
            )
            with trio.fail_after(PATIENCE):
                await channel.greeted.wait()
            channel.greet(
                HostHello(
                    host_name="test",
                    host_version="1.0.0",
                    features=ALL_FEATURES,
                    limits=Limits(frame=host_frame, inflight=SERVED_LIMIT),
                )
            )
            assert isinstance(await peer.next(), HostHello)
            yield channel, peer, listener
            nursery.cancel_scope.cancel()
    finally:
        peer.close()
        for fd in (from_plugin[0], to_plugin[1]):
            os.close(fd)


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


def raw_response(call_id, result):
    """Make a frame that no well-behaved connection would send."""
    return _raw([1, call_id, None, result])


def raw_request(call_id, method, params):
    """Make a request whatever its size."""
    return _raw([0, call_id, method, [params]])


def _raw(message):
    body = msgpack.packb(message)
    return len(body).to_bytes(4, "big") + body


async def echo_forever(peer):
    """Answer each request with its params."""
    while True:
        request = await peer.next()
        await peer.write(peer.connection.send(Response(id=request.id, result=dict(request.params))))
