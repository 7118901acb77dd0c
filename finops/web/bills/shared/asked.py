"""Which month, whose cost, and which basis an address asks for."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from finops.allocation.inputs import BASES, USUAL_BASIS, USUAL_DIMENSION, check_question
from finops.allocation.report import parse_month
from finops.bills.monthly import bill_months
from finops.domain.periods import month_of
from finops.models import Organization
from finops.models.allocation import TARGET_DIMENSIONS


class Asked(NamedTuple):
    """A month of shared cost, by what it is split, on which basis."""

    month: date
    by: str
    basis: str
    currency: str

    @property
    def key(self) -> str:
        """The month as addresses spell it."""
        return f"{self.month:%Y-%m}"

    @property
    def name(self) -> str:
        """The month for people."""
        return f"{self.month:%B %Y}"

    @property
    def query(self) -> str:
        """The same question in another address."""
        return urlencode({"month": self.key, "by": self.by, "basis": self.basis})


def asked(request: HttpRequest) -> Asked:
    """Read the address; the latest month with a bill unless it says.

    Raises BadRequest (400) for what makes no sense.
    """
    return read(request.GET)


def read(given: QueryDict) -> Asked:
    """Read a question from parameters. Raises BadRequest."""
    by, basis = given.get("by", USUAL_DIMENSION), given.get("basis", USUAL_BASIS)
    organization = Organization.current()
    try:
        check_question(by, basis)
        said = given.get("month")
        month = parse_month(said) if said else _latest(organization)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    return Asked(month, by, basis, organization.currency)


def choices(question: Asked) -> dict[str, list[tuple[str, str]]]:
    """Offer other months, dimensions and bases."""
    months = sorted({*_months(), question.month}, reverse=True)
    return {
        "months": [(f"{month:%Y-%m}", f"{month:%B %Y}") for month in months],
        "dimensions": [(name, name.capitalize()) for name in TARGET_DIMENSIONS],
        "bases": [(name, name.capitalize()) for name in BASES],
    }


def _latest(organization: Organization) -> date:
    today = timezone.now().astimezone(organization.zone).date()
    return max(_months(), default=month_of(today))


def _months() -> list[date]:
    return list(bill_months())
