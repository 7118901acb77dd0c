"""What a new installation has done so far, read from what is there and never ticked by hand."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection
from django.db.models import Q

from finops.models import DimensionValue, Person
from finops.sql import load_sql


class Done(NamedTuple):
    """Which of the first things are done; sample data counts for nothing."""

    calls: bool
    names: bool
    people: bool
    prices: bool


def done() -> Done:
    """Look at what is there. Prices are settled when calls have come and all of them have one."""
    with connection.cursor() as cursor:
        cursor.execute(load_sql("organization/count_own_calls.sql"))
        calls, unpriced = cursor.fetchone()
    described = ~Q(display_name="") | Q(business_owner__isnull=False)
    return Done(
        calls=calls > 0,
        names=DimensionValue.objects.filter(described, is_sample=False).exists(),
        people=Person.objects.filter(is_active=True, is_sample=False).count() > 1,
        prices=calls > 0 and unpriced == 0,
    )
