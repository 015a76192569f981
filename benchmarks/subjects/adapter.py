"""The host with a plugin that is built with go-plugin: `host.call` with all defaults, or unencrypted (`adapter plain`)."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path

import trio

from benchmarks._go import FOLDER, PROGRAM
from benchmarks.subjects._plugin import ECHO
from benchmarks.subjects._serve import serve_trio
from hostcore import HostConfig, open_host


async def _run(*, is_plain: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "echo-go"
        shutil.copytree(
            ECHO / "interfaces", folder / "interfaces"
        )  # the interface that the other plugin has, too
        (folder / PROGRAM.parent.name).mkdir()
        shutil.copy(PROGRAM, folder / PROGRAM.parent.name)
        text = (FOLDER / "plugin.toml").read_text("utf-8")
        if is_plain:
            text = text.replace("auto_mtls = true", "auto_mtls = false")
        (folder / "plugin.toml").write_text(text, "utf-8")
        async with open_host(HostConfig(plugins=(folder,), data=Path(name) / "data")) as host:
            await serve_trio(partial(host.call))


def main(variant: str = "encrypted") -> None:
    """Serve `host.call`."""
    trio.run(partial(_run, is_plain=variant == "plain"))
