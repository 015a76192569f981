"""Serve the API of a host with routes of our own."""

import json
import tempfile
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import trio

from hostcore import HostConfig, open_host
from hostcore.config import ExtensionsConfig
from hostweb_api import Addresses, TcpAddress, WebHooks, serve_api


def ask(url: str, path: str, body: object) -> dict[str, object]:
    """Send a request, and return what comes back."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=30)
    with closing(connection):
        if body is None:
            connection.request("GET", path)
        else:
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer: dict[str, object] = json.load(connection.getresponse())
        return answer


async def main() -> None:
    """Give the host the declarations of the server's hooks, as `polyhost serve` does."""
    with tempfile.TemporaryDirectory() as data:
        config = HostConfig(
            plugins=(Path("greeter"),),
            data=Path(data),
            extensions=ExtensionsConfig(load=("my_extensions.routes:Votes",)),
        )
        stopping = trio.Event()
        async with open_host(config, declarations=(WebHooks,)) as host, trio.open_nursery() as nursery:
            addresses = Addresses(all=(TcpAddress(port=0),))
            serve = partial(serve_api, host, addresses=addresses, stopping=stopping)
            url, *_ = await nursery.start(serve)
            for path, body in (
                ("votes/cast", {"plugin": "greeter"}),
                ("votes/cast", {"plugin": "nobody"}),
                ("votes/cast", {}),
                ("votes/counted", None),
            ):
                answer = await trio.to_thread.run_sync(ask, url, f"/api/extensions/{path}", body)
                print(answer.get("code", answer))
            stopping.set()


trio.run(main)
