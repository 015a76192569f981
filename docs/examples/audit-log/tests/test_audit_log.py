"""The audit log in a real host, found by its entry point: the package is installed beside Polyhost."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from types import SimpleNamespace

import pytest
import trio
from polyhost_audit_log import AuditLog, Call, last_calls, main
from polyhost_audit_log._extension import BATCH, FILE, MAX_PARAMS, as_json, outcome_of, size_hint
from polyhost_audit_log._store import Store, count_dropped

from hostcore import Host, HostConfig, open_host
from hostcore.config import ExtensionsConfig
from hostcore.errors import CallFailedError, CallRefusedError, MethodNotFoundError
from hostcore.hooks import CallInfo, CallInterceptor, CallInterceptorBase, hookimpl
from hostcore.testing import check_extension

EXAMPLES = Path(__file__).parents[2]
BOUND = 30.0  # seconds; nothing here takes more than a few


@asynccontextmanager
async def opened(
    data: Path, *plugins: str, extensions: ExtensionsConfig | None = None
) -> AsyncIterator[Host]:
    """Open a host with example plugins, for a bounded time."""
    config = HostConfig(
        plugins=tuple(EXAMPLES / each for each in plugins),
        data=data,
        extensions=extensions or ExtensionsConfig(),
    )
    with trio.fail_after(BOUND):
        async with open_host(config) as host:
            yield host


def calls_in(data: Path) -> list[tuple[str | None, str, str, str]]:
    """Return who called whom, what, and how it ended, in order."""
    return [(each.caller, each.plugin, each.method, each.outcome) for each in last_calls(data / FILE)]


# -- in a host


async def test_calls_are_recorded_with_who_called_what_and_how_it_ended(tmp_path: Path) -> None:
    """Calls from outside, between plugins, and with a method that is not there."""
    async with opened(tmp_path, "greeter", "notes", "digest") as host:
        await host.call("Greeter.Greet", {"name": "Ada"})
        await host.call("Digest.Today")
        with pytest.raises(MethodNotFoundError):
            await host.call("Greeter.Wave")
    assert calls_in(tmp_path) == [
        (None, "greeter", "Greeter.Greet", "ok"),
        ("digest", "notes", "Notes.List", "ok"),
        (None, "digest", "Digest.Today", "ok"),
        (None, "greeter", "Greeter.Wave", "method-not-found"),
    ]


async def test_times_and_sizes_are_recorded_but_no_params(tmp_path: Path) -> None:
    """What was said stays between the caller and the plugin."""
    async with opened(tmp_path, "greeter") as host:
        await host.call("Greeter.Greet", {"name": "Ada"})
    (call,) = last_calls(tmp_path / FILE)
    assert (call.params_size, call.result_size, call.params) == (len("Ada"), len("Hello, Ada!"), None)
    assert call.at >= host.started_at
    assert 0 < call.duration_ms < BOUND * 1000


async def test_params_are_recorded_where_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable names methods by patterns."""
    monkeypatch.setenv("AUDIT_LOG_PARAMS", "Nothing.At.All Greeter.*")
    async with opened(tmp_path, "greeter", "notes") as host:
        await host.call("Greeter.Greet", {"name": "Ada"})
        await host.call("Notes.List")
    assert [each.params for each in last_calls(tmp_path / FILE)] == ['{"name": "Ada"}', None]


async def test_a_disabled_log_writes_nothing(tmp_path: Path) -> None:
    """The host does not even make its file."""
    async with opened(tmp_path, "greeter", extensions=ExtensionsConfig(disable=("audit_log",))) as host:
        await host.call("Greeter.Greet", {"name": "Ada"})
    assert not (tmp_path / FILE).exists()


