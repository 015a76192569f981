"""The pages of the console: what is served where, how long it is kept, and what it may do in a browser."""

from __future__ import annotations

import base64
import gzip
import hashlib

import httpx
import pytest
from web_support import run_server

from hostweb_api import Console
from hostweb_api.console._files import ConsoleFile
from hostweb_api.console._pages import is_reserved

SCRIPT = "document.title = 'Polyhost'"
INDEX = (
    f"<!doctype html><script>{SCRIPT}</script><script type=module src=/assets/app-1a2b.js></script>".encode()
)
APP = b"export const answer = 42;\n" * 100
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def console():
    return Console({"/index.html": INDEX, "/assets/app-1a2b.js": APP, "/icon.svg": b"<svg/>"})


@pytest.fixture
async def pages(scripted, console):
    async with (
        run_server(scripted, console=console) as running,
        httpx.AsyncClient(base_url=running.url, timeout=10) as client,
    ):
        yield client


@pytest.mark.parametrize("path", ["/", "/index.html", "/plugins/kv-python/logs", "/interfaces/kv.v1.KV/1.0"])
async def test_a_page_is_at_every_address_that_is_not_the_apis(pages, path):
    """The script in the page finds out which page it is; a dot in an address makes it no file."""
    answer = await pages.get(path, headers=PAGE)
    assert (answer.status_code, answer.content) == (200, INDEX)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/api", "/api/nothing", "/metrics/nothing"])
async def test_the_api_is_no_page(pages, path):
    """An unknown path of the API is answered with a problem, also in a browser."""
    answer = await pages.get(path, headers=PAGE)
    assert (answer.status_code, answer.json()["code"]) == (404, "route-not-found")


async def test_a_program_is_told_what_is_missing(pages):
    """Who does not ask for a page gets none in the place of what is not there."""
    answer = await pages.get("/plugins/kv-python", headers={"Accept": "application/json"})
    assert answer.status_code == 404


async def test_a_file_of_an_older_build_is_gone(pages):
    """The script that asks for it must see that, and not be given a page."""
    answer = await pages.get("/assets/app-0000.js", headers=PAGE)
    assert answer.status_code == 404


async def test_hashed_files_are_kept_for_ever(pages):
    """What has its hash in its name is never asked for twice."""
    answer = await pages.get("/assets/app-1a2b.js")
    assert answer.content == APP
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_a_page_that_is_kept_already_is_not_sent_again(pages):
    """A browser that names the ETag that it has is told that nothing has changed."""
    first = await pages.get("/", headers=PAGE)
    again = await pages.get("/", headers=PAGE | {"If-None-Match": f'W/"other", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, deflate, br", "gzip"), ("gzip;q=0.5", "gzip"), ("identity", None), ("gzip;q=0", None)],
)
async def test_what_shrinks_is_sent_compressed(pages, accepted, encoding):
    """A client that takes gzip gets gzip, and only such a client."""
    answer = await pages.get("/assets/app-1a2b.js", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.content == APP
    assert (int(answer.headers["content-length"]) < len(APP)) == (encoding == "gzip")


async def test_head_has_the_length_and_no_body(pages):
    """HEAD answers as GET would, without the body."""
    answer = await pages.head("/", headers=PAGE | {"Accept-Encoding": "identity"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(INDEX))


async def test_the_policy_allows_the_pages_own_scripts_only(pages):
    """Inline scripts run by their hash; nothing comes from elsewhere, and nobody frames the page."""
    answer = await pages.get("/", headers=PAGE)
    policy = answer.headers["content-security-policy"]
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in policy
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


async def test_a_link_from_elsewhere_opens_the_console(pages):
    """A click in another site is a navigation to a page without data; the API stays closed to it."""
    click = PAGE | {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    }
    assert (await pages.get("/plugins/kv-python", headers=click)).status_code == 200
    assert (await pages.get("/api/plugins", headers=click)).status_code == 403
    framed = click | {"Sec-Fetch-Dest": "iframe"}
    assert (await pages.get("/plugins/kv-python", headers=framed)).status_code == 403


async def test_only_get_and_head_ask_for_pages(pages):
    """Another method on a page's address is the API's to refuse."""
    answer = await pages.post("/plugins/kv-python", headers=PAGE)
    assert answer.status_code in {404, 405}


async def test_a_browser_is_told_how_to_build_the_console(scripted):
    """Without a build the API works, and a page says what to do."""
    async with run_server(scripted) as running, httpx.AsyncClient(base_url=running.url) as client:
        page = await client.get("/", headers=PAGE)
        assert page.status_code == 503
        assert "./start --setup-only" in page.text
        assert (await client.get("/api/health", headers=PAGE)).status_code == 200
        assert (await client.get("/")).status_code == 404


def test_a_folder_without_an_index_is_no_console(tmp_path):
    """Nothing is served of a build that did not finish."""
    (tmp_path / "assets").mkdir()
    assert Console.read(tmp_path) is None


def test_what_the_build_keeps_for_itself_is_not_served(tmp_path):
    """Files and folders whose names begin with a dot stay inside."""
    (tmp_path / ".vite").mkdir()
    (tmp_path / ".vite" / "manifest.json").write_text("{}")
    (tmp_path / "index.html").write_bytes(INDEX)
    console = Console.read(tmp_path)
    assert console is not None
    assert console.find("/index.html") is not None
    assert console.find("/.vite/manifest.json") is None


def test_compressing_is_repeatable_and_only_where_it_helps():
    """The same file gives the same bytes; what is packed already is sent as it is."""
    file = ConsoleFile("/assets/app.js", APP)
    assert file.compressed == ConsoleFile("/assets/app.js", APP).compressed
    assert gzip.decompress(file.compressed or b"") == APP
    assert ConsoleFile("/assets/font.woff2", APP).compressed is None
    assert ConsoleFile("/assets/tiny.js", b"1").compressed is None


@pytest.mark.parametrize(
    ("path", "reserved"),
    [
        ("/api", True),
        ("/api/x", True),
        ("/metrics", True),
        ("/openapi.json", True),
        ("/apiary", False),
        ("/", False),
    ],
)
def test_the_apis_addresses_are_no_pages(path, reserved):
    """The API keeps its own paths, and no others."""
    assert is_reserved(path) is reserved
