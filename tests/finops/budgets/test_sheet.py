"""Budgets as a sheet: read with patience, looked at row by row, saved whole; and out and back."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.budgets import sheet_plan
from finops.budgets.editing import revise, stop
from finops.budgets.lines import lines_of
from finops.budgets.refusals import BudgetRefused, ChangedMeanwhile
from finops.budgets.sheet import (
    COLUMNS,
    MOST_BYTES,
    MOST_ROWS,
    SheetRefused,
    SheetRow,
    export,
    read_sheet,
    template,
)
from finops.budgets.sheet_plan import Plan, carry_out
from finops.models import Budget, Person
from tests.finops.access.people_at_hand import person

from .drawn import NOW, budget, line

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
REASON = "The plan of next year"


def read(*lines: str) -> list[SheetRow]:
    return read_sheet("\n".join(lines).encode())


def errors(*lines: str) -> list[str]:
    return [error for row in read(*lines) for error in row.errors]


# --- reading ------------------------------------------------------------------------------------


def test_amounts_are_read_as_people_write_them() -> None:
    (row,) = read("name,team,yellow,red,planned", 'Growth,growth,"$12,000",14.5k,11 000')

    assert (row.name, row.scope, row.errors) == ("Growth", {"team": "growth"}, [])
    assert row.amounts == {"yellow": 12_000, "red": 14_500, "planned": 11_000}
    assert (row.texts["period"], row.texts["basis"]) == ("month", "metered")


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_spreadsheet_writes_its_own_csv(mark: str, encoding: str) -> None:
    text = f"Name{mark}Yellow{mark}RED{mark}\r\n\r\nGröwth{mark}10{mark}20{mark}\r\n"

    (row,) = read_sheet(text.encode(encoding))

    assert (row.name, row.line, row.errors) == ("Gröwth", 3, [])
    assert row.amounts["red"] == 20


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty."),
        (b"\n , \n", "The file is empty."),
        (b"name,yellow,red\n", "The file has column names and no rows."),
        (b"PK\x03\x04 xlsx", "This is no CSV file. Save the sheet as “CSV UTF-8”"),
        (b"name,\0yellow", "This is no CSV file. Save the sheet as “CSV UTF-8”"),
        ("name,yellow,red\nGr\xf6wth,1,2".encode("latin-1"), "The file is not in UTF-8."),
        (b'name,yellow,red\n"Growth,1,2', "The file breaks off inside quotes"),
        (b"name,yellow,colour\nA,1,2", "No column is called “colour”."),
        (b"name,yellow,yellow\nA,1,2", "Two columns have the same name."),
        (b"name,yellow\nA,1", "There is no column called “red”."),
        (b"name,yellow,red\n" + b"a,1,2\n" * (MOST_ROWS + 1), "The file has more than 2,000 rows."),
        (b"x" * (MOST_BYTES + 1), "The file is larger than 1 MB."),
        (b"\xff\xfea", "The file is not in UTF-8."),
    ],
)
def test_what_is_no_sheet_is_refused_as_a_whole(data: bytes, says: str) -> None:
    with pytest.raises(SheetRefused) as refused:
        read_sheet(data)
    assert str(refused.value).startswith(says)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("Growth,1", "It has 2 of 3 columns. The file may have been cut off."),
        ("Growth,12,000,20", "It has more columns than names. Put amounts with commas in quotes."),
        (",1,2", "It has no name."),
        ("Growth,=A1*2,2", "yellow is a formula. Save the sheet with values."),
        ("=cmd|' /C calc'!A0,1,2", "name is a formula. Save the sheet with values."),
        ("Growth,1,-2", "red: Enter 0 or more. A line cannot be negative."),
        ("Growth,#REF!,2", "yellow: Enter an amount in digits, such as 12,000."),
        ("G" * 5_001 + ",1,2", "name is too long."),
    ],
)
def test_a_wrong_row_says_what_is_wrong(row: str, says: str) -> None:
    assert says in errors("name,yellow,red", row)


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        (
            "effective_from",
            "1.11.2026",
            "effective_from: a date reads 2026-11-02, not '1.11.2026'.",
        ),
        ("effective_from", "9999-01-01", "effective_from: a date lies between 1970 and 2999."),
        (
            "workflow_share",
            "120",
            "workflow_share: Enter a percentage up to 100, such as 20, or off.",
        ),
    ],
)
def test_other_columns_are_checked_as_well(column: str, value: str, says: str) -> None:
    assert errors(f"name,yellow,red,{column}", f"Growth,1,2,{value}") == [says]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(SheetRefused):
        assert read_sheet(data)


# --- planning and saving ------------------------------------------------------------------------

committing = pytest.mark.usefixtures("ledger")


@pytest.fixture
def maya(ledger: None) -> Person:
    return person("finance", name="Maya")


def plan(maya: Person, *lines: str) -> Plan:
    return sheet_plan.plan(read(*lines), now=NOW, person=maya, currency="USD")


def said(found: Plan) -> list[tuple[str, str]]:
    return [(entry.name, entry.action) for entry in found.entries]


def wrong(found: Plan) -> list[str]:
    return [error for entry in found.entries for error in entry.errors]


def saving(found: Plan) -> int:
    return carry_out(found, reason=REASON, now=NOW, by="Maya")


@committing
def test_new_changed_and_unchanged_are_told_apart(maya: Person) -> None:
    budget(10, 20, name="Same", owner=maya)
    budget(10, 20, name="Other", owner=maya)

    found = plan(
        maya,
        "name,team,yellow,red",
        "New,growth,1,2",
        "same,,10,20",
        "OTHER,,10,25",
    )

    assert said(found) == [("New", "new"), ("same", "unchanged"), ("OTHER", "changed")]
    assert [str(change) for change in found.entries[2].changes] == ["Red line $20 → $25."]
    assert saving(found) == 2
    assert lines_of(Budget.objects.get(name="Other"), NOVEMBER).red == 25
    made = Budget.objects.get(name="New")
    assert (made.owner, made.scope) == (maya, {"team": "growth"})
    assert Budget.objects.get(name="Same").version == 1


@committing
def test_several_rows_of_a_name_are_its_dated_lines(maya: Person) -> None:
    found = plan(
        maya,
        "name,yellow,red,effective_from",
        "A,3,4,2026-12-10",
        "A,1,2,2026-11-20",
    )

    assert saving(found) == 1
    made = Budget.objects.get()
    assert [lines_of(made, day).red for day in (NOVEMBER, DECEMBER)] == [2, 4]
    assert lines_of(made, NOVEMBER).workflow_share == 20, "the usual one for everything"


@committing
@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["A,team a,,1,2,", "A,team b,,1,2,"], "Its rows cover different things."),
        (["A,a,week,1,2,", "A,a,month,1,2,2026-12-01"], "Its rows differ in period."),
        (["A,a,,1,2,", "A,a,,1,2,"], "Two lines begin on the same day."),
        (["A,a,eon,1,2,"], "A period is one of day, week, month, quarter, year."),
        (["A,a,,5,2,"], "Red must not be less than yellow ($5)."),
        (["A,a,,5,,"], "Enter both lines, yellow and red, or neither."),
        (["Taken,other,,5,6,"], "A budget of this name covers something else."),
    ],
)
def test_what_cannot_be_is_said_beside_its_budget(
    maya: Person, lines: Sequence[str], says: str
) -> None:
    budget(10, 20, name="Taken")

    found = plan(maya, "name,team,period,yellow,red,effective_from", *lines, "B,b,,1,2,")

    assert [entry.action for entry in found.entries] == ["wrong", "new"]
    assert wrong(found)[0].startswith(says)
    assert not found.can_be_saved


@committing
def test_owners_and_recipients_must_be_reachable(maya: Person) -> None:
    header = "name,team,yellow,red,owner,recipients"

    found = plan(maya, header, "A,a,1,2,nobody@x.org,", "B,b,1,2,,not-an-address")

    assert wrong(found) == [
        "Nobody signs in as nobody@x.org. Invite them first.",
        "not-an-address is no e-mail address.",
    ]
    tom = person("executive", name="Tom")
    saving(plan(maya, header, f"A,a,1,2,{tom.email.upper()},a@x.org; b@x.org"))
    made = Budget.objects.get()
    assert (made.owner, made.recipients) == (tom, ["a@x.org", "b@x.org"])


@committing
def test_all_or_nothing_also_when_somebody_is_quicker(maya: Person) -> None:
    budget(10, 20, name="Old", owner=maya)
    found = plan(maya, "name,yellow,red", "New,1,2", "Old,10,25")
    revise(Budget.objects.get(), lines=[line(1, 2)], now=NOW, by="Tom")

    with pytest.raises(ChangedMeanwhile):
        saving(found)

    assert list(Budget.objects.values_list("name", flat=True)) == ["Old"]
    assert found.mark != plan(maya, "name,yellow,red", "New,1,2", "Old,10,25").mark


@committing
def test_changed_lines_need_a_reason(maya: Person) -> None:
    budget(10, 20, name="Old", owner=maya)
    found = plan(maya, "name,yellow,red", "New,1,2", "Old,10,25")

    with pytest.raises(BudgetRefused, match="Row 3, Old: Say why"):
        carry_out(found, reason="", now=NOW, by="Maya")

    assert Budget.objects.count() == 1


@committing
def test_a_column_that_is_not_there_changes_nothing(maya: Person) -> None:
    tom = person("executive", name="Tom")
    budget(10, 20, name="A", owner=tom, recipients=["a@x.org"], workflow_share=Decimal(30), now=NOW)

    assert said(plan(maya, "name,yellow,red", "A,10,20")) == [("A", "unchanged")]
    off = plan(maya, "name,yellow,red,workflow_share", "A,10,20,off")
    assert [str(each) for each in off.entries[0].changes] == ["Share of one workflow 30% → off."]


@committing
def test_the_template_can_be_uploaded(maya: Person) -> None:
    person("finance", name="finance")

    found = sheet_plan.plan(read_sheet(template().encode()), now=NOW, person=maya, currency="USD")

    assert [entry.action for entry in found.entries] == ["new", "new"]
    assert saving(found) == 2


# --- out and back -------------------------------------------------------------------------------

HOSTILE = (
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "'quoted",
    "''twice",
    "'=both",
    'a "b", c; d',
    "😀 \N{RIGHT-TO-LEFT OVERRIDE}x",
    "<script>alert(1)</script>",
)


@committing
def test_what_is_exported_can_be_uploaded_again_unchanged(maya: Person) -> None:
    for place, name in enumerate(HOSTILE):
        budget(
            place,
            place + 1,
            name=name,
            scope={"team": name, "model": "gpt-4o"},
            owner=maya if place % 2 else None,
            recipients=["a@x.org", "b@x.org"][: place % 3],
            workflow_share=Decimal("12.5") if place % 2 else None,
            period=["day", "week", "month", "quarter", "year"][place % 5],
        )
    grid = [line(1, 2, 3), line(4, 5, starts=DECEMBER), line(0, 0, starts=date(2027, 2, 1))]
    budget(name="Months", lines=grid)
    revise(
        Budget.objects.get(name="Months"),
        lines=[line(7, 8)],
        effective_from=date(2027, 1, 1),
        now=NOW,
        by="Tom",
    )
    budget(name="No lines", lines=[])
    budget(name="Ahead", effective_from=DECEMBER)
    gone = budget(name="Gone")
    stop(gone, from_day=NOVEMBER, now=NOW, by="Tom")

    written = export(NOW)
    found = sheet_plan.plan(read_sheet(written.encode()), now=NOW, person=maya, currency="USD")

    assert wrong(found) == []
    assert {entry.action for entry in found.entries} == {"unchanged"}
    assert sorted(entry.name for entry in found.entries) == sorted(
        [*HOSTILE, "Months", "No lines", "Ahead"]
    )
    cells = [cell for row in csv.reader(io.StringIO(written)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


@committing
def test_the_export_names_every_column(maya: Person) -> None:
    assert export(NOW).splitlines() == [",".join(COLUMNS)]


@committing
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(
        lambda text: text.strip()
    )
)
def test_any_name_comes_back_as_it_went(maya: Person, name: str) -> None:
    Budget.objects.all().delete()
    budget(name=name, scope={"team": name})

    (entry,) = sheet_plan.plan(
        read_sheet(export(NOW).encode()), now=NOW, person=maya, currency="USD"
    ).entries

    assert (entry.action, entry.errors, entry.first.errors) == ("unchanged", [], [])
