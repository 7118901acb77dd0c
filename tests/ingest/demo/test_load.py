"""Loading: once is once, whatever was there, however often, and whoever is first."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from finops.ledger.sources import has_sample_data
from finops.models import AttributionRule, DimensionValue, Person, Price, Source
from finops.rollups.queries import Scope, costs
from finops.runtime import paths
from ingest.demo import demo, people, writing
from ingest.demo.story import SAMPLE, story_until
from ingest.generator.demo_company import Calendar, Gateway
from ingest.models import Import
from tests.finops.ledger.side_by_side import at_once
from tests.finops.ledger.usage import PROJECTIONS, assert_parity, call, import_rows, state

from .conftest import FEW, NOW, Load, remove


def password_file() -> Path:
    return paths.data_dir() / "secrets/demo-password"


def password() -> str:
    return password_file().read_text().strip()


def projections() -> dict[str, list[str]]:
    """What the pages read: it knows no numbers of prices and rules."""
    return {table: rows for table, rows in state().items() if table in PROJECTIONS}


def test_a_second_load_changes_nothing(load: Load) -> None:
    first = load()
    before, imports = state(), list(Import.objects.values_list("pk", "status"))

    again = load(now=NOW + timedelta(days=2))

    assert again == first
    assert state() == before
    assert list(Import.objects.values_list("pk", "status")) == imports
    assert Person.objects.filter(is_sample=True).count() == 6
    assert AttributionRule.objects.filter(created_by=SAMPLE).count() == 6
    assert Price.objects.filter(approved_by=SAMPLE).count() == 2


def test_it_can_be_loaded_again_after_it_was_removed(load: Load) -> None:
    load()
    before = projections()
    remove()
    assert not any(projections().values())

    load()

    assert projections() == before


def test_calls_come_by_three_sources_in_three_formats(load: Load) -> None:
    load()

    imports = Import.objects.filter(created_by=SAMPLE).order_by("source__name")
    assert [(job.source and job.source.name, job.format) for job in imports] == [
        ("litellm-sample", "litellm"),
        ("sample-batch", "mapped"),
        ("sample-gateway", "costline"),
    ]
    assert {job.rejected + job.duplicates for job in imports} == {0}
    assert all(Source.objects.values_list("is_sample", flat=True))


def test_a_load_that_failed_half_way_goes_on(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Gateway.write

    def breaks(gateway: Gateway, path: Path, calendar: Calendar) -> None:
        if gateway.source == "sample-gateway":
            raise OSError("disk full")
        write(gateway, path, calendar)

    with monkeypatch.context() as patch:
        patch.setattr(Gateway, "write", breaks)
        with pytest.raises(OSError, match="disk full"):
            load()
    assert demo.status().state == "partly"
    assert has_sample_data()

    assert load().calls == FEW
    assert Import.objects.filter(created_by=SAMPLE).count() == 3
    assert_parity()


def test_an_import_that_failed_is_tried_again(load: Load) -> None:
    load()
    (job, *_) = Import.objects.filter(created_by=SAMPLE)
    Import.objects.filter(pk=job.pk).update(status=Import.FAILED)

    assert demo.status().state == "partly"
    load()

    assert demo.status().state == "complete"
    assert costs(Scope()).total.calls == FEW


@pytest.mark.usefixtures("ledger")
def test_a_file_that_cannot_be_written_is_said() -> None:
    story = story_until(NOW, calls=FEW)

    with pytest.raises(ValueError, match="sample-gateway could not be written"):
        next(writing.written(story.gateways, story.calendar, Path("/nowhere")))


def test_two_at_once_wait_for_each_other(load: Load) -> None:
    heard: list[str] = []

    told = at_once(*2 * [lambda: demo.load(now=NOW, say=heard.append, calls=FEW)])

    assert told[0] == told[1]
    assert [words for words in heard if "waiting" in words] != []
    assert Import.objects.filter(created_by=SAMPLE).count() == 3
    assert costs(Scope()).total.calls == FEW


def test_a_real_source_of_that_name_is_left_alone(load: Load) -> None:
    import_rows(call(id="1"), source="sample-batch")

    with pytest.raises(ValueError, match="sample-batch holds calls of yours"):
        load()

    assert not has_sample_data()
    assert list(Source.objects.values_list("name", flat=True)) == ["sample-batch"]


def test_what_people_have_said_about_a_value_stays(load: Load) -> None:
    mine = DimensionValue.objects.create(
        dimension="team", value="customer-support", display_name="Care"
    )
    try:
        load()
        mine.refresh_from_db()
        assert (mine.display_name, mine.is_sample) == ("Care", False)
        remove()
        mine.refresh_from_db()
        assert mine.display_name == "Care"
    finally:
        mine.delete()


def test_values_have_readable_names_and_owners(load: Load) -> None:
    load()

    described = {
        (each.dimension, each.value): each
        for each in DimensionValue.objects.filter(is_sample=True).select_related("business_owner")
    }
    agent = described["workflow", "contract-review-agent"]
    assert len(described) == 6 + 5 + 12 + 60
    assert agent.display_name == "Contract review agent"
    assert agent.business_owner is not None
    assert agent.business_owner.email == "executive@demo.example"
    assert described["customer", "juniper-works"].display_name == "Juniper Works"


# --- people -------------------------------------------------------------------------------------


def assert_everybody_has(password: str) -> None:
    """All six share it, stored alike: to check one is slow enough."""
    first, *others = Person.objects.filter(is_sample=True)
    assert first.check_password(password)
    assert {other.password for other in others} == {first.password}


def test_everybody_signs_in_with_the_one_password(load: Load) -> None:
    load()

    assert stat.S_IMODE(password_file().stat().st_mode) == 0o600
    assert stat.S_IMODE((paths.data_dir() / "demo/sign-ins.txt").stat().st_mode) == 0o600
    assert_everybody_has(password())
    told = people.sign_ins()
    assert password() in told
    assert all(f"{person.email} " in told for person in Person.objects.filter(is_sample=True))


def test_each_installation_has_a_password_of_its_own(load: Load) -> None:
    load()
    first = password()
    remove()
    assert not password_file().exists()

    load()

    assert password() != first
    assert len(password()) == 14


def test_a_password_that_was_lost_is_made_anew_for_everybody(load: Load) -> None:
    load()
    password_file().unlink()

    load()

    assert_everybody_has(password())


def test_somebody_real_with_that_address_is_left_alone(load: Load) -> None:
    real = Person.objects.create_user("finance@demo.example", "mine", name="Real", role="viewer")
    try:
        load()
        assert Person.objects.filter(is_sample=True).count() == 5
        assert "finance@demo.example" not in people.sign_ins()
        remove()
        real.refresh_from_db()
        assert real.check_password("mine")
    finally:
        real.delete()


def test_sessions_go_with_their_people(load: Load) -> None:
    from django.contrib.sessions.models import Session

    load()
    real = Person.objects.create_user("ann@company.example", "mine", name="Ann", role="viewer")
    mine, sample = Client(), Client()
    mine.force_login(real, backend="django.contrib.auth.backends.ModelBackend")
    sample.force_login(
        Person.objects.get(email="viewer@demo.example"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    try:
        remove()
        assert [session.session_key for session in Session.objects.all()] == [
            mine.session.session_key
        ]
        assert not Person.objects.filter(is_sample=True).exists()
    finally:
        real.delete()
        Session.objects.all().delete()


# --- what is said -------------------------------------------------------------------------------


def test_status_says_how_much_is_there(load: Load) -> None:
    assert demo.status().as_json() == {"state": "absent", "calls": 0, "since": None, "until": None}

    load()

    told = json.loads(json.dumps(demo.status().as_json()))
    assert (told["state"], told["calls"]) == ("complete", FEW)
    assert told["until"] == "2025-11-21T15:20:00+00:00"


def test_nothing_of_it_is_in_the_change_log(load: Load) -> None:
    from auditlog.models import LogEntry

    before = LogEntry.objects.count()
    load()
    remove()

    assert LogEntry.objects.count() == before
