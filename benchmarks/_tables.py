"""The tables that people read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median

from benchmarks._fleet import Finding
from benchmarks._targets import BARE, PRODUCT, REST, Rounds, Target
from benchmarks._works import Work


def print_machine(machine: Mapping[str, str], *, rounds: int, quick: bool) -> None:
    """Say what the numbers were taken with."""
    for name, value in machine.items():
        print(f"{name + ':':<17}{value}")
    if quick:
        print("\nA quick run shows that every measurement works. Its numbers mean nothing.")
    else:
        print(f"\nMedians of {rounds} interleaved rounds; ratios are made within a round.")


def print_work(work: Work, measured: Rounds, *, left_out: Mapping[str, str]) -> None:
    """Print what one work gave, the fastest first, and who was left out for what reason."""
    print(f"\n{work.title}")
    rows = []
    for (_, subject), of in measured.items():
        rows.append((median(of["p50"]), subject, median(of["p99"]), median(of["rate"])))
    rated = work.name != "start"
    base = BARE if not rated else REST if work.name.startswith("rest") else PRODUCT
    unit = next((p50 for p50, subject, _, _ in rows if subject == base), None)
    print(f"  {'':<20}{'p50':>10}{'p99':>10}{'calls/s' if rated else '':>12}{'p50 : ' + base:>19}")
    for p50, subject, p99, rate in sorted(rows):
        ratio = f"{p50 / unit:.2f}" if unit else ""
        print(
            f"  {subject:<20}{duration(p50):>10}{duration(p99):>10}{f'{rate:,.0f}' if rated else '':>12}{ratio:>19}"
        )
    for reason in dict.fromkeys(left_out.values()):
        names = ", ".join(name for name, why in left_out.items() if why == reason)
        print(f"  left out, for {reason}: {names}")


def print_targets(ratios: Iterable[tuple[Target, float | None]], *, verdicts: bool) -> None:
    """Print the ratios that have a target."""
    print(f"\n{'Targets':<66}{'ratio':>12}{'target':>12}")
    for target, ratio in ratios:
        label = f"{target.work}: {target.label}"
        if ratio is None:
            print(f"  {label:<64}{'—':>12}   not measured")
            continue
        sign = "≤" if target.at_most else "≥"
        print(
            f"  {label:<64}{ratio:>12.2f}{f'{sign} {target.bound:g}':>12}  {_verdict(target.is_met(ratio), verdicts)}"
        )


def print_findings(found: Iterable[Finding], *, verdicts: bool) -> None:
    """Print what the fleet gave."""
    for line in found:
        print(f"  {line.label}\n  {'':<50}{line.shown:>26}{line.bound:>12}  {_verdict(line.met, verdicts)}")


def _verdict(met: bool | None, verdicts: bool) -> str:  # noqa: FBT001 - a verdict and whether to give it
    if met is None or not verdicts:
        return ""
    return "met" if met else "NOT MET"


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.1f} µs"
    return f"{seconds * 1e3:.2f} ms"
