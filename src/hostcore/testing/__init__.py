"""A kit for the tests of plugins and extensions; it may import anything, and nothing imports it."""

from hostcore.testing._checks import check_extension, check_plugin
from hostcore.testing._open_plugin import OpenPlugin, open_plugin

__all__ = ["OpenPlugin", "check_extension", "check_plugin", "open_plugin"]
