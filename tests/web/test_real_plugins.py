"""The API over a real host with real plugins: what an operator's script sees."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from openapi_support import check_answer
from web_support import Server, run_server

from hostcore.config import HostConfig
from hostcore.host import Host, open_host

ROOT = Path(__file__).parents[2]
KV = ROOT / "plugins" / "kv-python"
MISBEHAVING = ROOT / "plugins" / "misbehaving"


class Api:
    """Is a served host and a client of it."""

    def __init__(self, host: Host, server: Server, client: httpx.AsyncClient) -> None:
        self.host = host
        self.server = server
        self.client = client

    async def call(self, method: str, timeout_ms: int | None = None, **params: Any) -> httpx.Response:
        plugin = "kv-python" if method.startswith("KeyValue.") else "misbehaving"
        body = {"method": method, "params": params}
        if timeout_ms is not None:
            body["timeout_ms"] = timeout_ms
        return await self.client.post(f"/api/plugins/{plugin}/call", json=body)

    async def wait_for(self, plugin: str, state: str) -> dict[str, Any]:
        """Wait until a plugin has a state, and return its `info`."""
        await wait_until(lambda: self.host.plugin(plugin).state == state)
        return (await self.client.get(f"/api/plugins/{plugin}/info")).json()


@asynccontextmanager
async def serve_plugins(data: Path, *folders: Path) -> AsyncIterator[Api]:
    config = HostConfig(plugins=folders, interface_folders=(ROOT / "schemas" / "interfaces",), data=data)
    async with (
        open_host(config) as host,
        run_server(host, grace=10.0) as server,
        httpx.AsyncClient(
            base_url=server.url, timeout=20, event_hooks={"response": [check_answer]}
        ) as client,
    ):
        yield Api(host, server, client)


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with serve_plugins(tmp_path, KV, MISBEHAVING) as api:
        yield api


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def wait_until(condition: Callable[[], bool]) -> None:
    with trio.fail_after(15):
        while not condition():  # noqa: ASYNC110 - what a snapshot shows has no event
            await trio.sleep(0.01)


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_list_and_info(api: Api) -> None:
    """The list has state, version and pid of each plugin, `info` its methods with their schemas."""
    plugins = {plugin["id"]: plugin for plugin in (await api.client.get("/api/plugins")).json()["plugins"]}
    assert set(plugins) == {"kv-python", "misbehaving"}
    assert plugins["kv-python"]["state"] == "ready"
    assert is_running(plugins["kv-python"]["pid"])
    info = (await api.client.get("/api/plugins/kv-python/info")).json()
    methods = {method["name"]: method for method in info["methods"]}
    assert methods["KeyValue.Get"]["params"]["required"] == ["key"]
    assert info["instances"][0]["pid"] == plugins["kv-python"]["pid"]
    assert info["folder"] == str(KV)


async def test_calls(api: Api) -> None:
    """Calls are answered, and what is wrong with one says whose fault it is."""
    assert (await api.call("KeyValue.Put", key="a", value="ä")).json() == {"result": {"revision": 1}}
    assert (await api.call("KeyValue.Get", key="a")).json() == {"result": {"value": "ä", "revision": 1}}
    missing = await api.call("KeyValue.Get", key="b")
    assert code_of(missing) == (502, "call-failed")
    assert missing.json()["error"] | {"message": ""} == {
        "status": 5,
        "status_name": "NOT_FOUND",
        "name": "KeyNotFound",
        "message": "",
        "data": {"key": "b"},
        "retryable": missing.json()["error"]["retryable"],
    }
    assert code_of(await api.call("KeyValue.Get")) == (422, "params-invalid")
    assert code_of(await api.call("KeyValue.Get", key=1)) == (422, "params-invalid")
    assert code_of(await api.call("KeyValue.Nothing")) == (404, "method-not-found")
    nobody = await api.client.post("/api/plugins/nobody/call", json={"method": "KeyValue.Get"})
    assert code_of(nobody) == (404, "plugin-not-found")


async def test_numbers_beyond_json(api: Api) -> None:
    """A number that overflows to infinity is the caller's fault."""
    answer = await api.client.post(
        "/api/plugins/misbehaving/call",
        content=b'{"method": "Misbehaving.Echo", "params": {"value": 1e999}}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code in {400, 422}, answer.text


async def test_binary_data(api: Api) -> None:
    """Binary data travels as `$bytes` and reaches the plugin as bytes."""
    answer = await api.call("Misbehaving.Echo", data={"$bytes": "AP8="})
    assert answer.json() == {"result": {"data": {"$bytes": "AP8="}}}


async def test_streams(api: Api) -> None:
    """A stream comes as lines or as one list; items can be sent to a plugin."""
    pairs = [{"key": f"k{number}", "value": "v"} for number in range(200)]
    body = {"method": "KeyValue.PutMany", "items": pairs}
    answer = await api.client.post("/api/plugins/kv-python/call", json=body)
    assert answer.json() == {"items": [], "result": {"count": 200}}
    collected = (await api.call("KeyValue.List", prefix="k", values=False)).json()
    assert len(collected["items"]) == 200
    answer = await api.client.post(
        "/api/plugins/kv-python/call",
        json={"method": "KeyValue.List", "params": {"prefix": "k", "values": False}},
        headers={"Accept": "application/x-ndjson"},
    )
    *items, last = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["item"] for line in items] == collected["items"]
    assert last == {"result": collected["result"]}
    refused = await api.client.post(
        "/api/plugins/kv-python/call", json={"method": "KeyValue.PutMany", "items": [{"key": 1}]}
    )
    assert code_of(refused) == (422, "params-invalid")
    refused = await api.client.post(
        "/api/plugins/kv-python/call",
        json={"method": "KeyValue.List", "params": {"limit": 0}},
        headers={"Accept": "application/x-ndjson"},
    )
    assert code_of(refused) == (422, "params-invalid")


