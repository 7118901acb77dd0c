"""What the columns of bills hold: amounts, currencies, tags, and what no column here is for.

Shared by all billing formats. Amounts are exact and keep their sign; nothing is None, never 0.
What a file repeats (amounts, tags, dates) is read once per spelling. Dates are in
``billing_times``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any, Final

import msgspec

from ingest.billing_times import NULLS
from ingest.content import is_secret_key, is_storable_key
from ingest.fields import MAX_TAG, decimal, json_text, reject
from ingest.known import MAX_KNOWN, Known
from ingest.source_format import MAX_NAME, RowRejected

#: Bounds of an amount: no bill states more, and the database sums these without rounding.
MAX_DIGITS_BEFORE: Final = 30
MAX_DECIMALS: Final = 100
#: A number that came from a float is dust below this, and is 0.
DUST: Final = 1e-60
MAX_DESCRIPTION: Final = 2000
#: Tags of one charge, and the longest JSON that is looked into for them.
MAX_TAGS: Final = 200
MAX_TAGS_TEXT: Final = 256 * 1024
#: Unknown columns that are kept of one row.
MAX_EXTRA: Final = 100
#: Under this key stands what should have been tags and is no JSON.
UNREADABLE: Final = "(unreadable)"

_PLAIN: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
#: Nothing can be wrong with these. Longer ones than a few digits hardly come again: remembering
#: them would take longer than reading them.
_SIMPLE: Final = re.compile(r"-?\d{1,20}(?:\.\d{1,40})?", re.ASCII)
_NOTHING: Final = Decimal(0)
_SHORT_AMOUNT: Final = 6
#: 1,234.50 has one reading; 1,234 has two.
_GROUPED: Final = re.compile(r"([+-]?)[$€£¥]?(\d{1,3}(?:,\d{3})*\.\d+)", re.ASCII)
_SEPARATED: Final = re.compile(r"[+-]?[$€£¥]?\d[\d.,' ]*[.,' ]\d+", re.ASCII)


def is_null(value: Any) -> bool:
    """Say whether a cell means nothing: empty, ``NULL``, ``null`` or ``\\N``."""
    return value is None or (isinstance(value, str) and value.strip() in NULLS)


# --- amounts --------------------------------------------------------------------------------


class Amounts(Known[Decimal | None]):
    """The amounts of one column, each spelling read once; None for one that means nothing.

    ``amounts[text]`` raises RowRejected. A ``spreadsheet`` dialect also takes what spreadsheets
    write ($10,000.00), where it has one reading; 1,234 has two and is rejected.
    """

    def __init__(self, field: str, *, spreadsheet: bool = False) -> None:
        """Read the column that is called ``field`` in reasons."""
        super().__init__(partial(amount, field=field, spreadsheet=spreadsheet))
        self.field = field

    def __missing__(self, text: str) -> Decimal | None:
        """Read a spelling for the first time; most amounts are plain, and come only once."""
        if not _SIMPLE.fullmatch(text):
            return super().__missing__(text)
        number = Decimal(text) or _NOTHING
        if len(text) <= _SHORT_AMOUNT and len(self) < MAX_KNOWN:
            self[text] = number
        return number

    def read(self, value: Any) -> Decimal | None:
        """Read text, or a number that JSON held."""
        return self[value] if type(value) is str else amount(value, self.field)


def amount(value: Any, field: str, *, spreadsheet: bool = False) -> Decimal | None:
    """Read an amount or quantity of any sign and precision; None where the cell means nothing.

    Takes text exactly and floats by their shortest spelling. Rejects NaN, infinity, thousands
    separators (but see ``Amounts``) and what no database column would hold.
    """
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        return None if text in NULLS else _bounded(_from_text(text, field, spreadsheet), field)
    if isinstance(value, float):
        return _bounded(Decimal(0) if abs(value) < DUST else Decimal(repr(value)), field)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _bounded(_exact(value, field), field)
    return reject(field, "is not a number")


def _exact(value: int | Decimal, field: str) -> Decimal:
    try:
        return Decimal(value)
    except (InvalidOperation, ValueError):
        reject(field, "has too many digits")


def _from_text(text: str, field: str, spreadsheet: bool) -> Decimal:
    if len(text) <= MAX_NAME and _PLAIN.fullmatch(text):
        return decimal(text)
    if spreadsheet and len(text) <= MAX_NAME and (match := _GROUPED.fullmatch(text)):
        return decimal(match[1] + match[2].replace(",", ""))
    if text.lower().lstrip("+-") in {"nan", "inf", "infinity"}:
        reject(field, "is not a finite number")
    if len(text) <= MAX_NAME and _SEPARATED.fullmatch(text):
        reject(field, "has thousands separators or a decimal comma: its value is unsure")
    return reject(field, "is not a number")


def _bounded(number: Decimal, field: str) -> Decimal:
    if not number.is_finite():
        reject(field, "is not a finite number")
    if number and number.adjusted() >= MAX_DIGITS_BEFORE:
        reject(field, f"has more than {MAX_DIGITS_BEFORE} digits before the point")
    decimals = -int(number.as_tuple().exponent)
    if decimals > MAX_DECIMALS:
        if number:
            reject(field, f"has more than {MAX_DECIMALS} decimals")
        return Decimal(0)
    # 0E+9 is zero, and -0 is no amount of anybody.
    return number if number else abs(Decimal(0) if decimals < 0 else number)


def cents(value: Any, field: str) -> Decimal | None:
    """Read an amount that its source states in cents ("123.45" is 1.2345)."""
    number = amount(value, field)
    return None if number is None else shifted(number, -2)


def shifted(number: Decimal, places: int) -> Decimal:
    """Move the decimal point, exactly: arithmetic would round to the digits of its context."""
    sign, digits, exponent = number.as_tuple()
    return Decimal((sign, digits, int(exponent) + places))


# --- names ----------------------------------------------------------------------------------


def name(value: str, field: str) -> str | None:
    """Read an id or name without blanks around it; None where the cell means nothing.

    Rejects more than 500 characters; NUL is taken out.
    """
    text = value.strip()
    if text in NULLS:
        return None
    if len(text) > MAX_NAME:
        reject(field, f"is longer than {MAX_NAME} characters")
    return text.replace("\x00", "") if "\x00" in text else text


class Names(Known[str | None]):
    """Names and ids of a file, each spelling read once; None for one that means nothing.

    What is longer than ``limit`` is cut: no money is turned down for a long name.
    """

    def __init__(self, limit: int = MAX_NAME) -> None:
        """Keep up to ``limit`` characters."""
        super().__init__(partial(_cut, limit=limit))


def _cut(text: str, limit: int) -> str | None:
    text = text.strip()
    return None if text in NULLS else text.replace("\x00", "")[:limit]


def description(value: str) -> str | None:
    """Read a text for people, cut at 2,000 characters; None where the cell means nothing."""
    return _cut(value, MAX_DESCRIPTION)


def text_of(value: Any) -> str:
    """Give a JSON value as the text that a CSV file would hold; nothing is empty."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json_text(value)


