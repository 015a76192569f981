"""The commands that show and change a plugin's configuration, how its processes ended, and what a server runs on."""

from __future__ import annotations

import json

import pytest
from cli_support import copy_demo, end, start_server, wait_until

CONFIG = """
[config.values]
unit = "C"
limits = { requests = 5 }

[config.schema]
type = "object"
additionalProperties = false
properties.unit = { enum = ["C", "F"] }
properties.key = { type = "string", minLength = 3, x-secret = true }
properties.limits = { type = "object", properties = { requests = { type = "integer" } } }
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Serve a plugin with a configuration."""
    folder = tmp_path_factory.mktemp("host")
    copy_demo(folder / "weather", interface="Weather", manifest=CONFIG)
    serving = start_server(folder / "data", "--plugins", folder / "weather")
    yield serving
    end(serving)


def table_of(server):
    lines = server.run("config", "show", "weather").stdout.splitlines()[1:]
    return {line.split()[0]: line.split(None, 2)[1:] for line in lines if "  " in line}


def test_values_are_shown_with_their_origin_and_changed(server):
    """Values are set one by one, also in tables; the others stay, secrets too, and none is shown."""
    assert table_of(server) == {"unit": ["C", "manifest"], "limits.requests": ["5", "manifest"]}
    done = server.run("config", "set", "weather", "unit=F", "key=secret", "limits.requests:=7")
    assert (done.returncode, done.stdout[:26]) == (0, "weather 1.2.0 is ● ready (")
    assert table_of(server) == {
        "unit": ["F", "set by an operator"],
        "limits.requests": ["7", "set by an operator"],
        "key": ["********", "set by an operator"],
    }
    server.run("config", "set", "weather", "--unset", "unit", "--unset", "limits.requests")
    document = json.loads(server.run("config", "show", "weather", "--json").stdout)
    assert document["overrides"] == {"key": "********", "limits": {}}
    assert "secret" not in json.dumps(document).replace("x-secret", "")
    done = server.run("config", "set", "weather", '{"unit": "F"}')
    assert done.returncode == 0
    document = json.loads(server.run("config", "show", "weather", "--json").stdout)
    assert document["overrides"] == {"unit": "F"}


def test_values_are_checked_before_they_are_set(server):
    """What is wrong is named with its key, and nothing has changed."""
    before = table_of(server)
    checked = server.run("config", "validate", "weather", "unit=K", "key=k")
    assert checked.returncode == 6
    lines = sorted(checked.stdout.splitlines())
    assert lines[0] == "key: the value is shorter than 3 characters, got a secret value"
    assert lines[1].startswith('unit: the value is not one of "C" or "F"')
    assert server.run("config", "validate", "weather", "unit=F").stdout == "weather would take these values\n"
    refused = server.run("config", "set", "weather", "unit=K")
    assert (refused.returncode, "does not fit its schema" in refused.stderr) == (6, True)
    assert server.run("config", "set", "weather").returncode == 2
    assert server.run("config", "set", "weather", "--unset", "colour").returncode == 2
    assert server.run("config", "show", "nobody").returncode == 4
    assert table_of(server) == before


def test_exits_are_told(server):
    """Each end has its time, its reason and what was used, the latest first."""
    server.run("restart", "weather")
    wait_until(lambda: "restart" in server.run("exits", "weather").stdout)
    lines = server.run("exits", "weather", "--last", "1").stdout.splitlines()
    assert "instance 0, start " in lines[0]
    assert "exited with code 0" in lines[1]
    assert lines[2].startswith("  used ")
    assert len(json.loads(server.run("exits", "weather", "--last", "1", "--json").stdout)["exits"]) == 1


def test_about_names_what_runs(server):
    """Versions, machine and data folder of the server."""
    shown = server.run("about")
    assert shown.returncode == 0
    assert shown.stdout.startswith("Polyhost ")
    about = json.loads(server.run("about", "--json").stdout)
    assert f"trio {about['libraries']['trio']}" in shown.stdout
    assert about["data"] in shown.stdout
