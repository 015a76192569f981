"""Speaks JSON lines without any library: what the tests of the command line call."""

import base64
import json
import os
import queue
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path


def send(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def notify(method, params):
    send({"method": method, "params": params})


def count(call, params):
    for number in range(params["to"]):
        notify("$/data", {"id": call, "item": {"number": number, "text": f"item {number}"}})
        time.sleep(params.get("delay", 0))
    if params.get("fail"):
        raise RefusedError
    return {"sent": params["to"]}


def total(call, params):
    notify("$/credit", {"id": call, "n": 1000})
    numbers = list(iter(ITEMS[call].get, None))
    return {"total": sum(numbers), "count": len(numbers)}


def reverse(call, params):
    data = base64.b64decode(params["data"]["$bytes"])
    return {"data": {"$bytes": base64.b64encode(data[::-1]).decode()}}


def remember(call, params):
    file = Path(os.environ["POLYHOST_DATA_DIR"], "word")
    before = file.read_text() if file.exists() else ""
    file.write_text(params["word"])
    return {"before": before}


def log(call, params):
    notify("$/log", {"level": params["level"], "message": params["message"], "fields": {"call": call}})
    sys.stderr.write("on stderr\n")
    sys.stderr.flush()
    return {}


def sleep(call, params):
    time.sleep(params["seconds"])
    return {}


def refuse(call, params):
    raise RefusedError


def crash(call, params):
    os._exit(3)


class RefusedError(Exception):
    """Is the plugin's own error."""


METHODS = {
    "Demo.Echo": lambda call, params: params,
    "Demo.Count": count,
    "Demo.Total": total,
    "Demo.Reverse": reverse,
    "Demo.Remember": remember,
    "Demo.Log": log,
    "Demo.Sleep": sleep,
    "Demo.Crash": crash,
    "Demo.Refuse": refuse,
}


# The items that were sent to a call, None after the last.
ITEMS = defaultdict(queue.SimpleQueue)


def answer(request):
    call, method = request["id"], request["method"]
    try:
        if method not in METHODS:
            send({"id": call, "error": {"code": -32601, "message": f"no method {method}"}})
            return
        send({"id": call, "result": METHODS[method](call, request.get("params", {}))})
    except RefusedError:
        error = {"code": 9, "name": "Refused", "message": "not today", "data": {"until": "tomorrow"}}
        send({"id": call, "error": error})


notify(
    "$/hello",
    {
        "protocol": [1, 1],
        "name": "demo",
        "version": "1.2.0",
        "interfaces": {"Demo": "1.0"},
        "features": ["streams", "async"],
    },
)
for line in sys.stdin:
    message = json.loads(line)
    if "id" in message and message["method"] in {"$/shutdown", "$/ping"}:
        send({"id": message["id"], "result": {}})
    elif message["method"] == "$/data":
        ITEMS[message["params"]["id"]].put(message["params"]["item"])
    elif message["method"] == "$/end":
        ITEMS[message["params"]["id"]].put(None)
    elif "id" in message:
        threading.Thread(target=answer, args=(message,), daemon=True).start()
