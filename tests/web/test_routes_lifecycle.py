"""The routes that change how plugins run, and those that show who requires whom, over a scripted host."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
import trio
from scripted_host import ScriptedHost
from web_support import Server

from hostcore.dependencies import (
    Candidate,
    Dependency,
    DependencyKind,
    DependencyProblem,
    StartOrder,
)
from hostcore.errors import (
    ConfigError,
    DependencyError,
    HostError,
    PluginRequiredError,
    ReloadError,
    UnavailableError,
)
from hostcore.snapshots import ConfigChange, ExtensionSnapshot, HookSnapshot, PluginState, Reason

COMMANDS = ("start", "stop", "restart", "reload", "enable", "disable", "reset")
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_command_answers_with_the_plugin(
    client: httpx.AsyncClient, scripted: ScriptedHost, command: str
) -> None:
    """Each answers, without a body, with 200 and the plugin as `info` shows it when it is done."""
    answer = await client.post(f"/api/plugins/demo/{command}")
    assert answer.status_code == 200
    assert answer.json() == (await client.get("/api/plugins/demo/info")).json()
    assert [taken[0] for taken in scripted.commands] == [command, "done"]


@pytest.mark.parametrize("command", [each for each in COMMANDS if each != "reload"])
async def test_a_command_without_a_body_refuses_one(
    client: httpx.AsyncClient, scripted: ScriptedHost, command: str
) -> None:
    """What it would pass over is refused, in pieces, too, and nothing is done; an empty object stands for no body."""
    path = f"/api/plugins/demo/{command}"

    async def pieces():
        yield b'{"force":'
        yield b" true}"

    for content in (b'{"force": true}', b"no JSON", b"[]", pieces()):
        answer = await client.post(path, content=content, headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (422, "body-invalid")
        assert answer.json()["detail"].startswith(f"POST {path} takes no body; ")
    answer = await client.post(path, content=b"x" * 100_000, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert scripted.commands == []
    for content in (b"", b"{}", b" {} "):
        assert (await client.post(path, content=content, headers=JSON)).status_code == 200
    answer = await client.request("DELETE", "/api/plugins/demo", content=b'{"cascade": true}', headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "body-invalid")


@pytest.mark.parametrize(
    ("command", "error", "status"),
    [(command, ConfigError("the desired state cannot be written"), 422) for command in COMMANDS]
    + [
        (command, error, status)
        for command in ("start", "restart", "reload", "enable", "reset")
        for error, status in (
            (DependencyError("web needs KeyValue ^1.0, which nobody provides"), 409),
            (UnavailableError("demo is disabled"), 503),
        )
    ]
    + [("reload", ReloadError("the new version of demo removes Demo.Get"), 409)],
)
async def test_a_command_that_fails_is_a_problem(
    client: httpx.AsyncClient, scripted: ScriptedHost, command: str, error: HostError, status: int
) -> None:
    """What the host raised is the answer, with its status, code and text."""
    scripted.failure = error
    answer = await client.post(f"/api/plugins/demo/{command}")
    assert (answer.status_code, answer.json()["code"]) == (status, error.code)
    assert answer.json()["detail"] == error.message


@pytest.mark.parametrize(
    ("path", "method"),
    [(f"/api/plugins/nobody/{command}", "POST") for command in COMMANDS]
    + [("/api/plugins/nobody?cascade=true", "DELETE"), ("/api/plugins/nobody/config", "PUT")],
)
async def test_a_plugin_that_is_not_there(client: httpx.AsyncClient, path: str, method: str) -> None:
    """Every command answers 404 for a plugin that nobody knows."""
    answer = await client.request(method, path, json={"values": {}} if method == "PUT" else None)
    assert (answer.status_code, answer.json()["code"]) == (404, "plugin-not-found")


@pytest.mark.parametrize(
    ("body", "force"),
    [(b"", False), (b"{}", False), (b'{"force": false}', False), (b'{"force": true}', True)],
)
async def test_a_reload_may_be_forced(client, scripted: ScriptedHost, body, force) -> None:
    """Only `force` in the body takes a version that breaks what others use; a body is not needed."""
    answer = await client.post("/api/plugins/demo/reload", content=body, headers=JSON)
    assert answer.status_code == 200
    assert scripted.commands[0] == ("reload", "demo", force)


@pytest.mark.parametrize(
    ("request_line", "body", "code"),
    [
        ("POST /api/plugins/demo/reload", b"{", "json-invalid"),
        ("POST /api/plugins/demo/reload", b"[]", "body-invalid"),
        ("POST /api/plugins/demo/reload", b'{"force": "yes"}', "body-invalid"),
        ("POST /api/plugins/demo/reload", b'{"forced": true}', "body-invalid"),
        ("PUT /api/plugins/demo/config", b"", "json-invalid"),
        ("PUT /api/plugins/demo/config", b"{}", "body-invalid"),
        ("PUT /api/plugins/demo/config", b'{"values": []}', "body-invalid"),
        ("PUT /api/plugins/demo/config", b'{"values": {"a": NaN}}', "json-invalid"),
        ("DELETE /api/plugins/demo?cascade=perhaps", b"", "query-invalid"),
        ("DELETE /api/plugins/demo?cascad=true", b"", "query-invalid"),
    ],
)
async def test_a_wrong_body_or_query_changes_nothing(client, scripted, request_line, body, code) -> None:
    """It is refused before the host hears of it."""
    answer = await client.request(*request_line.split(), content=body, headers=JSON)
    assert answer.json()["code"] == code
    assert scripted.commands == []


async def test_configure(client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """The values are laid over the manifest's as a whole."""
    answer = await client.put("/api/plugins/demo/config", json={"values": {"a": {"b": [1, None]}}})
    assert answer.status_code == 200
    assert answer.json()["id"] == "demo"
    assert scripted.commands[0] == ("configure", "demo", {"a": {"b": [1, None]}})


