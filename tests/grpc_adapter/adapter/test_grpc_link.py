"""The connection with a plugin: its health, what it prints, its end; and what hostile servers may answer."""

import pytest
import trio
import trio.testing
from adapter_support import PATIENCE, answering, hang, linked

from hostcore.protocol import LogLevel
from hostcore_grpc.methods import (
    BROKER_START_STREAM,
    CONTROLLER_SHUTDOWN,
    HEALTH_CHECK,
    STREAM_STDIO,
    KnownMessages,
)
from hostcore_grpc.rpc import Origin, RpcError, StatusCode

KNOWN = KnownMessages()
GARBAGE = b"\x0a\x7f\x01"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (KNOWN.health_response(status=1).SerializeToString(), None),
        (KNOWN.health_response(status=0).SerializeToString(), "UNKNOWN"),
        (KNOWN.health_response(status=2).SerializeToString(), "NOT_SERVING"),
        (KNOWN.health_response(status=77).SerializeToString(), "77"),
        (StatusCode.UNIMPLEMENTED, None),
        (StatusCode.NOT_FOUND, None),
        (StatusCode.INTERNAL, None),
    ],
)
async def test_health_is_what_the_plugin_says(autojump_clock, answer, expected):
    """Only SERVING is well; a server without this service, or with an error, lives."""
    async with linked({HEALTH_CHECK: answering(answer)}) as (link, _, _):
        assert await link.ask_health(timeout=1) == expected


@pytest.mark.parametrize(
    ("handler", "status", "origin"),
    [
        (hang, StatusCode.DEADLINE_EXCEEDED, Origin.DEADLINE),
        (answering(StatusCode.UNAVAILABLE), StatusCode.UNAVAILABLE, Origin.PEER),
        (answering(StatusCode.CANCELLED), StatusCode.CANCELLED, Origin.PEER),
        (answering(StatusCode.DEADLINE_EXCEEDED), StatusCode.DEADLINE_EXCEEDED, Origin.PEER),
        (answering(GARBAGE), StatusCode.INTERNAL, Origin.VIOLATION),
    ],
)
async def test_no_answer_is_no_health(autojump_clock, handler, status, origin):
    """A late answer, one that the server itself was too late for, and garbage count as none."""
    async with linked({HEALTH_CHECK: handler}) as (link, _, _):
        with pytest.raises(RpcError) as caught:
            await link.ask_health(timeout=1)
        assert (caught.value.status, caught.value.origin) == (status, origin)


async def test_a_health_check_waits_for_no_turn(autojump_clock):
    """With as many calls under way as a plugin takes, its health is asked all the same, and is no call."""
    handlers = {
        HEALTH_CHECK: answering(KNOWN.health_response(status=1).SerializeToString()),
        "/test.Hang/Hang": hang,
    }
    async with linked(handlers, max_inflight=1) as (link, _, _), trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(link.client.unary, "/test.Hang/Hang", b"")
        await trio.testing.wait_all_tasks_blocked()
        assert (link.client.in_flight, link.client.queued) == (1, 2)
        assert await link.ask_health(timeout=1) is None
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (answering(b""), True),
        (answering(StatusCode.UNAVAILABLE), True),
        (answering(StatusCode.UNIMPLEMENTED), False),
        (hang, True),
    ],
)
async def test_only_a_plugin_without_a_controller_cannot_be_asked_to_end(autojump_clock, handler, expected):
    """That the connection ends in place of an answer is the usual answer."""
    async with linked({CONTROLLER_SHUTDOWN: handler}) as (link, _, _):
        assert await link.ask_to_end(timeout=1) is expected


def printing(*parts, then=None):
    """Make a handler of StreamStdio that sends these parts: channel and data, or bytes as they are."""

    async def handle(call):
        assert await call.receive() == b""
        for part in parts:
            data = (
                part
                if isinstance(part, bytes)
                else KNOWN.stdio_data(channel=part[0], data=part[1]).SerializeToString()
            )
            await call.send(data)
        if then is not None:
            raise RpcError(then, "as the test says")
        await trio.sleep_forever()

    return handle


