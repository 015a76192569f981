"""Routes that extensions add: declared like the server's own, below a path of theirs, and harmless when wrong."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pydantic import BaseModel
from quart import Blueprint
from scripted_host import ScriptedHost
from web_support import run_server

from hostcore.config import ExtensionsConfig, HostConfig
from hostcore.events import ExtensionFailed
from hostcore.hooks import hookimpl
from hostcore.host import open_host
from hostweb_api import (
    Access,
    Answer,
    AuditTrail,
    ConnectionLimits,
    NavigationEntry,
    Scope,
    WebHooks,
    current_request,
    json_response,
    operation,
)

HOOK = "hostweb_provide_blueprints"


class Words(BaseModel):
    """Is the body of the test's route."""

    name: str


class Weather:
    """Adds two routes and an entry."""

    @hookimpl
    def hostweb_provide_blueprints(self, host: Any) -> list[Blueprint]:
        routes = Blueprint("weather", __name__)

        @routes.get("/today")
        @operation(
            "showWeather",
            scope=Scope.VIEWER,
            answers={200: (Answer(kind=dict[str, str], description="It."),)},
        )
        async def show() -> Any:
            """Say how the weather is."""
            return json_response({"run": host.run_id, "caller": current_request().caller.name})

        @routes.post("/<place>/order")
        @operation("orderWeather", scope=Scope.OPERATOR, body=Words)
        async def order(place: str, body: Words) -> Any:
            """Order some."""
            if body.name == "snow":
                raise KeyError("no snow")
            return json_response({"place": place, "name": body.name})

        return [routes]

    @hookimpl
    def hostweb_provide_navigation(self) -> list[NavigationEntry]:
        return [NavigationEntry(title="Weather", path="/api/extensions/weather/today")]


class Wrong:
    """Has blueprints that cannot be used, and one that can."""

    @hookimpl
    def hostweb_provide_blueprints(self) -> list[Blueprint]:
        bare = Blueprint("bare", __name__)

        @bare.get("/x")
        async def undeclared() -> str:
            return "x"

        named = Blueprint("Named_Badly", __name__)
        taken = Blueprint("taken", __name__)

        @taken.get("/x")
        @operation("listPlugins", scope=None)
        async def again() -> Any:
            """Have the name of another one."""

        good = Blueprint("good", __name__)

        @good.get("/x")
        @operation("showGood", scope=None)
        async def show() -> Any:
            """Be fine."""
            return json_response({})

        twin = Blueprint("good", __name__ + "2")
        return [bare, named, taken, good, twin]


class Raising:
    @hookimpl
    def hostweb_provide_blueprints(self) -> list[Blueprint]:
        raise RuntimeError("out of order")

    @hookimpl
    def hostweb_provide_navigation(self) -> list[str]:
        return ["/somewhere"]


def config(tmp_path: Any, *names: str) -> HostConfig:
    load = tuple(f"{__name__}:{name}" for name in names)
    return HostConfig(data=tmp_path / "data", extensions=ExtensionsConfig(load=load))


