"""What a rule would move, in dollars, before it is saved: exactly what a run then does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.attribution.match import Rule
from finops.attribution.queries import rules
from finops.attribution.rules import RuleFields, add_rule
from finops.models import AttributionRule, ExchangeRate, MonthClose, Revaluation, Source
from finops.revaluation.apply import run_revaluation
from finops.revaluation.plan import queue_revaluation
from finops.revaluation.preview import rule as previewing
from finops.revaluation.preview.rule import RulePreview, preview_rule
from finops.revaluation.preview.tally import Side
from finops.revaluation.scope import Scope
from ingest.push import push_calls
from tests.finops.bills.charges import charge, land
from tests.finops.ledger.usage import call
from tests.finops.revaluation.history import Clock

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_rules(db: None) -> None:
    AttributionRule.objects.all().delete()


def fields(value: str = "search", **others: Any) -> RuleFields:
    return RuleFields(**{"name": "n", "dimension": "team", "value": value} | others)


def preview(candidate: RuleFields, *, place: int | None = None, **others: Any) -> RulePreview:
    held = rules()
    return preview_rule(
        candidate.as_rule(0), rules=held, place=place or len(held) + 1, now=NOW, **others
    )


def sides(found: RulePreview) -> tuple[Side, Side]:
    assert found.calls is not None
    assert found.charges is not None
    return found.calls, found.charges


def import_rows(*rows: dict[str, Any]) -> None:
    """Take calls in without leaving the transaction of the test."""
    source, _ = Source.objects.get_or_create(name="logs")
    push_calls([msgspec.json.encode(row) for row in rows], source=source, now=NOW, by="x")


def usage(number: int, day: str = "2026-10-05", **others: Any) -> dict[str, Any]:
    """A call that costs $0.0075."""
    return call(id=f"{number}", time=f"{day}T10:00:00Z", **others)


def test_it_says_what_moves_of_how_much_and_whereto() -> None:
    import_rows(
        usage(1, tags={"app": "shop"}),
        usage(2, tags={"app": "shop"}, team="risk"),
        usage(3),
        usage(4, "2026-09-01", tags={"app": "shop"}),  # longer ago than 30 days
    )
    land(
        charge("2026-10-05", billed_cost="12340", effective_cost="5", tags={"app": "shop"}),
        charge("2026-10-06", billed_cost="43660", effective_cost="1"),
    )

    calls, charges = sides(preview(fields(tag="app")))

    assert (calls.rows, calls.total, calls.moved_rows) == (3, (Decimal("0.0225"),), 1)
    assert calls.moved == (Decimal("0.0075"),)
    assert (charges.moved[0], charges.total[0]) == (Decimal(12340), Decimal(56000))
    assert (charges.moved[1], charges.total[1]) == (Decimal(5), Decimal(6))
    assert [(m.before, m.after, m.rows) for m in charges.moves] == [("unallocated", "search", 1)]
    assert charges.to == calls.to == ("search",)


def test_a_rule_of_charges_says_nothing_of_calls_and_one_of_runs_nothing_of_charges() -> None:
    assert preview(fields(account="acme")).calls is None
    found = preview(fields(dimension="run", value="", value_tag="session"))
    assert found.charges is None
    assert found.calls is not None


def test_its_place_and_the_rule_that_it_replaces_decide() -> None:
    land(charge("2026-10-05", billed_cost="10"))
    stored = add_rule(fields("first", account="acme"), by="x", now=NOW)
    candidate = fields("second", account="acme")

    after, before = preview(candidate), preview(candidate, place=1)
    replacing = preview(candidate, place=1, replaces=stored.pk)
    late = datetime(2026, 10, 20, tzinfo=UTC)
    from_a_day = preview(
        replace(candidate, effective_from=late), place=1, replaces=stored.pk, since=late
    )

    def moved(found: RulePreview) -> list[tuple[str, str]]:
        return [(m.before, m.after) for m in sides_of_charges(found).moves]

    # Charges carry no value yet: history waits for the first rule, whatever the second says.
    assert moved(after) == moved(from_a_day) == []
    assert sides_of_charges(after).waiting_rows == sides_of_charges(from_a_day).waiting_rows == 1
    assert moved(before) == moved(replacing) == [("unallocated", "second")]
    assert (sides_of_charges(after).to, sides_of_charges(before).to) == ((), ("second",))


def sides_of_charges(found: RulePreview) -> Side:
    assert found.charges is not None
    return found.charges


def test_closed_months_do_not_move_and_are_told_apart() -> None:
    land(charge("2026-10-01", billed_cost="3"), charge("2026-09-30", billed_cost="4"))
    MonthClose.objects.create(month=date(2026, 9, 1), closed_by="finance")
    late = preview(fields(account="acme"))

    # The last bill tells of 1 October, so the 30 days begin on 2 September.
    assert (late.charges_window.first, late.charges_window.last) == (
        date(2026, 9, 2),
        date(2026, 10, 1),
    )
    side = sides_of_charges(late)
    assert (side.total[0], side.moved[0], side.left_out[0]) == (Decimal(7), Decimal(3), Decimal(4))


def test_charges_without_a_rate_are_counted_and_in_no_amount() -> None:
    ExchangeRate.objects.create(
        currency="EUR", effective_from="2026-10-01", rate=Decimal(2), set_by="x"
    )
    land(
        charge(billed_cost="5", billing_currency="EUR"),
        charge(billed_cost="7", billing_currency="CHF"),
    )

    side = sides_of_charges(preview(fields(account="acme")))

    assert (side.moved_rows, side.without, side.moved[0]) == (2, 1, Decimal(10))


def test_what_takes_too_long_is_left_out_oldest_first_and_it_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import_rows(usage(1, "2026-10-29"), usage(2, "2026-10-05"))
    ticks = iter([0.0, 1.0, 100.0, *[100.0] * 20])

    found = preview(fields(), clock=lambda: next(ticks))

    calls, _ = sides(found)
    assert found.calls_window.is_cut
    assert (found.calls_window.days_read, calls.rows) == (5, 1)
    assert (found.charges_window.days_read, found.charges_window.is_cut) == (0, True)

    monkeypatch.setattr(previewing, "_GROUPS", 0)
    assert preview(fields()).calls_window.days_read < 30


@pytest.mark.parametrize(
    "hostile", ["<script>", "=cmd|' /C calc'!A0", "\N{RIGHT-TO-LEFT OVERRIDE}x", "%s {0}", "'; --"]
)
def test_hostile_tags_and_values_are_only_text(hostile: str) -> None:
    import_rows(usage(1, tags={hostile: hostile}))
    land(charge(tags={hostile: hostile}))

    calls, charges = sides(preview(fields(value="", tag=hostile, value_tag=hostile)))

    assert calls.to == charges.to == (hostile,)


# --- the law ------------------------------------------------------------------------------------

DAYS = st.sampled_from(["2026-10-02", "2026-10-09", "2026-10-30"])
TAGS = st.sampled_from([{}, {"app": "a"}, {"app": "b"}, {"squad": "blue"}])
RULES = st.builds(
    fields,
    value=st.sampled_from(["search", "risk"]),
    tag=st.sampled_from(["", "app", "squad"]),
    tag_value=st.just(""),
    model=st.sampled_from(["", "gpt*"]),
    account=st.sampled_from(["", "", "acme"]),
    effective_from=st.sampled_from([None, datetime(2026, 10, 9, tzinfo=UTC)]),
)
CALLS = st.lists(st.tuples(DAYS, TAGS, st.sampled_from([None, "risk"])), max_size=4)
CHARGES = st.lists(
    st.builds(
        charge,
        DAYS,
        tags=TAGS,
        billed_cost=st.sampled_from(["1.25", "-3", None]),
        billing_currency=st.sampled_from(["USD", "CHF"]),
    ),
    max_size=4,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(RULES, max_size=2), RULES, CALLS, CHARGES, st.data())
def test_a_preview_is_what_a_run_over_the_same_days_then_does(
    held: list[RuleFields],
    candidate: RuleFields,
    calls: list[Any],
    charges: list[Any],
    data: st.DataObject,
) -> None:
    with transaction.atomic():
        import_rows(
            *(
                usage(number, day, tags=tags) | ({"team": team} if team else {})
                for number, (day, tags, team) in enumerate(calls)
            )
        )
        land(*charges)
        for each in held:
            add_rule(each, by="x", now=NOW)
        place = data.draw(st.integers(1, len(held) + 1))
        found = preview(candidate, place=place)
        add_rule(candidate, by="x", now=NOW, position=place)

        on_calls = _run("attribution", found.calls_window)["changed_calls"]
        on_charges = _run("charges", found.charges_window)["changed_charges"]

        if found.calls is not None:
            assert changing(found.calls) == (on_calls["changed"], Decimal(on_calls["cost_after"]))
        assert found.charges is not None
        assert changing(found.charges) == (
            on_charges["changed"],
            Decimal(on_charges["billed"]),
            Decimal(on_charges["effective"]),
        )
        transaction.set_rollback(True)


def changing(side: Side) -> tuple[int | Decimal, ...]:
    """What moves for the rule's sake, and what waits for history to be attributed again."""
    amounts = zip(side.moved, side.waiting, strict=True)
    return (side.moved_rows + side.waiting_rows, *(sum(pair) for pair in amounts))


def _run(part: str, window: previewing.Window) -> dict[str, Any]:
    first, last = (
        datetime(day.year, day.month, day.day, tzinfo=UTC)
        for day in (window.first, window.last + timedelta(days=1))
    )
    job: Revaluation = queue_revaluation(
        parts=[part], scope=Scope(since=first, until=last), now=NOW, by="x"
    )
    return dict(run_revaluation(job, clock=Clock()).preview)


def test_dates_of_a_rule_bound_what_it_moves() -> None:
    land(charge("2026-10-05", billed_cost="1"), charge("2026-10-25", billed_cost="2"))
    dated = fields(account="acme", effective_from=datetime(2026, 10, 20, tzinfo=UTC))
    ended = fields(account="acme", effective_to=datetime(2026, 10, 20, tzinfo=UTC))

    assert sides_of_charges(preview(dated)).moved[0] == Decimal(2)
    assert sides_of_charges(preview(ended)).moved[0] == Decimal(1)


def test_a_rule_asked_for_is_a_plain_rule() -> None:
    assert isinstance(fields(account="acme").as_rule(0), Rule)
