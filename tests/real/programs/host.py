"""A host in a process of its own, to be ended in every way: `host.py DATA HOW FOLDER…`."""

import json
import signal
import sys
from pathlib import Path

import trio

from hostcore import HostConfig, open_host


async def main(data, how, folders):
    if how == "deaf":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    async with open_host(HostConfig(data=Path(data), plugins=tuple(map(Path, folders)))) as host:
        children = []
        for plugin in host.plugins():
            if plugin.id == "misbehaving":
                children += (await host.call("Misbehaving.LeaveChildren", {"count": 2}))["pids"]
        pids = [plugin.pid for plugin in host.plugins()]
        print(json.dumps({"pids": pids, "children": children}), flush=True)  # noqa: T201 - a program that prints
        if how == "raise":
            raise ZeroDivisionError
        while line := await trio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True):
            method, params = json.loads(line)
            print(json.dumps(await host.call(method, params)), flush=True)  # noqa: T201 - a program that prints


trio.run(main, sys.argv[1], sys.argv[2], sys.argv[3:])
