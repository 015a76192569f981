"""Built-in extensions: the host's own behaviour, on the same public hooks that any package can use."""

from collections.abc import Callable, Mapping
from typing import Final

from hostcore.policies._directory_discovery import DirectoryDiscovery
from hostcore.policies._environment_allowlist import EnvironmentAllowlist
from hostcore.policies._restart_backoff import RestartBackoff
from hostcore.policies._runtime_commands import RuntimeCommands
from hostcore.policies._source_verification import SourceVerification

BUILT_IN: Final[Mapping[str, Callable[[], object]]] = {
    "directory_discovery": DirectoryDiscovery,
    "source_verification": SourceVerification,
    "runtime_commands": RuntimeCommands,
    "environment_allowlist": EnvironmentAllowlist,
    "restart_backoff": RestartBackoff,
}
"""Every built-in policy by the name that `--disable` takes, in the order of registration."""

__all__ = [
    "BUILT_IN",
    "DirectoryDiscovery",
    "EnvironmentAllowlist",
    "RestartBackoff",
    "RuntimeCommands",
    "SourceVerification",
]