@lru_cache(maxsize=1024)
def currency(text: str, field: str = "BillingCurrency") -> str:
    """Read an ISO 4217 code. A virtual currency ("Token") is none, so its row is rejected."""
    code = text.strip().upper()
    if code in {"", "NULL", "\\N"}:
        reject(field, "is missing")
    if len(code) == 3 and code.isascii() and code.isalpha():
        return code
    return reject(field, "is not a currency code of three letters")


# --- tags -----------------------------------------------------------------------------------


class Tags(Known[dict[str, str] | None]):
    """The tags of one column, each spelling read once.

    Charges with equal tags share one dict: copy it before changing it.
    """

    def __init__(self) -> None:
        """Read tags in any of the dialects that ``flat_tags`` knows."""
        super().__init__(flat_tags)


def flat_tags(value: Any) -> dict[str, str] | None:
    """Read tags: a JSON object, its inside without braces (as Azure writes it), or key/value pairs.

    A tag without a value is "true", nested values are JSON. What is no JSON is kept as text under
    ``UNREADABLE``: a bill is not turned down for its tags. None where there are none.
    """
    if is_null(value):
        return None
    found = json_of(value) if isinstance(value, str) else value
    if isinstance(found, list):
        found = _pairs(found)
    if not isinstance(found, Mapping):
        return {UNREADABLE: json_text(value).replace("\x00", "")[:MAX_TAG]}
    return _flat(found) or None


