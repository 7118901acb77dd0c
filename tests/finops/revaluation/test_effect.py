"""What a proposed price would do: told before anybody decides, and then exactly what happens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.models import PriceProposal, Revaluation
from finops.pricing.proposals import approve, newest_price
from finops.revaluation.apply import run_revaluation
from finops.revaluation.effect import effect_of, queue_effect, reach
from finops.revaluation.plan import cancel, request_apply
from tests.conftest import empty_ledger
from tests.finops.ledger.usage import assert_parity, call, import_rows, total
from tests.finops.pricing.by_hand import NOW, card, enter, proposed, taken_back
from tests.finops.revaluation.history import (
    Clock,
    column,
    images,
    ledger_rows,
    own_model,
    preview,
    queue,
    revalue,
    told,
    undo,
)


@pytest.fixture(autouse=True)
def _own_prices(ledger: None) -> Iterator[None]:
    with taken_back():
        yield


def effect(proposal: PriceProposal) -> dict[str, Any]:
    """Work the effect out as a worker does; gives the figures of the calls that would change."""
    job = queue_effect(proposal, by="Tom", now=NOW)
    assert job is not None
    run_revaluation(job, clock=Clock())
    assert not job.error
    assert isinstance(job.preview["changed_calls"], dict)
    return job.preview["changed_calls"]


def save(proposal: PriceProposal) -> None:
    approve(proposal, by="Maya", now=NOW, seen=newest_price(card()))


def test_calls_without_a_price_are_told_with_what_they_get() -> None:
    import_rows(own_model(id="1"), own_model(id="2"), call(id="3"))

    found = effect(proposed(card("2")))

    assert (found["changed"], found["becoming_priced"]) == (2, 2)
    assert found["cost_of_newly_priced"] == "0.006"


def test_nothing_is_changed_by_asking() -> None:
    import_rows(own_model(id="1"))
    rows = ledger_rows()

    effect(proposed(card("2")))

    assert (ledger_rows(), images()) == (rows, 0)
    assert_parity()


def test_priced_calls_that_change_are_told_apart_from_unpriced_ones() -> None:
    import_rows(own_model(id="1"))
    enter("1")
    revalue("price")
    import_rows(call(id="2", provider="acme", model="house-7b", time="2026-11-02T10:00:00Z"))
    import_rows(own_model(id="3", processing="batch"))

    found = effect(proposed(card("2")))

    assert (found["changed"], found["becoming_priced"]) == (2, 0)
    assert (found["cost_before"], found["cost_after"]) == ("0.003", "0.006")
    assert found["cost_of_newly_priced"] == "0"


def test_only_calls_in_its_period_count() -> None:
    import_rows(
        own_model(id="1", time="2026-11-01T23:59:59Z"),
        own_model(id="2", time="2026-11-02T00:00:00Z"),
        own_model(id="3", time="2026-11-03T00:00:00Z"),
    )
    until = datetime(2026, 11, 3, tzinfo=UTC)

    assert effect(proposed(card("2", "2026-11-02", until=until)))["changed"] == 1


def test_other_spellings_that_the_price_makes_known_count() -> None:
    import_rows(own_model(id="1"), call(id="2", provider="acme", model="house-7b@default"))
    import_rows(call(id="3", provider="azure", model="gpt-4o"))

    assert reach(card("2"))[1:] == (2, 2)
    assert reach(card("2", provider="openai", model="gpt-4o"))[1:] == (1, 0)
    assert effect(proposed(card("2")))["becoming_priced"] == 2


def test_a_price_that_no_call_falls_under_asks_no_worker() -> None:
    import_rows(call(id="1"))

    assert queue_effect(proposed(card("2")), by="Tom", now=NOW) is None
    assert not Revaluation.objects.exists()


def test_an_effect_is_never_applied_and_is_no_run_on_record() -> None:
    import_rows(own_model(id="1"))
    proposal = proposed(card("2"))
    effect(proposal)
    job = effect_of(proposal)
    assert job is not None

    with pytest.raises(ValueError, match="only says what a proposed price would do"):
        request_apply(job, by="Maya", now=NOW)

    assert not Revaluation.objects.on_record().exists()
    assert column("cost") == [None]


def test_an_effect_looks_at_the_price_with_the_end_that_it_gets() -> None:
    import_rows(
        own_model(id="1", time="2026-11-01T10:00:00Z"),
        own_model(id="2", time="2026-11-09T10:00:00Z"),
    )
    enter("5", "2026-11-05")

    assert effect(proposed(card("2", "2026-11-01")))["changed"] == 1


def test_a_run_that_is_given_up_is_over_at_once() -> None:
    import_rows(own_model(id="1"))
    waiting, asked = preview("price"), queue("price")

    for job in (waiting, asked):
        cancel(job, now=NOW)
        assert job.state == "cancelled"
    with pytest.raises(ValueError, match="has ended"):
        cancel(waiting, now=NOW)
    with pytest.raises(ValueError, match="make a new preview"):
        request_apply(waiting, by="Maya", now=NOW)


calls = st.lists(
    st.fixed_dictionaries(
        {
            "day": st.integers(0, 9),
            "input_tokens": st.integers(0, 300_000),
            "output_tokens": st.none() | st.integers(0, 5_000),
            "processing": st.sampled_from(["standard", "batch"]),
            "region": st.sampled_from([None, "eu"]),
            "status": st.sampled_from(["ok", "error", "cached"]),
        }
    ),
    min_size=1,
    max_size=8,
)
prices = st.lists(
    st.fixed_dictionaries(
        {
            "amount": st.decimals(0, 50, places=6).map(str),
            "day": st.none() | st.integers(0, 9),
            "processing": st.sampled_from(["standard", "batch"]),
            "region": st.sampled_from(["", "eu"]),
        }
    ),
    min_size=1,
    max_size=5,
)


def on(day: int) -> str:
    return (datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=day)).date().isoformat()


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(calls=calls, prices=prices)
def test_a_price_for_the_past_and_pricing_again_is_as_if_it_had_always_been_there(
    calls: list[dict[str, Any]], prices: list[dict[str, Any]]
) -> None:
    """And the undo is the identity, and the effect that was told is the one that came."""
    rows = [
        own_model(id=str(number), time=f"{on(one.pop('day'))}T10:00:00Z", **one)
        for number, one in enumerate(map(dict, calls))
    ]
    with taken_back():
        empty_ledger()
        import_rows(*rows)
        before = ledger_rows()
        for one in prices:
            fields = dict(one)
            day = fields.pop("day")
            proposal = proposed(
                card(fields.pop("amount"), None if day is None else on(day), **fields)
            )
            promised = queue_effect(proposal, by="Tom", now=NOW)
            key = card(region=one["region"], processing=one["processing"])
            approve(proposal, by="Maya", now=NOW, seen=newest_price(key))
        if promised is not None:
            run_revaluation(promised, clock=Clock())
            assert not promised.error
        job = revalue("price")
        assert_parity()
        late, spent = told(), total()

        undo(job)
        assert ledger_rows() == before
        assert_parity()

        empty_ledger()
        import_rows(*rows)
        assert told() == late
        assert total() == spent
        empty_ledger()


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(calls=calls, before=prices, last=prices)
def test_what_was_told_is_what_happens(
    calls: list[dict[str, Any]], before: list[dict[str, Any]], last: list[dict[str, Any]]
) -> None:
    def entered(one: dict[str, Any]) -> PriceProposal:
        fields = dict(one)
        day = fields.pop("day")
        return proposed(card(fields.pop("amount"), None if day is None else on(day), **fields))

    with taken_back():
        empty_ledger()
        import_rows(
            *(
                own_model(id=str(number), time=f"{on(one.pop('day'))}T10:00:00Z", **one)
                for number, one in enumerate(map(dict, calls))
            )
        )
        for one in before:
            key = card(region=one["region"], processing=one["processing"])
            approve(entered(one), by="Maya", now=NOW, seen=newest_price(key))
        revalue("price")
        proposal = entered(last[0])
        asked = queue_effect(proposal, by="Tom", now=NOW)
        if asked is not None:
            run_revaluation(asked, clock=Clock())
        key = card(region=last[0]["region"], processing=last[0]["processing"])
        approve(proposal, by="Maya", now=NOW, seen=newest_price(key))

        came = preview("price").preview["changed_calls"]

        names = ("changed", "becoming_priced", "becoming_unpriced", "cost_before", "cost_after")
        told_before = asked.preview["changed_calls"] if asked else dict.fromkeys(names, 0)
        assert [Decimal(told_before[name]) for name in names] == [
            Decimal(came[name]) for name in names
        ]
        empty_ledger()
