"""What a budget may be: name, lines, dates, who hears of it. Refusals say how to fix it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from finops.budgets.refusals import BudgetRefused
from finops.domain import display
from finops.domain.budget_periods import PERIOD_KINDS, BudgetPeriod, period_around
from finops.domain.periods import FIRST_YEAR, LAST_YEAR
from finops.models import Budget, Organization, Person
from finops.models.budgets import BUDGET_BASES

#: No amount may be larger: somebody typed too many zeros.
MOST: Final = Decimal("99999999999.99")
#: How many letters a reason has at least, and at most.
SHORTEST_REASON: Final = 10
LONGEST_REASON: Final = 2_000
#: How many dated lines one revision may have: five years of months.
_MOST_LINES: Final = 60
_MOST_RECIPIENTS: Final = 20
_CENT: Final = Decimal("0.01")
#: What each amount is called at the beginning of a sentence.
_AMOUNTS: Final = {"yellow": "Yellow", "red": "Red", "planned": "The planned amount"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """The amounts of a budget from a day on, in dollars and whole cents.

    Yellow and red are given together, or neither. ``starts`` of None is the day from which the
    whole revision holds.
    """

    yellow: Decimal | None = None
    red: Decimal | None = None
    planned: Decimal | None = None
    starts: date | None = None


def check_lines(lines: Sequence[Line], start: date) -> list[Line]:
    """Give lines in order of their days, the first from ``start``, the revision's own day.

    Raises BudgetRefused for amounts out of order or not in whole cents, or two lines for one day.
    """
    if len(lines) > _MOST_LINES:
        raise BudgetRefused("lines", f"A change has at most {_MOST_LINES} lines.")
    dated = sorted(
        (replace(check_line(line), starts=line.starts or start) for line in lines),
        key=lambda line: line.starts or start,
    )
    days = [line.starts for line in dated]
    if len(set(days)) < len(days):
        raise BudgetRefused("lines", "Two lines begin on the same day. Keep one of them.")
    if days and days[0] != start:
        written = display.day(start)
        raise BudgetRefused("lines", f"The first line begins with the change, on {written}.")
    return dated


def check_line(line: Line) -> Line:
    """Give a line in whole cents. Raises BudgetRefused, naming the amount that cannot be."""
    yellow, red, planned = (
        _cents(name, getattr(line, name)) for name in ("yellow", "red", "planned")
    )
    if (yellow is None) != (red is None):
        missing = "red" if red is None else "yellow"
        raise BudgetRefused(missing, "Enter both lines, yellow and red, or neither.")
    if yellow is not None and red is not None and red < yellow:
        said = display.exact_money(yellow, Organization.current().currency)
        raise BudgetRefused("red", f"Red must not be less than yellow ({said}).")
    return Line(yellow=yellow, red=red, planned=planned, starts=line.starts)


def warnings_of(lines: Iterable[Line]) -> tuple[str, ...]:
    """Say what is allowed and still odd: a plan above the red line."""
    if any(line.planned and line.red is not None and line.planned > line.red for line in lines):
        return ("The planned amount is above the red line.",)
    return ()


def _cents(name: str, amount: Decimal | None) -> Decimal | None:
    if amount is None:
        return None
    if not amount.is_finite():
        raise BudgetRefused(name, f"{_AMOUNTS[name]} must be an amount, such as 12,000.")
    if amount < 0:
        raise BudgetRefused(name, f"{_AMOUNTS[name]} must be 0 or more.")
    if amount > MOST:
        raise BudgetRefused(name, f"{_AMOUNTS[name]} is too large. Check the zeros.")
    if amount != amount.quantize(_CENT):
        raise BudgetRefused(name, f"{_AMOUNTS[name]} must be in whole cents.")
    return amount.quantize(_CENT)


def check_share(share: Decimal | None) -> Decimal | None:
    """Give the limit of one workflow's share, in percent. Raises BudgetRefused for none."""
    if share is None:
        return None
    if not share.is_finite() or not 0 < share <= 100 or share != share.quantize(_CENT):
        message = "A workflow's share is above 0 and at most 100 percent, with two decimals."
        raise BudgetRefused("workflow_share", message)
    return share.quantize(_CENT)


def check_amount(name: str, amount: Decimal) -> Decimal:
    """Give one amount in whole cents. Raises BudgetRefused in the field's name otherwise."""
    try:
        cents = _cents("planned", amount)
    except BudgetRefused as error:
        said = str(error).replace(_AMOUNTS["planned"], "The amount")
        raise BudgetRefused(name, said) from error
    assert cents is not None  # only None gives None
    return cents


def check_name(name: str, *, besides: int | None = None) -> str:
    """Give a name that no other budget in use has. Raises BudgetRefused otherwise."""
    limit = Budget._meta.get_field("name").max_length or 0
    name = " ".join(name.split())
    if not name or len(name) > limit or "\0" in name:
        raise BudgetRefused("name", f"Enter a name of 1 to {limit} letters.")
    taken = Budget.objects.filter(name__iexact=name, stopped_from=None)
    if taken.exclude(pk=besides or 0).exists():
        raise BudgetRefused("name", f"There is a budget called {name} already. Choose another.")
    return name


def check_kinds(basis: str, period: str) -> None:
    """Raise BudgetRefused for what is no period, or no basis that lines can be held against."""
    if period not in PERIOD_KINDS:
        raise BudgetRefused("period", f"A period is one of {', '.join(PERIOD_KINDS)}.")
    if basis not in BUDGET_BASES:
        raise BudgetRefused("basis", f"A basis is one of {', '.join(BUDGET_BASES)}.")


def check_recipients(recipients: Iterable[str]) -> list[str]:
    """Give addresses, each once. Raises BudgetRefused for one that is none, or too many."""
    found = list(dict.fromkeys(each.strip().lower() for each in recipients if each.strip()))
    if len(found) > _MOST_RECIPIENTS:
        raise BudgetRefused("recipients", f"Name at most {_MOST_RECIPIENTS} recipients.")
    for address in found:
        try:
            validate_email(address)
        except ValidationError:
            raise BudgetRefused("recipients", f"{address[:80]} is no e-mail address.") from None
    return found


def check_reason(reason: str, *, required: bool) -> str:
    """Give a reason. Raises BudgetRefused when one is needed and this is too short to be one."""
    reason = reason.replace("\0", "").strip()[:LONGEST_REASON]
    if required and len(reason) < SHORTEST_REASON:
        raise BudgetRefused("reason", f"Say why, in at least {SHORTEST_REASON} letters.")
    return reason


def check_person(field: str, person: Person | None) -> Person | None:
    """Raise BudgetRefused for somebody who has left: they would hear nothing."""
    if person is not None and not person.is_active:
        raise BudgetRefused(field, f"{person} has left. Choose somebody else.")
    return person


def period_of(kind: str, day: date) -> BudgetPeriod:
    """Give the period of a kind that holds a day, in the organisation's fiscal year.

    Raises BudgetRefused for a day out of all reach.
    """
    if not FIRST_YEAR < day.year < LAST_YEAR:
        message = f"A date lies between {FIRST_YEAR + 1} and {LAST_YEAR - 1}."
        raise BudgetRefused("effective_from", message)
    month = Organization.current().fiscal_year_start_month
    return period_around(kind, day, fiscal_start=month)  # type: ignore[arg-type]  # check_kinds did
