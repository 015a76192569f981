"""How the configuration of a gRPC plugin reaches it."""

import json

import pytest
from grpc_support import binaries, write_grpc

from hostcore.errors import LaunchError
from hostcore.testing import open_plugin

pytestmark = pytest.mark.usefixtures("leaves_no_file")

TELL = ["-c", 'printf "%s\\n" "config: $POLYHOST_PLUGIN_CONFIG" >&2; exec "$0"']


def write(folder, more, *, grpc=""):
    """Write a plugin that says what configuration it was given, then is an ordinary one."""
    return write_grpc(
        folder, "/bin/sh", *TELL, str(binaries() / "streaming"), more=more, grpc=grpc, plugin_id="configured"
    )


async def told(folder):
    """Return what it says."""
    async with open_plugin(folder) as plugin:
        lines = [line.message for line in plugin.logs()]
    return next(line for line in lines if line.startswith("config: ")).removeprefix("config: ")


async def test_the_configuration_comes_as_json_in_the_environment(tmp_path):
    """With all kinds of values, and none where there is nothing to say."""
    values = {
        "greeting": "Grüße\n\0=",
        "depth": 3,
        "ratio": 0.5,
        "on": True,
        "list": [1, {"a": "b"}],
        "table": {"x": 1},
    }
    more = (
        '[config.values]\ngreeting = "Grüße\\n\\u0000="\ndepth = 3\nratio = 0.5\non = true\nlist = [1, {a = "b"}]\n'
        'table = {x = 1}\n[config.schema]\ntype = "object"'
    )
    assert json.loads(await told(write(tmp_path / "some", more))) == values
    assert await told(write(tmp_path / "none", "")) == ""


async def test_a_configuration_that_the_environment_cannot_hold_is_told(tmp_path):
    """The error names the table of the manifest, and nothing is started."""
    folder = write(tmp_path / "c", '[config.values]\nvalue = "' + "x" * 200_000 + '"')
    with pytest.raises(LaunchError, match="takes 200012 bytes as JSON") as caught:
        async with open_plugin(folder):
            raise AssertionError
    assert caught.value.location == f"{folder / 'plugin.toml'}, config.values"
    assert "file" in caught.value.hint
