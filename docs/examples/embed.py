"""Open a host, load a plugin, call it."""

import trio

from hostcore import open_host


async def main() -> None:
    """Greet Ada through a plugin."""
    async with open_host() as host:
        await host.load("greeter")
        answer = await host.call("Greeter.Greet", {"name": "Ada"})
        print(answer["message"])


trio.run(main)
