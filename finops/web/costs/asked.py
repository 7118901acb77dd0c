"""What stands in an address of this room, and the addresses that lead on from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self
from urllib.parse import parse_qsl, urlencode

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.utils import timezone

from finops.domain.dimensions import DIMENSIONS
from finops.insights.cost_question import CostQuestion, read_cost_question
from finops.models import Organization

_LAST_PAGE: Final = 100_000


@dataclass(frozen=True)
class Asked:
    """A question, and how the page shows the answer.

    ``sort`` is a column in its usual order, turned round by a minus sign. ``narrow_by`` is the
    dimension whose values are offered to choose from.
    """

    question: CostQuestion
    sort: str
    page: int = 1
    technical: bool = False
    narrow_by: str = ""

    @property
    def address(self) -> str:
        """The query string of this page, with its ``?``."""
        pairs = [("sort", self.sort)] if self.sort != usual_sort(self.question) else []
        pairs += [("page", str(self.page))] if self.page > 1 else []
        pairs += [("technical", "yes")] if self.technical else []
        pairs += [("narrow", self.narrow_by)] if self.narrow_by else []
        shown = urlencode(pairs)
        return f"?{self.question.query}{f'&{shown}' if shown else ''}"

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What a form carries along that asks for other days or one more filter."""
        dropped = {"period", "page", "narrow"}
        pairs = parse_qsl(self.address.removeprefix("?"), keep_blank_values=True)
        return [(name, value) for name, value in pairs if name not in dropped]

    def about(self, question: CostQuestion) -> Self:
        """Ask something else, shown the same way as far as that goes, from its first page on."""
        is_known = self.sort.removeprefix("-") in sorts(question)
        sort = self.sort if is_known else usual_sort(question)
        return replace(self, question=question, sort=sort, page=1, narrow_by="")

    def sorted_by(self, sort: str) -> Self:
        """Show the same in another order, from its first page on."""
        return replace(self, sort=sort, page=1)


def asked(request: HttpRequest, *, now: datetime | None = None) -> Asked:
    """Read an address. Raises BadRequest (400), saying why, for one that makes no sense."""
    try:
        return read(
            dict(request.GET.lists()),
            now=now or timezone.now(),
            organization=Organization.current(),
        )
    except ValueError as error:
        raise BadRequest(str(error)) from error


def read(given: Mapping[str, Sequence[str]], *, now: datetime, organization: Organization) -> Asked:
    """Read a query string. Raises ValueError saying what is wrong."""
    question = read_cost_question(_with_own_days(given), now=now, organization=organization)
    sort = _last(given, "sort") or usual_sort(question)
    if sort.removeprefix("-") not in sorts(question):
        raise ValueError(f"sort by one of {', '.join(sorts(question))}")
    page = _last(given, "page") or "1"
    if not (page.isascii() and page.isdecimal() and 1 <= int(page[:9]) <= _LAST_PAGE):
        raise ValueError(f"a page is a number from 1 to {_LAST_PAGE:,}")
    narrow_by = _last(given, "narrow")
    if narrow_by not in {"", *DIMENSIONS}:
        raise ValueError(f"narrow by one of {', '.join(DIMENSIONS)}")
    return Asked(question, sort, int(page), _last(given, "technical") == "yes", narrow_by)


def sorts(question: CostQuestion) -> tuple[str, ...]:
    """Name the columns that an answer can be sorted by."""
    shown = ("change",) if question.grain == "total" else ("period",)
    counted = () if question.of_bills else ("calls",)
    return (*question.by, *shown, "cost", *counted)


def usual_sort(question: CostQuestion) -> str:
    """Name the column that an answer is sorted by when nobody says so."""
    return "cost" if question.grain == "total" else "period"


def _with_own_days(given: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    """Read two dates of their own, both inclusive, as the period that they span."""
    first, last = _last(given, "from"), _last(given, "to")
    return {**given, "period": (f"{first}..{last}",)} if first or last else given


def _last(given: Mapping[str, Sequence[str]], name: str) -> str:
    return next(reversed(given.get(name) or ("",)))
