"""What real calls still use of things that came with the sample data."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Final

from django.db import connection

#: One reading of all calls. Every use is a pair: what it is of, and its number or value.
_USES: Final = """
SELECT DISTINCT uses.kind, uses.value
FROM calls
CROSS JOIN LATERAL (
    VALUES
        ('source', source_id::text), ('price', price_id::text), ('feature', feature),
        ('team', team), ('customer', customer), ('workflow', workflow)
    UNION ALL
    SELECT 'rule', rule.value FROM jsonb_each_text(attributed_by) AS rule
) AS uses (kind, value)
WHERE uses.value IS NOT NULL
"""


class Removal:
    """One removal: when it takes place, and what real calls use once the sample's are gone."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def leaves_in_use(self, kind: str, value: object) -> bool:
        """Say whether a real call uses a ``source``, ``price``, ``rule`` or dimension's value.

        Asked only after the sample's own calls have been deleted.
        """
        return (kind, str(value)) in self._uses

    @cached_property
    def _uses(self) -> frozenset[tuple[str, str]]:
        with connection.cursor() as cursor:
            cursor.execute(_USES)
            return frozenset(cursor.fetchall())
