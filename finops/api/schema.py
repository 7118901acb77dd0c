"""The shapes of the API's questions and answers, for its OpenAPI description.

They describe what ``as_json`` of each answer writes; money is a decimal string.
"""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import inline_serializer
from rest_framework.serializers import (
    CharField,
    ChoiceField,
    DateField,
    DateTimeField,
    DictField,
    Field,
    FloatField,
    IntegerField,
    ListField,
)

from finops.domain.usage import PROCESSING_MODES, STATUSES

_Fields = dict[str, Field[Any, Any, Any, Any]]


def _money(*, null: bool = False) -> CharField:
    return CharField(allow_null=null, help_text="a decimal; null when nothing is priced")


def _text(*, null: bool = False) -> CharField:
    return CharField(allow_null=null)


_COUNTS: Final = (
    "calls",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
    "reasoning_tokens",
    "unpriced_calls",
)


#: What answers on billed and effective cost say besides.
_OF_BILLS: Final = ("charges", "charges_without_cost", "unconverted_charges")


def _measures() -> _Fields:
    counts = {name: IntegerField() for name in _COUNTS}
    of_bills = {name: IntegerField(required=False) for name in _OF_BILLS}
    return {"cost": _money(null=True), **counts, **of_bills}


COSTS: Final = inline_serializer(
    "Costs",
    {
        "currency": _text(),
        "basis": _text(),
        "since": DateField(allow_null=True),
        "until": DateField(allow_null=True),
        "grain": _text(),
        "rows": inline_serializer(
            "CostRow",
            {"period": CharField(required=False, help_text="absent for the grain total")}
            | _measures(),
            many=True,
        ),
        "total": inline_serializer(
            "CostTotal",
            _measures()
            | {
                "cost_by_basis": inline_serializer(
                    "CostByBasis", {"computed": _money(), "reported": _money()}
                )
            },
        ),
        "complete_to": DateTimeField(allow_null=True),
    },
)


def _run() -> _Fields:
    return {
        "run": _text(),
        "url_id": _text(),
        "started": DateTimeField(),
        "cost": _money(null=True),
        "run_cost": _money(null=True),
        "steps": IntegerField(),
        "failed_calls": IntegerField(),
        "repeated_steps": IntegerField(),
        "cost_of_failed": _money(),
    }


RUNS: Final = inline_serializer(
    "Runs",
    {
        "runs": inline_serializer("Run", _run() | {"calls": IntegerField()}, many=True),
        "cost_percentiles": DictField(
            child=CharField(), help_text="of the workflow's cost per run, within 1 %"
        ),
    },
)
RUN_DETAIL: Final = inline_serializer(
    "RunDetail",
    _run()
    | {
        "source": _text(),
        "calls": inline_serializer(
            "RunCall",
            {
                "id": _text(),
                "call": IntegerField(help_text="addresses the step"),
                "started": DateTimeField(),
                "step": _text(null=True),
                "parent": _text(null=True),
                "attempt": IntegerField(),
                "workflow": _text(null=True),
                "provider": _text(),
                "model": _text(),
                "cost": _money(null=True),
                "running_total": _money(),
                "status": _text(),
                "error": _text(null=True),
                "latency_ms": FloatField(allow_null=True),
                "input_tokens": IntegerField(),
                "output_tokens": IntegerField(),
                "unpriced_reason": _text(null=True),
            },
            many=True,
        ),
    },
)

_OPTIONAL_TEXTS: Final = (
    "id",
    "response_id",
    "region",
    "currency",
    "error",
    "feature",
    "team",
    "customer",
    "user",
    "workflow",
    "environment",
    "run",
    "step",
    "parent",
)
_OPTIONAL_COUNTS: Final = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
    "reasoning_tokens",
    "input_audio_tokens",
    "output_audio_tokens",
    "input_image_tokens",
    "requests",
    "attempt",
)


def _call() -> _Fields:
    required: _Fields = {
        "time": CharField(help_text="RFC 3339 with a zone, or epoch seconds"),
        "provider": CharField(),
        "model": CharField(),
    }
    return (
        required
        | {name: CharField(required=False) for name in _OPTIONAL_TEXTS}
        | {name: IntegerField(required=False, min_value=0) for name in _OPTIONAL_COUNTS}
        | {
            "cost": CharField(required=False, help_text="decimal string or number"),
            "latency_ms": FloatField(required=False),
            "processing": ChoiceField(PROCESSING_MODES, required=False),
            "status": ChoiceField(STATUSES, required=False),
            "tags": DictField(child=CharField(), required=False),
        }
    )


PUSH: Final = inline_serializer("Push", {"calls": inline_serializer("Call", _call(), many=True)})
PUSHED: Final = inline_serializer(
    "Pushed",
    {
        "import": IntegerField(),
        "accepted": IntegerField(),
        "duplicates": IntegerField(),
        "superseded": IntegerField(),
        "rejected": ListField(
            child=inline_serializer(
                "RejectedCall", {"index": IntegerField(), "reason": CharField()}
            )
        ),
    },
)
