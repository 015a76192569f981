"""Hosts with scripted plugins: what a hostile or broken plugin can do is written where it is tested."""

import json
import sys
import textwrap
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from hostcore.config import HostConfig
from hostcore.host import open_host

SCRIPTED = Path(__file__).parent / "programs" / "scripted.py"
PATIENCE = 30.0  # seconds; generous, because machines that run tests are shared


def scripted(folder, *, start="", encoding="json", features=None, more=""):
    """Write a plugin that runs `start` before its hello, and whose `X.Run` executes code; its id is the folder's name."""
    env = {"SCRIPTED_START": textwrap.dedent(start), "SCRIPTED_ENCODING": encoding}
    if features is not None:
        env["SCRIPTED_FEATURES"] = features
    variables = "\n".join(f"{name} = {json.dumps(value)}" for name, value in env.items())
    folder.mkdir(parents=True)
    (folder / "plugin.toml").write_text(
        f'id = "{folder.name}"\nversion = "1.0.0"\ncommand = {json.dumps([sys.executable, str(SCRIPTED)])}\n'
        f"{more}\n[env.set]\n{variables}\n"
    )
    return folder


@asynccontextmanager
async def host_with(data, *folders):
    """Give a host that has loaded these plugins; whatever happens, it ends within `PATIENCE`."""
    with trio.fail_after(PATIENCE):
        async with open_host(HostConfig(data=data)) as host:
            for folder in folders:
                await host.load(folder)
            yield host
