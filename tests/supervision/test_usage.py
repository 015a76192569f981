"""What processes use, from a /proc that the test writes, and from the real one."""

import os
import subprocess
import sys
import time

import pytest

from hostcore.supervision import _usage as module
from hostcore.supervision._usage import Usage, UsageSampler, cores_used

PAGE = os.sysconf("SC_PAGE_SIZE")
TICK = os.sysconf("SC_CLK_TCK")


class Proc:
    """Writes processes as the kernel shows them, and counts how often each is read."""

    def __init__(self, root):
        self.root = root
        self.now = 100.0
        self.sampler = UsageSampler(root=root, clock=lambda: self.now)
        for name in ("self", "sys", "meminfo"):
            (root / name).mkdir()

    def add(self, pid, session, *, name="python3", ticks=(0, 0, 0, 0), pages=0):
        between = [0] * 7
        after = [20, 0, 1, 0, 12345, 10_000_000]
        fields = [
            "S",
            1,
            session,
            session,
            0,
            -1,
            4194560,
            *between[:4],
            *ticks,
            *after,
            pages,
            2**64 - 1,
            *[0] * 27,
        ]
        folder = self.root / str(pid)
        folder.mkdir(exist_ok=True)
        (folder / "stat").write_text(f"{pid} ({name}) {' '.join(map(str, fields))}\n")

    def remove(self, pid):
        (self.root / str(pid) / "stat").unlink()
        (self.root / str(pid)).rmdir()

    def later(self, seconds=1.0):
        self.now += seconds


@pytest.fixture
def proc(tmp_path):
    return Proc(tmp_path)


def test_a_session_is_the_sum_of_its_processes(proc):
    """Memory, and CPU time of processes and of the children they waited for, over all processes of the session."""
    proc.add(10, 10, ticks=(100, 20, 3, 4), pages=5)
    proc.add(11, 10, ticks=(50, 0, 0, 0), pages=7)
    proc.add(12, 12, ticks=(999, 0, 0, 0), pages=999)
    assert Usage(rss_bytes=12 * PAGE, cpu_seconds=177 / TICK, at=100.0) == proc.sampler.sample(10)


@pytest.mark.parametrize("name", ["a b", "a) S 1 99 99", "((((", ")", "a\nb", "", "Web Content) 7 7 7 7 7"])
def test_a_name_can_hold_anything(proc, name):
    """Blanks, parentheses and what looks like fields in a process's name change nothing."""
    proc.add(10, 10, name=name, ticks=(1, 1, 0, 0), pages=3)
    assert Usage(rss_bytes=3 * PAGE, cpu_seconds=2 / TICK, at=100.0) == proc.sampler.sample(10)


def test_a_process_that_vanishes_is_skipped(proc):
    """One that is listed and can no longer be read, or whose file is cut off, is left out of the sum."""
    proc.add(10, 10, pages=3)
    (proc.root / "11").mkdir()
    (proc.root / "12").mkdir()
    (proc.root / "12" / "stat").write_text("12 (half) S 1 10")
    (proc.root / "13").mkdir()
    (proc.root / "13" / "stat").write_text("")
    assert proc.sampler.sample(10).rss_bytes == 3 * PAGE


def test_what_cannot_be_seen_is_none(proc, tmp_path):
    """A session without a visible process, and a system without /proc, give nothing instead of zero."""
    proc.add(10, 10)
    assert proc.sampler.sample(99) is None
    assert UsageSampler(root=tmp_path / "missing").sample(10) is None


def test_one_scan_serves_all_who_ask_within_a_second(proc):
    """The second plugin gets what the first one's scan has seen; a second later there is a new one."""
    for session in (10, 20, 30):
        proc.add(session, session, pages=1)
        proc.sampler.sample(session)
    proc.later()
    proc.sampler.sample(10)
    for session in (10, 20, 30):
        proc.add(session, session, pages=2)
    proc.later(0.9)
    assert proc.sampler.sample(20) == Usage(rss_bytes=PAGE, cpu_seconds=0.0, at=101.0)
    proc.later(0.1)
    assert proc.sampler.sample(30) == Usage(rss_bytes=2 * PAGE, cpu_seconds=0.0, at=102.0)


