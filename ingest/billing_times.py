"""Read the dates of bills: which instant, which period, which invoice month.

Bills are dated in many ways, and some of them have two readings: 4/1/25 is April in one file and
January in the next. So a file has one ``DateDialect``, settled once; a date that it does not cover
rejects its row. Nothing is ever decided row by row.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import partial
from typing import Any, Final, Literal, NamedTuple

from ingest.fields import in_utc, reject
from ingest.known import Known
from ingest.source_format import RowRejected

#: What bills spell where they mean nothing.
NULLS: Final = frozenset(("", "NULL", "null", "\\N"))
#: No bill that is read here is older or reaches further; commitments run for years ahead.
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100
#: What stands first in a date with slashes.
Slash = Literal["month", "day"]

_ISO: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?"
    r" ?(?:(Z|z|UTC|GMT)|([+-]\d\d):?(\d\d)?)?",
    re.ASCII,
)
_SLASH: Final = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4}|\d\d)(?: (\d{1,2}):(\d\d)(?::(\d\d))?)?", re.ASCII
)
_MONTH: Final = re.compile(r"(\d{4})-?(\d\d)", re.ASCII)
_DAY: Final = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)


class DateDialect(NamedTuple):
    """How one file writes its dates.

    ``zone`` holds where a date names none (None: such rows are rejected); ``slash`` says what
    stands first in 4/1/25 (None: such rows are rejected). ``layout`` is a strptime layout that
    replaces all of it; ``epoch`` admits seconds since 1970.
    """

    zone: tzinfo | None = UTC
    slash: Slash | None = None
    layout: str = ""
    epoch: bool = False


#: What FOCUS asks for; a date without a zone is UTC.
ISO: Final = DateDialect()


class Instants(Known[datetime | None]):
    """The instants of one file in UTC, each spelling read once; None for one that means nothing.

    ``instants[text]`` is the short way and raises RowRejected without naming the field; ``read``
    names it.
    """

    def __init__(self, dialect: DateDialect = ISO) -> None:
        """Read dates of one dialect."""
        super().__init__(partial(_instant, dialect))

    def read(self, value: Any, field: str) -> datetime | None:
        """Read an instant: text, or a date or number that JSON or Parquet held."""
        if value is None:
            return None
        try:
            if isinstance(value, str):
                return self[value]
            if isinstance(value, datetime):
                return _plausible(in_utc(value, UTC, "date"))
            return self[str(value)]
        except RowRejected as rejected:
            reject(field, rejected.reason.removeprefix("date "))

    def required(self, value: Any, field: str) -> datetime:
        """Read an instant that the row cannot do without."""
        moment = self.read(value, field)
        return reject(field, "is missing") if moment is None else moment


def _plausible(moment: datetime) -> datetime:
    if FIRST_YEAR <= moment.year < LAST_YEAR:
        return moment
    return reject("date", f"lies outside {FIRST_YEAR} to {LAST_YEAR}")


def _instant(dialect: DateDialect, text: str) -> datetime | None:
    text = text.strip()
    return None if text in NULLS else _plausible(_moment(dialect, text))


def _moment(dialect: DateDialect, text: str) -> datetime:
    if dialect.layout:
        return _from_layout(text, dialect)
    if match := _ISO.fullmatch(text):
        return _from_iso(match, dialect)
    if match := _SLASH.fullmatch(text):
        return _from_slashes(match, dialect)
    if match := _DAY.fullmatch(text):
        return _from_iso_text("-".join(match.groups()), dialect)
    if dialect.epoch and text.isascii() and text.isdecimal() and len(text) < 12:
        return datetime.fromtimestamp(int(text), UTC)
    return reject("date", f"{text[:40]!r} is written in no way that is read here")


def _from_layout(text: str, dialect: DateDialect) -> datetime:
    try:
        moment = datetime.strptime(text, dialect.layout)  # noqa: DTZ007 - the zone is added below
    except ValueError:
        reject("date", f"{text[:40]!r} does not look like {dialect.layout}")
    return in_utc(moment, dialect.zone, "date")


def _from_iso(match: re.Match[str], dialect: DateDialect) -> datetime:
    day, clock, utc, hours, minutes = match.groups()
    offset = "+00:00" if utc else f"{hours}:{minutes or '00'}" if hours else ""
    return _from_iso_text(f"{day}T{clock or '00:00'}{offset}", dialect)


def _from_iso_text(text: str, dialect: DateDialect) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        reject("date", f"{text!r} is no date that exists")
    return in_utc(moment, dialect.zone, "date")


def _from_slashes(match: re.Match[str], dialect: DateDialect) -> datetime:
    text = match[0]
    if dialect.slash is None:
        reject("date", f"{text!r} may be month/day or day/month: the file's other dates do not say")
    first, second, year = int(match[1]), int(match[2]), int(match[3])
    month, day = (first, second) if dialect.slash == "month" else (second, first)
    hour, minute, second_of = (int(part or 0) for part in match.groups()[3:])
    try:
        moment = datetime(year + 2000 if year < 100 else year, month, day, hour, minute, second_of)  # noqa: DTZ001 - the zone is added below
    except ValueError:
        order = "month/day" if dialect.slash == "month" else "day/month"
        reject("date", f"{text!r} is no date, read as {order} like the rest of the file")
    return in_utc(moment, dialect.zone, "date")


def slash_order(start: str, end: str) -> Slash | None:
    """Settle what stands first in a file's dates with slashes, from the two ends of one month.

    Only one of the readings of 4/1/25 to 5/1/25 is a month. None where both or neither is.
    """
    readings: tuple[Slash, Slash] = ("month", "day")
    found = [order for order in readings if _is_a_month(start, end, DateDialect(slash=order))]
    return found[0] if len(found) == 1 else None


def _is_a_month(start: str, end: str, dialect: DateDialect) -> bool:
    instants = Instants(dialect)
    try:
        since, until = instants.required(start, "start"), instants.required(end, "end")
    except RowRejected:
        return False
    return timedelta(days=27) <= until - since <= timedelta(days=31)


def has_slashes(text: str) -> bool:
    """Say whether a date is one with slashes, which has two readings."""
    return _SLASH.fullmatch(text.strip()) is not None


# --- periods --------------------------------------------------------------------------------


def day_period(moment: datetime, zone: tzinfo = UTC) -> tuple[datetime, datetime]:
    """Give the day of an instant as a half-open period in UTC; days are those of ``zone``."""
    day = moment.astimezone(zone).date()
    since, until = (datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1)))
    return since.astimezone(UTC), until.astimezone(UTC)


def month_period(first: date, zone: tzinfo = UTC) -> tuple[datetime, datetime]:
    """Give the month that begins on a day as a half-open period in UTC."""
    since, until = (datetime.combine(day, time(), zone) for day in (first, next_month(first)))
    return since.astimezone(UTC), until.astimezone(UTC)


def next_month(first: date) -> date:
    """Give the first day of the month after."""
    return (first.replace(day=1) + timedelta(days=32)).replace(day=1)


def month_of(moment: datetime) -> date:
    """Give the first day of the UTC month of an instant: the billing period it begins."""
    return date(moment.year, moment.month, 1)


def invoice_month(text: str, field: str) -> date:
    """Read ``YYYYMM`` or ``YYYY-MM`` as the first day of that month."""
    match = _MONTH.fullmatch(text.strip())
    if match is None or not FIRST_YEAR <= int(match[1]) < LAST_YEAR or not 1 <= int(match[2]) <= 12:
        reject(field, f"{text[:40]!r} is no month such as 202409")
    return date(int(match[1]), int(match[2]), 1)