async def test_routes_of_an_extension(tmp_path: Any) -> None:
    """They are served below their name, with scopes, bodies, problems, description and audit as the server's own."""
    access = Access()
    _, token = await access.create_token(name="guest", scope=Scope.VIEWER, lifetime=None, created_by="test")
    with AuditTrail.open(tmp_path / "audit.sqlite3", days=1, megabytes=1) as audit:
        async with (
            open_host(config(tmp_path, "Weather"), declarations=(WebHooks,)) as host,
            run_server(host, access=access, audit=audit, limits=ConnectionLimits()) as server,
            httpx.AsyncClient(base_url=server.url, timeout=20) as client,
        ):
            answer = await client.get("/api/extensions/weather/today")
            assert answer.json() == {"run": host.run_id, "caller": "local"}
            ordered = await client.post("/api/extensions/weather/Oslo/order", json={"name": "rain"})
            assert ordered.json() == {"place": "Oslo", "name": "rain"}
            wrong = await client.post("/api/extensions/weather/Oslo/order", json={"name": 5})
            assert (wrong.status_code, wrong.json()["code"]) == (422, "body-invalid")
            guest = {"Authorization": f"Bearer {token}"}
            denied = await client.post(
                "/api/extensions/weather/Oslo/order", json={"name": "x"}, headers=guest
            )
            assert (denied.status_code, denied.json()["code"]) == (403, "scope-insufficient")
            bug = await client.post("/api/extensions/weather/Oslo/order", json={"name": "snow"})
            assert (bug.status_code, bug.json()["code"]) == (500, "internal")
            described = (await client.get("/openapi.json")).json()["paths"]
            assert described["/api/extensions/weather/today"]["get"]["operationId"] == "showWeather"
            entries = (await client.get("/api/navigation")).json()
            name = f"{__name__}:Weather"
            assert entries == {
                "entries": [{"extension": name, "title": "Weather", "path": "/api/extensions/weather/today"}]
            }
            records = (await client.get("/api/audit")).json()["records"][::-1]
            assert [(each["operation"], each["target"], each["outcome"]) for each in records] == [
                ("orderWeather", "Oslo rain", "done"),
                ("orderWeather", "Oslo", "failed"),
                ("orderWeather", "Oslo", "refused"),
                ("orderWeather", "Oslo snow", "failed"),
            ]
            hooks = {each.name: each.extensions for each in host.hooks()}
            assert hooks[HOOK] == hooks["hostweb_provide_navigation"] == (name,)


async def test_wrong_routes_are_left_out(tmp_path: Any) -> None:
    """Each is named in an event, with why; the others, and the server's own, are served."""
    told: list[ExtensionFailed] = []

    def hear(recorded: Any) -> None:
        if isinstance(recorded.event, ExtensionFailed):
            told.append(recorded.event)

    async with (
        open_host(config(tmp_path, "Wrong", "Raising"), declarations=(WebHooks,), on_event=hear) as host,
        run_server(host) as server,
        httpx.AsyncClient(base_url=server.url, timeout=20) as client,
    ):
        assert (await client.get("/api/extensions/good/x")).status_code == 200
        assert (await client.get("/api/extensions/bare/x")).status_code == 404
        assert (await client.get("/api/plugins")).status_code == 200
        assert (await client.get("/api/navigation")).json() == {"entries": []}
    reasons = " | ".join(f"{each.hook} {each.error}" for each in told)
    for part in (
        "out of order",
        "not declared",
        "small letters",
        "'listPlugins' already",
        "'good' already",
        "str",
    ):
        assert part in reasons
    assert len(told) == 6


async def test_a_host_without_the_hooks(tmp_path: Any, scripted: ScriptedHost) -> None:
    """An extension that may do without them says so, and works in a host that has no server; the server does not mind."""
    async with (
        open_host(config(tmp_path, "Optional")) as host,
        run_server(host) as server,
        httpx.AsyncClient(base_url=server.url, timeout=20) as client,
    ):
        assert (await client.get("/api/plugins")).status_code == 200
        assert host.extensions()[-1].failures == 0
    async with run_server(scripted) as server, httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.get("/api/navigation")).json() == {"entries": []}


class Optional:
    @hookimpl(optionalhook=True)
    def hostweb_provide_blueprints(self) -> list[Blueprint]:
        return []


@pytest.mark.parametrize(
    ("title", "path"),
    [
        ("", "/api/extensions/x/y"),
        ("a\nb", "/api/extensions/x/y"),
        ("x" * 41, "/api/extensions/x/y"),
        ("x", "//evil.example"),
    ],
)
def test_entries_lead_to_routes_of_extensions(title: str, path: str) -> None:
    """A title is a few printable words, and an entry cannot lead out of the server."""
    with pytest.raises(ValueError, match="entry"):
        NavigationEntry(title=title, path=path)
