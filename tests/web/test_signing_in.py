"""Signing in over real sockets: tokens, sessions, and what a browser's cookies cannot be used for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from scripted_host import ScriptedHost
from web_support import Server, run_server

from hostweb_api import ApiSettings
from hostweb_api.security._access import Access
from hostweb_api.security._attempts import ATTEMPTS_OF_ADDRESS
from hostweb_api.security._callers import Scope

CHALLENGE = 'Bearer realm="polyhost"'


class Signing:
    """Is a server that wants tokens, and its tokens by scope."""

    def __init__(self, server: Server, access: Access, tokens: dict[str, str]) -> None:
        self.server = server
        self.access = access
        self.tokens = tokens

    @asynccontextmanager
    async def client(self, scope: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
        """Give a client with its own cookies, and the token of that scope."""
        headers = {"Authorization": f"Bearer {self.tokens[scope]}"} if scope else {}
        async with httpx.AsyncClient(base_url=self.server.url, timeout=10, headers=headers) as client:
            yield client

    @asynccontextmanager
    async def page(self, scope: str = "admin") -> AsyncIterator[httpx.AsyncClient]:
        """Give a client that behaves as a browser with a page of the server that has signed in."""
        async with self.client() as client:
            client.headers["Origin"] = self.server.url
            opened = await client.post("/api/session", json={"token": self.tokens[scope]})
            assert opened.status_code == 201
            yield client


@asynccontextmanager
async def signing(scripted: ScriptedHost, **settings: Any) -> AsyncIterator[Signing]:
    access = Access()
    tokens = {}
    for scope in Scope:
        _, tokens[scope.value] = await access.create_token(
            name=f"my {scope}", scope=scope, lifetime=None, created_by="test"
        )
    wanted = ApiSettings(**{"require_token": True, **settings})
    async with run_server(scripted, settings=wanted, access=access) as server:
        yield Signing(server, access, tokens)


@pytest.fixture
async def there(scripted: ScriptedHost) -> AsyncIterator[Signing]:
    async with signing(scripted) as running:
        yield running


def facts(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_nobody_sees_anything(there: Signing) -> None:
    """Without a token there are health and session, and a challenge for all else; also for what does not exist."""
    async with there.client() as client:
        assert (await client.get("/api/health")).status_code == 200
        assert (await client.get("/api/session")).json() == {
            "name": "nobody",
            "scope": None,
            "kind": "nobody",
            "sign_in_needed": True,
            "expires_at": None,
        }
        for path in ("/api/plugins", "/api/plugins/nobody/info", "/api/events", "/api/tokens"):
            answer = await client.get(path)
            assert facts(answer) == (401, "sign-in-needed")
            assert answer.headers["www-authenticate"] == CHALLENGE
        answer = await client.post("/api/plugins/load", json={"path": "/x"})
        assert facts(answer) == (401, "sign-in-needed")


async def test_scopes(there: Signing) -> None:
    """A viewer looks, an operator acts, an administrator loads; who may less is told what it takes."""
    expected = {"viewer": (200, 403, 403), "operator": (200, 200, 403), "admin": (200, 200, 200)}
    for scope, statuses in expected.items():
        async with there.client(scope) as client:
            found = (
                await client.get("/api/plugins"),
                await client.post("/api/plugins/demo/start"),
                await client.get("/api/tokens"),
            )
        assert tuple(each.status_code for each in found) == statuses
        for answer in found:
            if answer.status_code == 403:
                assert answer.json()["code"] == "scope-insufficient"
                assert f"my {scope}" in answer.json()["detail"]


async def test_a_wrong_token_is_refused_everywhere(there: Signing) -> None:
    """Whoever shows a wrong token is not taken for somebody else, also where no token is needed."""
    async with there.client() as client:
        for value in (
            "Bearer x",
            "Bearer",
            "Basic eDp5",
            there.tokens["admin"],
            "Bearer " + there.tokens["admin"][:-1],
        ):
            answer = await client.get("/api/health", headers={"Authorization": value})
            assert facts(answer) == (401, "token-invalid")
            assert answer.headers["www-authenticate"] == f'{CHALLENGE}, error="invalid_token"'
        twice = [("Authorization", f"Bearer {there.tokens['admin']}")] * 2
        assert facts(await client.get("/api/health", headers=twice)) == (401, "token-invalid")
        lower = {"Authorization": f"bearer {there.tokens['viewer']}"}
        assert (await client.get("/api/plugins", headers=lower)).status_code == 200


async def test_many_wrong_tokens(there: Signing) -> None:
    """After some, wrong ones and signing in are put off; a right one in the header is still taken."""
    async with there.client() as client:
        wrong = {"Authorization": "Bearer polyhost_wrong"}
        for _ in range(ATTEMPTS_OF_ADDRESS):
            assert (await client.get("/api/health", headers=wrong)).status_code == 401
        answer = await client.get("/api/health", headers=wrong)
        assert facts(answer) == (429, "attempts-exceeded")
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        answer = await client.post("/api/session", json={"token": there.tokens["admin"]})
        assert facts(answer) == (429, "attempts-exceeded")
        assert "retry-after" in answer.headers
    async with there.client("viewer") as client:
        assert (await client.get("/api/plugins")).status_code == 200


async def test_signing_in_and_out(there: Signing) -> None:
    """A page signs in with a token, is who the token is, and is nobody after it has signed out."""
    async with there.client() as client:
        client.headers["Origin"] = there.server.url
        wrong = await client.post("/api/session", json={"token": "polyhost_x"})
        assert facts(wrong) == (401, "token-invalid")
        assert "set-cookie" not in wrong.headers
        answer = await client.post("/api/session", json={"token": there.tokens["operator"]})
        assert answer.status_code == 201
        assert answer.json()["name"] == "my operator"
        cookie = answer.headers["set-cookie"]
        name, _, rest = cookie.partition("=")
        assert name == f"polyhost-session-{there.server.port}"
        assert rest.split("; ")[1:] == ["Path=/", "Max-Age=43200", "HttpOnly", "SameSite=Strict"]
        who = (await client.get("/api/session")).json()
        assert (who["name"], who["scope"], who["kind"]) == ("my operator", "operator", "session")
        assert who["expires_at"] is not None
        assert (await client.post("/api/plugins/demo/start")).status_code == 200
        assert facts(await client.get("/api/tokens")) == (403, "scope-insufficient")
        left = client.cookies.get(name)
        answer = await client.delete("/api/session")
        assert answer.status_code == 204
        assert "Max-Age=0" in answer.headers["set-cookie"]
        client.cookies.clear()
        client.cookies.set(name, left)
        assert facts(await client.get("/api/plugins")) == (401, "sign-in-needed")
        assert (await client.delete("/api/session")).status_code == 204


async def test_a_code_signs_in_once(there: Signing) -> None:
    """The code of a sign-in link opens one session of an administrator."""
    code = there.access.make_code()
    async with there.client() as client:
        assert (await client.post("/api/session", json={"token": code})).json()["scope"] == "admin"
        assert (await client.get("/api/tokens")).status_code == 200
    async with there.client() as client:
        assert facts(await client.post("/api/session", json={"token": code})) == (401, "token-invalid")
        bearer = {"Authorization": f"Bearer {there.access.make_code()}"}
        assert facts(await client.get("/api/plugins", headers=bearer)) == (401, "token-invalid")


async def test_tokens_are_made_listed_and_revoked(there: Signing) -> None:
    """The text of a token is shown once; a revoked one and its sessions are no good at once."""
    async with there.client("admin") as admin, there.client() as page:
        made = await admin.post("/api/tokens", json={"name": "ci", "scope": "viewer", "expires_in": 3600})
        assert made.status_code == 201
        token = made.json()
        assert made.headers["location"] == f"/api/tokens/{token['id']}"
        assert token["created_by"] == "my admin"
        assert token["expires_at"] - token["created_at"] == 3600
        text = token.pop("token")
        assert (await admin.get("/api/tokens")).json()["tokens"][0] == token
        assert (await page.post("/api/session", json={"token": text})).status_code == 201
        assert (await page.get("/api/plugins")).status_code == 200
        assert (await admin.delete(f"/api/tokens/{token['id']}")).status_code == 204
        assert facts(await page.get("/api/plugins")) == (401, "sign-in-needed")
        bearer = {"Authorization": f"Bearer {text}"}
        assert facts(await page.get("/api/plugins", headers=bearer)) == (401, "token-invalid")
        assert facts(await admin.delete(f"/api/tokens/{token['id']}")) == (404, "token-not-found")


@pytest.mark.parametrize(
    "body",
    [
        {"name": "", "scope": "viewer"},
        {"name": " a", "scope": "viewer"},
        {"name": "a\nb", "scope": "viewer"},
        {"name": "a\u202eb", "scope": "viewer"},
        {"name": "a" * 65, "scope": "viewer"},
        {"name": "local", "scope": "viewer"},
        {"name": "Sign-in Link", "scope": "viewer"},
        {"name": "a", "scope": "root"},
        {"name": "a", "scope": "viewer", "expires_in": 0},
        {"name": "a", "scope": "viewer", "expires_in": 10**12},
        {"name": "a", "scope": "viewer", "token": "mine"},
        {"name": "a"},
    ],
)
async def test_what_is_no_token(there: Signing, body: dict[str, Any]) -> None:
    """A wrong name, scope or time is refused, and says where."""
    async with there.client("admin") as admin:
        assert facts(await admin.post("/api/tokens", json=body)) == (422, "body-invalid")


async def test_names_of_tokens(there: Signing) -> None:
    """A token has no end when that is asked for, three months otherwise; names are of any script, and unique."""
    async with there.client("admin") as admin:
        made = await admin.post(
            "/api/tokens", json={"name": "Zoë 東京", "scope": "viewer", "expires_in": None}
        )
        assert made.json()["expires_at"] is None
        again = await admin.post("/api/tokens", json={"name": "Zoë 東京", "scope": "viewer"})
        assert facts(again) == (409, "token-exists")
        other = (await admin.post("/api/tokens", json={"name": "other", "scope": "viewer"})).json()
        assert other["expires_at"] - other["created_at"] == 90 * 86400


async def test_a_cookie_is_good_for_pages_of_the_server_only(there: Signing) -> None:
    """A change with a cookie that does not say which page it is from, or is from another one, is refused."""
    own = there.server.url
    other_port = (
        "http://127.0.0.1:1"  # for a browser the same site: SameSite lets its requests have the cookie
    )
    async with there.page() as page:
        del page.headers["Origin"]
        for headers, status in (
            ({}, 403),
            ({"Origin": own}, 200),
            ({"Sec-Fetch-Site": "same-origin"}, 200),
            ({"Sec-Fetch-Site": "none"}, 403),
            ({"Origin": own, "Sec-Fetch-Site": "same-origin"}, 200),
            ({"Origin": other_port}, 403),
            ({"Origin": other_port, "Sec-Fetch-Site": "same-site"}, 403),
            ({"Origin": "null"}, 403),
            ({"Origin": own, "Sec-Fetch-Site": "cross-site"}, 403),
        ):
            answer = await page.post("/api/plugins/demo/start", headers=headers)
            assert (answer.status_code, headers) == (status, headers)
            if status == 403:
                assert answer.json()["code"] == "origin-refused"
        assert (await page.get("/api/plugins")).status_code == 200
        assert (await page.delete("/api/session")).status_code == 403


async def test_two_session_cookies_are_none(there: Signing) -> None:
    """Somebody who plants a second cookie, from a neighbouring port or path, signs nobody in and nobody over."""
    async with there.page() as page:
        name, value = next(iter(page.cookies.items()))
        page.cookies.clear()
        both = {"Cookie": f"{name}={value}; {name}={'a' * 52}"}
        assert facts(await page.get("/api/plugins", headers=both)) == (401, "sign-in-needed")
        same = {"Cookie": f"other=1; {name}={value}; {name}={value}"}
        assert (await page.get("/api/plugins", headers=same)).status_code == 200


async def test_this_machine_needs_no_token(scripted: ScriptedHost) -> None:
    """Where tokens are not required, a program of this machine may do all; a token still makes it who it is."""
    async with signing(scripted, require_token=False) as there:
        async with there.client() as client:
            who = (await client.get("/api/session")).json()
            assert (who["name"], who["scope"], who["sign_in_needed"]) == ("local", "admin", False)
            assert (await client.get("/api/tokens")).status_code == 200
            wrong = {"Authorization": "Bearer polyhost_x"}
            assert facts(await client.get("/api/health", headers=wrong)) == (401, "token-invalid")
            stale = {"Cookie": f"polyhost-session-{there.server.port}={'a' * 52}"}
            assert (await client.get("/api/plugins", headers=stale)).status_code == 200
        async with there.client("viewer") as client:
            assert facts(await client.get("/api/tokens")) == (403, "scope-insufficient")


@pytest.mark.parametrize(
    "header",
    [
        ("X-Forwarded-For", "10.0.0.9"),
        ("X-Forwarded-Host", "plugins.example.org"),
        ("X-Forwarded-Proto", "https"),
        ("Forwarded", "for=10.0.0.9"),
        ("Via", "1.1 proxy"),
    ],
)
async def test_a_proxy_is_not_this_machine(scripted: ScriptedHost, header: tuple[str, str]) -> None:
    """What came through a proxy, or by a name that others use, has to show a token."""
    async with signing(scripted, require_token=False, server_names=("box.lan",)) as there:
        async with there.client() as client:
            assert facts(await client.get("/api/plugins", headers=[header])) == (401, "sign-in-needed")
            name = {"Host": f"box.lan:{there.server.port}"}
            assert facts(await client.get("/api/plugins", headers=name)) == (401, "sign-in-needed")
            assert (await client.get("/api/health", headers=name)).status_code == 200
        async with there.client("viewer") as client:
            assert (await client.get("/api/plugins", headers=[header])).status_code == 200


async def test_nothing_is_kept_framed_or_loaded(there: Signing) -> None:
    """Each answer, also a refusal, forbids browsers to keep it, to guess its type, to frame it, to load from it."""
    async with there.client("viewer") as client:
        for path, headers in (
            ("/api/plugins", {}),
            ("/api/nowhere", {}),
            ("/api/tokens", {}),
            ("/api/plugins", {"Authorization": "Bearer x"}),
            ("/api/plugins", {"Host": "evil.example"}),
        ):
            found = (await client.get(path, headers=headers)).headers
            assert {name: found[name] for name in found if name in WANTED} == WANTED
            assert "access-control-allow-origin" not in found
            assert "server" not in found


WANTED = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
