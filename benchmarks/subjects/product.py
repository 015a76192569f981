"""The host itself: `host.call` with all defaults on, or with validation off (`product off`)."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path

import trio

from benchmarks.subjects._plugin import ECHO
from benchmarks.subjects._serve import serve_trio
from hostcore import HostConfig, open_host


async def _run(validation: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "echo"
        shutil.copytree(ECHO, folder)
        manifest = folder / "plugin.toml"
        text = manifest.read_text("utf-8")
        manifest.write_text(
            text.replace("\n[provides]", f'validation = "{validation}"\n\n[provides]'), "utf-8"
        )
        async with open_host(HostConfig(plugins=(folder,), data=Path(name) / "data")) as host:
            await serve_trio(partial(host.call))


def main(validation: str = "both") -> None:
    """Serve `host.call`."""
    trio.run(_run, validation)
