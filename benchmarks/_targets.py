"""What is expected: ratios of two subjects, or of two measures of one, within one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal

Measure = Literal["p50", "p99", "rate"]
Rounds = Mapping[tuple[str, str], Mapping[Measure, list[float]]]
"""By work and subject: each measure's values, a round each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Is one expectation.

    Attributes:
        work: the work it is about.
        measure: what is compared.
        subject: whose measure stands above the line.
        peer: whose stands below it.
        bound: the ratio that decides.
        at_most: whether `bound` is the most or the least that is allowed.
        peer_measure: what of the peer is compared, where it is another measure.
    """

    work: str
    measure: Measure
    peer: str
    bound: float
    at_most: bool = True
    subject: str = "host.call"
    peer_measure: Measure | None = None

    @property
    def label(self) -> str:
        """Return it in words."""
        return f"{self.measure} of {self.subject} : {self.peer_measure or self.measure} of {self.peer}"

    def ratio(self, rounds: Rounds) -> float | None:
        """Return the median of the rounds' ratios; None when one of the two was not measured."""
        above = rounds.get((self.work, self.subject))
        below = rounds.get((self.work, self.peer))
        if not above or not below:
            return None
        pairs = zip(above[self.measure], below[self.peer_measure or self.measure], strict=True)
        return median(one / other for one, other in pairs)

    def is_met(self, ratio: float) -> bool:
        """Tell whether a ratio is good enough."""
        return ratio <= self.bound if self.at_most else ratio >= self.bound


FLOOR: Final = "floor"
NAIVE: Final = "naive trio"
ASYNCIO: Final = "asyncio protocol"
GRPC: Final = "grpcio"
GRPC_AIO: Final = "grpc.aio"
PIPE: Final = "mp.Pipe"
RPYC: Final = "RPyC"
PYRO: Final = "Pyro5"
CHANNEL: Final = "transport"
NO_DEADLINES: Final = "no deadlines"
NO_VALIDATION: Final = "no validation"
NO_RECORDS: Final = "no records"
ALL_RECORDED: Final = "all recorded"
PRODUCT: Final = "host.call"
ADAPTER: Final = "adapter"
ADAPTER_PLAIN: Final = "adapter plain"
GO_GRPC: Final = "go-plugin"
GO_GRPC_PLAIN: Final = "go-plugin plain"
GO_NETRPC: Final = "go-plugin net/rpc"
GO_GRPCIO: Final = "grpcio to Go"
GO_GRPC_AIO: Final = "grpc.aio to Go"
REST: Final = "REST call"
REST_NOTHING: Final = "REST no-op"
QUART: Final = "quart asyncio"
STARLETTE: Final = "uvicorn + grpcio"
LOAD: Final = "host.load"
SPAWN: Final = "spawn to ready"
SDK: Final = "SDK alone"
BARE: Final = "bare Python"

TARGETS: Final = (
    Target(work="small", measure="p50", peer=FLOOR, bound=2.0),
    Target(work="small-gap", measure="p50", peer=FLOOR, bound=2.0),
    Target(work="small", measure="p50", peer=NAIVE, bound=0.45),
    Target(work="small", measure="p50", peer=GRPC, bound=0.1),
    Target(work="small", measure="p50", peer=PIPE, bound=0.8),
    Target(work="small", measure="p50", peer=RPYC, bound=0.4),
    Target(work="small", measure="p50", peer=PYRO, bound=0.4),
    Target(work="small", measure="p50", peer=NO_VALIDATION, bound=1.2),
    Target(work="small", measure="p50", peer=NO_RECORDS, bound=1.2),
    Target(work="callers", measure="rate", peer=NO_RECORDS, bound=0.83, at_most=False),
    Target(work="callers", measure="rate", peer=NAIVE, bound=3.5, at_most=False),
    Target(work="callers", measure="rate", peer=GRPC, bound=15.0, at_most=False),
    Target(work="callers", measure="rate", peer=ASYNCIO, bound=0.5, at_most=False),
    Target(work="callers", measure="rate", subject=CHANNEL, peer=NO_DEADLINES, bound=0.9, at_most=False),
    Target(work="callers", measure="rate", peer=CHANNEL, bound=0.8, at_most=False),
    Target(work="64k", measure="p50", peer=FLOOR, bound=1.3),
    Target(work="1m", measure="p50", peer=FLOOR, bound=1.3),
    Target(work="1m-callers", measure="p99", peer=PRODUCT, peer_measure="p50", bound=2.0),
    Target(work="rest", measure="p50", subject=REST, peer=REST_NOTHING, bound=1.3),
    Target(work="rest", measure="rate", subject=REST_NOTHING, peer=QUART, bound=0.8, at_most=False),
    Target(work="rest-callers", measure="rate", subject=REST_NOTHING, peer=QUART, bound=0.8, at_most=False),
    Target(work="go-small", measure="p50", subject=ADAPTER, peer=GO_GRPC, bound=1.6),
    Target(work="go-small", measure="p50", subject=ADAPTER_PLAIN, peer=GO_GRPC_PLAIN, bound=1.6),
    Target(work="go-small", measure="p50", subject=ADAPTER, peer=GO_GRPCIO, bound=0.75),
    Target(work="go-small", measure="p50", peer=GO_NETRPC, bound=0.6),
    Target(work="go-small", measure="p50", peer=GO_GRPC_PLAIN, bound=0.5),
    Target(work="go-callers", measure="rate", subject=ADAPTER, peer=GO_GRPC, bound=0.5, at_most=False),
    Target(
        work="go-callers",
        measure="rate",
        subject=ADAPTER_PLAIN,
        peer=GO_GRPC_PLAIN,
        bound=0.5,
        at_most=False,
    ),
    Target(work="go-callers", measure="rate", subject=ADAPTER, peer=GO_GRPC_AIO, bound=2.3, at_most=False),
    Target(work="go-callers", measure="rate", peer=GO_NETRPC, bound=1.0, at_most=False),
    Target(work="go-callers", measure="rate", peer=GO_GRPC_PLAIN, bound=1.3, at_most=False),
    Target(work="start", measure="p50", subject=SPAWN, peer=BARE, bound=1.5),
)
"""Those of the call path and of a single start; what a fleet must do is beside its measuring in `_fleet`."""
