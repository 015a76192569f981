"""The host: open it, load plugins, call them."""

from hostcore.hooks import CallStream, HostControl, Subscription
from hostcore.host._desired_state import DesiredState, Wanted, WantedPlugin
from hostcore.host._host import Host, open_host
from hostcore.host._proxy import InterfaceProxy

__all__ = [
    "CallStream",
    "DesiredState",
    "Host",
    "HostControl",
    "InterfaceProxy",
    "Subscription",
    "Wanted",
    "WantedPlugin",
    "open_host",
]
