"""The routes of interfaces over a real host whose plugins rest: nothing of this needs a process."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from web_support import run_server

from hostcore.config import HostConfig
from hostcore.host import open_host

GET = {
    "description": "Read.",
    "params": {"type": "object", "required": ["key"], "properties": {"key": {"type": "string"}}},
    "result": {"type": "object", "required": ["value"], "properties": {"value": {"type": "string"}}},
    "errors": ["Missing"],
}
PUT = {"params": {"type": "object"}, "result": {"type": "object"}}
MISSING = {"Missing": {"code": "NOT_FOUND", "description": "It is not there.", "data": {"type": "object"}}}


def document(version: str, **methods: Any) -> dict[str, Any]:
    return {
        "interface": 1,
        "name": "Store",
        "version": version,
        "description": "Keeps things.",
        "methods": methods,
        "errors": MISSING,
    }


def add_plugin(
    folder: Path, provides: str = "", requires: str = "", file: dict[str, Any] | None = None
) -> Path:
    folder.mkdir(parents=True)
    (folder / "plugin.toml").write_text(
        f'id = "{folder.name}"\nversion = "1.0.0"\ncommand = ["true"]\nstart = "on-demand"\n'
        f"[provides]\n{provides}\n[requires.interfaces]\n{requires}\n"
    )
    if file is not None:
        (folder / "interfaces").mkdir()
        (folder / "interfaces" / "Store.v1.json").write_text(json.dumps(file))
    return folder


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    folder = tmp_path / "plugins"
    old = document("1.1", Get=GET)
    new = document("1.2", Get={**GET, "result": {"type": "object"}}, Put=PUT)
    plugins = (
        add_plugin(folder / "old", 'Store = "1.1"', file=old),
        add_plugin(folder / "new", 'Store = "1.2"', file=new),
        add_plugin(folder / "bare", '"bare.v1.Bare" = "1.0"'),
        add_plugin(folder / "web", requires='Store = "^1.0"'),
    )
    async with (
        open_host(HostConfig(plugins=plugins, data=tmp_path / "data")) as host,
        run_server(host) as server,
        httpx.AsyncClient(base_url=server.url, timeout=10) as client,
    ):
        yield client


async def test_the_list_has_all_but_schemas(client: httpx.AsyncClient) -> None:
    """Each version has an entry with providers, requirers and the names of its methods, the highest version first."""
    answer = await client.get("/api/interfaces")
    assert answer.status_code == 200
    new, old, bare = answer.json()["interfaces"]
    assert (bare["name"], bare["version"], bare["method_names"], bare["source"]) == (
        "bare.v1.Bare",
        "1.0",
        [],
        "",
    )
    requirers = [{"plugin": "web", "range": "^1.0", "optional": False, "provider": "new", "version": "1.2"}]
    assert Path(new.pop("source")).parts[-3:] == ("new", "interfaces", "Store.v1.json")
    assert new == {
        "name": "Store",
        "version": "1.2",
        "description": "Keeps things.",
        "aliases": [],
        "providers": [{"plugin": "new", "state": "stopped", "differs": False}],
        "requirers": requirers,
        "method_names": ["Store.Get", "Store.Put"],
    }
    assert (old["version"], old["requirers"], old["method_names"]) == ("1.1", requirers, ["Store.Get"])


async def test_one_version_has_all(client: httpx.AsyncClient) -> None:
    """Methods have their schemas, errors are there by name, and the document is the file."""
    shown = (await client.get("/api/interfaces/Store/1.1")).json()
    assert [method["name"] for method in shown["methods"]] == ["Store.Get"]
    assert shown["methods"][0]["params"] == GET["params"]
    assert shown["errors"] == {
        "Missing": {
            "name": "Missing",
            "code": "NOT_FOUND",
            "description": "It is not there.",
            "retryable": False,
            "data": {"type": "object"},
        }
    }
    assert shown["document"] == document("1.1", Get=GET)


async def test_a_name_may_have_dots(client: httpx.AsyncClient) -> None:
    """What only a manifest names has neither methods nor a document."""
    shown = (await client.get("/api/interfaces/bare.v1.Bare/1.0")).json()
    assert (shown["providers"][0]["plugin"], shown["methods"], shown["document"]) == ("bare", [], None)


@pytest.mark.parametrize(
    ("path", "detail", "hint"),
    [
        ("Stor/1.1", "no plugin has an interface Stor", "did you mean Store?"),
        ("Store/2.0", "no plugin has version 2.0 of the interface Store", "there is 1.2, 1.1"),
        (
            "Store/diff?from=1.0&to=1.2",
            "no plugin has version 1.0 of the interface Store",
            "there is 1.2, 1.1",
        ),
    ],
)
async def test_what_is_not_there(client: httpx.AsyncClient, path: str, detail: str, hint: str) -> None:
    """It is a 404 that says what there is."""
    answer = await client.get(f"/api/interfaces/{path}")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (404, "interface-not-found")
    assert (problem["detail"], problem["hint"]) == (detail, hint)


async def test_the_difference_of_two_versions(client: httpx.AsyncClient) -> None:
    """Breaks come first, each finding with rule, severity, pointer and message; the other way round there are others."""
    answer = await client.get("/api/interfaces/Store/diff", params={"from": "1.1", "to": "1.2"})
    assert answer.status_code == 200
    diff = answer.json()
    assert (diff["name"], diff["from"], diff["to"]) == ("Store", "1.1", "1.2")
    assert [(each["severity"], each["rule"], each["pointer"]) for each in diff["findings"]] == [
        ("break", "property-removed", "/methods/Get/result/properties/value"),
        ("break", "major-not-raised", "/version"),
        ("ok", "method-added", "/methods/Put"),
    ]
    assert diff["findings"][-1]["message"] == "the method Put is new"
    back = (await client.get("/api/interfaces/Store/diff", params={"from": "1.2", "to": "1.1"})).json()
    assert {each["rule"] for each in back["findings"]} >= {"version-lowered", "method-removed"}
    same = (await client.get("/api/interfaces/Store/diff", params={"from": "1.2", "to": "1.2"})).json()
    assert same["findings"] == []


async def test_what_nothing_describes_cannot_be_compared(client: httpx.AsyncClient) -> None:
    """It is a 422 that says what to bring."""
    answer = await client.get("/api/interfaces/bare.v1.Bare/diff", params={"from": "1.0", "to": "1.0"})
    assert (answer.status_code, answer.json()["code"]) == (422, "interface-invalid")
    assert answer.json()["hint"] == "bring an interface file to the plugin that provides it"


@pytest.mark.parametrize("query", ["", "?from=1.1", "?from=1.1&to=1.2&old=1.1"])
async def test_a_diff_needs_both_versions(client: httpx.AsyncClient, query: str) -> None:
    """A query that lacks one, or has more, is refused; the hint names the parameters as they are written."""
    answer = await client.get(f"/api/interfaces/Store/diff{query}")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "query-invalid")
    assert problem.get("hint") == ("known here: from, to" if "old" in query else None)
