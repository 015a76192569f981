"""How programs in Go begin to tell why they give up; whoever starts processes, and whoever watches them, looks for it."""

from __future__ import annotations

from typing import Final

GO_PANICS: Final = ("panic: ", "fatal error: ")
"""How the runtime of Go begins its last words; thousands of lines about the goroutines may follow."""
