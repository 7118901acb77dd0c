"""People as reviews and actions write them down."""

from __future__ import annotations

from finops.models import DimensionValue, Person
from finops.reviews.document import PersonRow
from finops.sql import once_in_snapshot


@once_in_snapshot
def technical_owners() -> dict[tuple[str, str], str]:
    """Map dimensions and values to the name of whoever answers for them technically."""
    rows = DimensionValue.objects.exclude(technical_owner=None).values_list(
        "dimension", "value", "technical_owner__name", "technical_owner__email"
    )
    return {(dimension, value): name or email for dimension, value, name, email in rows}


def person_row(person: Person | None) -> PersonRow | None:
    """Write somebody down under the name they have now; None for nobody."""
    if person is None:
        return None
    return {
        "id": str(person.pk),
        "name": str(person),
        "role": person.role,
        "left": not person.is_active,
    }
