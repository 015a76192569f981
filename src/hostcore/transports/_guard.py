"""A small process that outlives the host just long enough to kill what the host has left.

It holds the read end of a pipe. When the host dies, of SIGKILL too, the pipe ends, and the guard kills the process
groups that it was told of. Well-behaved plugins have left by then: they saw the end of their stdin.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from typing import Final

GRACE_SECONDS: Final = 1
"""How long plugins may tidy up after the host's death; they saw the end of their stdin at the same moment."""

# POSIX shell: a megabyte of memory and no start-up to speak of. The list is rebuilt on "-", which is rare.
SCRIPT: Final = f"""
trap '' HUP INT TERM QUIT
groups=
while read -r verb group; do
    case $verb in
        +) groups="$groups $group" ;;
        -) left=
           for each in $groups; do [ "$each" = "$group" ] || left="$left $each"; done
           groups=$left ;;
    esac
done
[ -n "$groups" ] || exit 0
sleep {GRACE_SECONDS}
for each in $groups; do kill -s KILL -- "-$each" 2>/dev/null; done
exit 0
"""


class Guard:
    """Keeps the guard process informed; thread-safe. `close` ends it when all groups are gone.

    A guard that was killed is replaced at the next occasion and told of all living groups.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: set[int] = set()
        self._process: subprocess.Popen[bytes] | None = None

    def remember(self, group: int) -> None:
        """Have the group killed if the host dies."""
        with self._lock:
            self._groups.add(group)
            self._tell(f"+ {group}\n")

    def forget(self, group: int) -> None:
        """Take the group from the list; must be called before its leader is reaped."""
        with self._lock:
            self._groups.discard(group)
            with contextlib.suppress(
                OSError
            ):  # it is dead and cannot be replaced now: the next occasion will do
                self._tell(f"- {group}\n")

    def close(self) -> None:
        """End the guard and wait for it; groups still remembered are killed."""
        with self._lock:
            process, self._process = self._process, None
            if process is not None and process.stdin is not None:
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.close()
                process.wait(timeout=10 * GRACE_SECONDS)

    def _tell(self, line: str) -> None:
        if self._process is not None and self._process.stdin is not None:
            try:
                os.write(self._process.stdin.fileno(), line.encode())
            except BrokenPipeError:
                self._process.stdin.close()
                self._process.wait()
                self._process = None
            else:
                return
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PATH": os.defpath},
            start_new_session=True,
        )
        if self._process.stdin is not None:
            known = "".join(f"+ {group}\n" for group in sorted(self._groups))
            os.write(self._process.stdin.fileno(), known.encode())