async def test_who_would_be_unloaded_with_a_plugin(client: httpx.AsyncClient) -> None:
    """They are named without anything being done, in the order in which they would stop."""
    answer = await client.get("/api/plugins/demo/dependents")
    assert (answer.status_code, answer.json()) == (200, {"plugin": "demo", "dependents": ["dependent"]})


async def test_unload_with_its_dependents(client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """With `cascade=true` the answer lists what was unloaded, in that order; without it there is no content."""
    answer = await client.delete("/api/plugins/demo?cascade=true")
    assert (answer.status_code, answer.json()) == (200, {"unloaded": ["dependent", "demo"]})
    answer = await client.delete("/api/plugins/demo?cascade=false")
    assert (answer.status_code, answer.content) == (204, b"")
    assert [taken for taken in scripted.commands if taken[0] == "unload"] == [
        ("unload", "demo", True),
        ("unload", "demo", False),
    ]


async def test_an_unload_that_others_forbid_names_them(client, scripted: ScriptedHost) -> None:
    """The problem has the plugins that require this one, for programs, too."""
    scripted.failure = PluginRequiredError("web requires demo", details={"required_by": ["web"]})
    answer = await client.delete("/api/plugins/demo")
    assert (answer.status_code, answer.json()["code"]) == (409, "plugin-required")
    assert answer.json()["details"] == {"required_by": ["web"]}


@pytest.mark.parametrize(
    "request_line",
    [
        *(f"POST /api/plugins/demo/{command}" for command in COMMANDS),
        "DELETE /api/plugins/demo?cascade=true",
        "PUT /api/plugins/demo/config",
        "POST /api/host/reload",
    ],
)
async def test_a_change_outlives_its_client(
    server: Server, scripted: ScriptedHost, request_line: str
) -> None:
    """A change that has begun is finished even when its client goes away."""
    scripted.gate = trio.Event()
    body = b'{"values": {}}' if request_line.startswith("PUT") else b""
    length = (f"Content-Length: {len(body)}", "Content-Type: application/json")
    stream = await server.connect()
    await stream.send_all(server.head(f"{request_line} HTTP/1.1", *length) + body)
    with trio.fail_after(30):
        await _until(lambda: scripted.commands)
        await stream.aclose()
        await trio.sleep(0.05)
        scripted.gate.set()
        await _until(lambda: scripted.commands[-1][0] == "done")


async def _until(condition: Any) -> None:
    while not condition():  # noqa: ASYNC110 - what the scripted host notes has no event
        await trio.sleep(0.005)


async def test_reload_of_the_host(client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """The answer says what has changed, what needs a new start, and what failed; a wrong file is a 422."""
    scripted.change = ConfigChange(
        loaded=("a",), reloaded=("b",), pending=("server.port",), failed={"c": "its manifest is wrong"}
    )
    answer = await client.post("/api/host/reload")
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "loaded": ["a"],
            "unloaded": [],
            "reloaded": ["b"],
            "enabled": [],
            "disabled": [],
            "pending": ["server.port"],
            "failed": {"c": "its manifest is wrong"},
        },
    )
    scripted.failure = ConfigError("`prot` is not known", location="polyhost.toml:3, server.prot")
    answer = await client.post("/api/host/reload")
    assert (answer.status_code, answer.json()["location"]) == (422, "polyhost.toml:3, server.prot")


