"""The servers that the client of `rest` talks to: `python -m benchmarks.subjects.rest_server NAME`.

Each prints its port and serves until stdin ends.
"""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import trio

from benchmarks.subjects._plugin import ECHO

NO_OP: Final = "/noop"
NO_OP_BODY: Final = b'{"ok":true}'
"""What a route answers that reads the JSON of a call and does nothing with it."""


async def _wait_for_end() -> None:
    await trio.to_thread.run_sync(sys.stdin.read, abandon_on_cancel=True)


def _ready(port: int) -> None:
    """Say where the server is; what is imported by then is left out of garbage collections, as `polyhost serve` does."""
    gc.collect()
    gc.freeze()
    print(port, flush=True)


def serve_product() -> None:
    """Serve the product's REST API with the echo plugin, and a route beside it that does nothing."""
    trio.run(_serve_product)


async def _serve_product() -> None:
    from quart.wrappers.response import Response  # noqa: PLC0415 - each server imports its own framework only

    from hostcore import HostConfig, open_host  # noqa: PLC0415 - as above
    from hostweb_api import Scope, create_app, serve  # noqa: PLC0415 - as above
    from hostweb_api._models import CallBody  # noqa: PLC0415 - as above
    from hostweb_api._operations import operation  # noqa: PLC0415 - as above
    from hostweb_api._responses import json_response  # noqa: PLC0415 - as above
    from hostweb_api.serving._listeners import Listener  # noqa: PLC0415 - as above

    @operation("doNothing", scope=Scope.OPERATOR, body=CallBody, audited=False)
    async def do_nothing(body: CallBody) -> Response:
        del body
        return json_response(NO_OP_BODY)

    (sockets,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = sockets.socket.getsockname()[1]
    listener = Listener(sockets=sockets, url=f"http://127.0.0.1:{port}")
    with tempfile.TemporaryDirectory() as name:
        async with open_host(HostConfig(plugins=(ECHO,), data=Path(name))) as host:
            app = create_app(host)
            app.add_url_rule(NO_OP, view_func=do_nothing, methods=["POST"])
            _ready(port)
            await serve(app, listeners=[listener], shutdown_trigger=_wait_for_end)


def serve_quart() -> None:
    """Serve a route that does nothing by Quart on hypercorn's asyncio worker."""
    from hypercorn.asyncio import serve  # noqa: PLC0415 - as above
    from hypercorn.config import Config  # noqa: PLC0415 - as above
    from quart import Quart, request  # noqa: PLC0415 - as above
    from quart.wrappers.response import Response  # noqa: PLC0415 - as above

    app = Quart(__name__)

    @app.post(NO_OP)
    async def do_nothing() -> Response:
        await request.get_json()
        return Response(NO_OP_BODY, content_type="application/json")

    bound = socket.create_server(("127.0.0.1", 0))
    config = Config()
    config.bind = [f"fd://{bound.fileno()}"]
    config.errorlog = None
    _ready(bound.getsockname()[1])

    async def wait_for_end() -> None:
        await asyncio.to_thread(sys.stdin.read)

    asyncio.run(serve(app, config, shutdown_trigger=wait_for_end))


def serve_starlette() -> None:
    """Serve a call of a grpcio server by Starlette on uvicorn, with as little as that takes."""
    with tempfile.TemporaryDirectory() as folder:
        from benchmarks.subjects.grpcio_sync import start_server, stop_server  # noqa: PLC0415 - as above

        server, address = start_server(folder)
        try:
            asyncio.run(_serve_starlette(address))
        finally:
            _stop(server, stop_server)


def _stop(server: subprocess.Popen[bytes], stop: Any) -> None:
    if server.poll() is None:
        stop(server)


async def _serve_starlette(address: str) -> None:
    import grpc.aio  # type: ignore[import-untyped] # noqa: PLC0415 - as above; grpcio ships no types
    import msgpack  # type: ignore[import-untyped] # noqa: PLC0415 - as above
    import uvicorn  # noqa: PLC0415 - as above
    from starlette.applications import Starlette  # noqa: PLC0415 - as above
    from starlette.requests import Request  # noqa: PLC0415 - as above
    from starlette.responses import Response  # noqa: PLC0415 - as above
    from starlette.routing import Route  # noqa: PLC0415 - as above

    from benchmarks.subjects.grpcio_server import OPTIONS  # noqa: PLC0415 - as above

    async with grpc.aio.insecure_channel(address, options=OPTIONS) as channel:
        stubs = {f"Echo.{name}": channel.unary_unary(f"/Echo/{name}") for name in ("Text", "Blob")}

        async def call(request: Request) -> Response:
            body = json.loads(await request.body())
            answer = await stubs[body["method"]](msgpack.packb(body["params"]))
            text = json.dumps({"result": msgpack.unpackb(answer)}, separators=(",", ":"))
            return Response(text.encode(), media_type="application/json")

        async def do_nothing(request: Request) -> Response:
            await request.json()
            return Response(NO_OP_BODY, media_type="application/json")

        routes = [
            Route("/api/plugins/{plugin}/call", call, methods=["POST"]),
            Route(NO_OP, do_nothing, methods=["POST"]),
        ]
        # asyncio sends small parts at once only over a socket that says that it is TCP.
        bound = socket.socket(proto=socket.IPPROTO_TCP)
        bound.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="warning"))
        _ready(bound.getsockname()[1])

        async def wait_for_end() -> None:
            await asyncio.to_thread(sys.stdin.read)
            server.should_exit = True

        ending = asyncio.create_task(wait_for_end())
        await server.serve(sockets=[bound])
        await ending


SERVERS: Final = {"product": serve_product, "quart": serve_quart, "starlette": serve_starlette}

if __name__ == "__main__":
    SERVERS[sys.argv[1]]()
