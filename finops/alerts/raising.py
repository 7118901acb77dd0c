"""Turns what was crossed into alerts and messages, once each.

A crossing or a violation is *untold* until the transaction that queues its messages has marked it
told. So a worker that dies in between has told nothing and lost nothing. Raising locks the budget
or the cap: of two workers one passes by, and both see all crossings of a period together.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from finops.alerts import words
from finops.alerts.escalation import escalate, leaders_hear_at
from finops.alerts.facts import stored
from finops.alerts.gathering import budget_facts, cap_facts
from finops.alerts.outbox import queue_alert
from finops.alerts.recipients import Hearer, hearers_of, hearers_of_cap, name_of
from finops.models import Alert, Budget, Cap, CapViolation, Crossing, Organization

logger = logging.getLogger(__name__)

#: How grave each kind of crossing is.
SEVERITY: Final = {
    Crossing.RED: Alert.RED,
    Crossing.WORKFLOW_SHARE: Alert.RED,
    Crossing.YELLOW: Alert.YELLOW,
    Crossing.HEADING: Alert.HEADING,
}


def raise_due(now: datetime) -> int:
    """Raise an alert for everything that nobody was told about; give how many were raised."""
    budgets = Crossing.objects.filter(alerted_at=None).order_by("budget").values_list("budget")
    caps = _untold_violations().order_by("cap").values_list("cap")
    return sum(
        _guarded(raise_one, pk, now)
        for raise_one, found in ((_raise_budget, budgets), (_raise_cap, caps))
        for (pk,) in found.distinct()
    )


def _guarded(raise_one: Callable[[int, datetime], int], pk: int, now: datetime) -> int:
    """Raise what one budget or cap has; what is wrong with it must not silence the others."""
    try:
        with transaction.atomic():
            return raise_one(pk, now)
    except Exception:
        logger.exception("no alert could be raised for %s %s", raise_one.__name__, pk)
        return 0


def _raise_budget(pk: int, now: datetime) -> int:
    budgets = Budget.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    budget = budgets.select_related("owner", "escalate_to").filter(pk=pk).first()
    if budget is None:
        return 0  # another worker is at it
    untold = list(
        Crossing.objects.select_for_update()
        .filter(budget=budget, alerted_at=None)
        .order_by("period_start", "at", "pk")
    )
    raised = 0
    for _, crossings in groupby(untold, key=lambda crossing: crossing.period_start):
        raised += _raise_period(budget, list(crossings), now)
    Crossing.objects.filter(pk__in=[crossing.pk for crossing in untold]).update(alerted_at=now)
    return raised


def _raise_period(budget: Budget, crossings: list[Crossing], now: datetime) -> int:
    wanted = [crossing for crossing in crossings if _is_wanted(budget, crossing)]
    told, folded = _fold(wanted)
    hearers = hearers_of(budget) if told else []
    return sum(_raise_crossing(budget, crossing, folded, hearers, now=now) for crossing in told)


def _is_wanted(budget: Budget, crossing: Crossing) -> bool:
    """Say whether anybody wants to hear of it: the budget is in use, and its owner said so."""
    wanted = {
        Alert.RED: budget.tell_at_red,
        Alert.YELLOW: budget.tell_at_yellow,
        Alert.HEADING: budget.tell_when_heading,
    }
    return budget.is_used_on(crossing.period_start) and wanted[SEVERITY[crossing.kind]]


def _fold(crossings: list[Crossing]) -> tuple[list[Crossing], list[Crossing]]:
    """Part what gets a message from what the message of a crossed red line says as well."""
    if not any(crossing.kind == Crossing.RED for crossing in crossings):
        return crossings, []
    milder = {Crossing.YELLOW, Crossing.HEADING}
    told = [crossing for crossing in crossings if crossing.kind not in milder]
    return told, [crossing for crossing in crossings if crossing.kind in milder]


def _raise_crossing(
    budget: Budget,
    crossing: Crossing,
    folded: list[Crossing],
    hearers: list[Hearer],
    *,
    now: datetime,
) -> int:
    is_red = crossing.kind == Crossing.RED
    facts = budget_facts(
        budget,
        crossing,
        folded=folded if is_red else [],
        owner=str(budget.owner) if budget.owner and budget.owner.is_active else "",
        now=now,
    )
    severity = SEVERITY[crossing.kind]
    alert, is_new = Alert.objects.get_or_create(
        key=_key(crossing),
        defaults={
            "severity": severity,
            "budget": budget,
            "title": words.subject(facts),
            "facts": stored(facts),
            "raised_at": now,
            "escalate_at": leaders_hear_at(now) if severity == Alert.RED else None,
            "is_sample": budget.is_sample,
        },
    )
    if is_new:
        queue_alert(alert, hearers, now=now)
        escalate(alert, now=now)
    return int(is_new)


def _key(crossing: Crossing) -> str:
    """Name a crossing by what it is, so that it stays the same however often it is written."""
    workflow = sha256(crossing.workflow.encode()).hexdigest()[:16] if crossing.workflow else ""
    line = "" if crossing.line is None else f"{crossing.line.normalize():f}"
    parts = (crossing.budget_id, crossing.period_start.isoformat(), crossing.kind, line, workflow)
    return ":".join(["budget", *map(str, parts)])


def _untold_violations() -> QuerySet[CapViolation]:
    return CapViolation.objects.filter(alerted_at=None, cleared_at=None)


def _raise_cap(pk: int, now: datetime) -> int:
    cap = Cap.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=pk).first()
    if cap is None:
        return 0
    violations = list(_untold_violations().filter(cap=cap).order_by("pk"))
    raised = _raise_day(cap, violations, now) if cap.lifted_at is None else 0
    CapViolation.objects.filter(pk__in=[one.pk for one in violations]).update(alerted_at=now)
    return raised


def _raise_day(cap: Cap, violations: list[CapViolation], now: datetime) -> int:
    """Raise one alert a day for a cap; runs that are found later that day add no message."""
    day = now.astimezone(Organization.current().zone).date()
    key = f"cap:{cap.pk}:{day.isoformat()}"
    if not violations or Alert.objects.filter(key=key).exists():
        return 0
    hearers = hearers_of_cap(cap)
    facts = cap_facts(cap, violations, owner=_owner(hearers), now=now)
    alert = Alert.objects.create(
        key=key,
        severity=Alert.RED,
        cap=cap,
        title=words.subject(facts),
        facts=stored(facts),
        raised_at=now,
        is_sample=cap.is_sample,
    )
    queue_alert(alert, hearers, now=now)
    return 1


def _owner(hearers: Iterable[Hearer]) -> str:
    owners = [hearer.address for hearer in hearers if hearer.why == "workflow_owner"]
    return name_of(owners[0]) if owners else ""
