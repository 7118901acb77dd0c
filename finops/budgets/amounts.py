"""Amounts of budgets as people type and paste them: read to the cent, or refused with a way to fix.

What has one reading is taken as it stands: ``12000``, ``12,000``, ``$12k``, ``12 000``, ``1.5m``.
What has two is never guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from finops.domain.display import mark_of

#: Beyond it somebody typed too many zeros; the columns hold more.
MOST: Final = Decimal("99999999999.99")
#: How long an amount may be, spaces and all.
LONGEST: Final = 40
#: Enough for cents of ``1.23456789m``, and few enough that nothing is ever rounded.
_MOST_DECIMALS: Final = 8
_WHOLE_CENTS: Final = "Enter whole cents: at most two digits after the point."

#: What amounts of a currency are called in a label.
CURRENCY_NAMES: Final[Mapping[str, str]] = {"USD": "US dollars", "EUR": "euros", "GBP": "pounds"}

_TIMES: Final[Mapping[str, int]] = {
    "k": 10**3,
    "thousand": 10**3,
    "m": 10**6,
    "mn": 10**6,
    "million": 10**6,
}
#: Spaces that spreadsheets and web pages put between groups of digits; all read as one.
_SPACES: Final = str.maketrans(
    {
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
        "\N{THIN SPACE}": " ",
        "\N{FIGURE SPACE}": " ",
        "\t": " ",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        # Seen by nobody, copied along.
        "\N{ZERO WIDTH SPACE}": "",
        "\N{ZERO WIDTH NO-BREAK SPACE}": "",
        "\N{LEFT-TO-RIGHT MARK}": "",
        "\N{RIGHT-TO-LEFT MARK}": "",
    }
)
#: The sign of another currency anywhere, or its code before or after digits.
_FOREIGN: Final = re.compile(r"([$€£¥])|^([A-Z]{3}) ?[0-9]|[0-9] ?([A-Z]{3})$")
_NEGATIVE: Final = re.compile(r"^[-\N{MINUS SIGN}\N{EN DASH}(]")
_SUFFIX: Final = re.compile(rf"^(?P<digits>.*?[0-9.]) ?(?P<times>{'|'.join(_TIMES)})$", re.I)
_EXPONENT: Final = re.compile(r"^[0-9.,]+e[+-]?[0-9]+$", re.IGNORECASE)
_PLAIN: Final = re.compile(r"^(?P<whole>[0-9]*)\.?(?P<decimals>[0-9]*)$")
#: Groups of three, parted by the same mark throughout: ``12,000``, ``1 250 000.50``, ``12'000``.
_GROUPED: Final = re.compile(
    r"^[1-9][0-9]{0,2}(?P<mark>[, '])[0-9]{3}(?:(?P=mark)[0-9]{3})*(\.[0-9]*)?$"
)
_COMMA_FOR_POINT: Final = re.compile(
    r"^(?P<whole>[0-9]+(?:[. ][0-9]{3})*),(?P<decimals>[0-9]{1,2})$"
)
_POINT_FOR_COMMA: Final = re.compile(r"^[1-9][0-9]{0,2}\.[0-9]{3}$")


class AmountRefused(ValueError):
    """An amount that nobody should guess at; the message says what to write instead."""


def currency_name(currency: str) -> str:
    """Name a currency for a label: ``US dollars``; its code where it has no name here."""
    return CURRENCY_NAMES.get(currency, currency)


def read_amount(text: str, currency: str = "USD") -> Decimal:
    """Read an amount of the organisation's currency, in whole cents and at least 0.

    Raises AmountRefused for what is negative, no amount, of another currency, finer than a cent,
    or has more than one reading.
    """
    bare = _undecorated(text, currency)
    if "%" in bare:
        raise AmountRefused(f"Enter {currency_name(currency)}, not a percentage, such as 12,000.")
    if _EXPONENT.match(bare):
        raise AmountRefused("Write the amount in full, such as 12,000.")
    short = _SUFFIX.match(bare)
    amount = _scaled(short) if short else _digits(bare)
    if amount > MOST:
        raise AmountRefused(f"Enter at most {write_amount(MOST, currency)}. Check the zeros.")
    cents = amount.quantize(Decimal("0.01"))
    if amount != cents:
        raise AmountRefused(_WHOLE_CENTS)
    return cents


def write_amount(amount: Decimal | None, currency: str = "USD") -> str:
    """Write an amount as it was understood: ``$12,000``, ``$12,000.50``; empty for none.

    ``read_amount`` reads it back to the same amount.
    """
    if amount is None:
        return ""
    return f"{mark_of(currency)}{amount:,.2f}".removesuffix(".00")


def _undecorated(text: str, currency: str) -> str:
    """Take spaces around, and the currency's own sign or code, away."""
    if len(text) > LONGEST:
        raise AmountRefused("Shorten the amount. Write digits, such as 12,000.")
    bare = " ".join(text.translate(_SPACES).split())
    for mark in _marks(currency):
        if bare.upper().startswith(mark):
            bare = bare[len(mark) :].strip()
            break
        if bare.upper().endswith(mark):
            bare = bare[: -len(mark)].strip()
            break
    if not bare:
        raise AmountRefused("Enter an amount, such as 12,000.")
    if _NEGATIVE.match(bare):
        raise AmountRefused("Enter 0 or more. A line cannot be negative.")
    if foreign := _FOREIGN.search(bare):
        mark = next(filter(None, foreign.groups()))
        raise AmountRefused(
            f"Amounts are in {currency_name(currency)}. Take “{mark}” out, or convert first."
        )
    return bare


def _marks(currency: str) -> list[str]:
    """List how an amount may say its currency, the longest first."""
    sign = mark_of(currency).strip()
    known = {currency, sign} | ({"US$", "USD$", "US $"} if currency == "USD" else set())
    return sorted(known, key=len, reverse=True)


def _scaled(short: re.Match[str]) -> Decimal:
    """Read ``12k`` and ``1.5 million``: plain digits alone, because ``12,000k`` is two thoughts."""
    digits, times = short["digits"], short["times"]
    if not _PLAIN.match(digits):
        raise AmountRefused(f"Write it without “{times}”, such as 12,000, or without commas.")
    return _plain(digits) * _TIMES[times.lower()]


def _digits(bare: str) -> Decimal:
    if _GROUPED.match(bare):
        bare = re.sub(r"[, ']", "", bare)
    elif european := _COMMA_FOR_POINT.match(bare):
        whole = re.sub(r"[. ]", "", european["whole"])
        raise AmountRefused(f"Write a point before the cents: {whole}.{european['decimals']:0<2}.")
    elif _POINT_FOR_COMMA.match(bare):
        either = f"{bare.replace('.', ',')} or {bare[:-1]}"
        raise AmountRefused(f"“{bare}” can be read in two ways. Write {either}.")
    elif "," in bare:
        raise AmountRefused("Put commas between thousands only, such as 12,000.")
    return _plain(bare)


def _plain(bare: str) -> Decimal:
    found = _PLAIN.match(bare)
    if found is None or not (found["whole"] or found["decimals"]):
        raise AmountRefused("Enter an amount in digits, such as 12,000.")
    if len(found["decimals"]) > _MOST_DECIMALS:
        raise AmountRefused(_WHOLE_CENTS)
    return Decimal(f"{found['whole'] or 0}.{found['decimals'] or 0}")
