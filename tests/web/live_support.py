"""A websocket client, frame by frame, that holds every message of both sides to the schema."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import jsonschema
import trio
from web_support import Server
from wsproto import ConnectionType, WSConnection
from wsproto.connection import Connection
from wsproto.events import CloseConnection, Message, Ping, Pong, TextMessage

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "http" / "live.schema.json").read_text())
KEY = base64.b64encode(bytes(16)).decode()
UPGRADE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    f"Sec-WebSocket-Key: {KEY}",
)


def validator(name: str) -> jsonschema.protocols.Validator:
    """Return what checks one of the schema's definitions."""
    return jsonschema.Draft202012Validator({"$defs": SCHEMA["$defs"], "$ref": f"#/$defs/{name}"})


class LiveClient:
    """Is an open websocket.

    Attributes:
        closed: the close code and reason of the server, once it has said them.
    """

    def __init__(self, stream: trio.abc.Stream) -> None:
        self.stream = stream
        self.wire = Connection(ConnectionType.CLIENT)
        self.messages: list[dict[str, Any]] = []
        self.pings = 0
        self.pongs = 0
        self.closed: tuple[int, str] | None = None
        self.answers_pings = True
        self._text = ""
        self._is_server_message = validator("ServerMessage")
        self._is_client_message = validator("ClientMessage")

    async def say(self, kind: str, **members: Any) -> None:
        """Send a message that the schema allows."""
        message = {"type": kind, **members}
        self._is_client_message.validate(message)
        await self.send(json.dumps(message))

    async def send(self, text: str) -> None:
        """Send any text."""
        await self.send_event(TextMessage(data=text))

    async def send_event(self, event: Any) -> None:
        await self.stream.send_all(self.wire.send(event))

    async def hear(self) -> dict[str, Any]:
        """Return the next message; heartbeats too."""
        with trio.fail_after(20):
            while not self.messages:
                await self._read()
        return self.messages.pop(0)

    async def hear_until(self, kind: str, **members: Any) -> dict[str, Any]:
        """Return the next message of a type that has these members; those before it are dropped."""
        while True:
            message = await self.hear()
            if message["type"] == kind and message | members == message:
                return message

    async def hear_items(self, name: str, count: int) -> list[dict[str, Any]]:
        """Return so many items of a subscription, whatever messages they come in."""
        found: list[dict[str, Any]] = []
        while len(found) < count:
            found += (await self.hear_until("items", id=name))["items"]
        return found

    async def wait_closed(self) -> tuple[int, str] | None:
        """Read to the end of the connection; returns what the server said about it."""
        with trio.fail_after(20):
            try:
                while await self._read(to_end=True):
                    pass
            except trio.BrokenResourceError:
                pass
        return self.closed

    async def _read(self, *, to_end: bool = False) -> bool:
        data = await self.stream.receive_some(65536)
        if not data and not to_end:
            raise AssertionError(f"the server closed: {self.closed}")
        if data:
            self.wire.receive_data(data)
        for event in self.wire.events():
            await self._take(event)
        return bool(data)

    async def _take(self, event: Any) -> None:
        if isinstance(event, Message):
            self._text += event.data
            if event.message_finished:
                message = json.loads(self._text)
                self._text = ""
                self._is_server_message.validate(message)
                self.messages.append(message)
        elif isinstance(event, Ping):
            self.pings += 1
            if self.answers_pings:
                await self.send_event(event.response())
        elif isinstance(event, Pong):
            self.pongs += 1
        elif isinstance(event, CloseConnection):
            self.closed = (event.code, event.reason or "")


@asynccontextmanager
async def open_live(
    server: Server, *lines: str, over: trio.abc.Stream | None = None
) -> AsyncIterator[LiveClient]:
    """Open the live websocket, over a new connection or that one; the hello has not been read."""
    stream = over or await server.connect()
    await stream.send_all(server.head("GET /api/live HTTP/1.1", *UPGRADE, *lines))
    answer = b""
    with trio.fail_after(10):
        while b"\r\n\r\n" not in answer:
            part = await stream.receive_some()
            assert part, answer
            answer += part
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101"), answer
    client = LiveClient(stream)
    client.wire.receive_data(rest)
    for event in client.wire.events():
        await client._take(event)
    try:
        yield client
    finally:
        await trio.aclose_forcefully(stream)


__all__ = ["KEY", "SCHEMA", "UPGRADE", "LiveClient", "WSConnection", "open_live", "validator"]
