"""Every rule of the planner, one by one."""

from dataclasses import replace
from itertools import pairwise

import pytest
from planner_support import PLUGIN, acts, basis, comes, needs, order, rests, runs, steps

from hostcore.dependencies import Candidate, StartOrder
from hostcore.host._desired_state import Wanted
from hostcore.host._planner import Action, Basis, Step
from hostcore.manifest import LossMode

DEGRADE, IGNORE = LossMode.DEGRADE, LossMode.IGNORE
A_NEEDS_B = order(needs("a", "b"), waves=(("b",), ("a",)))
CHAIN = order(needs("a", "b"), needs("b", "c"), waves=(("c",), ("b",), ("a",)))


# -- starting


def test_a_plugin_that_needs_nothing_is_started():
    """What is wanted and not there is started, and that is not the end of it."""
    assert steps(rests("a"))["a"] == Step(action=Action.START, is_settled=False, based_on={})


def test_a_plugin_is_started_when_its_provider_is_ready():
    """It begins to rely on the provider with the losses that this has by then."""
    step = steps(rests("a"), runs("b", losses=4), by=A_NEEDS_B)["a"]
    assert (step.action, step.based_on) == (Action.START, {(PLUGIN, "b"): Basis(provider="b", losses=4)})


@pytest.mark.parametrize(
    ("provider", "text", "is_settled"),
    [
        (rests("b"), "waiting for b, which is about to start", False),
        (comes("b"), "waiting for b, which is starting", False),
        (runs("b", is_ready=False, how="backing-off"), "waiting for b, which is backing-off", True),
        (
            rests("b", has_given_up=True, how="failed (it is broken)"),
            "waiting for b, which is failed (it is broken)",
            True,
        ),
        (
            runs("b", wants_restart=True),
            "waiting for b, which stops: it is being restarted on request",
            False,
        ),
        (
            runs("b", is_stopping=True, is_ready=False, how="stopping"),
            "waiting for b, which is stopping",
            False,
        ),
        (rests("b", is_busy=True), "waiting for b, which is stopped", False),
        (rests("b", on_demand=True, has_given_up=True), "waiting for b, which is stopped", True),
    ],
)
def test_a_plugin_waits_for_its_provider(provider, text, is_settled):
    """It shows for whom, and how that is; that is settled when nothing more comes of the provider."""
    step = steps(rests("a"), provider, by=A_NEEDS_B)["a"]
    shown = (step.action, step.reason.code, step.reason.text, step.waiting_for, step.is_settled)
    assert shown == (Action.SHOW, "waiting", text, ("b",), is_settled)


def test_a_plugin_waits_for_each_of_its_providers():
    """The text names all that are not ready, none twice, and those together that are alike."""
    wanted = [needs("a", each) for each in "bcdef"]
    by = order(needs("a", "b", name="more"), *wanted)
    present = [comes("b"), runs("c"), comes("d"), runs("e", is_ready=False, how="backing-off"), comes("f")]
    step = steps(rests("a"), *present, by=by)["a"]
    assert step.reason.text == "waiting for b, d and f, which are starting, and for e, which is backing-off"
    assert step.waiting_for == ("b", "d", "e", "f")


def test_a_wait_behind_a_wait_is_settled_with_it():
    """Whoever waits for one that waits is settled as soon as that is, and no sooner."""
    waiting = steps(rests("a"), rests("b"), comes("c"), by=CHAIN)
    stuck = steps(rests("a"), rests("b"), runs("c", is_ready=False, how="backing-off"), by=CHAIN)
    assert [waiting[each].is_settled for each in "ab"] == [False, False]
    assert [stuck[each].is_settled for each in "ab"] == [True, True]


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        (comes("b"), "show"),  # in a moment it is known whether there is one
        (rests("b"), "show"),
        (runs("b"), "start"),
        (rests("b", has_given_up=True), "start"),
        (runs("b", is_ready=False, how="backing-off"), "start"),
    ],
)
def test_an_optional_provider_is_awaited_only_while_something_comes_of_it(provider, expected):
    """A plugin starts without what it can do without, but not a moment before that would be ready."""
    by = order(needs("a", "b", optional=True), waves=(("b",), ("a",)))
    assert acts(steps(rests("a"), provider, by=by))["a"] == expected


def test_an_optional_provider_that_waits_itself_in_vain_is_not_awaited():
    """It shows as waiting, and nothing more comes of it."""
    by = order(needs("a", "b", optional=True), needs("b", "c"), waves=(("c",), ("b",), ("a",)))
    planned = steps(rests("a"), rests("b", how="waiting"), rests("c", has_given_up=True), by=by)
    assert acts(planned) == {"a": "start", "b": "show"}


