"""The first admin: made once, by whoever has the token."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from finops.access import change_log
from finops.models import Organization, Person, ZoneChange
from finops.organization import first_run
from finops.organization.first_run import Answers, FirstRunOver
from finops.runtime import start_token
from tests.finops.access.people_at_hand import person
from tests.finops.ledger.side_by_side import at_once
from tests.finops.ledger.usage import call, import_rows

pytestmark = pytest.mark.usefixtures("ledger")

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def answers(**changed: Any) -> Answers:
    return Answers(
        email="Ann@Example.com",
        name="Ann",
        password="a long and plain sentence",
        organization="Acme",
        time_zone="Europe/Berlin",
        currency="EUR",
        fiscal_year_start_month=4,
    )._replace(**changed)


@pytest.fixture(autouse=True)
def _no_token() -> Iterator[None]:
    start_token.burn()
    yield
    start_token.burn()


class TestTheToken:
    def test_is_made_once_and_closed_to_others(self) -> None:
        token = start_token.make()

        assert start_token.make() == start_token.read() == token
        assert len(token.replace("-", "")) == 24
        assert stat.S_IMODE(start_token._path().stat().st_mode) == 0o600

    def test_is_forgiven_its_case_and_spaces_and_nothing_else(self) -> None:
        token = start_token.make()

        assert first_run.is_token(f" {token.lower()}\n")
        for wrong in ("", token[:-1], token + "A", "-" * 29, "é", "\x00"):
            assert not first_run.is_token(wrong)

    def test_is_printed_until_there_is_an_admin(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("starttoken")
        assert capsys.readouterr().out.strip() == start_token.read()

        person("admin")
        with pytest.raises(CommandError, match="exists already"):
            call_command("starttoken")
        assert start_token.read() is None

    def test_is_burned_at_its_use(self) -> None:
        token = start_token.make()
        first_run.begin(answers(), now=NOW)

        assert start_token.read() is None
        assert not first_run.is_token(token)


class TestBeginning:
    def test_makes_the_admin_and_describes_the_organisation(self) -> None:
        admin = first_run.begin(answers(), now=NOW)

        assert (admin.email, admin.role, admin.check_password("a long and plain sentence")) == (
            "ann@example.com",
            "admin",
            True,
        )
        organization = Organization.current()
        assert (
            organization.name,
            organization.time_zone,
            organization.currency,
            organization.fiscal_year_start_month,
        ) == ("Acme", "Europe/Berlin", "EUR", 4)
        assert first_run.is_over()
        changed = change_log.read(change_log.entries(change_log.Wanted(kind="Organisation")))
        assert {change.who for change in changed} == {"Ann"}

    def test_leaves_the_clock_to_a_worker_where_calls_were_imported_before(self) -> None:
        import_rows(call(id="1"))

        first_run.begin(answers(currency="USD"), now=NOW)

        assert Organization.current().time_zone == "UTC"
        assert ZoneChange.objects.get().status == ZoneChange.QUEUED

    @pytest.mark.parametrize(
        "unusable",
        [{"currency": "euro"}, {"time_zone": "Mars/Olympus"}, {"fiscal_year_start_month": 0}],
    )
    def test_with_unusable_answers_changes_nothing(self, unusable: dict[str, Any]) -> None:
        token = start_token.make()

        with pytest.raises(ValueError):  # noqa: PT011 - each says something else
            first_run.begin(answers(**unusable), now=NOW)

        assert not first_run.is_over()
        assert Organization.current().name == ""
        assert first_run.is_token(token)

    def test_twice_is_refused(self) -> None:
        first_run.begin(answers(), now=NOW)

        with pytest.raises(FirstRunOver):
            first_run.begin(answers(email="eve@example.com"), now=NOW)
        assert Person.objects.count() == 1

    def test_twice_at_once_makes_one_admin(self) -> None:
        def begin(address: str) -> str:
            try:
                return first_run.begin(answers(email=address), now=NOW).email
            except FirstRunOver:
                return "late"

        done = at_once(lambda: begin("ann@example.com"), lambda: begin("eve@example.com"))

        assert "late" in done
        assert Person.objects.filter(role="admin").count() == 1

    def test_with_the_address_of_somebody_of_the_demo_is_refused(self) -> None:
        person("viewer", name="Ann", is_sample=True)

        with pytest.raises(ValueError, match="already here"):
            first_run.begin(answers(), now=NOW)


def test_it_is_over_with_the_first_admin_of_ones_own() -> None:
    assert (first_run.is_over(), first_run.comes_first()) == (False, True)
    person("admin", name="Demo", is_sample=True)
    assert (first_run.is_over(), first_run.comes_first()) == (False, False)
    person("finance")
    person("admin", name="Gone", is_active=False)
    assert not first_run.is_over()
    person("admin", name="Own")
    assert (first_run.is_over(), first_run.comes_first()) == (True, False)
