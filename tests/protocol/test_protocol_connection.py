"""What a connection allows, refuses and keeps count of, seen from both sides."""

from __future__ import annotations

import enum
import math
from datetime import UTC, datetime
from types import MappingProxyType

import pytest
from protocol_support import ALL_FEATURES, host_hello, make_pair, plugin_hello, take

from hostcore.errors import IncompatibleError, LocalProtocolError, RemoteProtocolError, TooLargeError
from hostcore.protocol import (
    MAX_CREDIT,
    MAX_FRAME,
    MAX_ID,
    Cancel,
    Connection,
    ConnectionState,
    Credit,
    Data,
    Discarded,
    Encoding,
    End,
    ErrorInfo,
    HostHello,
    Limits,
    Log,
    LogLevel,
    OversizeSkipped,
    PluginHello,
    Progress,
    Request,
    Response,
    Role,
    Status,
    agree_on_features,
    negotiate_protocol,
)
from hostcore.protocol._transitions import FIRST, LEGAL, NEXT, Turn

both_encodings = pytest.mark.parametrize("encoding", list(Encoding))


def call(host, plugin, **options):
    """Send a request from the host and have the plugin take it; returns its id."""
    call_id, frame = host.send_request("A.B", {}, **options)
    plugin.receive_data(frame)
    assert call_id == take(plugin)[-1].id
    return call_id


# Hello


@both_encodings
def test_hellos_open_the_connection(encoding):
    """The plugin's hello chooses the encoding, and both hellos together agree on features and limits."""
    host = Connection(Role.HOST, limits=Limits(frame=5000, inflight=3))
    plugin = Connection(Role.PLUGIN, encoding=encoding, limits=Limits(frame=6000, inflight=4))
    assert (host.encoding, host.state) == (None, ConnectionState.AWAIT_HELLO)
    host.receive_data(
        plugin.send(
            plugin_hello(features=("cancel", "x-new", "streams"), limits=Limits(frame=6000, inflight=4))
        )
    )
    assert (encoding, ConnectionState.SEND_HELLO, frozenset()) == (host.encoding, host.state, host.features)
    assert take(host) == [host.peer_hello]
    plugin.receive_data(
        host.send(host_hello(features=("cancel", "x-new", "async"), limits=Limits(frame=5000, inflight=3)))
    )
    assert take(plugin) == [plugin.peer_hello]
    for side in (host, plugin):
        assert side.state is ConnectionState.OPEN
        assert side.features == {"cancel", "x-new"}
    assert host.peer_limits == plugin.limits == Limits(frame=6000, inflight=4)
    assert plugin.peer_limits == host.limits == Limits(frame=5000, inflight=3)


def test_a_host_says_nothing_before_the_plugins_hello():
    """Neither a hello nor a request can be sent by a host that has heard nothing."""
    host = Connection(Role.HOST)
    for send in (
        lambda: host.send(host_hello()),
        lambda: host.send_request("A.B", {}),
        lambda: host.send_response(2, 1),
    ):
        with pytest.raises(LocalProtocolError):
            send()
    assert host.state is ConnectionState.AWAIT_HELLO


def test_a_plugin_only_logs_before_the_hosts_hello():
    """Before the hellos have passed a plugin may log, and may not call."""
    plugin = Connection(Role.PLUGIN, encoding=Encoding.JSON)
    record = Log(level=LogLevel.INFO, message="m")
    host = Connection(Role.HOST)
    host.receive_data(plugin.send(record) + plugin.send(plugin_hello()) + plugin.send(record))
    assert [type(event) for event in take(host)] == [Log, PluginHello, Log]
    with pytest.raises(LocalProtocolError, match="a request must not be sent now"):
        plugin.send_request("Host.Info", {})


def test_a_hello_must_announce_the_connections_limits():
    """A hello that announces other limits than the connection keeps is refused on the side that sends it."""
    plugin = Connection(Role.PLUGIN, encoding=Encoding.JSON, limits=Limits(frame=5000))
    with pytest.raises(LocalProtocolError, match="announces"):
        plugin.send(plugin_hello())
    plugin.send(plugin_hello(limits=Limits(frame=5000)))


