"""Configure a host, use a proxy, and handle what can go wrong."""

import tempfile
from pathlib import Path

import trio

from hostcore import HostConfig, open_host
from hostcore.config import LimitsConfig
from hostcore.errors import CallError, PluginError


async def main() -> None:
    """Call a plugin in several ways."""
    with tempfile.TemporaryDirectory() as data:
        config = HostConfig(
            plugins=(Path("greeter"), Path("counter")),
            data=Path(data),
            limits=LimitsConfig(call_timeout=5.0),
        )
        async with open_host(config) as host:
            for plugin in host.plugins():
                print(plugin.id, plugin.state)

            # An interface, called like an object.
            greeter = host.interface("Greeter")
            answer = await greeter.Greet(name="Grace")
            print(answer["message"])

            # Items arrive while the call runs; leaving the block early cancels it.
            async with host.stream("Counter.Count", {"to": 3}) as numbers:
                async for item in numbers:
                    print(item)
                print(numbers.result)

            # The type of an error says whose fault it is.
            try:
                await host.call("Greeter.Wave", {}, timeout=1.0)
            except PluginError as error:
                print("the plugin:", error.code)
            except CallError as error:
                print("the call:", error.code)


trio.run(main)
