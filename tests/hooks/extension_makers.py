"""Extensions and a clock for the tests of hooks."""

from hostcore.hooks import hookimpl

MANIFESTS = "hostcore_provide_manifests"
COMMAND = "hostcore_decide_command"
STARTED = "hostcore_on_host_started"
ON_EVENT = "hostcore_on_event"


class Clock:
    """Stands still until it is moved."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    def pass_by(self, seconds):
        self.now += seconds


def implementing(**hooks):
    """Make an extension whose hooks, by their names, are these functions."""
    members = {name: staticmethod(hookimpl(function)) for name, function in hooks.items()}
    return type("Extension", (), members)()


def providing(answer):
    return implementing(hostcore_provide_manifests=lambda: answer() if callable(answer) else answer)


def deciding(answer):
    return implementing(hostcore_decide_command=lambda: answer() if callable(answer) else answer)


def marked(function, **marks):
    """Make an extension whose `hostcore_on_host_started` has marks such as `tryfirst`."""
    return type("Extension", (), {STARTED: staticmethod(hookimpl(**marks)(function))})()
