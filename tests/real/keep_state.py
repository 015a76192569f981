"""Changes what is asked of plugins, one change after the other, until it is killed: `keep_state.py FILE FIRST`."""

import sys
from pathlib import Path

import trio

from hostcore.host._desired_state import DesiredState, Wanted, WantedPlugin

PLUGINS = 5  # few, so that records are replaced and removed, too


async def change(state, number):
    """Make the change of this number: every seventh one forgets a plugin."""
    plugin = f"p{number % PLUGINS}"
    if number % 7 == 0:
        await state.remove(plugin)
    else:
        wanted = list(Wanted)[number % len(Wanted)]
        await state.put(WantedPlugin(id=plugin, wanted=wanted, config={"number": number}, changed_at=number))


async def main(file, first):
    number = first
    with DesiredState.open(Path(file)) as state:
        while True:
            await change(state, number)
            print(number, flush=True)  # noqa: T201 - a program that prints
            number += 1


if __name__ == "__main__":
    trio.run(main, sys.argv[1], int(sys.argv[2]))
