"""What the host changes by itself because files have changed is in the audit trail, with an honest who."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import trio
from web_support import run_server

from hostcore.config import HostConfig
from hostcore.host import open_host
from hostweb_api import AuditTrail
from hostweb_api.security._audit_file import AuditFilter, AuditRecord

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "tests" / "cli" / "demo"
PATIENCE = 60.0


async def reloads(audit: AuditTrail, count: int) -> list[AuditRecord]:
    """Wait until there are so many, and return them, the oldest first."""
    with trio.fail_after(PATIENCE):
        while len(found := await audit.find(AuditFilter(operation="reloadPlugin"), limit=10)) < count:  # noqa: ASYNC110 - a file has no event
            await trio.sleep(0.05)
    return found[::-1]


async def test_reloads_for_changed_files_are_kept(tmp_path: Path) -> None:
    """The watcher's reload is there as the watcher's, with how it ended; one that is asked for is there once, as asked for."""
    folder = tmp_path / "demo"
    shutil.copytree(DEMO, folder)
    manifest = folder / "plugin.toml"
    text = manifest.read_text()
    config = HostConfig(plugins=(folder,), data=tmp_path / "data")
    with AuditTrail.open(tmp_path / "audit.sqlite3", days=1, megabytes=1) as audit:
        async with (
            open_host(config) as host,
            run_server(host, audit=audit) as server,
            httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as client,
        ):
            manifest.write_text(f"{text}\n# another\n")
            await reloads(audit, 1)
            assert (await client.post("/api/plugins/demo/reload")).status_code == 200
            await reloads(audit, 2)
            manifest.write_text(f"{text}\nno = 1\n")
            found = await reloads(audit, 3)
            await trio.sleep(0.5)
            assert await reloads(audit, 3) == found
    assert [
        (each.caller, each.kind, each.address, each.target, each.outcome.value, each.problem)
        for each in found
    ] == [
        ("file watcher", "watcher", "local", "demo", "done", ""),
        ("local", "local", "127.0.0.1", "demo", "done", ""),
        ("file watcher", "watcher", "local", "demo", "failed", "manifest-invalid"),
    ]
    assert [(each.method, each.path, each.status) for each in found if each.kind == "watcher"] == [
        ("", "", 0)
    ] * 2
