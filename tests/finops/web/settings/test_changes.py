"""The change log in the browser."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from auditlog.models import LogEntry

from finops.access.changes import acting
from finops.ledger.sources import source_named
from finops.models import Organization, Source
from tests.finops.access.people_at_hand import browser, person

pytestmark = pytest.mark.django_db

LOG = "/settings/changes/"


@pytest.fixture
def finance() -> Any:
    person("admin")
    return browser(person("finance"))


def page(client: Any, **asked: str) -> str:
    return client.get(LOG, asked).content.decode().split("<main")[1]  # type: ignore[no-any-return]


def exported(client: Any, **asked: str) -> list[list[str]]:
    answer = client.get(LOG, {"format": "csv", **asked})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.content.decode())))


def test_what_somebody_does_in_the_browser_is_theirs(finance: Any) -> None:
    admin = browser(person("admin", name="Ann"))
    admin.post(
        "/settings/organization/",
        {"name": "Acme", "fiscal_year_start_month": "1", "currency": "USD"},
    )

    shown = page(finance, kind="Organisation")

    assert "Ann" in shown
    assert "Acme" in shown


def test_filters_narrow_and_survive_nonsense(finance: Any) -> None:
    ann = person("admin", name="Ann")
    with acting(ann):
        source_named("one")
    source_named("two")

    assert "two" not in page(finance, person=str(ann.pk), kind="Source")
    assert "No change matches" in page(finance, since="2000-01-01", until="2000-01-02")
    for nonsense in ("0", "x", "9" * 30, "\x00"):
        assert "<h2>" in page(
            finance, person=nonsense, kind=nonsense, since=nonsense, page=nonsense
        )
    for edge in ("0001-01-01", "9999-12-31"):
        page(finance, since=edge, until=edge)


def test_days_are_those_of_the_reporting_zone_and_both_count(finance: Any) -> None:
    Organization.objects.update(time_zone="Asia/Kathmandu")
    source_named("one")
    LogEntry.objects.update(timestamp=datetime(2026, 11, 1, 18, 20, tzinfo=UTC))  # 2 Nov, 00:05

    assert "one" in page(finance, since="2026-11-02", until="2026-11-02", kind="Source")
    assert "No change matches" in page(finance, until="2026-11-01", kind="Source")


def test_fifty_to_a_page_with_few_queries(finance: Any, django_assert_max_num_queries: Any) -> None:
    for n in range(60):
        Source.objects.create(name=f"source {n}")

    with django_assert_max_num_queries(14):
        first = page(finance, kind="Source")
    assert first.count("Added · Source") == 50
    assert page(finance, kind="Source", page="2").count("Added · Source") == 10
    assert len({row[3] for row in exported(finance, kind="Source")[1:]}) == 60


@pytest.mark.parametrize("name", ["=cmd|'/c calc'!A0", "+1", "-1", "@SUM(A1)", "\tx"])
def test_the_export_runs_nothing_in_a_spreadsheet(finance: Any, name: str) -> None:
    Source.objects.create(name=name)

    cells = {cell for row in exported(finance, kind="Source")[1:] for cell in row}

    assert f"'{name}" in cells
    assert name not in cells


def test_hostile_values_are_shown_as_they_are(finance: Any) -> None:
    Source.objects.create(name="<script>alert(1)</script>")

    assert "<script>alert" not in page(finance)
