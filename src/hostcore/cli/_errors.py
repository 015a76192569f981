"""What ends a command with a message for people instead of a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from hostcore.cli._exit import ExitCode, exit_code_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hostcore.errors import HostError


class CliError(Exception):
    """Ends a command: one line that says what, one hint that says what to do, one exit code.

    Attributes:
        message: what happened; a first line and possibly more.
        exit_code: of the process.
        code: the stable code of the error, for programs.
        hint: what to do about it.
        location: the file, line, key or pointer it is about.
        details: further facts for programs.
    """

    def __init__(
        self,
        message: str,
        *,
        exit_code: ExitCode,
        code: str = "",
        hint: str | None = None,
        location: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.code = code or exit_code.name.lower().replace("_", "-")
        self.hint = hint
        self.location = location
        self.details = dict(details or {})

    @classmethod
    def from_host(cls, error: HostError) -> Self:
        """Tell an error of a host in this process as a problem of a server would be told."""
        details = dict(error.details)
        for key in ("status", "name", "data", "retryable"):  # what CallFailedError carries beside
            if getattr(error, key, None) is not None:
                details[key] = getattr(error, key)
        return cls(
            _with_name(error.message, details.get("name")),
            exit_code=exit_code_of(error.code),
            code=error.code,
            hint=error.hint,
            location=error.location,
            details=details,
        )

    @classmethod
    def from_problem(cls, status: int, problem: Mapping[str, Any]) -> Self:
        """Tell a problem document (RFC 9457) of the server."""
        code = str(problem.get("code") or "")
        message = problem.get("detail") or problem.get("title") or f"the server answered with status {status}"
        if code == "query-invalid":  # its names are those of options, and not places in a document
            message = str(message).removeprefix("#/")
        details = dict(problem.get("details") or {})
        answered = problem.get("error")  # what the plugin itself answered with
        if isinstance(answered, dict):
            details.update({key: value for key, value in answered.items() if value is not None})
        return cls(
            _with_name(str(message), details.get("name")),
            exit_code=exit_code_of(code, status),
            code=code,
            hint=problem.get("hint") or None,
            location=problem.get("location") or None,
            details=details,
        )

    def as_json(self) -> dict[str, Any]:
        """Return the error for programs: `{"error": {…}}`."""
        facts = {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "location": self.location,
            "details": self.details,
            "exit_code": int(self.exit_code),
        }
        return {"error": facts}


def _with_name(message: str, name: object) -> str:
    """Put the application error's declared name before its message, once."""
    return f"{name}: {message}" if name and str(name) not in message else message