async def test_faults_of_a_plugin(api: Api) -> None:
    """What a plugin does wrong has its own status: an error, a wrong answer, a broken protocol, silence."""
    assert code_of(await api.call("Misbehaving.Fail")) == (502, "call-failed")
    assert code_of(await api.call("Misbehaving.WrongResult")) == (502, "result-invalid")
    assert code_of(await api.call("Misbehaving.AnswerLate", 100, seconds=0.5)) == (504, "call-timed-out")
    assert code_of(await api.call("Misbehaving.Answer", how="short")) == (502, "plugin-misbehaved")


async def test_a_crash(api: Api) -> None:
    """A crash during the call is a 503, is in the events and the exit report, and the plugin comes back."""
    pid = (await api.wait_for("misbehaving", "ready"))["pid"]
    async with api.server.live("/api/events") as events:
        assert code_of(await api.call("Misbehaving.Crash")) == (503, "plugin-crashed")
        while True:
            line = await events.line()
            if line.startswith("data: ") and json.loads(line[6:])["kind"] == "plugin-exited":
                break
    assert json.loads(line[6:])["report"]["signal"] == "SIGKILL"
    info = await api.wait_for("misbehaving", "ready")
    assert info["pid"] != pid
    assert info["last_exit"]["signal"] == "SIGKILL"
    assert info["restarts"] == 1


async def test_a_gone_client_cancels_its_call(api: Api) -> None:
    """When the client goes away the plugin is told, and takes its next call at once."""
    body = json.dumps({"method": "Misbehaving.Slow", "params": {"seconds": 30}}).encode()
    stream = await api.server.connect()
    await stream.send_all(
        api.server.head(
            "POST /api/plugins/misbehaving/call HTTP/1.1",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        )
        + body
    )
    await wait_until(lambda: api.host.plugin("misbehaving").instances[0].in_flight == 1)
    await stream.aclose()
    await wait_until(lambda: api.host.plugin("misbehaving").instances[0].in_flight == 0)
    assert (await api.call("Misbehaving.Echo", value=1)).json() == {"result": {"value": 1}}


