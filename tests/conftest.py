"""What all tests share: a database of their own, and a ledger that each finds empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.test.utils import setup_databases, teardown_databases

ROOT = Path(__file__).resolve().parents[1]

# How fast examples come says something about the machine, which other tests share.
hypothesis.settings.register_profile(
    "costline", suppress_health_check=[hypothesis.HealthCheck.too_slow], deadline=None
)
hypothesis.settings.load_profile("costline")

#: Filled by imports and refreshes; settings, rules and prices stay.
LEDGER_TABLES = (
    "calls",
    "call_keys",
    "call_evidence",
    "call_before_images",
    "stale_hours",
    "refreshed_days",
    "cost_by_hour",
    "cost_by_day",
    "cost_by_day_full",
    "runs",
    "run_workflows",
    "run_cost_sketch",
    "charge_before_images",
    "charges_by_month",
    "charges_by_day",
    "charges",
    "finops_billsnapshot",
    "finops_exchangerate",
    "finops_reconciliationline",
    "finops_reconciliation",
    "finops_reconciliationevent",
    "finops_reconciliationtolerance",
    "finops_allocationshare",
    "finops_allocationrun",
    "finops_poolsplit",
    "finops_costpool",
    "finops_drivervalue",
    "finops_monthclose",
    "finops_addednote",
    "finops_confirmation",
    "finops_reviewnote",
    "finops_action",
    "finops_decision",
    "finops_reviewversion",
    "finops_review_attendees",
    "finops_review",
    "finops_delivery",
    "finops_alert",
    "finops_endpoint",
    "finops_capviolation",
    "finops_cap",
    "finops_crossing",
    "finops_statuschange",
    "finops_budgetstanding",
    "finops_forecastoverride",
    "finops_acceptedshare",
    "finops_budgetline",
    "finops_budgetrevision",
    "finops_budget",
    "ingest_rejectedrow",
    "ingest_import",
    "finops_revaluation",
    "finops_dimensionvalue",
    "finops_apikeyminute",
    "finops_apikey",
    "finops_source",
    "finops_zonechange",
    "auditlog_logentry",
    "axes_accessattempt",
    "django_session",
    "finops_person",
)


def empty_ledger() -> None:
    """Leave an installation as its first migration left it, but for prices and rules."""
    from django.db import connection

    from finops.models import AlertSettings, CapCheck, Organization

    AlertSettings(pk=1).save()
    CapCheck(pk=1).save()
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"DELETE FROM {table}" for table in LEDGER_TABLES))
        # What a test killed in mid-import left, which housekeeping would find after a while.
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'staging'")
        for (staged,) in cursor.fetchall():
            cursor.execute(f'DROP TABLE staging."{staged}" CASCADE')
    Organization.objects.update(name="", time_zone="UTC", currency="USD", fiscal_year_start_month=1)


def end_other_sessions() -> None:
    """End what threads of tests have left open, say of a server that a browser kept busy."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: object, django_db_modify_db_settings: None
) -> Iterator[None]:
    """Make the test database for every session: tests that commit carry no django_db mark."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        made = setup_databases(verbosity=0, interactive=False)
    yield
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        end_other_sessions()
        teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session", autouse=True)
def quick_passwords(django_test_environment: None) -> Iterator[None]:
    """Hashing a password is slow on purpose; done for a thousand people, it is a third of a run."""
    quick = "django.contrib.auth.hashers.MD5PasswordHasher"
    # The others stay: processes that tests start hash as they always do.
    with override_settings(PASSWORD_HASHERS=[quick, *settings.PASSWORD_HASHERS]):
        yield


@pytest.fixture
def ledger(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    """The real, committing database: imports publish, and workers see each other."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        empty_ledger()
        yield
        empty_ledger()


@pytest.fixture
def shared_data() -> Path:
    """Real files of other people, where they are at hand."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared data folder is not here")
    return folder


@pytest.fixture
def signed_in() -> Callable[[str], Client]:
    """Give a client that is signed in as a person of a role, made when there is none."""
    return client_of


def client_of(role: str) -> Client:
    """Sign somebody of that role in."""
    from finops.models import Person

    person = Person.objects.filter(role=role, email=f"{role}@test.example").first()
    if person is None:
        person = Person.objects.create_user(
            f"{role}@test.example", "a long passphrase", name=f"Test {role}", role=role
        )
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client