def test_a_provider_that_is_not_there_is_no_wait():
    """An order may name a plugin that has just been unloaded."""
    assert acts(steps(rests("a"), by=order(needs("a", "gone")))) == {"a": "start"}


# -- at rest


@pytest.mark.parametrize(
    ("view", "code", "text"),
    [
        (rests("a", wanted=Wanted.STOPPED), "stopped", "it was stopped on request"),
        (rests("a", wanted=Wanted.DISABLED), "disabled", "it is disabled"),
        (rests("a", is_leaving=True, wanted=Wanted.DISABLED), "unloading", "it is being unloaded"),
        (rests("a", on_demand=True, is_awake=False), "on-demand", "its next call starts it"),
    ],
)
def test_what_is_not_to_run_shows_why(view, code, text):
    """Also when it has given up, or lacks something: what was asked for comes first."""
    step = steps(view)["a"]
    assert (step.action, step.reason.code, step.reason.text, step.is_settled) == (
        Action.SHOW,
        code,
        text,
        True,
    )


def test_what_has_given_up_stays_as_it_is():
    """Its own reason tells more than that of a requirement which is missing now."""
    assert steps(rests("a", has_given_up=True), by=order(a="b is missing"))["a"] == Step()


@pytest.mark.parametrize("awake", [{}, {"on_demand": True, "is_awake": False}])
def test_a_plugin_with_a_problem_has_failed(awake):
    """It is not started, neither with the host nor by a call, and shows the problem."""
    step = steps(rests("a", **awake), by=order(a="a requires b, and there is none"))["a"]
    assert (step.action, step.has_failed, step.is_settled) == (Action.SHOW, True, True)
    assert (step.reason.code, step.reason.text) == ("requirement-missing", "a requires b, and there is none")


@pytest.mark.parametrize("wanted", [Wanted.STOPPED, Wanted.DISABLED])
def test_a_problem_of_what_is_not_to_run_is_not_shown(wanted):
    """Whoever has stopped it wants to see that."""
    assert steps(rests("a", wanted=wanted), by=order(a="b is missing"))["a"].reason.code == wanted.value


def test_a_reload_is_left_alone():
    """Nothing is started or shown while one is under way, whatever it has of processes at the moment."""
    assert acts(steps(rests("a", is_busy=True), runs("b", is_busy=True))) == {}
    assert steps(rests("a", is_busy=True))["a"] == Step(is_settled=False)


# -- stopping


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"wanted": Wanted.STOPPED}, "stopped"),
        ({"wanted": Wanted.DISABLED}, "disabled"),
        ({"is_leaving": True}, "unloading"),
        ({"on_demand": True, "is_awake": False}, "on-demand"),
        ({"wants_restart": True}, "restarting"),
        ({"wanted": Wanted.STOPPED, "is_busy": True}, "stopped"),
        ({"wanted": Wanted.STOPPED, "is_alive": False}, "stopped"),  # what finishes its last calls
    ],
)
def test_what_is_not_to_run_is_stopped(facts, code):
    """The reason says what has asked for it; a reload is broken off."""
    step = steps(runs("a", **facts))["a"]
    assert (step.action, step.reason.code, step.is_settled) == (Action.STOP, code, False)


def test_one_stop_is_enough():
    """What is being stopped is waited for."""
    assert steps(runs("a", wanted=Wanted.STOPPED, is_stopping=True))["a"] == Step(is_settled=False)


def test_what_only_finishes_its_last_calls_is_started_again():
    """Processes that nobody calls any more are in nobody's way."""
    assert acts(steps(rests("a", has_processes=True))) == {"a": "start"}


@pytest.mark.parametrize("closing", [True, False])
def test_a_provider_is_stopped_after_those_that_rely_on_it(closing):
    """In reverse, one after the other, be it that all are stopped or that one at the bottom is."""
    wanted = Wanted.RUNNING if closing else Wanted.STOPPED
    # An order that was resolved when the bottom was stopped already picks it for nobody.
    picked = (needs("a", "b"), needs("b", "c")) if closing else (needs("a", None), needs("b", None))
    by = order(*picked, a="c is stopped", b="c is stopped", waves=(("c",),))
    a, b, c = runs("a", on={"b": 0}), runs("b", on={"c": 0}), runs("c", wanted=wanted)
    assert acts(steps(a, b, c, by=by, closing=closing)) == {"a": "stop"}
    a = rests("a", on_demand=True, is_awake=False)
    assert acts(steps(a, b, c, by=by, closing=closing)).get("b") == "stop"
    assert acts(steps(rests("b"), c, by=by, closing=closing)).get("c") == "stop"


