"""What the tests with gRPC plugins share: the real binaries, built once, and the folders that run them."""

import functools
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import trio
from one_at_a_time import one_at_a_time
from real_support import PATIENCE, write_plugin

SOURCES = Path(__file__).parents[1] / "grpc_adapter" / "programs"
NAMES = ("bidirectional", "misbehaving", "negotiated", "plain", "streaming")
BUILD_SECONDS = 600

COOKIE = 'cookie_key = "POLYHOST_TEST_PLUGIN"\ncookie_value = "hello"'


@functools.cache
def binaries():
    """Build the test plugins and return their folder; what has not changed is not built again."""
    if shutil.which("go") is None:
        pytest.fail("there is no Go on this machine; install it to test gRPC plugins")
    folder = SOURCES / ".build"
    with one_at_a_time(folder):
        subprocess.run(
            ["go", "build", "-buildvcs=false", "-o", f"{folder}/", *(f"./{name}" for name in NAMES)],
            cwd=SOURCES,
            env={**os.environ, "GOTOOLCHAIN": "local"},
            timeout=BUILD_SECONDS,
            check=True,
        )
    return folder


def write_grpc(folder, program, *flags, grpc="", more="", plugin_id=None, version="1.0.0", cookie=COOKIE):
    """Write the folder of a plugin that is one of the test programs.

    Args:
        folder: where to.
        program: its name, or the path of another one.
        flags: what it is started with.
        grpc: further lines of `[grpc]`.
        more: further lines at the top, or tables.
        plugin_id: the plugin's id; None for the program's name.
        version: the plugin's.
        cookie: its lines.
    """
    command = [str(binaries() / program), *flags]
    text = (
        f'id = "{plugin_id or program}"\nversion = "{version}"\ntransport = "grpc"\n'
        f"command = {command!r}\n{more}\n[grpc]\n{cookie}\n{grpc}\n"
    )
    return write_plugin(folder, text)


async def eventually(condition):
    """Wait until a condition holds that nobody tells of."""
    with trio.fail_after(PATIENCE):
        while not condition():  # noqa: ASYNC110 - as above
            await trio.sleep(0.01)


async def in_flight(plugin, count):
    """Wait until so many calls of a plugin are under way."""
    await eventually(lambda: plugin.snapshot().instances[0].in_flight == count)
