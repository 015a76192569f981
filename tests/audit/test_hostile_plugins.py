"""What one plugin does is its own trouble: the host and the other plugins live on."""

import signal

import pytest
import trio
from audit_support import host_with, scripted

from hostcore.errors import CallFailedError, CallTimedOutError, CrashedError, MisbehavedError
from hostcore.protocol import Status


async def test_a_signal_without_a_name_ends_just_the_plugin(tmp_path):
    """Most real-time signals have no name in Python; the exit report still tells which one it was."""
    async with host_with(tmp_path / "data", scripted(tmp_path / "a")) as host:
        code = f"os.kill(os.getpid(), {signal.SIGRTMIN + 6}); import time; time.sleep(30)"
        with pytest.raises(CrashedError, match="SIGRTMIN"):
            await host.call("X.Run", {"code": code})
        async with host.events(after=0) as events:
            async for each in events:
                if getattr(each.event, "report", None):
                    break
        assert each.event.report.signal == "SIGRTMIN+6"


async def test_a_request_that_is_too_large_before_the_hellos_is_dropped(tmp_path):
    """A request in the same write as the hello comes before the host may answer: it is noted, and nothing breaks."""
    start = "raw(hello() + request(2, 'Host.Info', {'filler': 'x' * 5000}))"
    folder = scripted(tmp_path / "a", start=start, more="[limits]\nframe = 4096")
    async with host_with(tmp_path / "data", folder) as host:
        assert await host.call("X.Echo", {"n": 1}) == {"n": 1}
        assert any("exceeds the limit" in line.message for line in host.logs("a"))


@pytest.mark.parametrize("first", ["request(2, '$/ping', {})", "request(2, 'Host.Nonsense', {})"])
async def test_requests_before_a_violation_in_the_same_write_harm_nobody(tmp_path, first):
    """What was asked just before the plugin broke the protocol cannot be answered any more."""
    folders = scripted(tmp_path / "a"), scripted(tmp_path / "other")
    async with host_with(tmp_path / "data", *folders) as host:
        code = f"raw({first} + request(3, '$/ping', {{}})); import time; time.sleep(30)"
        with pytest.raises(MisbehavedError, match="hosts use odd ids"):
            await host.call("X.Run", {"code": code}, plugin="a")
        assert await host.call("X.Echo", {"n": 1}, plugin="other") == {"n": 1}


async def test_an_error_that_the_caller_cannot_be_told_as_it_is_is_cut(tmp_path):
    """A plugin with msgpack may answer with a number that its caller, a plugin with JSON, cannot be sent."""
    callee = scripted(tmp_path / "callee", encoding="msgpack")
    caller = scripted(tmp_path / "caller", more=MAY_CALL_X)
    async with host_with(tmp_path / "data", callee, caller) as host:
        fail = "raw(error(call_id, {'code': 2**60, 'message': 'far out'})); answer = None"
        with pytest.raises(CallFailedError, match="far out"):
            await host.call("X.Run", {"code": fail}, plugin="callee")
        code = f"raw(request(2, 'X.Run', {{'code': {fail!r}}}, plugin='callee')); answer = read()"
        told = await host.call("X.Run", {"code": code}, plugin="caller")
        assert told["error"]["code"] == 2
        assert "far out" in told["error"]["message"]
        assert await host.call("X.Echo", {"n": 1}, plugin="caller") == {"n": 1}


# Optional: what these plugins have is known by their hello only, so nothing could be waited for.
MAY_CALL_X = """
[requires.interfaces]
X = { range = "^1.0", optional = true }
"""

NESTED = """
raw(hello())
waiting = {}
while True:
    message = read()
    if message.get("method") == "X.Nest":
        depth = message["params"]["depth"] + 1
        waiting[2 * depth] = message["id"]
        raw(request(2 * depth, "X.Nest", {"depth": depth}, parent=message["id"], plugin="a"))
    elif "method" not in message:
        raw(error(waiting.pop(message["id"]), message["error"]))
    elif message["method"] == "$/shutdown":
        raw(result(message["id"], {}))
"""


async def test_a_plugin_that_calls_itself_without_end_is_caught(tmp_path):
    """The circle is refused after a few rounds, long before the deadline, and the error shows the chain."""
    folder = scripted(tmp_path / "a", start=NESTED, more=MAY_CALL_X)
    async with host_with(tmp_path / "data", folder, scripted(tmp_path / "b")) as host:
        with (
            trio.fail_after(20),
            pytest.raises(CallFailedError, match=r"a's X\.Nest → a's X\.Nest") as caught,
        ):
            await host.call("X.Nest", {"depth": 0}, plugin="a", timeout=300)
        assert (caught.value.status, caught.value.data) == (
            Status.FAILED_PRECONDITION,
            {"code": "call-cycle"},
        )
        assert host.plugin("a").instances[0].in_flight == 0
        assert await host.call("X.Echo", {"n": 1}, plugin="b") == {"n": 1}


async def test_a_caller_that_goes_takes_hundreds_of_calls_along(tmp_path):
    """Cancellation reaches each reverse call of a plugin that made very many for one call."""
    folder = scripted(tmp_path / "a", more=MAY_CALL_X)
    async with host_with(tmp_path / "data", folder, scripted(tmp_path / "b")) as host:
        code = "for n in range(400): raw(request(2 * n + 2, 'X.Silence', {}, parent=call_id, plugin='b'))\n"
        with trio.move_on_after(2) as scope:
            await host.call("X.Run", {"code": code + "read(); read()"}, plugin="a", timeout=30)
        assert scope.cancelled_caught
        with trio.fail_after(20):
            while host.plugin("b").statistics.errors < 400:  # noqa: ASYNC110 - nothing tells of a cancelled call
                await trio.sleep(0.01)


async def test_a_plugin_may_give_its_own_calls_all_the_time_there_is(tmp_path):
    """The largest `timeout_ms` that the protocol knows is 285,000 years; it is cut, not fatal."""
    folder = scripted(tmp_path / "a", more=MAY_CALL_X)
    async with host_with(tmp_path / "data", folder) as host:
        code = "raw(request(2, 'X.Echo', {'n': 1}, timeout_ms=2**53 - 1, plugin='a')); inner = read()\n"
        code += "raw(result(inner['id'], inner['params'])); answer = read()"
        told = await host.call("X.Run", {"code": code})
        assert told["result"] == {"n": 1}


async def test_a_call_to_the_host_for_a_caller_that_has_gone_is_not_served(tmp_path):
    """Cancellation is inherited also by what the plugin asks before it has read the `$/cancel`."""
    folder = scripted(tmp_path / "a", more=MAY_CALL_X)
    async with host_with(tmp_path / "data", folder, scripted(tmp_path / "b")) as host:
        code = """
import time
time.sleep(0.4)
raw(request(2, "X.Echo", {}, parent=call_id, plugin="b"))
while "error" not in (told := read()):
    pass
os.write(2, b"told %d\\n" % told["error"]["code"])
"""
        with pytest.raises(CallTimedOutError):
            await host.call("X.Run", {"code": code}, plugin="a", timeout=0.2)
        async with host.follow_logs("a", after=0) as lines:
            assert (await anext(lines)).message == "told 1"
        assert host.plugin("b").statistics.calls == 0
