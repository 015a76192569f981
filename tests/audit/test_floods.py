"""A plugin that writes without end takes little of the host's time and memory, and nobody else's."""

import time

import psutil
import pytest
import trio
from audit_support import PATIENCE, host_with, scripted

from hostcore.transports._flood import BURST, BYTES_A_REMARK, LONGEST_PAUSE, REMARKS_PER_SECOND, Flood

FLOODS = {
    "shortest lines on stderr": "while True: os.write(2, b'x\\n' * 30000)",
    "endless line on stderr": "while True: os.write(2, b'x' * 60000)",
    "JSON on stderr": """while True: os.write(2, b'{"level":"info","msg":"x","n":[1,2]}\\n' * 1000)""",
    "shortest stray lines": "while True: os.write(1, b'x\\n' * 30000)",
    "endless stray line": "while True: os.write(1, b'x' * 60000)",
    "log records": "while True: raw(notification('$/log', level='info', message='x') * 1000)",
    "unknown notifications": "while True: raw(notification('$/x') * 1000)",
    "answers to nothing": "while True: raw(result(1001, 1) * 1000)",
}
CALLS = 100
MOST_A_SECOND = (
    2 * REMARKS_PER_SECOND
)  # a read may overshoot; without the pauses it is what the machine can do
MOST_MEMORY = 50 * 2**20


def remarks(host, plugin):
    """Count what was taken of a plugin: messages, lines of its log, and text by its length."""
    loaded = host._fleet.plugins[plugin]
    (transport,) = loaded.supervisor.transports
    wire = transport.channel.connection.statistics()
    lines = host.logs(plugin, last=1)
    logged = lines[0].sequence if lines else 0
    return max(wire.messages_received, wire.bytes_received // BYTES_A_REMARK, logged)


@pytest.mark.parametrize("code", FLOODS.values(), ids=FLOODS)
async def test_a_flood_leaves_the_host_to_others(tmp_path, code):
    """While one plugin floods, calls of another are answered, and no more is taken of the flood than the rate allows."""
    more = "[shutdown]\ngrace = 0.2\nterm_grace = 0.2"
    flooding, other = scripted(tmp_path / "flooding", more=more), scripted(tmp_path / "other")
    async with host_with(tmp_path / "data", flooding, other) as host, trio.open_nursery() as nursery:
        nursery.start_soon(lambda: host.call("X.Run", {"code": code}, plugin="flooding"))
        await trio.sleep(0.5)  # the first burst is taken at once
        before = psutil.Process().memory_info().rss
        started, taken = time.monotonic(), remarks(host, "flooding")
        for n in range(CALLS):
            assert await host.call("X.Echo", {"n": n}, plugin="other") == {"n": n}
            await trio.sleep(0.01)
        took = time.monotonic() - started
        assert remarks(host, "flooding") - taken < MOST_A_SECOND * took
        assert psutil.Process().memory_info().rss - before < MOST_MEMORY
        nursery.cancel_scope.cancel()


async def test_answers_come_through_a_flood_of_the_same_plugin(tmp_path):
    """What floods is read slowly, not given up: its answers come late, and all of them."""
    async with host_with(tmp_path / "data", scripted(tmp_path / "a")) as host:
        code = "raw(b'x\\n' * 20000); raw(notification('$/log', level='info', message='the last') * 3)"
        for _ in range(3):
            assert await host.call("X.Run", {"code": code}, timeout=PATIENCE) == {}
        text = "x" * 3_000_000
        assert await host.call("X.Echo", {"text": text}, timeout=PATIENCE) == {"text": text}
        assert host.logs("a", last=1)[0].message == "the last"


async def test_little_is_no_flood(autojump_clock):
    """What stays below the rate and the burst is never paused for."""
    flood = Flood()
    for _ in range(100):
        flood.add(BURST // 2)
        assert flood.pause() == 0
        await trio.sleep(BURST / REMARKS_PER_SECOND)
    assert flood.pause() == 0


async def test_a_flood_is_held_to_its_rate(autojump_clock):
    """After the burst the pauses make the rate, and none is longer than the longest."""
    flood = Flood()
    started = trio.current_time()
    for _ in range(100):
        flood.add(BURST)
        await trio.sleep(flood.pause())
    rate = 99 * BURST / (trio.current_time() - started)
    assert rate == pytest.approx(REMARKS_PER_SECOND)
    flood.add(10**9)
    assert flood.pause() == LONGEST_PAUSE
    await trio.sleep(LONGEST_PAUSE)
    flood.add(1)
    assert flood.pause() < 0.001
