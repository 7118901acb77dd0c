"""Caps and violations as rows of tables: what stands in each cell, already in words."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from finops.caps import words
from finops.caps.kinds import KINDS
from finops.caps.standing import Standing, Violation
from finops.models import Cap


class CapRow(NamedTuple):
    """A cap: its limit in words, how many runs are beyond it, and the dollars."""

    cap: Cap
    limit: str
    of_all: str
    broken: int
    beyond: Decimal | None


class ViolationRow(NamedTuple):
    """A run beyond a cap, with limit and value in words."""

    found: Violation
    limit: str
    value: str


def cap_rows(stands: Standing, currency: str) -> list[CapRow]:
    """Give a row for each cap that holds."""
    return [
        CapRow(
            each.cap,
            each.kind.limit(each.cap.limit, currency),
            words.of_all(each, stands.runs),
            each.broken,
            each.beyond,
        )
        for each in stands.caps
    ]


def violation_rows(stands: Standing, currency: str) -> list[ViolationRow]:
    """Give a row for each listed violation."""
    return [
        ViolationRow(
            each,
            each.kind.limit(each.limit, currency),
            each.kind.value(each.value, currency),
        )
        for each in stands.violations
    ]


def limit_of(cap: Cap, currency: str) -> str:
    """Write the limit of a cap."""
    return KINDS[cap.kind].limit(cap.limit, currency)
