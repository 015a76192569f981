# Sourced by ./start and ./test: finds a Python for their own program, before there is a .venv.
# Only the standard library may be used by what it starts. PYTHON names another interpreter.

# 3.11 is the oldest Python that the project supports (requires-python in pyproject.toml).
new_enough='import sys; sys.exit(sys.version_info < (3, 11))'

if [ -n "${PYTHON:-}" ]; then
    set -- "$PYTHON" -- "$@"
else
    set -- python3 python3.14 python3.13 python3.12 python3.11 python -- "$@"
fi
while [ "$1" != -- ]; do
    candidate=$1
    shift
    if "$candidate" -sE -c "$new_enough" 2>/dev/null; then
        while [ "$1" != -- ]; do shift; done
        shift
        exec "$candidate" -sE "$root/tools/command_$program.py" "$@"
    fi
done

if [ -n "${PYTHON:-}" ]; then
    echo "$program: PYTHON names $PYTHON, which is no Python 3.11 or newer; name another one, or unset it" >&2
    exit 1
fi
echo "$program: Polyhost needs Python 3.11 or newer, and none was found on PATH." >&2
if command -v python3 >/dev/null 2>&1; then
    echo "$program: found only $(python3 --version 2>&1)." >&2
fi
echo "$program: install one (Debian 12 or newer: apt-get install python3 python3-venv), or name it: PYTHON=/path/to/python3 ./$program" >&2
exit 1
