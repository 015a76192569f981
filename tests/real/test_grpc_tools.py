"""What comes for every plugin comes for gRPC plugins: check, pinned files, test kit, a host without the libraries."""

import hashlib
import shutil
import subprocess
import sys

import pytest
from grpc_support import binaries, write_grpc
from real_support import ECHO, PATIENCE

from hostcore import HostConfig, open_host
from hostcore.errors import LaunchError, ManifestError
from hostcore.testing import check_extension, check_plugin, open_plugin
from hostcore_grpc import GrpcTransportExtension

pytestmark = pytest.mark.usefixtures("leaves_no_file")


def test_a_sound_plugin_passes_the_checks(tmp_path):
    """`polyhost check` starts it, greets it and sees it stop by itself."""
    check_plugin(write_grpc(tmp_path / "s", "streaming"))


def test_an_unsound_plugin_does_not(tmp_path):
    """One that does not end when it is asked, or does not start, fails its check, with what to do."""
    more = "[shutdown]\ngrace = 0.5\nterm_grace = 0.2"
    with pytest.raises(AssertionError, match="ended by SIGKILL instead of by itself"):
        check_plugin(write_grpc(tmp_path / "m", "misbehaving", "-ignore-shutdown", more=more))
    with pytest.raises(AssertionError, match="its process ended with exit status 3"):
        check_plugin(write_grpc(tmp_path / "n", "misbehaving", "-exit", "3"))


def test_the_command_line_checks_it(tmp_path):
    """The same from a shell, in a process of its own."""
    folder = write_grpc(tmp_path / "s", "streaming")
    done = polyhost("check", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "it speaks protobuf and provides Streams 1.0" in done.stdout


def polyhost(*words, python=("-m", "hostcore.cli")):
    return subprocess.run(
        [sys.executable, *python, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


async def test_a_pinned_binary_is_checked_before_it_runs(tmp_path):
    """`[verify]` keeps a changed program from being executed."""
    folder = tmp_path / "s"
    folder.mkdir()
    shutil.copy(binaries() / "streaming", folder / "program")
    digest = hashlib.sha256((folder / "program").read_bytes()).hexdigest()
    write_grpc(folder, folder / "program", plugin_id="pinned", more=f'[verify]\nprogram = "sha256:{digest}"')
    async with open_plugin(folder) as plugin:
        assert await plugin.call("Streams.Echo", {"data": "eA=="}) == {"data": "eA=="}
    with (folder / "program").open("ab") as program:
        program.write(b"x")
    async with open_host(HostConfig(data=tmp_path / "data")) as host:
        with pytest.raises(LaunchError, match="program is not the file that"):
            await host.load(folder)
        assert host.plugin("pinned").last_exit is None


def test_the_extension_implements_a_hook():
    """It is an ordinary extension."""
    assert check_extension(GrpcTransportExtension()) == ("hostcore_provide_transports",)


# Python as it is without the extra: a library of it cannot be found.
WITHOUT = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {library!r}:
            raise ModuleNotFoundError("no module named " + name, name=name.partition(".")[0])

sys.meta_path.insert(0, Blocked())
"""


@pytest.mark.parametrize("library", ["hpack", "cryptography"])
def test_without_its_libraries_only_grpc_plugins_are_refused(tmp_path, library):
    """The error names what is missing and how to install it; plugins over stdio, and the host, do not care."""
    program = tmp_path / "run.py"
    program.write_text(
        WITHOUT.format(library=library)
        + """
import trio
from hostcore import HostConfig, open_host
from hostcore.errors import ManifestError

async def main(data, grpc, stdio):
    async with open_host(HostConfig(data=data)) as host:
        for _ in range(2):
            try:
                await host.load(grpc)
            except ManifestError as error:
                print(error.message, "|", error.hint)
        await host.load(stdio)
        print(await host.call("Echo.Say", {"n": 1}))
        print([each.name for each in host.extensions() if "grpc" in each.name])

from pathlib import Path
trio.run(main, *map(Path, sys.argv[1:]))
"""
    )
    done = polyhost(tmp_path / "data", write_grpc(tmp_path / "s", "streaming"), ECHO, python=[str(program)])
    refusal = f"the transport grpc is not installed: {library} is missing or too old | install it with: pip install 'polyhost[grpc]'"
    assert (done.stderr, done.stdout.splitlines()) == ("", [refusal, refusal, "{'n': 1}", "['grpc']"])


async def test_a_fault_of_the_code_is_not_taken_for_a_missing_library(tmp_path, monkeypatch):
    """A module of the adapter itself that cannot be found shows as what it is: the extension has failed."""
    monkeypatch.setitem(sys.modules, "hostcore_grpc._launcher", None)
    async with open_host(HostConfig(data=tmp_path / "data")) as host:
        with pytest.raises(ManifestError, match="the transport grpc failed to check it: ModuleNotFoundError"):
            await host.load(write_grpc(tmp_path / "s", "streaming"))


def test_the_libraries_are_not_imported_without_need():
    """A host without gRPC plugins does not pay for their libraries."""
    program = (
        "import sys, hostcore.cli, hostcore_grpc; "
        "print(sorted({'google.protobuf', 'cryptography', 'hpack'} & set(sys.modules)))"
    )
    assert polyhost(python=["-c", program]).stdout == "[]\n"


async def test_a_broken_manifest_is_told_even_without_a_start(tmp_path):
    """`load` of a plugin whose table is wrong raises before anything runs."""
    with pytest.raises(ManifestError, match="cookie_key"):
        async with open_plugin(write_grpc(tmp_path / "s", "streaming", cookie="")):
            raise AssertionError
