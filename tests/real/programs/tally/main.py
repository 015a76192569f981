"""A counter that hands over its state, in one thread, in JSON, and without any library."""

import base64
import json
import os
import sys

known = {"total": 0}


def write(message):
    os.write(1, json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")


def serve(method, params):
    if method == "$/handover" and "state" in params:
        known.update(json.loads(base64.b64decode(params["state"]["$bytes"])))
        return {}
    if method == "$/handover":
        return {"state": {"$bytes": base64.b64encode(json.dumps(known).encode()).decode()}}
    if method == "Tally.Add":
        known["total"] += params["by"]
        return known
    return {}


def main():
    features = os.environ.get("TALLY_FEATURES", "handover").split(",")
    hello = {"protocol": [1, 1], "name": "tally", "version": "1.0.0", "interfaces": {"Tally": "1.0"}}
    write({"method": "$/hello", "params": {**hello, "features": features}})
    for line in sys.stdin:
        message = json.loads(line)
        if "id" in message:
            write({"id": message["id"], "result": serve(message["method"], message["params"])})
        if message["method"] == "$/shutdown":
            return


main()
