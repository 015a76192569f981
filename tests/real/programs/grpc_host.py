"""A host with one gRPC plugin that has started children, in a process of its own: `grpc_host.py DATA FOLDER`."""

import json
import sys
from pathlib import Path

import trio

from hostcore import HostConfig, open_host


async def main(data, folder):
    async with open_host(HostConfig(data=Path(data))) as host:
        plugin = await host.load(folder)
        children = (await host.call("Mischief.LeaveChildren", {"count": 2}))["pids"]
        print(json.dumps([plugin.pid, *children]), flush=True)  # noqa: T201 - a program that prints
        await trio.sleep_forever()


trio.run(main, *sys.argv[1:])