def test_a_host_cannot_choose_a_protocol_that_was_not_offered():
    """A host's hello with a version outside either range is refused before it is sent."""
    host, plugin = Connection(Role.HOST), Connection(Role.PLUGIN, encoding=Encoding.JSON)
    host.receive_data(plugin.send(PluginHello(protocol=(2, 3), name="a", version="1", interfaces={})))
    with pytest.raises(LocalProtocolError, match="protocol 1 was not agreed on"):
        host.send(host_hello())
    with pytest.raises(LocalProtocolError, match="protocol 2 was not agreed on"):
        host.send(HostHello(protocol=2, host_name="h", host_version="0"))


@pytest.mark.parametrize(
    ("theirs", "ours", "common"),
    [((1, 1), (1, 1), 1), ((1, 4), (2, 3), 3), ((2, 3), (1, 4), 3), ((3, 9), (1, 3), 3)],
)
def test_the_highest_common_protocol_wins(theirs, ours, common):
    """Of two overlapping ranges the highest version of both is taken."""
    assert common == negotiate_protocol(theirs, ours)


def test_no_common_protocol_names_both_ranges():
    """Ranges that do not overlap end in an error that names both."""
    with pytest.raises(IncompatibleError, match="the plugin speaks 4 to 5, the host 1") as caught:
        negotiate_protocol((4, 5))
    assert caught.value.details == {"plugin": [4, 5], "host": [1, 1]}


def test_features_are_agreed_on_by_both():
    """A feature counts only if both sides list it."""
    assert agree_on_features(["a", "b"], ["b", "c"]) == {"b"}


@pytest.mark.parametrize(
    "options",
    [
        {"role": Role.HOST, "encoding": Encoding.JSON},
        {"role": Role.PLUGIN},
        {"role": Role.HOST, "limits": Limits(frame=100)},
        {"role": Role.HOST, "limits": Limits(frame=MAX_FRAME + 1)},
        {"role": Role.HOST, "limits": Limits(inflight=0)},
    ],
)
def test_a_connection_refuses_impossible_options(options):
    """A host has no encoding of its own, a plugin needs one, and limits are within the protocol's."""
    with pytest.raises(ValueError, match=r"encoding|limits"):
        Connection(options.pop("role"), **options)


def test_every_state_of_every_role_is_in_the_tables():
    """The tables are complete: every state is legal or an end, and every state can be reached."""
    for role in Role:
        reached = {FIRST[role]} | {target for (owner, _, _), target in NEXT.items() if owner is role}
        assert reached == set(ConnectionState)
        assert {state for owner, state in LEGAL if owner is role} == set(ConnectionState)
        for state in set(ConnectionState) - {ConnectionState.ERROR}:
            assert NEXT[role, state, Turn.VIOLATED] is ConnectionState.ERROR


# Calls


@both_encodings
def test_a_call_goes_there_and_back(encoding):
    """A request has every option that was set and no other, and its response ends it on both sides."""
    host, plugin = make_pair(encoding)
    call_id, frame = host.send_request(
        "KeyValue.Get",
        {"key": "a"},
        timeout_ms=5,
        progress=True,
        credit=2,
        parent=4,
        plugin="kv",
        traceparent="00",
    )
    plugin.receive_data(frame)
    meta = {"timeout_ms": 5, "progress": True, "credit": 2, "parent": 4, "plugin": "kv", "traceparent": "00"}
    assert take(plugin) == [Request(id=call_id, method="KeyValue.Get", params={"key": "a"}, meta=meta)]
    assert (host.in_flight, plugin.incoming) == (1, 1)
    host.receive_data(plugin.send_response(call_id, {"value": 1}))
    assert take(host) == [Response(id=call_id, result={"value": 1})]
    assert (host.in_flight, plugin.incoming) == (0, 0)


@both_encodings
def test_errors_keep_what_they_carry(encoding):
    """Every part of an error arrives; a status is sent as its number."""
    host, plugin = make_pair(encoding)
    call_id = call(host, plugin)
    error = ErrorInfo(
        code=Status.NOT_FOUND, message="no", name="KeyNotFound", data={"k": [1]}, retryable=True
    )
    host.receive_data(plugin.send_error(call_id, error))
    assert take(host) == [Response(id=call_id, error=error)]


