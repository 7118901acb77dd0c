"""What pages say: one and many, up and down, level, nothing, and names that nobody trusts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from zoneinfo import ZoneInfo

import pytest

from finops.domain.measures import Measures
from finops.domain.windows import Period, period
from finops.insights.overview import Overview, Part
from finops.web import sentences

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
HOSTILE = '<script>alert("x")</script>'


def at(key: str = "", against: str = "previous") -> Period:
    return period(key, NOW, ZoneInfo("UTC"), against=against)


def measures(cost: str, calls: int = 1) -> Measures:
    return Measures(calls=calls if Decimal(cost) else 0, cost=Decimal(cost))


def part(name: str, now: str, before: str) -> Part:
    return Part(name, name, measures(now), measures(before))


def seen(*parts: Part, now: str = "", before: str = "") -> Overview:
    """An overview of these workflows; ``now`` and ``before`` are their sums unless said."""
    nothing = Part("", "", Measures(), Measures())
    return Overview(
        now=measures(now) if now else Measures.sum_of(each.now for each in parts),
        before=measures(before) if before else Measures.sum_of(each.before for each in parts),
        top=tuple(sorted((p for p in parts), key=lambda each: -each.now.cost)),
        others=nothing,
        other_count=0,
        unattributed=nothing,
        movers=tuple(sorted(parts, key=lambda each: -abs(each.change))),
        parts={},
        unallocated={},
        news=(),
        complete_to=NOW,
        first_day=NOW.date(),
    )


def plain(text: str) -> str:
    return unescape(re.sub(r"</?b>", "", text))


@pytest.mark.parametrize(
    ("key", "against", "spent", "than"),
    [
        ("", "previous", "have spent $1,500 on AI this month", "the same days of October"),
        ("", "year", "have spent $1,500 on AI this month", "the same days of November 2025"),
        ("2026-10", "previous", "spent $1,500 on AI in October 2026", "September"),
        ("2026-10", "year", "spent $1,500 on AI in October 2026", "October 2025"),
        ("30d", "previous", "have spent $1,500 on AI in the last 30 days", "the period before"),
        ("7d", "year", "have spent $1,500 on AI in the last 7 days", "the same days a year before"),
        (
            "2026-10-03..2026-11-09",
            "previous",
            "spent $1,500 on AI from 3 Oct–9 Nov 2026",
            "the period before",
        ),
    ],
)
def test_the_story_says_how_much_against_what(
    key: str, against: str, spent: str, than: str
) -> None:
    told = sentences.story(seen(part("agent", "1500", "1000")), at(key, against), "USD")

    assert plain(told) == (
        f"We {spent}, $500.00 more than in {than}. agent rose $500.00 and explains most of it."
    )


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([("a", "600", "100"), ("b", "400", "400")], "a rose $500.00 and explains most of it."),
        ([("a", "100", "600"), ("b", "400", "400")], "a fell $500.00 and explains most of it."),
        ([("a", "700", "400"), ("b", "100", "300")], "a rose $300.00 and explains most of it."),
        ([("a", "100", "400"), ("b", "950", "300")], "b rose $650.00 and explains most of it."),
        ([("a", "0", "900"), ("b", "1000", "0")], "b rose $1,000 and explains most of it."),
        ([("a", "200", "900"), ("b", "900", "200")], "a moved most: it fell $700.00."),
        (
            [("a", "100", "0"), ("b", "100", "0"), ("c", "100", "0"), ("d", "100", "100")],
            "a moved most: it rose $100.00.",
        ),
        ([("a", "400", "400"), ("b", "100", "100")], "a cost most, 80.0% of it."),
        ([("a", "400", "0"), ("b", "100", "0")], "a cost most, 80.0% of it."),
    ],
)
def test_the_story_names_what_moved_it(parts: list[tuple[str, str, str]], said: str) -> None:
    told = sentences.story(seen(*(part(*each) for each in parts)), at(), "USD")

    assert plain(told).split(". ", 1)[1] == said


def test_level_spend_is_said_to_be_level() -> None:
    overview = seen(part("a", "400", "400"))

    assert "as much as in the same days of October" in sentences.story(overview, at(), "USD")
    assert "as much as in the period before" in sentences.story(overview, at("7d"), "USD")


def test_without_calls_nothing_was_spent() -> None:
    assert sentences.story(seen(), at(), "USD") == "Nothing was spent in this period."


def test_without_a_period_before_there_is_no_comparison() -> None:
    told = plain(sentences.story(seen(part("a", "5", "0")), at(), "USD"))

    assert told == "We have spent $5.00 on AI this month. a cost most, 100.0% of it."


@pytest.mark.parametrize(
    ("calls", "said"),
    [
        (1, "The one call this month has no price yet."),
        (3, "None of 3 calls this month has a price yet."),
    ],
)
def test_what_has_no_price_is_not_said_to_be_free(calls: int, said: str) -> None:
    overview = seen(Part("a", "a", Measures(calls=calls, unpriced_calls=calls), Measures()))

    assert sentences.story(overview, at(), "USD") == said


def test_names_are_escaped_and_currencies_are_kept() -> None:
    told = sentences.story(seen(part(HOSTILE, "1500", "1000")), at(), "EUR")

    assert "<script>" not in told
    assert "&lt;script&gt;" in told
    assert "€1,500" in told


@pytest.mark.parametrize(
    ("count", "cost", "whole", "said"),
    [
        (5, "86", "100", "Five workflows make up 86% of spend"),
        (1, "100", "100", "One workflow makes up 100% of spend"),
        (12, "1", "3", "12 workflows make up 33% of spend"),
        (0, "0", "100", "No workflow has cost anything yet"),
        (3, "0", "0", "No workflow has cost anything yet"),
    ],
)
def test_how_much_a_few_make_up(count: int, cost: str, whole: str, said: str) -> None:
    assert sentences.top_heading(count, Decimal(cost), Decimal(whole)) == said


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        ("1500", "1000", "Spend rose $500.00"),
        ("1000", "2500", "Spend fell $1,500"),
        ("7", "7", "Spend did not change"),
    ],
)
def test_which_way_spend_went(now: str, before: str, said: str) -> None:
    assert sentences.movers_heading(Decimal(now), Decimal(before), "USD") == said


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "Nothing new in this period"),
        (1, "One new name this period"),
        (2, "Two new names this period"),
        (11, "11 new names this period"),
    ],
)
def test_how_much_is_new(count: int, said: str) -> None:
    assert sentences.news_heading(count) == said


@pytest.mark.parametrize(
    ("unattributed", "unpriced", "whole", "said"),
    [
        ("0", 0, "10", "Every call is priced and has a workflow"),
        ("0", 0, "0", "Every call is priced and has a workflow"),
        ("4", 0, "10", "40.0% of spend has no workflow"),
        ("4", 1, "10", "1 call without a price"),
        ("0", 2_000, "10", "2,000 calls without a price"),
    ],
)
def test_how_sure_the_total_is(unattributed: str, unpriced: int, whole: str, said: str) -> None:
    assert sentences.coverage_heading(Decimal(unattributed), unpriced, Decimal(whole)) == said


def test_empty_sentences_leave_no_gap() -> None:
    assert sentences.join("One.", "", "Two.") == "One. Two."
    assert sentences.join("<b>") == "&lt;b&gt;"


def test_sentences_are_short_and_shout_at_nobody() -> None:
    told = plain(sentences.story(seen(part("a b c", "9999", "1")), at(), "USD"))

    assert all(len(sentence.split()) < 20 for sentence in told.split(". "))
    assert "!" not in told
