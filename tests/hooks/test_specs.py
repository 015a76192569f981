"""The hooks as they are declared: each can be implemented with all its arguments, and its answer reaches the host."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from extension_makers import implementing

from hostcore.dependencies import StartOrder
from hostcore.hooks import (
    CallInterceptorBase,
    CallObserverBase,
    HealthDecision,
    HostHooks,
    RestartDecision,
    SourceGuard,
    TransportOffer,
    Verdict,
    hookimpl,
)
from hostcore.metrics import MetricFamily, MetricKind


async def task():
    """Stand for work in the background."""


PROVIDED = {
    "hostcore_provide_manifests": (Path, Path("/plugins/kv")),
    "hostcore_provide_transports": (TransportOffer, TransportOffer(name="smoke", launcher=None)),
    "hostcore_provide_background_tasks": (Callable, task),
    "hostcore_provide_call_interceptors": (object, CallInterceptorBase()),
    "hostcore_provide_call_observers": (object, CallObserverBase()),
    "hostcore_provide_metrics": (MetricFamily, MetricFamily(name="a", kind=MetricKind.GAUGE, help="A.")),
    "hostcore_provide_facilities": (object, object()),
}


class Guard:
    async def check(self, manifest):
        """Stand for a look."""

    async def built(self, manifest, sources):
        """Stand for a seal."""


DECIDED = {
    "hostcore_decide_source_guard": (SourceGuard, Guard()),
    "hostcore_decide_admission": (str, "its files are not those that were pinned"),
    "hostcore_decide_command": (Sequence, ["python3", "main.py"]),
    "hostcore_decide_environment": (Mapping, {"PATH": "/bin"}),
    "hostcore_decide_start_order": (StartOrder, StartOrder(waves=(("kv",),))),
    "hostcore_decide_restart": (RestartDecision, RestartDecision(delay=1.0)),
    "hostcore_decide_health": (HealthDecision, HealthDecision(verdict=Verdict.DEGRADED)),
    "hostcore_decide_deadline": (float, 2.5),
    "hostcore_decide_route": (str, "kv"),
    "hostcore_decide_reload": (str, "KeyValue.Get would be gone"),
}
TOLD = (
    "hostcore_on_host_started",
    "hostcore_on_host_stopping",
    "hostcore_on_host_stopped",
    "hostcore_on_plugin_state_changed",
    "hostcore_on_plugin_exited",
    "hostcore_on_plugin_reloaded",
    "hostcore_on_event",
)


def specs():
    return [name for name in vars(HostHooks) if name.startswith("hostcore_")]


def greedy(hook, answer):
    """Make an implementation that takes all arguments of a hook, by name, and a list of what it was given."""
    parameters = [name for name in inspect.signature(getattr(HostHooks, hook)).parameters if name != "self"]
    given = []
    scope = {"given": given, "answer": answer}
    exec(
        f"def implementation({', '.join(parameters)}):\n    given.append(dict(locals()))\n    return answer",
        scope,
    )
    return implementing(**{hook: scope["implementation"]}), {name: object() for name in parameters}, given


def test_all_hooks_are_here():
    """The tables of this module name every hook, by its kind."""
    assert sorted([*PROVIDED, *DECIDED, *TOLD]) == sorted(specs())


@pytest.mark.parametrize("hook", PROVIDED)
def test_what_is_provided_reaches_the_host(extensions, failures, hook):
    """An implementation may take all arguments of the declaration, and what it answers is collected."""
    kind, item = PROVIDED[hook]
    extension, arguments, given = greedy(hook, [item])
    extensions.register(extension, name="one", origin="loaded")
    assert extensions.collect_named(hook, kind, **arguments) == [("one", item)]
    assert given == [arguments]
    assert failures == []


@pytest.mark.parametrize("hook", DECIDED)
def test_what_is_decided_reaches_the_host(extensions, failures, hook):
    """An implementation may take all arguments of the declaration, and what it answers is the decision."""
    kind, answer = DECIDED[hook]
    extension, arguments, given = greedy(hook, answer)
    extensions.register(extension, name="one", origin="loaded")
    assert extensions.decide(hook, kind, **arguments) == answer
    assert given == [arguments]
    assert failures == []


@pytest.mark.parametrize("hook", TOLD)
async def test_what_is_told_reaches_the_extension(extensions, failures, hook):
    """An implementation may take all arguments of the declaration."""
    extension, arguments, given = greedy(hook, None)
    extensions.register(extension, name="one", origin="loaded")
    await extensions.notify(hook, **arguments)
    assert given == [arguments]
    assert failures == []


def test_the_declaration_can_be_implemented_as_it_stands(extensions):
    """An extension may copy the signatures of the reference."""
    members = {name: hookimpl(getattr(HostHooks, name)) for name in specs()}
    extensions.register(type("All", (), members)(), name="all", origin="loaded")
    (snapshot,) = extensions.snapshot()
    assert snapshot.hooks == tuple(sorted(specs()))
