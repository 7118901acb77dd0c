"""Tables: fields, constraints, QuerySets. No workflow lives here."""

from __future__ import annotations

from finops.models.prices import ModelAlias, Price, Rate

__all__ = ["ModelAlias", "Price", "Rate"]