def test_a_provider_is_not_stopped_before_the_end_of_a_stop():
    """While one that relies on it is being stopped, it may still be called."""
    for facts in ({"wanted": Wanted.STOPPED}, {"wants_restart": True}):
        planned = steps(runs("a", on={"b": 0}, is_stopping=True), runs("b", **facts), by=A_NEEDS_B)
        assert planned == {"a": Step(is_settled=False), "b": Step(is_settled=False)}


def test_a_provider_waits_for_any_stop_that_is_under_way():
    """Also for that of one which would have run on without it, and is to be started again."""
    by = order(needs("a", "b", on_loss=DEGRADE), waves=(("b",), ("a",)))
    planned = steps(runs("a", on={"b": 0}, is_stopping=True), runs("b", wanted=Wanted.STOPPED), by=by)
    assert planned == {"a": Step(is_settled=False), "b": Step(is_settled=False)}


def test_nobody_is_started_on_a_provider_that_is_being_stopped():
    """It can still be called for a moment, and that is no time to begin with it."""
    assert acts(steps(rests("a"), runs("b", is_stopping=True), by=A_NEEDS_B)) == {"a": "show"}


def test_a_provider_does_not_wait_for_those_that_run_on():
    """Whoever can do without it keeps nobody from being stopped."""
    by = order(needs("a", "b", on_loss=DEGRADE))
    assert acts(steps(runs("a", on={"b": 0}), runs("b", is_leaving=True), by=by)) == {"b": "stop"}


def test_plugins_that_rely_on_each_other_can_be_stopped():
    """Picks change, and may have led in a circle since their starts: one of them is stopped first."""
    planned = steps(runs("a", on={"b": 0}), runs("b", on={"a": 0}), closing=True)
    assert len(acts(planned)) == 1


def test_closing_leaves_what_rests_as_it_is():
    """What has failed still shows why; nothing is started."""
    planned = steps(
        rests("a"), rests("b", has_given_up=True), rests("c", wanted=Wanted.DISABLED), closing=True
    )
    assert list(planned.values()) == [Step()] * 3


# -- what is lost


def test_the_end_of_a_provider_stops_who_relies_on_it():
    """Its losses are not those of the start: that it is ready again changes nothing."""
    for provider in (runs("b", losses=1), runs("b", losses=1, is_ready=False), rests("b", losses=1)):
        step = steps(runs("a", on={"b": 0}), provider, by=A_NEEDS_B)["a"]
        assert (step.action, step.reason.code) == (Action.STOP, "dependency-lost")
        assert step.reason.text == "b, which it requires, has ended; it starts again when that is ready"


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"wants_restart": True}, "it is being restarted on request"),
        ({"wanted": Wanted.STOPPED}, "it was stopped on request"),
        ({"is_leaving": True}, "it is being unloaded"),
    ],
)
def test_a_provider_that_goes_away_takes_along_who_relies_on_it(facts, why):
    """The reason of the first is in that of the second."""
    for by in (A_NEEDS_B, order(needs("a", None, name="b"), a="there is no b", waves=(("b",),))):
        planned = steps(runs("a", on={"b": 0}), runs("b", **facts), by=by)
        assert acts(planned) == {"a": "stop"}
        assert planned["a"].reason.text == f"b, which it requires, stops: {why}"


def test_a_loss_goes_through_a_chain_from_its_end():
    """When c has ended, b goes, and so a goes first; then they come back in their order."""
    a, b, c = (
        runs("a", on={"b": 0}),
        runs("b", on={"c": 0}),
        runs("c", losses=1, is_ready=False, how="starting"),
    )
    assert acts(steps(a, b, c, by=CHAIN)) == {"a": "stop"}
    assert acts(steps(rests("a"), b, c, by=CHAIN)) == {"a": "show", "b": "stop"}
    assert acts(steps(rests("a"), rests("b"), c, by=CHAIN)) == {"a": "show", "b": "show"}
    c = runs("c", losses=1)
    assert acts(steps(rests("a"), rests("b"), c, by=CHAIN)) == {"a": "show", "b": "start"}
    b = runs("b", on={"c": 1})
    assert acts(steps(rests("a"), b, c, by=CHAIN)) == {"a": "start"}


def test_a_provider_that_is_gone_is_lost():
    """It was forgotten: there are no losses to compare any more."""
    step = steps(runs("a", on={"b": 0}), by=order(needs("a", "b")))["a"]
    assert (step.action, step.reason.text) == (Action.STOP, "b, which it requires, is gone")


