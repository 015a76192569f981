"""A plugin's server in the same process: what it answers is what the test says."""

import contextlib
import dataclasses
from pathlib import Path

import trio
import trio.testing

from hostcore.hooks import TransportContext
from hostcore.manifest import Manifest
from hostcore.transports import Deadlines, LaunchSpec
from hostcore_grpc._link import Link
from hostcore_grpc.methods import KnownMessages
from hostcore_grpc.rpc import RpcError, Server

PATIENCE = 60  # seconds of the test's clock, which jumps


class Heard:
    """Is what a plugin's listener hears."""

    def __init__(self):
        self.logs = []
        self.stderr = []
        self.notes = []

    def log_received(self, record):
        self.logs.append(record)

    def stderr_received(self, line):
        self.stderr.append(line)

    def host_noted(self, level, text):
        self.notes.append((level, text))


def answering(data):
    """Make a handler that answers so, or fails with this status."""

    async def handle(call):
        await call.receive()
        if isinstance(data, int):
            raise RpcError(data, "as the test says")
        await call.send(data)

    return handle


async def hang(call):
    await trio.sleep_forever()


def launch_spec(**changes):
    """Return what a link needs to know of a start."""
    manifest = Manifest(
        folder=Path("/p"), file=Path("/p/plugin.toml"), id="p", version="1.0.0", command=("p",)
    )
    spec = LaunchSpec(
        plugin="p",
        manifest=manifest,
        interfaces={},
        command=("p",),
        folder=Path("/p"),
        environment={},
        start_timeout=10,
        frame_limit=2**20,
        max_inflight=4,
        queue_limit=4,
        cancel_grace=1,
        greet=None,
    )
    return dataclasses.replace(spec, **changes)


@contextlib.asynccontextmanager
async def linked(handlers, **changes):
    """Give a link with a server that has these handlers, what is heard, and why it has ended."""
    ours, theirs = trio.testing.memory_stream_pair()
    heard, ended, deadlines = Heard(), [], Deadlines()
    async with trio.open_nursery() as nursery:
        context = TransportContext(spawner=None, nursery=nursery, deadlines=deadlines)
        link = Link(
            ours,
            None,
            spec=launch_spec(**changes),
            context=context,
            listener=heard,
            known=KnownMessages(),
            sockets=None,
            max_message=2**20,
        )
        for work in (deadlines.run, Server(theirs, handlers).run):
            nursery.start_soon(work)
        nursery.start_soon(link.run, ended.append)
        yield link, heard, ended
        nursery.cancel_scope.cancel()