async def test_what_is_printed_is_heard_line_by_line(autojump_clock):
    """Parts of lines are put together for each of the two; the rest comes when the stream ends."""
    parts = ((1, b"one\ntw"), (2, b"err"), (1, b"o\n"), (2, b"or\nrest"), (9, b"odd\n"), (1, b"\xff\n"))
    async with linked({STREAM_STDIO: printing(*parts)}) as (link, heard, ended):
        await trio.testing.wait_all_tasks_blocked()
        assert [(each.message, each.level, each.logger) for each in heard.logs] == [
            ("one", LogLevel.INFO, "stdout"),
            ("two", LogLevel.INFO, "stdout"),
            ("odd", LogLevel.INFO, "stdout"),
            ("\ufffd", LogLevel.INFO, "stdout"),
        ]
        assert heard.stderr == ["error"]
        link.end("over")
        await link.finished.wait()
        assert heard.stderr == ["error", "rest"]
        assert ended == ["over"]
        assert heard.notes == []


async def refuse(call):
    raise RpcError(StatusCode.PERMISSION_DENIED, "as the test says")


@pytest.mark.parametrize(
    ("handlers", "notes"),
    [
        ({}, []),
        ({STREAM_STDIO: printing(then=StatusCode.UNIMPLEMENTED)}, []),
        (
            {STREAM_STDIO: printing(then=StatusCode.INTERNAL)},
            [("warn", "the stream of what it prints has ended: INTERNAL: as the test says")],
        ),
        (
            {STREAM_STDIO: printing(GARBAGE)},
            [
                (
                    "warn",
                    "the stream of what it prints has ended: INTERNAL: the 3 bytes are no plugin.StdioData",
                )
            ],
        ),
        (
            {BROKER_START_STREAM: refuse},
            [("warn", "the stream of its broker has ended: PERMISSION_DENIED: as the test says")],
        ),
    ],
)
async def test_a_stream_that_is_missing_or_ends_disturbs_nothing(autojump_clock, handlers, notes):
    """A plugin without go-plugin's streams goes without; an end that has a reason is noted; calls go on."""
    handlers = {HEALTH_CHECK: answering(StatusCode.UNIMPLEMENTED), **handlers}
    async with linked(handlers) as (link, heard, ended):
        await trio.testing.wait_all_tasks_blocked()
        assert heard.notes == notes
        assert await link.ask_health(timeout=1) is None
        assert ended == []


async def test_a_server_that_answers_before_it_is_asked_is_borne(autojump_clock):
    """Streams that the server ends well at once, without reading, are over, and nothing is noted."""

    async def end_at_once(call):
        pass

    handlers = {STREAM_STDIO: end_at_once, BROKER_START_STREAM: end_at_once}
    async with linked(handlers) as (link, heard, ended):
        await trio.testing.wait_all_tasks_blocked()
        assert (heard.notes, ended) == ([], [])
        assert link.client.is_available


async def test_a_flood_of_lines_is_read_slowly(autojump_clock):
    """A plugin that prints without end waits: it takes no more of the host's time than one over stdio may."""
    lines = 100_000
    part = (1, b"x\n" * 1000)
    async with linked({STREAM_STDIO: printing(*([part] * (lines // 1000)))}) as (_, heard, _):
        began = trio.current_time()
        with trio.fail_after(PATIENCE):
            while len(heard.logs) < lines:  # noqa: ASYNC110 - nobody tells of it
                await trio.sleep(0.1)
        assert 3 < trio.current_time() - began < 10


async def test_the_end_of_the_connection_is_told_once(autojump_clock):
    """Whoever waits for the link's end finds all of its tasks gone, and the reason told."""
    async with linked({}) as (link, _, ended):
        await trio.testing.wait_all_tasks_blocked()
        link.end("the first reason")
        link.end("another one")
        await link.finished.wait()
        assert ended == ["the first reason"]
        assert not link.client.is_available
