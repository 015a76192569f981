"""Run a host with extensions of our own."""

import tempfile
from pathlib import Path

import trio

from hostcore import HostConfig, open_host
from hostcore.config import ExtensionsConfig
from hostcore.errors import CallError


async def main() -> None:
    """Name the extensions in the configuration, as `--extension` does."""
    ours = ("my_extensions.rules:OnlyDescribed", "my_extensions.news:News", "my_extensions.calls:Calls")
    with tempfile.TemporaryDirectory() as data:
        config = HostConfig(
            plugins=(Path("notes"), Path("digest"), Path("counter")),
            data=Path(data),
            extensions=ExtensionsConfig(load=ours),
        )
        async with open_host(config) as host:
            for plugin in host.plugins():
                print(plugin.id, plugin.state, plugin.reason.code)

            for _ in range(2):
                answer = await host.call("Digest.Today")
                print(answer["text"])

            try:
                await host.call("Digest.Tomorrow")
            except CallError as error:
                print(error.code)


trio.run(main)
