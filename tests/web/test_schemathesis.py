"""The server keeps to its OpenAPI document, whatever is sent: schemathesis makes requests from it, right and wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import trio
from web_support import run_server

from hostcore.config import HostConfig
from hostcore.host import open_host

ROOT = Path(__file__).parents[2]
PLUGINS = (ROOT / "plugins" / "kv-python", ROOT / "plugins" / "misbehaving")
# Left out: 5xx in general, for most tell of plugins (a check of our own refuses 500); the resources that are used after
# their end and the like, for plugins come and go on purpose; `Allow`, for a plugin may be called `load`.
CHECKS = (
    "is_no_bug",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
)
# A query or a body may be refused for its size, too, before anybody looks at what is in it.
CONFIG = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, 431, "5xx"]
"""
# Beyond the longest call, start and stop of the plugins here.
REQUEST_TIMEOUT = 40


async def run_schemathesis(folder: Path, *words: str) -> None:
    """Let schemathesis loose on a server with real plugins; what it finds is the failure."""
    config = HostConfig(
        plugins=PLUGINS, interface_folders=(ROOT / "schemas" / "interfaces",), data=folder / "data"
    )
    (folder / "schemathesis.toml").write_text(CONFIG)
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parent),
        "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
        "POLYHOST_TEST_FOLDERS": os.pathsep.join(map(str, PLUGINS)),
    }
    async with open_host(config) as host, run_server(host, grace=10.0) as server:
        done = await trio.run_process(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json"),
                *("--checks", ",".join(CHECKS), "--request-timeout", str(REQUEST_TIMEOUT)),
                *("--continue-on-failure", "--warnings", "off", "--no-color", *words),
            ],
            cwd=folder,  # it writes its database there
            env=environment,
            capture_stdout=True,
            stderr=subprocess.STDOUT,
            check=False,
        )
    output = done.stdout.decode(errors="replace")
    assert done.returncode == 0, output
    assert "No issues found" in output, output


async def test_whatever_is_sent_is_answered_as_documented(tmp_path: Path):
    """No 500, and no status, media type, header or member that the document does not have; the same requests each time."""
    await run_schemathesis(
        tmp_path, "--phases", "examples,coverage,fuzzing", "--max-examples", "8", "--seed", "1"
    )


@pytest.mark.long
async def test_more_of_what_may_be_sent_is_answered_as_documented(tmp_path: Path):
    """The same with more requests, other ones each time, and with sequences of them."""
    await run_schemathesis(
        tmp_path, "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "100"
    )