def test_two_samples_of_one_session_are_of_two_moments(proc):
    """Who looks more often than once a second sees what has happened since the look before, and pays for it."""
    proc.add(10, 10, ticks=(100, 0, 0, 0))
    before = proc.sampler.sample(10)
    proc.add(10, 10, ticks=(100 + TICK // 4, 0, 0, 0))
    proc.later(0.25)
    after = proc.sampler.sample(10)
    assert cores_used(before, after, after.at - before.at) == 1.0


def test_processes_of_others_are_read_once(proc, monkeypatch):
    """A scan reads those of measured sessions and new ones; the rest of the machine only once a minute."""
    read = []
    parsed = module._parsed
    monkeypatch.setattr(module, "_parsed", lambda stat: read.append(int(stat.split()[0])) or parsed(stat))
    proc.add(10, 10)
    for pid in range(1000, 1100):
        proc.add(pid, 1)
    proc.sampler.sample(10)
    assert len(read) == 101
    read.clear()
    proc.later()
    proc.add(11, 10)
    proc.add(1100, 1)
    proc.sampler.sample(10)
    assert {10, 11, 1100} == set(read)
    read.clear()
    proc.later(60.0)
    proc.sampler.sample(10)
    assert len(read) == 103


def test_a_session_that_was_one_of_the_others_is_found(proc):
    """Whoever is asked for first after a scan that left it alone is measured at once, and from then on."""
    proc.add(10, 10, pages=1)
    proc.add(20, 20, pages=2)
    proc.add(21, 20, pages=2)
    proc.sampler.sample(10)
    assert proc.sampler.sample(20).rss_bytes == 4 * PAGE
    proc.add(21, 20, pages=5)
    proc.later()
    assert [proc.sampler.sample(each).rss_bytes for each in (10, 20)] == [PAGE, 7 * PAGE]


def test_a_process_that_was_seen_before_it_had_its_session_is_found(proc):
    """A scan between fork and setsid shows the host's session; the plugin is measured all the same, at once."""
    proc.add(10, 10, pages=1)
    proc.add(20, 1, pages=2)
    proc.sampler.sample(10)
    proc.add(20, 20, pages=2)
    assert proc.sampler.sample(20).rss_bytes == 2 * PAGE


def test_a_session_of_the_last_second_is_found(proc):
    """A process that was started after the latest scan needs no further one."""
    proc.add(10, 10, pages=1)
    proc.sampler.sample(10)
    proc.add(20, 20, pages=2)
    assert proc.sampler.sample(20).rss_bytes == 2 * PAGE


def test_a_pid_that_is_used_again_counts_for_its_new_session(proc):
    """A pid of another's process that ended, seen by a scan, is no longer left alone."""
    proc.add(10, 10, pages=1)
    proc.add(30, 1, pages=100)
    proc.sampler.sample(10)
    proc.remove(30)
    proc.later()
    proc.sampler.sample(10)
    proc.add(30, 10, pages=4)
    proc.later()
    assert proc.sampler.sample(10).rss_bytes == 5 * PAGE


def test_a_session_that_has_ended_is_forgotten(proc):
    """Its last numbers are not given again, and the sampler does not go on to look for it."""
    proc.add(10, 10, pages=1)
    proc.sampler.sample(10)
    proc.remove(10)
    proc.later()
    assert proc.sampler.sample(10) is None
    assert "sessions=0" in repr(proc.sampler)


def test_two_samples_make_cores():
    """CPU seconds by seconds; never less than nothing, and nothing where no time has passed."""

    def usage(cpu):
        return Usage(rss_bytes=0, cpu_seconds=cpu, at=0.0)

    assert cores_used(usage(10.0), usage(13.0), 2.0) == 1.5
    assert cores_used(usage(10.0), usage(9.0), 2.0) == 0.0
    assert cores_used(usage(10.0), usage(13.0), 0.0) == 0.0


BUSY = """
import subprocess, sys, time
memory = bytearray(50_000_000)
child = subprocess.Popen([sys.executable, "-c", "import time; memory = bytearray(30_000_000); print(1, flush=True); time.sleep(60)"])
until = time.process_time() + 0.2
while time.process_time() < until:
    pass
print("busy", flush=True)
time.sleep(60)
"""


def test_the_real_proc_shows_a_real_session():
    """A process with a child in a session of its own: memory and CPU time of both are seen, and its end, too."""
    process = subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert {b"1\n", b"busy\n"} == {process.stdout.readline(), process.stdout.readline()}
        usage = UsageSampler().sample(process.pid)
        assert 80_000_000 < usage.rss_bytes < 400_000_000
        assert 0.2 <= usage.cpu_seconds < 30
    finally:
        os.killpg(process.pid, 9)
        process.communicate()
    deadline = time.monotonic() + 30
    while UsageSampler().sample(process.pid) is not None:  # the child is reaped by somebody else
        assert time.monotonic() < deadline
        time.sleep(0.01)
