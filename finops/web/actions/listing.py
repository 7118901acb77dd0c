"""All actions: late ones first, what each should save, and what it did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from finops.access.rights import Right
from finops.domain.tabular import as_csv
from finops.models import Action, Organization, Person
from finops.reviews.action_rows import action_rows, late_first
from finops.reviews.actions import actions
from finops.reviews.document import ActionRow
from finops.reviews.weeks import today
from finops.sql import snapshot
from finops.web.actions import words
from finops.web.actions.drawing import drawn
from finops.web.answers import csv_answer
from finops.web.requests import text
from finops.web.rights import needs

PER_PAGE: Final = 50
LATE: Final = "late"
ALL: Final = "all"
#: What can be listed, and how it is called.
STATES: Final = {
    Action.OPEN: "Open",
    LATE: "Late",
    Action.DONE: "Done",
    Action.DROPPED: "Dropped",
    ALL: "All",
}
#: How many finished actions are drawn beside what was expected of them.
_DRAWN: Final = 6


@needs(Right.SEE)
def action_list(request: HttpRequest) -> HttpResponse:
    """Show the actions that were asked for, and how all of them stand."""
    with snapshot():
        currency = Organization.current().currency
        every = _rows()
        owners = _owners()
    state, owner = _asked(request, owners)
    found = [row for row in every if _is_wanted(row, state, owner)]
    page = Paginator(found, PER_PAGE).get_page(text(request, "page", 9))
    context = {
        "story": words.story(every, currency),
        "kpis": words.kpis(every, currency),
        "rows": [_told(row, currency) for row in page.object_list],
        "found": len(found),
        "any": bool(every),
        "page": page,
        "paid": _paid(every, currency),
        "shows_savings": state in {Action.DONE, ALL},
        "states": STATES,
        "state": state,
        "state_name": STATES[state],
        "owners": owners,
        "owner": owner,
    }
    return render(request, "pages/actions/list.html", context)


@needs(Right.SEE)
def exported(request: HttpRequest) -> HttpResponse:
    """Send the actions that were asked for as CSV."""
    with snapshot():
        currency = Organization.current().currency
        state, owner = _asked(request, _owners())
        rows = [row for row in _rows() if _is_wanted(row, state, owner)]
    return csv_answer(as_csv(*_table(rows, currency)), "actions")


def _rows() -> list[ActionRow]:
    return late_first(action_rows(actions(), _today()))


def _today() -> date:
    return today(timezone.now(), Organization.current().zone)


def _owners() -> list[tuple[str, str]]:
    """Pair the numbers and names of whoever owns an action, those who left included."""
    people = Person.objects.filter(actions__isnull=False).distinct().order_by("name", "email")
    return [(str(person.pk), str(person)) for person in people]


def _asked(request: HttpRequest, owners: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Read which state and owner are wanted; open ones of everybody for what makes no sense."""
    state, owner = text(request, "state", 10), text(request, "owner", 20)
    return (
        state if state in STATES else Action.OPEN,
        owner if owner in dict(owners) else "",
    )


def _is_wanted(row: ActionRow, state: str, owner: str) -> bool:
    if owner and (row["owner"] is None or row["owner"]["id"] != owner):
        return False
    if state == LATE:
        return row["late"]
    return state in {ALL, row["state"]}


def _told(row: ActionRow, currency: str) -> dict[str, Any]:
    return {
        "row": row,
        "due": words.day_of(row["due"]),
        "done_on": words.day_of(row["done_on"]),
        "late": words.due(row),
        "expected": _amount(row["expected_saving"]),
        "saving": words.saving(row, currency),
    }


def _paid(rows: Sequence[ActionRow], currency: str) -> list[dict[str, Any]]:
    """Draw the actions that were finished last beside what was expected by now."""
    told = [row for row in rows if row["realised"] and row["realised"]["amount"] is not None]
    told.sort(key=lambda row: row["done_on"] or "", reverse=True)
    shown = [
        (row, words.expected_by_now(row), words.saving(row, currency)) for row in told[:_DRAWN]
    ]
    bars = drawn([(expected, saving.amount) for _, expected, saving in shown])
    return [
        {"row": row, "expected": expected, "saving": saving, "bars": pair}
        for (row, expected, saving), pair in zip(shown, bars, strict=True)
    ]


def _table(rows: Sequence[ActionRow], currency: str) -> tuple[list[str], list[list[object]]]:
    """Give header and rows for CSV: raw decimals, ISO dates, a currency column."""
    header = ["action", "workflow", "owner", "due", "state", "done_on", "expected_saving_a_month"]
    header += ["realised_saving", "within", "days", "note", "review", "currency"]
    return header, [[*_cells(row), currency] for row in rows]


def _cells(row: ActionRow) -> list[object]:
    saved = row["realised"]
    return [
        row["what"],
        row["workflow"],
        row["owner"]["name"] if row["owner"] else "",
        row["due"],
        row["state"],
        row["done_on"],
        _amount(row["expected_saving"]),
        _amount(saved["amount"]) if saved else None,
        _amount(saved["band"]) if saved else None,
        saved["days"] if saved else None,
        row["closing_note"],
        row["review_key"],
    ]


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
