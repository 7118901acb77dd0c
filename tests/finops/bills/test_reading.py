"""The versions of bills as pages read them, and how far each account's bills reach."""

from __future__ import annotations

from datetime import date

import pytest

from finops.bills.reading import freshness, version, versions, versions_of_import
from tests.finops.bills.charges import NOW, charge, land

pytestmark = pytest.mark.django_db


def test_versions_are_listed_newest_first_and_narrowed() -> None:
    land(charge("2026-09-01"))
    land(charge(), source="aws-cur")
    land(*[charge()] * 4)
    land(charge())

    def told(**asked: object) -> list[tuple[str, int, int, str]]:
        found = versions(**asked)  # type: ignore[arg-type]
        return [
            (each.source.name, each.billing_period.month, each.version, each.status)
            for each in found
        ]

    assert told() == [
        ("aws-cur", 10, 1, "current"),
        ("focus", 10, 2, "held"),
        ("focus", 10, 1, "current"),
        ("focus", 9, 1, "current"),
    ]
    assert told(month=date(2026, 9, 1)) == [("focus", 9, 1, "current")]
    assert told(source="aws-cur", account="acme", status="current") == [
        ("aws-cur", 10, 1, "current")
    ]


def test_a_version_knows_the_others_of_its_bill() -> None:
    land(*[charge()] * 4)
    (held,) = land(charge())

    found = version(held.pk)

    assert found is not None
    assert [each.version for each in found.others] == [1]
    assert found.current == found.others[0]
    assert version(0) is None
    assert versions_of_import(held.import_id) == [held]


def test_freshness_says_how_far_each_account_reaches() -> None:
    land(charge("2026-09-30"), charge("2026-10-04"), charge("2026-10-06", billing_account_id="b"))

    assert [(each.account, each.last_day, each.last_period) for each in freshness()] == [
        ("acme", date(2026, 10, 4), date(2026, 10, 1)),
        ("b", date(2026, 10, 6), date(2026, 10, 1)),
    ]
    assert {each.delivered_at for each in freshness()} == {NOW}
