"""A plugin in one thread and without any library; the environment says how it behaves."""

import json
import os
import signal
import sys
import time
from pathlib import Path

AT_START = os.environ.get("ECHO_AT_START", "")
ON_SHUTDOWN = os.environ.get("ECHO_ON_SHUTDOWN", "")
BYTEWISE = "ECHO_BYTEWISE" in os.environ
FEATURES = os.environ.get("ECHO_FEATURES", "reverse").split(",")

source = open(0, "rb", closefd=False)  # noqa: SIM115 - open as long as the program runs
host_hello = {}
last_id = 0


def write(message):
    data = json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"
    step = 1 if BYTEWISE else len(data)
    for start in range(0, len(data), step):
        rest = data[start : start + step]
        while rest:
            rest = rest[os.write(1, rest) :]


def read():
    line = source.readline()
    if not line:
        leave()
    return json.loads(line)


def leave():
    while "ECHO_DEAF" in os.environ:
        time.sleep(1000)
    sys.exit(0)


def ask(params):
    """Call the host in the middle of a call."""
    global last_id  # noqa: PLW0603 - a program of one file
    last_id += 2
    meta = {"plugin": params["plugin"]} if "plugin" in params else {}
    write({"id": last_id, "method": params["method"], "params": params.get("params", {}), "meta": meta})
    while True:
        answer = read()
        if answer.get("id") == last_id and "method" not in answer:
            return {key: answer[key] for key in ("result", "error") if key in answer}


def shut_down():
    if ON_SHUTDOWN == "slow":  # as a program that has much to save, and has closed what it does not need
        os.close(1)
        time.sleep(1.5)
        Path(os.environ["POLYHOST_DATA_DIR"], "saved").write_text("all of it")
    if ON_SHUTDOWN == "ignore":
        time.sleep(1000)
    leave()


def serve(method, params):
    name = method.removeprefix("Echo.")
    if name == "Sleep":
        time.sleep(params["seconds"])
    elif name == "Exit":
        os._exit(params.get("code", 1))
    elif name == "CloseInput":
        os.close(0)
    return {
        "Hello": lambda: host_hello,
        "Environment": lambda: dict(os.environ),
        "Ask": lambda: ask(params),
    }.get(name, lambda: params)()


def misbehave_at_start():
    if "ECHO_DEAF" in os.environ:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if AT_START == "exit":
        print("last words", file=sys.stderr)  # noqa: T201 - a program that prints
        sys.exit(3)
    if AT_START == "unfinished":
        os.write(1, b"no line end")
        sys.exit(3)
    if AT_START == "once":  # the first start fails, the next one works
        mark = Path(os.environ["POLYHOST_DATA_DIR"], "started")
        if not mark.exists():
            mark.touch()
            sys.exit(1)


def main():
    misbehave_at_start()
    hello = {
        "protocol": [1, 1],
        "name": "echo",
        "version": "1.0.0",
        "interfaces": {"Echo": os.environ.get("ECHO_VERSION", "1.0")},
        "features": FEATURES,
    }
    write({"method": "$/hello", "params": hello})
    host_hello.update(read()["params"])
    print("echo is ready", file=sys.stderr)  # noqa: T201 - a program that prints
    while True:
        message = read()
        if "id" not in message:
            continue
        if message["method"] == "$/shutdown":
            shut_down()
        write({"id": message["id"], "result": serve(message["method"], message["params"])})
        if message["method"] == "Echo.LastWords":
            os._exit(0)
        if message["method"] == "Echo.CloseInput":
            time.sleep(1000)


main()
