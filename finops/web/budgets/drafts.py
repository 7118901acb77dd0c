"""A budget that is being typed: what its lines would have said, and what to ask about it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple

from django.http import QueryDict

from finops.budgets.amounts import AmountRefused, read_amount, write_amount
from finops.budgets.checks import warnings_of
from finops.budgets.lines import Lines
from finops.budgets.pasting import read_paste
from finops.budgets.preview import (
    LOOKS_BACK,
    History,
    doubt,
    last_period,
    read_history,
    start_from,
    verdict,
)
from finops.domain import display
from finops.models import Organization
from finops.web.budgets import grid
from finops.web.budgets.drawing import Bars, draw
from finops.web.budgets.fields import LineField
from finops.web.budgets.forms import AMOUNTS, BudgetForm


class Draft(NamedTuple):
    """What stands beside the form; ``history`` is None while nobody knows what is covered.

    ``echoes`` maps the amounts to how they were understood, or why they were not.
    """

    history: History | None = None
    bars: Bars | None = None
    last: str = ""
    sentence: str = ""
    doubts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    echoes: tuple[tuple[str, str, bool], ...] = ()

    @property
    def mark(self) -> str:
        """Give a mark of the doubts: whoever was asked about these is not asked again."""
        return marked(*self.doubts)


def marked(*said: str) -> str:
    """Give a mark of some sentences: equal for equal ones."""
    return sha256("\n".join(said).encode()).hexdigest()[:16] if said else ""


def draft_of(form: BudgetForm, now: datetime) -> Draft:
    """Look at a form as far as it is filled in; it need not be valid."""
    form.is_valid()
    echoes = tuple(_echoes(form))
    if form.scope is None:
        return Draft(echoes=echoes)
    organization, typed = form.organization, form.typed()
    currency = organization.currency
    history = read_history(
        form.scope, form.kind, now=now, organization=organization, basis=form.counted
    )
    return Draft(
        history=history,
        bars=draw(history.all, [typed] * len(history.all), currency),
        last=_last(history, form.kind, currency),
        sentence=verdict(history, typed, currency),
        doubts=_doubts(form, history),
        warnings=warnings_of(form.lines),
        echoes=echoes,
    )


def new_form(data: QueryDict | None, now: datetime, **options: Any) -> BudgetForm:
    """Make the form of a new budget, or of one that is edited (``budget``)."""
    organization = Organization.current()
    today = now.astimezone(organization.zone).date()
    return BudgetForm(data, organization=organization, today=today, **options)


def retyped(
    form: BudgetForm, data: Mapping[str, Any], now: datetime, changes: Mapping[str, Any]
) -> BudgetForm:
    """Give the same form not yet judged: amounts as they were understood, with some changes.

    Amounts of single months keep their places when the first month is another one.
    """
    form.is_valid()
    typed = {name: form[name].data for name in form.fields}
    typed |= _moved(form, data) | dict(changes)
    typed |= _understood(form, typed)
    typed["grid_from"] = form.months[0].start if form.months else None
    return new_form(None, now, budget=form.budget, initial=typed)


def started(form: BudgetForm, now: datetime) -> dict[str, Any]:
    """Draw the lines from the period before the running one; nothing where nothing was spent."""
    form.is_valid()
    if form.scope is None:
        return {}
    history = read_history(
        form.scope,
        form.kind,
        now=now,
        organization=form.organization,
        periods=1,
        basis=form.counted,
    )
    lines = start_from(history.last)
    return {"yellow": lines.yellow, "red": lines.red} if lines else {}


def copied(form: BudgetForm) -> dict[str, Any]:
    """Fill empty months with the amounts of the month before."""
    form.is_valid()
    return {
        name: amounts[row]
        for period, amounts in grid.carried(form.months, form.cleaned_data)
        for row, name in zip(grid.ROWS, grid.names(period), strict=True)
        if name not in form.errors
    }


def pasted(form: BudgetForm, text: str) -> dict[str, Any]:
    """Put a stretch of a spreadsheet into the months. Raises BudgetRefused."""
    found = read_paste(text, form.months)
    cells = {
        name: found[row, period.start]
        for period in form.months
        for row, name in zip(grid.ROWS, grid.names(period), strict=True)
        if (row, period.start) in found
    }
    return cells | {"by_month": True}


def _understood(form: BudgetForm, typed: Mapping[str, Any]) -> dict[str, Decimal]:
    """Read the amounts that can be read, so that they come back as they were understood."""
    found = {}
    for name, field in form.fields.items():
        if isinstance(field, LineField) and isinstance(typed.get(name), str):
            with suppress(AmountRefused):
                found[name] = read_amount(typed[name], form.organization.currency)
    return found


def _moved(form: BudgetForm, data: Mapping[str, Any]) -> dict[str, Any]:
    before = form.cleaned_data.get("grid_from")
    if not before or not form.months or before == form.months[0].start:
        return {}
    old = grid.periods_from(form.period_of(before), form.organization.fiscal_year_start_month)
    return {
        name: data.get(was, "")
        for period, other in zip(form.months, old, strict=False)
        for name, was in zip(grid.names(period), grid.names(other), strict=True)
    }


def _echoes(form: BudgetForm) -> list[tuple[str, str, bool]]:
    found = []
    for name in AMOUNTS:
        typed = form.cleaned_data.get(name)
        if typed is not None:
            found.append((name, write_amount(typed, form.organization.currency), True))
        elif form[name].data and form.errors.get(name):
            found.append((name, str(form.errors[name][0]), False))
        else:
            found.append((name, "", True))
    return found


def _last(history: History, kind: Any, currency: str) -> str:
    if not history.past:
        return f"Nothing was spent on it before this {kind}."
    return f"{last_period(kind).capitalize()}: {display.money(history.last, currency)}"


def _doubts(form: BudgetForm, history: History) -> tuple[str, ...]:
    """Ask about what may be a slip of the hand, once."""
    currency = form.organization.currency
    found = []
    if form.scope and not any(each.actual for each in history.all):
        found.append(
            f"Nothing was spent on it in the last {LOOKS_BACK} {form.kind}s. Is the name right?"
        )
    if form.lines:
        highest = max(form.lines, key=lambda line: line.red or 0)
        lines = Lines(highest.planned, highest.yellow, highest.red)
        found.append(doubt(lines, history.last, form.kind, currency))
    return tuple(filter(None, found))
