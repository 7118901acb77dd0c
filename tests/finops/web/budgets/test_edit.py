"""Changing lines that are there: looked at, with a reason, and never over somebody else's."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from finops.access.rights import RIGHTS, Right
from finops.budgets.editing import change, revise
from finops.budgets.lines import lines_of
from finops.models import Budget, BudgetStanding
from tests.finops.access.people_at_hand import person
from tests.finops.budgets.drawn import NOW, budget, dollars, line, spent

from .visits import HOSTILE, REASON, changed, drawn, errors, field, looked, me, press, text

DECEMBER = date(2026, 12, 1)


@pytest.fixture
def growth(finance: Client) -> Budget:
    """A budget of the team growth, owned, yellow at $10, red at $14, and $15 spent: red."""
    spent(dollars(15, team="growth"))
    return budget(10, 14, scope={"team": "growth"}, owner=me())


def edit(client: Client, one: Budget, **fields: object) -> Any:
    return press(client, f"/budgets/{one.pk}/edit/", changed(one, **fields))


def test_the_form_begins_with_what_holds(finance: Client, growth: Budget) -> None:
    page = finance.get(f"/budgets/{growth.pk}/edit/")

    shown = [field(page, name) for name in ("name", "yellow", "red", "planned", "version")]
    assert shown == ["Growth", "$10", "$14", "", "1"]
    assert "Team growth , held against each month" in text(page)
    assert 'name="scope_dimension_0"' not in page.content.decode(), "a scope never changes"


def test_lines_change_after_a_look_and_with_a_reason(finance: Client, growth: Budget) -> None:
    shown = edit(finance, growth, red="16")

    assert shown.status_code == 422
    assert "You are changing Red line $14 → $16 Status changes Red → Yellow" in text(shown)
    assert drawn(growth).red == 14, "nothing is saved by looking"

    saved = edit(finance, growth, red="16", looked=looked(shown), reason=REASON)

    assert "Saved. Applies from 1 November. Test finance will be told." in text(saved)
    assert drawn(growth).red == 16
    assert BudgetStanding.objects.get().status == "yellow"
    assert growth.revisions.latest("pk").reason == REASON
    assert f"“ {REASON} ”" in text(saved)


@pytest.mark.parametrize("reason", ["", "too short", "         x"])
def test_without_a_reason_nothing_moves(finance: Client, growth: Budget, reason: str) -> None:
    mark = looked(edit(finance, growth, red="16"))

    refused = edit(finance, growth, red="16", looked=mark, reason=reason)

    assert errors(refused) == ["Say why, in at least 10 letters. It stays on record."]
    assert drawn(growth).red == 14


def test_a_look_at_one_change_is_no_look_at_another(finance: Client, growth: Budget) -> None:
    mark = looked(edit(finance, growth, red="16"))

    again = edit(finance, growth, red="17", looked=mark, reason=REASON)

    assert "Red line $14 → $17" in text(again)
    assert drawn(growth).red == 14


def test_a_doubtful_amount_is_asked_about_in_the_same_look(finance: Client) -> None:
    spent(dollars(17, "2026-10-10T12:00:00Z", team="growth"))
    one = budget(10, 14, scope={"team": "growth"}, owner=me())
    shown = edit(finance, one, red="145")
    assert "Is $145 right? Last month was $17.00." in text(shown)

    unsure = edit(finance, one, red="145", looked=looked(shown), reason=REASON)
    assert unsure.status_code == 422
    mark = shown.context["draft"].mark
    edit(finance, one, red="145", looked=looked(shown), reason=REASON, sure=mark)

    assert drawn(one).red == 145


def test_who_hears_of_it_needs_neither_look_nor_reason(finance: Client, growth: Budget) -> None:
    tom = person("executive", name="Tom")

    saved = edit(
        finance,
        growth,
        name="Growth, all of it",
        owner=str(tom.pk),
        recipients="A@x.org",
        escalate_to=str(tom.pk),
        tell_at_yellow="",
    )

    assert "Saved. Tom and a@x.org will be told." in text(saved)
    growth.refresh_from_db()
    assert (growth.name, growth.owner, growth.recipients) == ("Growth, all of it", tom, ["a@x.org"])
    assert (growth.escalate_to, growth.tell_at_yellow) == (tom, False)
    assert growth.revisions.count() == 1


def test_lines_and_owner_change_together(finance: Client, growth: Budget) -> None:
    tom = person("executive", name="Tom")
    mark = looked(edit(finance, growth, red="16", owner=str(tom.pk)))

    edit(finance, growth, red="16", owner=str(tom.pk), looked=mark, reason=REASON)

    growth.refresh_from_db()
    assert (growth.owner, drawn(growth).red) == (tom, 16)


def test_the_same_again_changes_nothing(finance: Client, growth: Budget) -> None:
    answer = edit(finance, growth)

    assert "Nothing was changed." in text(answer)
    growth.refresh_from_db()
    assert growth.version == 1


def test_an_owner_who_left_can_stay_on_the_form(finance: Client, growth: Budget) -> None:
    gone = person(name="Gone")
    change(growth, owner=gone, now=NOW, by="Tom")
    gone.is_active = False
    gone.save()

    page = finance.get(f"/budgets/{growth.pk}/edit/")

    assert ">Gone</option>" in page.content.decode()
    refused = edit(finance, growth, red="16", recipients="a@x.org", owner=str(gone.pk))
    assert refused.status_code == 422


def test_a_change_from_a_later_month_leaves_this_one(finance: Client, growth: Budget) -> None:
    fields = {"red": "20", "effective_from": "2026-12-01"}
    shown = edit(finance, growth, **fields)
    assert "Status changes" not in text(shown)

    saved = edit(finance, growth, **fields, looked=looked(shown), reason=REASON)

    assert "Applies from 1 December." in text(saved)
    assert [lines_of(growth, day).red for day in (NOW.date().replace(day=1), DECEMBER)] == [14, 20]


def test_lines_that_are_ahead_are_seen_to_be_replaced(finance: Client, growth: Budget) -> None:
    revise(growth, lines=[line(30, 40)], effective_from=DECEMBER, now=NOW, by="Tom")
    growth.refresh_from_db()

    page = finance.get(f"/budgets/{growth.pk}/edit/")
    assert [field(page, name) for name in ("red", "red_20261101")] == ["$14", ""]
    assert [field(page, f"{row}_20261201") for row in ("yellow", "red")] == ["$30", "$40"]
    assert field(page, "red_20270101") == "", "an empty month is the same as the one before"

    shown = edit(finance, growth, red="16")
    assert "Red line $14 → $16 " in text(shown)
    assert "Red line from Tue 1 Dec 2026 $40 → $16" in text(shown)


# --- two people ---------------------------------------------------------------------------------


def test_somebody_was_quicker(finance: Client, growth: Budget) -> None:
    mark = looked(edit(finance, growth, red="16"))
    mine = changed(growth, red="16", looked=mark, reason=REASON)
    revise(Budget.objects.get(), lines=[line(11, 15)], now=NOW, by="Tom")

    late = press(finance, f"/budgets/{growth.pk}/edit/", mine)

    assert late.status_code == 409
    assert re.search(r"Tom changed this at \d\d:\d\d UTC. Your numbers are below", text(late))
    assert "Stored now: Yellow above $11, red above $15." in text(late)
    assert field(late, "red") == "16"
    assert drawn(growth).red == 15, "nothing was written over it"

    version = field(late, "version")
    again = press(finance, f"/budgets/{growth.pk}/edit/", mine | {"version": version})
    assert "Yellow line $11 → $10" in text(again)
    done = mine | {"version": version, "looked": looked(again)}
    press(finance, f"/budgets/{growth.pk}/edit/", done)
    assert drawn(growth).red == 16


def test_somebody_is_quicker_between_the_look_and_the_save(finance: Client, growth: Budget) -> None:
    mine = changed(growth, red="16", reason=REASON, looked=looked(edit(finance, growth, red="16")))
    room = import_module("finops.web.budgets.edit")
    saving = room._save

    def late(*args: Any) -> None:
        revise(Budget.objects.get(), lines=[line(11, 15)], now=NOW, by="Tom")
        saving(*args)

    with patch.object(room, "_save", late):
        answer = press(finance, f"/budgets/{growth.pk}/edit/", mine)

    assert answer.status_code == 409
    assert drawn(growth).red == 15


# --- undo, stop, use again ----------------------------------------------------------------------


def test_an_undo_puts_the_lines_back_and_stays_on_record(finance: Client, growth: Budget) -> None:
    revise(growth, lines=[line(11, 15)], now=NOW, by="Test finance", reason=REASON)

    answer = press(finance, f"/budgets/{growth.pk}/undo/", {"version": str(growth.version)})

    assert drawn(growth).red == 14
    assert "undone by Test finance, 20 Nov 2026, 14:00 UTC" in text(answer)


def test_an_undo_comes_too_late(finance: Client, growth: Budget) -> None:
    late = NOW + timedelta(minutes=10, seconds=1)
    with patch("django.utils.timezone.now", return_value=late):
        page = finance.get(f"/budgets/{growth.pk}/")
        answer = press(finance, f"/budgets/{growth.pk}/undo/", {"version": "1"})

    assert "They can be undone" not in text(page)
    assert "A change can be undone for 10 minutes. Save another." in text(answer)


def test_an_undo_of_what_somebody_else_saved_meanwhile_is_refused(
    finance: Client, growth: Budget
) -> None:
    revise(growth, lines=[line(11, 15)], now=NOW, by="Tom")

    answer = press(finance, f"/budgets/{growth.pk}/undo/", {"version": "1"})

    assert re.search(r"Nothing was changed: Tom changed this at .* UTC meanwhile.", text(answer))
    assert drawn(growth).red == 15


def test_it_is_stopped_from_a_day_and_used_again(finance: Client, growth: Budget) -> None:
    stopped = press(finance, f"/budgets/{growth.pk}/stop/", {"stop-from_day": "2026-11-01"})
    assert "Saved. Not used from 1 Nov 2026 on." in text(stopped)
    assert "Not used since Sun 1 Nov 2026. Its history stays." in text(stopped)
    assert "1 budget not used any more" in text(finance.get("/budgets/"))

    used = press(finance, f"/budgets/{growth.pk}/use-again/", {})
    assert "Saved. It is in use again, with the lines that it had." in text(used)
    assert drawn(growth).red == 14


@pytest.mark.parametrize("day", ["", "tomorrow", "1999-01-01", "\0"])
def test_a_day_that_is_none_stops_nothing(finance: Client, growth: Budget, day: str) -> None:
    answer = press(finance, f"/budgets/{growth.pk}/stop/", {"stop-from_day": day})

    assert answer.status_code == 422
    assert errors(answer)
    growth.refresh_from_db()
    assert growth.stopped_from is None


# --- forecasts and shares -----------------------------------------------------------------------


def test_another_forecast_stands_with_its_reason_until_taken_back(
    finance: Client, growth: Budget
) -> None:
    said = {"forecast-amount": "$1.2k", "forecast-reason": REASON}

    answer = press(finance, f"/budgets/{growth.pk}/forecast/", said)

    assert "Saved. Your forecast stands until you take it back or the period ends." in text(answer)
    assert "$1,200" in text(answer)
    assert f"“ {REASON} ”" in text(answer)
    back = press(finance, f"/budgets/{growth.pk}/forecast/withdraw/", {})
    assert "Saved. The computed forecast stands again." in text(back)
    again = press(finance, f"/budgets/{growth.pk}/forecast/withdraw/", {})
    assert "Nothing was changed: No forecast of this period was set by hand." in text(again)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"forecast-amount": ""}, "Enter what you expect, such as 12,000."),
        ({"forecast-amount": "-5"}, "Enter 0 or more. A line cannot be negative."),
        ({"forecast-reason": "because"}, "Say why, in at least 10 letters."),
        ({"forecast-reason": "..........."}, "Write at least one word."),
    ],
)
def test_a_forecast_needs_an_amount_and_a_reason(
    finance: Client, growth: Budget, fields: dict[str, str], says: str
) -> None:
    said = {"forecast-amount": "5", "forecast-reason": REASON} | fields

    answer = press(finance, f"/budgets/{growth.pk}/forecast/", said)

    assert answer.status_code == 422
    assert errors(answer) == [says]


def test_a_workflows_share_is_accepted_and_taken_back(finance: Client) -> None:
    spent(dollars(9, workflow="agent"), dollars(1, workflow="other"))
    one = budget(100, 90 + 10, workflow_share=Decimal(20), owner=me())
    page = text(finance.get(f"/budgets/{one.pk}/"))
    assert "agent takes $9.00, 90.0% of $10.00. One workflow may take 20%." not in page

    one = budget(11, 12, name="Small", workflow_share=Decimal(20), owner=me())
    page = text(finance.get(f"/budgets/{one.pk}/"))
    assert "agent takes $9.00, 90.0% of $10.00. One workflow may take 20%." in page
    assert "Accept this workflow’s share" in page
    said = {"share-workflow": "agent", "share-limit": "95%", "share-reason": REASON}

    accepted = press(finance, f"/budgets/{one.pk}/shares/", said)

    assert "Saved. The share of “agent” is accepted." in text(accepted)
    assert "agent , up to 95%" in text(accepted)
    assert BudgetStanding.objects.get(budget=one).status == "green"
    back = press(finance, f"/budgets/{one.pk}/shares/withdraw/", {"workflow": "agent"})
    assert "Saved. “agent” is held to the limit again." in text(back)
    assert BudgetStanding.objects.get(budget=one).status == "red"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"share-workflow": ""}, "Name the workflow whose share you accept."),
        ({"share-workflow": "unallocated"}, "Name the workflow whose share you accept."),
        ({"share-limit": "101"}, "Enter a percentage above 0 and up to 100, such as 20."),
        ({"share-reason": "yes"}, "Say why, in at least 10 letters."),
    ],
)
def test_a_share_needs_a_workflow_and_a_reason(
    finance: Client, fields: dict[str, str], says: str
) -> None:
    one = budget(1, 2, workflow_share=Decimal(20), owner=me())
    said = {"share-workflow": "agent", "share-limit": "", "share-reason": REASON} | fields

    answer = press(finance, f"/budgets/{one.pk}/shares/", said)

    assert (answer.status_code, errors(answer)) == (422, [says])


# --- hostile text and every role ----------------------------------------------------------------


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_only_text(finance: Client, hostile: str) -> None:
    one = budget(1, 2, name="One", workflow_share=Decimal(20), owner=me())
    reason = f"Why not {hostile}"
    mark = looked(edit(finance, one, red="3"))
    edit(finance, one, red="3", looked=mark, reason=reason, name="One")
    press(finance, f"/budgets/{one.pk}/edit/", changed(one, name=hostile, red="3"))
    share = {"share-workflow": hostile, "share-reason": reason}
    press(finance, f"/budgets/{one.pk}/shares/", share)
    forecast = {"forecast-amount": "5", "forecast-reason": reason}
    press(finance, f"/budgets/{one.pk}/forecast/", forecast)

    one.refresh_from_db()
    for address in (f"/budgets/{one.pk}/", "/budgets/", f"/budgets/{one.pk}/edit/"):
        assert "<script>alert" not in finance.get(address).content.decode()
    assert one.accepted_shares.get().workflow == hostile


@pytest.mark.parametrize("role", RIGHTS)
@pytest.mark.parametrize(
    ("act", "data"),
    [
        ("edit", {}),
        ("undo", {"version": "1"}),
        ("stop", {"stop-from_day": "2026-12-01"}),
        ("use-again", {}),
        ("shares", {"share-workflow": "a", "share-reason": REASON}),
        ("shares/withdraw", {"workflow": "a"}),
        ("forecast", {"forecast-amount": "5", "forecast-reason": REASON}),
        ("forecast/withdraw", {}),
    ],
)
def test_only_who_sets_money_changes_anything(
    signed_in: Callable[[str], Client], role: str, act: str, data: dict[str, str]
) -> None:
    one = budget(1, 2)

    answer = signed_in(role).post(f"/budgets/{one.pk}/{act}/", data)

    assert (answer.status_code == 403) == (Right.SET_MONEY not in RIGHTS[role])
    assert Budget.objects.get().version == 1 or answer.status_code == 302


def test_a_budget_that_is_not_there(finance: Client) -> None:
    for address in ("", "edit/", "accuracy/"):
        assert finance.get(f"/budgets/999999/{address}").status_code == 404
    assert finance.post("/budgets/999999/undo/").status_code == 404
