"""What is said about runs beyond caps: functions of numbers, for pages, mails and the terminal."""

from __future__ import annotations

from finops.caps.standing import CapStanding, Standing, Violation
from finops.domain import display
from finops.domain.windows import Period


def when(period: Period) -> str:
    """Name a period behind a count: ``since 1 November``, ``in October 2026``."""
    first = period.window.since
    if period.running:
        year = "" if first.year == period.window.last.year else f" {first.year}"
        return f"since {first.day} {first:%B}{year}"
    if period.is_month:
        return f"in {period.name}"
    return f"from {display.days(first, period.window.last)}"


def reason(cap: CapStanding, when: str, currency: str) -> str:
    """Say why a workflow is red: ``3 runs beyond $5.00 a run since 1 November, $212 beyond …``."""
    limit = cap.kind.limit(cap.cap.limit, currency)
    text = f"{display.counted(cap.broken, 'run')} beyond {limit} {when}"
    return f"{text}, {display.money(cap.beyond, currency)} beyond the cap" if cap.beyond else text


def reasons(standing: Standing, when: str, currency: str) -> list[str]:
    """Give a reason for each broken cap, most dollars first."""
    return [reason(cap, when, currency) for cap in standing.broken]


def of_all(cap: CapStanding, runs: int) -> str:
    """Say how many of the runs went beyond a cap: ``3 of 7,027 runs``, ``none of 12 runs``."""
    return (
        f"{display.number(cap.broken) if cap.broken else 'none'} of {display.counted(runs, 'run')}"
    )


def told(found: Violation, number: int | None, currency: str) -> str:
    """Say how far a run went beyond a cap, and which call broke it; ``number`` is its place.

    ``This run went $70.12 beyond the cap of $5.00 a run at step retrieve (call 14).``
    """
    limit, where = found.kind.limit(found.limit, currency), _where(found, number)
    if found.kind.is_money:
        beyond = display.money(found.beyond, currency)
        return f"This run went {beyond} beyond the cap of {limit}{where}."
    value = found.kind.value(found.value, currency)
    spent = f" It spent {display.money(found.beyond, currency)} beyond it." if found.beyond else ""
    return f"This run reached {value}, beyond the cap of {limit}{where}.{spent}"


def _where(found: Violation, number: int | None) -> str:
    place = f"call {display.number(number)}" if number else ""
    if not found.step:
        return f" at {place}" if place else ""
    return f" at step {found.step} ({place})" if place else f" at step {found.step}"
