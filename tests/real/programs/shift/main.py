"""A plugin in many versions, with the Python SDK; the environment says what this one is like."""

import fcntl
import json
import os
import sys
import threading
import time

from polyhost_plugin import Plugin

VERSION = os.environ.get("SHIFT_VERSION", "1.0.0")
AT_START = os.environ.get("SHIFT_AT_START", "")
HANDOVER = os.environ.get("SHIFT_HANDOVER", "")
OWNS = os.environ.get("SHIFT_OWNS", "")
INTERFACE = os.environ.get("SHIFT_INTERFACE", "Shift")

plugin = Plugin("shift", version=VERSION, interfaces={INTERFACE: os.environ.get("SHIFT_PROVIDES", "1.0")})
known = {"total": 0}
counting = threading.Lock()
kept = []  # memory that is not given back


def complain(text):
    print(text, file=sys.stderr)  # noqa: T201 - a program that prints


def begin():
    """Do what a version does before its hello."""
    if AT_START == "exit":
        complain("cannot start like this")
        sys.exit(3)
    if AT_START == "give-up":
        sys.exit(125)
    if AT_START == "slow":
        time.sleep(1.2)
    if AT_START == "hang":
        time.sleep(1000)
    if OWNS:  # as a program that owns a file, which only one process can have
        try:
            fcntl.flock(os.open(OWNS, os.O_CREAT | os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            complain(f"{OWNS} belongs to somebody else")
            sys.exit(4)


@plugin.on_start
def started(_config, _data_dir):
    if AT_START == "exit-after-hello":
        os._exit(7)
    if AT_START == "stop-after-hello":
        os.kill(os.getpid(), 19)


@plugin.method(f"{INTERFACE}.Say")
def say(work=0, **params):
    time.sleep(work)
    instance = os.environ["POLYHOST_INSTANCE"]
    return {**params, "version": VERSION, "pid": os.getpid(), "instance": instance, **known}


@plugin.method(f"{INTERFACE}.Sleep", threaded=True)
def sleep(seconds):
    time.sleep(seconds)
    return {"version": VERSION, "pid": os.getpid()}


@plugin.method(f"{INTERFACE}.Wait", threaded=True)
def wait(file):
    """Work until the test lets it end, by making this file."""
    while not os.path.exists(file):  # noqa: PTH110 - a path as it came
        time.sleep(0.01)  # it has a thread of its own, and a file tells nobody
    return {"version": VERSION, "pid": os.getpid()}


@plugin.method(f"{INTERFACE}.Add")
def add(by):
    with counting:
        known["total"] += by
        return dict(known)


@plugin.method(f"{INTERFACE}.Ask", threaded=True)
def ask(work, of, method, params):
    time.sleep(work)
    return plugin.host.call(method, params, plugin=of)


@plugin.method(f"{INTERFACE}.Exit")
def leave(code):
    os._exit(code)


@plugin.method(f"{INTERFACE}.Grow")
def grow(mib):
    kept.append(os.urandom(1024) * 1024 * mib)
    return {}


@plugin.method(f"{INTERFACE}.Burn", threaded=True)
def burn(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        sum(range(1000))
    return {}


@plugin.method(f"{INTERFACE}.Count", threaded=True)
def count(to, pause):
    for number in range(to):
        time.sleep(pause)
        yield {"number": number, "version": VERSION}
    return {"version": VERSION}


def save():
    if HANDOVER == "refuse":
        raise RuntimeError("there is no state to give")
    return b"x" * 5_000_000 if HANDOVER == "huge" else json.dumps(known).encode()


def restore(state):
    if HANDOVER == "cannot-read":
        raise ValueError("this state is of a version that I do not know")
    if HANDOVER == "die":
        os._exit(8)
    known.update(json.loads(state))


if HANDOVER:
    plugin.on_save(save)
    plugin.on_restore(restore)
begin()
plugin.run()
