"""`polyhost traffic` and `polyhost replay`, on a real server."""

from __future__ import annotations

import json
import select
import subprocess

import pytest
from cli_support import DEMO, PATIENCE, PROGRAM, end, environment, start_server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Serve the demo plugin, bodies recorded."""
    serving = start_server(tmp_path_factory.mktemp("host") / "data", "--plugins", DEMO, "--traffic-bodies")
    yield serving
    end(serving)


@pytest.fixture
def calls(server):
    """Make two calls, one that fails, and return what was recorded of them, the latest first."""
    server.run("call", "demo", METHOD, *PARAMS)
    server.run("call", "demo", "Demo.Refuse")
    return json.loads(server.run("traffic", "--json", "-n", "2").stdout)["calls"]


METHOD = "Demo.Echo"
PARAMS = ("a:=1", "b:=2")


def test_calls_are_a_table(server, calls):
    """A row a call, the latest first, with who, what, how long and how it ended."""
    lines = server.run("traffic", "demo", "-n", "1", "--outcome", "ok").stdout.splitlines()
    assert lines[0].split() == ["ID", "AT", "PLUGIN", "METHOD", "CALLER", "TIME", "BYTES", "OUTCOME"]
    assert lines[1].split()[0].isdigit()
    assert METHOD in lines[1]
    assert lines[1].endswith("✓ ok")


def test_bodies_are_shown_below_their_call(server, calls):
    """With --bodies, a line for what was sent and one for what came."""
    lines = server.run("traffic", "--bodies", "-n", "1", "--outcome", "ok").stdout.splitlines()
    assert [line.strip().partition(":")[0] for line in lines[1:]] == ["params", "result"]
    assert '"a": 1' in lines[1]


def test_calls_are_chosen(server, calls):
    """What nothing fits is an empty answer; what only calls have is refused for messages."""
    assert server.run("traffic", "--method", "Other.*").stdout == ""
    assert server.run("traffic", "--since", "1h", "--slower-than", "1h").stdout == ""
    wrong = server.run("traffic", "--messages", "--outcome", "ok")
    assert (wrong.returncode, wrong.stderr) == (2, "polyhost: error: messages have no --outcome\n")


def test_all_is_exported(server, calls):
    """One line of JSON a call, whatever -n says."""
    lines = server.run("traffic", "--export", "-n", "1").stdout.splitlines()
    assert len(lines) >= 2
    assert {json.loads(line)["plugin"] for line in lines} == {"demo"}


def test_what_is_recorded_can_be_changed(server):
    """Messages are there from then on; a call is shown with its own."""
    changed = server.run("traffic", "demo", "--record", "calls, messages,bodies")
    assert changed.stdout == "demo: calls, messages and bodies are recorded\n"
    server.run("call", "demo", METHOD, *PARAMS)
    seen = server.run("traffic", "--messages", "--method", METHOD, "-n", "2").stdout.splitlines()
    assert [line.split()[-1] for line in seen[1:]] == [METHOD, METHOD]
    first = json.loads(server.run("traffic", "--json", "-n", "1").stdout)["calls"][0]["id"]
    shown = server.run("traffic", "--id", first).stdout
    assert ("→ demo request" in shown, "← demo response" in shown) == (True, True)
    assert json.loads(server.run("traffic", "--id", first, "--json").stdout)["call"]["id"] == first
    assert server.run("traffic", "demo", "--record", "none").stdout == "demo: nothing is recorded\n"
    settings = server.run("traffic", "demo", "--record", "bodies", "--json")
    assert json.loads(settings.stdout) == {"calls": True, "messages": False, "bodies": True}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--record", "calls"), "--record needs a plugin"),
        (("demo", "--record", "colours"), "there is no colours to record"),
        (("--since", "soon"), "'soon' is no time span"),
    ],
)
def test_what_makes_no_sense_is_refused(server, words, message):
    """With exit code 2, and what would make sense."""
    wrong = server.run("traffic", *words)
    assert wrong.returncode == 2
    assert message in wrong.stderr


def test_a_call_is_made_again(server, calls):
    """The result is that of the call; what cannot be made again has its own exit codes."""
    again = next(each["id"] for each in calls if each["outcome"] == "ok")
    result = server.run("replay", again, "--timeout", "20s")
    assert (result.returncode, json.loads(result.stdout)) == (0, {"a": 1, "b": 2})
    assert server.run("replay", "5").returncode == 4


def test_new_calls_are_followed(server):
    """A line a call as it ends, or one of JSON; the end of the server ends it."""
    command = [*PROGRAM, "traffic", "--follow", "--json", "--method", METHOD, "--data", str(server.data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())
    try:
        # Nobody tells when it is connected: calls are made until it has seen one.
        while process.poll() is None:
            server.run("call", "demo", METHOD, *PARAMS)
            if _readable(process):
                break
        line = process.stdout.readline()
    finally:
        process.kill()
        process.wait(PATIENCE)
        process.stdout.close()
    assert (json.loads(line)["method"], json.loads(line)["outcome"]) == (METHOD, "ok")


def _readable(process):
    return bool(select.select([process.stdout], [], [], 0.5)[0])
