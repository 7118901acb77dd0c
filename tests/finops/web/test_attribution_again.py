"""Attributing history again from the page: preview, apply, undo, drop; workers do the work."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from finops import waking
from finops.models import Revaluation
from finops.tasks import take_up_revaluations
from tests.finops.ledger.usage import assert_parity, call, import_rows, read
from tests.finops.revaluation.history import queue, rule

SignedIn = Callable[[str], Client]
AGAIN = "/attribution/again/"


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the tasks that workers were told of."""
    names: list[str] = []
    monkeypatch.setattr(waking, "_wake", names.append)
    return names


@pytest.fixture
def engineer(signed_in: SignedIn, ledger: None, woken: list[str]) -> Client:
    return signed_in("engineering")


def page(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def teams() -> list[str | None]:
    return [team for (team,) in read("SELECT team FROM calls ORDER BY started_at, id")]


def test_from_preview_to_apply_to_undo(engineer: Client, woken: list[str]) -> None:
    import_rows(call(id="1"), call(id="2", time="2026-11-01T11:00:00Z", team="own"))
    with rule("team", "growth"):
        planned = engineer.post(AGAIN, {"reason": "a new rule"})
        address = planned.headers["Location"]
        assert woken == ["finops.take_up_revaluations"]
        assert "A worker is at it" in page(engineer.get(address))

        assert take_up_revaluations() == 1
        text = page(engineer.get(address))
        assert "1 call would change, worth $0.0075" in text
        assert "Teams that gain or lose" in text
        assert teams() == [None, "own"]

        engineer.post(f"{address}apply/")
        take_up_revaluations()
        assert teams() == ["growth", "own"]
        assert "1 call changed" in page(engineer.get(address))
        assert_parity()

        undone = engineer.post(f"{address}undo/", {"reason": "a mistake"}, follow=True)
        assert "The calls carry the values that they had before." in page(undone)
        assert "1 call got back what they had" in page(undone)
        assert teams() == [None, "own"]
    job = Revaluation.objects.get()
    assert (job.created_by, job.applied_by, job.undone_by) == ("Test engineering",) * 3
    assert (job.reason, job.undo_reason, job.parts) == ("a new rule", "a mistake", ["attribution"])


def test_the_period_is_days_of_the_reporting_zone(engineer: Client) -> None:
    from finops.models import Organization

    Organization.objects.update(time_zone="Europe/Berlin")
    engineer.post(AGAIN, {"since": "2026-11-02", "until": "2026-11-03"})

    job = Revaluation.objects.get()
    assert (job.since, job.until) == (
        datetime(2026, 11, 1, 23, tzinfo=UTC),
        datetime(2026, 11, 2, 23, tzinfo=UTC),
    )
    assert "Calls from 2 Nov 2026 before 3 Nov 2026" in page(engineer.get(AGAIN))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"since": "2026-11-02", "until": "2026-11-02"}, "Enter a later day than the first."),
        ({"since": "soon"}, "Enter a day such as 2026-11-03."),
        ({"reason": "x" * 2001}, "at most 2000 characters"),
    ],
)
def test_a_period_that_is_none_is_refused(
    engineer: Client, given: dict[str, str], told: str
) -> None:
    answer = engineer.post(AGAIN, given)

    assert answer.status_code == 422
    assert told in page(answer)
    assert not Revaluation.objects.exists()


def test_a_preview_that_changes_nothing_offers_no_apply(engineer: Client) -> None:
    import_rows(call(id="1"))
    address = engineer.post(AGAIN).headers["Location"]
    take_up_revaluations()

    text = page(engineer.get(address))

    assert "0 calls would change" in text
    assert "Apply to" not in text
    assert "Drop the preview" in text


def test_a_preview_is_dropped_and_then_cannot_be_applied(engineer: Client) -> None:
    import_rows(call(id="1"))
    with rule("team", "growth"):
        address = engineer.post(AGAIN).headers["Location"]
        take_up_revaluations()
        engineer.post(f"{address}give-up/")
        said = page(engineer.post(f"{address}apply/", follow=True))

    assert "Nothing was changed: revaluation" in said
    assert "Dropped" in said
    assert "Nothing to stop" in page(engineer.post(f"{address}give-up/", follow=True))
    assert teams() == [None]


def test_rules_that_changed_since_the_preview_stop_the_run_and_say_so(engineer: Client) -> None:
    import_rows(call(id="1"))
    with rule("team", "growth"):
        address = engineer.post(AGAIN).headers["Location"]
        take_up_revaluations()
    with rule("team", "platform"):
        engineer.post(f"{address}apply/")
        take_up_revaluations()

    text = page(engineer.get(address))
    assert "It stopped." in text
    assert "differs from the preview" in text
    assert teams() == [None]


def test_an_undo_needs_a_reason_and_an_applied_run(engineer: Client) -> None:
    import_rows(call(id="1"))
    address = engineer.post(AGAIN).headers["Location"]

    assert engineer.post(f"{address}undo/", {"reason": ""}).status_code == 422
    said = page(engineer.post(f"{address}undo/", {"reason": "x"}, follow=True))
    assert "Nothing was changed: revaluation" in said


def test_the_live_part_alone_is_sent_to_a_script_that_asks_again(engineer: Client) -> None:
    address = engineer.post(AGAIN).headers["Location"]

    part = engineer.get(address, headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in part
    assert 'hx-trigger="every 2s"' in part
    take_up_revaluations()
    assert "hx-trigger" not in engineer.get(address).content.decode()


def test_runs_that_touch_prices_are_not_this_rooms(engineer: Client) -> None:
    for parts in (("price",), ("price", "attribution")):
        job = queue(*parts)
        assert engineer.get(f"{AGAIN}{job.pk}/").status_code == 404
        for action in ("apply", "undo", "give-up"):
            assert engineer.post(f"{AGAIN}{job.pk}/{action}/").status_code == 404
    assert "0 runs so far" in page(engineer.get(AGAIN))


def test_whoever_may_only_look_sees_figures_and_no_buttons(
    engineer: Client, signed_in: SignedIn
) -> None:
    import_rows(call(id="1"))
    with rule("team", "growth"):
        address = engineer.post(AGAIN).headers["Location"]
        take_up_revaluations()
    for role in ("viewer", "finance"):
        other = signed_in(role)
        text = page(other.get(address))
        assert "1 call would change" in text
        assert "Apply to" not in text
        assert other.post(AGAIN).status_code == 403
        for action in ("apply", "undo", "give-up"):
            assert other.post(f"{address}{action}/").status_code == 403
    assert teams() == [None]
