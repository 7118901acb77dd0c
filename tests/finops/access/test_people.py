"""Who can be made, changed and sent away; and that somebody can always administer."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator, default_token_generator
from django.utils.http import urlsafe_base64_decode

from finops.access import people
from finops.access.rights import Right, may
from finops.models import Person
from tests.finops.access.people_at_hand import person
from tests.finops.ledger.side_by_side import at_once


@pytest.mark.django_db
class TestOneAtATime:
    def test_somebody_invited_cannot_sign_in_yet(self) -> None:
        invited = people.invite(email=" Ann@Example.com ", name="Ann", role="finance")

        assert (invited.email, invited.role, invited.is_active) == (
            "ann@example.com",
            "finance",
            True,
        )
        assert not invited.has_usable_password()

    def test_an_address_belongs_to_one_person_whatever_its_case(self) -> None:
        people.invite(email="ann@example.com", name="Ann", role="viewer")

        with pytest.raises(ValueError, match="already here"):
            people.invite(email="ANN@example.com", name="Another", role="viewer")
        assert Person.objects.count() == 1

    @pytest.mark.parametrize("role", ["", "root", "Admin"])
    def test_there_are_no_other_roles(self, role: str) -> None:
        with pytest.raises(ValueError, match="no role"):
            people.invite(email="ann@example.com", name="Ann", role=role)
        with pytest.raises(ValueError, match="no role"):
            people.change_role(person().pk, role)

    def test_a_role_changes_what_somebody_may(self) -> None:
        ann = person("viewer")

        assert may(people.change_role(ann.pk, "finance"), Right.SET_MONEY)
        assert not may(people.change_role(ann.pk, "viewer"), Right.SET_MONEY)

    def test_whoever_was_sent_away_may_nothing_until_they_are_taken_back(self) -> None:
        ann = person("finance")

        assert not may(people.deactivate(ann.pk), Right.SEE)
        assert may(people.reactivate(ann.pk), Right.SET_MONEY)

    @pytest.mark.parametrize(
        "remove", [people.deactivate, lambda pk: people.change_role(pk, "viewer")]
    )
    def test_the_last_active_admin_stays(self, remove: object) -> None:
        last = person("admin")
        person("admin", name="Gone", is_active=False)

        with pytest.raises(ValueError, match="last active admin"):
            remove(last.pk)  # type: ignore[operator]
        last.refresh_from_db()
        assert (last.role, last.is_active) == ("admin", True)

    def test_one_of_two_admins_may_go_and_an_admin_may_stay_one(self) -> None:
        first, second = person("admin", name="One"), person("admin", name="Two")

        people.change_role(second.pk, "admin")
        people.deactivate(first.pk)

        with pytest.raises(ValueError, match="last active admin"):
            people.deactivate(second.pk)

    def test_an_admin_of_the_demo_is_no_admin_of_the_organisation(self) -> None:
        own, made_up = person("admin", name="Own"), person("admin", name="Demo", is_sample=True)

        with pytest.raises(ValueError, match="last active admin"):
            people.deactivate(own.pk)
        people.deactivate(made_up.pk)

    def test_nobody_is_not_found(self) -> None:
        for change in (
            people.deactivate,
            people.reactivate,
            lambda pk: people.change_role(pk, "viewer"),
        ):
            with pytest.raises(Person.DoesNotExist):
                change(0)


@pytest.mark.django_db
class TestLinks:
    def test_a_link_is_of_one_person_and_works_once(self) -> None:
        ann, bob = person(name="Ann"), person(name="Bob")
        who, token = people.password_link(ann)

        assert int(urlsafe_base64_decode(who)) == ann.pk
        assert default_token_generator.check_token(ann, token)
        assert not default_token_generator.check_token(bob, token)
        ann.set_password("a long and plain sentence")
        ann.save()
        assert not default_token_generator.check_token(ann, token)

    def test_a_link_grows_old(self) -> None:
        ann = person(name="Ann")
        _, token = people.password_link(ann)

        for age, works in (
            (timedelta(days=2, hours=23), True),
            (timedelta(days=3, seconds=5), False),
        ):
            later = default_token_generator._now() + age
            with patch.object(PasswordResetTokenGenerator, "_now", lambda _, at=later: at):
                assert default_token_generator.check_token(ann, token) == works

    def test_there_is_none_for_somebody_who_was_sent_away(self) -> None:
        with pytest.raises(ValueError, match="deactivated"):
            people.password_link(person(is_active=False))


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("attempt", range(3))
def test_of_two_admins_who_remove_each_other_at_once_one_stays(attempt: int) -> None:
    first, second = person("admin", name="One"), person("admin", name="Two")

    def remove(pk: int) -> bool:
        try:
            people.change_role(pk, "viewer") if attempt % 2 else people.deactivate(pk)
        except ValueError:
            return False
        return True

    went = at_once(lambda: remove(second.pk), lambda: remove(first.pk))

    assert sorted(went) == [False, True]
    assert Person.objects.filter(role="admin", is_active=True).count() == 1
