"""A plugin that does what it is told, byte by byte: `X.Run` executes code that has the wire in its hands.

The code of `SCRIPTED_START`, if there is any, runs before the hello; `hello()` says hello early. Its methods need no
interface files, and it speaks JSON lines, or msgpack with `SCRIPTED_ENCODING=msgpack`.
"""

import json
import os
import struct
import sys

import msgpack

PACKED = os.environ.get("SCRIPTED_ENCODING") == "msgpack"
FEATURES = os.environ.get("SCRIPTED_FEATURES", "async cancel progress streams reverse").split()
state = {"greeted": False}


def raw(data):
    """Write bytes, whatever they are."""
    while data:
        data = data[os.write(1, data) :]


def _frame(packed, **fields):
    if not PACKED:
        return json.dumps({"jsonrpc": "2.0"} | fields).encode() + b"\n"
    body = msgpack.packb(packed)
    return struct.pack(">I", len(body)) + body


def request(call_id, method, params, **meta):
    return _frame([0, call_id, method, [params, meta]], id=call_id, method=method, params=params, meta=meta)


def result(call_id, value):
    return _frame([1, call_id, None, value], id=call_id, result=value)


def error(call_id, fields):
    return _frame([1, call_id, fields, None], id=call_id, error=fields)


def notification(method, **params):
    return _frame([2, method, [params]], method=method, params=params)


def hello():
    """Return the hello, which is then not said again."""
    state["greeted"] = True
    interfaces = {"X": "1.0"}
    return notification(
        "$/hello", protocol=[1, 1], name="scripted", version="1.0.0", interfaces=interfaces, features=FEATURES
    )


def read():
    """Read one message as a map of its members."""
    if not PACKED:
        line = sys.stdin.buffer.readline()
        return json.loads(line) if line else sys.exit(0)
    head = sys.stdin.buffer.read(4)
    if not head:
        sys.exit(0)
    kind, *rest = msgpack.unpackb(sys.stdin.buffer.read(struct.unpack(">I", head)[0]))
    if kind == 0:
        return {"id": rest[0], "method": rest[1], "params": rest[2][0]}
    if kind == 1:
        return {"id": rest[0], "error": rest[1], "result": rest[2]}
    return {"method": rest[0], "params": rest[1][0]}


def run(message):
    """Execute the code; it sees the call as `call_id`, may set `answer`, or set it to None and say nothing."""
    names = globals() | {"call_id": message["id"], "answer": {}}
    exec(message["params"]["code"], names)
    if names["answer"] is not None:
        raw(result(message["id"], names["answer"]))


exec(os.environ.get("SCRIPTED_START", ""))
if not state["greeted"]:
    raw(hello())
while True:
    message = read()
    if "method" not in message or "id" not in message:
        continue
    if message["method"] == "X.Run":
        run(message)
    elif message["method"] != "X.Silence":
        raw(result(message["id"], message["params"]))
