"""The package of the API server, which is an extra of the distribution."""

from __future__ import annotations

import importlib
from typing import Any

from hostcore.cli._errors import CliError
from hostcore.cli._exit import ExitCode


def server_package() -> Any:
    """Import `hostweb_api`, which takes half a second; say what to install when it cannot be."""
    try:
        return importlib.import_module("hostweb_api")
    except ModuleNotFoundError as error:
        raise CliError(
            f"the server's libraries are not installed ({error.name} is missing)",
            exit_code=ExitCode.CONFIG,
            code="config-invalid",
            hint="install them with: pip install 'polyhost[server]'",
        ) from error
