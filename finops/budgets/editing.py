"""Changing budgets: every change is on record, holds from a day, and shows at once.

Each function takes ``seen``, the version that whoever asks was shown, and refuses to write over a
later one (None: they saw nothing). ``by`` is the name that goes on record. What can be is checked
in ``checks``; what was accepted or expected by hand is changed in ``judgements``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from finops.budgets import checks
from finops.budgets.checks import Line
from finops.budgets.closed import refuse_closed_since
from finops.budgets.lines import schedule_of
from finops.budgets.refusals import BudgetRefused
from finops.budgets.saving import (
    Saved,
    changing,
    last_change,
    name_is_free,
    note_touched,
    today,
    together,
)
from finops.budgets.scope import check_scope
from finops.models import Budget, BudgetLine, BudgetRevision, Person

__all__ = [
    "CHANGEABLE",
    "UNDO_FOR",
    "USUAL",
    "USUAL_SHARE",
    "Saved",
    "change",
    "create",
    "last_change",
    "revise",
    "stop",
    "today",
    "together",
    "undo",
    "undoable",
    "use_again",
]

#: How long after it was saved the last change can be taken back.
UNDO_FOR: Final = timedelta(minutes=10)
#: The limit of one workflow's share of a budget over everything, in percent.
USUAL_SHARE: Final = Decimal(20)


class _Usual(Enum):
    USUAL = "usual"


#: In place of a share: the one that holds; for a new budget the usual one of its scope.
USUAL: Final = _Usual.USUAL


# --- lines --------------------------------------------------------------------------------------


def create(
    *,
    name: str,
    scope: object,
    lines: Sequence[Line] = (),
    now: datetime,
    by: str,
    basis: str = "metered",
    period: str = "month",
    effective_from: date | None = None,
    workflow_share: Decimal | _Usual | None = USUAL,
    owner: Person | None = None,
    recipients: Iterable[str] = (),
    escalate_to: Person | None = None,
    tell_at_yellow: bool = True,
    tell_at_red: bool = True,
    tell_when_heading: bool = True,
    reason: str = "",
    is_sample: bool = False,
) -> Saved:
    """Make a budget; its lines hold from the running period's start, or that of another day's.

    Raises BudgetRefused, naming the field, for what cannot be.
    """
    checks.check_kinds(basis, period)
    covered = check_scope(scope)
    if workflow_share is USUAL:
        workflow_share = None if covered else USUAL_SHARE
    with together(now), name_is_free(name):
        budget = Budget.objects.create(
            name=checks.check_name(name),
            scope=covered,
            basis=basis,
            period=period,
            owner=checks.check_person("owner", owner),
            recipients=checks.check_recipients(recipients),
            escalate_to=checks.check_person("escalate_to", escalate_to),
            tell_at_yellow=tell_at_yellow,
            tell_at_red=tell_at_red,
            tell_when_heading=tell_when_heading,
            is_sample=is_sample,
            created_at=now,
            created_by=by[:200],
        )
        note_touched(budget)
        return _revised(
            budget,
            lines,
            effective_from=effective_from or today(now),
            workflow_share=workflow_share,
            reason=checks.check_reason(reason, required=False),
            now=now,
            by=by,
        )


def revise(
    budget: Budget,
    *,
    lines: Sequence[Line],
    now: datetime,
    by: str,
    seen: int | None = None,
    effective_from: date | None = None,
    workflow_share: Decimal | _Usual | None = USUAL,
    reason: str = "",
    reason_required: bool = False,
) -> Saved:
    """Draw other lines, from the running period's start or that of another day's.

    One line holds until the next change; several hold from their own days on. No lines at all
    leave spend without lines. Raises BudgetRefused, and ChangedMeanwhile.
    """
    with changing(budget, seen, now) as held:
        start = checks.period_of(held.period, effective_from or today(now)).start
        if workflow_share is USUAL:
            workflow_share = schedule_of(held).lines(start).workflow_share
        return _revised(
            held,
            lines,
            effective_from=start,
            workflow_share=workflow_share,
            reason=checks.check_reason(reason, required=reason_required),
            now=now,
            by=by,
        )


def undoable(budget: Budget, now: datetime) -> BudgetRevision | None:
    """Give the last revision while it can still be taken back."""
    last = budget.revisions.filter(undone_at=None).order_by("set_at", "pk").last()
    return last if last is not None and now - last.set_at <= UNDO_FOR else None


def undo(budget: Budget, *, now: datetime, by: str, seen: int | None = None) -> Saved:
    """Take the last revision back, as if it had never held; the record keeps it.

    Without an earlier one the budget itself goes out of use. Raises BudgetRefused when it is too
    late, and ChangedMeanwhile.
    """
    with changing(budget, seen, now) as held:
        last = undoable(held, now)
        if last is None:
            minutes = UNDO_FOR // timedelta(minutes=1)
            raise BudgetRefused("", f"A change can be undone for {minutes} minutes. Save another.")
        refuse_closed_since(held.period, last.effective_from)
        last.undone_at, last.undone_by = now, by[:200]
        last.save(update_fields=["undone_at", "undone_by"])
        if not held.revisions.filter(undone_at=None).exists():
            held.stopped_from = last.effective_from
            held.save(update_fields=["stopped_from"])
        return Saved(held, last)


def _revised(
    budget: Budget,
    lines: Sequence[Line],
    *,
    effective_from: date,
    workflow_share: Decimal | None,
    reason: str,
    now: datetime,
    by: str,
) -> Saved:
    start = checks.period_of(budget.period, effective_from).start
    refuse_closed_since(budget.period, start)
    dated = checks.check_lines(_snapped(budget, lines), start)
    revision = BudgetRevision.objects.create(
        budget=budget,
        effective_from=start,
        workflow_share=checks.check_share(workflow_share),
        reason=reason,
        set_at=now,
        set_by=by[:200],
    )
    for line in dated:
        BudgetLine.objects.create(
            revision=revision,
            starts=line.starts or start,
            planned=line.planned,
            yellow=line.yellow,
            red=line.red,
        )
    return Saved(budget, revision, checks.warnings_of(dated))


def _snapped(budget: Budget, lines: Sequence[Line]) -> list[Line]:
    """Let every dated line begin with a period."""
    return [
        Line(
            yellow=line.yellow,
            red=line.red,
            planned=line.planned,
            starts=line.starts and checks.period_of(budget.period, line.starts).start,
        )
        for line in lines
    ]


# --- everything else ----------------------------------------------------------------------------

#: What ``change`` may change, and how each is checked.
CHANGEABLE: Final = {
    "name",
    "owner",
    "recipients",
    "escalate_to",
    "tell_at_yellow",
    "tell_at_red",
    "tell_when_heading",
}


def change(
    budget: Budget, *, now: datetime, by: str, seen: int | None = None, **changes: Any
) -> Saved:
    """Change who owns it, who hears of it and when, or its name; the keywords are its fields.

    Raises BudgetRefused, and ChangedMeanwhile. TypeError for a field that never changes.
    """
    if unknown := set(changes) - CHANGEABLE:
        raise TypeError(f"a budget's {', '.join(sorted(unknown))} cannot be changed")
    with changing(budget, seen, now) as held, name_is_free(str(changes.get("name", ""))):
        if "name" in changes:
            changes["name"] = checks.check_name(changes["name"], besides=held.pk)
        if "recipients" in changes:
            changes["recipients"] = checks.check_recipients(changes["recipients"])
        for field in {"owner", "escalate_to"} & set(changes):
            changes[field] = checks.check_person(field, changes[field])
        for field, value in changes.items():
            setattr(held, field, value)
        held.save(update_fields=list(changes))
        return Saved(held)


def stop(
    budget: Budget, *, from_day: date, now: datetime, by: str, seen: int | None = None
) -> Saved:
    """Hold it against nothing from the period that contains a day on; its history stays.

    Raises BudgetRefused for a day out of reach, and ChangedMeanwhile.
    """
    with changing(budget, seen, now) as held:
        start = checks.period_of(held.period, from_day).start
        refuse_closed_since(held.period, start)
        held.stopped_from = start
        held.save(update_fields=["stopped_from"])
        return Saved(held)


def use_again(budget: Budget, *, now: datetime, by: str, seen: int | None = None) -> Saved:
    """Take a stopped budget into use again, with the lines that it had.

    Raises BudgetRefused when another one has taken its name, and ChangedMeanwhile.
    """
    with changing(budget, seen, now) as held, name_is_free(held.name):
        checks.check_name(held.name, besides=held.pk)
        held.stopped_from = None
        held.save(update_fields=["stopped_from"])
        return Saved(held)
