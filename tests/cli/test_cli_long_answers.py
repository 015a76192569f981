"""Answers that are longer than a client of the command line takes."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from hostcore.cli import _client
from hostcore.cli._errors import CliError


class _Answer(BaseHTTPRequestHandler):
    lines = (b"x" * 63, b"x" * 64)

    def do_POST(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"\n".join(self.lines))

    def log_message(self, *_):
        """Print nothing."""


def test_a_line_that_is_too_long_is_an_error_and_is_not_cut(monkeypatch):
    """What fits is read; what is longer is told as such, not taken for two lines."""
    monkeypatch.setattr(_client, "LINE_BYTES", 64)
    with HTTPServer(("127.0.0.1", 0), _Answer) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        client = _client.Client(f"http://127.0.0.1:{server.server_port}")
        with client.lines("POST", "/", accept="application/x-ndjson", timeout=60) as lines:
            assert next(lines) == "x" * 63
            with pytest.raises(CliError, match="more than 64 bytes in one line"):
                next(lines)
        thread.join()
