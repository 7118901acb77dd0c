"""``manage.py months``: the list, the checklist, closing and reopening."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from finops.models import MonthClose
from tests.finops.bills.charges import charge, land

pytestmark = pytest.mark.django_db


def months(*words: str) -> Any:
    out = StringIO()
    call_command("months", *words, "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture(autouse=True)
def an_old_bill() -> None:
    land(charge("2026-03-31"))


def test_it_lists_what_is_open() -> None:
    (month,) = months()["months"]

    assert (month["month"], month["state"], month["sha256"]) == ("2026-03", "open", None)


def test_it_goes_through_the_checklist() -> None:
    items = {item["code"]: item["is_done"] for item in months("--check", "2026-03")["items"]}

    assert (items["over"], items["unallocated"]) == (True, False)


def test_it_closes_and_opens_again() -> None:
    (month,) = months("--close=2026-03", "--reason=Known")["months"]
    assert (month["state"], month["closed_by"]) == ("closed", "command line")
    assert month["sha256"] == MonthClose.objects.get().sha256

    (month,) = months("--reopen=2026-03", "--reason=A credit")["months"]
    assert month["state"] == "open"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--close=2026-03"], "Say why"),
        (["--close=2026-04", "--reason=Known"], "nothing to close"),
        (["--close=March"], "a period reads 2026-10"),
        (["--reopen=2026-03", "--reason=Known"], "is open"),
        (["--close=2026-03", "--reopen=2026-03"], "not allowed"),
    ],
)
def test_it_refuses_with_the_reason(words: list[str], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        months(*words)
    assert not MonthClose.objects.exists()
