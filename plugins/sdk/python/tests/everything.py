"""Has a method for each thing that the SDK can do."""

import logging
import os
import subprocess
import sys
import threading
import time

from polyhost_plugin import NOT_FOUND, InvalidParamsError, Plugin, PluginError

THREADS = int(os.environ.get("TEST_THREADS", "8"))
plugin = Plugin(
    "under-test",
    version="2.1.0",
    interfaces={"T": "1.3"},
    needs=("Host",),
    threads=THREADS,
    frame_limit=65536,
)

print("printed before run()")


@plugin.method("T.Echo")
def echo(value=None):
    return {"value": value}


@plugin.method("T.Nothing")
def nothing():
    pass


@plugin.method("T.Params")
def params(call, **others):
    return {"params": call.params, "others": others, "method": call.method, "meta": dict(call.meta)}


@plugin.method("T.Needs")
def needs(first, *, second, third=3):
    return {"sum": first + second + third}


@plugin.method("T.Sleep")
def sleep(seconds):
    time.sleep(seconds)
    return {"slept": seconds}


@plugin.method("T.Wait")
def wait(call, seconds):
    call.sleep(seconds)
    return {"remaining": call.remaining}


@plugin.method("T.Poll", threaded=True)
def poll(call):
    until = time.monotonic() + 10
    while time.monotonic() < until:
        call.check_cancelled()
        time.sleep(0.005)
    return {"cancelled": False}


@plugin.method("T.Count")
def count(call, to, delay=0.0):
    for number in range(to):
        if delay:
            call.sleep(delay)
        call.progress(number, to, f"item {number}")
        yield number
    return {"sent": to}


@plugin.method("T.Broken")
def broken():
    yield 1
    raise PluginError("Midway", "in the middle")


@plugin.method("T.Sum")
def sum_up(call):
    return {"sum": sum(call.items)}


@plugin.method("T.Both")
def both(call):
    for item in call.items:
        call.send({"twice": item * 2})


VALUES = {
    "text": "no dict",
    "number keys": {1: 2},
    "deep number keys": {"a": [{"b": {2: 3}}]},
    "nan": {"x": [float("nan")]},
    "infinity": {"x": {"y": float("-inf")}},
    "set": {"x": {1, 2}},
    "huge integer": {"x": 2**70},
    "large": {"x": "y" * 5_000_000},
    "bytes": {"x": b"\xcb\x7f\xf8" + bytes(20)},
    "floats": {"x": [0.1, -1e300, 5e-324]},
}


@plugin.method("T.Return")
def return_value(what):
    if what == "deep":
        value = {}
        for _ in range(70):
            value = {"deeper": value}
        return value
    return VALUES[what]


@plugin.method("T.Fail")
def fail(how):
    if how == "own":
        raise PluginError("KeyNotFound", "no such key", code=NOT_FOUND, data={"key": "k"}, retryable=True)
    if how == "params":
        raise InvalidParamsError("how is odd")
    if how == "type":
        len(5)
    if how == "unsendable data":
        raise PluginError("KeyNotFound", "no such key", code=NOT_FOUND, data={1, 2})
    if how == "exit":
        sys.exit(7)
    raise ValueError("a bug")


@plugin.method("T.Log")
def log():
    logging.getLogger("a.b").warning("from %s", "logging", extra={"user": "ü", "object": object})
    plugin.log("debug", "from the plugin", size=3)
    plugin.log("info", "unsendable", value={1, 2})
    return {}


@plugin.method("T.Print")
def print_much():
    print("print from a handler, über")
    sys.stdout.write("no newline")
    subprocess.run([sys.executable, "-c", "import sys; print('child', repr(sys.stdin.read()))"], check=True)
    return {}


@plugin.method("T.Host")
def call_host(method="Host.Info", timeout=None, plugin_id=None, traceparent=None):
    answer = plugin.host.call(method, {"x": 1}, timeout=timeout, plugin=plugin_id, traceparent=traceparent)
    return {"answer": answer}


@plugin.method("T.HostStream")
def host_stream(leave_after=None):
    stream = plugin.host.stream("Host.Follow")
    items = []
    for item in stream:
        items.append(item)
        if len(items) == leave_after:
            break
    return {"items": items, "result": stream.result}


@plugin.method("T.Background")
def background():
    """Call the host from a thread of the plugin's own, outside of any call."""
    threading.Thread(
        target=lambda: plugin.log("info", str(plugin.host.call("Host.Info"))), daemon=True
    ).start()
    return {}


@plugin.on_start
def begin(config, data_dir):
    plugin.log("info", "started", config=config, data_dir=data_dir)
    time.sleep(config.get("start_delay", 0))


@plugin.on_shutdown
def end():
    print("the shutdown hook ran")


STATE = {"value": b"fresh"}


@plugin.on_save
def save():
    return STATE["value"]


@plugin.on_restore
def restore(state):
    STATE["value"] = state


@plugin.method("T.State")
def state(new=None):
    old, STATE["value"] = STATE["value"], new or STATE["value"]
    return {"state": old}


plugin.run()
print("run() has returned")
