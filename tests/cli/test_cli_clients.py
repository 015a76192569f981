"""The commands that show and change what a running server has."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from cli_support import DEMO, PROGRAM, copy_demo, end, environment, start_server, wait_until


def test_list_is_a_table(tmp_path):
    """A line for each plugin, and below it why one does not run."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "plugin.toml").write_text('id = "Wrong Id"\n')
    serving = start_server(tmp_path / "data", DEMO, tmp_path / "broken")
    try:
        lines = serving.run("list").stdout.splitlines()
    finally:
        end(serving)
    assert lines[0].split() == [
        "PLUGIN", "STATE", "VERSION", "PID", "RESTARTS", "CALLS", "ERRORS", "ENCODING", "PROVIDES",
    ]  # fmt: skip
    rows = {line.split()[0]: line for line in lines[1 : lines.index("")]}
    assert "● ready" in rows["demo"]
    assert rows["demo"].endswith("Demo 1.0")
    assert "✗ failed" in rows["broken"]
    assert lines[-1].startswith("broken: ")
    assert "plugin.toml:1" in lines[-1]
    assert all(line == line.rstrip() for line in lines)


def test_list_is_json_for_programs(server):
    """--json writes the API's document."""
    plugins = json.loads(server.run("list", "--json").stdout)["plugins"]
    assert [(plugin["id"], plugin["state"]) for plugin in plugins] == [("demo", "ready")]


def test_info_shows_all(server):
    """State and reason, processes, methods with their params."""
    done = server.run("info", "demo")
    text = done.stdout
    assert done.returncode == 0
    for expected in (
        "demo 1.2.0",
        "A plugin for the tests of the command line",
        "● ready",
        str(DEMO),
        "Demo 1.0",
        "Demo.Count     to, delay?, fail?  Send numbers, then say how many. [sends a stream]",
    ):
        assert expected in text
    assert json.loads(server.run("info", "demo", "--json").stdout)["id"] == "demo"


def test_info_tells_how_a_process_ended(server):
    """After a crash the last end stands there with its exit code."""
    server.run("call", "Demo.Crash")
    wait_until(lambda: server.run("call", "Demo.Echo").returncode == 0)
    text = server.run("info", "demo").stdout
    assert "Last end" in text
    assert "exited with code 3" in text
    assert "1 call cut off" in text


def test_a_plugin_that_is_not_there(server):
    """Every command that names a plugin says that there is none, with exit code 4."""
    for command in (
        "info", "why", "logs", "unload", "start", "stop", "restart", "reload", "enable", "disable", "reset",
    ):  # fmt: skip
        done = server.run(command, "nobody")
        assert done.returncode == 4, done.stderr
        assert done.stderr == "polyhost: error: there is no plugin nobody\nhint: known plugins: demo\n"


def test_load_restart_unload(server, tmp_path):
    """Each waits until it is done and says how the plugin is; a relative path is the client's."""
    folder = copy_demo(tmp_path / "second")
    loaded = server.run("load", "second", cwd=tmp_path)
    assert loaded.stdout.startswith("second 1.2.0 is ● ready (pid ")
    again = server.run("load", folder)
    assert again.returncode == 9
    assert "is loaded already" in again.stderr
    restarted = json.loads(server.run("restart", "second", "--json").stdout)
    assert (restarted["state"], restarted["restarts"]) == ("ready", 1)
    assert str(restarted["pid"]) not in loaded.stdout
    assert server.run("unload", "second").stdout == "second is unloaded\n"
    assert server.run("info", "second").returncode == 4


def test_logs_show_what_a_plugin_says(server):
    """Both structured lines and standard error, with level and source."""
    server.run("call", "Demo.Log", "level=warn", "message=careful")
    text = wait_until(lambda: "on stderr" in (out := server.run("logs", "demo").stdout) and out)
    assert " WARN  careful call=" in text
    assert " INFO  stderr: on stderr" in text
    lines = json.loads(server.run("logs", "demo", "--json", "--last", "1").stdout)["lines"]
    assert len(lines) == 1


def test_logs_do_not_obey_a_plugin(server):
    """What would command a terminal is shown as an escape."""
    server.run("call", "Demo.Log", "level=info", "message=\x1b[2Jgone\x07")
    text = server.run("logs", "demo").stdout
    assert "\\x1b[2Jgone\\x07" in text
    assert "\x1b" not in text


