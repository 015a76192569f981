"""Takes any method and reports what comes, for the golden vectors: each message as one line of JSON on stderr."""

import base64
import json
import os
import sys

from polyhost_plugin import Plugin, _engine
from polyhost_plugin._method import Method

FOR_EVER_S = 1000


def neutral(value):
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: neutral(item) for key, item in value.items()}
    return [neutral(item) for item in value] if isinstance(value, list) else value


def report(**message):
    print("REPORT " + json.dumps(neutral(message)), file=sys.stderr, flush=True)


def take(call):
    """Keep every call in flight: what may come for it depends on that."""
    call.sleep(FOR_EVER_S)


class AnyMethod(dict):
    """Has a handler for each name but the protocol's own."""

    def get(self, name, default=None):
        if name.startswith("$/"):
            return default
        return Method(name, take, threaded=True)


class ReportingEngine(_engine.Engine):
    """Reports the requests that it takes, before it serves them."""

    def _on_request(self, call_id, name, params, meta):
        still_leads = super()._on_request(call_id, name, params, meta)
        report(type="request", id=call_id, method=name, params=params, meta=dict(meta))
        return still_leads


LIMIT = int(os.environ.get("TEST_INFLIGHT", "1024"))
_engine.Engine = ReportingEngine
_engine.INFLIGHT = LIMIT
plugin = Plugin("vectors", threads=70, frame_limit=int(os.environ.get("TEST_FRAME", str(4 * 1024 * 1024))))
plugin.methods = AnyMethod()
plugin.run()
