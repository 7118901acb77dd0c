"""Columns for money: PostgreSQL NUMERIC without a fixed scale, Decimal in Python."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models


class MoneyField(models.Field):  # type: ignore[type-arg]  # generic for mypy, not at run time
    """An exact amount of any precision (12 and more decimals occur); never rounded by storage."""

    def db_type(self, connection: Any) -> str:
        """Name the column type: NUMERIC, which keeps every digit it is given."""
        return "numeric"

    def get_internal_type(self) -> str:
        """Let Django treat it as no DecimalField, so that no scale is enforced."""
        return "MoneyField"

    def to_python(self, value: Any) -> Decimal | None:
        """Read form and fixture values; raises ``decimal.InvalidOperation`` for nonsense."""
        return None if value is None else Decimal(value)

    def get_prep_value(self, value: Any) -> Decimal | None:
        """Refuse floats: they have lost digits already."""
        if isinstance(value, float):
            raise TypeError("money is Decimal, never float")
        return self.to_python(value)
