"""What can be seen of plugins and of the host, over a real host with real plugins."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from test_real_plugins import KV, MISBEHAVING, Api, code_of, serve_plugins, wait_until

CONFIG = """
[config.values]
unit = "C"
limits = { requests = 5 }

[config.schema]
type = "object"
additionalProperties = false
properties.unit = { enum = ["C", "F"] }
properties.key = { type = "string", minLength = 3, x-secret = true }
properties.limits = { type = "object", properties = { requests = { type = "integer" } } }
"""


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    folder = tmp_path / "weather"
    shutil.copytree(MISBEHAVING, folder, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    manifest = folder / "plugin.toml"
    manifest.write_text(manifest.read_text().replace('id = "misbehaving"', 'id = "weather"') + CONFIG)
    async with serve_plugins(tmp_path / "data", KV, folder) as api:
        yield api


async def ids(api: Api, query: str) -> list[str]:
    """Return the ids of the plugins that a query gives."""
    answer = await api.client.get(f"/api/plugins?{query}")
    assert answer.status_code == 200, answer.text
    return [plugin["id"] for plugin in answer.json()["plugins"]]


async def test_the_list_can_be_narrowed_and_sorted(api: Api):
    """By state, interface, text and whether it is enabled; conditions add up."""
    assert await ids(api, "") == ["kv-python", "weather"]
    assert await ids(api, "sort=-id") == ["weather", "kv-python"]
    assert await ids(api, "interface=KeyValue") == ["kv-python"]
    assert await ids(api, "text=KEY-VALUE") == ["kv-python"]
    assert await ids(api, "state=ready,failed&text=weather") == ["weather"]
    assert await ids(api, "state=failed") == []
    await api.client.post("/api/plugins/weather/disable")
    assert await ids(api, "enabled=false") == ["weather"]
    assert await ids(api, "enabled=true") == ["kv-python"]
    await api.call("KeyValue.Put", key="a", value="b")
    assert await ids(api, "sort=-calls") == ["kv-python", "weather"]
    for wrong in ("state=well", "sort=colour", "enabled=perhaps", "name=a"):
        answer = await api.client.get(f"/api/plugins?{wrong}")
        assert code_of(answer) == (422, "query-invalid")
        assert answer.json()["errors"][0]["pointer"] == f"#/{wrong.partition('=')[0]}"


async def test_instances_and_exits(api: Api):
    """The instances are those of `info`; an exit is reported with its signal, its resources and its last words."""
    path = "/api/plugins/weather"
    info = (await api.client.get(f"{path}/info")).json()
    instances = (await api.client.get(f"{path}/instances")).json()["instances"]
    assert [each["pid"] for each in instances] == [info["pid"]]
    assert (await api.client.get(f"{path}/exits")).json() == {"exits": []}
    body = {"method": "Misbehaving.Flood", "params": {"target": "stderr", "size": 100}}
    await api.client.post(f"{path}/call", json=body)
    await api.client.post(f"{path}/call", json={"method": "Misbehaving.Crash"})
    await wait_until(lambda: len(api.host.exits("weather")) == 1)
    await api.wait_for("weather", "ready")
    await api.client.post(f"{path}/restart")
    latest, first = (await api.client.get(f"{path}/exits")).json()["exits"]
    assert (first["signal"], first["pid"], first["calls_in_flight"]) == ("SIGKILL", info["pid"], 1)
    assert first["stderr"]
    assert (latest["signal"], latest["exit_code"], latest["reason"]["code"]) == (None, 0, "restarting")


async def test_the_sentence_of_a_panic_is_found(api: Api, tmp_path: Path):
    """A program that cannot start says in its report why, in one sentence."""
    dead = tmp_path / "dead"
    dead.mkdir()
    manifest = """id = "dead"\nversion = "1.0.0"\ncommand = ["python3", "-c", "raise ValueError('no such city')"]\n"""
    (dead / "plugin.toml").write_text(manifest)
    await api.client.post("/api/plugins/load", json={"path": str(dead)})
    reports = (await api.client.get("/api/plugins/dead/exits")).json()["exits"]
    assert reports[0]["panic"] == "ValueError: no such city"


async def test_the_manifest_is_shown_as_text_and_as_what_it_means(api: Api):
    """The text has its lines; the effective one has defaults, paths and ranges as texts."""
    shown = (await api.client.get("/api/plugins/weather/manifest")).json()
    assert shown["text"] == await trio.Path(shown["file"]).read_text()
    lines = shown["text"].splitlines()
    assert lines[shown["lines"]["provides.Misbehaving"] - 1] == 'Misbehaving = "1.0"'
    assert lines[shown["lines"]["config.values"] - 1] == "[config.values]"
    effective = shown["effective"]
    assert (effective["id"], effective["start"], effective["limits"]["queue"]) == ("weather", "eager", 1024)
    assert effective["config"]["values"] == {"unit": "C", "limits": {"requests": 5}}


async def test_the_manifest_of_a_refused_plugin_is_shown(tmp_path: Path):
    """The text helps to mend it; there is nothing that it means yet."""
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "plugin.toml").write_text('id = "broken"\nversion = "one"\n')
    async with serve_plugins(tmp_path / "data", broken) as api:
        shown = (await api.client.get("/api/plugins/broken/manifest")).json()
        assert (shown["effective"], shown["lines"]) == (None, {"id": 1, "version": 2})
        assert (await api.client.get("/api/plugins/broken/exits")).json() == {"exits": []}
        assert (await api.client.get("/api/plugins/broken/instances")).json() == {"instances": []}
        assert code_of(await api.client.get("/api/plugins/broken/config")) == (404, "plugin-not-found")
        (broken / "plugin.toml").unlink()
        answer = await api.client.get("/api/plugins/broken/manifest")
        assert code_of(answer) == (422, "manifest-invalid")


def nested(depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for _ in range(depth - 1):
        made = {"a": made}
    return made


async def configure(api: Api, values: dict[str, Any]) -> httpx.Response:
    return await api.client.put("/api/plugins/weather/config", json={"values": values})


async def test_a_configuration_is_shown_checked_and_changed(api: Api):
    """Layers and secrets are told apart; what is wrong has pointers; what was shown can be sent back."""
    path = "/api/plugins/weather/config"
    shown = (await api.client.get(path)).json()
    assert shown["manifest"] == shown["effective"] == {"unit": "C", "limits": {"requests": 5}}
    assert (shown["host"], shown["overrides"]) == ({}, None)
    assert shown["schema"]["properties"]["key"]["x-secret"] is True

    checked = (await api.client.post(f"{path}/validate", json={"values": {"unit": "K", "key": "k"}})).json()
    assert (checked["valid"], sorted(each["pointer"] for each in checked["errors"])) == (
        False,
        ["#/key", "#/unit"],
    )
    assert '"k"' not in str(checked)
    checked = (await api.client.post(f"{path}/validate", json={"values": {"limits": {"requests": 6}}})).json()
    assert checked == {"valid": True, "errors": [], "effective": {"unit": "C", "limits": {"requests": 6}}}
    assert api.host.plugin_config("weather").overrides is None

    for value, detail in ((2**53, "an integer beyond"), (nested(64), "nested more than 63 deep")):
        values = {"limits": {"requests": 5, "more": value}}
        checked = (await api.client.post(f"{path}/validate", json={"values": values})).json()
        assert checked["valid"] is False
        assert detail in checked["errors"][0]["detail"]
        assert code_of(await configure(api, values)) == (422, "config-invalid")
    for verb, route in (("POST", f"{path}/validate"), ("PUT", path)):
        content = '{"values": {"limits": [1e400]}}'
        headers = {"Content-Type": "application/json"}
        answer = await api.client.request(verb, route, content=content, headers=headers)
        assert code_of(answer) == (422, "body-invalid")
        assert answer.json()["errors"] == [
            {"pointer": "#/values", "detail": "the number at /limits/0 is too large"}
        ]

    pid = api.host.plugin("weather").pid
    answer = await configure(api, {"key": "secret", "unit": "F"})
    assert (answer.status_code, answer.json()["state"]) == (200, "ready")
    assert answer.json()["pid"] != pid
    shown = (await api.client.get(path)).json()
    assert shown["overrides"] == {"key": shown["mask"], "unit": "F"}
    assert shown["effective"] == {"unit": "F", "key": shown["mask"], "limits": {"requests": 5}}
    manifest = (await api.client.get("/api/plugins/weather/manifest")).json()
    assert manifest["effective"]["config"]["values"]["key"] == shown["mask"]

    await configure(api, {**shown["overrides"], "unit": "C"})
    assert api.host.plugin_config("weather").overrides == {"key": "secret", "unit": "C"}
    refused = await configure(api, {"unit": "K"})
    assert code_of(refused) == (422, "config-invalid")
    assert refused.json()["details"]["problems"][0]["pointer"] == "/unit"
    await configure(api, {})
    refused = await configure(api, {"key": shown["mask"]})
    assert code_of(refused) == (422, "body-invalid")
    assert refused.json()["errors"][0]["pointer"] == "#/values/key"
    assert api.host.plugin_config("weather").overrides == {}


async def test_a_document_can_be_compared(api: Api):
    """An interface file that no plugin has yet is compared with a version that one has."""
    old = (await api.client.get("/api/interfaces/KeyValue/1.4")).json()["document"]
    new = {
        **old,
        "version": "1.5",
        "methods": {name: each for name, each in old["methods"].items() if name != "Get"},
    }
    path = "/api/interfaces/KeyValue/diff"
    new.pop("scenarios", None)
    answer = await api.client.post(path, json={"from": "1.4", "document": new})
    assert answer.status_code == 200, answer.text
    assert answer.json()["findings"][0] | {"message": ""} == {
        "rule": "method-removed",
        "severity": "break",
        "pointer": "/methods/Get",
        "message": "",
    }
    answer = await api.client.post(path, json={"from": "1.4", "document": {"interface": 1}})
    assert code_of(answer) == (422, "interface-invalid")
    answer = await api.client.post(path, json={"from": "9.9", "document": new})
    assert code_of(answer) == (404, "interface-not-found")


async def test_about(api: Api):
    """What runs here is this process."""
    about = (await api.client.get("/api/about")).json()
    assert (about["pid"], about["version"]) == (os.getpid(), api.host.version)
    assert {"trio", "quart", "hypercorn"} <= set(about["libraries"])
    assert "stdio" in about["transports"]
    assert about["data"] == str(api.host.data)
