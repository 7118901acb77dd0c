"""The organisation and its clock in the browser."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest

from finops.models import Organization, ZoneChange
from finops.tasks import take_up_zone_changes
from tests.finops.access.people_at_hand import browser, person
from tests.finops.ledger.usage import call, import_rows

pytestmark = pytest.mark.usefixtures("ledger")

PAGE = "/settings/organization/"
ZONE = "/settings/organization/time-zone/"


@pytest.fixture
def admin(ledger: None) -> Any:
    client = browser(person("admin", name="Ann"))
    with patch("finops.web.settings.organization.wake_zone_change"):
        yield client


def given(**changed: str) -> dict[str, str]:
    return {"name": "Acme", "fiscal_year_start_month": "4", "currency": "USD"} | changed


def ask(admin: Any, zone: str = "Asia/Kathmandu", reason: str = "We moved") -> Any:
    return admin.post(ZONE, {"time_zone": zone, "reason": reason}, follow=True)


def test_name_year_and_currency_change(admin: Any) -> None:
    page = admin.post(PAGE, given(currency="EUR"), follow=True).content.decode()

    assert "Saved. The organisation is changed." in page
    organization = Organization.current()
    assert (
        organization.name,
        organization.fiscal_year_start_month,
        organization.currency,
    ) == ("Acme", 4, "EUR")


def test_the_currency_stays_once_there_are_calls(admin: Any) -> None:
    import_rows(call(id="1"))

    assert "disabled" in admin.get(PAGE).content.decode().split('name="currency"')[1][:300]
    assert admin.post(PAGE, given(currency="EUR")).status_code == 302
    assert Organization.current().currency == "USD"


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"currency": "eur"}, {"currency": "EURO"}, {"fiscal_year_start_month": "0"}],
)
def test_what_cannot_be_is_refused(admin: Any, wrong: dict[str, str]) -> None:
    page = admin.post(PAGE, given(**wrong)).content.decode()

    assert "There is a problem" in page
    assert Organization.current().name == ""


def test_another_zone_is_asked_for_made_and_taken_back(admin: Any) -> None:
    import_rows(call(id="1"))

    page = ask(admin).content.decode()
    assert "Waiting to change to <b>Asia/Kathmandu</b>" in page
    assert 'hx-trigger="every 2s"' in page

    take_up_zone_changes()
    state = admin.get(f"{ZONE}state/").content.decode()
    assert "Days and months are cut in <b>Asia/Kathmandu</b>" in state
    assert "hx-trigger" not in state
    assert "?zone=UTC#id_time_zone" in state
    back = admin.get(PAGE, {"zone": "UTC"}).content.decode()
    assert '<option value="UTC" selected>' in back

    ask(admin, "UTC", "Back again")
    take_up_zone_changes()
    assert Organization.current().time_zone == "UTC"
    assert [change.reason for change in ZoneChange.objects.order_by("pk")] == [
        "We moved",
        "Back again",
    ]


@pytest.mark.parametrize(
    ("zone", "reason", "said"),
    [
        ("Mars/Olympus", "x", "There is a problem"),
        ("UTC", "x", "UTC already"),
        ("Asia/Kathmandu", "", "There is a problem"),
        ("Asia/Kathmandu", "x" * 501, "There is a problem"),
    ],
)
def test_a_change_that_cannot_be_is_refused(admin: Any, zone: str, reason: str, said: str) -> None:
    assert said in ask(admin, zone, reason).content.decode()
    assert not ZoneChange.objects.exists()


def test_only_one_change_at_a_time(admin: Any) -> None:
    ask(admin)

    assert "under way" in ask(admin, "Europe/Berlin").content.decode()
    assert ZoneChange.objects.count() == 1


def test_a_worker_is_woken(admin: Any) -> None:
    with patch("finops.web.settings.organization.wake_zone_change") as wake:
        ask(admin)
    wake.assert_called_once_with()


def test_a_reason_is_shown_as_it_is(admin: Any) -> None:
    page = ask(admin, reason="<script>alert(1)</script>").content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_failed_change_says_why(admin: Any) -> None:
    ask(admin)
    ZoneChange.objects.update(status="failed", error="ValueError: given up after 20 attempts")

    page = admin.get(PAGE).content.decode()
    assert "given up after 20 attempts" in page
    assert "Days and months are cut in <b>UTC</b>" in page
