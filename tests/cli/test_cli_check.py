"""`polyhost check`."""

from __future__ import annotations

import json
import shutil

import pytest
from cli_support import DEMO, run_polyhost


@pytest.fixture
def copy(tmp_path):
    """Return a copy of the demo plugin to break."""
    shutil.copytree(DEMO, tmp_path / "demo")
    return tmp_path / "demo"


def edit(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_sound_plugin_passes(tmp_path):
    """Every part has its lines, and nothing is left in the folder it was called in."""
    done = run_polyhost("check", DEMO, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    for expected in (
        "  ✓ demo 1.2.0",
        "  ✓ Demo 1.0: 9 methods, 5 examples, 1 scenario",
        "  ✓ Demo.Count: Three are three.",
        "  ✓ Demo.Remember: Then there is one.",
        "  ✓ Demo: A word is remembered within one instance.",
    ):
        assert expected in lines
    assert lines[-1].startswith("10 passed, 0 failed, in ")
    assert list(tmp_path.iterdir()) == []


def test_it_is_json_for_programs():
    """One document has every check with its verdict."""
    document = json.loads(run_polyhost("check", DEMO, "--json").stdout)
    assert (document["plugin"], document["passed"], document["failed"]) == ("demo", 10, 0)
    assert {check["verdict"] for check in document["checks"]} == {"passed"}


def test_an_example_that_differs_fails(copy):
    """The difference, and where the example stands, are named; the others still run."""
    edit(copy / "interfaces" / "Demo.v1.json", '"result": { "sent": 3 }', '"result": { "sent": 4 }')
    done = run_polyhost("check", copy)
    assert done.returncode == 1
    assert "  ✗ Demo.Count: Three are three." in done.stdout
    assert "/sent: expected 4, got 3" in done.stdout
    assert "Demo.v1.json#/methods/Count/examples/0" in done.stdout
    assert "9 passed, 1 failed" in done.stdout


def test_a_scenario_that_differs_names_its_step(copy):
    """The step is counted from one and named by its method."""
    edit(copy / "interfaces" / "Demo.v1.json", '"before": "a"', '"before": "z"')
    done = run_polyhost("check", copy)
    assert done.returncode == 1
    assert 'step 2, Demo.Remember: /before: expected "z", got "a"' in done.stdout


def test_a_wrong_manifest_is_told_with_its_line(copy):
    """Nothing is started."""
    edit(copy / "plugin.toml", '"1.2.0"', '"1.2"')
    done = run_polyhost("check", copy)
    assert done.returncode == 1
    assert "  ✗ plugin.toml cannot be used" in done.stdout
    assert "plugin.toml:2, version" in done.stdout
    assert "hint: " in done.stdout
    assert "handshake" not in done.stdout


def test_a_wrong_interface_file_is_told_with_its_pointer(copy):
    """Nothing is started."""
    edit(copy / "interfaces" / "Demo.v1.json", '"readOnly"', '"readonly"')
    done = run_polyhost("check", copy)
    assert done.returncode == 1
    assert "Demo.v1.json#/methods/Echo/readonly" in done.stdout
    assert "handshake" not in done.stdout


def test_a_plugin_that_does_not_start_is_told(copy):
    """Its exit status and last words are in the report."""
    (copy / "main.py").write_text("import sys; sys.exit('no configuration')\n")
    done = run_polyhost("check", copy)
    assert done.returncode == 1
    assert "  ✗ the plugin does not start" in done.stdout
    assert "exit status 1" in done.stdout
    assert "no configuration" in done.stdout
    assert "run its command by hand" in done.stdout


@pytest.mark.parametrize(
    ("program", "hint"),
    [
        ('import sys; print(\'{"method": "$/hello"}\', flush=True); sys.stdin.read()', "begins with"),
        ("import sys; sys.stdin.read()", "flushes it"),
        ('print(\'{"jsonrpc": "2.0", "method": "$/hello", "params": {}}\')', "name, version and"),
    ],
)
def test_what_is_wrong_with_a_hello_is_told(copy, program, hint):
    """The hint fits the mistake: no envelope, nothing written yet, keys that are missing."""
    (copy / "main.py").write_text(program)
    with (copy / "plugin.toml").open("a") as file:
        file.write("\n[limits]\nstart_timeout = 0.5\n")
    done = run_polyhost("check", copy)
    assert done.returncode == 1
    assert hint in done.stdout


def test_a_crash_in_an_example_does_not_end_the_check(copy):
    """The example fails, the report goes on to its end."""
    edit(copy / "main.py", '"Demo.Count": count', '"Demo.Count": crash')
    done = run_polyhost("check", copy)
    assert done.returncode == 1
    assert "  ✗ Demo.Count: Three are three." in done.stdout
    assert "failed, in" in done.stdout.splitlines()[-1]


def test_a_plugin_that_crashes_is_told_with_its_last_words(copy):
    """A process that ended unasked has not stopped by itself, and what it wrote last is shown."""
    edit(copy / "main.py", '"Demo.Count": count', '"Demo.Count": crash')
    edit(copy / "main.py", "    os._exit(3)", '    os.write(2, b"out of cheese\\n")\n    os._exit(3)')
    done = run_polyhost("check", copy)
    assert done.returncode == 1
    assert "  ✗ ended before it was asked to stop" in done.stdout
    assert "its process ended with exit status 3" in done.stdout
    assert "stderr: out of cheese" in done.stdout
    assert "stopped by itself" not in done.stdout


def test_stray_output_is_a_warning(copy):
    """A print in the wrong place does not fail the check, and is shown."""
    edit(copy / "main.py", 'notify(\n    "$/hello"', 'print("loading the model")\nnotify(\n    "$/hello"')
    done = run_polyhost("check", copy)
    assert done.returncode == 0
    assert "  ! 1 stray line on standard output" in done.stdout
    assert "loading the model" in done.stdout


def test_a_plugin_that_has_to_be_killed_fails(copy):
    """Not to stop by itself is a failed check."""
    edit(copy / "main.py", "import base64\n", "import base64\nimport signal\n")
    edit(
        copy / "main.py",
        "def send(message):",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n\n\ndef send(message):",
    )
    with (copy / "main.py").open("a") as file:
        file.write("time.sleep(60)\n")
    with (copy / "plugin.toml").open("a") as file:
        file.write("\n[shutdown]\ngrace = 0.3\nterm_grace = 0.3\n")
    done = run_polyhost("check", copy)
    assert done.returncode == 1
    assert "  ✗ ended by SIGKILL instead of by itself" in done.stdout


def test_an_interface_without_a_file_is_a_warning(copy):
    """What cannot be checked is said, with the name of the file that is missing."""
    (copy / "interfaces" / "Demo.v1.json").unlink()
    done = run_polyhost("check", copy)
    assert done.returncode == 0
    assert "  ! Demo 1.0 has no interface file" in done.stdout
    assert "interfaces/Demo.v1.json" in done.stdout


def test_interface_files_may_be_elsewhere(copy, tmp_path):
    """--interfaces names a folder with them."""
    (copy / "interfaces").rename(tmp_path / "contracts")
    done = run_polyhost("check", copy, "--interfaces", tmp_path / "contracts")
    assert "  ✓ Demo 1.0: 9 methods" in done.stdout
    assert done.returncode == 0
