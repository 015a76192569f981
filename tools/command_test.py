"""Sets up what the test suites need and runs them through nox: the program behind `./test`."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time

from environment import PYTHON, ROOT, SCRIPTS, SetupError, ensure, say
from needs import missing, tool_environment

# What each session needs beyond Python. A session that is not named here needs nothing.
NEEDS_OF_SESSIONS = {
    "tests": ("node", "go", "perl", "curl"),
    "plugins": ("node", "go", "perl"),
    "docs": ("node", "go", "perl"),
    "console": ("node",),
    "console_browser": ("node", "chromium"),
    "package": ("node",),
    "benchmarks_smoke": ("go",),
}

SUMMARY = re.compile(
    r"^=+ (.*\b(?:passed|failed|skipped|errors?|deselected|xfailed|xpassed|no tests ran)\b.* in [\d.]+s.*?) =+$"
)
COUNT = re.compile(r"(\d+) (passed|failed|skipped|errors?)")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
SESSION = re.compile(r"^nox > Running session (\S+)")


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line; what follows `--` goes to pytest."""
    parser = argparse.ArgumentParser(
        prog="./test", description="Run the test suites.", epilog="After -- : arguments for pytest."
    )
    parser.add_argument(
        "sessions", nargs="*", metavar="SESSION", help="nox sessions; default: all that matter"
    )
    parser.add_argument("--full", action="store_true", help="run the long suites too")
    parser.add_argument("--list", action="store_true", help="list the sessions")
    own, rest = arguments, []
    if "--" in arguments:
        cut = arguments.index("--")
        own, rest = arguments[:cut], arguments[cut:]
    options = parser.parse_args(own)
    options.rest = rest
    return options


def needed(sessions: list[str]) -> list[str]:
    """Return the tools that `sessions` need; no session named means all."""
    chosen = (
        [NEEDS_OF_SESSIONS.get(name, ()) for name in sessions] if sessions else NEEDS_OF_SESSIONS.values()
    )
    return sorted({need for needs in chosen for need in needs})


def drop_stale_sessions() -> None:
    """Remove the environments of sessions that another Python made, or that were made in another place."""
    made_by = f"{ROOT}\n{os.path.realpath(PYTHON)}\n"
    stamp = ROOT / ".nox" / ".polyhost"
    if not stamp.exists() or stamp.read_text() != made_by:
        shutil.rmtree(stamp.parent, ignore_errors=True)
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(made_by)


def run_nox(options: argparse.Namespace) -> int:
    """Run nox, pass its output on line by line and close with the summary lines of each pytest run."""
    command = [str(SCRIPTS / "nox"), "--noxfile", str(ROOT / "noxfile.py")]
    command += ["--session", *options.sessions] if options.sessions else []
    environ = tool_environment() | {"PYTHONUNBUFFERED": "1"}
    if options.full:
        environ["FULL_TESTS"] = "1"
    process = subprocess.Popen(
        command + options.rest,
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    session = "?"
    summaries: list[tuple[str, str]] = []
    try:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            plain = COLOURS.sub("", line).rstrip()
            if started := SESSION.match(plain):
                session = started[1]
            elif found := SUMMARY.match(plain):
                summaries.append((session, found[1]))
    except KeyboardInterrupt:  # nox got it too, and ends its session
        say("test: interrupted")
    status = process.wait()
    close(summaries)
    return status


def close(summaries: list[tuple[str, str]]) -> None:
    """Print the summary line of each pytest run again, and their sum."""
    if not summaries:
        return
    total = {"passed": 0, "failed": 0, "skipped": 0}
    print()
    for session, text in summaries:
        print(f"{session}:\n{f' {text} ':=^80}")
        for number, word in COUNT.findall(text):
            total["failed" if word.startswith("error") else word] += int(number)
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**total), flush=True)


def main() -> int:
    """Run `./test`; return its exit status."""
    options = parse(sys.argv[1:])
    began = time.monotonic()
    try:
        ensure("nox", "Installing nox into .venv")
    except SetupError as error:
        say(f"test: {error}\n    To mend it: {error.hint}")
        return 1
    if options.list:
        return subprocess.run(
            [SCRIPTS / "nox", "--noxfile", ROOT / "noxfile.py", "--list"], check=False
        ).returncode
    # Suites that need a missing tool would only fail further down, and less clearly.
    if errors := missing(needed(options.sessions)):
        say(f"test: {len(errors)} of the tools that the suites need cannot be had; see above")
        return 1
    drop_stale_sessions()
    status = run_nox(options)
    say(f"==> {'All suites passed' if status == 0 else 'FAILED'} after {time.monotonic() - began:.0f} s")
    return status


if __name__ == "__main__":
    sys.exit(main())
