"""A host that carries out commands, one after the other, and says which are done: `commanded.py DATA PLUGINS FIRST`."""

import random
import sys
from pathlib import Path

import trio

from hostcore import HostConfig, open_host
from hostcore.config import ExtensionsConfig
from hostcore.errors import HostError
from hostcore.host import DesiredState

SEED = 11
COMMANDS = ("start", "stop", "restart", "disable", "enable", "load", "unload", "configure")


def command(number, names):
    """Return the command of this number: what, and to whom; the same for each that asks."""
    chance = random.Random(f"{SEED}.{number}")
    return chance.choice(COMMANDS), chance.choice(names)


async def carry_out(host, folder, number, what, name):
    """Carry out a command; one that the host refuses changes nothing."""
    try:
        if what == "load":
            await host.load(folder / name)
        elif what == "configure":
            await host.configure(name, {"number": number})
        else:
            await getattr(host, what)(name)
    except HostError:
        await trio.lowlevel.checkpoint()


async def main(data, folder, first):
    names = sorted(each.parent.name for each in folder.glob("*/plugin.toml"))
    config = HostConfig(data=data, extensions=ExtensionsConfig(disable=("hot_reload",)))
    with DesiredState.open(data / "host.sqlite3") as desired:
        async with open_host(config, desired=desired) as host:
            print(first - 1, flush=True)  # noqa: T201 - a program that prints
            number = first
            while True:
                await carry_out(host, folder, number, *command(number, names))
                print(number, flush=True)  # noqa: T201 - a program that prints
                number += 1


if __name__ == "__main__":
    trio.run(main, Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
