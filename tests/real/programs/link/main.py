"""A plugin that may be any link of a graph, in one thread and without any library; the environment says what it is.

It works on several calls at once if its features say so: none of its methods blocks.
"""

import heapq
import json
import os
import select
import sys
import time

ID = os.environ["LINK_ID"]
INTERFACES = json.loads(os.environ["LINK_INTERFACES"])
FEATURES = os.environ.get("LINK_FEATURES", "reverse").split(",")
JOURNAL = os.environ.get("LINK_JOURNAL", os.devnull)
LAST_CALL = os.environ.get("LINK_LAST_CALL")

journal = os.open(JOURNAL, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
host_hello = {}
pending = {}  # id of a call to the host, to what is done with its answer
timers = []  # when, number, what is done then
cancelled = set()
buffer = b""


def note(what):
    os.write(journal, f"{what} {ID} {os.getpid()}\n".encode())


def write(message):
    rest = json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"
    while rest:
        rest = rest[os.write(1, rest) :]


def answer(number, result):
    if number not in cancelled:
        write({"id": number, "result": result})


def leave(status=0):
    note("end")
    sys.exit(status)


def ask(method, params, meta, then):
    """Call the host."""
    number = 2 * len(pending) + 2
    pending[number] = then
    write({"id": number, "method": method, "params": params, "meta": meta})


def relay(request, params):
    """Call a method of the host and answer with its outcome."""
    meta = {
        key: params[key] for key in ("timeout_ms", "plugin", "traceparent", "tracestate") if key in params
    }
    if params.get("belongs", True):
        meta["parent"] = request["id"]
    ask(params["method"], params.get("params", {}), meta, lambda told: answer(request["id"], told))


def serve(request):
    number, params = request["id"], request.get("params", {})
    name = request["method"].rpartition(".")[2]
    if request["method"] == "$/shutdown":
        shut_down(number)
    elif name == "Call":
        relay(request, params)
    elif name == "Sleep":
        when = time.monotonic() + params["seconds"]
        heapq.heappush(timers, (when, number, lambda: answer(number, params)))
    elif name == "Exit":
        note("exit")
        os._exit(params.get("code", 1))
    elif name == "Who":
        facts = {"id": ID, "pid": os.getpid(), "meta": request.get("meta", {})}
        answer(number, {**facts, "config": host_hello.get("config", {})})
    elif request["method"].startswith("$/"):
        answer(number, {})
    else:
        answer(number, params)


def shut_down(number):
    note("stop")
    if LAST_CALL is None:
        leave()

    def done(told):
        note("last-call-done" if "result" in told else "last-call-failed")
        answer(number, {})
        leave()

    ask(LAST_CALL, {}, {}, done)


def receive(message):
    if "method" in message and "id" in message:
        serve(message)
    elif "id" in message:
        pending[message["id"]]({key: message[key] for key in ("result", "error") if key in message})
    elif message.get("method") == "$/hello":
        host_hello.update(message["params"])
    elif message.get("method") == "$/cancel":
        note("cancelled")
        cancelled.add(message["params"]["id"])
        write({"id": message["params"]["id"], "error": {"code": 1, "message": "cancelled"}})


def main():
    global buffer
    note("start")
    if os.path.exists(os.environ.get("LINK_FAILS_IF", "")):  # noqa: PTH110 - no library, not even this one
        print("it cannot start now", file=sys.stderr)  # noqa: T201 - a program that prints
        leave(3)
    time.sleep(float(os.environ.get("LINK_START_SECONDS", "0")))
    hello = {
        "protocol": [1, 1],
        "name": ID,
        "version": "1.0.0",
        "interfaces": INTERFACES,
        "features": FEATURES,
    }
    note("ready")  # in the host's eyes it is so a moment later
    write({"method": "$/hello", "params": hello})
    while True:
        pause = max(0, timers[0][0] - time.monotonic()) if timers else None
        if select.select([0], [], [], pause)[0]:
            data = os.read(0, 65536)
            if not data:
                leave()
            *lines, buffer = (buffer + data).split(b"\n")
            for line in lines:
                receive(json.loads(line))
        while timers and timers[0][0] <= time.monotonic():
            heapq.heappop(timers)[2]()


main()
