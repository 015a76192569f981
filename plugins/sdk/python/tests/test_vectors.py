"""The golden vectors of the protocol, fed to a plugin process: those for plugins, in the encoding that the SDK speaks."""

import json
import os
import struct

import msgpack
import pytest

from conftest import HERE, REPOSITORY
from polyhost_plugin._wire import Wire

PING = 999_999
VECTORS = REPOSITORY / "schemas" / "protocol" / "1" / "vectors"
CODE = (HERE / "vector_plugin.py").read_text(encoding="utf-8")


def load(direction):
    return list(vectors(direction))


def vectors(direction):
    for path in sorted(VECTORS.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["direction"] == direction:
            for vector in content["vectors"]:
                if (vector["encoding"], vector["role"]) == ("msgpack", "plugin"):
                    yield pytest.param(vector, id=f"{path.stem}-{vector['name']}")


def frame(message):
    body = msgpack.packb(message)
    return struct.pack(">I", len(body)) + body


def hello(features):
    host = {"protocol": 1, "host": {"name": "h", "version": ""}, "features": features, "services": ["Host"]}
    return frame([2, "$/hello", [host]])


def reported_requests(driver):
    lines = [line for line in driver.stderr.decode().splitlines() if line.startswith("REPORT ")]
    requests = [json.loads(line.removeprefix("REPORT ")) for line in lines]
    return [request for request in requests if request["id"] != PING]


def expected_requests(vector):
    return [
        {"meta": {}, **event}
        for event in vector["expect"]
        if event.get("type") == "request" and event["id"] != PING
    ]


@pytest.mark.parametrize("vector", load("decode"))
@pytest.mark.parametrize("step", [1, 1_000_000], ids=["byte-by-byte", "whole"])
def test_decode(vector, step, start):
    """A violation ends the plugin with a status and a reason; anything else is taken, and the plugin lives."""
    after = vector.get("after", {})
    limits = after.get("limits", {})
    driver = start(
        CODE,
        greet=False,
        TEST_INFLIGHT=str(limits.get("inflight", 1024)),
        TEST_FRAME=str(limits.get("frame", 4 * 1024 * 1024)),
    )
    driver.expect(lambda message: message.get("method") == "$/hello")
    if "features" in after:
        driver.write_raw(hello(after["features"]))
    data = bytes.fromhex(vector["hex"])
    broken = {"error": "remote"} in vector["expect"]
    try:
        for at in range(0, len(data), step):
            driver.write_raw(data[at : at + step])
    except BrokenPipeError:
        assert broken
    if broken:
        assert driver.wait() == 1
        driver.wait_for_threads()
        assert b"the host" in driver.stderr
    else:
        if "features" not in after and not any(
            event.get("type") == "host-hello" for event in vector["expect"]
        ):
            driver.write_raw(hello([]))
        ping = frame([0, PING, "$/ping", [{}]])
        driver.write_raw(ping)
        driver.expect(lambda message: message.get("id") == PING)
        driver.close_stdin()
        assert driver.wait() == 0
    driver.wait_for_threads()
    assert expected_requests(vector) == reported_requests(driver)


@pytest.mark.parametrize("vector", load("encode"))
def test_encode(vector):
    """What the SDK writes for a message is exactly what the vector says."""
    data = bytes.fromhex(vector["hex"])
    read_fd, write_fd = os.pipe()
    try:
        Wire(read_fd, write_fd).send(msgpack.unpackb(data[4:]))
        assert data == os.read(read_fd, len(data) + 1)
    finally:
        os.close(read_fd)
        os.close(write_fd)


def test_there_are_vectors():
    """An empty list of vectors would test nothing."""
    assert len(load("decode")) > 30
    assert len(load("encode")) > 5
