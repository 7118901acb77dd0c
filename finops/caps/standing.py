"""Where caps stand over a period: how many runs went beyond them, by how much, and which."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, F, QuerySet, Sum

from finops.attribution.values import canonical, spellings
from finops.caps.in_force import InForce, caps_in_force, caps_of
from finops.caps.kinds import KINDS, CapKind
from finops.domain.money import plain
from finops.domain.periods import day_start
from finops.domain.windows import Window
from finops.models import Cap, CapViolation, Organization
from finops.rollups.runs import run_sizes
from finops.sql import load_sql, snapshot

#: Violations that are listed unless more are asked for.
LISTED: Final = 10
#: Days that are looked at unless others are asked for.
DAYS: Final = 30


class Violation(NamedTuple):
    """A run beyond a cap: what it came to, the dollars beyond, and the call that broke it.

    ``beyond`` is None when no call beyond the cap has a price; ``call`` is its internal number.
    """

    workflow: str
    kind: CapKind
    limit: Decimal
    run: str
    url_id: str
    started: datetime
    value: Decimal
    beyond: Decimal | None
    step: str
    call: str
    found: datetime

    def as_json(self) -> dict[str, Any]:
        """Give it as plain values; numbers and money are decimal strings."""
        return self._asdict() | {
            "kind": self.kind.name,
            "limit": plain(self.limit),
            "value": plain(self.value),
            "beyond": None if self.beyond is None else plain(self.beyond),
            "started": self.started.isoformat(),
            "found": self.found.isoformat(),
        }


class CapStanding(NamedTuple):
    """A cap that holds, and how many runs of the period went beyond it, by how many dollars."""

    cap: Cap
    kind: CapKind
    broken: int
    beyond: Decimal | None

    def as_json(self) -> dict[str, Any]:
        """Give it as plain values."""
        return {
            "id": self.cap.pk,
            "workflow": self.cap.workflow,
            "kind": self.kind.name,
            "limit": plain(self.cap.limit),
            "reason": self.cap.reason,
            "set_at": self.cap.set_at.isoformat(),
            "set_by": self.cap.set_by,
            "broken": self.broken,
            "beyond": None if self.beyond is None else plain(self.beyond),
        }


class Standing(NamedTuple):
    """A workflow's caps over a period, its runs there, and the latest that went beyond one."""

    workflow: str
    runs: int
    caps: tuple[CapStanding, ...]
    violations: tuple[Violation, ...]

    @property
    def broken(self) -> list[CapStanding]:
        """The caps that runs went beyond, most dollars first."""
        found = [each for each in self.caps if each.broken]
        return sorted(found, key=lambda each: (each.beyond or 0, each.broken), reverse=True)

    @property
    def is_red(self) -> bool:
        """Say whether any cap was broken in the period."""
        return bool(self.broken)

    def as_json(self) -> dict[str, Any]:
        """Give it as plain values."""
        return {
            "workflow": self.workflow,
            "runs": self.runs,
            "caps": [each.as_json() for each in self.caps],
            "violations": [each.as_json() for each in self.violations],
        }


class Broken(NamedTuple):
    """Runs of a workflow beyond any of its caps, and the dollars; no dollar counts twice."""

    runs: int
    beyond: Decimal


def standing(
    workflow: str, window: Window, *, listed: int = LISTED, dearest: bool = False
) -> Standing:
    """Say where a workflow's caps stand over the runs that began in a window.

    Violations are listed by the start of their runs, the latest first, or by the dollars beyond.
    """
    final = canonical("workflow").get(workflow, workflow)
    with snapshot():
        held = caps_of(final)
        if not held:
            return Standing(final, 0, (), ())
        found = _violations(held, window)
        by_cap = found.order_by().values("cap").annotate(broken=Count("pk"), sum=Sum("beyond"))
        sums = {row["cap"]: (row["broken"], row["sum"]) for row in by_cap}
        order = [F("beyond").desc(nulls_last=True)] if dearest else []
        told = found.order_by(*order, "-started_at", "pk")[:listed]
        return Standing(
            workflow=final,
            runs=run_sizes(final, since=window.since, until=window.until).runs,
            caps=tuple(
                CapStanding(each.cap, KINDS[each.cap.kind], *sums.get(each.cap.pk, (0, None)))
                for each in held
            ),
            violations=tuple(map(_violation, told)),
        )


