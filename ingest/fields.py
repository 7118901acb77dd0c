"""Read the values that stand in usage rows: counts, names, instants, money.

Every function takes what a row held (a JSON value, or text from CSV) and the field it stood in,
and raises RowRejected with a reason a person can act on. JSON numbers with a fraction arrive as
Decimal, so that no digit is lost on the way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from math import isfinite
from sys import float_info
from typing import Any, Final, NoReturn

import msgspec

from ingest.content import is_content_key, is_secret_key, without_content
from ingest.source_format import MAX_NAME, RowRejected

#: No call happened before this; epoch values in the wrong unit fall outside.
EARLIEST: Final = datetime(2015, 1, 1, tzinfo=UTC)
#: How far ahead of the reader's clock a call may claim to have started.
AHEAD: Final = timedelta(days=1)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

#: Largest count of one row; leaves room for sums in 64 bits.
MAX_COUNT: Final = 10**15
_SAFE_DIGITS: Final = 16  # fewer digits than this cannot exceed MAX_COUNT
MAX_ATTEMPT: Final = 2**31 - 1
#: Largest cost of one row, and the digits a cost may have after the point when it is text.
MAX_COST: Final = Decimal(10**12)
MAX_COST_DECIMALS: Final = 30
COST_QUANTUM: Final = Decimal("1E-12")
MAX_ERROR: Final = 2000
MAX_TAG: Final = 500
#: Spellings of names remembered at once.
MAX_KNOWN: Final = 50_000

#: Literally this word as a dimension means the same as nothing.
UNALLOCATED: Final = "unallocated"

TOO_DEEP: Final = "JSON is nested too deeply"

UNITS: Final[Mapping[str, int]] = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
#: The largest number that is none of infinity's.
MAX_LATENCY: Final = float_info.max
_UNIT_NAMES: Final = (("ms", "milliseconds"), ("us", "microseconds"), ("ns", "nanoseconds"))

_PLAIN_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,6})?", re.ASCII)
_DIGITS: Final = re.compile(r"-?\d{1,20}", re.ASCII)
_LONE_SURROGATE: Final = re.compile(
    rb"\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]"
)


def reject(field: str, reason: str) -> NoReturn:
    """Reject the row: ``reason`` is a clause about the field, such as "is negative"."""
    raise RowRejected(f"{field} {reason}", field)


# --- JSON -----------------------------------------------------------------------------------


def decimal(literal: str) -> Decimal:
    """Decode a JSON number without passing through a float; NaN when no Decimal can hold it."""
    try:
        return Decimal(literal)
    except InvalidOperation:
        return Decimal("NaN")


_decode_json: Final = msgspec.json.Decoder(float_hook=decimal).decode
_encode_json: Final = msgspec.json.Encoder(order="sorted", decimal_format="number").encode
_compact_json: Final = msgspec.json.Encoder(decimal_format="number").encode


def json_object(raw: bytes) -> dict[str, Any]:
    """Decode one JSON object; fractions become Decimal. Rejects anything else, however deep."""
    value = json_value(raw)
    if not isinstance(value, dict):
        raise RowRejected(f"not a JSON object but {_json_kind(value)}")
    return value


def json_value(raw: bytes) -> Any:
    """Decode one JSON value, NaN and Infinity included, as Python writes them."""
    try:
        return _decode_json(raw)
    except RecursionError:
        raise RowRejected(TOO_DEEP) from None
    except UnicodeDecodeError:
        raise RowRejected("text is not UTF-8") from None
    except ValueError as error:
        if b"NaN" in raw or b"Infinity" in raw:
            return _json_with_nan(raw, error)
        raise RowRejected(_not_json(raw, error)) from None


def _json_with_nan(raw: bytes, error: ValueError) -> Any:
    """Python writes NaN into JSON. Read it, so that the reason can name the field."""
    try:
        if _LONE_SURROGATE.search(raw):
            raise error
        return json.loads(raw, parse_float=decimal, parse_constant=Decimal)
    except (ValueError, RecursionError):
        raise RowRejected(_not_json(raw, error)) from None


def _not_json(raw: bytes, error: ValueError) -> str:
    if _LONE_SURROGATE.search(raw):
        return "not JSON: half of a surrogate pair"
    return f"not JSON: {error}"


def _json_kind(value: Any) -> str:
    return {list: "a list", str: "a text", bool: "true or false", type(None): "null"}.get(
        type(value), "a number"
    )


def canonical_row(raw: bytes) -> bytes:
    """Give a JSON row in one spelling (sorted keys, no blanks), to tell equal rows by."""
    return canonical_value(json_value(raw))


def canonical_value(value: Any) -> bytes:
    """Encode a decoded row in one spelling."""
    try:
        return _encode_json(value)
    except RecursionError:
        raise RowRejected(TOO_DEEP) from None


def canonical_text_fields(fields: Mapping[str, str]) -> bytes:
    """Give a CSV row in one spelling: pairs sorted by column name."""
    return msgspec.json.encode(sorted(fields.items()))


# --- counts, numbers, money -----------------------------------------------------------------


def count(value: Any, field: str) -> int:
    """Read a whole number of at least 0: a JSON integer or digits, never 3.0."""
    if type(value) is str and len(value) < _SAFE_DIGITS and value.isascii() and value.isdecimal():
        return int(value)  # the short way for CSV
    return _whole(value, field, 0, MAX_COUNT)


def positive_count(value: Any, field: str) -> int:
    """Read a whole number of at least 1."""
    return _whole(value, field, 1, MAX_COUNT)


def attempt(value: Any, field: str) -> int:
    """Read the number of an attempt: 1 is the first."""
    return _whole(value, field, 1, MAX_ATTEMPT)


def _whole(value: Any, field: str, least: int, most: int) -> int:
    number = _int(value, field)
    if number < least:
        reject(field, "is negative" if number < 0 else f"is less than {least}")
    if number > most:
        reject(field, f"is larger than {most}")
    return number


def _int(value: Any, field: str) -> int:
    if type(value) is int:
        return value
    if isinstance(value, str) and _DIGITS.fullmatch(value.strip()):
        return int(value)
    reject(field, "is not a whole number")


def milliseconds(value: Any, field: str) -> float:
    """Read a duration: a finite number of at least 0."""
    try:
        number = float(_number(value, field))
    except (OverflowError, ValueError):
        reject(field, "is not a finite number")
    if not isfinite(number):
        reject(field, "is not a finite number")
    return number if number >= 0 else reject(field, "is negative")


def money(value: Any, field: str) -> Decimal:
    """Read an amount of at least 0: text exactly, a JSON number to 12 decimals (half to even)."""
    number = _number(value, field)
    if not number.is_finite():
        reject(field, "is not a finite number")
    if number < 0:
        reject(field, "is negative")
    if number > MAX_COST:
        reject(field, f"is larger than {MAX_COST}")
    if not isinstance(value, str):
        return _quantised(number)
    if not number:
        return Decimal(0)
    if -int(number.as_tuple().exponent) > MAX_COST_DECIMALS:
        reject(field, f"has more than {MAX_COST_DECIMALS} decimals")
    return number


def float_money(value: Any, field: str) -> Decimal:
    """Read an amount that its source computed as a float, also where it wrote it as text."""
    return money(_number(value, field), field)


def _quantised(number: Decimal) -> Decimal:
    # A tiny number would need more digits than the context has on the way to 12 decimals.
    if number.adjusted() < -14:
        return Decimal("0E-12")
    return abs(number.quantize(COST_QUANTUM, ROUND_HALF_EVEN))


def _number(value: Any, field: str) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if type(value) is int:
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, str):
        return _number_from_text(value.strip(), field)
    reject(field, "is not a number")


def _number_from_text(text: str, field: str) -> Decimal:
    if _PLAIN_NUMBER.fullmatch(text) and len(text) <= MAX_NAME:
        return decimal(text)
    if text.lower().lstrip("+-") in {"nan", "inf", "infinity"}:
        reject(field, "is not a finite number")
    reject(field, "is not a number")


# --- names and texts ------------------------------------------------------------------------


def name(value: Any, field: str) -> str:
    """Read an id, model or dimension, without surrounding blanks; may be empty.

    Rejects more than 500 characters and NUL.
    """
    text = (value if isinstance(value, str) else _scalar_text(value, field)).strip()
    if len(text) > MAX_NAME:
        reject(field, f"is longer than {MAX_NAME} characters")
    if "\x00" in text:
        reject(field, "contains NUL")
    return text


def _scalar_text(value: Any, field: str) -> str:
    if isinstance(value, int | Decimal | float) and not isinstance(value, bool):
        return str(value)
    reject(field, "is not a text")


def known(text: str | None) -> str | None:
    """Give a name without blanks; None where it is empty or says "unallocated"."""
    if text is None:
        return None
    text = text.strip()
    return None if text == UNALLOCATED else text or None


class KnownNames(dict[str | None, str | None]):
    """``known``, remembered per spelling: what many calls share is looked at once.

    Use it for names that come again; ids would only fill it. It starts anew when it is full.
    """

    def __missing__(self, text: str | None) -> str | None:
        """Look at a spelling for the first time."""
        if len(self) >= MAX_KNOWN:
            self.clear()
        name = self[text] = known(text)
        return name


def cut_text(value: Any, field: str) -> str:
    """Read an error text: NUL taken out, no blanks around it, cut at 2,000 characters."""
    text = value if isinstance(value, str) else json_text(value)
    return text.replace("\x00", "").strip()[:MAX_ERROR]


def choice(options: Sequence[str]) -> Callable[[Any, str], str]:
    """Make a reader for one of a few words."""

    def read(value: Any, field: str) -> str:
        text = value.strip() if isinstance(value, str) else value
        return text if text in options else reject(field, f"is none of {', '.join(options)}")

    return read


def currency(value: Any, field: str) -> str:
    """Read an ISO 4217 code, in capitals."""
    text = value.strip().upper() if isinstance(value, str) else ""
    if len(text) == 3 and text.isascii() and text.isalpha():
        return text
    reject(field, "is not a currency code of three letters")


def json_text(value: Any) -> str:
    """Give a JSON value as text: strings as they are, the rest as compact JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict | list):
        return _nested_text(value)
    return str(value) if isinstance(value, Decimal) else _compact_json(value).decode()


