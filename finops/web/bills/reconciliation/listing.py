"""The lines of a month as its page lists them: which are asked for, and how they read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.http import HttpRequest

from finops.bills.words import TOKEN_KINDS
from finops.reconciliation.lines import FILTERS, LineRow, Lines, LineScope
from finops.web.bills.reconciliation import words
from finops.web.requests import page_number

PAGE_SIZE: Final = 50
_LONGEST: Final = 500


@dataclass(frozen=True)
class Asked:
    """Which lines of a month are meant, and which page of them."""

    scope: LineScope
    page: int = 1

    def query(self, **changes: str | None) -> str:
        """Give the query string with some names changed; None takes one out."""
        pairs: dict[str, str | None] = dict(self.scope.filters)
        pairs |= {"part": self.scope.part or None, "by": "day" if self.scope.by_day else None}
        kept = {name: value for name, value in (pairs | changes).items() if value is not None}
        return f"?{urlencode(kept)}"


def asked(request: HttpRequest) -> Asked:
    """Read an address. Raises BadRequest (400) for names that there are none of."""
    given = {
        name: request.GET[name].replace("\0", "")[:_LONGEST]
        for name in FILTERS
        if name in request.GET
    }
    try:
        scope = LineScope(
            filters=given,
            part=request.GET.get("part", "")[:40],
            by_day=request.GET.get("by") == "day",
        )
    except ValueError as error:
        raise BadRequest(str(error)) from error
    return Asked(scope, page_number(request))


def line_table(found: Lines, wanted: Asked, currency: str) -> dict[str, Any]:
    """Give what the table shows: a page of lines, the filters, and where they lead."""
    pages = max(1, -(-found.matching // PAGE_SIZE))
    filters = wanted.scope.filters
    chips = [
        (name.replace("_", " ").capitalize(), _value(name, value), wanted.query(**{name: None}))
        for name, value in filters.items()
    ]
    if wanted.scope.part:
        label = words.PART_WORDS[wanted.scope.part].label
        chips.append(("Part", label, wanted.query(part=None)))
    return {
        "lines": [_line(row, wanted, currency) for row in found.rows],
        "found": found,
        "by_day": wanted.scope.by_day,
        "chips": chips,
        "other_grain": wanted.query(by=None if wanted.scope.by_day else "day"),
        "csv": wanted.query(),
        "page": min(wanted.page, pages),
        "pages": pages,
        "previous": wanted.query(page=str(wanted.page - 1)) if wanted.page > 1 else "",
        "next": wanted.query(page=str(wanted.page + 1)) if wanted.page < pages else "",
    }


def _value(name: str, value: str) -> str:
    names = {"token_kind": TOKEN_KINDS, "finding": words.FINDING_WORDS}.get(name, {})
    return names.get(value, value) or "none"


def _line(row: LineRow, wanted: Asked, currency: str) -> dict[str, Any]:
    parts = sorted(
        (pair for pair in row.parts._asdict().items() if pair[1].copy_abs() >= words.NOTABLE),
        key=lambda pair: pair[1].copy_abs(),
        reverse=True,
    )
    told = [(words.PART_WORDS[name].label, amount) for name, amount in parts]
    return {
        "row": row,
        "kind": TOKEN_KINDS.get(row.token_kind, row.token_kind),
        "caller": row.credential or row.account,
        "finding": words.FINDING_WORDS.get(row.finding, ""),
        "book": words.a_million(row.book_price, currency),
        "billed_price": words.a_million(row.billed_price, currency),
        "parts": told,
        "narrow": wanted.query(model=row.model, by="day"),
    }
