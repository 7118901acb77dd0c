"""Uploaded drivers: looked at row by row, saved whole or not at all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from finops.allocation.drivers import DriverPlan, driver_csv, known_drivers, plan, save
from finops.attribution.refusals import ChangedMeanwhile, Refused
from finops.models import DriverValue, MonthClose
from tests.finops.allocation.at_hand import NOW, OCTOBER

pytestmark = pytest.mark.django_db
D = Decimal
SHEET = b"month,target,value\n2026-10,search,600000\n2026-10,chat,300000.5\n"


def told(found: DriverPlan) -> list[tuple[str, str]]:
    """What becomes of whom."""
    return [(row.target, row.action) for row in found.rows]


def upload(data: bytes, name: str = "Requests") -> DriverPlan:
    """Look at a sheet and save it."""
    return save(name, data, looked=plan(name, data).mark, now=NOW, by="Maya")


def test_a_sheet_replaces_the_months_that_it_names() -> None:
    DriverValue.objects.create(driver="Requests", month=date(2026, 9, 1), target="old", value=D(7))
    upload(SHEET)
    after = b"\xef\xbb\xbfTarget;Month;Value\nsearch;2026-10;600,000\nbatch;2026-10;1\n"
    assert told(plan("Requests", after)) == [
        ("search", "unchanged"),
        ("batch", "new"),
        ("chat", "removed"),
    ]
    upload(after)
    stored = DriverValue.objects.order_by("month", "target").values_list("target", "value")
    assert list(stored) == [("old", D(7)), ("batch", D(1)), ("search", D(600000))]
    (known,) = known_drivers()
    assert (known.values, known.targets, known.last_month) == (3, 3, OCTOBER)


def test_what_is_written_out_is_read_in_again() -> None:
    upload(b"month,target,value\n2026-10,'=cmd()|x,1.25\n")
    assert DriverValue.objects.get().target == "=cmd()|x"
    written = driver_csv("Requests")
    assert "'=cmd()|x" in written
    assert told(plan("Requests", written.encode())) == [("=cmd()|x", "unchanged")]
    with pytest.raises(Refused, match="nothing would change"):
        upload(written.encode())


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("2026-10,search,-1", "0 or more"),
        ("2026-10,search,1e5", "is a number"),
        ("2026-10,search,", "is a number"),
        ("2026-10,search,NaN", "is a number"),
        ("2026-10,search,1.234.567", "is a number"),
        ("10/2026,search,1", "2026-10"),
        ("2026-13,search,1", "2026-1"),
        ("2026-10,,1", "cannot be a target"),
        ("2026-10,unallocated,1", "cannot be a target"),
        ("2026-10,chat,1", "Row 2 has this month and target"),
        ("2026-09,chat,1", "September 2026 is closed"),
        ("2026-10", "cannot be a target"),
    ],
)
def test_one_wrong_row_keeps_all_from_being_saved(row: str, says: str) -> None:
    MonthClose.objects.create(month=date(2026, 9, 1))
    data = f"month,target,value\n2026-10,chat,5\n{row}\n".encode()
    found = plan("Requests", data)
    (wrong,) = [each for each in found.rows if each.action == "wrong"]
    assert says in wrong.error
    with pytest.raises(Refused, match="Nothing was saved"):
        upload(data)
    assert not DriverValue.objects.exists()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "columns"),
        (b"PK\x03\x04", "no CSV"),
        (b"month,target\n", "columns"),
        (b'month,target,value\n"2026', "quotes"),
        (b"month,target,value\n\xff,1,2", "UTF-8"),
        (b"x" * 1_000_001, "larger than 1 MB"),
        (b"month,target,value\n" + b"2026-10,a,1\n" * 10_001, "more than 10,000 rows"),
    ],
)
def test_what_is_no_sheet_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(Refused, match=says):
        plan("Requests", data)


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\0b"])
def test_a_driver_has_a_name(name: str) -> None:
    with pytest.raises(Refused, match="name"):
        plan(name, SHEET)


def test_what_changed_meanwhile_is_not_written_over() -> None:
    looked = plan("Requests", SHEET).mark
    DriverValue.objects.create(driver="Requests", month=OCTOBER, target="chat", value=D(1))
    with pytest.raises(ChangedMeanwhile):
        save("Requests", SHEET, looked=looked, now=NOW, by="Maya")
