"""What stands in an address of the charges explorer, and the addresses that lead on from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Self
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.http import HttpRequest

from finops.bills.exploring import COLUMNS, TIMES, ChargeScope, TimeBasis
from finops.bills.lines import Place
from finops.bills.monthly import bill_months
from finops.domain.periods import month_of, next_month
from finops.insights.bills import parse_month

ALL: Final = "all"
GROUPS, LINES = "groups", "lines"
#: How long a value or a search may be.
_LONGEST: Final = 500
_LONGEST_SEARCH: Final = 200
_MOST_VALUES: Final = 20
_LAST_PAGE: Final = 100_000
#: What the explorer opens with.
_FIRST: Final = ("service",)


@dataclass(frozen=True)
class Asked:
    """Which charges are meant, and whether their groups or their lines are shown.

    ``month`` is the first day of one, None for all.
    """

    month: date | None
    time: TimeBasis = "billing"
    by: tuple[str, ...] = _FIRST
    show: str = GROUPS
    filters: Mapping[str, tuple[str, ...]] = ()  # type: ignore[assignment]  # always given
    search: str = ""
    page: int = 1
    after: Place | None = None
    narrow_by: str = ""

    @property
    def scope(self) -> ChargeScope:
        """What is read."""
        return ChargeScope(
            by=self.by if self.show == GROUPS else (),
            since=self.month,
            until=next_month(self.month) if self.month else None,
            time=self.time,
            filters=self.filters,
            search=self.search if self.show == LINES else "",
        )

    @property
    def month_key(self) -> str:
        """The month as addresses spell it."""
        return f"{self.month:%Y-%m}" if self.month else ALL

    @property
    def period_name(self) -> str:
        """What the month is called."""
        return f"{self.month:%B %Y}" if self.month else "All months"

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Everything that was asked but for the place in a list, as pairs of an address."""
        pairs = [("month", self.month_key)]
        pairs += [("time", self.time)] if self.time != TIMES[0] else []
        pairs += [("by", name) for name in self.by]
        pairs += [("show", LINES)] if self.show == LINES else []
        pairs += [(name, value) for name, values in self.filters.items() for value in values]
        pairs += [("q", self.search)] if self.search else []
        return pairs

    @property
    def address(self) -> str:
        """The query string of this page, with its ``?``."""
        pairs = self.pairs
        pairs += [("page", str(self.page))] if self.page > 1 else []
        pairs += [("after", str(self.after))] if self.after else []
        pairs += [("narrow", self.narrow_by)] if self.narrow_by else []
        return f"?{urlencode(pairs)}"

    def narrowed(self, **filters: str) -> Self:
        """Ask for those charges only that have these values besides."""
        return self.anew(filters={**self.filters, **{k: (v,) for k, v in filters.items()}})

    def without(self, name: str, value: str) -> Self:
        """Ask without one value of a filter."""
        kept = tuple(each for each in self.filters.get(name, ()) if each != value)
        others = {key: values for key, values in self.filters.items() if key != name}
        return self.anew(filters={**others, **({name: kept} if kept else {})})

    def as_lines(self) -> Self:
        """Ask for the lines of the same charges."""
        return self.anew(show=LINES)

    def as_groups(self) -> Self:
        """Ask for the groups of the same charges."""
        return self.anew(show=GROUPS, search="")

    def anew(self, **changes: object) -> Self:
        """Ask for something else, from its first page on."""
        started: dict[str, object] = {"page": 1, "after": None, "narrow_by": ""}
        return replace(self, **(started | changes))  # type: ignore[arg-type]  # names of fields


def asked(request: HttpRequest) -> Asked:
    """Read an address. Raises BadRequest (400), saying why, for one that makes no sense."""
    try:
        return read(dict(request.GET.lists()))
    except ValueError as error:
        raise BadRequest(str(error)) from error


def read(given: Mapping[str, Sequence[str]]) -> Asked:
    """Read a query string (a name with all its values). Raises ValueError saying what is wrong."""
    page = _last(given, "page") or "1"
    if not (page.isascii() and page.isdecimal() and 1 <= int(page[:9]) <= _LAST_PAGE):
        raise ValueError(f"a page is a number from 1 to {_LAST_PAGE:,}")
    narrow_by = _last(given, "narrow")
    if narrow_by not in {"", *COLUMNS}:
        raise ValueError(f"narrow by one of {', '.join(COLUMNS)}")
    found = Asked(
        month=_month(_last(given, "month")),
        time=_last(given, "time") or TIMES[0],  # type: ignore[arg-type]  # the scope checks it
        by=_by(given.get("by")),
        show=LINES if _last(given, "show") == LINES else GROUPS,
        filters=_filters(given),
        search=_search(_last(given, "q")),
        page=int(page),
        after=Place.read(_last(given, "after")),
        narrow_by=narrow_by,
    )
    _ = found.scope  # made once, so that what is wrong with it is said here
    return found


def _month(text: str) -> date | None:
    if text == ALL:
        return None
    if text:
        return parse_month(text)
    months = bill_months()
    return month_of(months[0]) if months else None


def _by(given: Sequence[str] | None) -> tuple[str, ...]:
    if given is None:
        return _FIRST
    return tuple(dict.fromkeys(name for text in given for name in text.split(",") if name))


def _filters(given: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    found = {
        name: tuple(dict.fromkeys(value for value in given.get(name, ()) if value))
        for name in COLUMNS
        if name != "month"
    }
    # The month is the period; as a filter it would be named twice.
    kept = {name: values for name, values in found.items() if values}
    if any(len(values) > _MOST_VALUES for values in kept.values()):
        raise ValueError(f"a filter has at most {_MOST_VALUES} values")
    if any(len(v) > _LONGEST or "\0" in v for values in kept.values() for v in values):
        raise ValueError(f"a filter has at most {_LONGEST} characters")
    return kept


def _search(text: str) -> str:
    return " ".join(text.replace("\0", "").split())[:_LONGEST_SEARCH]


def _last(given: Mapping[str, Sequence[str]], name: str) -> str:
    return next(reversed(given.get(name) or ("",)))
