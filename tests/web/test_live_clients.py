"""The live websocket with a client that shares no code with the server, and from a page's point of view."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
import trio
from scripted_host import ScriptedHost
from web_support import Server
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from hostweb_api.serving._websocket import MAX_MESSAGE

TIMEOUT = 20.0


async def talk(server: Server, conversation: Any, **options: Any) -> Any:
    """Hold a conversation in a thread: the client is a blocking one."""

    def hold() -> Any:
        address = server.url.replace("http", "ws") + "/api/live"
        with connect(address, open_timeout=TIMEOUT, close_timeout=TIMEOUT, **options) as client:
            return conversation(client)

    with trio.fail_after(3 * TIMEOUT):
        return await trio.to_thread.run_sync(hold)


def hear(client: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        message: dict[str, Any] = json.loads(client.recv(timeout=TIMEOUT))
        if message["type"] == kind:
            return message


async def test_a_client_of_another_make(server: Server, scripted: ScriptedHost) -> None:
    """It connects though it offers compression, and talks in single, large and fragmented messages."""

    async def echo(params, seconds):
        return params

    scripted.handlers["Demo.Echo"] = echo
    big = "ä" * (MAX_MESSAGE // 4)

    def conversation(client: ClientConnection) -> None:
        assert client.protocol.extensions == []
        assert hear(client, "hello")["protocol"] == 1
        client.send(iter(['{"type": ', '"ping", ', '"id": "parts"}']))
        assert hear(client, "pong")["id"] == "parts"
        call = {
            "type": "call.open",
            "id": "c",
            "plugin": "demo",
            "method": "Demo.Echo",
            "params": {"big": big},
        }
        client.send(json.dumps(call, ensure_ascii=False))
        assert hear(client, "call.result")["result"] == {"big": big}
        client.ping(ack_on_close=False).wait(TIMEOUT)

    await talk(server, conversation, max_size=None)


@pytest.mark.parametrize("message", ["x" * (MAX_MESSAGE + 1), b"binary"])
async def test_how_it_hears_of_the_end(server: Server, message: Any) -> None:
    """It learns the close code and the reason."""

    def conversation(client: ClientConnection) -> tuple[int, str]:
        hear(client, "hello")
        try:
            client.send(message)
            while True:
                client.recv(timeout=TIMEOUT)
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (0, "")

    expected = (1003, "text-only") if isinstance(message, bytes) else (1009, "message-too-big")
    assert await talk(server, conversation) == expected


async def test_pages(server: Server) -> None:
    """A page of the server may open it, one of another origin may not."""
    assert await talk(server, partial(hear, kind="hello"), origin=server.url)
    with pytest.raises(InvalidStatus) as refused:
        await talk(server, partial(hear, kind="hello"), origin="http://evil.example")
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body)["code"] == "origin-refused"
