"""What the exit code of `polyhost` says, and which error gives which."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Self


class ExitCode(enum.IntEnum):
    """Names every exit code; `meaning` is the text of the help and of the docs.

    128 + n follows the shells' convention for signal n, 70 is EX_SOFTWARE of sysexits.h.
    """

    meaning: str

    OK = 0, "done"
    FAILED = 1, "the plugin answered with an error, broke the rules or did not start; a check failed"
    USAGE = 2, "the command line is wrong"
    UNREACHABLE = 3, "no Polyhost server answers"
    NOT_FOUND = 4, "no such plugin, interface or method"
    TIMED_OUT = 5, "the deadline of the call passed"
    CONFIG = (
        6,
        "a configuration, manifest, interface, lock or key file, an archive, or the address to serve at, cannot be used",
    )
    UNAVAILABLE = 7, "the plugin is down or overloaded, or the host is stopping; later it may work"
    INVALID = 8, "the params do not fit the method, or the request was refused"
    CONFLICT = 9, "already loaded, required by others, or the data folder is in use"
    INTERNAL = 70, "a bug in Polyhost"
    INTERRUPTED = 130, "interrupted (Ctrl-C)"
    BROKEN_PIPE = 141, "the reader of the output went away"

    def __new__(cls, value: int, meaning: str) -> Self:
        """Make a member of its number and its meaning."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member


# Every stable code of hostcore.errors is here; a test holds the two together.
EXIT_OF_CODE: Mapping[str, ExitCode] = {
    "internal": ExitCode.INTERNAL,
    "config-invalid": ExitCode.CONFIG,
    "storage-failed": ExitCode.UNAVAILABLE,
    "manifest-invalid": ExitCode.CONFIG,
    "source-refused": ExitCode.CONFIG,
    "interface-invalid": ExitCode.CONFIG,
    "interface-not-found": ExitCode.NOT_FOUND,
    "extension-failed": ExitCode.CONFIG,
    "traffic-unavailable": ExitCode.UNAVAILABLE,
    "record-not-found": ExitCode.NOT_FOUND,
    "host-closed": ExitCode.UNAVAILABLE,
    "plugin-error": ExitCode.FAILED,
    "plugin-not-found": ExitCode.NOT_FOUND,
    "plugin-already-loaded": ExitCode.CONFLICT,
    "plugin-required": ExitCode.CONFLICT,
    "dependency-unmet": ExitCode.FAILED,
    "reload-failed": ExitCode.FAILED,
    "launch-failed": ExitCode.FAILED,
    "handshake-failed": ExitCode.FAILED,
    "plugin-incompatible": ExitCode.FAILED,
    "plugin-crashed": ExitCode.UNAVAILABLE,
    "plugin-misbehaved": ExitCode.FAILED,
    "plugin-unavailable": ExitCode.UNAVAILABLE,
    "call-error": ExitCode.FAILED,
    "method-not-found": ExitCode.NOT_FOUND,
    "params-invalid": ExitCode.INVALID,
    "result-invalid": ExitCode.FAILED,
    "message-too-large": ExitCode.INVALID,
    "plugin-overloaded": ExitCode.UNAVAILABLE,
    "call-timed-out": ExitCode.TIMED_OUT,
    "call-cycle": ExitCode.FAILED,
    "call-cancelled": ExitCode.CONFLICT,
    "call-not-found": ExitCode.NOT_FOUND,
    "call-refused": ExitCode.INVALID,
    "call-not-replayable": ExitCode.CONFLICT,
    "call-failed": ExitCode.FAILED,
    "protocol-violated": ExitCode.FAILED,
    "protocol-violated-locally": ExitCode.INTERNAL,
}

# For problems whose code this version does not know: a newer server, or the HTTP layer's own.
_EXIT_OF_STATUS: Mapping[int, ExitCode] = {
    404: ExitCode.NOT_FOUND,
    409: ExitCode.CONFLICT,
    429: ExitCode.UNAVAILABLE,
    500: ExitCode.INTERNAL,
    503: ExitCode.UNAVAILABLE,
    504: ExitCode.TIMED_OUT,
}
_FIRST_SERVER_STATUS = 500


def exit_code_of(code: str, status: int = 0) -> ExitCode:
    """Return the exit code for an error's stable code, or failing that for its HTTP status."""
    known = EXIT_OF_CODE.get(code) or _EXIT_OF_STATUS.get(status)
    if known is not None:
        return known
    return ExitCode.INVALID if 0 < status < _FIRST_SERVER_STATUS else ExitCode.FAILED
