"""What the tests with real processes share."""

import os
import time
from pathlib import Path

import psutil

PROGRAMS = Path(__file__).parent / "programs"
PLUGINS = Path(__file__).parents[2] / "plugins"
ECHO = PROGRAMS / "echo"
MISBEHAVING = PLUGINS / "misbehaving"
PATIENCE = 30.0  # seconds; generous, because machines that run tests are shared


def patiently(condition, complaint, *, seconds=PATIENCE):
    """Wait until a condition holds that nobody tells of."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, complaint
        time.sleep(0.02)


def is_gone(pid):
    """Say whether a process has ended; a zombie that somebody else is to reap counts."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def marked(data):
    """Return the pids of all processes on this machine that have this data folder in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("POLYHOST_DATA_DIR", "").startswith(str(data)):
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return [pid for pid in found if pid != os.getpid()]


def write_plugin(folder, text, *, program=None):
    """Write a plugin's folder: the text of its manifest, and the program in Python if there is one."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plugin.toml").write_text(text)
    if program is not None:
        (folder / "main.py").write_text(program)
    return folder


def echo_with(folder, more="", *, plugin_id="echo"):
    """Write a plugin that is the echo program with other settings."""
    command = f'["python3", "{ECHO / "main.py"}"]'
    text = f"""
        id = "{plugin_id}"
        version = "1.0.0"
        command = {command}
        {more}
        [provides]
        Echo = "1.0"
        [env]
        pass = ["ECHO_*"]
    """
    (folder / "interfaces").mkdir(parents=True, exist_ok=True)
    (folder / "interfaces" / "Echo.v1.json").write_text((ECHO / "interfaces" / "Echo.v1.json").read_text())
    return write_plugin(folder, text.replace("\n        ", "\n"))
