"""The measures of a group of calls as SQL, in the order of ``finops.domain.measures``."""

from __future__ import annotations

from typing import Final

from psycopg import sql

from finops.domain.measures import COLUMNS

_PROMPT: Final = (
    "coalesce(calls.input_tokens, 0) + coalesce(calls.cache_read_tokens, 0)"
    " + coalesce(calls.cache_write_tokens, 0) + coalesce(calls.cache_write_1h_tokens, 0)"
    " + coalesce(calls.input_audio_tokens, 0) + coalesce(calls.input_image_tokens, 0)"
)
_OUTPUT: Final = (
    "coalesce(calls.output_tokens, 0) + coalesce(calls.reasoning_tokens, 0)"
    " + coalesce(calls.output_audio_tokens, 0)"
)
_REPORTED: Final = "calls.reported_cost IS NOT NULL AND calls.currency = %(currency)s"

_EXPRESSIONS: Final = {
    "calls": "sum(calls.requests)::bigint",
    "unpriced_calls": "coalesce(sum(calls.requests) FILTER (WHERE calls.cost IS NULL), 0)::bigint",
    "reported_calls": f"coalesce(sum(calls.requests) FILTER (WHERE {_REPORTED}), 0)::bigint",
    "input_tokens": f"sum({_PROMPT})::bigint",
    "cache_read_tokens": "coalesce(sum(calls.cache_read_tokens), 0)::bigint",
    "cache_write_tokens": (
        "(coalesce(sum(calls.cache_write_tokens), 0)"
        " + coalesce(sum(calls.cache_write_1h_tokens), 0))::bigint"
    ),
    "cache_write_1h_tokens": "coalesce(sum(calls.cache_write_1h_tokens), 0)::bigint",
    "output_tokens": f"sum({_OUTPUT})::bigint",
    "reasoning_tokens": "coalesce(sum(calls.reasoning_tokens), 0)::bigint",
    "cost": "coalesce(sum(calls.cost), 0)",
    "counted_reported": (
        "coalesce(sum(calls.cost) FILTER (WHERE calls.cost_source = 'reported'), 0)"
    ),
    "reported_cost": f"coalesce(sum(calls.reported_cost) FILTER (WHERE {_REPORTED}), 0)",
}


def over_calls() -> sql.Composable:
    """Aggregate the calls; needs the parameter ``currency``, the reporting currency."""
    return sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(sql.SQL(_EXPRESSIONS[name]), sql.Identifier(name))
        for name in COLUMNS
    )


_AMOUNTS: Final = frozenset({"cost", "counted_reported", "reported_cost"})


def over_rollup() -> sql.Composable:
    """Add up rows that hold measures already."""
    return sql.SQL(", ").join(
        sql.SQL("sum({name}){cast} AS {name}").format(
            name=sql.Identifier(name), cast=sql.SQL("" if name in _AMOUNTS else "::bigint")
        )
        for name in COLUMNS
    )
