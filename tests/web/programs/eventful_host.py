"""Serves a host with a plugin in which thousands of events happen a second; prints its address, ends with its input.

Each line of the input is a number: so many events happen then, and the line `done` is printed.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import trio

from hostcore.config import HostConfig
from hostcore.events import PluginDiscovered
from hostcore.host import open_host
from hostweb_api import Addresses, TcpAddress, serve_api

ROOT = Path(__file__).parents[3]
BURST = 50


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def main(data: str) -> None:
    config = HostConfig(
        plugins=(ROOT / "plugins" / "kv-python",),
        interface_folders=(ROOT / "schemas" / "interfaces",),
        data=Path(data),
    )
    stopping = trio.Event()
    async with open_host(config) as host, trio.open_nursery() as nursery:
        addresses = Addresses(all=(TcpAddress(port=0),))
        serving = partial(serve_api, host, addresses=addresses, stopping=stopping)
        say((await nursery.start(serving))[0])
        async with trio.wrap_file(sys.stdin) as lines:
            async for line in lines:
                for number in range(int(line) // BURST):
                    for _ in range(BURST):
                        host.record(PluginDiscovered(plugin=f"p{number}", version="1.0", folder="x" * 500))
                    await trio.sleep(0.01)
                say("done")
        stopping.set()


trio.run(main, sys.argv[1])
