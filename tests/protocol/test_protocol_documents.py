"""The specification says what the code does."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from protocol_support import host_hello, take

from hostcore import protocol
from hostcore.protocol import Connection, Encoding, Feature, LogLevel, PluginHello, Response, Role, Status
from hostcore.protocol._fields import CANCEL, CREDIT, DATA, END, LOG, PROGRESS

DOCS = Path(__file__).parents[2] / "docs" / "protocol"
WAIT = 20  # seconds; Perl needs some 50 ms, a busy machine more


def read(page):
    return (DOCS / f"{page}.md").read_text()


def test_the_plugin_of_the_walkthrough_works(tmp_path):
    """The plugin printed in the walkthrough is below 40 lines, says hello, counts, errs and stops as described."""
    (source,) = re.findall(r"```perl\n(.*?)```", read("minimal-plugin"), re.DOTALL)
    assert len(source.splitlines()) < 40
    (tmp_path / "main.pl").write_text(source)
    host = Connection(Role.HOST)
    process = subprocess.Popen(
        ["perl", "main.pl"], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        host.receive_data(process.stdout.readline())
        hello = host.next_event()
        assert isinstance(hello, PluginHello)
        assert (hello.interfaces, host.encoding) == ({"Words": "1.0"}, Encoding.JSON)
        process.stdin.write(host.send(host_hello()))
        requests = [host.send_request("Words.Count", {"text": "eins zwei drüben"}, timeout_ms=1000)]
        requests += [host.send_request(name, {}) for name in ("$/ping", "Words.Shout", "$/shutdown")]
        process.stdin.write(b"".join(frame for _, frame in requests))
        output, _ = process.communicate(timeout=WAIT)
    finally:
        process.kill()
        process.wait()
    host.receive_data(output)
    host.receive_data(b"")
    answers = take(host)
    assert [Response(id=1, result={"words": 3})] == answers[:1]
    assert [(answer.id, answer.error.code) for answer in answers[1:]] == [
        (3, -32601),
        (5, -32601),
        (7, -32601),
    ]
    assert process.returncode == 0


def test_the_walkthrough_shows_real_output(tmp_path):
    """The console session of the walkthrough is what the plugin prints."""
    page = read("minimal-plugin")
    (source,) = re.findall(r"```perl\n(.*?)```", page, re.DOTALL)
    (session,) = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    (tmp_path / "main.pl").write_text(source)
    command, _, expected = session.removeprefix("$ ").partition("\n")
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=WAIT, check=True
    )
    assert expected == done.stdout


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("hello", [f"`{feature}`" for feature in Feature]),
        ("services", [f"`{level}`" for level in LogLevel]),
        (
            "calls",
            [f"`{status.name}`" for status in Status if status > 0]
            + [f"`{status.value}`" for status in Status if status < 0],
        ),
        (
            "messages",
            [
                f"`{name}`"
                for name in (
                    protocol.HELLO,
                    CANCEL,
                    PROGRESS,
                    DATA,
                    END,
                    CREDIT,
                    LOG,
                    protocol.PING,
                    protocol.HANDOVER,
                    protocol.SHUTDOWN,
                )
            ],
        ),
        (
            "limits",
            [
                str(number)
                for number in (
                    protocol.MIN_FRAME,
                    protocol.MAX_FRAME,
                    protocol.MAX_INFLIGHT,
                    protocol.MAX_DEPTH,
                    protocol.MAX_ID,
                    protocol.MAX_CREDIT,
                    protocol.MAX_STRAY_PART,
                )
            ],
        ),
        ("hello", [str(number) for number in (protocol.Limits().frame, protocol.Limits().inflight)]),
        ("stray-output", [str(protocol.MAX_STRAY_PART), f"first {protocol.OVERSIZE_HEAD} bytes"]),
    ],
)
def test_every_name_and_number_is_documented(page, words):
    """Features, levels, codes, messages and limits of the code stand on their page."""
    text = read(page)
    assert [word for word in words if word not in text] == []


def test_the_frame_in_the_specification_is_one():
    """The example frame decodes to what stands beside it."""
    (example,) = re.findall(r"^(00 00 00 0c \|[0-9a-f ]+) ", read("bytes"), re.MULTILINE)
    host = Connection(Role.HOST)
    plugin = Connection(Role.PLUGIN, encoding=Encoding.MSGPACK)
    host.receive_data(plugin.send(PluginHello(name="a", version="1", interfaces={})))
    host.send(host_hello())
    take(host)
    for _ in range(4):
        call_id, _ = host.send_request("Words.Count", {})
    assert call_id == 7
    host.receive_data(bytes.fromhex(example.replace("|", "").strip()))
    assert take(host) == [Response(id=7, result={"words": 2})]


def test_public_names():
    """The package exports exactly what stands in `__all__`, sorted, and nothing private."""
    assert sorted(protocol.__all__) == sorted(set(protocol.__all__))
    assert all(hasattr(protocol, name) and not name.startswith("_") for name in protocol.__all__)
