"""Budgets set by programs: the names of CONTRACT 5, as a command or the API gives them.

What is not given stays as it is. Amounts may be written as people do (``12,000``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from finops.budgets import editing
from finops.budgets.amounts import AmountRefused, read_amount
from finops.budgets.checks import Line, period_of
from finops.budgets.editing import Saved
from finops.budgets.lines import schedule_of
from finops.budgets.refusals import BudgetRefused
from finops.budgets.scope import check_scope
from finops.domain.periods import parse_day
from finops.models import Budget, Organization, Person

Given = Mapping[str, object]

#: How people and programs say that the rule of shares does not hold.
OFF: Final = "off"
#: What never changes: another one is another budget.
_FIXED: Final = ("scope", "period", "basis")
_AMOUNTS: Final = ("planned", "yellow", "red")
#: Any of these makes a revision of the lines.
_OF_LINES: Final = (*_AMOUNTS, "workflow_share", "effective_from")


def find_budget(name: str) -> Budget | None:
    """Find a budget by its name, whatever its case: the one in use, else the last stopped one."""
    named = Budget.objects.filter(name__iexact=" ".join(name.split()))
    return named.filter(stopped_from=None).first() or named.order_by("-stopped_from", "-pk").first()


def make(given: Given, *, now: datetime, by: str, owner: Person | None = None) -> Saved:
    """Make a budget; ``owner`` owns it unless another one is given. Raises BudgetRefused."""
    said = _read(given)
    line = Line(**{name: said.pop(name, None) for name in _AMOUNTS})
    return editing.create(
        name=said.pop("name", ""),
        scope=said.pop("scope", {}),
        owner=said.pop("owner", owner),
        lines=[line] if line != Line() else [],
        now=now,
        by=by,
        **said,
    )


def alter(
    budget: Budget, given: Given, *, now: datetime, by: str, seen: int | None = None
) -> Saved:
    """Change what is given of a budget, all of it or nothing.

    One amount alone leaves the others as they are from its first period on. Raises BudgetRefused,
    and ChangedMeanwhile when ``seen`` is not its version any more.
    """
    said = _read(given)
    _check_fixed(budget, said)
    saved = Saved(budget)
    with editing.together(now):
        plain = {name: value for name, value in said.items() if name in editing.CHANGEABLE}
        if plain:
            saved = editing.change(budget, now=now, by=by, seen=seen, **plain)
            seen = None  # the version that was seen has been checked
        if any(name in said for name in _OF_LINES):
            saved = _draw(budget, said, now=now, by=by, seen=seen)
    budget.refresh_from_db()
    return saved


def _draw(
    budget: Budget, said: Mapping[str, Any], *, now: datetime, by: str, seen: int | None
) -> Saved:
    day: date = said.get("effective_from") or editing.today(now)
    held = schedule_of(budget).lines(period_of(budget.period, day).start)
    line = Line(**{name: said.get(name, getattr(held, name)) for name in _AMOUNTS})
    return editing.revise(
        budget,
        lines=[line] if line != Line() else [],
        effective_from=day,
        workflow_share=said.get("workflow_share", editing.USUAL),
        reason=said.get("reason", ""),
        now=now,
        by=by,
        seen=seen,
    )


def _check_fixed(budget: Budget, said: Mapping[str, Any]) -> None:
    for name in _FIXED:
        if name in said and said[name] != getattr(budget, name):
            raise BudgetRefused(name, f"The {name} never changes. Make another budget for it.")


# --- reading ------------------------------------------------------------------------------------


def _read(given: Given) -> dict[str, Any]:
    """Read every field that is given. Raises BudgetRefused for one that cannot be read."""
    unknown = [name for name in given if name not in _READERS]
    if unknown:
        raise BudgetRefused(unknown[0][:40], "There is no such field.")
    return {name: _READERS[name](name, value) for name, value in given.items()}


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise BudgetRefused(name, "Enter a text.")
    return value


def _amount(name: str, value: object) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise BudgetRefused(name, "Enter an amount, such as 12000 or “12000.50”.")
    try:
        return read_amount(str(value), Organization.current().currency)
    except AmountRefused as error:
        raise BudgetRefused(name, str(error)) from error


def _share(name: str, value: object) -> Decimal | None:
    if value is None or value == OFF:
        return None
    try:
        return Decimal(str(value).strip().removesuffix("%"))
    except InvalidOperation:
        raise BudgetRefused(name, f"Enter a percentage, such as 20, or {OFF}.") from None


def _day(name: str, value: object) -> date | None:
    if value is None:
        return None
    try:
        return parse_day(_text(name, value))
    except ValueError as error:
        raise BudgetRefused(name, f"{str(error)[:1].upper()}{str(error)[1:]}.") from error


def _person(name: str, value: object) -> Person | None:
    if value is None or value == "":
        return None
    address = _text(name, value).strip().lower()
    found = Person.objects.filter(email=address[:254]).first()
    if found is None:
        raise BudgetRefused(name, "Nobody here has this e-mail address.")
    return found


def _addresses(name: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise BudgetRefused(name, "Give a list of e-mail addresses.")
    return value


_READERS: Final[Mapping[str, Callable[[str, object], Any]]] = {
    "name": _text,
    "scope": lambda _, value: check_scope(value),
    "basis": _text,
    "period": _text,
    "planned": _amount,
    "yellow": _amount,
    "red": _amount,
    "workflow_share": _share,
    "effective_from": _day,
    "owner": _person,
    "recipients": _addresses,
    "reason": _text,
}
