"""Changing what a source's word is worth."""

from __future__ import annotations

import pytest
from auditlog.models import LogEntry
from django.test import Client

from finops.models import Source
from finops.rollups.refresh import is_fresh, refresh
from tests.finops.ledger.usage import call, import_rows, total

FORM = {"role": "meter", "counts": "computed", "time_zone": ""}


def test_a_source_is_made_before_its_first_call(engineer: Client) -> None:
    answer = engineer.post("/data/sources/add/", FORM | {"name": " gateway "}, follow=True)

    assert "Saved." in answer.text
    assert Source.objects.get().name == "gateway"


def test_a_name_is_taken_once_and_has_a_length(engineer: Client) -> None:
    Source.objects.create(name="gateway")

    for name, wrong in (
        ("gateway", "There is a source of this name already."),
        ("n" * 201, "at most 200 letters"),
        ("", "This field is required"),
    ):
        answer = engineer.post("/data/sources/add/", FORM | {"name": name})
        assert answer.status_code == 422
        assert wrong in answer.text
    assert Source.objects.count() == 1


def test_changing_the_role_adds_every_total_up_again(engineer: Client, woken: list[str]) -> None:
    import_rows(call(), source="report")
    source = Source.objects.get()

    answer = engineer.post(f"/data/sources/{source.pk}/", FORM | {"role": "evidence"}, follow=True)

    assert "Every total is being added up again." in answer.text
    assert (woken, is_fresh()) == (["finops.refresh_rollups"], False)
    refresh()
    assert total().calls == 0


def test_the_name_of_a_source_stays(engineer: Client, woken: list[str]) -> None:
    source = Source.objects.create(name="gateway")

    engineer.post(
        f"/data/sources/{source.pk}/",
        FORM | {"name": "other", "counts": "reported", "time_zone": "Europe/Vienna"},
    )

    source.refresh_from_db()
    assert (source.name, source.counts, source.time_zone) == (
        "gateway",
        "reported",
        "Europe/Vienna",
    )
    assert woken == []


@pytest.mark.parametrize(
    ("field", "value"), [("role", "judge"), ("counts", "guessed"), ("time_zone", "Mars/Base")]
)
def test_what_makes_no_sense_is_not_saved(field: str, value: str, engineer: Client) -> None:
    source = Source.objects.create(name="gateway")

    answer = engineer.post(f"/data/sources/{source.pk}/", FORM | {field: value})

    assert answer.status_code == 422
    source.refresh_from_db()
    assert (source.role, source.counts, source.time_zone) == ("meter", "computed", "")


def test_a_change_is_recorded_with_who_made_it(engineer: Client) -> None:
    source = Source.objects.create(name="gateway")

    engineer.post(f"/data/sources/{source.pk}/", FORM | {"counts": "reported"})

    entry = LogEntry.objects.get_for_object(source).first()
    assert entry is not None
    assert entry.changes["counts"] == ["computed", "reported"]
    assert entry.actor.email == "engineering@test.example"


def test_whoever_may_only_look_sees_the_sources_and_changes_none(viewer: Client) -> None:
    source = Source.objects.create(name="gateway")

    page = viewer.get("/data/sources/").text

    assert "gateway" in page
    assert "Change" not in page
    assert (
        viewer.post(f"/data/sources/{source.pk}/", FORM | {"role": "evidence"}).status_code == 403
    )
    source.refresh_from_db()
    assert source.role == "meter"
