"""Finance draws a yellow and a red line: typed, looked at, saved, told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from finops.access.rights import RIGHTS, Right
from finops.attribution.values import describe
from finops.budgets.lines import lines_of, schedule_of
from finops.models import Budget, BudgetStanding
from tests.finops.access.people_at_hand import person
from tests.finops.budgets.drawn import budget, dollars, organization, spent

from .visits import HOSTILE, drawn, errors, field, me, press, text, typed

NEW = "/budgets/new/"
SEPTEMBER, OCTOBER = "2026-09-10T12:00:00Z", "2026-10-10T12:00:00Z"
TODAY = "2026-11-19T12:00:00Z"


def growth(*costs: tuple[object, str]) -> None:
    spent(*(dollars(cost, time, team="growth") for cost, time in costs))


# --- the whole way ------------------------------------------------------------------------------


def test_a_budget_is_drawn_and_stands_at_once(finance: Client) -> None:
    growth((15, TODAY))

    answer = press(finance, NEW, typed(yellow="$10", red="20", recipients="a@x.org; b@x.org"))

    made = Budget.objects.get()
    assert answer.redirect_chain == [(f"/budgets/{made.pk}/", 302)]
    assert "Saved. Applies from 1 November. Test finance and 2 others will be told." in text(answer)
    assert (made.name, made.scope, made.owner) == ("growth", {"team": "growth"}, me())
    assert made.recipients == ["a@x.org", "b@x.org"]
    assert drawn(made)[1:3] == (10, 20)
    assert (made.tell_at_yellow, made.tell_when_heading) == (True, False)
    assert BudgetStanding.objects.get().status == "yellow"
    assert "They can be undone until 20 Nov 2026, 14:10 UTC." in text(answer)


def test_it_is_undone_within_ten_minutes(finance: Client) -> None:
    growth((15, TODAY))
    press(finance, NEW, typed())
    made = Budget.objects.get()

    answer = press(finance, f"/budgets/{made.pk}/undo/", {"version": str(made.version)})

    assert "Undone. The lines are as they were before." in text(answer)
    assert "No budgets yet." in text(finance.get("/budgets/"))


def test_a_link_brings_the_scope_and_its_last_month(finance: Client) -> None:
    growth((9, SEPTEMBER), (17_020, OCTOBER))

    page = finance.get(f"{NEW}?team=growth")

    assert field(page, "scope_value_0") == "growth"
    assert '<option value="team" selected>' in " ".join(page.content.decode().split())
    assert "Last month: $17,020" in text(page)


def test_lines_start_from_last_month_and_nothing_is_saved_yet(finance: Client) -> None:
    growth((17_020, OCTOBER))

    page = press(finance, NEW, typed(do="start", yellow="", red=""))

    assert [field(page, name) for name in ("yellow", "red")] == ["$15,300", "$17,000"]
    assert "October would have been red." in text(page)
    assert errors(page) == []
    assert not Budget.objects.exists()


def test_there_may_be_nothing_to_start_from(finance: Client) -> None:
    page = press(finance, NEW, typed(do="start", yellow="", red=""))

    assert "There is nothing to start from: last month cost nothing." in text(page)


def test_looking_echoes_what_was_understood_and_judges_nothing(finance: Client) -> None:
    growth((15, TODAY))

    page = press(finance, NEW, typed(do="preview", yellow="1.5k", red="1,2,3", owner=""))

    assert field(page, "yellow") == "$1,500"
    assert field(page, "red") == "1,2,3"
    assert errors(page) == []


def test_everything_limits_the_share_of_one_workflow_unless_said(finance: Client) -> None:
    growth((15, TODAY))
    everything = {"scope_dimension_0": "", "scope_value_0": ""}
    press(finance, NEW, typed(**everything))
    press(finance, NEW, typed(**everything, name="Off", workflow_share="off"))
    press(finance, NEW, typed(name="Team"))
    press(finance, NEW, typed(name="Team at 30", workflow_share="30 %"))

    shares = {each.name: drawn(each).workflow_share for each in Budget.objects.all()}
    assert shares == {"Everything": 20, "Off": None, "Team": None, "Team at 30": 30}


def test_several_dimensions_narrow_it(finance: Client) -> None:
    spent(dollars(1, team="growth", model="gpt-4o"))

    press(finance, NEW, typed(scope_dimension_1="model", scope_value_1="gpt-4o"))

    made = Budget.objects.get()
    assert made.scope == {"team": "growth", "model": "gpt-4o"}
    assert made.name == "Team growth, model gpt-4o"


def test_a_display_name_finds_its_value(finance: Client) -> None:
    growth((1, TODAY))
    describe(
        "team", "growth", display_name="Growth & Co", business_owner=None, technical_owner=None
    )

    press(finance, NEW, typed(scope_value_0="growth & co"))

    assert Budget.objects.get().scope == {"team": "growth"}
    assert Budget.objects.get().name == "Growth & Co"


def test_a_taken_name_gives_way_to_the_whole_scope(finance: Client) -> None:
    growth((1, TODAY))
    press(finance, NEW, typed())
    press(finance, NEW, typed())

    assert sorted(Budget.objects.values_list("name", flat=True)) == ["Team growth", "growth"]


def test_amounts_are_in_the_organisations_currency(finance: Client) -> None:
    organization(currency="EUR")

    page = finance.get(NEW)
    assert "Yellow above, euros a month" in text(page)
    answer = press(finance, NEW, typed(yellow="$5"))
    assert errors(answer) == ["Amounts are in euros. Take “$” out, or convert first."]


def test_a_quarter_of_the_fiscal_year(finance: Client) -> None:
    organization(fiscal_year_start_month=2)
    growth((15, TODAY))

    answer = press(finance, NEW, typed(period="quarter"))

    assert "Applies from 1 November." in text(answer)
    assert lines_of(Budget.objects.get(), date(2026, 11, 1)).red == 20
    page = finance.get(NEW, {"period": "quarter"})
    assert page.status_code == 200


def test_another_beginning_snaps_to_its_period(finance: Client) -> None:
    growth((15, TODAY))

    answer = press(finance, NEW, typed(effective_from="2027-01-15"))

    assert "Applies from 1 January 2027." in text(answer)
    assert schedule_of(Budget.objects.get()).since == date(2027, 1, 1)


# --- what is asked and refused ------------------------------------------------------------------


def test_more_than_three_times_last_month_is_asked_about_once(finance: Client) -> None:
    growth((17_020, OCTOBER))

    asked = press(finance, NEW, typed(yellow="12000", red="145000"))

    assert asked.status_code == 422
    assert "Is $145,000 right? Last month was $17,020." in text(asked)
    assert not Budget.objects.exists()
    mark = asked.context["draft"].mark
    press(finance, NEW, typed(yellow="12000", red="145000", sure=mark))
    assert Budget.objects.count() == 1


def test_a_yes_to_one_amount_is_no_yes_to_another(finance: Client) -> None:
    growth((17_020, OCTOBER))
    asked = press(finance, NEW, typed(red="145000"))

    again = press(finance, NEW, typed(red="155000", sure=asked.context["draft"].mark))

    assert again.status_code == 422
    assert not Budget.objects.exists()


def test_a_name_that_nothing_has_is_asked_about(finance: Client) -> None:
    growth((15, TODAY))

    asked = press(finance, NEW, typed(scope_value_0="grwoth"))

    assert "Nothing was spent on it in the last 6 months. Is the name right?" in text(asked)
    assert not Budget.objects.exists()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"yellow": ""}, "Enter the yellow line, such as 12,000."),
        ({"red": ""}, "Enter the red line, such as 12,000."),
        ({"yellow": "-1"}, "Enter 0 or more. A line cannot be negative."),
        ({"yellow": "NaN"}, "Enter an amount in digits, such as 12,000."),
        ({"red": "1,2,3"}, "Put commas between thousands only, such as 12,000."),
        ({"red": "9.99"}, "Red must not be less than yellow ($10)."),
        ({"planned": "5.0001"}, "Enter whole cents: at most two digits after the point."),
        ({"owner": ""}, "Choose an owner. Somebody has to hear of it."),
        ({"owner": "999999"}, "Select a valid choice. That choice is not one of the available"),
        ({"recipients": "nobody"}, "nobody is no e-mail address."),
        ({"scope_value_0": ""}, "Name the team."),
        ({"scope_dimension_0": ""}, "Say what “growth” is."),
        ({"scope_dimension_1": "team", "scope_value_1": "b"}, "Name one team only."),
        ({"scope_dimension_0": "colour"}, "Select a valid choice."),
        ({"scope_value_0": "x" * 501}, "at most 500 characters"),
        ({"scope_value_0": "a\0b"}, "Null characters are not allowed."),
        ({"workflow_share": "0"}, "Enter a percentage above 0 and up to 100, such as 20."),
        ({"workflow_share": "1.2.3"}, "Enter a percentage above 0 and up to 100, such as 20."),
        ({"effective_from": "1.11.2026"}, "Enter a day such as 2026-11-03."),
        ({"period": "decade"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_is_refused_with_a_way_to_fix_it(
    finance: Client, fields: dict[str, object], says: str
) -> None:
    answer = press(finance, NEW, typed(**fields))

    assert answer.status_code == 422
    assert any(says in error for error in errors(answer)), errors(answer)
    assert "data-focus" in answer.content.decode(), "the summary takes the focus"
    assert not Budget.objects.exists()


def test_what_was_typed_stays_when_something_is_wrong(finance: Client) -> None:
    answer = press(finance, NEW, typed(yellow="12k", red="abc", recipients="a@x.org"))

    kept = [field(answer, name) for name in ("yellow", "red", "recipients", "scope_value_0")]
    assert kept == ["12k", "abc", "a@x.org", "growth"]


def test_a_plan_above_red_is_only_remarked(finance: Client) -> None:
    growth((15, TODAY))

    page = press(finance, NEW, typed(do="preview", planned="25"))
    assert "The planned amount is above the red line." in text(page)
    press(finance, NEW, typed(planned="25"))
    assert drawn(Budget.objects.get()).planned == 25


def test_lines_of_zero_are_lines(finance: Client) -> None:
    growth((15, TODAY))

    press(finance, NEW, typed(yellow="0", red="0"))

    assert BudgetStanding.objects.get().status == "red"


def test_a_name_in_use_is_refused(finance: Client) -> None:
    growth((15, TODAY))
    budget(name="Growth")

    answer = press(finance, NEW, typed(name="GROWTH"))

    assert errors(answer) == ["There is a budget called GROWTH already. Choose another."]


def test_an_owner_who_left_is_refused(finance: Client) -> None:
    growth((15, TODAY))
    gone = person(name="Gone", is_active=False)

    answer = press(finance, NEW, typed(owner=str(gone.pk)))

    assert answer.status_code == 422


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_in_every_field_is_only_text(finance: Client, hostile: str) -> None:
    spent(dollars(5, team=hostile))
    growth((5, TODAY))

    page = press(
        finance,
        NEW,
        typed(
            scope_value_0=hostile,
            name=hostile,
            yellow=hostile,
            red=hostile,
            planned=hostile,
            recipients=hostile,
            workflow_share=hostile,
            effective_from=hostile,
            owner=hostile,
            period=hostile,
            by_month=hostile,
            grid_from=hostile,
        ),
    )
    assert page.status_code == 422
    assert "<script>alert" not in page.content.decode()

    made = press(finance, NEW, typed(scope_value_0=hostile, name=hostile))
    assert made.status_code == 200
    for address in ("/budgets/", f"/budgets/{Budget.objects.get().pk}/", f"{NEW}?team={hostile}"):
        shown = finance.get(address).content.decode()
        assert "<script>alert" not in shown
    assert Budget.objects.get().scope == {"team": hostile}


# --- single months ------------------------------------------------------------------------------


def months(**amounts: str) -> dict[str, object]:
    cells = {name.replace("_", "_2026", 1): value for name, value in amounts.items()}
    return typed(by_month="on", grid_from="2026-11-01", yellow="", red="") | cells


def test_months_have_amounts_of_their_own_and_empty_ones_carry_on(finance: Client) -> None:
    growth((15, TODAY))

    press(finance, NEW, months(yellow_1101="10", red_1101="20", red_1201="$30"))

    made = Budget.objects.get()
    days = (date(2026, 11, 1), date(2026, 12, 1), date(2027, 6, 1))
    assert [lines_of(made, day)[1:3] for day in days] == [(10, 20), (10, 30), (10, 30)]
    assert made.revisions.get().lines.count() == 2, "neighbours that are alike are one line"


def test_the_first_month_is_the_same_as_the_amounts_above(finance: Client) -> None:
    growth((15, TODAY))

    press(finance, NEW, months(red_1201="30") | {"yellow": "10", "red": "20", "planned": "5"})

    made = Budget.objects.get()
    found = [lines_of(made, day)[:3] for day in (date(2026, 11, 1), date(2026, 12, 1))]
    assert found == [(5, 10, 20), (5, 10, 30)]


def test_a_button_copies_to_the_right(finance: Client) -> None:
    page = press(finance, NEW, months(yellow_1101="10k", red_1101="20k") | {"do": "copy"})

    assert field(page, "yellow_20271001") == "$10,000"
    assert field(page, "red_20261201") == "$20,000"
    assert field(page, "planned_20261201") == ""


def test_a_spreadsheet_is_pasted(finance: Client) -> None:
    pasted = "\tNov 2026\tDec 2026\nYellow\t$1,000\t1 200\nRed\t2k\t2.5k\n"

    page = press(finance, NEW, typed(do="paste", pasted=pasted))

    shown = [field(page, f"{row}_2026{month}01") for row in ("yellow", "red") for month in (11, 12)]
    assert shown == ["$1,000", "$1,200", "$2,000", "$2,500"]
    assert 'name="by_month" id="id_by_month" checked' in " ".join(page.content.decode().split())


def test_what_cannot_be_placed_is_said_beside_the_paste(finance: Client) -> None:
    page = press(finance, NEW, typed(do="paste", pasted=""))

    assert "Nothing was pasted. Copy cells in your spreadsheet" in text(page)


def test_months_keep_their_places_when_they_begin_elsewhere(finance: Client) -> None:
    form = months(yellow_1101="10", red_1101="20") | {"effective_from": "2027-02-01"}

    refused = press(finance, NEW, form)
    assert errors(refused)[0].startswith("The amounts now begin with February 2027.")

    page = press(finance, NEW, form | {"do": "preview"})
    assert [field(page, f"{row}_20270201") for row in ("yellow", "red")] == ["$10", "$20"]


@pytest.mark.parametrize(
    ("amounts", "says"),
    [
        ({}, "Enter the yellow line, such as 12,000."),
        ({"yellow_1101": "10"}, "Enter the red line, such as 12,000."),
        (
            {"yellow_1101": "10", "red_1101": "20", "red_1201": "5"},
            "December 2026: Red must not be less than yellow ($10).",
        ),
        (
            {"yellow_1101": "10", "red_1101": "20", "planned_1201": "x"},
            "Planned, December 2026: Enter an amount in digits, such as 12,000.",
        ),
    ],
)
def test_a_wrong_month_is_named(finance: Client, amounts: dict[str, str], says: str) -> None:
    answer = press(finance, NEW, months(**amounts))

    assert says in errors(answer)
    assert not Budget.objects.exists()


def test_weeks_have_no_single_amounts(finance: Client) -> None:
    answer = press(finance, NEW, typed(period="week", by_month="on"))

    assert errors(answer) == ["Only months and quarters can have amounts of their own."]


# --- what comes by itself -----------------------------------------------------------------------


def test_the_preview_comes_while_typing(finance: Client) -> None:
    growth((15, OCTOBER), (12, TODAY))

    part = finance.get("/budgets/preview/", typed(yellow="10", red="$14k"))

    assert part.status_code == 200
    assert "With these lines, October would have been yellow." in text(part)
    assert 'id="echo-red" hx-swap-oob="true">$14,000' in " ".join(part.content.decode().split())
    assert "Is $14,000 right? Last month was $15.00." in text(part)


@pytest.mark.parametrize(
    "asked",
    [{}, {"scope_dimension_0": "team"}, {"yellow": "x", "red": "1,2,3"}, {"period": "eon"}]
    + [{name: "\0"} for name in ("yellow", "scope_value_0", "budget", "effective_from")],
)
def test_whatever_is_half_typed_has_a_preview(finance: Client, asked: dict[str, str]) -> None:
    assert finance.get("/budgets/preview/", asked).status_code == 200


def test_known_values_are_offered_dearest_first(finance: Client) -> None:
    spent(dollars(1, TODAY, team="a"), dollars(9, TODAY, team="b"), dollars(20, TODAY))

    part = finance.get("/budgets/values/", {"scope_dimension_0": "team"}).content.decode()

    assert part.count("<option") == 2
    assert part.index('"b"') < part.index('"a"')
    assert "<option" not in finance.get("/budgets/values/", {"dimension": "x"}).content.decode()


# --- every role ---------------------------------------------------------------------------------


@pytest.mark.parametrize("role", RIGHTS)
def test_only_who_sets_money_draws_lines(
    signed_in: Callable[[str], Client], finance: Client, role: str
) -> None:
    may = Right.SET_MONEY in RIGHTS[role]
    client = signed_in(role)

    assert client.get(NEW).status_code == (200 if may else 403)
    assert client.get("/budgets/preview/").status_code == (200 if may else 403)
    growth((15, TODAY))
    assert client.post(NEW, typed()).status_code == (302 if may else 403)
    assert Budget.objects.exists() == may
    listed = client.get("/budgets/").content.decode()
    assert ('href="/budgets/new/"' in listed) == may