async def test_load_restart_unload(tmp_path: Path) -> None:
    """A plugin is loaded, refused a second time, restarted with a new process, and unloaded."""
    async with serve_plugins(tmp_path / "data") as api:
        assert (await api.client.get("/api/plugins")).json() == {"plugins": []}
        loaded = await api.client.post("/api/plugins/load", json={"path": str(KV)})
        assert (loaded.status_code, loaded.json()["state"]) == (201, "ready")
        again = await api.client.post("/api/plugins/load", json={"path": str(KV / "plugin.toml")})
        assert code_of(again) == (409, "plugin-already-loaded")
        restarted = await api.client.post("/api/plugins/kv-python/restart")
        assert (restarted.status_code, restarted.json()["state"]) == (200, "ready")
        assert restarted.json()["pid"] != loaded.json()["pid"]
        assert (await api.client.delete("/api/plugins/kv-python")).status_code == 204
        assert (await api.client.get("/api/plugins")).json() == {"plugins": []}
        assert not is_running(restarted.json()["pid"])
        assert (await api.client.delete("/api/plugins/kv-python")).status_code == 404


async def test_lifecycle_of_a_real_plugin(api: Api) -> None:
    """Each command has been carried out when it is answered."""

    async def command(name: str, **options: Any) -> tuple[str, str, int | None]:
        answer = await api.client.post(f"/api/plugins/kv-python/{name}", **options)
        assert answer.status_code == 200, answer.text
        return answer.json()["state"], answer.json()["wanted"], answer.json()["pid"]

    assert await command("stop") == ("stopped", "stopped", None)
    assert code_of(await api.call("KeyValue.Stats")) == (503, "plugin-unavailable")
    state, wanted, pid = await command("start")
    assert (state, wanted) == ("ready", "running")
    assert is_running(pid)
    for name, body in (("reload", {}), ("reload", {"force": True}), ("restart", {})):
        state, wanted, new = await command(name, json=body)
        assert (state, wanted) == ("ready", "running")
        assert new != pid
        pid = new
    assert (await command("reset"))[2] == pid
    assert await command("disable") == ("disabled", "disabled", None)
    answer = await api.client.post("/api/plugins/kv-python/start")
    assert code_of(answer) == (503, "plugin-unavailable")
    assert (await command("enable"))[0] == "ready"


