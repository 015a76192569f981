"""Builds: when they run, what they leave, and how they fail."""

import shutil

import pytest
import trio
from real_support import ECHO, write_plugin

from hostcore import HostConfig, open_host
from hostcore.errors import LaunchError
from hostcore.testing import open_plugin

BUILD = """
id = "built"
version = "1.0.0"
build = ["sh", "build.sh"]
command = ["python3", "out/main.py"]
build_sources = ["*.sh", "*.in"]
{more}
[provides]
Echo = "1.0"
"""
SCRIPT = "echo made >> made; echo a warning >&2; mkdir -p out; sleep 0.1; cp main.in out/main.py\n"


@pytest.fixture
def folder(tmp_path):
    folder = write_plugin(tmp_path / "built", BUILD.format(more=""))
    (folder / "build.sh").write_text(SCRIPT)
    (folder / "main.in").write_text((ECHO / "main.py").read_text())
    return folder


def builds(folder):
    return (folder / "made").read_text().count("made") if (folder / "made").exists() else 0


async def start(folder):
    async with open_plugin(folder) as plugin:
        assert await plugin.call("Echo.Say", {"n": 1}) == {"n": 1}
        return [line.message for line in plugin.logs()]


async def test_a_build_runs_when_the_sources_have_changed(folder):
    """The first start builds, the second does not, a changed source does again; the log has what it printed."""
    lines = await start(folder)
    assert {"building: sh build.sh", "a warning"} <= set(lines)
    assert builds(folder) == 1
    assert not any("building" in line for line in await start(folder))
    assert builds(folder) == 1
    (folder / "main.in").write_text((ECHO / "main.py").read_text() + "# changed\n")
    await start(folder)
    assert builds(folder) == 2


async def test_instances_build_once(folder):
    """Several instances of one plugin share one build: they never run it in one folder at once."""
    async with open_plugin(folder, instances=3) as plugin:
        assert len({each.pid for each in plugin.snapshot().instances}) == 3
    assert builds(folder) == 1


async def test_hosts_build_one_after_the_other(folder):
    """Of two hosts that start the same plugin, one builds it, and the other waits for that and takes it."""
    logs = []

    async def host():
        logs.append(await start(folder))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(host)
        nursery.start_soon(host)
    assert builds(folder) == 1
    assert sum("building: sh build.sh" in lines for lines in logs) == 1


async def test_a_build_that_fails_names_its_last_line(folder):
    """The error has status and last line, is tried again at the next start, and leaves no stamp."""
    (folder / "build.sh").write_text("echo step one; echo main.in:7: no such thing >&2; exit 4\n")
    with pytest.raises(
        LaunchError, match=r"failed with exit status 4; its last line: main.in:7: no such thing"
    ):
        await start(folder)
    (folder / "build.sh").write_text(SCRIPT)
    await start(folder)


async def test_a_build_that_cannot_run_is_a_launch_error(tmp_path, folder):
    """A missing tool, a folder that cannot be written and sources that cannot be read each have their error."""
    write_plugin(folder, BUILD.format(more="").replace('["sh", "build.sh"]', '["no-such-compiler-here"]'))
    with pytest.raises(LaunchError, match="no-such-compiler-here"):
        await start(folder)
    write_plugin(folder, BUILD.format(more=""))
    shutil.rmtree(folder / ".build")
    (folder / ".build").write_text("a file where the stamp's folder belongs")
    async with open_host(HostConfig(data=tmp_path / "data")) as host:
        with pytest.raises(LaunchError, match="cannot build built"):
            await host.load(folder)
        await host.load(ECHO)


async def test_odd_files_among_the_sources_are_passed_over(folder):
    """Broken links do not keep a plugin from being built."""
    (folder / "broken.in").symlink_to("nowhere")
    await start(folder)


async def test_a_build_is_broken_off_by_an_unload(tmp_path, folder):
    """A build that takes for ever ends, with all that it has started, when its plugin is unloaded."""
    (folder / "build.sh").write_text("sleep 1000 & sleep 1000\n")
    async with open_host(HostConfig(data=tmp_path / "data")) as host, trio.open_nursery() as nursery:

        async def load():
            with pytest.raises(Exception, match="built"):
                await host.load(folder)

        nursery.start_soon(load)
        with trio.fail_after(30):
            while not host.plugins():
                await trio.lowlevel.checkpoint()
            await anext(host.follow_logs("built", after=0))
            await host.unload("built")
    assert builds(folder) == 0