def asked_window(since: date | None, until: date | None, now: datetime, zone: ZoneInfo) -> Window:
    """Give the days that were asked for, or the last 30. Raises ValueError when there are none."""
    until = until or now.astimezone(zone).date() + timedelta(days=1)
    return Window(since or until - timedelta(days=DAYS), until)


def report(workflow: str, window: Window, currency: str, *, listed: int) -> dict[str, Any]:
    """Give what API and command answer about one workflow's caps, as plain values."""
    return head(window, currency) | standing(workflow, window, listed=listed).as_json()


def head(window: Window, currency: str) -> dict[str, Any]:
    """Say in which currency and over which days an answer is."""
    return {
        "currency": currency,
        "since": window.since.isoformat(),
        "until": window.until.isoformat(),
    }


def standings(window: Window, *, listed: int = LISTED) -> list[Standing]:
    """Say where the caps of every workflow with any stand, most dollars beyond first."""
    with snapshot():
        workflows = sorted({each.workflow for each in caps_in_force()})
        found = [standing(workflow, window, listed=listed) for workflow in workflows]
    return sorted(found, key=lambda each: -max((c.beyond or 0 for c in each.caps), default=0))


def broken_by_workflow(window: Window) -> dict[str, Broken]:
    """Give the workflows with runs beyond a cap in a window; one query besides the caps."""
    with snapshot() as cursor:
        held = caps_in_force()
        if not held:
            return {}
        cursor.execute(
            load_sql("caps/broken_by_workflow.sql").format(),
            _bounds(window)
            | {
                "caps": [each.cap.pk for each in held],
                "workflows": [each.workflow for each in held],
            },
        )
        return {workflow: Broken(*rest) for workflow, *rest in cursor.fetchall()}


def violations_of_run(url_id: UUID) -> list[Violation]:
    """Give the caps in force that one run went beyond, most dollars first."""
    held = [each.cap.pk for each in caps_in_force()]
    found = CapViolation.objects.select_related("cap").filter(
        run_url_id=url_id, cleared_at=None, cap__in=held
    )
    return sorted(map(_violation, found), key=lambda each: -(each.beyond or 0))


def lifted(workflow: str, *, most: int = 20) -> list[Cap]:
    """Give the caps that a workflow had, the last one first."""
    stored = spellings("workflow", workflow)
    found = Cap.objects.filter(workflow__in=stored, lifted_at__isnull=False)
    return list(found.order_by("-lifted_at", "-pk")[:most])


def _violations(held: Sequence[InForce], window: Window) -> QuerySet[CapViolation]:
    """Find what is beyond the caps and was not cleared."""
    bounds = _bounds(window)
    return CapViolation.objects.select_related("cap").filter(
        cap__in=[each.cap.pk for each in held],
        cleared_at=None,
        started_at__gte=bounds["since"],
        started_at__lt=bounds["until"],
    )


def _bounds(window: Window) -> dict[str, datetime]:
    zone = Organization.current().zone
    return {"since": day_start(window.since, zone), "until": day_start(window.until, zone)}


def _violation(row: CapViolation) -> Violation:
    return Violation(
        workflow=row.cap.workflow,
        kind=KINDS[row.cap.kind],
        limit=row.limit,
        run=row.run,
        url_id=row.run_url_id.hex,
        started=row.started_at,
        value=row.value,
        beyond=row.beyond,
        step=row.step,
        call=row.call,
        found=row.found_at,
    )