async def test_a_host_lists_the_log_as_an_installed_extension(tmp_path: Path) -> None:
    """With its version, its hooks, and without a failure."""
    async with opened(tmp_path) as host:
        (found,) = [each for each in host.extensions() if each.name == "audit_log"]
    assert (found.origin, found.version, found.failures) == ("installed", "1.0.0", 0)
    assert found.hooks == check_extension(AuditLog())


class RefuseAll:
    """Is an extension that lets no call through."""

    @hookimpl
    def hostcore_provide_call_interceptors(self) -> Iterable[CallInterceptor]:
        """Stand around each call."""
        return [_Refuse()]


class _Refuse(CallInterceptorBase):
    def before(self, call: CallInfo) -> None:
        raise CallRefusedError(f"nobody may call {call.method}")


async def test_what_another_extension_refuses_is_recorded(tmp_path: Path) -> None:
    """The log is the outermost interceptor although it is registered before."""
    refusing = ExtensionsConfig(load=(f"{__name__}:RefuseAll",))
    async with opened(tmp_path, "greeter", extensions=refusing) as host:
        with pytest.raises(CallRefusedError):
            await host.call("Greeter.Greet", {"name": "Ada"})
    assert calls_in(tmp_path) == [(None, "greeter", "Greeter.Greet", "call-refused")]


async def test_a_log_that_cannot_be_written_harms_no_call(tmp_path: Path) -> None:
    """The extension is named as failed; calls go on."""
    (tmp_path / "extensions").write_text("a file where the folder should be")
    async with opened(tmp_path, "greeter") as host:
        await host.call("Greeter.Greet", {"name": "Ada"})
        (found,) = [each for each in host.extensions() if each.name == "audit_log"]
    assert found.failures == 1


# -- the extension by itself


def a_call(method: str = "Text.Count") -> CallInfo:
    """Make a call as the host shows it."""
    return CallInfo(
        plugin="text", method=method, params={"text": "abc"}, caller=None, timeout=1.0, streaming=False,
        started_at=1.0,
    )  # fmt: skip


@asynccontextmanager
async def writing(log: AuditLog, data: Path) -> AsyncIterator[CallInterceptor]:
    """Run the background task as a host would, and give the interceptor of a method."""
    (interceptor,) = log.hostcore_provide_call_interceptors("Text.Count")
    (task,) = log.hostcore_provide_background_tasks(SimpleNamespace(data=data))
    with trio.fail_after(BOUND):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(task)
            while not (data / FILE).exists():  # noqa: ASYNC110 - the file system rings no bell
                await trio.sleep(0.01)
            yield interceptor
            nursery.cancel_scope.cancel()


async def test_what_comes_faster_than_it_is_written_is_counted(tmp_path: Path) -> None:
    """The queue is bounded; the log says how many calls it lacks."""
    log = AuditLog(queue=3)
    async with writing(log, tmp_path) as interceptor:
        for _ in range(10):
            call = a_call()
            interceptor.before(call)
            interceptor.after(call, {})
    kept = len(last_calls(tmp_path / FILE))
    assert kept + count_dropped(tmp_path / FILE) == 10  # noqa: PLR2004 - as many as were made above
    assert kept in {3, 4}  # those in the queue, and perhaps one that was taken out at once


async def test_more_calls_than_a_batch_are_all_written(tmp_path: Path) -> None:
    """Also when the host stops right after them."""
    count = 2 * BATCH + 1
    async with writing(AuditLog(), tmp_path) as interceptor:
        for _ in range(count):
            call = a_call()
            interceptor.before(call)
            interceptor.after(call, {})
    assert len(last_calls(tmp_path / FILE, count + 1)) == count


async def test_calls_without_an_outcome_are_recorded_as_cut_off(tmp_path: Path) -> None:
    """When the host stops, their plugins are killed a moment later; nobody would tell the log."""
    async with writing(AuditLog(), tmp_path) as interceptor:
        call = a_call()
        interceptor.before(call)
    interceptor.error(call, CallRefusedError("too late for the log"))
    assert calls_in(tmp_path) == [(None, "text", "Text.Count", "cut-off")]


