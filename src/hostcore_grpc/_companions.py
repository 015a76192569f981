"""The streams that run beside the calls of one plugin for as long as its connection lasts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import trio

from hostcore.protocol import Log, LogLevel
from hostcore.transports import Flood, LineSplitter, TransportListener
from hostcore_grpc._broker import Broker
from hostcore_grpc._own_messages import read_message
from hostcore_grpc.methods import STDIO_STDERR, STREAM_STDIO, KnownMessages
from hostcore_grpc.rpc import Client, RpcError, StatusCode

STDOUT: Final = "stdout"
"""The logger of what a plugin prints on its stdout."""


class Companions:
    """Runs the broker, and reads what is printed; a plugin that does not serve them goes without.

    Args:
        client: the connection.
        broker: lends services.
        known: classes of the adapter's own messages.
        listener: hears what is printed.
    """

    def __init__(
        self, client: Client, broker: Broker, *, known: KnownMessages, listener: TransportListener
    ) -> None:
        self._client = client
        self._broker = broker
        self._known = known
        self._listener = listener

    def __repr__(self) -> str:
        return f"<Companions {self._broker!r}>"

    async def run(self) -> None:
        """Run them until the connection ends."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._run_one, "of what it prints", self._read_stdio)
            nursery.start_soon(self._run_one, "of its broker", self._broker.run)
            await self._client.ended.wait()
            nursery.cancel_scope.cancel()

    async def _run_one(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except RpcError as error:
            if error.status != StatusCode.UNIMPLEMENTED and self._client.is_available:
                self._listener.host_noted("warn", f"the stream {what} has ended: {error}")

    async def _read_stdio(self) -> None:
        """Read what is printed for ever: a plugin whose output is not read blocks inside of a call."""
        lines = {True: LineSplitter(), False: LineSplitter()}
        flood = Flood()
        with self._client.stream(STREAM_STDIO, aside=True) as call:
            with suppress(trio.ClosedResourceError):  # it has ended already: what there is follows
                await call.send(b"")  # google.protobuf.Empty
                await call.end()
            try:
                async for data in call:
                    printed = read_message(self._known.stdio_data, data)
                    is_stderr = printed.channel == STDIO_STDERR
                    whole = lines[is_stderr].feed(printed.data)
                    self._print(whole, is_stderr=is_stderr)
                    flood.add(1 + len(whole))
                    if pause := flood.pause():
                        await trio.sleep(pause)
            finally:
                for is_stderr, rest in lines.items():
                    self._print(rest.flush(), is_stderr=is_stderr)

    def _print(self, lines: list[str], *, is_stderr: bool) -> None:
        for line in lines:
            if is_stderr:
                self._listener.stderr_received(line)
            else:
                self._listener.log_received(Log(level=LogLevel.INFO, message=line, logger=STDOUT))
