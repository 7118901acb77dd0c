"""The change log: who, when, from what to what; and what must never be in it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from auditlog.models import LogEntry
from django.apps import apps
from django.core.management import call_command

from finops.access import change_log, people
from finops.access.change_log import Wanted
from finops.access.changes import AUDITED, acting, unrecorded
from finops.access.keys import create_key, revoke_key, set_rate
from finops.installation import install
from finops.ledger.sources import source_named
from finops.models import AttributionRule, DimensionValue, ModelAlias, Organization, Price, Rate
from finops.pricing.seed import seed_price_book
from tests.finops.access.people_at_hand import PASSWORD, person
from tests.finops.ledger.usage import call, import_rows

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)


def changes(**wanted: object) -> list[change_log.Change]:
    return list(change_log.read(change_log.entries(Wanted(**wanted))))  # type: ignore[arg-type]


def everything_written() -> str:
    return json.dumps(list(LogEntry.objects.values()), default=str)


@pytest.mark.django_db
class TestWhatIsWritten:
    def test_a_change_says_who_did_what_from_what_to_what(self) -> None:
        admin = person("admin", name="Ann")
        organization = Organization.current()

        with acting(admin):
            organization.name = "Acme"
            organization.save()

        (change,) = changes(kind="Organisation")
        assert (change.who, change.action, change.thing) == ("Ann", "Changed", "Acme")
        assert change.fields == (change_log.Field("name", "", "Acme"),)

    def test_owners_are_written_as_people_are_called(self) -> None:
        ann, bob = person(name="Ann"), person(name="Bob")
        value = DimensionValue.objects.create(dimension="team", value="growth", business_owner=ann)

        value.business_owner = bob
        value.save()

        assert changes(kind="Name and owners")[0].fields == (
            change_log.Field("business owner", "Ann", "Bob"),
        )

    def test_somebody_who_was_forgotten_is_still_named_by_address(self) -> None:
        admin = person("admin", name="Ann")
        with acting(admin):
            people.invite(email="bob@example.com", name="Bob", role="viewer")
        LogEntry.objects.filter(actor=admin).update(actor=None)

        assert changes(kind="Person")[0].who == "ann@example.com"

    def test_what_a_command_does_is_nobodys(self) -> None:
        source_named("service")

        assert changes(kind="Source")[0].who == change_log.NOBODY

    def test_a_change_of_nothing_is_not_written(self) -> None:
        organization = Organization.current()
        organization.save()

        assert changes(kind="Organisation") == []

    def test_decimals_keep_their_digits(self) -> None:
        price = Price.objects.create(provider="own", model="m", source="finance")
        rate = Rate.objects.create(price=price, kind="input", amount=Decimal("0.000000000012"))
        rate.amount = Decimal("2.50")
        rate.save()

        assert changes(kind="Rate")[0].fields == (
            change_log.Field("amount", "0.000000000012", "2.50"),
        )


@pytest.mark.django_db
class TestWhatIsNeverWritten:
    def test_no_password_and_no_hash_but_that_it_changed(self) -> None:
        ann = person(name="Ann", password=PASSWORD)
        first = ann.password
        ann.set_password("another long sentence")
        ann.save()

        changed = changes(kind="Person")[0]
        assert changed.fields == (change_log.Field("password", "not shown", "not shown"),)
        written = everything_written()
        for secret in (first, ann.password, PASSWORD, "another long sentence", "pbkdf2", "md5$"):
            assert secret not in written

    def test_no_secret_of_a_key_and_no_hash_of_it(self) -> None:
        key, token = create_key(name="loader", source=source_named("service"), scope="write")
        set_rate(key, 10)
        revoke_key(key, NOW)

        written = everything_written()
        assert key.prefix in written
        assert token.rsplit("_", 1)[1] not in written
        assert key.secret_hash not in written
        kinds = [
            (change.action, [field.name for field in change.fields])
            for change in changes(kind="API key")
        ]
        assert kinds[0] == ("Changed", ["revoked at"])
        assert kinds[1] == ("Changed", ["requests per minute"])
        assert kinds[2][0] == "Added"

    def test_no_sign_in(self) -> None:
        ann = person(name="Ann")
        before = LogEntry.objects.count()
        ann.last_login = NOW
        ann.save(update_fields=["last_login"])

        assert LogEntry.objects.count() == before

    def test_every_watched_table_hides_what_sounds_secret(self) -> None:
        for watched in AUDITED:
            names = {field.name for field in watched.model._meta.fields}
            secret = {name for name in names if re.search("hash|password|secret|token$", name)}
            assert secret <= {*watched.left_out, *watched.not_shown}, watched.name


@pytest.mark.django_db
class TestWhatSetsUpAnInstallation:
    def test_the_price_book_and_the_default_rules_are_no_changes(self) -> None:
        with unrecorded():
            ModelAlias.objects.all().delete()
        before = LogEntry.objects.count()

        assert seed_price_book().aliases > 1_000
        with unrecorded():
            Organization.objects.all().delete()
            AttributionRule.objects.all().delete()
        install()

        assert LogEntry.objects.count() == before


@pytest.mark.django_db
class TestReading:
    def test_by_person_kind_and_day(self) -> None:
        ann, bob = person("admin", name="Ann"), person("admin", name="Bob")
        with acting(ann):
            source_named("one")
        with acting(bob):
            source_named("two")
            people.invite(email="eve@example.com", name="Eve", role="viewer")
        LogEntry.objects.filter(object_repr="two").update(timestamp=NOW)

        assert [change.thing for change in changes(person=ann.pk)] == ["one"]
        assert {change.thing for change in changes(person=bob.pk)} == {"two", "Eve"}
        assert [change.thing for change in changes(person=bob.pk, kind="Source")] == ["two"]
        day = {"since": NOW, "until": NOW + timedelta(days=1)}
        assert [change.thing for change in changes(**day)] == ["two"]
        assert changes(since=NOW - timedelta(days=1), until=NOW) == []
        assert [who.name for who in change_log.authors()] == ["Ann", "Bob"]

    def test_a_table_has_a_row_for_each_field(self) -> None:
        with acting(person("admin", name="Ann")):
            Organization.objects.get().delete()

        header, rows = change_log.as_table(
            change_log.read(change_log.entries(Wanted(kind="Organisation")))
        )

        assert header == ["time", "who", "kind", "thing", "action", "field", "before", "after"]
        assert {(row[1], row[4]) for row in rows} == {("Ann", "Removed")}
        assert [row[5] for row in rows] == ["currency", "fiscal year start month", "time zone"]


def test_every_setting_is_watched_or_no_setting() -> None:
    """A new table is either named in ``AUDITED`` or here, with the reason."""
    no_settings = {
        "AcceptedShare": "has a history of its own",
        "AddedNote": "only ever added",
        "Alert": "says who acknowledged it, and when",
        "ApiKeyMinute": "a counter",
        "BillSnapshot": "says who decided, when and why",
        "BudgetLine": "part of a revision",
        "AllocationRun": "a history itself, with all that went in",
        "AllocationShare": "computed",
        "BudgetRevision": "the history of a budget's lines itself",
        "BudgetStanding": "computed",
        "CapCheck": "a watermark",
        "CapViolation": "found",
        "Confirmation": "says who and when, and is frozen with its review",
        "Crossing": "found",
        "Decision": "says who and when, and is frozen with its review",
        "Delivery": "a log itself",
        "DriverValue": "data, which says who uploaded it and when",
        "ForecastOverride": "has a history of its own",
        "Import": "has a history of its own",
        "Reconciliation": "computed",
        "ReconciliationEvent": "a history itself",
        "ReconciliationLine": "computed",
        "RejectedRow": "data",
        "Revaluation": "has a history of its own, with before-images",
        "ReviewNote": "says who and when, and is frozen with its review",
        "ReviewVersion": "never changes",
        "StatusChange": "a history itself",
    }
    tables = {
        model.__name__
        for app in ("finops", "ingest")
        for model in apps.get_app_config(app).get_models()
    }

    assert tables - {watched.model.__name__ for watched in AUDITED} <= set(no_settings) | {
        "Upload",
        "PriceProposal",
    }


@pytest.mark.usefixtures("ledger")
def test_a_key_revoked_at_the_terminal_is_on_record() -> None:
    key, _ = create_key(name="loader", source=None, scope="read")

    call_command("apikey", "revoke", key.prefix, verbosity=0)

    assert [change.action for change in changes(kind="API key")] == ["Changed", "Added"]


@pytest.mark.usefixtures("ledger")
def test_an_import_writes_that_its_source_is_new_and_no_more() -> None:
    import_rows(*(call(id=str(n)) for n in range(50)), source="service")
    assert [change.kind for change in changes()] == ["Source"]

    import_rows(*(call(id=str(n)) for n in range(50, 100)), source="service")
    assert len(changes()) == 1