def test_an_error_is_recorded_by_its_code() -> None:
    """Whatever is no error of the host is named by its type."""
    assert outcome_of(CallRefusedError("no")) == "call-refused"
    assert outcome_of(ValueError("no")) == "ValueError"


async def test_the_plugins_own_name_of_an_error_is_recorded(tmp_path: Path) -> None:
    """Beside the code, which is the same for all errors of plugins."""
    async with writing(AuditLog(), tmp_path) as interceptor:
        call = a_call()
        interceptor.before(call)
        interceptor.error(call, CallFailedError("none there", status=5, name="KeyNotFound"))
    (found,) = last_calls(tmp_path / FILE)
    assert (found.outcome, found.error) == ("call-failed", "KeyNotFound")


def test_sizes_are_those_of_what_lies_on_top() -> None:
    """Texts and binary values count, the rest does not."""
    assert size_hint({"text": "four", "raw": b"12", "deep": {"text": "x"}, "number": 7}) == len("four12")
    assert (size_hint("four"), size_hint(None)) == (len("four"), 0)


def test_params_are_cut_and_binary_data_is_left_out() -> None:
    """A log is no copy of the data."""
    assert as_json({"raw": b"secret", "set": {1}}) == '{"raw": "<6 bytes>", "set": "<set>"}'
    assert len(as_json({"text": "x" * MAX_PARAMS})) == MAX_PARAMS


# -- the file and the command


def test_the_oldest_calls_are_removed(tmp_path: Path) -> None:
    """So that the file does not grow without end."""
    with closing(Store(tmp_path / "calls.db", keep=2)) as store:
        for at in (1.0, 2.0, 3.0):
            store.add([Call(at=at, plugin="p", method="M.m")], dropped=0, at=at)
    assert [each.at for each in last_calls(tmp_path / "calls.db")] == [2.0, 3.0]


def test_the_log_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    """And by any tool that reads SQLite."""
    with closing(Store(tmp_path / "calls.db")) as store:
        store.add([Call(at=1.0, plugin="p", method="M.m")], dropped=0, at=1.0)
        with closing(sqlite3.connect(tmp_path / "calls.db")) as reader:
            assert reader.execute("SELECT plugin, method, outcome FROM calls").fetchall() == [
                ("p", "M.m", "cut-off")
            ]


def test_the_command_shows_the_latest_calls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each, the oldest first, and what is missing."""
    with closing(Store(tmp_path / FILE)) as store:
        calls = [
            Call(at=0.25, plugin="a", method="A.a", outcome="ok", duration_ms=1.26),
            Call(
                at=1.5, plugin="b", method="B.b", caller="a", outcome="call-failed", error="Bad", params="{}"
            ),
        ]
        store.add(calls, dropped=5, at=2.0)
    assert main(["--data", str(tmp_path)]) == 0
    shown = capsys.readouterr()
    assert shown.out == (
        "1970-01-01T00:00:00.250Z  - → a  A.a  ok  1.3 ms\n"
        "1970-01-01T00:00:01.500Z  a → b  B.b  call-failed Bad  0.0 ms  {}\n"
    )
    assert shown.err == "5 calls are missing: they came faster than they could be written\n"
    assert main(["--data", str(tmp_path), "--plugin", "a", "--last", "1"]) == 0
    assert capsys.readouterr().out.endswith("A.a  ok  1.3 ms\n")


def test_the_command_says_where_it_looked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a log, and with a file that is none."""
    assert main(["--data", str(tmp_path)]) == 1
    assert (
        f"there is no audit log in {tmp_path / FILE}; name the host's data folder" in capsys.readouterr().err
    )
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_text("no database at all, but long enough to be looked at")
    assert main(["--data", str(tmp_path)]) == 1
    assert "file is not a database; name the host's data folder" in capsys.readouterr().err
