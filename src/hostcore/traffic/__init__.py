"""The communication log: each call, and if wanted each message, kept in a file and shown live."""

from hostcore.traffic._bodies import make_body
from hostcore.traffic._facts import (
    FAILED,
    MOST_ENTRIES,
    Body,
    CallEntry,
    MessageEntry,
    TrafficFilter,
    TrafficMissed,
    TrafficPage,
    TrafficSettings,
    TrafficStatistics,
)
from hostcore.traffic._follow import TrafficFeed
from hostcore.traffic._log import TrafficLog, traffic_of
from hostcore.traffic._secrets import Secrets, find_secrets

__all__ = [
    "FAILED",
    "MOST_ENTRIES",
    "Body",
    "CallEntry",
    "MessageEntry",
    "Secrets",
    "TrafficFeed",
    "TrafficFilter",
    "TrafficLog",
    "TrafficMissed",
    "TrafficPage",
    "TrafficSettings",
    "TrafficStatistics",
    "find_secrets",
    "make_body",
    "traffic_of",
]
