"""How amounts, numbers and times are written for people. Rounding happens here and only here.

The rules are those of the house style: whole dollars from $1,000, cents below, a few significant
digits for unit costs, a true minus sign, dollars before percent, zones always named.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final
from zoneinfo import ZoneInfo

MINUS: Final = "\N{MINUS SIGN}"
DASH: Final = "\N{EN DASH}"
#: What stands where there is nothing to say.
NOTHING: Final = "\N{EM DASH}"

_SIGNS: Final[Mapping[str, str]] = {"USD": "$", "EUR": "€", "GBP": "£"}
_THOUSAND: Final = Decimal(1000)
_SMALLEST: Final = Decimal("0.0001")
_HALF_A_YEAR: Final = 183
#: Room for ratios of the largest cost and the smallest; the usual 28 digits would raise an error.
_WIDE: Final = Context(prec=1000)
#: Changes below these dollars, or below this part, are nobody's merit or fault.
_NOTABLE: Final = Decimal(100)
_NOTABLE_PART: Final = Decimal("0.05")


def mark_of(currency: str) -> str:
    """Give what stands before amounts of a currency: its sign, or its code and a space."""
    return _SIGNS.get(currency, f"{currency}\N{NO-BREAK SPACE}")


def money(amount: Decimal | None, currency: str = "USD") -> str:
    """Write a total: ``$48,214``, ``$812.40``, ``$0.214``, ``under $0.0001``; a dash for none.

    From 1,000 whole dollars; from 1 cents; below 1 up to three significant digits and at most four
    decimals. Halves round away from zero.
    """
    if amount is None:
        return NOTHING
    size = amount.copy_abs()  # abs() would round to 28 digits
    sign = MINUS if amount < 0 else ""
    mark = mark_of(currency)
    if size == 0:
        return f"{mark}0"
    if size < _SMALLEST:
        return f"under {mark}0.0001" if amount > 0 else f"between {MINUS}{mark}0.0001 and {mark}0"
    return f"{sign}{mark}{_digits(size)}"


def exact_money(amount: Decimal | None, currency: str = "USD") -> str:
    """Write every digit that is known, for titles and tables of record: ``$48,214.1234567``."""
    if amount is None:
        return NOTHING
    text = f"{amount.copy_abs():,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{MINUS if amount < 0 else ''}{mark_of(currency)}{text}"


def signed_money(amount: Decimal | None, currency: str = "USD") -> str:
    """Write a change with its sign: ``+$4,120``, ``−$610``, ``$0``."""
    if amount is None:
        return NOTHING
    if 0 < amount < _SMALLEST:
        return f"under +{mark_of(currency)}0.0001"
    return f"+{money(amount, currency)}" if amount > 0 else money(amount, currency)


def set_money(amount: Decimal | None, currency: str = "USD") -> str:
    """Write an amount that somebody set: ``$14,500``, ``$500``, ``$99.50``; no cents of nothing."""
    return money(amount, currency).removesuffix(".00")


def forecast_money(amount: Decimal | None, currency: str = "USD") -> str:
    """Write what is only expected, to three significant digits: ``$71,900``, ``$812``."""
    if amount is None:
        return NOTHING
    rounded = _round(amount, 2 - amount.adjusted()) if amount else amount
    return set_money(rounded, currency)


def axis_money(amount: Decimal, currency: str = "USD") -> str:
    """Write a tick: whole dollars to $99,999, then ``$120k`` and ``$1.2M``."""
    size, sign, mark = abs(amount), MINUS if amount < 0 else "", mark_of(currency)
    if _round(size, -2) >= 10**6:  # what would be 1,000k is 1M
        return f"{sign}{mark}{_trim(size / 10**6)}M"
    if _round(size, 0) >= 10**5:
        return f"{sign}{mark}{_trim(size / 10**3)}k"
    return f"{sign}{mark}{_trim(size, places=0 if size >= 10 or size == 0 else 4)}"


def number(count: Decimal | int | None) -> str:
    """Write a count with commas: ``225,300``; a dash for none."""
    return NOTHING if count is None else f"{count:,}".replace("-", MINUS)


def share(part: Decimal, whole: Decimal) -> str:
    """Write a part in percent, one decimal: ``30.8%``; a dash when the whole is nothing."""
    if not whole:
        return NOTHING
    percent = part / whole * 100
    if 0 < percent < Decimal("0.05"):
        return "under 0.1%"
    return f"{_signed(_round(percent, 1))}%"


def change(now: Decimal, before: Decimal) -> str:
    """Write a change in percent: ``+38.4%``, ``−5.9%``, ``12×`` from ten times on, ``new``."""
    if before == 0:
        return "new" if now else "unchanged"
    if now == before:
        return "unchanged"
    if before > 0 and now / before >= 10:
        return f"{_round(now / before, 0):,f}×"
    percent = _round((now - before) / abs(before) * 100, 1)
    plus = "+" if percent > 0 else ""
    return f"{plus}{_signed(percent)}%"


def times(amount: Decimal, usual: Decimal) -> str:
    """Write how many times as large as usual: ``3.5×``, ``49×``; a dash when usual is nothing."""
    if not usual:
        return NOTHING
    ratio = amount / usual
    return f"{_round(ratio, 0 if ratio >= 10 else 1):,f}×"


def tone(now: Decimal, before: Decimal, *, unit: bool = False) -> str:
    """Say whether a change of cost is ``worse``, ``better``, or too small to matter: ``flat``.

    A total has to move by dollars as well as by percent, the cost of a ``unit`` by percent alone.
    """
    difference = now - before
    small = not unit and abs(difference) < _NOTABLE
    if not difference or small or (before > 0 and abs(difference) / before < _NOTABLE_PART):
        return "flat"
    return "worse" if difference > 0 else "better"


def day(value: date, *, weekday: bool = False, year: bool = True) -> str:
    """Write a day: ``20 Nov 2026``, ``Fri 20 Nov 2026``."""
    text = f"{value.day} {value:%b}"
    if year:
        text += f" {value.year}"
    return f"{value:%a} {text}" if weekday else text


def days(first: date, last: date) -> str:
    """Write a range of whole days, both inclusive: ``1–20 November 2026``."""
    if first == last:
        return f"{first.day} {first:%B %Y}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}{DASH}{last.day} {last:%B %Y}"
    if first.year == last.year:
        return f"{first.day} {first:%b}{DASH}{last.day} {last:%b %Y}"
    return f"{first.day} {first:%b %Y}{DASH}{last.day} {last:%b %Y}"


def short_days(first: date, last: date) -> str:
    """Write a range where the year is clear: ``1–20 Oct``, ``28 Oct–3 Nov``; else with years."""
    if (last - first).days > _HALF_A_YEAR and first.year != last.year:
        return days(first, last)
    if first == last:
        return f"{first.day} {first:%b}"
    begin = str(first.day) if first.month == last.month else f"{first.day} {first:%b}"
    return f"{begin}{DASH}{last.day} {last:%b}"


def moment(value: datetime, zone: ZoneInfo, *, weekday: bool = False) -> str:
    """Write an instant in a zone, which is named: ``20 Nov 2026, 14:07 UTC``."""
    local = value.astimezone(zone)
    return f"{day(local.date(), weekday=weekday)}, {local:%H:%M} {zone_label(local)}"


def zone_label(local: datetime) -> str:
    """Name the zone of a local time: its letters, or its offset where it has none."""
    name = local.tzname() or "UTC"
    return f"UTC{name.replace('-', MINUS)}" if name[:1] in "+-" else name


def duration(milliseconds: Decimal | float | None) -> str:
    """Write how long something took: ``0.9 s``, ``2 min 41 s``, ``3 h 05 min``."""
    if milliseconds is None:
        return NOTHING
    seconds = Decimal(str(milliseconds)) / 1000
    if _round(seconds, 1) < 60:
        return f"{_round(seconds, 1)} s"
    minutes, rest = divmod(int(_round(seconds, 0)), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes:02} min"


def ago(since: datetime, now: datetime) -> str:
    """Write how long ago: ``just now``, ``5 minutes ago``, ``3 days ago``."""
    seconds = (now - since).total_seconds()
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{counted(int(seconds // size), unit)} ago"
    return "just now"


def counted(count: int, noun: str, plural: str = "") -> str:
    """Write a count with its noun: ``1 call``, ``2,000 calls``, ``3 entries``."""
    return f"{number(count)} {noun if count == 1 else plural or noun + 's'}"


def with_article(noun: str) -> str:
    """Write a noun of ours with its article: ``a team``, ``an environment``."""
    return f"{'an' if noun[:1] in 'aeio' else 'a'} {noun}"


def plural(noun: str) -> str:
    """Write the plural of a noun of ours: ``teams``, ``statuses``."""
    return f"{noun}{'es' if noun.endswith('s') else 's'}"


def _digits(size: Decimal) -> str:
    """Write a positive amount of at least 0.0001 with as many digits as its size deserves."""
    if _round(size, 2) >= _THOUSAND:
        return f"{_round(size, 0):,f}"
    if _round(size, 4) >= 1:
        return f"{_round(size, 2):,f}"
    places = min(2 - size.adjusted(), 4)
    text = f"{_round(size, places):f}".rstrip("0")
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"


def _trim(size: Decimal, *, places: int = 1) -> str:
    text = f"{_round(size, places):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _signed(value: Decimal) -> str:
    return f"{value if value else abs(value):,f}".replace("-", MINUS)


def _round(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _WIDE)
