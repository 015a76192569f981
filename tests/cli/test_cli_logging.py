"""The server's log: for people or for programs, and never in anybody's way."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import pytest
from cli_support import PATIENCE, PROGRAM, end, environment, start_server

from hostcore.cli import _logging
from hostcore.cli._logging import JsonLines, TextLines, logging_to_stderr


def record(message: str, *arguments: object, **more: object) -> logging.LogRecord:
    made = logging.LogRecord(
        "some.logger", logging.WARNING, "", 0, message, arguments, more.pop("exc_info", None)
    )
    made.created = 1_800_000_000.123
    vars(made).update(more)
    return made


def test_a_line_for_programs():
    """Members of the record and its fields, without those that say nothing."""
    line = JsonLines().format(record("took %d ms", 5, fields={"status": 200, "problem": None}))
    assert json.loads(line) == {
        "at": "2027-01-15T08:00:00.123+00:00",
        "level": "warning",
        "logger": "some.logger",
        "message": "took 5 ms",
        "status": 200,
    }


def test_a_traceback_is_kept():
    """It is one member for programs, and lines below the first one for people."""
    try:
        int("x")
    except ValueError:
        info = sys.exc_info()
    for_programs = JsonLines().format(record("failed", exc_info=info))
    assert "ValueError: invalid literal" in json.loads(for_programs)["traceback"]
    assert "\n" not in for_programs
    for_people = TextLines().format(record("failed", exc_info=info))
    assert for_people.splitlines()[0].endswith(" warning failed")
    assert for_people.splitlines()[-1].startswith("ValueError: invalid literal")


@pytest.mark.parametrize("lines", [JsonLines(), TextLines()])
def test_a_record_is_one_line(lines):
    """What a client has sent can neither begin a new line nor talk to the terminal; a wrong format loses nothing."""
    line = lines.format(record("GET %s", "/\n2027 error forged\x1b[31m\u202e"))
    assert "\n" not in line
    assert line.isprintable()
    assert "forged" in line
    assert "took %d" in lines.format(record("took %d", "long"))


def test_nobody_waits_for_a_reader(monkeypatch):
    """A pipe that nobody reads fills, lines are dropped then, and the log says how many when it is read again."""
    monkeypatch.setattr(_logging, "MAX_QUEUED", 10)
    reader, writer = os.pipe()
    log = logging.getLogger("some.logger")
    with os.fdopen(writer, "w", encoding="utf-8") as stream, os.fdopen(reader, encoding="utf-8") as back:
        monkeypatch.setattr(sys, "stderr", stream)
        read = []
        reading = threading.Thread(target=lambda: read.extend(iter(back.readline, "")))
        with logging_to_stderr(form="text", level="warning"):
            for _ in range(500):
                log.warning("x" * 1000)
            log.info("not this one")
            reading.start()
            while not any("were dropped" in line for line in read):
                log.warning("again")
        stream.close()
        reading.join(PATIENCE)
    assert not any("not this one" in line for line in read)


def test_it_ends_with_its_block(monkeypatch):
    """Outside nothing is written, and what was said last is."""
    told = io.StringIO()
    monkeypatch.setattr(sys, "stderr", told)
    before = logging.getLogger().level
    with logging_to_stderr(form="json", level="error"):
        logging.getLogger("a").error("last")
        logging.getLogger("a").warning("not")
    assert json.loads(told.getvalue())["message"] == "last"
    assert logging.getLogger().level == before


def ask(url: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=PATIENCE) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_server_for_programs(tmp_path):
    """Everything on standard error is JSON then; each request has its line, with the id that its answer has."""
    server = start_server(tmp_path / "data", "--log-format", "json", POLYHOST_LOG_LEVEL="info")
    try:
        assert ask(f"{server.url}/api/plugins", **{"X-Request-Id": "mine"}) == 200
        assert ask(f"{server.url}/api/plugins/nobody/info") == 404
        assert server.stop() == 0
    finally:
        end(server)
    lines = [json.loads(line) for line in server.errors.read_text().splitlines()]
    requests = [line for line in lines if line["logger"] == "hostweb_api.access"]
    assert [(each["operation"], each["status"], each.get("problem")) for each in requests] == [
        ("listPlugins", 200, None),
        ("showPlugin", 404, "plugin-not-found"),
    ]
    assert (requests[0]["request"], requests[0]["caller"], requests[0]["method"]) == ("mine", "local", "GET")
    assert "stopped" in [line["message"] for line in lines]


def test_an_unread_log_does_not_hold_the_server(tmp_path):
    """Standard error is a pipe that nobody reads: requests are answered, however many lines they would write."""
    words = ["serve", "--port", "0", "--data", str(tmp_path / "data"), "--log-level", "info"]
    with subprocess.Popen(
        [*PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        try:
            url = process.stdout.readline().split()[-1]
            for _ in range(150):
                assert ask(f"{url}/api/nowhere/{'x' * 600}") == 404
        finally:
            process.kill()


def test_people_are_told_once(capsys):
    """What the server tells as it happens is no line of the log for people, too; programs get the record."""
    for form, expected in (("text", 1), ("json", 2)):
        with logging_to_stderr(form=form, level="warning", told=frozenset({"extension-failed"})):
            for kind in ("extension-failed", "plugin-discovered"):
                logging.getLogger("polyhost.events").warning(
                    "it has happened", extra={"event": {"kind": kind}}
                )
        assert capsys.readouterr().err.count("it has happened") == expected
