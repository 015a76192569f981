"""The command: measures all, or what `--only` names, and prints tables with ratios, targets and verdicts."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks._fleet import Finding, findings, measure_fleet
from benchmarks._go import build_programs, describe_programs
from benchmarks._machine import describe_machine
from benchmarks._subjects import GO_CALLS, SUBJECTS, Cores, Field
from benchmarks._tables import print_findings, print_machine, print_targets, print_work
from benchmarks._targets import TARGETS, Measure, Rounds
from benchmarks._works import WORKS, Work

ROUNDS: Final = 7
"""An odd number, so that the median is a round that happened; 5 is the least that is worth a verdict."""

FLEET: Final = "fleet"
FLEET_COUNT: Final = 100
FLEET_IDLE: Final = 12.0
"""Longer than the interval of the health checks, so that they are in it."""

QUICK_ROUNDS: Final = 1
QUICK_SECONDS: Final = 0.04
QUICK_FLEET: Final = 6

START: Final = Work(name="start", title="start of a Python plugin, until it is ready")
MEASURES: Final[tuple[Measure, ...]] = ("p50", "p99", "rate")


def main() -> int:
    """Run the command; the exit status says whether it could measure, not whether targets are met."""
    works = (*WORKS, START)
    names = [*(work.name for work in works), FLEET]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only",
        action="append",
        choices=names,
        metavar="NAME",
        help=f"one of {', '.join(names)}; repeatable",
    )
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help="interleaved rounds (default: %(default)s)"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write all samples, ratios and verdicts there"
    )
    parser.add_argument(
        "--quick",
        "--smoke",
        action="store_true",
        help="run everything once, short: that it works; no verdicts",
    )
    parser.add_argument(
        "--cores",
        choices=[cores.value for cores in Cores],
        default=Cores.TWO.value,
        help="where a caller and its plugin run: on one core, on two, or where the scheduler puts them (default: two)",
    )
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    chosen = set(options.only or names)
    rounds = QUICK_ROUNDS if options.quick else options.rounds
    without_go = _prepare_go(chosen)
    machine = {**describe_machine(), **_describe_go(chosen, without_go), "cores": options.cores}
    print_machine(machine, rounds=rounds, quick=options.quick)
    measured: dict[tuple[str, str], dict[Measure, list[float]]] = {}
    with Field(Cores(options.cores)) as field:
        for work in works:
            if work.name in chosen:
                each = _shortened(work) if options.quick else work
                measured.update(_measure(field, each, rounds, without_go))
    print_targets(
        [(target, target.ratio(measured)) for target in TARGETS if target.work in chosen],
        verdicts=not options.quick,
    )
    fleets: list[dict[str, Any]] = []
    if FLEET in chosen:
        _say("a host with many plugins")
        fleets = measure_fleet(
            count=QUICK_FLEET if options.quick else FLEET_COUNT,
            idle=QUICK_SECONDS if options.quick else FLEET_IDLE,
            rounds=rounds if options.quick else min(rounds, 5),
        )
    found = list(findings(fleets)) if fleets else []
    print_findings(found, verdicts=not options.quick)
    if options.json is not None:
        _write(options.json, machine, measured, found, fleets)
    return 0


def _prepare_go(chosen: set[str]) -> str | None:
    """Build the programs in Go if somebody needs them; return why there are none."""
    if not chosen & GO_CALLS:
        return None
    _say("building the programs in Go")
    return build_programs()


def _describe_go(chosen: set[str], without_go: str | None) -> dict[str, str]:
    if not chosen & GO_CALLS:
        return {}
    return describe_programs() if without_go is None else {"Go": f"{without_go}: its subjects are left out"}


def _measure(
    field: Field, work: Work, rounds: int, without_go: str | None
) -> dict[tuple[str, str], dict[Measure, list[float]]]:
    """Measure one work with whoever takes part, and show it at once."""
    _say(work.title)
    subjects = {subject: subject.why_not(without_go) for subject in SUBJECTS if work.name in subject.works}
    taken = field.measure(work, [each for each, why_not in subjects.items() if why_not is None], rounds)
    measured = {
        (work.name, subject.name): {measure: [sample[measure] for sample in samples] for measure in MEASURES}
        for subject, samples in taken
    }
    print_work(work, measured, left_out={each.name: why for each, why in subjects.items() if why is not None})
    return measured


def _shortened(work: Work) -> Work:
    return replace(work, seconds=QUICK_SECONDS)


def _say(what: str) -> None:
    if sys.stderr.isatty():
        print(f"[{time.strftime('%H:%M:%S')}] {what} …", file=sys.stderr)


def _write(
    path: Path, machine: dict[str, str], measured: Rounds, found: list[Finding], fleets: list[dict[str, Any]]
) -> None:
    ratios = [
        {
            "work": target.work,
            "ratio": target.label,
            "value": ratio,
            "bound": target.bound,
            "at_most": target.at_most,
            "met": target.is_met(ratio),
        }
        for target in TARGETS
        if (ratio := target.ratio(measured)) is not None
    ]
    samples = [
        {
            "work": work,
            "subject": subject,
            "median": {name: median(values) for name, values in of.items()},
            "rounds": of,
        }
        for (work, subject), of in measured.items()
    ]
    lines = [
        {"what": line.label, "value": line.value, "bound": line.bound, "met": line.met} for line in found
    ]
    text = json.dumps(
        {"machine": machine, "samples": samples, "ratios": ratios, "fleet": lines, "fleets": fleets},
        indent=2,
        ensure_ascii=False,
    )
    path.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
