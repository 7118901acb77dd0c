"""How a change of budgets is saved: by one at a time, all or nothing, and seen at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction

from finops.access.change_log import NOBODY, history
from finops.budgets.evaluate import evaluate
from finops.budgets.refusals import BudgetRefused, ChangedMeanwhile
from finops.domain import display
from finops.models import Budget, BudgetRevision, Organization


class Saved(NamedTuple):
    """A budget after a change, the revision that was saved (if any), and what is odd about it."""

    budget: Budget
    revision: BudgetRevision | None = None
    warnings: tuple[str, ...] = ()


_touched: ContextVar[dict[int, Budget] | None] = ContextVar("touched", default=None)


@contextmanager
def together(now: datetime, *, before: datetime | None = None) -> Iterator[None]:
    """Save several changes or none of them, and see once, at the end, how the budgets stand.

    ``before`` is as for ``evaluate``.
    """
    if _touched.get() is not None:
        yield
        return
    budgets: dict[int, Budget] = {}
    token = _touched.set(budgets)
    try:
        with transaction.atomic():
            yield
    finally:
        _touched.reset(token)
    evaluate(budgets.values(), now, otherwise="lines", before=before)


@contextmanager
def changing(budget: Budget, seen: int | None, now: datetime) -> Iterator[Budget]:
    """Hold a budget while it is changed, and count the change; evaluated afterwards.

    The caller's own object is brought up to date. Raises ChangedMeanwhile when ``seen`` is no
    longer its version.
    """
    with together(now):
        # Evaluations refer to the row meanwhile; they need not wait for a change of its name.
        held = Budget.objects.select_for_update(no_key=True).get(pk=budget.pk)
        if seen is not None and seen != held.version:
            raise _changed_by(held)
        yield held
        held.version += 1
        held.save(update_fields=["version"])
        note_touched(held)
    budget.refresh_from_db()


def note_touched(budget: Budget) -> None:
    """Have a budget evaluated when the changes are done."""
    touched = _touched.get()
    assert touched is not None  # changes are made inside ``together``
    touched[budget.pk] = budget


def today(now: datetime) -> date:
    """Give the day of an instant in the reporting zone."""
    return now.astimezone(Organization.current().zone).date()


def last_change(budget: Budget) -> tuple[str, datetime | None]:
    """Say who changed a budget last, and when; whoever has no account signed its revision."""
    newest = next(iter(history(budget, limit=1)), None)
    revision = budget.revisions.order_by("set_at", "pk").last()
    if newest is None:
        return (revision.set_by, revision.set_at) if revision else ("", None)
    if newest.who == NOBODY and revision is not None and revision.set_by:
        return revision.set_by, newest.at
    return newest.who, newest.at


def _changed_by(budget: Budget) -> ChangedMeanwhile:
    who, at = last_change(budget)
    if at is None:
        return ChangedMeanwhile(who, at, "Somebody changed this.")
    local = at.astimezone(Organization.current().zone)
    said = f"{who or 'Somebody'} changed this at {local:%H:%M} {display.zone_label(local)}."
    return ChangedMeanwhile(who, at, said)


@contextmanager
def name_is_free(name: str) -> Iterator[None]:
    """Say in words when two people choose the same name at the same moment: BudgetRefused."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "budget_name_in_use_once" not in str(error):
            raise
        message = f"There is a budget called {name.strip()} already. Choose another."
        raise BudgetRefused("name", message) from error