async def test_configuration_of_a_real_plugin(tmp_path: Path) -> None:
    """Values that fit reach the plugin's new incarnation; others are a 422 and change nothing."""
    folder = tmp_path / "echo"
    shutil.copytree(MISBEHAVING, folder, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    manifest = folder / "plugin.toml"
    schema = '{ type = "object", properties = { mood = { enum = ["good", "bad"] } } }'
    manifest.write_text(
        manifest.read_text() + f'\n[config]\nvalues = {{ mood = "good" }}\nschema = {schema}\n'
    )
    async with serve_plugins(tmp_path / "data", folder) as api:
        plugin = (await api.client.get("/api/plugins")).json()["plugins"][0]
        path = f"/api/plugins/{plugin['id']}/config"
        answer = await api.client.put(path, json={"values": {"mood": "bad"}})
        assert answer.status_code == 200, answer.text
        assert answer.json()["pid"] != plugin["pid"]
        assert api.host.manifest(plugin["id"]).config.values == {"mood": "bad"}
        refused = await api.client.put(path, json={"values": {"mood": "odd"}})
        assert code_of(refused) == (422, "config-invalid")
        assert api.host.manifest(plugin["id"]).config.values == {"mood": "bad"}


async def test_the_host_as_a_whole(api: Api) -> None:
    """Extensions, hooks and topology are those of the host; one that has no configuration to read again says so."""
    document = (await api.client.get("/api/extensions")).json()
    names = [each["name"] for each in document["extensions"]]
    assert names == [each.name for each in api.host.extensions()]
    assert {"directory_discovery", "restart_backoff"} <= set(names)
    topology = (await api.client.get("/api/topology")).json()
    assert [plugin["id"] for plugin in topology["plugins"]] == ["kv-python", "misbehaving"]
    assert [sorted(wave) for wave in topology["waves"]] == [["kv-python", "misbehaving"]]
    answer = await api.client.post("/api/host/reload")
    assert code_of(answer) == (422, "config-invalid")


async def test_load_of_what_is_no_plugin(tmp_path: Path) -> None:
    """A missing folder and a bad manifest are 422 with the place, and list nothing; a start that fails is listed with its reason."""
    broken, dead = tmp_path / "broken", tmp_path / "dead"
    broken.mkdir()
    (broken / "plugin.toml").write_text('id = "Broken Plugin"\nversion = "1.0.0"\ncommand = ["true"]\n')
    dead.mkdir()
    (dead / "plugin.toml").write_text('id = "dead"\nversion = "1.0.0"\ncommand = ["/bin/false"]\n')
    async with serve_plugins(tmp_path / "data") as api:
        missing = await api.client.post("/api/plugins/load", json={"path": str(tmp_path / "nothing")})
        assert missing.status_code == 422, missing.text
        refused = await api.client.post("/api/plugins/load", json={"path": str(broken)})
        assert code_of(refused) == (422, "manifest-invalid")
        assert "plugin.toml" in refused.json()["location"]
        assert (await api.client.get("/api/plugins")).json()["plugins"] == []
        failed = await api.client.post("/api/plugins/load", json={"path": str(dead)})
        assert failed.status_code in {502, 503}
        info = (await api.client.get("/api/plugins/dead/info")).json()
        assert info["state"] in {"failed", "backing-off"}
        assert info["reason"]["text"]


async def test_logs_of_a_plugin(api: Api) -> None:
    """What a plugin writes to stderr and logs is in its log, also while it is followed."""
    async with api.server.live("/api/plugins/misbehaving/logs?follow=true&last=0") as log:
        await api.call("Misbehaving.Flood", target="stderr", size=300)
        line = json.loads(await log.line())
    assert (line["plugin"], line["source"]) == ("misbehaving", "stderr")
    kept = (await api.client.get("/api/plugins/misbehaving/logs")).json()["lines"]
    assert line in kept


async def test_a_host_that_stops_is_unavailable(tmp_path: Path) -> None:
    """Streams of a server whose host goes first end; nothing hangs."""
    async with serve_plugins(tmp_path, KV) as api:
        async with api.server.live("/api/events") as events:
            await api.host.unload("kv-python")
            kinds = []
            while "plugin-unloaded" not in kinds:
                line = await events.line()
                if line.startswith("event: "):
                    kinds.append(line[7:])
        assert await api.server.stop() < 8


async def test_curl(api: Api) -> None:
    """The commands of the documentation work as they are written."""
    curl = shutil.which("curl")
    assert curl is not None, "install curl: the documentation uses it"

    async def run(*arguments: str) -> str:
        done = await trio.run_process(
            [curl, "-sS", "--max-time", "10", *arguments], capture_stdout=True, stderr=subprocess.STDOUT
        )
        return done.stdout.decode()

    url = f"{api.server.url}/api/plugins/kv-python/call"
    sent = ("-H", "Content-Type: application/json", "-d")
    put = await run(url, *sent, '{"method": "KeyValue.Put", "params": {"key": "a", "value": "hello"}}')
    assert json.loads(put) == {"result": {"revision": 1}}
    lines = await run(url, "-N", "-H", "Accept: application/x-ndjson", *sent, '{"method": "KeyValue.List"}')
    assert [next(iter(json.loads(line))) for line in lines.splitlines()] == ["item", "result"]
    plain = await run(url, "-d", '{"method": "KeyValue.Stats"}')
    assert json.loads(plain)["code"] == "media-type-unsupported"
