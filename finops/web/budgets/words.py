"""What the Budgets room says in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from finops.budgets.amounts import write_amount
from finops.budgets.lines import Lines
from finops.budgets.listed import Place
from finops.budgets.preview import last_period, listed
from finops.budgets.seen import DATA
from finops.domain import display
from finops.domain.budget_periods import BudgetPeriod, PeriodKind
from finops.forecast.timing import FULL_DAYS, days_needed, known_until
from finops.forecast.words import forecast_sentence
from finops.models import Budget, BudgetStanding, Organization, StatusChange
from finops.models.budgets import RED, YELLOW

_CAUSES: Final = {"data": "New calls", "lines": "Other lines", "time": "First look"}
_AT: Final = (("tell_at_yellow", "yellow"), ("tell_at_red", "red"))


def saved(budget: Budget, start: date | None, now: datetime) -> str:
    """Say what was saved: ``Saved. Applies from 1 November. Priya Nair will be told.``"""
    said = ["Saved."]
    if start is not None:
        year = "" if start.year == now.year else f" {start.year}"
        said.append(f"Applies from {start.day} {start:%B}{year}.")
    return " ".join([*said, told(budget)])


def basis(budget: Budget) -> str:
    """Say that bills are held against its lines, and how; empty where it is calls."""
    return {
        "billed": "of what bills charge, in cash",
        "effective": "of what bills charge, as used",
    }.get(budget.basis, "")


def of_bills(budget: Budget) -> str:
    """Say in two words that bills are held against its lines; empty where it is calls."""
    return {"billed": "as billed", "effective": "as used"}.get(budget.basis, "")


def told(budget: Budget) -> str:
    """Say who hears of its crossings."""
    names = [str(budget.owner)] if budget.owner else []
    others = len(budget.recipients)
    if others:
        names.append(budget.recipients[0] if others == 1 else f"{others} others")
    speaks = budget.tell_at_yellow or budget.tell_at_red or budget.tell_when_heading
    return f"{listed(names)} will be told." if names and speaks else "Nobody will be told."


def told_when(budget: Budget) -> str:
    """Say at what: ``At yellow, at red, and when heading for red two days in a row.``"""
    moments = [f"at {name}" for field, name in _AT if getattr(budget, field)]
    if budget.tell_when_heading:
        moments.append("when heading for red two days in a row")
    text = listed(moments) or "never"
    return f"{text[0].upper()}{text[1:]}."


def quicker(who: str, at: datetime | None, zone: ZoneInfo) -> str:
    """Say who saved meanwhile: ``Tom changed this at 14:02 UTC. Your numbers are below theirs.``"""
    if at is None:
        return f"{who or 'Somebody'} changed this. Your numbers are below theirs."
    local = at.astimezone(zone)
    clock = f"{local:%H:%M} {display.zone_label(local)}"
    return f"{who or 'Somebody'} changed this at {clock}. Your numbers are below theirs."


def lines_in_words(lines: Lines, currency: str) -> str:
    """Write lines in a row: ``Yellow above $12,000, red above $14,500, planned $11,000``."""
    if lines.yellow is None or lines.red is None:
        said = "No lines"
    else:
        yellow, red = (write_amount(each, currency) for each in (lines.yellow, lines.red))
        said = f"Yellow above {yellow}, red above {red}"
    if lines.planned is not None:
        said += f", planned {write_amount(lines.planned, currency)}"
    return said


def last_noun(kind: PeriodKind) -> str:
    """Name the period that lines can start from: ``last month``, ``yesterday``."""
    return last_period(kind)


def list_heading(rows: Sequence[Place]) -> str:
    """Say how many budgets there are and which are not green: ``12 budgets: 1 red, 2 yellow``."""
    counts = [(sum(row.status == status for row in rows), status) for status in (RED, YELLOW)]
    heading = sum(row.heading_for == RED and row.status != RED for row in rows)
    said = [f"{count} {status}" for count, status in counts if count]
    said += [f"{heading} heading for red"] if heading else []
    text = display.counted(len(rows), "budget")
    return f"{text}: {', '.join(said)}" if said else f"{text}, none of them over a line"


def forecast(
    standing: BudgetStanding, period: BudgetPeriod, now: datetime, organization: Organization
) -> str:
    """Say what the period will end at and when it crosses its lines, or why nobody can say."""
    known = known_until(now.astimezone(organization.zone), standing.data_to)
    return forecast_sentence(
        standing.forecast_state,
        low=standing.forecast_low,
        mid=standing.forecast_mid,
        high=standing.forecast_high,
        crosses_yellow_on=standing.crosses_yellow_on,
        crosses_red_on=standing.crosses_red_on,
        days_needed=days_needed(period, known, history=FULL_DAYS),
        currency=organization.currency,
    )


def cause(change: StatusChange) -> str:
    """Say why a status became another one."""
    said = _CAUSES.get(change.cause, change.cause)
    if change.cause == DATA and of_bills(change.budget):
        said = "A new bill"
    return f"{said}, after the period ended" if change.late else said