def test_both_sides_call_with_ids_that_never_clash():
    """Host ids are odd, plugin ids even, and each side tells its calls from the other's."""
    host, plugin = make_pair()
    first, frame = host.send_request("A.B", {})
    second, back = plugin.send_request("Host.Info", {}, parent=first)
    plugin.receive_data(frame)
    host.receive_data(back)
    assert (first, second) == (1, 2)
    assert take(host) == [Request(id=2, method="Host.Info", params={}, meta={"parent": 1})]
    host.receive_data(plugin.send_response(first, "a"))
    plugin.receive_data(host.send_response(second, "b"))
    assert [event.result for event in take(host)] == ["a"]
    assert [event.result for event in take(plugin)[1:]] == ["b"]


@pytest.mark.parametrize(("role", "last", "first"), [(Role.HOST, MAX_ID, 1), (Role.PLUGIN, MAX_ID - 1, 2)])
def test_ids_wrap_around_and_skip_what_is_taken(role, last, first):
    """After the last id comes the first that is neither in flight nor abandoned."""
    host, plugin = make_pair()
    side = host if role is Role.HOST else plugin
    taken = side.send_request("A.B", {})[0]
    gone = side.send_request("A.B", {})[0]
    side.abandon(gone)
    assert (taken, gone) == (first, first + 2)
    side._conversation.ours.next_id = last
    assert side.send_request("A.B", {})[0] == last
    assert side.send_request("A.B", {})[0] == first + 4


def test_a_refused_request_uses_no_id():
    """A request that cannot be encoded or is too large leaves the connection as it was."""
    host, _ = make_pair(plugin_limits=Limits(frame=4096))
    with pytest.raises(TooLargeError) as caught:
        host.send_request("A.B", {"x": "y" * 4096})
    assert caught.value.details["limit"] == 4096
    with pytest.raises(LocalProtocolError, match="NaN"):
        host.send_request("A.B", {"x": math.nan})
    assert (host.in_flight, host.send_request("A.B", {})[0]) == (0, 1)


def test_a_frame_beyond_16_mib_is_refused():
    """What does not even fit a frame's length is too large, too."""
    host, plugin = make_pair(plugin_limits=Limits(frame=MAX_FRAME))
    with pytest.raises(TooLargeError, match="the receiver takes 16777215"):
        host.send_request("A.B", {"x": bytes(MAX_FRAME + 1)})
    largest = bytes(MAX_FRAME - 17)
    plugin.receive_data(host.send_request("A.B", {"x": largest})[1])
    assert take(plugin)[0].params == {"x": largest}


def test_a_refused_response_leaves_the_call_to_be_answered():
    """After a response that was too large the call can still be answered with an error."""
    host, plugin = make_pair(host_limits=Limits(frame=4096))
    call_id = call(host, plugin)
    with pytest.raises(TooLargeError):
        plugin.send_response(call_id, "y" * 4096)
    with pytest.raises(LocalProtocolError, match="cannot be sent"):
        plugin.send_response(call_id, object())
    host.receive_data(plugin.send_error(call_id, ErrorInfo(code=Status.RESOURCE_EXHAUSTED, message="large")))
    assert take(host)[0].error.code == 8


def test_a_request_is_answered_once():
    """A second answer, and an answer to nothing, are refused on the side that sends it."""
    host, plugin = make_pair()
    call_id = call(host, plugin)
    plugin.send_response(call_id, 1)
    with pytest.raises(LocalProtocolError, match="no such request"):
        plugin.send_response(call_id, 1)
    with pytest.raises(LocalProtocolError, match="no such request"):
        plugin.send_error(99, ErrorInfo(code=1, message=""))


def test_in_flight_is_bounded_by_the_peers_hello():
    """No more calls go out than the peer takes; abandoned ones count until answered, the protocol's own do not."""
    host, plugin = make_pair(plugin_limits=Limits(inflight=2))
    first, second = call(host, plugin), call(host, plugin)
    with pytest.raises(LocalProtocolError, match="2 requests are in flight"):
        host.send_request("A.B", {})
    plugin.receive_data(host.abandon(first))
    with pytest.raises(LocalProtocolError, match="2 requests are in flight"):
        host.send_request("A.B", {})
    ping, frame = host.send_request("$/ping", {})
    plugin.receive_data(frame)
    host.receive_data(plugin.send_response(ping, {}) + plugin.send_response(first, 1))
    assert host.in_flight == 1
    assert call(host, plugin) not in (first, second)