def test_a_requirement_that_is_not_met_any_more_stops_a_plugin():
    """As when the provider was reloaded in another version, against all warnings."""
    by = order(needs("a", None, name="b"), a="a requires b ^1, and there is b 2.0.0", waves=(("b",),))
    step = steps(runs("a", on={"b": 0}), runs("b"), by=by)["a"]
    assert (step.action, step.reason.text) == (Action.STOP, "a requires b ^1, and there is b 2.0.0")


def test_the_host_itself_is_never_lost():
    """Its interface has no provider and a version, also while another requirement is a problem."""
    host = replace(needs("a", None, name="Host"), version="1.0")
    by = order(host, needs("a", None, name="b", on_loss=DEGRADE), a="there is no b")
    assert acts(steps(runs("a"), by=by)) == {}


@pytest.mark.parametrize("on_loss", [DEGRADE, IGNORE])
def test_a_plugin_may_live_on_without_its_provider(on_loss):
    """Degrade shows what is missing, ignore does not; neither stops anything."""
    by = order(needs("a", "b", on_loss=on_loss), waves=(("b",), ("a",)))
    lost = steps(runs("a", on={"b": 0}), runs("b", losses=1, is_ready=False, how="backing-off"), by=by)["a"]
    healed = steps(runs("a", on={"b": 0}), runs("b", losses=1), by=by)["a"]
    text = "b, which it requires, is backing-off"
    shown = None if lost.trouble is None else (lost.trouble.code, lost.trouble.text)
    assert (lost.action, shown) == (Action.NOTHING, ("dependency-lost", text) if on_loss is DEGRADE else None)
    assert (healed.action, healed.trouble, healed.is_settled) == (Action.NOTHING, None, True)


def test_a_plugin_that_lives_on_shows_a_provider_that_was_stopped():
    """Nobody is picked then: who was looked at for it is told."""
    looked_at = (Candidate(plugin="b", version="1.0", accepted=False, text="is stopped"),)
    lost = needs("a", None, name="B", on_loss=DEGRADE)
    for candidates, text in ((looked_at, " (b: is stopped)"), ((), "")):
        by = order(replace(lost, candidates=candidates))
        step = steps(runs("a", on={"b": 0}), rests("b", wanted=Wanted.STOPPED), by=by)["a"]
        told = f"nobody provides B *, which it requires{text}"
        assert (step.action, step.trouble.text) == (Action.NOTHING, told)


@pytest.mark.parametrize("on_loss", list(LossMode))
def test_the_loss_of_an_optional_provider_stops_nobody(on_loss):
    """Whatever its manifest says of losses; unless that is ignore, it shows."""
    by = order(needs("a", "b", optional=True, on_loss=on_loss), waves=(("b",), ("a",)))
    step = steps(runs("a", on={"b": 0}), rests("b", losses=1, has_given_up=True, how="failed"), by=by)["a"]
    text = None if step.trouble is None else step.trouble.text
    expected = None if on_loss is IGNORE else "b, which it could use, is failed"
    assert (step.action, text, step.is_settled) == (Action.NOTHING, expected, True)


def test_an_optional_provider_that_was_never_there_is_no_trouble():
    """The plugin has all that it needs."""
    assert steps(runs("a"), by=order(needs("a", None, name="b", optional=True)))["a"].trouble is None


def test_another_provider_is_relied_on_without_a_restart():
    """A better one was loaded; the one before runs on, so nothing was lost. From now on the new one counts."""
    by = order(needs("a", "c", name="b"), waves=(("b", "c"), ("a",)))
    step = steps(runs("a", on={"b": 0}), runs("b"), runs("c", losses=2), by=by)["a"]
    assert step == Step(based_on={(PLUGIN, "b"): Basis(provider="c", losses=2)})


def test_a_provider_that_goes_away_is_lost_although_there_is_another_one():
    """The plugin is started again, and then relies on the other one."""
    by = order(needs("a", "c", name="b"), waves=(("b", "c"), ("a",)))
    planned = steps(runs("a", on={"b": 0}), runs("b", wanted=Wanted.STOPPED), runs("c"), by=by)
    assert acts(planned) == {"a": "stop"}
    again = steps(rests("a"), rests("b", wanted=Wanted.STOPPED), runs("c"), by=by)["a"]
    assert (again.action, again.based_on) == (Action.START, {(PLUGIN, "b"): Basis(provider="c", losses=0)})


