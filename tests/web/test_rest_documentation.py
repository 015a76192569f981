"""The reference of the REST API and the server say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from scripted_host import ScriptedHost

import hostcore.errors
from hostweb_api import PROBLEMS, ConnectionLimits, create_app
from hostweb_api import _settings as settings

DOCS = Path(__file__).parents[2] / "docs" / "reference"
REST_API = (DOCS / "rest-api.md").read_text()
ERRORS = (DOCS / "errors.md").read_text()


def test_every_route_is_documented_and_no_other() -> None:
    """Each route has a heading with its HTTP method and path, and each such heading has a route."""
    app = create_app(ScriptedHost())
    parameter = r":\1"
    routes = {
        f"{method} {re.sub('<(?:plugin_|token_|call_)?([a-z]+)>', parameter, rule.rule)}"
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert set(re.findall(r"^### `([A-Z]+ /\S+)`$", REST_API, re.MULTILINE)) == routes


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_every_code_is_documented_with_its_status(code: str) -> None:
    """The codes of the host are in the reference of errors, those of HTTP alone in that of the API."""
    host_codes = {getattr(hostcore.errors, name).code for name in hostcore.errors.__all__} | {"internal"}
    in_errors = re.search(rf"^\| `{code}` \| `\w+` \| (\d+) \|", ERRORS, re.MULTILINE)
    in_rest = re.search(rf"^\| `{code}` \| (\d+) \|", REST_API, re.MULTILINE)
    found = in_errors if code in host_codes else in_rest
    assert found is not None
    assert int(found[1]) == PROBLEMS[code][0]
    assert (in_errors is None) != (in_rest is None)


def test_limits_are_those_of_the_server() -> None:
    """The numbers in the table of limits are the server's."""
    limits = ConnectionLimits()
    assert settings.MAX_CALL_BODY == 8 * 2**20
    assert settings.MAX_SMALL_BODY == 64 * 2**10
    for text in (
        f"16 KiB, and {limits.idle_timeout:.0f} s to arrive",
        f"8 MiB, 64 KiB, and {settings.BODY_TIMEOUT:.0f} s to arrive",
        f"| {limits.max_connections}; further ones",
        f"closed after {limits.idle_timeout:.0f} s",
        f"cut off after {limits.write_timeout:.0f} s without progress",
        f"have {settings.GRACE_SECONDS:.0f} s to finish",
        f"after {settings.HEARTBEAT_SECONDS:.0f} s of silence",
        f"1 to {settings.MAX_TIMEOUT_MS:,} ms".replace(",", " "),
        f"at most {settings.MAX_COLLECTED_ITEMS:,} |".replace(",", " "),
        f"default {settings.DEFAULT_LOG_LINES}, with `after` all",
    ):
        assert text in REST_API, text