def test_an_id_in_use_cannot_be_sent_again():
    """A request with a given id is refused when the id is in flight or belongs to the peer."""
    host, _ = make_pair()
    host.send(Request(id=5, method="A.B", params={}))
    for taken in (5, 2):
        with pytest.raises(LocalProtocolError, match="cannot be the id"):
            host.send(Request(id=taken, method="A.B", params={}))
    assert host.send_request("A.B", {})[0] == 7


# Cancel and progress


def test_an_abandoned_call_is_a_tombstone_until_its_response():
    """Abandoning cancels once; the one late response clears the tombstone, and a further one is unknown."""
    host, plugin = make_pair()
    call_id = call(host, plugin)
    plugin.receive_data(host.abandon(call_id, reason="deadline"))
    assert take(plugin) == [Cancel(id=call_id, reason="deadline")]
    assert (host.tombstones, host.in_flight, host.abandon(call_id)) == (1, 1, None)
    frame = plugin.send_error(call_id, ErrorInfo(code=Status.CANCELLED, message=""))
    host.receive_data(frame + frame)
    assert [event.reason for event in take(host)] == ["late", "unknown"]
    assert (host.tombstones, host.in_flight) == (0, 0)


def test_without_the_feature_nobody_is_told():
    """A peer without `cancel` gets no frame; the id is a tombstone all the same."""
    host, plugin = make_pair(features=())
    call_id = call(host, plugin)
    assert host.abandon(call_id) is None
    assert host.tombstones == 1
    with pytest.raises(LocalProtocolError, match="'cancel'"):
        host.send(Cancel(id=call_id))


def test_a_cancel_after_the_answer_means_nothing():
    """A cancel that crosses with the response is discarded by the callee."""
    host, plugin = make_pair()
    call_id = call(host, plugin)
    plugin.send_response(call_id, 1)
    plugin.receive_data(host.abandon(call_id))
    assert take(plugin) == [Discarded(message=Cancel(id=call_id), reason="unknown")]


def test_only_a_call_of_ones_own_can_be_cancelled():
    """A cancel for an id that is not in flight is refused; one that is sent by hand keeps the call open."""
    host, plugin = make_pair()
    call_id = call(host, plugin)
    with pytest.raises(LocalProtocolError, match="not in flight"):
        host.send(Cancel(id=99))
    plugin.receive_data(host.send(Cancel(id=call_id)))
    host.receive_data(plugin.send_response(call_id, 1))
    assert take(host) == [Response(id=call_id, result=1)]


def test_progress_is_sent_only_when_asked_for():
    """The callee knows who asked for progress, and cannot send it to others."""
    host, plugin = make_pair()
    silent, asking = call(host, plugin), call(host, plugin, progress=True)
    assert (plugin.wants_progress(silent), plugin.wants_progress(asking)) == (False, True)
    with pytest.raises(LocalProtocolError, match="nobody asked"):
        plugin.send(Progress(id=silent, progress=1))
    message = Progress(id=asking, progress=0.5, total=1, message="half")
    host.receive_data(plugin.send(message))
    assert take(host) == [message]


# Streams


@both_encodings
def test_results_stream_within_credit(encoding):
    """The callee sends as many items as it has credit for, and the caller's grant lets it go on."""
    host, plugin = make_pair(encoding)
    call_id = call(host, plugin, credit=2)
    for item in (b"\0", {"a": 1}):
        host.receive_data(plugin.send(Data(id=call_id, item=item)))
    assert plugin.may_send_data(call_id) == 0
    with pytest.raises(LocalProtocolError, match="no credit"):
        plugin.send(Data(id=call_id, item=3))
    plugin.receive_data(host.grant(call_id, 1))
    assert (take(plugin), plugin.may_send_data(call_id)) == ([Credit(id=call_id, n=1)], 1)
    host.receive_data(plugin.send(Data(id=call_id, item=3)) + plugin.send_response(call_id, {}))
    assert [type(event) for event in take(host)] == [Data, Data, Data, Response]
    assert host.grant(call_id, 1) == b""