def test_what_is_stopped_or_reloaded_keeps_what_it_relied_on():
    """A loss in the meantime shows afterwards, and those below it wait for its end."""
    for view in (runs("a", on={"b": 0}, is_busy=True), runs("a", on={"b": 0}, is_stopping=True)):
        assert steps(view, runs("b"), by=A_NEEDS_B)["a"].based_on is None


# -- on demand


def test_a_provider_that_rests_is_there():
    """Whoever calls it starts it: nobody waits for it, and nobody is stopped or degraded when it goes to rest."""
    asleep = {"on_demand": True, "is_awake": False}
    assert acts(steps(rests("a"), rests("b", **asleep), by=A_NEEDS_B)) == {"a": "start", "b": "show"}
    planned = steps(runs("a", on={"b": 0}), runs("b", **asleep), by=A_NEEDS_B)
    assert acts(planned) == {"b": "stop"}
    assert planned["a"].trouble is None


@pytest.mark.parametrize(
    "facts",
    [{"has_given_up": True}, {"wanted": Wanted.STOPPED}, {"is_leaving": True}],
)
def test_a_provider_that_nothing_would_start_is_not_there(facts):
    """It starts on demand, but no demand starts it now."""
    assert acts(steps(rests("a"), rests("b", on_demand=True, **facts), by=A_NEEDS_B))["a"] == "show"


def test_a_provider_that_could_not_start_is_not_there():
    """An extension's order may pick it all the same."""
    by = order(needs("a", "b"), b="b requires what nobody has")
    assert acts(steps(rests("a"), rests("b", on_demand=True, is_awake=False), by=by))["a"] == "show"


def test_a_call_to_a_resting_plugin_starts_it_after_what_it_requires():
    """Awake, it is as any other one."""
    assert acts(steps(rests("a", on_demand=True), comes("b"), by=A_NEEDS_B))["a"] == "show"
    assert acts(steps(rests("a", on_demand=True), runs("b"), by=A_NEEDS_B))["a"] == "start"


# -- orders of extensions


def test_an_order_may_leave_plugins_out_and_name_others():
    """What it does not speak of is started as it comes; what is not there is passed over."""
    by = StartOrder(waves=(("x", "a"), ("a",)), dependencies=(needs("x", "a"), needs("a", "y")))
    assert acts(steps(rests("a"), rests("b"), by=by)) == {"a": "start", "b": "start"}


def test_an_order_may_contradict_itself():
    """Dependencies count, whatever the waves say."""
    by = order(needs("a", "b"), waves=(("a",), ("b",)))
    assert acts(steps(rests("a"), rests("b"), by=by)) == {"a": "show", "b": "start"}
    closing = steps(runs("a", on={"b": 0}), runs("b"), by=by, closing=True)
    assert acts(closing) == {"a": "stop"}


def test_an_order_that_leads_in_a_circle_is_settled():
    """Nobody is started, everybody shows for whom, and no command waits for ever."""
    by = order(needs("a", "b"), needs("b", "c"), needs("c", "a"), waves=(("a", "b", "c"),))
    planned = steps(rests("a"), rests("b"), rests("c"), by=by)
    assert [planned[each].waiting_for for each in "abc"] == [("b",), ("c",), ("a",)]
    assert all(step.is_settled for step in planned.values())


def test_a_plugin_that_requires_itself_is_not_held_up():
    """It has what it needs as soon as it is there."""
    assert acts(steps(rests("a"), by=order(needs("a", "a")))) == {"a": "start"}


def test_long_chains_are_no_recursion():
    """A thousand plugins in a row are planned in one go."""
    names = [f"p{number:04}" for number in range(1000)]
    by = order(*(needs(above, below) for below, above in pairwise(names)))
    views = [runs(name, on={below: 0}) for below, name in pairwise(names)]
    assert acts(steps(runs(names[0]), *views, by=by, closing=True)) == {names[-1]: "stop"}


def test_what_is_relied_on_is_told_by_requirement():
    """Two requirements may rest on one plugin, and one may move to another."""
    by = order(needs("a", "b"), needs("a", "c", name="x"), waves=(("b", "c"), ("a",)))
    step = steps(runs("a", on={"b": 0, "x": 0}), runs("b"), runs("c"), by=by)["a"]
    assert step.action is Action.STOP  # there never was a plugin x to rely on: it counts as gone
    step = steps(runs("a", on={"b": 0}), runs("b"), runs("c"), by=by)["a"]
    assert step.based_on == {**basis(b=0), (PLUGIN, "x"): Basis(provider="c", losses=0)}
