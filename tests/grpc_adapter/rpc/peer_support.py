"""The other side made with the real library: `tests/grpc_adapter/programs/peer`, in Go."""

import contextlib
import shutil
import subprocess
from pathlib import Path

import pytest
import trio

from hostcore.transports import Deadlines
from hostcore_grpc.rpc import Client

SOURCE = Path(__file__).parents[1] / "programs" / "peer"
BUILD_SECONDS = 600
PATIENCE = 30


def build(folder):
    """Build the program and return its path."""
    go = shutil.which("go")
    if go is None:
        pytest.fail(
            "there is no program go on this machine; install it to test against the real library of gRPC"
        )
    program = folder / "peer"
    built = subprocess.run(
        [go, "build", "-o", program, "."],
        cwd=SOURCE,
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return program


@contextlib.asynccontextmanager
async def served(program, network, address, **environment):
    """Run the Go server and give the address that it listens on."""
    process = await trio.lowlevel.open_process(
        [program, "serve", network, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    )
    try:
        with trio.fail_after(PATIENCE):
            line = b""
            while not line.endswith(b"\n"):
                chunk = await process.stdout.receive_some()
                assert chunk, "the server has ended"
                line += chunk
        yield line.decode().strip()
    finally:
        with trio.CancelScope(shield=True):
            await process.stdin.aclose()
            with trio.move_on_after(PATIENCE):
                await process.wait()
            if process.returncode is None:
                process.kill()
                await process.wait()
            await process.stdout.aclose()


@contextlib.asynccontextmanager
async def connected(stream, **more):
    """Give a client that is driven."""
    deadlines = Deadlines()
    notes = []
    client = Client(stream, deadlines=deadlines, noted=notes.append, **more)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(deadlines.run)
        nursery.start_soon(client.run)
        yield client
        nursery.cancel_scope.cancel()
    assert notes == []
