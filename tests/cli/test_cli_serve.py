"""`polyhost serve`: starting, being found, stopping."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import shutil
import signal
import stat
import subprocess
import sys
import termios
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from cli_support import DEMO, PROGRAM, copy_demo, end, environment, run_polyhost, start_server, wait_until

sys.path.append(str(Path(__file__).parents[1] / "web"))
from tls_support import make_certificate


@pytest.fixture
def serve(tmp_path):
    """Start servers that are stopped after the test."""
    started = []

    def start(*arguments, data="data", **env):
        started.append(start_server(tmp_path / data, *arguments, cwd=tmp_path, **env))
        return started[-1]

    yield start
    for serving in started:
        end(serving)


def test_a_server_says_one_line_and_stops_in_order(serve):
    """Standard output has the ready line alone; SIGTERM ends plugins and server with exit code 0."""
    server = serve("--plugins", DEMO)
    assert server.url.startswith("http://127.0.0.1:")
    plugin = json.loads(server.run("info", "demo", "--json").stdout)["pid"]
    assert server.stop(signal.SIGTERM) == 0
    assert server.process.stdout.read() == ""
    assert not psutil.pid_exists(plugin)
    errors = server.errors.read_text()
    assert "demo is ● ready" in errors
    assert "stopped" in errors.splitlines()[-1]


@pytest.mark.long
def test_sigint_stops_in_order_too(serve):
    """Ctrl-C is a wish to stop, not an error."""
    assert serve().stop(signal.SIGINT) == 0


def test_requests_in_flight_are_finished(serve):
    """A call that runs when the signal comes gets its answer."""
    server = serve("--plugins", DEMO)
    call = subprocess.Popen(
        [*PROGRAM, "call", "Demo.Sleep", "seconds:=1", "--server", server.url],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    with call:
        wait_until(
            lambda: json.loads(server.run("info", "demo", "--json").stdout)["instances"][0]["in_flight"] == 1
        )
        assert server.stop() == 0
        assert (call.stdout.read(), call.wait(20)) == ("{}\n", 0)


def test_an_empty_folder_of_plugins_is_a_host_without_plugins(serve, tmp_path):
    """It starts, says so, and gets its first plugin by a reload; to load the folder itself is an error."""
    (tmp_path / "plugins").mkdir()
    server = serve("--plugins", "plugins")
    assert f"there is no plugin in {tmp_path / 'plugins'}" in server.errors.read_text()
    assert json.loads(server.run("list", "--json").stdout) == {"plugins": []}
    refused = server.run("load", tmp_path / "plugins")
    assert (refused.returncode, "there is no plugin manifest" in refused.stderr) == (6, True)
    shutil.copytree(DEMO, tmp_path / "plugins" / "demo")
    assert server.run("reload").returncode == 0
    listed = json.loads(server.run("list", "--json").stdout)["plugins"]
    assert [each["id"] for each in listed] == ["demo"]


@contextmanager
def call_for_a_minute(server):
    """Have a call in flight that nobody waits for."""
    call = subprocess.Popen(
        [*PROGRAM, "call", "Demo.Sleep", "seconds:=60", "--server", server.url],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(),
    )
    wait_until(
        lambda: json.loads(server.run("info", "demo", "--json").stdout)["instances"][0]["in_flight"] == 1
    )
    yield
    call.wait(20)


def test_a_second_signal_stops_at_once(serve):
    """It does not wait for calls; no plugin process is left."""
    server = serve("--plugins", DEMO)
    plugin = json.loads(server.run("info", "demo", "--json").stdout)["pid"]
    begin = time.monotonic()
    with call_for_a_minute(server):
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "SIGTERM: finishing requests" in server.errors.read_text())
        assert server.stop(signal.SIGTERM) == 130
    assert time.monotonic() - begin < 8
    assert not psutil.pid_exists(plugin)


def test_the_run_file_leads_clients_to_the_server(serve, tmp_path):
    """It is private, in the data folder, and gone after the stop; `--data` and the variable find it."""
    server = serve()
    file = server.data / "server.json"
    facts = json.loads(file.read_text())
    assert (facts["url"], facts["pid"]) == (server.url, server.process.pid)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert run_polyhost("list", "--data", server.data).returncode == 0
    assert run_polyhost("list", POLYHOST_DATA=str(server.data)).returncode == 0
    (tmp_path / "polyhost.toml").write_text('data = "data"\n')
    assert run_polyhost("list", cwd=tmp_path).returncode == 0
    assert server.stop() == 0
    assert not file.exists()


@pytest.mark.long
def test_a_stale_run_file_is_passed_over(serve):
    """A killed server leaves its file behind; the file of another run does not lead to whoever has the port now."""
    server = serve()
    file = server.data / "server.json"
    server.process.kill()
    server.process.wait()
    assert file.exists()
    done = run_polyhost("list", "--data", server.data)
    assert done.returncode == 3
    assert f"no running server uses the data folder {server.data}" in done.stderr
    assert run_polyhost("list", POLYHOST_DATA=str(server.data)).returncode == 3
    other = serve(data="other")
    file.write_text(json.dumps({"url": other.url, "pid": 1, "run": "another"}))
    assert run_polyhost("list", "--data", server.data).returncode == 3
    again = serve()
    assert run_polyhost("list", "--data", again.data).returncode == 0


def test_one_data_folder_one_server(serve):
    """A second server on the same folder is refused before it starts any plugin."""
    server = serve("--plugins", DEMO)
    done = run_polyhost("serve", "--port", "0", "--data", server.data)
    assert done.returncode == 9
    assert f"another `polyhost serve` uses the data folder {server.data}" in done.stderr


def test_a_port_that_is_taken(serve, tmp_path):
    """One line says so before any plugin is started."""
    server = serve()
    port = server.url.rpartition(":")[2]
    done = run_polyhost("serve", "--port", port, "--data", tmp_path / "new", "--plugins", DEMO)
    assert done.returncode == 6
    assert done.stderr.startswith(f"polyhost: error: the server cannot listen on 127.0.0.1 port {port}")
    assert "starting" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "env", "code", "told"),
    [
        (["--host", "0.0.0.0"], {}, 6, "without TLS"),
        (["--config", "nope.toml"], {}, 6, "nope.toml"),
        ([], {"POLYHOST_CONFIG": "nope.toml"}, 6, "nope.toml"),
        ([], {"POLYHOST_PORT": "many"}, 6, "POLYHOST_PORT"),
        (["--port", "many"], {}, 2, "--port"),
        (["--call-timeout", "-1"], {}, 6, "--call-timeout"),
        (["--port", "0", "--data", "/dev/null/x"], {}, 6, "/dev/null/x"),
        (["--plugins", "~nobody-at-all/x"], {}, 6, "there is no home directory"),
        (["--extension", "no_such_module:thing", "--port", "0"], {}, 6, "no_such_module"),
    ],
)
def test_a_wrong_setting_is_one_line(tmp_path, arguments, env, code, told):
    """It says which flag, variable or file, and the server does not start."""
    done = run_polyhost("serve", *arguments, cwd=tmp_path, **env)
    assert done.returncode == code, done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("polyhost: error: ")]
    assert len(errors) == 1
    assert told in errors[0]
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_flags_win_over_environment_over_file(serve, tmp_path):
    """The port of the flag is taken, the plugins of the environment, the limit of the file."""
    (tmp_path / "polyhost.toml").write_text(
        'plugins = ["nowhere"]\n[server]\nport = 1\n[limits]\ncall_timeout = 0.2\n'
    )
    server = serve(POLYHOST_PLUGINS=str(DEMO), POLYHOST_HOST="localhost")
    done = server.run("call", "Demo.Sleep", "seconds:=5", cwd=os.sep)
    assert done.returncode == 5, done.stderr


@pytest.mark.long
def test_folders_may_follow_one_flag(serve, tmp_path):
    """`--plugins a b` is `--plugins a --plugins b`."""
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "plugin.toml").write_text('id = "second"\n')
    server = serve("--plugins", DEMO, tmp_path / "second")
    plugins = json.loads(server.run("list", "--json").stdout)["plugins"]
    assert [plugin["id"] for plugin in plugins] == ["demo", "second"]


def start_process(tmp_path, *arguments, **options):
    """Start a server whose output nobody reads; its run file says when it is ready."""
    with (tmp_path / "errors").open("w") as errors:
        return subprocess.Popen(
            [*PROGRAM, "serve", "--port", "0", "--data", "data", *map(str, arguments)],
            cwd=tmp_path,
            env=environment(),
            stderr=errors,
            **{"stdout": subprocess.DEVNULL, **options},
        )


def on_terminal(tmp_path, *arguments):
    """Start a server as the leader of a session with a terminal of its own; returns it and the terminal's other end."""
    leader, follower = pty.openpty()

    def take_terminal():
        fcntl.ioctl(follower, termios.TIOCSCTTY, 0)

    process = start_process(
        tmp_path, *arguments, stdin=follower, start_new_session=True, preexec_fn=take_terminal
    )
    os.close(follower)
    wait_until((tmp_path / "data" / "server.json").exists)
    return process, leader


def test_the_end_of_the_terminal_stops_in_order(tmp_path):
    """The kernel sends SIGHUP then, and it is a wish to stop; the run file is gone afterwards."""
    process, leader = on_terminal(tmp_path, DEMO)
    os.close(leader)
    assert process.wait(20) == 0
    assert "SIGHUP: finishing requests" in (tmp_path / "errors").read_text()
    assert not (tmp_path / "data" / "server.json").exists()


def test_sighup_reads_the_configuration_again(tmp_path):
    """While the terminal is there, SIGHUP takes over what has changed and says what; a wrong file changes nothing.

    The audit trail has both.
    """
    config, errors = tmp_path / "polyhost.toml", tmp_path / "errors"
    config.write_text('plugins = ["first"]\n')
    copy_demo(tmp_path / "first")
    copy_demo(tmp_path / "second")
    process, leader = on_terminal(tmp_path)
    config.write_text('plugins = ["first", "second"]\n[limits]\nevent_ring = 100\n')
    process.send_signal(signal.SIGHUP)
    wait_until(lambda: "configuration: loaded second" in errors.read_text())
    assert "configuration: limits.event_ring will change with the next start" in errors.read_text()
    config.write_text('plugin = ["first"]\n')
    process.send_signal(signal.SIGHUP)
    wait_until(lambda: "the configuration stays as it was: " in errors.read_text())
    assert f"{config}:1, plugin" in errors.read_text()
    shown = run_polyhost("audit", "--json", "--operation", "reloadHost", "--data", tmp_path / "data").stdout
    assert [
        (each["caller"], each["kind"], each["target"], each["outcome"], each["problem"])
        for each in json.loads(shown)["records"]
    ] == [
        ("SIGHUP", "signal", str(config), "failed", "config-invalid"),
        ("SIGHUP", "signal", str(config), "done", ""),
    ]
    plugins = json.loads(run_polyhost("list", "--json", "--data", tmp_path / "data").stdout)["plugins"]
    assert [(plugin["id"], plugin["state"]) for plugin in plugins] == [
        ("first", "ready"),
        ("second", "ready"),
    ]
    process.terminate()
    assert process.wait(20) == 0
    os.close(leader)


def test_what_was_asked_for_outlives_the_server(serve, tmp_path):
    """After a new start a stopped plugin is stopped, a disabled one disabled, a loaded one loaded."""
    folders = [copy_demo(tmp_path / name) for name in ("one", "two", "three")]
    server = serve(*folders[:2])
    server.run("stop", "one")
    server.run("disable", "two")
    server.run("load", folders[2])
    assert server.stop() == 0
    server = serve(*folders[:2])
    plugins = json.loads(server.run("list", "--json").stdout)["plugins"]
    assert {plugin["id"]: plugin["state"] for plugin in plugins} == {
        "one": "stopped",
        "two": "disabled",
        "three": "ready",
    }
    assert stat.S_IMODE((server.data / "host.sqlite3").stat().st_mode) == 0o600
    assert "error" not in server.errors.read_text()


def test_a_damaged_file_of_what_was_asked_for(tmp_path):
    """The server does not start, says which file and what to do, and leaves it as it is."""
    file = tmp_path / "data" / "host.sqlite3"
    file.parent.mkdir()
    file.write_bytes(b"not a database " * 100)
    done = run_polyhost("serve", DEMO, "--port", "0", "--data", file.parent)
    assert done.returncode == 6
    assert done.stderr.startswith(f"polyhost: error: {file}: the file that keeps what was asked of plugins")
    assert "hint: restore it from a backup" in done.stderr
    assert file.read_bytes() == b"not a database " * 100


def test_extensions_are_loaded_and_left_out_by_flags(serve, tmp_path):
    """`--extension` and `--disable` do what their settings and variables do."""
    (tmp_path / "my_extension.py").write_text("class Quiet:\n    pass\n")
    server = serve("--extension", "my_extension:Quiet", "--disable", "idle_stop", PYTHONPATH=str(tmp_path))
    listed = json.loads(server.run("extensions", "--json").stdout)["extensions"]
    found = {each["name"]: (each["origin"], each["enabled"]) for each in listed}
    assert found["my_extension:Quiet"] == ("loaded", True)
    assert found["idle_stop"] == ("built-in", False)


@pytest.mark.long
def test_under_nohup_the_end_of_the_terminal_is_survived(tmp_path):
    """Who starts the server with SIGHUP ignored wants it to go on."""
    process = start_process(tmp_path, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    wait_until((tmp_path / "data" / "server.json").exists)
    process.send_signal(signal.SIGHUP)
    assert run_polyhost("list", "--data", tmp_path / "data").returncode == 0
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert "SIGHUP" not in (tmp_path / "errors").read_text()


def test_the_third_signal_ends_the_process(serve):
    """It ends without another word, and what the plugins are left as is ended by the guard."""
    server = serve("--plugins", DEMO)
    plugin = json.loads(server.run("info", "demo", "--json").stdout)["pid"]
    with call_for_a_minute(server):
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "SIGTERM: finishing requests" in server.errors.read_text())
        # Both wait for the stopped process, so that the third comes while it acts on the second.
        server.process.send_signal(signal.SIGSTOP)
        server.process.send_signal(signal.SIGINT)
        server.process.send_signal(signal.SIGTERM)
        assert server.stop(signal.SIGCONT) == 130
    errors = server.errors.read_text()
    assert "stopping at once" in errors
    assert "stopped at once" not in errors
    wait_until(lambda: not psutil.pid_exists(plugin))


def test_a_server_without_streams(tmp_path):
    """Closed standard streams are nowhere: nothing else gets their numbers, and the server serves."""
    process = subprocess.Popen(
        [
            "sh",
            "-c",
            'exec "$@" <&- >&- 2>&-',
            "sh",
            *PROGRAM,
            "serve",
            DEMO,
            "--port",
            "0",
            "--data",
            "data",
        ],
        cwd=tmp_path,
        env=environment(),
    )
    wait_until((tmp_path / "data" / "server.json").exists)
    assert run_polyhost("call", "Demo.Echo", "--data", tmp_path / "data").returncode == 0
    streams = [Path(f"/proc/{process.pid}/fd/{number}").readlink() for number in range(3)]
    assert streams == [Path(os.devnull)] * 3
    process.terminate()
    assert process.wait(20) == 0


@pytest.mark.long
def test_nobody_reads_the_ready_line(tmp_path):
    """The plugins run all the same; standard error says where."""
    reading, writing = os.pipe()
    process = start_process(tmp_path, stdout=writing)
    os.close(writing)
    os.close(reading)
    data = tmp_path / "data"
    wait_until((data / "server.json").exists)
    assert run_polyhost("list", "--data", data).returncode == 0
    process.terminate()
    assert process.wait(20) == 0
    url = re.search(r"Polyhost is ready at (\S+); standard output", (tmp_path / "errors").read_text())
    assert url is not None


def test_builds_and_starts_are_told_as_they_happen(tmp_path):
    """While a plugin is built, its state and what the build says are on standard error."""
    folder = tmp_path / "demo"
    shutil.copytree(DEMO, folder)
    manifest = folder / "plugin.toml"
    build = "echo compiling; while [ ! -e ../go ]; do sleep 0.05; done"
    manifest.write_text(
        manifest.read_text().replace("[provides]", f'build = ["sh", "-c", "{build}"]\n[provides]')
    )
    process = start_process(tmp_path, folder)
    errors = tmp_path / "errors"
    wait_until(lambda: "demo: compiling" in errors.read_text())
    assert "demo is ◔ starting" in errors.read_text()
    assert "demo is ● ready" not in errors.read_text()
    (tmp_path / "go").touch()
    wait_until(lambda: "demo is ● ready" in errors.read_text())
    process.terminate()
    assert process.wait(20) == 0


@pytest.mark.long
def test_something_lies_where_the_run_file_belongs(tmp_path):
    """The server says so, stops its plugins and leaves nothing of its own behind."""
    (tmp_path / "data" / "server.json").mkdir(parents=True)
    done = run_polyhost("serve", DEMO, "--port", "0", "--data", tmp_path / "data")
    assert done.returncode == 6
    assert "the file that tells clients of the server cannot be written" in done.stderr
    left = {file.name for file in (tmp_path / "data").iterdir()}
    assert {"host.sqlite3", "server.json", "server.lock"} <= left
    assert not {name for name in left if name.endswith(("-wal", "-shm", ".sock"))}
    assert (tmp_path / "data" / "server.json").is_dir()


def test_sighup_renews_the_certificate(tmp_path):
    """New connections get a certificate that was renewed in its place; one that is broken changes nothing and is told."""
    old, new = (make_certificate(tmp_path, name) for name in ("old", "new"))
    cert, key, errors = tmp_path / "server.crt", tmp_path / "server.key", tmp_path / "errors"

    def put(made):
        shutil.copy(made.cert, cert)
        shutil.copy(made.key, key)

    def lists(trusted):
        return run_polyhost(
            "list", "--data", tmp_path / "data", POLYHOST_CA_FILE=str(trusted.cert)
        ).returncode

    put(old)
    process, leader = on_terminal(tmp_path, "--tls-cert", cert, "--tls-key", key)
    assert lists(old) == 0
    cert.write_text("no PEM")
    process.send_signal(signal.SIGHUP)
    wait_until(lambda: "SIGHUP: the certificate for TLS stays as it was: " in errors.read_text())
    assert str(cert) in errors.read_text()
    assert lists(old) == 0
    put(new)
    process.send_signal(signal.SIGHUP)
    wait_until(lambda: "SIGHUP: the certificate for TLS was read again" in errors.read_text())
    assert lists(new) == 0
    assert lists(old) != 0
    process.terminate()
    assert process.wait(20) == 0
    os.close(leader)