def _nested_text(value: Any) -> str:
    try:
        return _compact_json(without_content(value)).decode()
    except RecursionError:
        raise RowRejected(TOO_DEEP) from None


def tag_values(values: Mapping[str, Any]) -> dict[str, str]:
    """Make tags of values: no content, no secrets, no NUL, cut at 500 characters, none empty."""
    tags = {}
    for key, value in values.items():
        if value is None or value == "" or is_content_key(key) or is_secret_key(key):
            continue
        text = value if type(value) is str else json_text(value)
        if len(text) > MAX_TAG or "\x00" in text:
            text = text.replace("\x00", "")[:MAX_TAG]
        tags[key.replace("\x00", "")[:MAX_TAG]] = text
    return tags


# --- instants -------------------------------------------------------------------------------


def instant(value: Any, zone: tzinfo | None, latest: datetime, field: str = "time") -> datetime:
    """Read RFC 3339 or epoch seconds (number or text) as UTC, cut to microseconds.

    Rejects times before 2015 or after ``latest``, and without a zone unless ``zone`` is given.
    """
    if type(value) is str:
        moment = _from_text(value, zone, latest, field)
    elif isinstance(value, datetime):
        moment = value
    else:
        moment = from_epoch(value, "s", latest, field)
    if EARLIEST <= moment <= latest:
        return moment
    reject(field, "is before 2015" if moment < EARLIEST else "is more than a day ahead")


