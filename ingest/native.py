"""A call in the words of the native format, and the one function that makes a record of it.

Every format that speaks of whole prompts and named fields ends here, so that a rule of the
contract (section 4) is checked in one place, whatever the file looked like.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Annotated, Any, Final, NoReturn

from msgspec import Meta

from finops.domain.usage import PROCESSING_MODES, STATUSES, Processing, Status, UsageRecord
from ingest import fields
from ingest.semantics import Tokens, plain_counts
from ingest.source_format import MAX_NAME, ReadOptions, RowRejected, Semantics

#: What a person, a source or a row may attribute a call to.
DIMENSIONS: Final = ("feature", "team", "customer", "user", "workflow", "environment")

DEFAULT_CURRENCY: Final = "USD"

Name = Annotated[str, Meta(max_length=MAX_NAME)]
Count = Annotated[int, Meta(ge=0, le=fields.MAX_COUNT)]


class Call(Tokens, kw_only=True, gc=False):
    """One row of the native format; the token counts are the source's own, not yet disjoint.

    Whoever makes one answers for types, for lengths, and for names without NUL: the typed JSON
    decoder does, and so does ``call_of``. ``time``, ``cost`` and ``currency`` are still as written.
    """

    id: Name | None = None
    response_id: Name | None = None
    time: Any = None
    provider: Name | None = None
    model: Name | None = None

    input_tokens: Count | None = None
    cache_read_tokens: Count | None = None
    cache_write_tokens: Count | None = None
    cache_write_1h_tokens: Count | None = None
    input_audio_tokens: Count | None = None
    input_image_tokens: Count | None = None
    output_tokens: Count | None = None
    reasoning_tokens: Count | None = None
    output_audio_tokens: Count | None = None
    requests: Annotated[int, Meta(ge=1, le=fields.MAX_COUNT)] | None = None

    processing: Processing | None = None
    region: Name | None = None
    cost: Any = None
    currency: str | None = None
    status: Status | None = None
    error: str | None = None
    latency_ms: Annotated[float, Meta(ge=0, le=fields.MAX_LATENCY)] | None = None

    feature: Name | None = None
    team: Name | None = None
    customer: Name | None = None
    user: Name | None = None
    workflow: Name | None = None
    environment: Name | None = None

    run: Name | None = None
    step: Name | None = None
    parent: Name | None = None
    attempt: Annotated[int, Meta(ge=1, le=fields.MAX_ATTEMPT)] | None = None
    tags: dict[str, str] | None = None


class StrictCall(Call, kw_only=True, gc=False, forbid_unknown_fields=True):
    """The same, for rows that say nothing beyond the native fields."""


#: All fields of contract section 4, in its order.
FIELDS: Final = frozenset(Call.__struct_fields__)
#: Those without which a row is no call.
REQUIRED: Final = ("time", "provider", "model")


def _tags(value: Any, field: str) -> dict[str, str]:
    if isinstance(value, str):
        value = _tags_from_text(value, field)
    if not isinstance(value, Mapping):
        fields.reject(field, "is not an object")
    return fields.tag_values(value)


def _tags_from_text(text: str, field: str) -> Any:
    try:
        return fields.json_value(text.encode())
    except RowRejected:
        fields.reject(field, "is not a JSON object")


def _as_is(value: Any, field: str) -> Any:
    return value


_READERS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    **dict.fromkeys(FIELDS, fields.name),
    **dict.fromkeys(Tokens.__struct_fields__, fields.count),
    "time": _as_is,
    "cost": _as_is,
    "requests": fields.positive_count,
    "attempt": fields.attempt,
    "processing": fields.choice(PROCESSING_MODES),
    "status": fields.choice(STATUSES),
    "currency": _as_is,
    "error": fields.cut_text,
    "latency_ms": fields.milliseconds,
    "tags": _tags,
}


def call_of(values: Mapping[str, Any]) -> Call:
    """Make a call of loose values: JSON values or texts; null, empty and blank are missing.

    Keys that are no native fields are passed over. Rejects with the field and the reason.
    """
    read = {}
    for field, value in values.items():
        reader = _READERS.get(field)
        if reader is not None and not _missing(value):
            read[field] = reader(value, field)
    return Call(**read)


def _missing(value: Any) -> bool:
    return value is None or (type(value) is str and (not value or value.isspace()))


RecordMaker = Callable[[Call], UsageRecord]


def record_maker(
    options: ReadOptions, semantics: Semantics, time_zone: tzinfo | None = None
) -> RecordMaker:
    """Make the function that turns calls into records, ``identity`` left out.

    ``time_zone`` is what the format says of times without one; ``options`` come before it.
    Raises ValueError for defaults that are no dimensions or no names.
    """
    defaults = _dimension_defaults(options.defaults)
    zone = options.time_zone or time_zone
    latest = options.now + fields.AHEAD
    known, names = fields.known, fields.KnownNames()

    def make(call: Call) -> UsageRecord:
        provider, model = names[call.provider], names[call.model]
        if call.time is None or call.time == "" or provider is None or model is None:
            _reject_incomplete(call)
        plain_input, plain_output = plain_counts(call, semantics)
        record = UsageRecord(
            started_at=fields.instant(call.time, zone, latest),
            provider=provider,
            model=model,
            call_ref=known(call.id) if call.id else None,
            response_id=known(call.response_id) if call.response_id else None,
            input_tokens=plain_input,
            cache_read_tokens=call.cache_read_tokens,
            cache_write_tokens=call.cache_write_tokens,
            cache_write_1h_tokens=call.cache_write_1h_tokens,
            input_audio_tokens=call.input_audio_tokens,
            input_image_tokens=call.input_image_tokens,
            output_tokens=plain_output,
            reasoning_tokens=call.reasoning_tokens,
            output_audio_tokens=call.output_audio_tokens,
            requests=call.requests or 1,
            processing=call.processing or "standard",
            region=names[call.region],
            reported_cost=None if call.cost is None else _cost(call.cost),
            currency=_currency(call.currency) if call.currency else DEFAULT_CURRENCY,
            status=call.status or "ok",
            error=fields.cut_text(call.error, "error") or None if call.error else None,
            latency_ms=call.latency_ms,
            feature=names[call.feature],
            team=names[call.team],
            customer=names[call.customer],
            user=names[call.user],
            workflow=names[call.workflow],
            environment=names[call.environment],
            run=known(call.run) if call.run else None,
            step=names[call.step],
            parent=known(call.parent) if call.parent else None,
            attempt=call.attempt or 1,
            tags=fields.tag_values(call.tags) or None if call.tags else None,
        )
        for field, value in defaults:
            if getattr(record, field) is None:
                setattr(record, field, value)
        return record

    return make


def _dimension_defaults(defaults: Mapping[str, str]) -> list[tuple[str, str]]:
    read = []
    for field, value in defaults.items():
        if field not in DIMENSIONS:
            raise ValueError(f"{field} is none of {', '.join(DIMENSIONS)}")
        try:
            text = fields.known(fields.name(value, field))
        except RowRejected as rejected:
            raise ValueError(rejected.reason) from None
        if text is not None:
            read.append((field, text))
    return read


def _cost(value: Any) -> Any:
    return None if _missing(value) else fields.money(value, "cost")


def _currency(value: Any) -> str:
    if value == DEFAULT_CURRENCY or _missing(value):
        return DEFAULT_CURRENCY
    return fields.currency(value, "currency")


def _reject_incomplete(call: Call) -> NoReturn:
    named = {"time": call.time, "provider": call.provider, "model": call.model}
    absent = (field for field in REQUIRED if _absent(named[field]))
    fields.reject(next(absent), "is missing")


def _absent(value: Any) -> bool:
    return _missing(value) or (isinstance(value, str) and fields.known(value) is None)
