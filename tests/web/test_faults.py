"""What is said about bodies and queries that do not fit: where the fault is, in words for who sent it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

LOAD, CALL, TOKENS = "/api/plugins/load", "/api/plugins/demo/call", "/api/tokens"


@pytest.mark.parametrize(
    ("path", "body", "pointer", "detail"),
    [
        (LOAD, [], "#", "an object is expected"),
        (LOAD, {}, "#", "either path or url must be there"),
        (LOAD, {"path": 1}, "#/path", "a text is expected"),
        (LOAD, {"url": "https://a/b", "sha256": "aa"}, "#/sha256", "64 hexadecimal digits are expected"),
        (CALL, {"params": {}}, "#/method", "it is missing"),
        (CALL, {"method": "Demo.Echo", "params": []}, "#/params", "an object is expected"),
        (CALL, {"method": "Demo.Echo", "timeout_ms": 1.5}, "#/timeout_ms", "a whole number is expected"),
        (CALL, {"method": "Demo.Echo", "more": 1}, "#/more", "it is not known here"),
        (
            TOKENS,
            {"name": "a\nb", "scope": "viewer"},
            "#/name",
            "characters that can be seen are expected, with single blanks in between",
        ),
    ],
)
async def test_bodies(client: httpx.AsyncClient, path: str, body: Any, pointer: str, detail: str) -> None:
    """Each fault of a body has its place and a sentence that names no type of Python and no pattern."""
    answer = await client.post(path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "body-invalid")
    assert answer.json()["errors"] == [{"pointer": pointer, "detail": detail}]
    assert answer.json()["detail"] == f"{pointer}: {detail}"


@pytest.mark.parametrize(
    ("query", "pointer", "detail"),
    [
        ("state=bogus", "#/state", "'bogus' is no state; there are: "),
        ("enabled=maybe", "#/enabled", "true or false is expected"),
        ("colour=red", "#/colour", "it is not known here"),
        ("sort=age", "#/sort", "it should be 'id', '-id', "),
    ],
)
async def test_queries(client: httpx.AsyncClient, query: str, pointer: str, detail: str) -> None:
    """The same holds for queries."""
    answer = await client.get(f"/api/plugins?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "query-invalid")
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == pointer
    assert fault["detail"].startswith(detail), fault["detail"]
