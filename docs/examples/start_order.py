"""Look at who requires whom, and at what happens when a provider goes."""

import tempfile
from pathlib import Path

import trio

from hostcore import HostConfig, open_host
from hostcore.errors import DependencyError, PluginRequiredError


async def main() -> None:
    """Open a host with two plugins, one of which requires the other."""
    with tempfile.TemporaryDirectory() as data:
        config = HostConfig(plugins=(Path("digest"), Path("notes")), data=Path(data))
        async with open_host(config) as host:
            order = host.start_order()
            for number, wave in enumerate(order.waves, start=1):
                print(f"wave {number}:", *wave)
            for each in order.of("digest"):
                print(each.name, each.range, "from", each.provider)
                for candidate in each.candidates:
                    print(f"   {candidate.plugin} {candidate.version}: {candidate.text}")
            print(await host.call("Digest.Today"))

            # Others require it: it is unloaded with them, or not at all.
            try:
                await host.unload("notes")
            except PluginRequiredError as error:
                print(error.message)
            print("unloaded:", *await host.unload("notes", cascade=True))

            # Alone, the plugin cannot start.
            try:
                await host.load("digest")
            except DependencyError as error:
                print(error.message)
            print(host.plugin("digest").state, host.plugin("digest").reason.code)

            # Its provider comes, and it starts by itself; `start` waits until it is ready.
            await host.load("notes")
            await host.start("digest")
            print(await host.call("Digest.Today"))


trio.run(main)
