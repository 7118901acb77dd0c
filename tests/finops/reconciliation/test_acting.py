"""Who looks into a difference, who accepts it, and what happens when two do at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal as D
from threading import Barrier, Thread

import pytest
from django.db import connection

from finops.models import ReconciliationEvent
from finops.months.closed import MonthClosed
from finops.reconciliation import acting
from finops.reconciliation.acting import ActRefused
from finops.reconciliation.reading import matrix, month_cells, whole
from finops.reconciliation.residual import unreconciled
from finops.reconciliation.states import Tolerance
from finops.reconciliation.tolerances import set_tolerance, tolerance_of, unset_tolerance
from tests.finops.reconciliation.bills_and_calls import NOW, OCTOBER, close, compared

SEEN = "a" * 64


def accept(by: str = "Maya", seen: str = SEEN) -> ReconciliationEvent:
    return acting.accept("openai", OCTOBER, seen=seen, reason="Known.", by=by, now=NOW)


def investigate(by: str = "Tom") -> ReconciliationEvent:
    return acting.investigate("openai", OCTOBER, reason="Which key?", by=by, now=NOW)


def give_back(by: str = "Maya") -> ReconciliationEvent:
    return acting.give_back("openai", OCTOBER, reason="Not so.", by=by, now=NOW)


@pytest.mark.django_db
def test_a_difference_is_looked_into_accepted_and_given_back_on_record() -> None:
    row = compared(status="explained")
    investigate()
    row.refresh_from_db()
    assert row.status == "investigating"
    accept()
    row.refresh_from_db()
    assert row.status == "accepted"
    give_back()
    row.refresh_from_db()
    assert row.status == row.computed_status
    told = [
        (each.kind, each.by, each.amount, each.reason) for each in ReconciliationEvent.objects.all()
    ]
    assert told == [
        ("investigate", "Tom", D(100), "Which key?"),
        ("accept", "Maya", D(100), "Known."),
        ("reopen", "Maya", D(100), "Not so."),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("act", [accept, investigate])
@pytest.mark.parametrize("status", ["not_due", "provisional", "matched"])
def test_there_has_to_be_a_difference(act: Callable[[], ReconciliationEvent], status: str) -> None:
    compared(status=status)
    with pytest.raises(ActRefused):
        act()
    assert not ReconciliationEvent.objects.exists()


@pytest.mark.django_db
def test_what_was_said_already_is_refused_with_who_said_it() -> None:
    compared()
    investigate("Tom")
    with pytest.raises(ActRefused, match="Tom looks into this on 2026-11-20 at 09:00 UTC"):
        investigate("Ana")
    accept("Maya")
    with pytest.raises(ActRefused, match="Maya accepted this on"):
        accept("Ana")
    with pytest.raises(ActRefused, match="Give it back first"):
        investigate("Ana")
    give_back()
    with pytest.raises(ActRefused, match="Nobody has"):
        give_back()


@pytest.mark.django_db
def test_figures_that_nobody_looked_at_are_not_accepted() -> None:
    compared()
    with pytest.raises(ActRefused, match="changed since"):
        accept(seen="b" * 64)
    with pytest.raises(ActRefused, match="Nothing is known"):
        acting.accept("nobody", OCTOBER, seen=SEEN, reason="", by="Maya", now=NOW)


@pytest.mark.usefixtures("ledger")
def test_of_two_people_who_accept_at_once_one_does() -> None:
    compared()
    begin, heard = Barrier(2), []

    def try_it(name: str) -> None:
        try:
            begin.wait()
            accept(name)
            heard.append("accepted")
        except ActRefused as refused:
            heard.append(str(refused).split(" on ")[0].split(" ", 1)[1])
        finally:
            connection.close()

    people = [Thread(target=try_it, args=(name,)) for name in ("Maya", "Tom")]
    for each in people:
        each.start()
    for each in people:
        each.join()
    assert sorted(heard) == ["accepted", "accepted this"]
    assert ReconciliationEvent.objects.filter(kind="accept").count() == 1


@pytest.mark.django_db
def test_a_closed_month_keeps_its_accepted_difference() -> None:
    row = compared()
    accept()
    close()
    assert acting.lock(OCTOBER, reason="Closed.", by="Maya", now=NOW) == 1
    for act in (accept, investigate, give_back):
        with pytest.raises(MonthClosed):
            act()
    assert [cell.status for cell in month_cells(OCTOBER)] == ["locked"]
    set_tolerance("", Tolerance(matched_amount=D(1000)), now=NOW)  # judges open months alone
    row.refresh_from_db()
    assert row.status == "locked"
    seen = whole("openai", OCTOBER)
    assert seen is not None
    assert [event.kind for event in seen.events] == ["accept", "lock"]


@pytest.mark.django_db
def test_an_opened_month_stands_as_it_stood() -> None:
    row = compared()
    accept()
    acting.lock(OCTOBER, reason="Closed.", by="Maya", now=NOW)
    acting.unlock(OCTOBER, reason="A late bill.", by="Maya", now=NOW + timedelta(days=1))
    row.refresh_from_db()
    assert row.status == "accepted"


@pytest.mark.django_db
def test_tolerances_hold_for_one_provider_or_all_others_and_judge_at_once() -> None:
    row = compared(difference="40", unexplained="40")
    set_tolerance("", Tolerance(matched_amount=D(50)), now=NOW)
    row.refresh_from_db()
    assert row.status == "matched"
    set_tolerance("openai", Tolerance(matched_amount=D(30)), now=NOW)
    row.refresh_from_db()
    assert row.status == "investigating"
    assert tolerance_of("anthropic").matched_amount == 50
    unset_tolerance("openai", now=NOW)
    row.refresh_from_db()
    assert row.status == "matched"


@pytest.mark.django_db
def test_the_residual_is_the_providers_and_nobodys_share() -> None:
    """Billing reference 4.3: 10,000.00 billed, 9,640.00 metered: 360.00 is a line of its own."""
    compared(metered="9640", billed="10000")
    compared(provider="silent", billed=None)
    assert unreconciled(OCTOBER) == {"openai": D("360")}


@pytest.mark.django_db
def test_months_stand_beside_each_other_with_what_the_calls_cover() -> None:
    compared(metered="9640", billed="10000")
    compared(provider="anthropic", metered="10", billed=None, status="provisional")
    compared(month=OCTOBER.replace(year=2025))
    seen = matrix(now=NOW)
    assert [f"{month:%m}" for month in seen.months] == ["11", "10", "09", "08", "07", "06"]
    assert {
        name: [cell and cell.status for cell in row][:2] for name, row in seen.rows.items()
    } == {
        "anthropic": [None, "provisional"],
        "openai": [None, "investigating"],
    }
    assert seen.coverage()[1] == (D("9640"), D("10000"))
    assert seen.earlier == OCTOBER.replace(year=2025)
