"""Whatever goes on at once on a connection, each call has one outcome, and nothing is left of it."""

import random

import pytest
import trio
import trio.testing
from rpc_support import client_and_server

from hostcore_grpc.http2 import Limits
from hostcore_grpc.rpc import RpcError, StatusCode, unary

CALLS = 300
ALLOWED = {
    StatusCode.CANCELLED,
    StatusCode.DEADLINE_EXCEEDED,
    StatusCode.ABORTED,
    StatusCode.UNKNOWN,
    StatusCode.UNAVAILABLE,
    StatusCode.INTERNAL,  # a server that stops reading in the middle of a stream resets it
}


class Chaos:
    """Makes calls and handlers that do something drawn at random, and counts their outcomes."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.outcomes = []
        self.errors = []

    async def answer(self, payload, _):
        await trio.sleep(self.random.choice([0, 0, 0.1, 1, 5]))
        if self.random.random() < 0.2:
            raise RpcError(StatusCode.ABORTED, "by chance")
        if self.random.random() < 0.1:
            raise KeyError("by chance")
        return payload

    async def chat(self, call):
        async for each in call:
            await call.send(each)
            if self.random.random() < 0.1:
                raise RpcError(StatusCode.ABORTED, "by chance")
            await trio.sleep(self.random.choice([0, 0.1, 1]))

    async def call(self, client):
        draw = self.random
        await trio.sleep(draw.uniform(0, 20))
        payload = bytes([draw.randrange(256)]) * draw.choice([0, 1, 100, 20_000, 200_000])
        timeout = draw.choice([0.05, 2, 1000])
        outcome = "cancelled"
        try:
            with trio.move_on_after(draw.choice([0, 0.1, 1000])):
                if draw.random() < 0.5:
                    assert payload == await client.unary("/c.C/Answer", payload, timeout=timeout)
                else:
                    await self.talk(client, payload, timeout)
                outcome = "answered"
        except RpcError as error:
            self.errors.append(error)
            outcome = "failed"
        self.outcomes.append(outcome)

    async def talk(self, client, payload, timeout):
        with client.stream("/c.C/Chat", timeout=timeout) as call:
            for _ in range(self.random.randrange(6)):
                await call.send(payload)
                assert payload == await call.receive()
            if self.random.random() < 0.8:
                await call.end()
                assert await call.receive() is None


@pytest.mark.parametrize("ending", ["at peace", "client", "server"])
@pytest.mark.parametrize("seed", range(4))
async def test_every_call_has_one_outcome(autojump_clock, seed, ending):
    """Calls that end in every way, on a connection that may end under them, leave nothing behind on either side."""
    chaos = Chaos(seed)
    limits = Limits(stream_window=10_000, streams=20)
    handlers = {"/c.C/Answer": unary(chaos.answer), "/c.C/Chat": chaos.chat}
    async with client_and_server(handlers, limits=limits, client_options={"limits": limits}) as (
        client,
        server,
    ):
        with trio.fail_after(2000):
            async with trio.open_nursery() as nursery:
                for _ in range(CALLS):
                    nursery.start_soon(chaos.call, client)
                if ending != "at peace":
                    await trio.sleep(10)
                    (client if ending == "client" else server).end("the test ended it")
        assert len(chaos.outcomes) == CALLS
        assert [error for error in chaos.errors if error.status not in ALLOWED] == []
        assert {"answered", "failed", "cancelled"} == set(chaos.outcomes)
        await trio.testing.wait_all_tasks_blocked()
        await trio.sleep(10)
        if ending == "at peace":
            assert (client.connection.streams, server.connection.streams) == (0, 0)
        assert (client.in_flight, client.queued, server.in_flight, server._running) == (0, 0, 0, 0)
