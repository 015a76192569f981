"""Streams of methods that no interface file describes: whoever calls them says which way their items go."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from web_support import run_server

from hostcore.config import HostConfig
from hostcore.host import open_host

DEMO = Path(__file__).parents[1] / "cli" / "demo"
NDJSON, SSE = "application/x-ndjson", "text/event-stream"
COUNT = {"method": "Demo.Count", "params": {"to": 2}, "stream": "out"}
ITEMS = [{"number": 0, "text": "item 0"}, {"number": 1, "text": "item 1"}]


def write_bare(folder: Path) -> Path:
    """Copy the demo without its interface file, and without a word of it in the manifest."""
    shutil.copytree(DEMO, folder, ignore=shutil.ignore_patterns("interfaces"))
    manifest = folder / "plugin.toml"
    manifest.write_text(re.sub(r"\[provides\]\n.*\n", "", manifest.read_text()))
    return folder


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    config = HostConfig(plugins=(write_bare(tmp_path / "demo"),), data=tmp_path / "data")
    async with (
        open_host(config) as host,
        run_server(host) as server,
        httpx.AsyncClient(base_url=server.url, timeout=30) as client,
    ):
        yield client


async def call(client: httpx.AsyncClient, body: dict[str, Any], accept: str = "*/*") -> httpx.Response:
    return await client.post("/api/plugins/demo/call", json=body, headers={"Accept": accept})


async def test_items_come(client: httpx.AsyncClient) -> None:
    """As lines, as events, or all in one answer; without a word the method is called like any, and items are dropped."""
    lines = (await call(client, COUNT, NDJSON)).text.splitlines()
    assert [json.loads(line) for line in lines] == [
        *({"item": each} for each in ITEMS),
        {"result": {"sent": 2}},
    ]
    events = (await call(client, COUNT, SSE)).text
    assert re.findall(r"^event: (\w+)$", events, re.MULTILINE) == ["item", "item", "result"]
    assert (await call(client, COUNT)).json() == {"items": ITEMS, "result": {"sent": 2}}


async def test_items_go(client: httpx.AsyncClient) -> None:
    """In the body, or line by line; where nobody says that the method takes any, that is what the refusal asks for."""
    total = {"method": "Demo.Total", "stream": "in"}
    assert (await call(client, {**total, "items": [1, 2]})).json() == {
        "items": [],
        "result": {"total": 3, "count": 2},
    }
    lines = "\n".join(json.dumps(each) for each in (total, 1, 2, 3))
    answer = await client.post(
        "/api/plugins/demo/call", content=lines, headers={"Content-Type": NDJSON, "Accept": NDJSON}
    )
    assert json.loads(answer.text) == {"result": {"total": 6, "count": 3}}
    refused = await call(client, {"method": "Demo.Total", "items": [1]})
    assert (refused.status_code, refused.json()["code"]) == (422, "params-invalid")
    assert '"stream": "in"' in refused.json()["hint"]
    assert (await call(client, {**total, "stream": "up"})).status_code == 422


async def test_waiting_in_vain(client: httpx.AsyncClient) -> None:
    """A call that reaches its deadline since nobody said that its method streams is told so; one that said it is not."""
    total = {"method": "Demo.Total", "timeout_ms": 300}
    answers = [await call(client, total), await call(client, {**total, "stream": "both"})]
    assert [answer.json()["code"] for answer in answers[:1]] == ["call-timed-out"]
    assert ["`stream`" in answer.json().get("hint", "") for answer in answers] == [True, False]