def test_logs_follow(server):
    """New lines are written as they come, until Ctrl-C."""
    process = subprocess.Popen(
        [*PROGRAM, "logs", "demo", "--follow", "--last", "0", "--json", "--server", server.url],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    with process:
        # The call may come before the subscription: it is made again until a line is there.
        process_has_line = _reader(process)
        wait_until(
            lambda: server.run("call", "Demo.Log", "level=info", "message=new") and process_has_line(),
            seconds=30,
        )
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130


def _reader(process):
    def has_line() -> bool:
        if not select.select([process.stdout], [], [], 0.2)[0]:
            return False
        return json.loads(process.stdout.readline())["plugin"] == "demo"

    return has_line


def test_events_show_what_happened(server):
    """Old state, new state and reason in one line; `--after` leaves out what is known."""
    server.run("restart", "demo")
    text = server.run("events").stdout
    assert "host-started" in text
    assert "plugin-state-changed   demo ◔ starting → ● ready" in text
    document = json.loads(server.run("events", "--json").stdout)
    last = document["events"][-1]
    assert json.loads(server.run("events", "--json", "--after", last["id"]).stdout)["events"] == []
    after = json.loads(server.run("events", "--json", "--after", last["sequence"] - 2).stdout)["events"]
    assert [event["sequence"] for event in after] == [last["sequence"] - 1, last["sequence"]]


def test_an_event_id_that_is_none_is_refused(server):
    """The message says what an id looks like."""
    done = server.run("events", "--after", "yesterday")
    assert done.returncode == 8
    assert "'yesterday' is no event id" in done.stderr


def test_events_follow(server):
    """Kept events after the given one come first, then new ones."""
    process = subprocess.Popen(
        [*PROGRAM, "events", "--follow", "--after", "0", "--json", "--server", server.url],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    with process:
        assert json.loads(process.stdout.readline())["sequence"] == 1
        last = json.loads(server.run("events", "--json").stdout)["last"]
        server.run("restart", "demo")
        kinds = []
        while "plugin-exited" not in kinds:
            event = json.loads(process.stdout.readline())
            if event["sequence"] > last:
                kinds.append(event["kind"])
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    assert "plugin-state-changed" in kinds


def test_a_reader_that_goes_away_is_no_error(server):
    """`polyhost events | head -1` ends without a word."""
    done = subprocess.run(
        ["bash", "-c", '"$@" | head -1; exit "${PIPESTATUS[0]}"', "-", *PROGRAM, "events"],
        capture_output=True,
        text=True,
        env=environment(POLYHOST_SERVER=server.url),
        timeout=30,
        check=False,
    )
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""
    assert done.returncode in {0, 141}  # all of it may have fitted into the pipe


def test_a_full_disk_is_told(server):
    """What cannot be written is an error of one line."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(POLYHOST_SERVER=server.url),
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "polyhost: error: No space left on device\n")


def test_nobody_answers(polyhost):
    """Every client command says where it looked, and how a server is started; exit code 3."""
    for command in (["list"], ["info", "x"], ["load", "x"], ["unload", "x"], ["restart", "x"], ["logs", "x"],
                    ["start", "x"], ["stop", "x"], ["reload", "x"], ["reload"], ["enable", "x"], ["disable", "x"],
                    ["reset", "x"], ["why", "x"], ["graph"], ["graph", "--dot"], ["extensions"],
                    ["logs", "x", "-f"], ["events"], ["events", "-f"], ["call", "A.B"]):  # fmt: skip
        done = polyhost(*command, "--server", "http://127.0.0.1:1")
        assert done.returncode == 3, command
        assert "http://127.0.0.1:1 does not answer" in done.stderr
        assert "hint: start one with `polyhost serve`" in done.stderr


def test_an_address_that_is_none(polyhost):
    """It is a usage error with an example."""
    for url in ("ftp://x", "http://", "http://x:port"):
        done = polyhost("list", "--server", url)
        assert done.returncode == 2, url
        assert "write it like http://127.0.0.1:8080" in done.stderr


def test_somebody_else_answers(polyhost, tmp_path):
    """A server that is no Polyhost is told apart."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
    )
    with process:
        port = process.stdout.readline().split("port ")[1].split()[0]
        done = polyhost("list", "--server", f"http://127.0.0.1:{port}")
        process.terminate()
    assert done.returncode == 3
    assert "answers, but not as a Polyhost server does" in done.stderr


@pytest.mark.parametrize(
    "address",
    ["http://", "http://[", "http://a b", "http://..", "http://x:99999", "ftp://x", "http://" + "a" * 99],
)
def test_what_is_no_address_is_told(polyhost, address):
    """Whatever is wrong with it, it is the command line that is wrong."""
    done = polyhost("list", "--server", address)
    assert done.returncode == 2
    assert done.stderr.startswith(f"polyhost: error: {address!r} is not the address of a server\n")


@pytest.mark.parametrize(
    "make",
    [
        os.mkfifo,
        Path.mkdir,
        lambda file: file.symlink_to("/dev/zero"),
        lambda file: file.write_text("[" * 100_000),
        lambda file: file.write_text('{"url": "http://[::1", "run": 1}'),
        lambda file: file.write_text('{"url": "http://a b"}'),
        lambda file: file.write_text('{"url": 1}'),
    ],
)
def test_a_broken_run_file_is_passed_over(polyhost, tmp_path, make):
    """It is not waited for, not read without end and not believed."""
    make(tmp_path / "server.json")
    done = polyhost("list", "--data", tmp_path)
    assert done.returncode == 3
    assert "no running server uses the data folder" in done.stderr


def test_a_server_that_speaks_tls_or_does_not(server, polyhost):
    """Who names it with the wrong one of http and https is told the other one."""
    wrong = server.url.replace("http:", "https:")
    done = polyhost("list", "--server", wrong)
    assert (done.returncode, f"{wrong} does not speak TLS" in done.stderr) == (3, True), done.stderr
    assert f"--server {server.url}\n" in done.stderr
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def end_without_an_answer() -> None:  # as a server of TLS does when what comes is none
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)

        thread = threading.Thread(target=end_without_an_answer)
        thread.start()
        port = listener.getsockname()[1]
        done = polyhost("list", "--server", f"http://127.0.0.1:{port}")
        thread.join(timeout=30)
    assert (done.returncode, "ended the connection without an answer" in done.stderr) == (3, True), (
        done.stderr
    )
    assert f"--server https://127.0.0.1:{port}\n" in done.stderr