async def test_extensions(client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """Extensions come in the order of their registration, hooks with who implements them in calling order."""
    scripted.known_extensions = (
        ExtensionSnapshot(name="b", origin="built-in", version="1.0", hooks=("hostcore_on_event",)),
        ExtensionSnapshot(name="a", origin="loaded", enabled=False, failures=2, last_error="x"),
    )
    scripted.known_hooks = (HookSnapshot(name="hostcore_on_event", kind="on", extensions=("a", "b")),)
    answer = await client.get("/api/extensions")
    assert answer.status_code == 200
    document = answer.json()
    assert [each["name"] for each in document["extensions"]] == ["b", "a"]
    assert document["extensions"][1] == {
        "name": "a",
        "origin": "loaded",
        "version": "",
        "description": "",
        "hooks": [],
        "enabled": False,
        "failures": 2,
        "last_error": "x",
    }
    assert document["hooks"] == [{"name": "hostcore_on_event", "kind": "on", "extensions": ["a", "b"]}]


async def test_topology(client: httpx.AsyncClient, scripted: ScriptedHost) -> None:
    """Each plugin has its state and wave, each requirement its candidates; one that cannot start has no wave."""
    reason = Reason(code="dependency-unmet", text="nobody provides KeyValue")
    web = replace(
        scripted.demo, id="web", state=PluginState.WAITING, reason=reason, pid=None, waiting_for=("demo",)
    )
    scripted.refused = (web,)
    picked = Candidate(plugin="demo", version="1.2", accepted=True, text="the only one")
    scripted.order = StartOrder(
        waves=(("demo",),),
        dependencies=(
            Dependency(
                dependent="web",
                kind=DependencyKind.INTERFACE,
                name="Demo",
                range="^1.0",
                provider="demo",
                version="1.2",
                candidates=(picked,),
            ),
        ),
        problems={"web": DependencyProblem(code="requirement-missing", text="…", chain=("web", "KeyValue"))},
    )
    document = (await client.get("/api/topology")).json()
    assert document["waves"] == [["demo"]]
    assert document["plugins"] == [
        {
            "id": "demo",
            "version": "1.2.0",
            "state": "ready",
            "reason": {"code": "ready", "text": "It said hello", "until": None},
            "start": "eager",
            "wanted": "running",
            "wave": 0,
            "waiting_for": [],
        },
        {
            "id": "web",
            "version": "1.2.0",
            "state": "waiting",
            "reason": {"code": "dependency-unmet", "text": "nobody provides KeyValue", "until": None},
            "start": "eager",
            "wanted": "running",
            "wave": None,
            "waiting_for": ["demo"],
        },
    ]
    (dependency,) = document["dependencies"]
    assert (dependency["dependent"], dependency["kind"], dependency["provider"]) == (
        "web",
        "interface",
        "demo",
    )
    assert dependency["candidates"] == [
        {"plugin": "demo", "version": "1.2", "accepted": True, "text": "the only one"}
    ]
    assert document["problems"] == {
        "web": {"code": "requirement-missing", "text": "…", "chain": ["web", "KeyValue"]}
    }
