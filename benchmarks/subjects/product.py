"""The host itself: `host.call` with all defaults on, or other settings.

`product off` is without validation, `product both off` without records, `product both all` records what each message carries.
"""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Final

import trio

from benchmarks.subjects._plugin import ECHO
from benchmarks.subjects._serve import serve_trio
from hostcore import HostConfig, open_host
from hostcore.config import ExtensionsConfig, TrafficConfig

RECORDS: Final = ("traffic_log", "host_metrics", "event_log")
"""The policies that record what happens."""


async def _run(validation: str, records: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "echo"
        shutil.copytree(ECHO, folder)
        manifest = folder / "plugin.toml"
        text = manifest.read_text("utf-8")
        manifest.write_text(
            text.replace("\n[provides]", f'validation = "{validation}"\n\n[provides]'), "utf-8"
        )
        config = HostConfig(
            plugins=(folder,),
            data=Path(name) / "data",
            extensions=ExtensionsConfig(disable=RECORDS if records == "off" else ()),
            traffic=TrafficConfig(messages=records == "all", bodies=records == "all"),
        )
        async with open_host(config) as host:
            await serve_trio(partial(host.call))


def main(validation: str = "both", records: str = "on") -> None:
    """Serve `host.call`."""
    trio.run(_run, validation, records)
