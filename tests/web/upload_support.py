"""What the tests of plugins that come as archives share: the plugin, its archives, and a served host."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from openapi_support import check_answer
from web_support import Server, run_server

from hostcore.config import HostConfig
from hostcore.host import DesiredState, Host, open_host
from hostcore.manifest import load_manifest
from hostcore.sources import (
    coverage_of,
    read_folder,
    remove_tree,
)

MANIFEST = """
id = "sent"
version = "1.0.0"
description = "Came from afar"
runtime = "python"
entry = "main.py"
[provides]
Sent = "1.0"
[env]
pass = ["SECRET_TOKEN"]
"""
PROGRAM = """
from pathlib import Path
from polyhost_plugin import Plugin


plugin = Plugin("sent", version="1.0.0")

@plugin.method("Sent.Where")
def where() -> dict:
    return {"folder": str(Path.cwd())}

plugin.run()
"""
FILES = {"plugin.toml": MANIFEST.encode(), "main.py": PROGRAM.encode()}
ZIP, GZIP, TAR = "application/zip", "application/gzip", "application/x-tar"


def zipped(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def tarred(files: Mapping[str, bytes], mode: str = "w") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload] # one of two
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return made.getvalue()


class Api:
    """Is a served host, and a client of it."""

    def __init__(self, host: Host, server: Server, client: httpx.AsyncClient) -> None:
        self.host = host
        self.server = server
        self.client = client
        self.uploads = host.data / "uploads"

    async def send(self, route: str, data: Any, kind: str = ZIP, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(
            f"/api/plugins/{route}", content=data, headers={"Content-Type": kind, **named}
        )

    def left(self) -> list[str]:
        return sorted(each.name for each in self.uploads.iterdir()) if self.uploads.exists() else []


@asynccontextmanager
async def serving(data: Path, *, desired: DesiredState | None = None, **config: Any) -> AsyncIterator[Api]:
    try:
        async with (
            open_host(HostConfig(data=data, **config), desired=desired) as host,
            run_server(host, grace=10.0) as server,
            httpx.AsyncClient(
                base_url=server.url, timeout=30, event_hooks={"response": [check_answer]}
            ) as client,
        ):
            yield Api(host, server, client)
    finally:
        remove_tree(data / "sources")


def digest_of(files: Mapping[str, bytes], folder: Path) -> str:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return read_folder(folder, coverage_of(load_manifest(folder))).digest


def version(number: str, program: str = PROGRAM) -> dict[str, bytes]:
    """Return the files of a version of the plugin."""
    files = {"plugin.toml": MANIFEST, "main.py": program}
    return {name: text.replace("1.0.0", number).encode() for name, text in files.items()}


def put(files: Mapping[str, bytes], folder: Path) -> Path:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder
