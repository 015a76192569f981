"""The process around the calls: output, hooks, logging, the beginning and the end."""

import json
import os
import subprocess
import sys
import time

import pytest
from driver import CallError

SMALL = """
from polyhost_plugin import Plugin, StartError
plugin = Plugin("small")

@plugin.method("S.Echo")
def echo(value=None):
    return {"value": value}

@plugin.method("S.Hang", threaded=True)
def hang():
    import time
    time.sleep(1000)
"""


def wait_for_stderr(driver, text):
    until = time.monotonic() + 10
    while text not in driver.stderr and time.monotonic() < until:
        time.sleep(0.01)
    assert text in driver.stderr


def test_nothing_that_is_printed_reaches_the_wire(start):
    """What the plugin and its children print goes to stderr, as it is printed; children find an empty stdin."""
    driver = start()
    driver.call("T.Print")
    driver.close_stdin()
    assert driver.wait() == 0
    assert driver.stray == b""
    for text in ("printed before run()", "handler, über", "no newline", "child ''", "run() has returned"):
        wait_for_stderr(driver, text.encode())


def test_without_the_launcher_the_wire_is_secured_by_run(start):
    """A plugin that is started by its file works, too; only what it flushes before run() is stray."""
    driver = start(
        "print('early', flush=True)\nprint('buffered')\n" + SMALL + "plugin.run()\n", launcher=False
    )
    driver.call("S.Echo")
    assert driver.stray == b"early\n"
    wait_for_stderr(driver, b"buffered")


def test_children_do_not_inherit_the_wire(start):
    """A child that outlives the plugin keeps none of the wire's descriptors open."""
    code = SMALL + (
        "import subprocess, sys\n"
        "@plugin.method('S.Child')\n"
        "def child():\n"
        "    code = 'import os; print(sorted(int(n) for n in os.listdir(\"/proc/self/fd\")))'\n"
        "    return {'fds': subprocess.run([sys.executable, '-c', code], capture_output=True, text=True).stdout}\n"
        "plugin.run()\n"
    )
    fds = json.loads(start(code).call("S.Child")["fds"])
    assert fds[:3] == [0, 1, 2]
    assert len(fds) == 4  # the fourth is the folder that it lists


def test_logging_goes_to_the_host(start):
    """Records of `logging` and of plugin.log arrive structured, with the call they belong to; others go to stderr."""
    driver = start()
    call_id = driver.request("T.Log")
    record = driver.expect(lambda message: message.get("params", {}).get("logger") == "a.b")["params"]
    assert (record["level"], record["message"], record["call"]) == ("warn", "from logging", call_id)
    assert record["fields"]["user"] == "ü"
    record = driver.expect(lambda message: message.get("params", {}).get("level") == "debug")["params"]
    assert (record["message"], record["fields"]) == ("from the plugin", {"size": 3})
    driver.response(call_id)
    wait_for_stderr(driver, b"unsendable")


def test_on_start_gets_the_configuration_before_the_first_call(start):
    """Calls that come while the hook runs wait for it; pings do not."""
    driver = start(config={"start_delay": 0.3})
    begun = time.monotonic()
    call_id = driver.request("T.Echo", {"value": 1})
    driver.call("$/ping")
    assert time.monotonic() - begun < 0.25
    assert driver.response(call_id) == {"value": 1}
    assert time.monotonic() - begun > 0.2
    fields = driver.expect(lambda message: message.get("params", {}).get("message") == "started")["params"][
        "fields"
    ]
    assert fields["config"] == {"start_delay": 0.3}
    assert fields["data_dir"].endswith("/data")


@pytest.mark.parametrize(("raised", "status"), [("StartError('no port')", 125), ("ValueError('no')", 1)])
def test_a_start_that_fails_ends_the_process(raised, status, start):
    """StartError says that trying again is of no use: 125. Any other exception ends with 1 and a traceback."""
    driver = start(
        SMALL + f"@plugin.on_start\ndef begin(config, data_dir):\n    raise {raised}\nplugin.run()\n"
    )
    assert driver.wait() == status
    wait_for_stderr(driver, b"no")


def test_shutdown_lets_calls_finish_and_takes_no_new_ones(start):
    """What runs is answered, then the hooks run, then the request to stop is answered; a second one is refused."""
    driver = start()
    slow = driver.request("T.Sleep", {"seconds": 0.4})
    time.sleep(0.1)
    stop = driver.request("$/shutdown", {"grace_ms": 5000})
    for method, code in (("T.Echo", 14), ("$/shutdown", -32600)):
        with pytest.raises(CallError) as caught:
            driver.call(method)
        assert caught.value.code == code
    assert driver.response(slow) == {"slept": 0.4}
    assert driver.response(stop) == {}
    wait_for_stderr(driver, b"the shutdown hook ran")
    driver.close_stdin()
    assert driver.wait(5) == 0
    driver.wait_for_threads()
    assert driver.stderr.count(b"the shutdown hook ran") == 1


def test_shutdown_cancels_what_does_not_finish_in_time(start):
    """When the grace is nearly over, waiting handlers are cancelled and the answer still comes."""
    driver = start()
    waiting = driver.request("T.Wait", {"seconds": 100})
    assert driver.call("$/shutdown", {"grace_ms": 200}) == {}
    with pytest.raises(CallError) as caught:
        driver.response(waiting)
    assert caught.value.code == 1


def test_the_end_of_input_ends_it_within_bounds(start):
    """Handlers that wait are woken; one that hangs is left behind after the grace."""
    driver = start()
    driver.request("T.Wait", {"seconds": 100})
    driver.request("T.Host")
    driver.close_stdin()
    begun = time.monotonic()
    assert driver.wait() == 0
    assert time.monotonic() - begun < 2
    driver = start(SMALL + "plugin.run()\n")
    driver.request("S.Hang")
    driver.call("$/ping")
    driver.close_stdin()
    assert driver.wait(6) == 0


def test_a_host_that_stops_reading_for_ever_ends_it(start):
    """Writing to a closed pipe ends the process, even when its input stays open."""
    driver = start(SMALL + "plugin.run()\n")
    driver.process.stdout.close()
    driver.request("S.Echo", {"value": "x"})
    driver.request("S.Echo", {"value": "x" * 100_000})
    assert driver.wait(8) == 0


def test_state_is_handed_over(start):
    """The old process gives its state, the new one has it before its first call."""
    old, new = start(), start()
    old.call("T.State", {"new": b"\x00state"})
    handed = old.call("$/handover", {})
    assert handed == {"state": b"\x00state"}
    assert new.call("$/handover", handed) == {}
    assert new.call("T.State") == {"state": b"\x00state"}


def test_without_hooks_there_is_no_handover(start):
    """The feature is not listed, and the request is unknown."""
    driver = start(SMALL + "plugin.run()\n")
    assert "handover" not in driver.hello["features"]
    with pytest.raises(CallError) as caught:
        driver.call("$/handover")
    assert caught.value.code == -32601


def test_a_person_gets_help(tmp_path):
    """Started by hand it explains itself on stderr and exits with 2; --describe prints the hello."""
    main = tmp_path / "main.py"
    main.write_text(SMALL + "plugin.run()\n")
    bare = {name: value for name, value in os.environ.items() if not name.startswith("POLYHOST")}
    for launcher in ([], ["-m", "polyhost_plugin"]):
        command = [sys.executable, *launcher, str(main)]
        helped = subprocess.run(command, env=bare, capture_output=True, timeout=20, check=False)
        assert (helped.returncode, helped.stdout) == (2, b"")
        assert b"S.Echo" in helped.stderr
        described = subprocess.run(
            [*command, "--describe"],
            env={**bare, "POLYHOST_PLUGIN": "1"},
            capture_output=True,
            timeout=20,
            check=True,
        )
        assert json.loads(described.stdout)["interfaces"] == {"S": "1.0"}


def test_the_launcher_names_a_file_that_is_not_there():
    """A wrong path is said, not a traceback."""
    command = [sys.executable, "-m", "polyhost_plugin"]
    for arguments, text in (([], b"usage:"), (["/no/such/main.py"], b"/no/such/main.py: No such file")):
        done = subprocess.run([*command, *arguments], capture_output=True, timeout=20, check=False)
        assert done.returncode == 2
        assert text in done.stderr
        assert b"Traceback" not in done.stderr


def test_the_import_is_light():
    """What is seldom used, or slow to import, is not imported until it is needed."""
    code = "import sys, polyhost_plugin; print(' '.join(sys.modules))"
    modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    slow = {
        "typing",
        "logging",
        "inspect",
        "dataclasses",
        "asyncio",
        "json",
        "threading",
        "traceback",
        "pathlib",
        "trio",
    }
    without = subprocess.run(
        [sys.executable, "-c", "import sys, msgpack; print(' '.join(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert slow & (set(modules) - set(without)) == set()
