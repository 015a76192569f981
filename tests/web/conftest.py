"""The fixtures of the tests of the REST API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from openapi_support import check_answer
from scripted_host import ScriptedHost
from upload_support import Api, serving
from web_support import Server, run_server

from hostweb_api import ApiSettings


@pytest.fixture
def scripted() -> ScriptedHost:
    return ScriptedHost()


@pytest.fixture
async def server(scripted: ScriptedHost) -> AsyncIterator[Server]:
    async with run_server(scripted, settings=ApiSettings(heartbeat=0.2)) as running:
        yield running


@pytest.fixture
async def client(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    hooks = {"response": [check_answer]}
    async with httpx.AsyncClient(base_url=server.url, timeout=10, event_hooks=hooks) as client:
        yield client


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    """Serve a host that has no plugins yet."""
    async with serving(tmp_path / "data") as api:
        yield api
