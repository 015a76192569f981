"""The gRPC plugins of the documentation: built as a reader builds them, and called."""

import filecmp
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from grpc_support import eventually

from hostcore.errors import HandshakeError, IncompatibleError
from hostcore.testing import check_plugin, open_plugin

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = DOCS / "examples"
GUIDE = (DOCS / "guides" / "run-a-go-plugin.md").read_text()

GREETERS = ("greeter-go", "greeter-grpc-node", "greeter-python")
FOLDERS = (*GREETERS, "greeters", "go-plugin-kv", "go-plugin-counter", "add-helper")
MADE = shutil.ignore_patterns("node_modules", ".build", "__pycache__", "polyhost-data")

BUILD_SECONDS = 600.0  # a cold machine compiles gRPC
FOREIGN = "github.com/hashicorp/go-plugin/examples"


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """A copy of what is committed, without what somebody has built there; what one test builds, the others find."""
    folder = tmp_path_factory.mktemp("docs")
    for name in FOLDERS:
        shutil.copytree(EXAMPLES / name, folder / name, ignore=MADE)
    return folder


def go_build(examples, package, program):
    """Build a program of go-plugin's own examples, which nobody here has written."""
    command = ["go", "build", "-o", str(examples / program), f"{FOREIGN}/{package}"]
    subprocess.run(command, cwd=examples / "greeter-go", check=True, timeout=BUILD_SECONDS)


def changed(folder, target, old, new, *, file):
    """Copy a plugin that is built, with one text replaced in one file."""
    shutil.copytree(folder, target, symlinks=True)
    text = (target / file).read_text()
    assert old in text
    (target / file).write_text(text.replace(old, new))
    return target


def test_the_providers_are_interchangeable(examples):
    """The program of the guide gets the same from Go, JavaScript and Python: results, streams, errors with their data."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    result = subprocess.run(
        [sys.executable, "-W", "error", "greeters/greet.py"],
        cwd=examples,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    assert ((EXAMPLES / "greeters" / "greet.out").read_text(), "") == (result.stdout, result.stderr)


@pytest.mark.parametrize("name", GREETERS)
def test_each_provider_passes_its_check(examples, name):
    """`polyhost check` finds nothing: the examples of the interface hold, and the plugin ends when it is asked to."""
    check_plugin(examples / name)


@pytest.mark.parametrize("file", ["interfaces/Greeter.v1.json", "proto/greeter.proto"])
def test_the_providers_have_one_contract(file):
    """What the greeters agree on is the same file in each folder that has it."""
    files = [EXAMPLES / name / file for name in GREETERS if (EXAMPLES / name / file).exists()]
    assert len(files) > 1
    assert all(filecmp.cmp(files[0], each, shallow=False) for each in files[1:])


@pytest.mark.parametrize("name", ["greeter-go", "greeter-grpc-node"])
async def test_log_lines_have_level_and_fields(examples, name):
    """What the plugin logs as hclog does arrives as a record."""
    async with open_plugin(examples / name) as plugin:
        await plugin.call("Greeter.Greet", {"name": "Ada", "language": "de"})
        # On stderr: it may be read a moment after the answer.
        await eventually(lambda: any(each.message == "greeting" for each in plugin.logs()))
        (line,) = [each for each in plugin.logs() if each.message == "greeting"]
    told = {key: value for key, value in line.fields.items() if not key.startswith("@")}
    assert (line.level, told) == ("info", {"name": "Ada", "language": "de"})


async def test_a_foreign_binary_runs_with_the_smallest_manifest(examples):
    """go-plugin's own key-value store runs unmodified: its service appears by reflection and is called as JSON."""
    go_build(examples, "grpc/plugin-go-grpc", "go-plugin-kv/kv-go-grpc")
    async with open_plugin(examples / "go-plugin-kv") as plugin:
        assert plugin.snapshot().provides == {"KV": "1.0"}
        assert [each.name for each in plugin.snapshot().methods] == ["KV.Get", "KV.Put"]
        assert await plugin.call("KV.Put", {"key": "colour", "value": "Ymx1ZQ=="}) == {}
        stored = await plugin.call("proto.KV.Get", {"key": "colour"})
    assert list(stored) == ["value"]


async def test_a_foreign_binary_calls_back(examples):
    """go-plugin's own counter has its sums done by a plugin in Python, by way of the host."""
    go_build(examples, "bidirectional/plugin-go-grpc", "go-plugin-counter/counter-go-grpc")
    async with open_plugin(examples / "go-plugin-counter", beside=[examples / "add-helper"]) as plugin:
        for value in (3, 4):
            assert await plugin.call("Counter.Put", {"key": "a", "value": value}) == {}
        assert await plugin.call("Counter.Get", {"key": "a"}) == {"value": "7"}


def manifest(*, script, more=""):
    return f"""
id = "broken"
version = "1.0.0"
transport = "grpc"
command = ["sh", "-c", "{script}"]
{more}
[grpc]
cookie_key = "GREETER_PLUGIN"
cookie_value = "hello"
"""


def is_told(message):
    """Say whether the guide's table of failed starts has the message, with whatever numbers."""
    table = GUIDE.partition("\n## When it does not start\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (?:… )?(\w.*?) \|", table, re.MULTILINE)[1:]  # the first is the heading
    assert rows
    return any(re.search(re.sub(r"\d+", "[0-9.]+", re.escape(row)), message) for row in rows)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(manifest(script="echo no cookie >&2; exit 1"), id="ends"),
        pytest.param(manifest(script="sleep 60", more="limits.start_timeout = 0.5"), id="silent"),
        pytest.param(manifest(script="echo '1|5|unix|/nowhere|grpc|'; sleep 60"), id="version"),
        pytest.param(manifest(script="echo '1|1|unix|/nowhere|netrpc|'; sleep 60"), id="netrpc"),
    ],
)
async def test_the_guide_tells_of_failed_handshakes(tmp_path, text):
    """The words with which a start fails stand in the guide."""
    (tmp_path / "plugin.toml").write_text(text)
    with pytest.raises(HandshakeError) as caught:
        async with open_plugin(tmp_path):
            pass
    assert is_told(str(caught.value)), str(caught.value)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        pytest.param("plugin.toml", "auto_mtls = false", "auto_mtls = true", id="plaintext"),
        pytest.param(
            "main.js", "new ReflectionService(greeter).addToServer(server);", "", id="no-reflection"
        ),
    ],
)
async def test_the_guide_tells_of_refused_plugins(examples, tmp_path, file, old, new):
    """So do those with which a plugin is refused that serves in plain text, or does not say what it serves."""
    async with open_plugin(examples / "greeter-grpc-node"):
        pass  # it is built now
    folder = changed(examples / "greeter-grpc-node", tmp_path / "plugin", old, new, file=file)
    with pytest.raises((HandshakeError, IncompatibleError)) as caught:
        async with open_plugin(folder):
            pass
    assert is_told(str(caught.value)), str(caught.value)
