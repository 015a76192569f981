"""Reload a plugin: another process goes on with what the one before knew."""

import tempfile
from pathlib import Path

import trio

from hostcore import HostConfig, open_host


async def main() -> None:
    """Come three times, with a reload in between."""
    with tempfile.TemporaryDirectory() as data:
        async with open_host(HostConfig(data=Path(data))) as host:
            before = await host.load("visits")
            for _ in range(2):
                print(await host.call("Visits.Come", {"who": "Ada"}))
            after = await host.reload("visits")
            print("another process:", before.pid != after.pid)
            print(await host.call("Visits.Come", {"who": "Ada"}))


trio.run(main)
