"""What the tests of the planner share: short words for views and orders."""

from hostcore.dependencies import Dependency, DependencyKind, DependencyProblem, StartOrder
from hostcore.host._planner import Basis, PluginView, plan
from hostcore.manifest import LossMode

PLUGIN = DependencyKind.PLUGIN


def needs(dependent, provider, *, name=None, optional=False, on_loss=LossMode.RESTART):
    """Say that one plugin requires another one, or what the name says and nobody has."""
    return Dependency(
        dependent=dependent,
        kind=PLUGIN,
        name=name or provider or "what-nobody-has",
        range="*",
        optional=optional,
        on_loss=on_loss,
        provider=provider,
        version=None if provider is None else "1.0.0",
    )


def order(*dependencies, waves=(), **problems):
    """Make a start order; problems are texts by plugin."""
    return StartOrder(
        waves=waves,
        dependencies=dependencies,
        problems={
            plugin: DependencyProblem(code="requirement-missing", text=text, chain=(plugin,))
            for plugin, text in problems.items()
        },
    )


def rests(plugin, **more):
    """Show a plugin without any process."""
    return PluginView(id=plugin, **{"how": "stopped", **more})


def basis(**losses):
    """Say what a plugin relies on: the losses of each provider when it began."""
    return {(PLUGIN, provider): Basis(provider=provider, losses=each) for provider, each in losses.items()}


def runs(plugin, *, on=None, **more):
    """Show a plugin that can be called."""
    facts = {"is_alive": True, "has_processes": True, "is_ready": True, "how": "ready", **more}
    return PluginView(id=plugin, based_on=basis(**(on or {})), **facts)


def comes(plugin, **more):
    """Show a plugin whose first start is under way."""
    return runs(plugin, **{"is_ready": False, "is_coming": True, "how": "starting", **more})


def steps(*views, by=None, closing=False):
    """Plan for these plugins."""
    return plan({each.id: each for each in views}, by or order(), closing=closing)


def acts(planned):
    """Say what is done, by plugin, without what is not."""
    return {
        plugin: step.action.name.lower() for plugin, step in planned.items() if step.action.name != "NOTHING"
    }
