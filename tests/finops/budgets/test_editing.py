"""Changing budgets: what can be, what cannot, who was quicker, and what is on record."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from finops.access.change_log import history
from finops.access.changes import acting
from finops.budgets.editing import (
    change,
    create,
    revise,
    stop,
    together,
    undo,
    undoable,
    use_again,
)
from finops.budgets.lines import lines_of
from finops.budgets.refusals import BudgetRefused, ChangedMeanwhile
from finops.models import Budget, BudgetStanding
from tests.finops.access.people_at_hand import person
from tests.finops.ledger.side_by_side import at_once

from .drawn import NOW, budget, dollars, line, spent

pytestmark = pytest.mark.usefixtures("ledger")
NOVEMBER = date(2026, 11, 1)


def refusal(**fields: Any) -> tuple[str, str]:
    with pytest.raises(BudgetRefused) as refused:
        budget(**fields)
    assert not Budget.objects.exists()
    return refused.value.field, str(refused.value)


# --- making -------------------------------------------------------------------------------------


def test_a_new_budget_stands_at_once() -> None:
    spent(dollars(15, team="growth"))
    made = budget(10, 20, scope={"team": "growth"})

    (standing,) = BudgetStanding.objects.filter(budget=made)
    assert (standing.status, standing.actual, standing.period_start) == ("yellow", 15, NOVEMBER)


def test_a_budget_over_everything_limits_one_workflow_to_a_fifth() -> None:
    everything = create(name="All", scope={}, lines=[line(1, 2)], now=NOW, by="Priya").budget
    team = create(name="T", scope={"team": "t"}, lines=[line(1, 2)], now=NOW, by="Priya").budget

    shares = [lines_of(each, NOVEMBER).workflow_share for each in (everything, team)]
    assert shares == [Decimal(20), None]


@pytest.mark.parametrize(
    ("lines", "field", "message"),
    [
        ([line(-1, 2)], "yellow", "Yellow must be 0 or more."),
        ([line(5, 4)], "red", "Red must not be less than yellow ($5)."),
        ([line("1.001", 2)], "yellow", "Yellow must be in whole cents."),
        ([line(1, "NaN")], "red", "Red must be an amount, such as 12,000."),
        ([line("sNaN", 1)], "yellow", "Yellow must be an amount, such as 12,000."),
        ([line(1, "Infinity")], "red", "Red must be an amount, such as 12,000."),
        ([line(1, "1e40")], "red", "Red is too large. Check the zeros."),
        ([line(1, 2, "-3")], "planned", "The planned amount must be 0 or more."),
    ],
)
def test_amounts_that_cannot_be_are_refused_in_words(
    lines: list[Any], field: str, message: str
) -> None:
    assert refusal(lines=lines) == (field, message)


def test_one_line_alone_is_refused() -> None:
    half = line(1, 2)

    assert refusal(lines=[type(half)(yellow=Decimal(1))])[0] == "red"
    assert refusal(lines=[type(half)(red=Decimal(1))])[0] == "yellow"


def test_lines_that_are_equal_or_zero_are_fine() -> None:
    budget(0, 0, name="zero")
    budget("12.50", "12.500", name="equal")

    assert lines_of(Budget.objects.get(name="equal"), NOVEMBER).red == Decimal("12.50")


def test_a_plan_above_red_is_a_warning() -> None:
    saved = create(name="G", scope={}, lines=[line(1, 2, 3)], now=NOW, by="Priya")

    assert saved.warnings == ("The planned amount is above the red line.",)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " \t"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"period": "decade"}, "period"),
        ({"basis": "guessed"}, "basis"),
        ({"scope": {"colour": "red"}}, "scope"),
        ({"workflow_share": Decimal(0)}, "workflow_share"),
        ({"workflow_share": Decimal("100.01")}, "workflow_share"),
        ({"workflow_share": Decimal("NaN")}, "workflow_share"),
        ({"recipients": ["nobody"]}, "recipients"),
        ({"recipients": [f"p{n}@example.com" for n in range(21)]}, "recipients"),
        ({"effective_from": date(9999, 12, 31)}, "effective_from"),
        ({"lines": [line(1, 2), line(3, 4)]}, "lines"),
        ({"lines": [line(1, 2, starts=date(2027, 1, 1))]}, "lines"),
        ({"lines": [line(1, 2, starts=date(2027, 1, n)) for n in (1, 2)]}, "lines"),
    ],
)
def test_what_cannot_be_names_its_field(fields: dict[str, Any], field: str) -> None:
    assert refusal(**fields)[0] == field


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "\u202eeb", "🦊" * 200]
)
def test_hostile_names_are_names(name: str) -> None:
    assert budget(name=name).name == name


def test_a_name_is_in_use_once_whatever_its_case() -> None:
    budget(name="Growth")
    with pytest.raises(BudgetRefused, match="already"):
        budget(name=" growth ")


def test_two_who_choose_the_same_name_at_once_are_told() -> None:
    def attempt() -> str:
        try:
            budget(name="Growth")
        except BudgetRefused as error:
            return error.field
        return "made"

    assert sorted(at_once(attempt, attempt)) == ["made", "name"]
    assert Budget.objects.count() == 1


def test_somebody_who_left_owns_no_new_budget() -> None:
    gone = person("finance", is_active=False)

    assert refusal(owner=gone)[0] == "owner"


# --- changing -----------------------------------------------------------------------------------


def test_a_change_shows_at_once() -> None:
    spent(dollars(15))
    made = budget(10, 20)
    revise(made, lines=[line(5, 14)], now=NOW, by="Tom")

    assert BudgetStanding.objects.get(budget=made).status == "red"
    assert made.version == 2


def test_a_past_date_is_allowed_and_on_record() -> None:
    spent(dollars(15, time="2026-09-10T00:00:00Z"))
    made = budget()
    saved = revise(made, lines=[line(10, 12)], effective_from=date(2026, 9, 5), now=NOW, by="Tom")

    assert saved.revision is not None
    assert saved.revision.effective_from == date(2026, 9, 1)
    standings = BudgetStanding.objects.filter(budget=made).order_by("period_start")
    assert [each.status for each in standings] == ["red", "green", "green"]


def test_a_reason_is_asked_for_where_it_is_needed() -> None:
    made = budget()
    with pytest.raises(BudgetRefused, match="at least 10 letters") as refused:
        revise(made, lines=[line(1, 2)], reason=" because  ", reason_required=True, now=NOW, by="T")

    assert refused.value.field == "reason"
    assert made.revisions.count() == 1
    revise(
        made, lines=[line(1, 2)], reason="because it is so", reason_required=True, now=NOW, by="T"
    )
    assert made.revisions.last().reason == "because it is so"  # type: ignore[union-attr]


def test_the_share_stays_unless_it_is_changed() -> None:
    made = budget(workflow_share=Decimal(30))
    revise(made, lines=[line(1, 2)], now=NOW, by="Tom")
    assert lines_of(made, NOVEMBER).workflow_share == Decimal(30)

    revise(made, lines=[line(1, 2)], workflow_share=None, now=NOW, by="Tom")
    assert lines_of(made, NOVEMBER).workflow_share is None


def test_two_who_save_the_same_version_do_not_write_over_each_other() -> None:
    made = budget()
    with acting(person("finance", name="Tom")):
        revise(made, lines=[line(15, 30)], seen=1, now=NOW, by="Tom")
    with pytest.raises(ChangedMeanwhile, match=r"^Tom changed this at \d\d:\d\d UTC\.$") as quicker:
        revise(made, lines=[line(1, 2)], seen=1, now=NOW, by="Ann")

    assert quicker.value.who == "Tom"
    assert quicker.value.at is not None
    assert lines_of(made, NOVEMBER).red == Decimal(30)


def test_of_two_at_the_same_moment_one_is_told() -> None:
    made = budget()

    def save(red: int) -> str:
        mine = Budget.objects.get(pk=made.pk)
        try:
            revise(mine, lines=[line(1, red)], seen=1, now=NOW, by=str(red))
        except ChangedMeanwhile:
            return "told"
        return "saved"

    assert sorted(at_once(lambda: save(2), lambda: save(3))) == ["saved", "told"]
    assert made.revisions.count() == 2


def test_whoever_has_no_account_is_known_by_their_signature() -> None:
    made = budget(by="command line")
    with pytest.raises(ChangedMeanwhile, match="command line changed this"):
        change(made, name="Other", seen=7, now=NOW, by="Ann")


def test_owner_recipients_and_flags_change_together() -> None:
    made, owner = budget(), person("finance", name="Priya")
    change(
        made,
        owner=owner,
        recipients=["B@example.com ", "b@example.com", ""],
        tell_at_yellow=False,
        name="  New   name ",
        now=NOW,
        by="Tom",
    )

    made.refresh_from_db()
    assert (made.owner, made.recipients, made.tell_at_yellow) == (owner, ["b@example.com"], False)
    assert (made.name, made.version) == ("New name", 2)


def test_a_scope_never_changes() -> None:
    with pytest.raises(TypeError, match="scope"):
        change(budget(), scope={}, now=NOW, by="Tom")


def test_a_budget_may_keep_its_own_name() -> None:
    change(budget(name="Growth"), name="growth", now=NOW, by="Tom")

    assert Budget.objects.get().name == "growth"


# --- undoing ------------------------------------------------------------------------------------


def test_the_last_change_can_be_undone_for_ten_minutes() -> None:
    spent(dollars(15))
    made = budget(10, 20)
    later = NOW + timedelta(hours=1)
    revise(made, lines=[line(5, 14)], now=later, by="Tom")

    undo(made, now=later + timedelta(minutes=10), by="Ann")

    assert BudgetStanding.objects.get(budget=made).status == "yellow"
    undone = made.revisions.exclude(undone_at=None).get()
    assert (undone.set_by, undone.undone_by) == ("Tom", "Ann")


def test_after_ten_minutes_it_is_too_late() -> None:
    made = budget()
    late = NOW + timedelta(minutes=10, microseconds=1)

    assert undoable(made, NOW) is not None
    assert undoable(made, late) is None
    with pytest.raises(BudgetRefused, match="10 minutes"):
        undo(made, now=late, by="Ann")


def test_undoing_the_making_takes_it_out_of_use() -> None:
    made = budget(name="Growth")
    undo(made, now=NOW, by="Ann")

    assert made.stopped_from == NOVEMBER
    budget(name="Growth")  # its name is free again


# --- stopping -----------------------------------------------------------------------------------


def test_a_stopped_budget_keeps_its_history_and_can_be_used_again() -> None:
    made = budget(effective_from=date(2026, 9, 1))
    stop(made, from_day=date(2026, 11, 20), now=NOW, by="Tom")

    assert made.stopped_from == NOVEMBER
    assert made.is_used_on(date(2026, 10, 1))
    assert not made.is_used_on(NOVEMBER)
    assert BudgetStanding.objects.filter(budget=made).count() == 3

    use_again(made, now=NOW, by="Tom")
    assert made.stopped_from is None


def test_a_name_that_was_taken_meanwhile_is_said() -> None:
    made = budget(name="Growth")
    stop(made, from_day=NOVEMBER, now=NOW, by="Tom")
    budget(name="growth")
    with pytest.raises(BudgetRefused, match="already"):
        use_again(made, now=NOW, by="Tom")


# --- several at once ----------------------------------------------------------------------------


def test_changes_that_belong_together_are_all_made_or_none() -> None:
    def both() -> None:
        with together(NOW):
            budget(name="one")
            budget(name="")

    with pytest.raises(BudgetRefused):
        both()

    assert not Budget.objects.exists()
    assert not BudgetStanding.objects.exists()


def test_changes_that_belong_together_show_together() -> None:
    with together(NOW):
        for number in range(3):
            budget(name=f"budget {number}")
        assert not BudgetStanding.objects.exists()

    assert BudgetStanding.objects.count() == 3


def test_changes_are_in_the_change_log() -> None:
    made = budget()
    change(made, name="Other", now=NOW, by="Tom")

    fields = {field.name for entry in history(made) for field in entry.fields}
    assert {"name", "version", "scope"} <= fields
