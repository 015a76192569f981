"""Each status that the reference documents, brought about on a real host over a real socket."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from test_real_plugins import KV, MISBEHAVING, Api, serve_plugins
from web_support import Server, read_to_end

from hostweb_api import _reading

REST_API = (Path(__file__).parents[2] / "docs" / "reference" / "rest-api.md").read_text()
CALL = "/api/plugins/misbehaving/call"
JSON = {"Content-Type": "application/json"}


async def raw(server: Server, *parts: bytes) -> int:
    """Send bytes and return the status of what comes back."""
    stream = await server.connect()
    for part in parts:
        await stream.send_all(part)
    return int((await read_to_end(stream)).split(b" ", 2)[1])


async def seen(api: Api) -> dict[str, int]:
    """Bring about each status; returns it by what was done."""
    client, server = api.client, api.server

    async def status(method: str, path: str, **options: object) -> int:
        answer = await client.request(method, path, **options)
        if answer.status_code >= 400:
            problem = answer.json()
            assert answer.headers["content-type"] == "application/problem+json"
            assert problem["status"] == answer.status_code
            assert problem["detail"]
        return answer.status_code

    async def call(method: str, **body: object) -> int:
        return await status("POST", CALL, json={"method": f"Misbehaving.{method}", **body})

    slow = server.head(f"POST {CALL} HTTP/1.1", "Content-Type: application/json", "Content-Length: 9")
    gzip = server.head(f"POST {CALL} HTTP/1.1", "Transfer-Encoding: gzip")
    return {
        "list": await status("GET", "/api/plugins"),
        "bad JSON": await status("POST", CALL, content=b"{", headers=JSON),
        "wrong token": await status("GET", "/api/health", headers={"Authorization": "Bearer x"}),
        "foreign origin": await status("GET", "/api/health", headers={"Origin": "http://evil.example"}),
        "no such plugin": await status("GET", "/api/plugins/nobody/info"),
        "no such HTTP method": await status("PUT", "/api/health"),
        "slow body": await raw(server, slow),
        "loaded already": await status("POST", "/api/plugins/load", json={"path": str(KV)}),
        "large body": await status("POST", "/api/plugins/load", content=b" " * 65_537, headers=JSON),
        "form": await status("POST", CALL, data={"method": "x"}),
        "foreign name": await status("GET", "/api/health", headers={"Host": "evil.example"}),
        "no websocket": await status("GET", "/api/live"),
        "wrong params": await call("Slow", params={"seconds": "long"}),
        "endless head": await raw(server, b"GET / HTTP/1.1\r\nX: " + b"a" * 200_000),
        "other encoding": await raw(server, gzip),
        "other HTTP": await raw(server, b"GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
        "plugin's error": await call("Fail"),
        "deadline": await call("AnswerLate", params={"seconds": 0.5}, timeout_ms=50),
        "crash": await call("Crash"),
        "unload": await status("DELETE", "/api/plugins/kv-python"),
        "load": await status("POST", "/api/plugins/load", json={"path": str(KV)}),
    }


async def test_every_documented_status_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference names no status that does not come, and none comes that it does not name."""
    monkeypatch.setattr(_reading, "BODY_TIMEOUT", 0.2)
    async with serve_plugins(tmp_path / "data", KV, MISBEHAVING) as api:
        found = await seen(api)
    assert found == {
        "list": 200,
        "bad JSON": 400,
        "wrong token": 401,
        "foreign origin": 403,
        "no such plugin": 404,
        "no such HTTP method": 405,
        "slow body": 408,
        "loaded already": 409,
        "large body": 413,
        "form": 415,
        "foreign name": 421,
        "no websocket": 426,
        "wrong params": 422,
        "endless head": 431,
        "other encoding": 501,
        "other HTTP": 505,
        "plugin's error": 502,
        "deadline": 504,
        "crash": 503,
        "unload": 204,
        "load": 201,
    }
    documented = {int(number) for number in re.findall(r"(?:`|\| )([2-5]\d\d)(?:`| \|)", REST_API)}
    # A 500 is a bug, and 429 has a test of its own.
    assert documented - {429, 500} == set(found.values())
