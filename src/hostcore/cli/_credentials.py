"""What a client command shows to a server, and how it knows the server."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from hostcore.cli._errors import CliError
from hostcore.cli._exit import ExitCode

# A token has 70 characters; whatever is larger is another file.
_MAX_BYTES = 4096
# What a header may carry: no blank, no control character.
_TOKEN = re.compile(r"[!-~]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """Is what was given on the command line; what was not comes from the environment.

    Attributes:
        token: the access token.
        token_file: a file that has it.
        ca_file: certificates in PEM that the server's is trusted by, instead of those of the system.
    """

    token: str | None = None
    token_file: str | None = None
    ca_file: str | None = None

    def find_token(self) -> str | None:
        """Return the token: of `--token`, `--token-file`, `POLYHOST_TOKEN`, `POLYHOST_TOKEN_FILE`; None for none.

        Raises:
            CliError: a file cannot be read, or what was given can be no token.
        """
        token = self.token
        if token is None and self.token_file is None:
            token = os.environ.get("POLYHOST_TOKEN") or None
        if token is None:
            file = self.token_file or os.environ.get("POLYHOST_TOKEN_FILE")
            token = _read(file) if file else None
        if token is not None and not _TOKEN.fullmatch(token.strip()):
            raise CliError(
                "this is no access token: one is a single word, polyhost_…",
                exit_code=ExitCode.USAGE,
                hint="`polyhost token create NAME` makes one",
            )
        return token.strip() if token is not None else None

    def find_ca_file(self) -> str | None:
        """Return the file of certificates: of `--ca-file` or `POLYHOST_CA_FILE`; None for those of the system."""
        return self.ca_file or os.environ.get("POLYHOST_CA_FILE") or None


def _read(file: str) -> str:
    try:
        with open(file, "rb") as opened:  # noqa: PTH123 - a path as the person wrote it, for the message
            return opened.read(_MAX_BYTES).decode("ascii", "replace")
    except OSError as error:
        raise CliError(
            f"the file with the access token cannot be read: {error.strerror}",
            exit_code=ExitCode.USAGE,
            location=file,
        ) from error