_decode_json: Final = msgspec.json.Decoder(float_hook=decimal).decode


def json_of(text: str) -> Any:
    """Decode the JSON of a cell, also an object without its braces; None where it is none."""
    text = text.strip()
    if text in NULLS or len(text) > MAX_TAGS_TEXT:
        return None
    if text[0] not in "{[":
        text = "{" + text.strip(",") + "}"
    try:
        return _decode_json(text)
    except (ValueError, RecursionError):
        return None


def _pairs(elements: Sequence[Any]) -> dict[str, Any] | None:
    """Read ``[{"key": …, "value": …}, …]``, however it is capitalised; None for any other list."""
    found = {}
    for element in elements:
        if not isinstance(element, Mapping):
            return None
        pair = {str(key).lower(): part for key, part in element.items()}
        key = pair.get("key", pair.get("name"))
        if not isinstance(key, str):
            return None
        found[key] = pair.get("value", True)
    return found


def _flat(found: Mapping[str, Any]) -> dict[str, str]:
    """Give every tag a plain key and a text; of keys that differ by blanks, the plain one wins."""
    tags: dict[str, str] = {}
    for key, value in found.items():
        plain = key.strip().replace("\x00", "")[:MAX_TAG]
        if not plain or (plain in tags and plain != key) or is_secret_key(plain):
            continue
        tags[plain] = _tag_text(value)
        if len(tags) == MAX_TAGS:
            break
    return tags


def _tag_text(value: Any) -> str:
    if value is None:
        return ""
    try:
        text = value if isinstance(value, str) else json_text(value)
    except RowRejected:
        return UNREADABLE
    return text.replace("\x00", "")[:MAX_TAG]


# --- columns --------------------------------------------------------------------------------

_NO_LETTERS: Final = re.compile(r"[^0-9a-z]+")
#: Kosten (CostInBillingCurrency): a translated name with the English one after it.
_TRANSLATED: Final = re.compile(r".*\(([A-Za-z]+)\)\s*")


def column_key(header: str) -> str:
    """Give the key by which a column is known: small letters and digits alone.

    So ``lineItem/UnblendedCost``, ``line_item_unblended_cost`` and ``\\ufeffBilledCost`` need one
    spelling each; of a translated header, the English name in parentheses counts.
    """
    text = header.strip("\ufeff\"' ")
    if match := _TRANSLATED.fullmatch(text):
        text = match[1]
    return _NO_LETTERS.sub("", text.lower())


def cells_of(headers: Sequence[str]) -> Callable[[Mapping[str, str]], tuple[str, ...]]:
    """Plan, once per file, how to take some columns out of a row, in their order."""
    if len(headers) > 1:
        return itemgetter(*headers)
    return lambda row: tuple(row[header] for header in headers)


def extra_of(headers: Iterable[str]) -> Callable[[Mapping[str, str]], dict[str, str] | None]:
    """Plan, once per file, how to collect the columns that have no field.

    Takes up to 100 columns that may be stored; each cell is cut at 500 characters.
    """
    kept = [header for header in headers if header and is_storable_key(header)][:MAX_EXTRA]
    if not kept:
        return lambda row: None
    keys = [header.replace("\x00", "")[:MAX_NAME] for header in kept]
    cells = cells_of(kept)

    def collect(row: Mapping[str, str]) -> dict[str, str] | None:
        found = {
            key: text[:MAX_NAME].replace("\x00", "")
            for key, text in zip(keys, cells(row), strict=True)
            if text not in NULLS
        }
        return found or None

    return collect
