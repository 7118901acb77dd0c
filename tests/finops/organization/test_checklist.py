"""The first things to do are done when they are, and sample data does not count."""

from __future__ import annotations

import pytest

from finops.models import DimensionValue, Source
from finops.organization.checklist import Done, done
from tests.finops.access.people_at_hand import person
from tests.finops.ledger.usage import call, import_rows

pytestmark = pytest.mark.usefixtures("ledger")

NOTHING = Done(calls=False, names=False, people=False, prices=False)


def test_at_first_nothing_is() -> None:
    person("admin")

    assert done() == NOTHING


def test_sample_data_does_not_count() -> None:
    Source.objects.create(name="sample", is_sample=True)
    import_rows(call(id="1"), source="sample")
    for name in ("One", "Two"):
        person(name=name, is_sample=True)
    DimensionValue.objects.create(dimension="team", value="ml", display_name="ML", is_sample=True)

    assert done() == NOTHING


def test_what_is_there_does() -> None:
    import_rows(call(id="1"))
    assert done() == NOTHING._replace(calls=True, prices=True)

    import_rows(call(id="2", model="our-own-model"))
    assert done() == NOTHING._replace(calls=True)

    DimensionValue.objects.create(dimension="team", value="ml", business_owner=person(name="One"))
    person(name="Two")
    assert done() == Done(calls=True, names=True, people=True, prices=False)


def test_whoever_left_and_a_value_without_a_name_do_not_count() -> None:
    person(name="One")
    person(name="Two", is_active=False)
    DimensionValue.objects.create(dimension="team", value="ml")

    assert done() == NOTHING
