"""People as reviews and actions write them down."""

from __future__ import annotations

from finops.models import Person
from finops.reviews.document import PersonRow


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
