"""All budgets as of an instant, computed live from the ledger: the answer of CONTRACT 5."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from finops.budgets.looking import Look, day_of, look, running
from finops.domain.money import plain
from finops.domain.periods import FIRST_YEAR, LAST_YEAR
from finops.forecast.forecast import heading_for
from finops.models import Budget, Organization
from finops.sql import snapshot


@dataclass(frozen=True)
class Reported:
    """A look at a budget's period, and how it is written out."""

    look: Look

    @property
    def heading_for(self) -> str:
        """Name the line, not yet crossed, that the middle of the forecast goes beyond."""
        seen, outlook = self.look, self.look.outlook
        if outlook is None:
            return ""
        return heading_for(
            actual=seen.facts.actual,
            mid=outlook.mid,
            yellow=seen.lines.yellow,
            red=seen.lines.red,
        )

    def as_json(self) -> dict[str, Any]:
        """Give the budget's entry; money is a decimal string, ``end`` the day after the last."""
        seen, budget = self.look, self.look.budget
        return {
            "id": budget.pk,
            "name": budget.name,
            "scope": budget.scope,
            "basis": budget.basis,
            "period": budget.period,
            "start": seen.period.start.isoformat(),
            "end": seen.period.end.isoformat(),
            "planned": _plain(seen.lines.planned),
            "yellow": _plain(seen.lines.yellow),
            "red": _plain(seen.lines.red),
            "actual": plain(seen.facts.actual),
            "forecast": self._forecast(),
            "status": seen.judgement.status,
            "stale": seen.feed.stale,
            "data_to": seen.feed.data_to.isoformat() if seen.feed.data_to else None,
            "heading_for": self.heading_for or None,
            "reasons": [reason._asdict() for reason in seen.judgement.reasons],
            "owner": budget.owner.email if budget.owner else None,
            "workflow_share": _plain(seen.lines.workflow_share),
            "version": budget.version,
        }

    def _forecast(self) -> dict[str, str] | None:
        outlook = self.look.outlook
        if outlook is None or outlook.low is None or outlook.mid is None or outlook.high is None:
            return None
        return {
            "low": plain(outlook.low),
            "mid": plain(outlook.mid),
            "high": plain(outlook.high),
        }


def report(now: datetime, *, as_of: datetime | None = None) -> list[Reported]:
    """Say how every budget in use stands, by name, in its period that holds the instant.

    With ``as_of`` only calls that began before it count, and data that came later is unknown to
    the question of staleness. Lines are those that hold for the period.
    """
    return _reported(Budget.objects.all(), now, as_of)


def report_of(budget: Budget, now: datetime) -> Reported | None:
    """Say how one budget stands; None when it is not in use."""
    return next(iter(_reported(Budget.objects.filter(pk=budget.pk), now, None)), None)


def as_json(rows: Iterable[Reported]) -> dict[str, Any]:
    """Give the whole answer."""
    return {"budgets": [row.as_json() for row in rows]}


def _reported(budgets: QuerySet[Budget], now: datetime, as_of: datetime | None) -> list[Reported]:
    at = as_of or now
    with snapshot():
        found = budgets.select_related("owner").order_by("name", "pk")
        dues = running(found, day_of(at))
        wanted = {due.budget.pk for due in dues}
        return [Reported(each) for each in look(dues, at, before=as_of, forecast=wanted)]


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)


def parse_instant(text: str) -> datetime:
    """Read an RFC 3339 instant, or a day of the reporting zone, which is its beginning.

    Without a zone it is of the reporting zone. Raises ValueError with the expected form.
    """
    zone = Organization.current().zone
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"an instant reads 2026-11-20T14:00:00Z, not {text[:40]!r}") from error
    if not FIRST_YEAR < at.year < LAST_YEAR:
        raise ValueError(f"an instant lies between {FIRST_YEAR + 1} and {LAST_YEAR - 1}")
    return at if at.tzinfo else at.replace(tzinfo=zone)