def _from_text(text: str, zone: tzinfo | None, latest: datetime, field: str) -> datetime:
    # fromisoformat also knows week dates and any separator; the shape check keeps RFC 3339.
    if len(text) > 18 and text[4] == text[7] == "-" and text[10] in "T " and text[13] == ":":
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            pass
        else:
            return in_utc(moment, zone, field)
    return _from_odd_text(text.strip(), zone, latest, field)


_ODD_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(?::(\d\d)([.,]\d+)?)?)?"
    r"\s?(?:(Z|z|UTC|GMT)|([+-]\d\d):?(\d\d)?)?",
    re.ASCII,
)


def _from_odd_text(text: str, zone: tzinfo | None, latest: datetime, field: str) -> datetime:
    """Read the rarer spellings: small letters, UTC, a leap second, no seconds, a date alone."""
    if not text:
        reject(field, "is missing")
    if _PLAIN_NUMBER.fullmatch(text):
        return from_epoch(text, "s", latest, field)
    match = _ODD_TIME.fullmatch(text)
    if match is None:
        reject(field, "is neither RFC 3339 nor epoch seconds")
    day, clock, second, fraction, utc, hours, minutes = match.groups()
    leap = second == "60"
    offset = "+00:00" if utc else f"{hours}:{minutes or '00'}" if hours else ""
    spelt = f"{day}T{clock or '00:00'}:{'59' if leap else second or '00'}{fraction or ''}{offset}"
    try:
        moment = datetime.fromisoformat(spelt)
    except ValueError:
        reject(field, "is no date that exists")
    return in_utc(moment, zone, field) + timedelta(seconds=leap)


def in_utc(moment: datetime, zone: tzinfo | None, field: str) -> datetime:
    """Move an instant to UTC; one without a zone is taken in ``zone``, or rejected."""
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        if zone is None:
            reject(field, "has no time zone")
        moment = moment.replace(tzinfo=zone)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        reject(field, "is no date that exists")


def from_epoch(
    value: Any, unit: str, latest: datetime, field: str, *, origin: datetime = EPOCH
) -> datetime:
    """Read a number of ``unit`` (s, ms, us, ns) since ``origin``, cut to microseconds."""
    number = _number(value, field)
    if not number.is_finite():
        reject(field, "is not a finite number")
    moment = _moved(origin, number, unit)
    if moment is None or not EARLIEST <= moment <= latest:
        reject(field, _outside(origin, number, unit, latest))
    return moment


def _moved(origin: datetime, number: Decimal, unit: str) -> datetime | None:
    if number.adjusted() > 30:
        return None
    try:
        return origin + timedelta(microseconds=int(number * 1_000_000 / UNITS[unit]))
    except OverflowError:
        return None


def _outside(origin: datetime, number: Decimal, unit: str, latest: datetime) -> str:
    for smaller, word in _UNIT_NAMES:
        moment = _moved(origin, number, smaller) if unit == "s" else None
        if moment is not None and EARLIEST <= moment <= latest:
            return f"looks like {word}; epoch seconds are expected"
    moment = _moved(origin, number, unit)
    early = moment < EARLIEST if moment is not None else number < 0
    return "is before 2015" if early else "is more than a day ahead"
