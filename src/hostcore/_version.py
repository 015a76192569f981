"""The one place that knows the version of an installed Polyhost."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("polyhost")
except PackageNotFoundError:  # run from a checkout that is not installed
    VERSION = "0.0.0"