def test_uploads_stream_within_credit_and_end():
    """The caller waits for the callee's credit, and sends nothing after its end."""
    host, plugin = make_pair()
    call_id = call(host, plugin)
    assert host.may_send_data(call_id) == 0
    host.receive_data(plugin.grant(call_id, 2))
    assert host.may_send_data(call_id) == 2
    plugin.receive_data(host.send(Data(id=call_id, item=1)) + host.send(End(id=call_id)))
    assert take(plugin) == [Data(id=call_id, item=1), End(id=call_id)]
    assert host.may_send_data(call_id) == 0
    with pytest.raises(LocalProtocolError, match="ended"):
        host.send(Data(id=call_id, item=2))
    with pytest.raises(LocalProtocolError, match="ended before"):
        host.send(End(id=call_id))


def test_only_the_caller_half_closes():
    """A callee has no end to send: its response ends the stream."""
    host, plugin = make_pair()
    with pytest.raises(LocalProtocolError, match="not in flight"):
        plugin.send(End(id=call(host, plugin)))


def test_credit_is_bounded():
    """Neither side can have more credit outstanding than a 32-bit counter holds."""
    host, plugin = make_pair()
    call_id = call(host, plugin, credit=1)
    for n in (0, MAX_CREDIT):
        with pytest.raises(LocalProtocolError, match=r"\$/credit|the credit"):
            host.grant(call_id, n)
    assert host.grant(call_id, MAX_CREDIT - 1)


def test_streams_and_progress_must_be_agreed_on():
    """What belongs to a feature that was not agreed on cannot be sent."""
    host, plugin = make_pair(features=("cancel",))
    call_id = call(host, plugin)
    for send in (
        lambda: host.send_request("A.B", {}, credit=1),
        lambda: host.send_request("A.B", {}, progress=True),
        lambda: host.grant(call_id, 1),
        lambda: host.send(End(id=call_id)),
        lambda: plugin.send(Data(id=call_id, item=1)),
        lambda: plugin.send_request("Host.Info", {}),
    ):
        with pytest.raises(LocalProtocolError, match="not agreed on"):
            send()


def test_items_of_an_abandoned_call_are_dropped():
    """What was under way when the caller left is discarded, also beyond its credit."""
    host, plugin = make_pair()
    call_id = call(host, plugin, credit=1)
    item = plugin.send(Data(id=call_id, item=1))
    host.abandon(call_id)
    host.receive_data(item + item)
    assert [event.reason for event in take(host)] == ["late", "late"]


# Values


class Colour(enum.StrEnum):
    RED = "red"


@both_encodings
def test_values_of_related_types_are_sent_as_what_they_mean(encoding):
    """Tuples, mappings, buffers, enums and subclasses go out as lists, maps, binary, text and numbers."""
    host, plugin = make_pair(encoding)
    value = {
        "t": (1, 2),
        "m": MappingProxyType({"k": 1}),
        "e": Colour.RED,
        "n": Status.ABORTED,
        "f": Ratio(0.5),
        Colour.RED: 1,
    }
    plugin.receive_data(host.send_request("A.B", value)[1])
    assert take(plugin)[0].params == {"t": [1, 2], "m": {"k": 1}, "e": "red", "n": 10, "f": 0.5, "red": 1}
    for buffer in (b"ab", bytearray(b"ab"), memoryview(b"ab")):
        plugin.receive_data(host.send_request("A.B", {"b": buffer})[1])
        expected = b"ab" if encoding is Encoding.MSGPACK else {"$bytes": "YWI="}
        assert take(plugin)[0].params == {"b": expected}


def nested(levels):
    value = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def nested_lists(levels):
    value = []
    for _ in range(levels - 2):
        value = [value]
    return {"a": value}


class Ratio(float):
    __slots__ = ()


def itself():
    value = {}
    value["self"] = value
    return value


@both_encodings
@pytest.mark.parametrize(
    "value",
    [
        {"x": math.inf},
        {"x": [1.0] * 40 + [math.nan]},
        {"x": [1] * 40 + [object()]},
        {1: 2},
        {b"k": 2},
        {"x": {1, 2}},
        {"x": datetime.now(UTC)},
        {"x": "\ud800"},
        {"x": 2**64},
        {"x": -(2**63) - 1},
        {"x": 10**5000},
        {"x": Ratio("nan")},
        nested_lists(65),
        nested(65),
        itself(),
    ],
)
def test_values_without_a_form_are_refused_locally(encoding, value):
    """What the receiver would have to refuse never leaves, and nothing is in flight then."""
    host, plugin = make_pair(encoding)
    with pytest.raises(LocalProtocolError, match=r"the request A\.B cannot be sent"):
        host.send_request("A.B", value)
    assert host.in_flight == 0
    call(host, plugin)


