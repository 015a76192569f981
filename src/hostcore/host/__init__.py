"""The host: open it, load plugins, call them."""

from hostcore.hooks import CallStream, HostControl, Subscription
from hostcore.host._host import Host, open_host
from hostcore.host._proxy import InterfaceProxy

__all__ = ["CallStream", "Host", "HostControl", "InterfaceProxy", "Subscription", "open_host"]
