"""The month close as a page: the checklist, closing, the figures that were kept, reopening."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.test import Client

from finops.closing.closing import close
from finops.models import MonthClose
from tests.finops.bills.charges import charge, land
from tests.finops.closing.at_hand import NOW, OCTOBER, REASON

pytestmark = pytest.mark.django_db

SignedIn = Callable[[str], Client]


@pytest.fixture
def finance(signed_in: SignedIn) -> Client:
    return signed_in("finance")


def bill(**fields: Any) -> None:
    land(charge("2026-10-31", **({"billed_cost": "1234"} | fields)))


def text(page: Any) -> str:
    """What a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page.content.decode())).split())


def seen(page: Any) -> dict[str, str]:
    """The hidden fields of the form that closes."""
    return dict(re.findall(r'name="(close-(?:month|seen))" value="([^"]*)"', page.content.decode()))


def closed(reason: str = REASON) -> MonthClose:
    return close(OCTOBER, by="Ann", reason=reason, now=NOW)


def test_before_there_is_anything_it_says_so(finance: Client) -> None:
    assert "No calls and no bills so far." in text(finance.get("/bills/close/"))


def test_the_checklist_of_the_next_month_says_what_is_left(finance: Client) -> None:
    bill()

    page = finance.get("/bills/close/")

    assert "Close October 2026" in text(page)
    assert "100.0% of billed cost has no team." in text(page)
    assert '<a href="/unallocated/?basis=billed&amp;period=2026-10">' in page.content.decode()


def test_without_a_reason_the_form_comes_back_with_the_problem(finance: Client) -> None:
    bill()
    fields = seen(finance.get("/bills/close/"))

    # What is compared on the way is part of what was looked at; so a second look is needed.
    page = finance.post("/bills/close/close/", fields)
    page = finance.post("/bills/close/close/", seen(page))

    assert page.status_code == 422
    assert "There is a problem" in text(page)
    assert "Say why you close the month without." in text(page)
    assert not MonthClose.objects.exists()


def test_closing_keeps_the_figures_and_leads_to_them(finance: Client) -> None:
    bill()
    page = finance.post("/bills/close/close/", seen(finance.get("/bills/close/")))

    answer = finance.post(
        "/bills/close/close/", {**seen(page), "close-reason": "<script>alert(1)</script>"}
    )

    kept = MonthClose.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/bills/close/{kept.pk}/")
    shown = finance.get(answer.headers["Location"])
    assert kept.sha256 in text(shown)
    assert "<script>alert" not in shown.content.decode()
    assert kept.closed_by == "Test finance"


def test_what_was_written_stays_when_something_changed_meanwhile(finance: Client) -> None:
    bill()
    fields = seen(finance.get("/bills/close/"))
    bill(billing_account_id="another")

    page = finance.post("/bills/close/close/", {**fields, "close-reason": "Known"})

    assert page.status_code == 422
    assert "have changed since" in text(page)
    assert ">\nKnown</textarea>" in page.content.decode()
    assert seen(page) != fields


def test_a_closed_month_shows_what_was_kept_beside_today(finance: Client) -> None:
    bill()
    kept = closed()
    bill(billing_account_id="late", billed_cost="66")

    page = finance.get(f"/bills/close/{kept.pk}/")

    assert "Billed $1,234 $1,300 +$66" in text(page)
    assert "Overridden" in text(page)
    late = text(finance.get("/bills/close/"))
    assert "October 2026 November 2026 $66" in late


def test_figures_that_were_touched_are_called_out(finance: Client) -> None:
    bill()
    kept = closed()
    MonthClose.objects.update(reason="x", checklist={"items": []})

    assert "are not what was kept" in text(finance.get(f"/bills/close/{kept.pk}/"))


def test_tables_hold_exact_amounts_and_no_formulas(finance: Client) -> None:
    bill(tags={"team": "=cmd()"}, billed_cost="0.1234567891")
    kept = closed()
    bill(billing_account_id="=late()")

    figures = finance.get(f"/bills/close/{kept.pk}/figures.csv").content.decode()
    late = finance.get("/bills/close/late.csv").content.decode()

    assert "0.1234567891" in figures
    assert "\n=" not in figures + late
    assert ",=" not in figures + late


def test_reopening_needs_a_reason_and_is_on_record(finance: Client) -> None:
    bill()
    kept = closed()
    address = f"/bills/close/{kept.pk}/reopen/"

    assert finance.post(address, {"reopen-reason": ""}).status_code == 422
    assert finance.post(address, {"reopen-reason": "A credit"}).status_code == 302
    assert finance.post(address, {"reopen-reason": "Again"}).status_code == 422

    kept.refresh_from_db()
    assert (kept.reopened_by, kept.reopen_reason) == ("Test finance", "A credit")
    assert "A credit" in text(finance.get(f"/bills/close/{kept.pk}/"))


@pytest.mark.parametrize("role", ["viewer", "executive", "engineering", "datascience"])
def test_others_look_and_do_not_close(role: str, signed_in: SignedIn) -> None:
    bill()
    client, kept = signed_in(role), MonthClose.objects.create(month=date(2026, 9, 1))

    page = client.get("/bills/close/")

    assert "Finance closes months." in text(page)
    assert "<textarea" not in page.content.decode()
    assert client.post("/bills/close/close/", seen(page)).status_code == 403
    assert client.post(f"/bills/close/{kept.pk}/reopen/").status_code == 403


@pytest.mark.parametrize("query", ["month=2026-13", "month=%00", "month=2031-01", "month="])
def test_an_odd_month_shows_the_next(query: str, finance: Client) -> None:
    bill()

    assert "Close October 2026" in text(finance.get(f"/bills/close/?{query}"))