@both_encodings
def test_the_deepest_value_that_is_sent_is_received(encoding):
    """Both sides draw the same line: 64 containers pass, as params and as a result."""
    host, plugin = make_pair(encoding)
    call_id, frame = host.send_request("A.B", nested(64))
    plugin.receive_data(frame)
    host.receive_data(plugin.send_response(take(plugin)[0].id, nested(64)))
    assert take(host) == [Response(id=call_id, result=nested(64))]


def test_integers_that_json_would_change_are_refused():
    """Beyond 2**53 - 1 a JSON peer gets an error instead of another number; msgpack carries 64 bits."""
    host, _ = make_pair(Encoding.JSON)
    host.send_request("A.B", {"x": [2**53 - 1, -(2**53) + 1]})
    for number in (2**53, -(2**53)):
        with pytest.raises(LocalProtocolError, match="2\\^53"):
            host.send_request("A.B", {"x": {"y": [number]}})
    host, plugin = make_pair(Encoding.MSGPACK)
    plugin.receive_data(host.send_request("A.B", {"x": [2**64 - 1, -(2**63)]})[1])
    assert take(plugin)[0].params == {"x": [2**64 - 1, -(2**63)]}


# Bytes


@both_encodings
def test_large_messages_arrive_in_small_chunks_without_delay(encoding):
    """A 1 MiB result that comes in 1 KiB chunks is put together; the memory of a chunk may be used again at once."""
    host, plugin = make_pair(encoding)
    call_id = call(host, plugin)
    data = plugin.send_response(call_id, "x" * (1 << 20))
    chunk = bytearray(1024)
    for position in range(0, len(data), 1024):
        part = data[position : position + 1024]
        chunk[: len(part)] = part
        with memoryview(chunk) as view:
            host.receive_data(view[: len(part)])
        chunk[:] = bytes(1024)
    assert take(host) == [Response(id=call_id, result="x" * (1 << 20))]
    assert host._frames.buffered == 0


@both_encodings
def test_many_messages_in_one_chunk_keep_their_order(encoding):
    """All messages of one chunk come out in the order in which they were sent."""
    host, plugin = make_pair(encoding)
    ids = [call(host, plugin) for _ in range(50)]
    host.receive_data(b"".join(plugin.send_response(call_id, call_id) for call_id in reversed(ids)))
    assert [event.result for event in take(host)] == ids[::-1]


@both_encodings
def test_an_oversize_response_ends_its_call(encoding):
    """A response above the limit is skipped and reported once, and the connection goes on."""
    host, plugin = make_pair(encoding, host_limits=Limits(frame=4096))
    first, second = call(host, plugin), call(host, plugin)
    plugin._conversation.peer_limits = Limits()
    large = plugin.send_response(first, "x" * 5000)
    host.receive_data(large + plugin.send_response(second, 2))
    skipped, response = take(host)
    assert (skipped.kind, skipped.id) == ("response", first)
    assert response == Response(id=second, result=2)
    assert (host.in_flight, host.statistics().oversize) == (0, 1)


@both_encodings
def test_an_oversize_request_can_be_answered(encoding):
    """A request above the limit is skipped and can be answered with an error."""
    host, plugin = make_pair(encoding, plugin_limits=Limits(frame=4096))
    host._conversation.peer_limits = Limits()
    call_id, frame = host.send_request("A.B", {"x": "y" * 5000})
    plugin.receive_data(frame)
    (skipped,) = take(plugin)
    assert isinstance(skipped, OversizeSkipped)
    host.receive_data(
        plugin.send_error(skipped.id, ErrorInfo(code=Status.RESOURCE_EXHAUSTED, message="large"))
    )
    assert take(host)[0].id == call_id


