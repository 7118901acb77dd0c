"""What one call costs on one rate card: whole-number arithmetic, so nothing is ever rounded.

A card's rates are brought to one common unit (a power of ten of a dollar) when the card is read.
A call is then a sum of integer products, turned into dollars once, at the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Final, Literal, NamedTuple

import msgspec

from finops.domain.usage import INPUT_KINDS, TOKEN_KINDS, UsageRecord

#: Why a call has no computed cost. ``no_usage``: its source gave no token count at all;
#: ``unknown_model``: no alias and no card has that name; ``no_price``: no card is in force at its
#: time in its region and processing mode; ``no_rate``: the card has no line for a kind it used.
UnpricedReason = Literal["no_usage", "unknown_model", "no_price", "no_rate"]
NO_USAGE: Final = "no_usage"
UNKNOWN_MODEL: Final = "unknown_model"
NO_PRICE: Final = "no_price"
NO_RATE: Final = "no_rate"
UNPRICED_REASONS: Final[tuple[UnpricedReason, ...]] = (NO_USAGE, UNKNOWN_MODEL, NO_PRICE, NO_RATE)

#: A kind without a line of its own is charged at the line of the kind that it is a part of.
PARENT_KINDS: Final[dict[str, str]] = {
    "cache_write_1h_tokens": "cache_write_tokens",
    "cache_write_tokens": "input_tokens",
    "cache_read_tokens": "input_tokens",
    "input_audio_tokens": "input_tokens",
    "input_image_tokens": "input_tokens",
    "reasoning_tokens": "output_tokens",
    "output_audio_tokens": "output_tokens",
}

FREE: Final = Decimal(0)
#: Traps instead of rounding; 200 digits are far beyond any amount times any count.
EXACT: Final = Context(prec=200, traps=[Inexact, InvalidOperation])
_INPUTS: Final = len(INPUT_KINDS)


class RateLine(NamedTuple):
    """One line of a card: ``amount`` dollars per ``per`` units of ``kind`` above a prompt size."""

    kind: str
    above_input_tokens: int
    amount: Decimal
    per: int


class Tier(NamedTuple):
    """Rates in force for prompts of more than ``above`` tokens, in the table's unit.

    ``rates`` stands in the order of ``TOKEN_KINDS``; ``None`` means that nothing is charged for.
    """

    above: int
    rates: tuple[int | None, ...]
    per_request: int


class RateTable(msgspec.Struct, frozen=True, gc=False):
    """A card made ready: ``unit`` is in dollars; ``tiers`` start with the highest threshold.

    ``plain`` holds the input, cache read, output and request rates of a card without tiers.
    """

    unit: Decimal
    tiers: tuple[Tier, ...]
    plain: tuple[int, int, int, int] | None


class InexactRateError(ValueError):
    """A rate that no finite decimal expresses (a dollar per 3 tokens), or that is no number."""


def rate_table(lines: Iterable[RateLine]) -> RateTable:
    """Compile a card's lines; raises ``InexactRateError`` for a rate that cannot stay exact."""
    rates = {(line.kind, line.above_input_tokens): _per_one(line) for line in lines}
    exponent = max((_decimal_places(rate) for rate in rates.values()), default=0)
    whole = {key: int(EXACT.scaleb(rate, exponent)) for key, rate in rates.items()}
    thresholds = sorted({0, *(above for _, above in whole)}, reverse=True)
    tiers = tuple(_tier(whole, above) for above in thresholds)
    return RateTable(EXACT.scaleb(Decimal(1), -exponent), tiers, _plain(tiers))


def _per_one(line: RateLine) -> Decimal:
    # PostgreSQL's NaN passes the check ``amount >= 0``, so that check alone is not enough here.
    try:
        rate = EXACT.divide(line.amount, Decimal(line.per))
    except (Inexact, InvalidOperation, ZeroDivisionError) as error:
        raise InexactRateError(f"{line.amount} per {line.per} {line.kind} is not exact") from error
    if not rate.is_finite():
        raise InexactRateError(f"{line.amount} is no amount for {line.kind}")
    return rate


def _decimal_places(rate: Decimal) -> int:
    exponent = rate.normalize(EXACT).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _tier(whole: dict[tuple[str, int], int], above: int) -> Tier:
    own = {kind: rate for (kind, at), rate in sorted(whole.items()) if at <= above}
    return Tier(above, tuple(_rate_of(own, kind) for kind in TOKEN_KINDS), own.get("requests", 0))


def _rate_of(own: dict[str, int], kind: str | None) -> int | None:
    while kind is not None:
        if (rate := own.get(kind)) is not None:
            return rate
        kind = PARENT_KINDS.get(kind)
    return None


def _plain(tiers: tuple[Tier, ...]) -> tuple[int, int, int, int] | None:
    tier = tiers[-1]
    fresh, read, output = (
        tier.rates[TOKEN_KINDS.index(kind)]
        for kind in ("input_tokens", "cache_read_tokens", "output_tokens")
    )
    if len(tiers) > 1 or fresh is None or read is None or output is None:
        return None
    return fresh, read, output, tier.per_request


def has_usage(record: UsageRecord) -> bool:
    """Tell whether the source gave any token count, be it 0."""
    return (
        record.input_tokens is not None
        or record.output_tokens is not None
        or any(getattr(record, kind) is not None for kind in TOKEN_KINDS)
    )


def cost_of(table: RateTable, record: UsageRecord) -> Decimal | None:
    """Return the exact cost in dollars, or ``None`` when the card lacks a rate that the call used.

    Counts that the source did not give are charged nothing; ask ``has_usage`` before.
    """
    plain = table.plain
    if plain is None or (
        record.cache_write_tokens
        or record.reasoning_tokens
        or record.cache_write_1h_tokens
        or record.input_audio_tokens
        or record.input_image_tokens
        or record.output_audio_tokens
    ):
        return _cost_by_kind(table, record)
    total = (
        plain[0] * (record.input_tokens or 0)
        + plain[1] * (record.cache_read_tokens or 0)
        + plain[2] * (record.output_tokens or 0)
        + plain[3] * record.requests
    )
    return EXACT.multiply(total, table.unit) if total else FREE


def _cost_by_kind(table: RateTable, record: UsageRecord) -> Decimal | None:
    counts = _counts(record)
    tier = _tier_for(table, sum(counts[:_INPUTS]))
    total = tier.per_request * record.requests
    for rate, count in zip(tier.rates, counts, strict=True):
        if count:
            if rate is None:
                return None
            total += rate * count
    return EXACT.multiply(total, table.unit) if total else FREE


def _counts(record: UsageRecord) -> tuple[int, ...]:
    """Counts in the order of ``TOKEN_KINDS``; spelled out because this runs once per call."""
    return (
        record.input_tokens or 0,
        record.cache_read_tokens or 0,
        record.cache_write_tokens or 0,
        record.cache_write_1h_tokens or 0,
        record.input_audio_tokens or 0,
        record.input_image_tokens or 0,
        record.output_tokens or 0,
        record.reasoning_tokens or 0,
        record.output_audio_tokens or 0,
    )


def _tier_for(table: RateTable, prompt: int) -> Tier:
    for tier in table.tiers:
        if prompt > tier.above:
            return tier
    return table.tiers[-1]  # an empty prompt is above no threshold, not even above 0
