"""When a budget is stale: its data has stayed out for longer than its sources ever do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from finops.budgets.grouped import pairs_of
from finops.budgets.report import report
from finops.budgets.silence import Feed, feeds

from .drawn import NOW, budget, dollars, spent

pytestmark = pytest.mark.usefixtures("ledger")
LAST = datetime(2026, 11, 18, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = LAST + HOUR


def feed(at: datetime, *, exactly: bool = True, **scope: str) -> Feed:
    pairs = pairs_of(scope)
    return feeds([pairs], at, exactly=exactly)[pairs]


def sent(*times: datetime, source: str = "east", **fields: object) -> None:
    spent(*(dollars(1, time=at.isoformat(), **fields) for at in times), source=source)


def test_up_to_26_hours_of_silence_are_nothing() -> None:
    sent(LAST)

    assert feed(LAST + 26 * HOUR) == Feed(LAST, stale=False)
    assert feed(LAST + 26 * HOUR + timedelta(microseconds=1)).stale


def test_a_source_that_rests_may_rest() -> None:
    mondays = [LAST - timedelta(days=7 * back + 2) for back in (0, 1, 2)]
    sent(*mondays)

    assert not feed(max(mondays) + timedelta(days=7, hours=2)).stale
    assert feed(max(mondays) + timedelta(days=7, hours=3)).stale


def test_data_of_long_ago_is_stale_and_says_since_when() -> None:
    sent(LAST - timedelta(days=90))

    assert feed(LAST) == Feed(LAST - timedelta(days=90), stale=True)


def test_without_any_data_there_is_none() -> None:
    assert feed(LAST) == Feed(None, stale=True)


def test_what_came_after_the_instant_is_unknown() -> None:
    sent(LAST, LAST + 40 * HOUR)

    assert feed(LAST + 30 * HOUR) == Feed(LAST, stale=True, silent=feed(LAST + 30 * HOUR).silent)
    assert not feed(LAST + 30 * HOUR, exactly=False).stale


def test_clocks_that_are_ahead_are_no_silence() -> None:
    sent(LAST + 20 * HOUR)

    assert feed(LAST, exactly=False) == Feed(LAST + 20 * HOUR, stale=False)


def test_a_scope_goes_by_the_sources_that_feed_it() -> None:
    sent(LAST - timedelta(days=3), source="west", team="risk")
    sent(LAST - timedelta(days=3), source="west", team="growth")
    sent(LAST, source="east", team="growth")

    assert feed(LATER, team="risk").stale
    assert not feed(LATER, team="growth").stale
    assert [each.name for each in feed(LATER, team="growth").silent] == ["west"]
    assert feed(LATER, team="nobody") == Feed(LAST, stale=False)
    assert [each.name for each in feed(LATER).silent] == ["west"]


def test_a_scope_that_names_its_source_goes_by_that_one() -> None:
    sent(LAST, source="east")
    sent(LAST - timedelta(days=3), source="west")

    assert feed(LATER, source="west").stale
    assert not feed(LATER, source="east").stale
    assert feed(LATER, source="nobody") == Feed(None, stale=True)


def test_stale_stands_beside_the_status_and_says_why() -> None:
    sent(LAST)
    budget(10, 20, name="all")
    (row,) = report(NOW, as_of=NOW)

    said = row.as_json()
    assert (said["status"], said["stale"]) == ("green", True)
    assert {"code": "stale", "text": "No data since 18 Nov 2026, 10:00 UTC."} in said["reasons"]


def test_a_silent_source_among_others_is_named() -> None:
    sent(NOW - HOUR, source="east")
    sent(LAST, source="west")
    budget(10, 20)
    (row,) = report(NOW)

    said = row.as_json()
    text = "No data of west since 18 Nov 2026, 10:00 UTC."
    assert not said["stale"]
    assert {"code": "source_silent", "text": text} in said["reasons"]