def test_a_violation_is_sticky_and_comes_in_its_place():
    """What came before the violation is still reported; then every call raises, and nothing can be sent."""
    host, plugin = make_pair(Encoding.JSON)
    call_id = call(host, plugin)
    host.receive_data(plugin.send_response(call_id, 1) + b'{"jsonrpc":"2.0","id":"7","result":1}\nmore')
    assert host.next_event() == Response(id=call_id, result=1)
    for _ in range(2):
        with pytest.raises(
            RemoteProtocolError, match=r'the plugin broke the protocol: the id of a response.*"id":"7"'
        ):
            host.next_event()
    host.receive_data(b"ignored")
    assert (host.role, host.state) == (Role.HOST, ConnectionState.ERROR)
    with pytest.raises(LocalProtocolError, match="the id of a response"):
        host.send_request("A.B", {})
    with pytest.raises(LocalProtocolError, match="nothing can be sent any more"):
        host.send_response(2, 1)
    assert host.abandon(call_id) is None


def test_a_violation_in_msgpack_shows_the_bytes():
    """The error quotes the beginning of the offending frame in hexadecimal."""
    host, _ = make_pair()
    host.receive_data(bytes.fromhex("00000004 93 03 a0 90"))
    with pytest.raises(RemoteProtocolError, match=r"must be 0, 1 or 2, not 3 \[93 03 a0 90\]"):
        host.next_event()


def test_after_the_end_of_its_input_only_a_plugin_has_something_to_say():
    """A plugin may still answer what it was asked; a host cannot expect anything any more."""
    host, plugin = make_pair()
    call_id = call(host, plugin)
    plugin.receive_data(b"")
    plugin.receive_data(b"")
    assert plugin.state is ConnectionState.ENDED
    host.receive_data(plugin.send_response(call_id, 1))
    assert len(take(host)) == 1
    with pytest.raises(LocalProtocolError):
        plugin.send_request("Host.Info", {})
    with pytest.raises(LocalProtocolError, match="after the end"):
        plugin.receive_data(b"x")
    pending = host.send_request("A.B", {})[0]
    host.receive_data(b"")
    assert host.abandon(pending) is None
    with pytest.raises(LocalProtocolError):
        host.send_request("A.B", {})


def test_statistics_count_what_went_over_the_connection():
    """Bytes and messages of one side are those of the other, in the other direction."""
    host, plugin = make_pair(features=ALL_FEATURES)
    call_id = call(host, plugin)
    frame = plugin.send_response(call_id, 1)
    host.receive_data(b"stray\n" + frame + frame)
    theirs, ours = plugin.statistics(), host.statistics()
    assert theirs.bytes_received == ours.bytes_sent
    assert ours.bytes_received == theirs.bytes_sent + len(b"stray\n") + len(frame)
    assert (ours.messages_received, ours.stray, ours.discarded) == (3, 1, 1)
    assert "open msgpack in_flight=0" in repr(host)


@both_encodings
def test_what_the_receiver_would_refuse_never_leaves(encoding):
    """Fields of a wrong type are a local error, and the connection goes on."""
    host, plugin = make_pair(encoding)
    call_id = call(host, plugin, credit=1, progress=True)
    for send in (
        lambda: host.send_request("A.B", {}, timeout_ms=-1),
        lambda: host.send_request("A.B", {}, timeout_ms=1.5),
        lambda: host.send_request("A.B", {}, timeout_ms=10**5000),
        lambda: host.send_request("A.B", {}, credit=-1),
        lambda: host.send_request("A.B", {}, plugin=""),
        lambda: host.send_request("A.B", {}, parent=0),
        lambda: host.send_request("", {}),
        lambda: host.send_request("A.B", [1]),
        lambda: host.send(Cancel(id=call_id, reason=5)),
        lambda: plugin.send(Progress(id=call_id, progress="half")),
        lambda: plugin.send(Log(level=LogLevel.INFO, message=None)),
        lambda: plugin.send(Data(id=call_id, item=object())),
        lambda: plugin.send_error(call_id, ErrorInfo(code="5", message="")),
        lambda: plugin.send_error(call_id, ErrorInfo(code=5, message=None)),
    ):
        with pytest.raises(LocalProtocolError, match="cannot be sent"):
            send()
    plugin.receive_data(host.send_request("A.B", {})[1])
    host.receive_data(plugin.send(Data(id=call_id, item=1)) + plugin.send_response(call_id, 1))
    assert [type(event) for event in take(host)] == [Data, Response]
