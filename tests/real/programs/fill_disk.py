"""Runs a host whose data folder has no room at times, and prints what became of its calls and of its log.

Arguments: the data folder, the folder of a plugin, and how the room is taken: `ballast` fills the disk, `limit` bounds the
size of the files of this process.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

import trio

from hostcore import HostConfig, open_host
from hostcore.config import TrafficConfig
from hostcore.traffic import traffic_of

PATIENCE = 60.0
BODY = "x" * 8000
CALLS = 2500  # their bodies are more than may wait


async def until(condition):
    with trio.fail_after(PATIENCE):
        while not await condition():  # noqa: ASYNC110 - nobody tells of it
            await trio.sleep(0.05)


class Ballast:
    def __init__(self, data):
        self.file = data / "ballast"

    def take(self):
        with self.file.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                return

    def give_back(self):
        self.file.unlink()


class Limit:
    def __init__(self, data):
        self.data = data

    def take(self):
        largest = max(each.stat().st_size for each in self.data.rglob("*.sqlite3*"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))

    def give_back(self):
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


async def main():
    data, plugin = Path(sys.argv[1]), Path(sys.argv[2])
    room = {"ballast": Ballast, "limit": Limit}[sys.argv[3]](data)
    config = HostConfig(
        data=data, plugins=(plugin,), traffic=TrafficConfig(bodies=True, keep_bytes=4 * 2**20)
    )
    async with open_host(config) as host:
        log = traffic_of(host)

        async def has_trouble():
            return (await log.statistics()).trouble is not None

        async def is_well():
            return (await log.statistics()).trouble is None

        async def last_is_kept():
            await host.call("Echo.Say", {"text": "last"})
            page = await log.calls(limit=1, bodies=True)
            return bool(page.entries) and page.entries[0].params.text == '{"text":"last"}'

        await host.call("Echo.Say", {"text": "first"})
        first = len((await log.calls()).entries)
        room.take()
        answered = 0
        longest = 0.0
        for _ in range(CALLS):
            began = time.perf_counter()
            answered += (await host.call("Echo.Say", {"text": BODY}))["text"] == BODY
            longest = max(longest, time.perf_counter() - began)
        await until(has_trouble)
        full = (await log.statistics()).as_json()
        room.give_back()
        await until(is_well)
        await until(last_is_kept)
        end = (await log.statistics()).as_json()
    print(json.dumps({"first": first, "answered": answered, "longest": longest, "full": full, "end": end}))  # noqa: T201 - a program that prints
    os.sync()


trio.run(main)
