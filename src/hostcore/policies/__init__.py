"""Built-in extensions: the host's own behaviour, on the same public hooks that any package can use."""

from collections.abc import Callable, Mapping
from typing import Final

from hostcore.policies._call_deadlines import CallDeadlines
from hostcore.policies._contract_check import ContractCheck
from hostcore.policies._dependency_order import DependencyOrder
from hostcore.policies._directory_discovery import DirectoryDiscovery, folders_without_plugins
from hostcore.policies._environment_allowlist import EnvironmentAllowlist
from hostcore.policies._event_log import EventLog
from hostcore.policies._health_checks import HealthChecks
from hostcore.policies._host_metrics import HostMetrics
from hostcore.policies._hot_reload import HOT_RELOAD_TRIGGER, HotReload
from hostcore.policies._idle_stop import IdleStop
from hostcore.policies._restart_backoff import RestartBackoff
from hostcore.policies._runtime_commands import RuntimeCommands
from hostcore.policies._source_verification import SourceVerification
from hostcore.policies._traffic_log import TrafficLogPolicy

BUILT_IN: Final[Mapping[str, Callable[[], object]]] = {
    "directory_discovery": DirectoryDiscovery,
    "source_verification": SourceVerification,
    "runtime_commands": RuntimeCommands,
    "environment_allowlist": EnvironmentAllowlist,
    "dependency_order": DependencyOrder,
    "restart_backoff": RestartBackoff,
    "call_deadlines": CallDeadlines,
    "health_checks": HealthChecks,
    "contract_check": ContractCheck,
    "hot_reload": HotReload,
    "idle_stop": IdleStop,
    "event_log": EventLog,
    "host_metrics": HostMetrics,
    "traffic_log": TrafficLogPolicy,
}
"""Every built-in policy by the name that `--disable` takes, in the order of registration."""

__all__ = [
    "BUILT_IN",
    "HOT_RELOAD_TRIGGER",
    "CallDeadlines",
    "ContractCheck",
    "DependencyOrder",
    "DirectoryDiscovery",
    "EnvironmentAllowlist",
    "EventLog",
    "HealthChecks",
    "HostMetrics",
    "HotReload",
    "IdleStop",
    "RestartBackoff",
    "RuntimeCommands",
    "SourceVerification",
    "TrafficLogPolicy",
    "folders_without_plugins",
]
