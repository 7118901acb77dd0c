"""Price again: planned, looked at, applied with a reason, undone; by finance alone."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from finops.models import Revaluation
from finops.rollups.refresh import refresh
from tests.finops.ledger.usage import assert_parity, call, import_rows
from tests.finops.pricing.by_hand import enter
from tests.finops.revaluation.history import column, ledger_rows, own_model, queue
from tests.finops.web.prices.visits import HOSTILE, errors, text, work


def plan(client: Client, **fields: str) -> str:
    """Ask for a run; gives its address."""
    answer = client.post("/prices/again/", {"calls": "missing"} | fields)
    assert answer.status_code == 302, errors(answer)
    return answer.headers["Location"]


def why(client: Client, address: str, reason: str = "the contract came late") -> str:
    return text(client.post(address, {"reason": reason}, follow=True))


def test_planned_looked_at_applied_and_undone(finance: Client) -> None:
    import_rows(own_model(id="1"), call(id="2"))
    rows = ledger_rows()
    enter("2")

    run = plan(finance)
    assert "Waiting for a worker" in text(finance.get(run))
    work()
    page = text(finance.get(run))
    assert "Waits for you" in page
    assert "1 call has no price and gets $0.003. 0 priced calls change." in page
    assert column("cost")[0] is None

    assert "Waiting for a worker" in why(finance, f"{run}apply/")
    work()
    page = text(finance.get(run))
    assert "1 call had no price and got $0.003." in page
    assert "the contract came late" in page
    assert column("cost") == [Decimal("0.003"), Decimal("0.0075")]
    assert_parity()

    page = why(finance, f"{run}undo/", "the wrong contract")
    assert "Undone. The calls carry the prices that they had before." in page
    assert "the wrong contract" in page
    assert ledger_rows() == rows
    refresh()
    assert_parity()
    assert "already" in why(finance, f"{run}undo/")


def test_only_calls_without_a_price_unless_all_are_asked_for(finance: Client) -> None:
    import_rows(own_model(id="1"), call(id="2"))
    enter("2")
    enter("1", provider="openai", model="gpt-4o")

    missing, everything = plan(finance), plan(finance, calls="all")
    work()

    assert "0 priced calls change." in text(finance.get(missing))
    assert "1 priced call changes, by −$0.006." in text(finance.get(everything))


def test_a_model_and_a_period(finance: Client) -> None:
    import_rows(
        own_model(id="1", time="2026-11-01T10:00:00Z"),
        own_model(id="2", time="2026-11-02T10:00:00Z"),
        own_model(id="3", time="2026-11-03T10:00:00Z"),
        call(id="4", provider="acme", model="other"),
    )
    enter("2")
    enter("2", model="other")

    run = plan(finance, provider="acme", model="house-7b", since="2026-11-02", until="2026-11-03")
    work()

    page = text(finance.get(run))
    assert "Calls without a price of acme · house-7b from 2 Nov 2026 before 3 Nov 2026" in page
    assert "1 call has no price" in page


def test_a_period_that_ends_before_it_begins_is_refused(finance: Client) -> None:
    answer = finance.post(
        "/prices/again/", {"calls": "all", "since": "2026-11-03", "until": "2026-11-03"}
    )

    assert answer.status_code == 422
    assert "Enter a day after the first one." in str(errors(answer))
    assert not Revaluation.objects.exists()


@pytest.mark.parametrize("what", ["apply", "undo"])
def test_a_reason_is_needed(finance: Client, what: str) -> None:
    import_rows(own_model(id="1"))
    enter("2")
    run = plan(finance)
    work()

    answer = finance.post(f"{run}{what}/", {"reason": " "})

    assert answer.status_code == 422
    assert "Say why. It stays on record." in str(errors(answer))
    assert column("cost") == [None]


def test_an_outcome_that_is_no_longer_the_previews_changes_nothing(finance: Client) -> None:
    import_rows(own_model(id="1"))
    enter("2")
    run = plan(finance)
    work()
    import_rows(call(id="2", model="late", provider="acme"))
    enter("2", model="late")

    why(finance, f"{run}apply/")
    work()

    page = text(finance.get(run))
    assert "Nothing was changed: the outcome differs from the preview" in page
    assert "Waits for you" in page
    assert column("cost") == [None, None]


def test_a_run_can_be_given_up(finance: Client) -> None:
    import_rows(own_model(id="1"))
    run = plan(finance)

    assert "Given up" in text(finance.post(f"{run}give-up/", follow=True))
    assert work() == 0
    assert "Nothing to stop" in text(finance.post(f"{run}give-up/", follow=True))
    assert "make a new preview" in why(finance, f"{run}apply/")


def test_undoing_what_was_never_applied_is_refused(finance: Client) -> None:
    import_rows(own_model(id="1"))
    run = plan(finance)
    work()

    assert "was never applied" in why(finance, f"{run}undo/")


def test_a_run_that_would_change_nothing_is_not_offered_to_be_applied(finance: Client) -> None:
    import_rows(call(id="1"))
    run = plan(finance, calls="all")
    work()

    page = finance.get(run).content.decode()
    assert "0 priced calls change." in page
    assert "/apply/" not in page


def test_others_look_and_change_nothing(finance: Client, viewer: Client, engineer: Client) -> None:
    import_rows(own_model(id="1"))
    enter("2")
    run = plan(finance)
    work()

    for client in (viewer, engineer):
        page = client.get(run).content.decode()
        assert "no price and gets" in page
        assert "/apply/" not in page
        for what in ("apply", "undo", "give-up"):
            assert client.post(f"{run}{what}/", {"reason": "mine"}).status_code == 403
        assert client.post("/prices/again/", {"calls": "all"}).status_code == 403
    assert column("cost") == [None]


def test_runs_of_rules_have_no_page_here(finance: Client) -> None:
    import_rows(call(id="1"))
    of_rules = queue("attribution")

    assert finance.get(f"/prices/again/{of_rules.pk}/").status_code == 404
    assert "0 runs so far" in text(finance.get("/prices/again/"))


@pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 40])
def test_a_run_that_is_not_there(finance: Client, number: str) -> None:
    assert finance.get(f"/prices/again/{number}/").status_code == 404
    assert finance.get(f"/prices/proposals/{number}/").status_code == 404
    assert finance.get(f"/prices/names/{number}/remove/").status_code == 404


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_in_a_scope(finance: Client, name: str) -> None:
    import_rows(own_model(id="1") | {"model": name})
    enter("2", model=name)
    run = plan(finance, model=name)
    work()

    for address in (run, "/prices/again/"):
        page = finance.get(address)
        assert page.status_code == 200
        assert "<script>alert" not in page.content.decode()
    assert "1 call has no price and gets" in text(finance.get(run))


def test_the_live_part_stops_asking_once_there_is_something_to_decide(finance: Client) -> None:
    import_rows(own_model(id="1"))
    run = plan(finance)
    fragment = {"HX-Request": "true"}

    assert "hx-get" in finance.get(run, headers=fragment).content.decode()
    work()
    done = finance.get(run, headers=fragment).content.decode()
    assert "hx-get" not in done
    assert "<html" not in done
